/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-server.h"

#include <curl/curl.h>
#include <dlfcn.h>
#include <string.h>

/* libcurl's wire by itself: what a wire's owner is told of a set-up, and where and how it fails. */

/* libcurl's own, unless it is to fail. */
static gboolean no_easy, no_add;
static struct curl_slist *addresses; /* what names stand for; NULL: the system says it */

CURL *
curl_easy_init(void)
{
	CURL *(*real)(void) = dlsym(RTLD_NEXT, "curl_easy_init");
	CURL *easy = no_easy ? NULL : real();

	if (easy && addresses)
		curl_easy_setopt(easy, CURLOPT_RESOLVE, addresses);
	return easy;
}

CURLMcode
curl_multi_add_handle(CURLM *multi, CURL *easy)
{
	CURLMcode (*real)(CURLM *, CURL *) = dlsym(RTLD_NEXT, "curl_multi_add_handle");
	return no_add ? CURLM_OUT_OF_MEMORY : real(multi, easy);
}

typedef struct {
	GMainLoop *loop;
	GString *text; /* the stages of the lines that came, with a * where through TLS; the end */
	char *words;
	char *last;
	gboolean stop; /* at the first line */
	gboolean connected;
	gboolean ended;
} Owner;

static void
on_connected(gpointer user)
{
	Owner *owner = user;
	g_assert_false(owner->connected);
	g_assert_false(owner->ended);
	owner->connected = TRUE;
}

static gboolean
on_line(RpStage stage, const char *text, gsize size, gboolean tls, gpointer user)
{
	Owner *owner = user;
	g_autofree char *what = g_strdup_printf("%s%s ", rp_stage_name(stage), tls ? "*" : "");
	g_assert_false(owner->ended);
	g_assert_cmpint(text[size - 1], ==, '\n');
	if (g_strcmp0(owner->last, what) != 0)
		g_string_append(owner->text, what);
	g_free(owner->last);
	owner->last = g_steal_pointer(&what);
	return !owner->stop;
}

static void
on_failed(const RpWireFailure *failure, gpointer user)
{
	Owner *owner = user;
	g_assert_false(owner->ended);
	owner->ended = TRUE;
	g_string_append_printf(owner->text, "| %s %s", rp_stage_name(failure->stage),
		rp_wire_failure_kind_name(failure->kind));
	owner->words = g_strdup(failure->words);
	g_main_loop_quit(owner->loop);
}

static void
on_up(gpointer user)
{
	Owner *owner = user;
	g_assert_false(owner->ended);
	owner->ended = TRUE;
	g_string_append(owner->text, "| up");
	g_main_loop_quit(owner->loop);
}

static const RpWireEvents events = {on_connected, on_line, on_failed, on_up};

typedef struct {
	const char *name;
	const char *script; /* NULL: nobody listens */
	const char *host;   /* NULL: the server's */
	RpTls tls;
	gboolean implicit;
	gboolean pop;
	const char *ca; /* "good": the peer is checked */
	const char *fingerprint;
	const char *interface;
	const char *source;
	gboolean stop;
	const char *want;
	const char *words;
} Case;

#define OFF .tls = RP_TLS_OFF
#define DEMANDED .tls = RP_TLS_REQUIRED, .ca = "good"
#define STARTTLS "\"tls\": \"starttls\""
#define AUTH "\"auth\": [\"PLAIN\"]"
#define POP "\"proto\": \"pop\""
#define SHA "00000000000000000000000000000000"

static const Case cases[] = {
	/* it comes up */
	{"smtp", "{}", OFF, .want = "banner ehlo | up"},
	{"HELO", "{\"replies\": {\"EHLO#0\": \"502 what\"}}", OFF, .want = "banner ehlo | up"},
	{"starttls", "{" STARTTLS "}", DEMANDED, .want = "banner ehlo starttls ehlo* | up"},
	{"smtps", "{\"tls\": \"implicit\"}", DEMANDED, .implicit = TRUE,
		.want = "banner* ehlo* | up"},
	{"opportunistic, none there", "{}", .tls = RP_TLS_OPPORTUNISTIC,
		.want = "banner ehlo | up"},
	/* it stops where a login would begin, whatever is offered */
	{"a login is offered", "{" STARTTLS ", " AUTH "}", DEMANDED,
		.want = "banner ehlo starttls ehlo* | up"},
	{"pop3", "{" POP "}", OFF, .pop = TRUE, .want = "banner ehlo | up"},
	{"pop3, SASL", "{" POP ", \"auth\": [\"GSSAPI\", \"NTLM\", \"EXTERNAL\", \"PLAIN\"]}", OFF,
		.pop = TRUE, .want = "banner ehlo | up"},
	{"pop3, a timestamp", "{" POP ", \"banner\": \"+OK <1.2@pop.fake.example>\"}", OFF,
		.pop = TRUE, .want = "banner ehlo | up"},
	{"pop3, no CAPA", "{" POP ", \"replies\": {\"CAPA\": \"-ERR what?\"}}", OFF, .pop = TRUE,
		.want = "banner ehlo | up"},
	{"stls", "{" POP ", " STARTTLS "}", DEMANDED, .pop = TRUE,
		.want = "banner ehlo starttls ehlo* | up"},
	/* before any line */
	{"no such name", NULL, "no-such-host.invalid", OFF, .want = "| connect resolve"},
	{"no such link", NULL, "192.0.2.1", OFF, .interface = "no-such-link0",
		.want = "| connect link", .words = "No such device"},
	{"not our address", NULL, "192.0.2.1", OFF, .source = "192.0.2.77",
		.want = "| connect address"},
	{"nobody there", NULL, OFF, .want = "| connect connect", .words = "Connection refused"},
	{"closes", "{\"replies\": {\"BANNER\": \"@close\"}}", OFF, .want = "| connect broken"},
	{"no TLS at a TLS port", "{}", DEMANDED, .implicit = TRUE, .want = "| connect tls-clear"},
	{"not its certificate, smtps", "{\"tls\": \"implicit\", \"cert\": \"other\"}", DEMANDED,
		.implicit = TRUE, .want = "| connect peer"},
	{"a fingerprint that is none", "{}", DEMANDED, .fingerprint = "12",
		.want = "| connect unsupported"},
	/* the greeting */
	{"refused", "{\"banner\": \"554 5.7.1 not you\"}", OFF, .want = "banner | banner refused"},
	{"pop3 refused", "{" POP ", \"banner\": \"-ERR no\"}", OFF, .pop = TRUE,
		.want = "banner | banner refused"},
	{"wanted no further", "{}", OFF, .stop = TRUE, .want = "banner | banner stopped"},
	/* EHLO */
	{"EHLO and HELO refused",
		"{\"replies\": {\"EHLO\": \"550 not you\", \"HELO\": \"550 not you\"}}", OFF,
		.want = "banner ehlo | ehlo refused"},
	{"closes at EHLO", "{\"replies\": {\"EHLO\": \"@close\"}}", OFF,
		.want = "banner | ehlo broken"},
	{"no STARTTLS", "{}", DEMANDED, .want = "banner ehlo | ehlo tls-missing"},
	{"no STLS", "{" POP "}", DEMANDED, .pop = TRUE, .want = "banner ehlo | ehlo tls-missing"},
	/* STARTTLS */
	{"STARTTLS refused", "{" STARTTLS ", \"replies\": {\"STARTTLS\": \"454 later\"}}", DEMANDED,
		.want = "banner ehlo starttls | starttls tls-missing"},
	{"reset in the handshake", "{" STARTTLS ", \"replies\": {\"HANDSHAKE\": \"@reset\"}}",
		DEMANDED, .want = "banner ehlo starttls | starttls broken"},
	{"not its certificate", "{" STARTTLS ", \"cert\": \"other\"}", DEMANDED,
		.want = "banner ehlo starttls | starttls peer"},
	{"not its name", "{" STARTTLS ", \"cert\": \"name\"}", .tls = RP_TLS_REQUIRED, .ca = "name",
		.want = "banner ehlo starttls | starttls peer"},
	{"not its key", "{" STARTTLS "}", DEMANDED, .fingerprint = SHA SHA,
		.want = "banner ehlo starttls | starttls peer"},
};

static void
owner_clear(Owner *owner)
{
	g_main_loop_unref(owner->loop);
	g_string_free(owner->text, TRUE);
	g_free(owner->words);
	g_free(owner->last);
}

/* Runs a set-up to its end; the wire is the caller's. */
static RpWire *
run(RpWires *wires, const RpWireTarget *target, Owner *owner)
{
	owner->loop = g_main_loop_new(NULL, FALSE);
	owner->text = g_string_new(NULL);
	RpWire *wire = rp_wire_open(wires, target, &events, owner);
	g_assert_nonnull(wire);
	g_assert_false(owner->ended);
	g_main_loop_run(owner->loop);
	return wire;
}

static void
fill_target(RpWireTarget *target, const Case *c)
{
	target->pop = c->pop;
	target->tls.mode = c->tls;
	target->tls.check_peer = c->ca != NULL;
	target->tls.ca_file = c->ca ? fake_cert(c->ca) : NULL;
	target->tls.fingerprint = c->fingerprint;
	target->route.interface = c->interface;
	if (c->source)
		g_assert_true(rp_address_parse(c->source, &target->route.source));
	target->timeout_ms = 60000;
}

static void
check_measure(const RpWire *wire, const Owner *owner)
{
	RpWireMeasure measure;
	rp_wire_measure(wire, &measure);
	if (!g_str_has_prefix(owner->text->str, "banner"))
		return;
	g_assert_cmpint(measure.rtt, >, 0);
	g_assert_true(rp_address_is_loopback(&measure.local));
	g_assert_cmpuint(measure.local_port, >, 0);
}

static void
test_case(gconstpointer data)
{
	const Case *c = data;
	guint16 port = c->script ? fake_server(c->script) : 9;
	RpEndpoint endpoint = {(char *)(c->host ? c->host : "127.0.0.1"), port, c->implicit};
	RpWireTarget target = {.endpoint = &endpoint};
	Owner owner = {.stop = c->stop};
	RpWires *wires = rp_wires_new_curl(NULL, NULL);
	fill_target(&target, c);
	RpWire *wire = run(wires, &target, &owner);
	if (owner.words)
		g_test_message("%s", owner.words);
	g_assert_cmpstr(owner.text->str, ==, c->want);
	if (c->words)
		g_assert_cmpstr(owner.words, ==, c->words);
	check_measure(wire, &owner);
	rp_wire_close(wire, TRUE);
	rp_wires_free(wires);
	owner_clear(&owner);
}

/* Of a host that has both, where there is no IPv6: what the server said by IPv4 is told, in either
 * order. To a group nobody can connect, on whatever machine. */
static void
test_refused_by_one_family(gconstpointer data)
{
	RpEndpoint endpoint = {(char *)"dual.example", 9, FALSE};
	RpWireTarget target = {.endpoint = &endpoint, .tls.mode = RP_TLS_OFF, .timeout_ms = 60000};
	RpWires *wires = rp_wires_new_curl(NULL, NULL);
	Owner owner = {0};

	addresses = curl_slist_append(NULL, data);
	RpWire *wire = run(wires, &target, &owner);
	g_assert_cmpstr(owner.text->str, ==, "| connect connect");
	g_assert_cmpstr(owner.words, ==, "Connection refused");
	rp_wire_close(wire, FALSE);
	rp_wires_free(wires);
	owner_clear(&owner);
	g_clear_pointer(&addresses, curl_slist_free_all);
}

/* Of a name with two addresses the shunned one is passed over, for as long as it is shunned; where
 * there is no other nothing is connected to. */
static void
test_shunned(void)
{
	guint16 port = fake_server("{}");
	RpEndpoint endpoint = {(char *)"dual.example", port, FALSE};
	RpShunned *shunned = rp_shunned_new();
	RpWireTarget target = {.endpoint = &endpoint,
		.tls.mode = RP_TLS_OFF,
		.timeout_ms = 60000,
		.shunned = shunned};
	g_autofree char *both = g_strdup_printf("dual.example:%u:[ff0e::1],127.0.0.1", port);
	RpAddress group, loopback;

	g_assert_true(rp_address_parse("ff0e::1", &group));
	g_assert_true(rp_address_parse("127.0.0.1", &loopback));
	addresses = curl_slist_append(NULL, both);
	for (guint i = 0; i < 3; i++) {
		RpWires *wires = rp_wires_new_curl(NULL, NULL);
		RpWireMeasure measure;
		Owner owner = {0};

		rp_shunned_clear(shunned);
		if (i)
			rp_shunned_add(shunned, &loopback, i == 1 ? port : (guint16)(port + 1));
		RpWire *wire = run(wires, &target, &owner);
		rp_wire_measure(wire, &measure);
		g_assert_true(measure.passed_over == (i == 1));
		if (i == 1)
			g_assert_cmpstr(owner.text->str, ==, "| connect connect");
		else
			g_assert_true(rp_address_equal(&measure.peer, &loopback));
		rp_wire_close(wire, FALSE);
		rp_wires_free(wires);
		owner_clear(&owner);
	}
	g_clear_pointer(&addresses, curl_slist_free_all);
	rp_shunned_free(shunned);
}

/* The last ones are kept, and who has answered is not shunned any more. */
static void
test_shunned_many(void)
{
	RpShunned *shunned = rp_shunned_new();
	RpAddress address = {.family = RP_FAMILY_IPV4};

	rp_shunned_add(shunned, &(RpAddress){.family = RP_FAMILY_ANY}, 25);
	for (guint i = 0; i < 40; i++) {
		address.bytes[3] = (guint8)i;
		rp_shunned_add(shunned, &address, 25);
		g_usleep(2);
	}
	g_assert_true(rp_shunned_has(shunned, &address, 25));
	g_assert_false(rp_shunned_has(shunned, &address, 587));
	rp_shunned_drop(shunned, &address, 25);
	g_assert_false(rp_shunned_has(shunned, &address, 25));
	address.bytes[3] = 38;
	g_assert_true(rp_shunned_has(shunned, &address, 25));
	address.bytes[3] = 0;
	g_assert_false(rp_shunned_has(shunned, &address, 25));
	rp_shunned_free(shunned);
}

/* What libcurl could not begin fails from the loop, and leaves nothing behind. */
static void
test_resources(void)
{
	const char *words[] = {
		"libcurl can't begin a session", curl_multi_strerror(CURLM_OUT_OF_MEMORY)};
	RpEndpoint endpoint = {(char *)"127.0.0.1", 9, FALSE};
	RpWireTarget target = {.endpoint = &endpoint, .tls.mode = RP_TLS_OFF, .timeout_ms = 60000};
	RpWires *wires = rp_wires_new_curl(NULL, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(words); i++) {
		Owner owner = {0};
		no_easy = i == 0;
		no_add = i == 1;
		RpWire *wire = run(wires, &target, &owner);
		no_easy = no_add = FALSE;
		g_assert_cmpstr(owner.text->str, ==, "| connect resources");
		g_assert_cmpstr(owner.words, ==, words[i]);
		rp_wire_close(wire, FALSE);
		owner_clear(&owner);
	}
	rp_wires_free(wires);
}

/* And closed before that is told. */
static void
test_resources_closed(void)
{
	RpEndpoint endpoint = {(char *)"127.0.0.1", 9, FALSE};
	RpWireTarget target = {.endpoint = &endpoint, .tls.mode = RP_TLS_OFF, .timeout_ms = 60000};
	RpWires *wires = rp_wires_new_curl(NULL, NULL);
	Owner owner = {0};
	no_add = TRUE;
	rp_wire_close(rp_wire_open(wires, &target, &events, &owner), FALSE);
	no_add = FALSE;
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_assert_false(owner.ended);
	rp_wires_free(wires);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/curl-wire/%s", cases[i].name);
		g_test_add_data_func(path, &cases[i], test_case);
	}
	g_test_add_data_func("/curl-wire-more/refused-by-ipv4",
		"dual.example:9:127.0.0.1,[ff0e::1]", test_refused_by_one_family);
	g_test_add_data_func("/curl-wire-more/refused-before-ipv6",
		"dual.example:9:[ff0e::1],127.0.0.1", test_refused_by_one_family);
	g_test_add_func("/curl-wire-more/resources", test_resources);
	g_test_add_func("/curl-wire-more/resources-closed", test_resources_closed);
	g_test_add_func("/curl-wire-more/shunned", test_shunned);
	g_test_add_func("/curl-wire-more/shunned-many", test_shunned_many);
	int result = g_test_run();
	fake_stop();
	return result;
}
