/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <string.h>

/* The table evidence.rows: each kind of evidence on each kind of link, by each family. */

/* How a provider is known by it, what a link has that shows it, and its addresses. */
typedef struct {
	const char *name, *provider, *link, *ipv4, *ipv6;
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
};

static const Evidence *
find_evidence(const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(evidence); i++)
		if (g_str_equal(evidence[i].name, name))
			return &evidence[i];
	g_error("evidence.rows: no evidence \"%s\"", name);
}

/* The family by which mail goes there, "any", or "-": it is held. */
static char *
decide(const Evidence *by, const char *kind, const char *addresses, const char *login)
{
	static const char sent[] = "send s/inside/";
	g_auto(GStrv) words = g_strsplit(kind, "+", 2); /* KIND or KIND+FLAG */
	g_autofree char *config = g_strdup_printf("provider p %s\nset s provider=p ids=a@p.example "
						  "relay=inside smtp=smtp://mail.p.example %s",
		by->provider, login);
	g_autofree char *place = g_strdup_printf("l0 %s%s%s %s%s%s", words[0], words[1] ? " " : "",
		words[1] ? words[1] : "", addresses, *by->link ? " " : "", by->link);
	const FxRow row = {
		.config = config, .place = place, .from = "a@p.example", .to = "b@x.example"};
	g_autofree char *got = fx_decide(&row);
	const char *plan = strstr(got, sent);

	return plan ? g_strndup(plan + strlen(sent), strcspn(plan + strlen(sent), " "))
		    : g_strdup("-");
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
	/* Each on each kind of link, and those two that make less of some. */
	g_assert_cmpuint(n, ==, G_N_ELEMENTS(evidence) * 8);
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
	g_test_add_func("/evidence/together", test_together);
	return g_test_run();
}
