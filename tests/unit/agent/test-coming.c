/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A place that settles: which sessions are begun meanwhile, and what becomes of them. */
#include "fixture.h"

#include "agent-private.h"

#include "roampost/base.h"

#define ODN "203.0.113.7"
#define SONET "198.51.100.7"
#define ELSEWHERE "192.0.2.7"

static RpNetwork *
link_up(const char *interface, RpLinkKind kind, const char *address)
{
	RpNetwork *network = rp_network_new();
	RpLink *link = rp_link_new(interface, kind);
	RpAddress parsed;

	g_assert_true(rp_address_parse(address, &parsed));
	rp_link_add_address(link, &parsed);
	link->default_route_ipv4 = TRUE;
	rp_network_add_link(network, link);
	return network;
}

static RpNetwork *
ppp(const char *address)
{
	return link_up("ppp0", RP_LINK_PPP, address);
}

static void
coming(Fixture *f, const char *address)
{
	g_autoptr(RpNetwork) network = address ? ppp(address) : rp_network_new();

	rp_agent_network_coming(f->agent, network);
}

typedef struct {
	const char *name;
	const char *from;
	const char *to;
	const char *where;
	const char *want;
} Case;

static const Case cases[] = {
	{"inside", "taro@odn.example", "a@x.example", ODN, "1 odn ppp0"},
	{"not-where-the-rules-refuse", "taro@odn.example", "a@x.example", ELSEWHERE, ""},
	{"not-before-a-pop-login", "hanako@sonet.example", "a@x.example", ELSEWHERE, ""},
	{"by-a-login", "ki@keyed.example", "a@x.example", ELSEWHERE, "1 keyed -"},
	{"no-mail", NULL, NULL, ODN, ""},
};

static void
test_case(Fixture *f, gconstpointer data)
{
	const Case *test = data;

	network(f, NULL);
	if (test->from)
		submit(f, test->from, test->to);
	coming(f, test->where);
	g_assert_cmpstr(f->fake->prepared->str, ==, test->want);
	g_assert_cmpuint(f->fake->n_sessions, ==, 0);
}

/* As many as a flush begins with: one for each of a few, four at most; and one where a refused
 * login would be refused to each. */
static void
test_number(Fixture *f, gconstpointer data)
{
	static const struct {
		const char *from;
		guint n;
		const char *want;
	} rows[] = {{"taro@odn.example", 1, "1 odn wlan0"}, {"taro@odn.example", 2, "3 odn wlan0"},
		{"taro@odn.example", 7, "4 odn wlan0"}, {"ki@keyed.example", 7, "1 keyed -"}};

	network(f, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(RpNetwork) wifi = link_up("wlan0", RP_LINK_WIFI, ODN);

		for (guint k = 0; k < rows[i].n; k++)
			submit(f, rows[i].from, "a@x.example");
		rp_agent_network_coming(f->agent, wifi);
		g_assert_nonnull(strstr(f->fake->prepared->str, rows[i].want));
	}
}

/* NetworkManager checks, and has not said yet that it does. */
static void
test_unchecked(Fixture *f, gconstpointer data)
{
	g_autoptr(RpNetwork) unchecked = ppp(ODN);

	unchecked->portal_page = g_strdup("http://check.example/");
	network(f, NULL);
	submit(f, "taro@odn.example", "a@x.example");
	rp_agent_network_coming(f->agent, unchecked);
	g_assert_cmpstr(f->fake->prepared->str, ==, "1 odn ppp0 proven");
}

/* It counts: mail goes as ever, and what nobody took is closed after a while. */
static void
test_arrives(Fixture *f, gconstpointer data)
{
	network(f, NULL);
	submit(f, "taro@odn.example", "a@x.example");
	coming(f, ODN);
	network(f, ODN);
	g_assert_cmpuint(f->fake->sent->len, ==, 1);
	g_assert_cmpstr(f->fake->prepared->str, ==, "1 odn ppp0");
	pass_time(f, 11 * G_USEC_PER_SEC);
	g_assert_cmpstr(f->fake->prepared->str, ==, "");
}

/* It was a moment's: what was begun for it is closed, and nothing was sent. */
static void
test_goes(Fixture *f, gconstpointer data)
{
	network(f, NULL);
	submit(f, "taro@odn.example", "a@x.example");
	coming(f, ODN);
	coming(f, NULL);
	g_assert_cmpstr(f->fake->prepared->str, ==, "");
	g_assert_cmpuint(f->fake->n_sessions, ==, 0);
}

/* The names of servers are looked up by others now. */
static void
test_names(Fixture *f, gconstpointer data)
{
	network(f, NULL);
	submit(f, "taro@odn.example", "a@x.example");
	coming(f, ODN);
	rp_agent_resolver_changed(f->agent);
	g_assert_cmpstr(f->fake->prepared->str, ==, "");
}

static void
test_asleep(Fixture *f, gconstpointer data)
{
	network(f, NULL);
	submit(f, "taro@odn.example", "a@x.example");
	rp_agent_suspends(f->agent);
	coming(f, ODN);
	g_assert_cmpuint(f->fake->n_prepared, ==, 0);
}

/* What the user holds back waits for him, not for a place. */
static void
test_paused(Fixture *f, gconstpointer data)
{
	RpQueueChange *change = rp_queue_change_new(test_time);
	RpMessageId id;

	network(f, NULL);
	id = submit(f, "taro@odn.example", "a@x.example");
	rp_change_hold(change, id);
	apply(f, change);
	coming(f, ODN);
	g_assert_cmpuint(f->fake->n_prepared, ==, 0);
}

/* Nothing is begun by the ways of a place that is about to be left. */
static void
test_leaves(Fixture *f, gconstpointer data)
{
	network(f, ODN);
	coming(f, ELSEWHERE);
	submit(f, "taro@odn.example", "a@x.example");
	g_assert_cmpuint(f->fake->n_sessions, ==, 0);
	network(f, ELSEWHERE);
	assert_sent(f, "sonet: a@x.example");
}

/* It was a moment's: by the same place as before, and when nothing comes of it. */
static void
test_stays(Fixture *f, gconstpointer data)
{
	network(f, ODN);
	coming(f, NULL);
	submit(f, "taro@odn.example", "a@x.example");
	g_assert_cmpuint(f->fake->n_sessions, ==, 0);
	coming(f, ODN);
	settle(f);
	assert_sent(f, "odn: a@x.example");
	coming(f, ELSEWHERE);
	submit(f, "taro@odn.example", "b@x.example");
	g_assert_cmpuint(f->fake->n_sessions, ==, 1);
	pass_time(f, 11 * G_USEC_PER_SEC);
	assert_sent(f, "odn: a@x.example, odn: b@x.example");
}

/* What is heard meanwhile, of whomever, is not remembered of the place. */
static void
test_hears(Fixture *f, gconstpointer data)
{
	static const RpSessionResult results[] = {RP_SESSION_INTERCEPTED, RP_SESSION_UNREACHABLE,
		RP_SESSION_REFUSED, RP_SESSION_REJECTED, RP_SESSION_TLS_UNAVAILABLE,
		RP_SESSION_AUTH_FAILED, RP_SESSION_TRY_LATER};
	RpMessageId id;

	network(f, NULL);
	id = submit(f, "taro@odn.example", "a@x.example");
	for (guint i = 0; i < G_N_ELEMENTS(results); i++) {
		guint before = f->fake->n_sessions;

		script(f->fake->session_results, "odn", results[i]);
		network_only(f, ODN);
		while (f->fake->n_sessions == before)
			g_main_context_iteration(NULL, TRUE);
		coming(f, NULL);
		settle(f);
		g_assert_cmpuint(rp_records_failures(f->agent->ground.records)->len, ==, 0);
		network(f, NULL);
		assert_state(f, id, "held");
	}
	network(f, ODN);
	assert_sent(f, "odn: a@x.example");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/agent/coming/%s", cases[i].name);

		g_test_add(path, Fixture, &cases[i], set_up, test_case, tear_down);
	}
	g_test_add("/agent/coming/number", Fixture, NULL, set_up, test_number, tear_down);
	g_test_add("/agent/coming/unchecked", Fixture, NULL, set_up, test_unchecked, tear_down);
	g_test_add("/agent/coming/arrives", Fixture, NULL, set_up, test_arrives, tear_down);
	g_test_add("/agent/coming/goes", Fixture, NULL, set_up, test_goes, tear_down);
	g_test_add("/agent/coming/names", Fixture, NULL, set_up, test_names, tear_down);
	g_test_add("/agent/coming/asleep", Fixture, NULL, set_up, test_asleep, tear_down);
	g_test_add("/agent/coming/held", Fixture, NULL, set_up, test_paused, tear_down);
	g_test_add("/agent/coming/leaves", Fixture, NULL, set_up, test_leaves, tear_down);
	g_test_add("/agent/coming/stays", Fixture, NULL, set_up, test_stays, tear_down);
	g_test_add("/agent/coming/hears", Fixture, NULL, set_up, test_hears, tear_down);
	return g_test_run();
}
