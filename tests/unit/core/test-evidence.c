/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <string.h>

/* The table evidence.rows: each kind of evidence on each kind of link, by each family. */

/* How a provider is known by it, what a link has that shows it, and its addresses. */
typedef struct {
	const char *name, *provider, *link, *ipv4, *ipv6;
	gboolean taught; /* by the user, at this very place */
} Evidence;

#define PLAIN "192.168.1.5", "2001:db8:9::5"

static const Evidence evidence[] = {
	{"prefix", "net=203.0.113.0/24,2001:db8:1::/48", "", "203.0.113.7", "2001:db8:1::7"},
	{"public-address", "net=203.0.113.0/24", "public=203.0.113.7", PLAIN},
	{"nm-connection", "nm=Home", "nm=Home", PLAIN},
	{"ssid", "ssid=Spot", "ssid=Spot", PLAIN},
	{"dns-domain", "dns=p.example", "dns=p.example", PLAIN},
	{"dhcp-option", "dhcp=domain_name=P.example",
		"dhcp=routers=192.168.1.1,domain_name=p.example", PLAIN},
	{"ppp-peer", "peer=p", "peer=p", PLAIN},
	{"operator", "op=44010", "op=44010", PLAIN},
	{"gateway", "gw=52:54:00:00:00:01", "gw=52:54:00:00:00:01", PLAIN},
	{"reachable", "reach=in.example:53", "reached=in.example:53/ipv4", PLAIN},
	{"asn", "asn=64496", "public=198.51.100.7/64496", PLAIN},
	{"learned", "", "uuid=1 gw=52:54:00:00:00:01", PLAIN, TRUE},
};

/* Each kind, two that make less of some, one under a tunnel and one beside the default route. */
#define N_LINKS 10

static const Evidence *
find_evidence(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(evidence); i++)
		if (g_str_equal(evidence[i].name, name))
			return &evidence[i];
	g_error("evidence.rows: no evidence \"%s\"", name);
}

/* The link with the evidence, and the other one that has the default routes: a tunnel is above it,
 * all else beside it. `kind` is KIND, KIND+FLAG or KIND/KIND-OF-THE-OTHER. */
static char *
place_text(const Evidence *by, const char *kind, const char *addresses)
{
	g_auto(GStrv) links = g_strsplit(kind, "/", 2);
	g_auto(GStrv) words = g_strsplit(links[0], "+", 2);
	g_autofree char *other =
		links[1] ? g_strdup_printf("; l1 %s 10.9.0.5 2001:db8:a::5 default", links[1])
			 : NULL;

	return g_strdup_printf("l0 %s%s%s %s%s%s%s", words[0], words[1] ? " " : "",
		words[1] ? words[1] : "", addresses, *by->link ? " " : "", by->link,
		other ? other : "");
}

static void
be_taught(FxCase *c)
{
	g_autoptr(RpNetwork) network =
		fx_network("l0 wifi 192.168.1.5 uuid=1 gw=52:54:00:00:00:01");
	g_autoptr(RpPlace) before = rp_place_new(network, c->catalogue);
	g_autoptr(GPtrArray) learned =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_learned_free);
	RpPlace *place;

	g_ptr_array_add(learned, rp_place_learn(before, "p"));
	place = rp_place_new_learned(c->place->network, c->catalogue, learned, NULL);
	rp_place_free(c->place);
	c->place = place;
	c->situation.place = place;
}

/* The family by which mail goes there, "any", or "-": it is held. What goes is bound to the link.
 */
static char *
decide(const Evidence *by, const char *kind, const char *addresses, const char *login)
{
	g_autofree char *config =
		g_strdup_printf("provider p%s%s\nset s provider=p ids=a@p.example relay=inside "
				"smtp=smtp://mail.p.example %s",
			*by->provider ? " " : "", by->provider, login);
	g_autofree char *place = place_text(by, kind, addresses);
	const FxRow row = {
		.config = config, .place = place, .from = "a@p.example", .to = "b@x.example"};
	FxCase c;
	char *got = NULL;

	fx_case_init(&c, &row);
	if (by->taught)
		be_taught(&c);
	g_autoptr(RpDecision) decision = rp_policy_decide(&c.situation, &c.message);
	const RpRecipientPlan *plan = &decision->recipients[0];
	if (plan->verdict == RP_VERDICT_SEND) {
		g_assert_cmpint(plan->link, ==, 0);
		got = g_strdup(rp_family_name(plan->family));
	}
	fx_case_clear(&c);
	return got ? got : g_strdup("-");
}

static void
check_row(const char *line)
{
	/* Such a set shows its password to whoever answers without TLS. */
	static const char in_clear[] = "user=a tls=opportunistic";
	g_auto(GStrv) words = g_regex_split_simple(" +", line, 0, 0);
	const Evidence *by = find_evidence(words[0]);
	g_autofree char *both = g_strconcat(by->ipv4, " ", by->ipv6, NULL);
	const char *const addresses[] = {by->ipv4, by->ipv6, both};

	g_assert_cmpuint(g_strv_length(words), ==, 8);
	g_test_message("%s", line);
	for (guint i = 0; i < G_N_ELEMENTS(addresses); i++) {
		g_autofree char *plain = decide(by, words[1], addresses[i], "");
		g_autofree char *shown = decide(by, words[1], addresses[i], in_clear);

		g_assert_cmpstr(plain, ==, words[2 + i]);
		g_assert_cmpstr(shown, ==, words[5 + i]);
	}
}

static void
test_rows(gconstpointer path)
{
	g_autofree char *text = NULL;
	g_autoptr(GError) error = NULL;
	guint n = 0;

	g_assert_true(g_file_get_contents(path, &text, NULL, &error));
	g_assert_no_error(error);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	for (guint i = 0; lines[i]; i++) {
		if (*lines[i] == '#' || *lines[i] == '\0')
			continue;
		check_row(lines[i]);
		n++;
	}
	g_assert_cmpuint(n, ==, G_N_ELEMENTS(evidence) * N_LINKS);
}

/* What is new in place.h is in the table too. */
static void
test_complete(void)
{
	for (guint i = RP_EVIDENCE_PREFIX; i <= RP_EVIDENCE_LEARNED; i++)
		find_evidence(rp_evidence_name(i));
	g_assert_cmpuint(G_N_ELEMENTS(evidence), ==, RP_EVIDENCE_LEARNED + 1);
}

/* Of the same link and family the evidence that nobody can make up is the one that counts. */
static void
test_together(void)
{
	static const struct {
		const char *provider, *link, *want;
	} rows[] = {
		{"ssid=Spot nm=Home", "ssid=Spot nm=Home", "any"},
		{"ssid=Spot gw=52:54:00:00:00:01", "ssid=Spot gw=52:54:00:00:00:01", "any"},
		{"ssid=Spot dns=p.example", "ssid=Spot dns=p.example", "-"},
		{"net=203.0.113.0/24 gw=52:54:00:00:00:01",
			"public=203.0.113.7 gw=52:54:00:00:00:01", "any"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		const Evidence both = {"", rows[i].provider, rows[i].link, PLAIN};
		g_autofree char *got = decide(&both, "wifi", both.ipv4, "user=a tls=opportunistic");

		g_test_message("%s", rows[i].link);
		g_assert_cmpstr(got, ==, rows[i].want);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_assert_cmpint(argc, ==, 2);
	g_test_add_data_func("/evidence/rows", argv[1], test_rows);
	g_test_add_func("/evidence/complete", test_complete);
	g_test_add_func("/evidence/together", test_together);
	return g_test_run();
}
