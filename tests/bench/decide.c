/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/policy.h"

#include <stdio.h>
#include <time.h>

/* How long the policy takes: 50 server sets of which a fifth may carry any message, 1,000 prefixes;
 * the place worked out anew for each question, as a batch of questions does, and once for all. And
 * the prefix table with a million prefixes.
 *
 * usage: decide [QUESTIONS] */

enum { N_SETS = 50, N_PREFIXES = 1000, N_MANY = 1000000 };

/* Of this process, in microseconds: others may be at work on the same machine. */
static gint64
cpu_time(void)
{
	struct timespec at;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &at);
	return at.tv_sec * G_USEC_PER_SEC + at.tv_nsec / 1000;
}

static char **
one(char *text)
{
	char **list = g_new0(char *, 2);

	list[0] = text;
	return list;
}

static void
add_rule(RpServerSet *set, const char *text)
{
	g_ptr_array_add(set->relay, rp_rule_parse(text, NULL));
}

static RpServerSet *
make_set(guint i)
{
	static const char *const rules[][3] = {
		{"inside"},
		{"inside", "pop-login"},
		{"inside", "sender-domain", "recipient-domain"},
		{"inside+sender-domain", "pop-login+sender-domain"},
		{"auth"},
	};
	g_autofree char *name = g_strdup_printf("set%02u", i);
	RpServerSet *set = rp_server_set_new(name);

	set->provider = g_strdup_printf("provider%02u", i);
	set->identities = one(g_strdup_printf("user@p%u.example", i));
	set->domains = one(g_strdup_printf("p%u.example", i));
	set->local_domains = one(g_strdup_printf("p%u.example", i));
	set->carries = i % 5 == 0 ? RP_CARRIES_ANY : RP_CARRIES_OWN;
	set->pop = rp_endpoint_parse("pop3://pop.example", "pop3", NULL);
	for (guint k = 0; k < 3 && rules[i % 5][k]; k++)
		add_rule(set, rules[i % 5][k]);
	return set;
}

static RpCatalogue *
make_catalogue(void)
{
	GPtrArray *providers = g_ptr_array_new_with_free_func((GDestroyNotify)rp_provider_free);
	GPtrArray *sets = g_ptr_array_new_with_free_func((GDestroyNotify)rp_server_set_free);

	for (guint i = 0; i < N_SETS; i++) {
		g_autofree char *name = g_strdup_printf("provider%02u", i);
		RpProvider *provider = rp_provider_new(name);

		for (guint k = 0; k < N_PREFIXES / N_SETS; k++) {
			RpPrefix prefix;
			g_autofree char *text = g_strdup_printf("10.%u.%u.0/24", i, k);
			rp_prefix_parse(text, &prefix, NULL);
			g_array_append_val(provider->prefixes, prefix);
		}
		g_ptr_array_add(providers, provider);
		g_ptr_array_add(sets, make_set(i));
	}
	return rp_catalogue_new(providers, sets);
}

static RpPlace *
make_place(const RpCatalogue *catalogue, const RpAddress *address)
{
	g_autoptr(RpNetwork) network = rp_network_new();
	RpLink *link = rp_link_new("at", RP_LINK_OTHER);

	rp_link_add_address(link, address);
	link->default_route_ipv4 = TRUE;
	rp_network_add_link(network, link);
	return rp_place_new(network, catalogue);
}

typedef struct {
	const char *name;
	const char *sender;
	const char *recipients[4];
	const char *pin;
	gboolean new_place;
} Question;

static void
ask(const RpCatalogue *catalogue, const Question *question, guint n)
{
	RpMessageFacts message = {
		.sender = question->sender,
		.recipients = question->recipients,
		.n_recipients = g_strv_length((char **)question->recipients),
		.pin = question->pin,
	};
	RpAddress address;
	rp_address_parse("10.7.3.9", &address);
	RpPlace *place = make_place(catalogue, &address);
	gint64 start = cpu_time();
	guint sent = 0;

	for (guint i = 0; i < n; i++) {
		if (question->new_place) {
			rp_place_free(place);
			address.bytes[1] = (guint8)(i % 64);
			place = make_place(catalogue, &address);
		}
		RpSituation situation = {.place = place, .catalogue = catalogue, .now = 1};
		g_autoptr(RpDecision) decision = rp_policy_decide(&situation, &message);
		sent += decision->verdict == RP_VERDICT_SEND;
	}
	double each = (double)(cpu_time() - start) / n;
	printf("%-44s %7.3f us  %9.0f a second  (%u%% sent)\n", question->name, each, 1e6 / each,
		(guint)(100.0 * sent / n));
	rp_place_free(place);
}

static void
many_prefixes(void)
{
	g_autofree RpPrefixEntry *entries = g_new0(RpPrefixEntry, N_MANY);
	g_autoptr(GRand) random = g_rand_new_with_seed(1);
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(RpPrefixEntry));
	guint n_found = 0;

	for (guint i = 0; i < N_MANY; i++) {
		guint32 bits = g_rand_int(random);
		RpAddress address = {.family = RP_FAMILY_IPV4,
			.bytes = {bits >> 24, bits >> 16 & 255, bits >> 8 & 255}};
		entries[i] = (RpPrefixEntry){
			rp_prefix_around(&address, (guint8)g_rand_int_range(random, 14, 25)),
			i % 5000};
	}
	gint64 start = cpu_time();
	g_autoptr(RpPrefixTable) table = rp_prefix_table_new(entries, N_MANY);
	gint64 loaded = cpu_time();
	for (guint i = 0; i < N_MANY; i++) {
		guint32 bits = g_rand_int(random);
		RpAddress address = {.family = RP_FAMILY_IPV4,
			.bytes = {bits >> 24, bits >> 16 & 255, bits >> 8 & 255, bits & 255}};
		g_array_set_size(found, 0);
		rp_prefix_table_lookup(table, &address, found);
		n_found += found->len;
	}
	gint64 looked_up = cpu_time();
	printf("%u prefixes: table built in %.3f s, a look-up %.3f us (%.1f found)\n", N_MANY,
		(double)(loaded - start) / 1e6, (double)(looked_up - loaded) / N_MANY,
		(double)n_found / N_MANY);
}

int
main(int argc, char **argv)
{
	static const Question questions[] = {
		{"own sender, inside, foreign recipient", "user@p7.example", {"b@other.example"}},
		{"held: eleven sets, a reason each", "user@p9.example", {"b@other.example"}},
		{"held: foreign sender, ten sets may carry", "x@x.example", {"b@other.example"}},
		{"three recipients", "user@p7.example",
			{"b@other.example", "c@p7.example", "d@third.example"}},
		{"held: pinned to a set it may not use", "user@p7.example", {"b@other.example"},
			.pin = "set08"},
		{"place anew, own sender", "user@p7.example", {"b@other.example"},
			.new_place = TRUE},
		{"place anew, foreign sender", "x@x.example", {"b@other.example"},
			.new_place = TRUE},
		{"place anew, two recipients", "user@p11.example",
			{"b@other.example", "c@p3.example"}, .new_place = TRUE},
	};
	guint n = argc > 1 ? (guint)g_ascii_strtoull(argv[1], NULL, 10) : 200000;
	g_autoptr(RpCatalogue) catalogue = make_catalogue();

	printf("%d sets, %d prefixes, %u questions each\n", N_SETS, N_PREFIXES, n);
	for (gsize i = 0; i < G_N_ELEMENTS(questions); i++)
		ask(catalogue, &questions[i], n);
	many_prefixes();
	return 0;
}
