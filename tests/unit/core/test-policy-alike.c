/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Messages that are alike in a situation are decided alike in it: random ones, in random
 * situations.
 */
#include "fixture.h"

#include <string.h>

#define SITUATIONS 300
#define MESSAGES 60

static const char *const domains[] = {
	"a.example", "b.example", "c.example", "d.example", "x.example", "y.example"};
static const char *const rules[] = {"inside", "anywhere", "auth", "pop-login", "sender-domain",
	"recipient-domain", "inside+sender-domain", "inside;pop-login", "recipient-domain;auth",
	"auto", "auto;auto:pop-login"};

#define PICK(list) list[g_test_rand_int_range(0, G_N_ELEMENTS(list))]
#define CHANCE(percent) (g_test_rand_int_range(0, 100) < (percent))

static void
append_list(GString *text, const char *key, const char *before)
{
	g_string_append_printf(text, " %s=", key);
	for (guint i = 0, n = (guint)g_test_rand_int_range(1, 4); i < n; i++)
		g_string_append_printf(text, "%s%s%s", i ? "," : "", before, PICK(domains));
}

static char *
random_config(void)
{
	GString *text = g_string_new("provider p net=203.0.113.0/24\n"
				     "provider q net=198.51.100.0/24\n");

	for (guint i = 0, n = (guint)g_test_rand_int_range(1, 6); i < n; i++) {
		g_string_append_printf(text, "set s%u relay=%s priority=%d", i, PICK(rules),
			g_test_rand_int_range(0, 3));
		append_list(text, "ids", CHANCE(50) ? "@" : "me@");
		if (CHANCE(60))
			g_string_append_printf(text, " provider=%s", CHANCE(50) ? "p" : "q");
		if (CHANCE(60))
			append_list(text, "domains", "");
		if (CHANCE(40))
			append_list(text, "local", "");
		if (CHANCE(40))
			g_string_append(text, " carries=any");
		else if (CHANCE(40))
			append_list(text, "carries", "@");
		if (CHANCE(30))
			g_string_append(text, " rewrite=envelope");
		if (CHANCE(50))
			g_string_append(text, " pop=pop3://pop.example user=me");
		g_string_append_c(text, '\n');
	}
	return g_string_free(text, FALSE);
}

static char *
random_address(void)
{
	static const char *const locals[] = {"me", "Me", "you", "me+tag"};

	return CHANCE(5) ? g_strdup("") : g_strdup_printf("%s@%s", PICK(locals), PICK(domains));
}

static char *
random_failures(void)
{
	static const char *const kinds[] = {
		"refused", "unreachable", "auth-failed", "pop-login-failed", "rejected"};
	static const char *const refused_rules[] = {
		"inside", "auth", "pop-login", "local", "sender-domain", "recipient-domain"};
	GString *text = g_string_new(NULL);

	for (guint i = 0, n = (guint)g_test_rand_int_range(0, 4); i < n; i++) {
		gboolean refused = CHANCE(60);

		g_string_append_printf(text, "%s%s s%d", i ? "; " : "",
			refused ? "refused" : PICK(kinds), g_test_rand_int_range(0, 4));
		if (refused)
			g_string_append_printf(text, " rule=%s", PICK(refused_rules));
		if (refused && CHANCE(40))
			g_string_append_printf(text, " domain=%s", PICK(domains));
		if (refused && CHANCE(40))
			g_string_append_printf(text, " sender=me@%s", PICK(domains));
		g_string_append(text, " until=600");
	}
	return g_string_free(text, FALSE);
}

/* What servers have said, of sets that learn. */
static RpObservations *
random_observations(void)
{
	static const char *const prefixes[] = {"203.0.113.0/24", "198.51.100.0/24", "192.0.2.0/24"};
	RpObservations *observations = rp_observations_new();

	for (guint i = 0, n = (guint)g_test_rand_int_range(0, 24); i < n; i++) {
		g_autoptr(RpObservation) heard = g_new0(RpObservation, 1);

		heard->set = g_strdup_printf("s%d", g_test_rand_int_range(0, 4));
		heard->from.family = RP_FAMILY_IPV4;
		g_assert_true(rp_prefix_parse(PICK(prefixes), &heard->from.prefix, NULL));
		heard->from.place = g_strdup(CHANCE(50) ? "home" : "");
		heard->vector = (guint)g_test_rand_int_range(0, RP_N_VECTORS);
		heard->domain = g_strdup(CHANCE(5) ? "" : PICK(domains));
		heard->said = CHANCE(50)   ? RP_SAID_TAKEN
			      : CHANCE(85) ? RP_SAID_REFUSED
					   : RP_SAID_UNCLEAR;
		heard->at = FX_NOW - (30 - i) * 8 * G_TIME_SPAN_HOUR;
		rp_observations_note(observations, heard);
	}
	return observations;
}

/* All of a decision, also what its text does not show. */
static char *
text_of(const RpDecision *decision, const FxCase *c)
{
	g_autofree char *said = fx_decision_text(decision, c->catalogue, c->place);
	GString *text = g_string_new(said);

	for (guint i = 0; i < decision->n_recipients; i++) {
		const RpRecipientPlan *plan = &decision->recipients[i];
		g_autofree char *source = rp_address_format(&plan->source);
		g_autofree char *bind = rp_address_format(&plan->bind);

		g_string_append_printf(text, " / %d %u %s %d %d %d %u %d %d %d %s %s",
			plan->verdict, plan->set, plan->rule ? plan->rule : "-",
			plan->pop_login_first, plan->pop_login_needed, plan->without_login,
			plan->cost, plan->probe, plan->link, plan->family, source, bind);
	}
	return g_string_free(text, FALSE);
}

/* Equal keys, the same decision. */
static gboolean
is_known(GHashTable *known, const char *key, const char *text)
{
	const char *before = g_hash_table_lookup(known, key);

	if (before)
		g_assert_cmpstr(text, ==, before);
	else
		g_hash_table_insert(known, g_strdup(key), g_strdup(text));
	return before != NULL;
}

static char *
basis_of(const RpSituation *situation)
{
	GString *text = g_string_new("what it had before");

	rp_policy_likeness_basis(text, situation);
	return g_string_free(text, FALSE);
}

/* Elsewhere, later, and with nothing failed but what is told of one sender or one domain, a message
 * is like the same ones. */
static void
check_elsewhere(const FxCase *c, const RpMessageFacts *message, const char *key)
{
	RpSituation other = c->situation;
	g_autoptr(GPtrArray) named = g_ptr_array_new();
	g_autoptr(GString) again = g_string_new(NULL);
	g_autofree char *before = basis_of(&other);

	for (guint i = 0; other.failures && i < other.failures->len; i++) {
		const RpFailure *failure = other.failures->pdata[i];

		if (failure->sender || failure->recipient_domain)
			g_ptr_array_add(named, (gpointer)failure);
	}
	other.failures = named;
	other.now += G_TIME_SPAN_DAY;
	other.paused = TRUE;
	other.override = "s1";
	g_autofree char *after = basis_of(&other);
	g_assert_cmpstr(after, ==, before);
	rp_policy_likeness(again, &other, message);
	g_assert_cmpstr(again->str, ==, key);
}

/* What tells messages apart in another way is another basis. */
static void
test_basis(void)
{
	const FxRow row = {.config = "[server-set s0]\nsmtp=smtp://a.example\n",
		.place = "",
		.from = "",
		.to = "x@x.example"};
	static char set[] = "s0", of[] = "x@x.example";
	RpFailure failure = {.set = set};
	g_autoptr(GPtrArray) failures = g_ptr_array_new();
	FxCase c;

	fx_case_init(&c, &row);
	c.situation.failures = failures;
	g_autofree char *none = basis_of(&c.situation);
	g_ptr_array_add(failures, &failure);
	g_autofree char *any = basis_of(&c.situation);
	g_assert_cmpstr(any, ==, none);
	failure.sender = of;
	g_autofree char *sender = basis_of(&c.situation);
	g_assert_cmpstr(sender, !=, none);
	failure.sender = NULL;
	failure.recipient_domain = of;
	g_autofree char *domain = basis_of(&c.situation);
	g_assert_cmpstr(domain, !=, none);
	g_assert_cmpstr(domain, !=, sender);
	c.situation.metered_limit = 7;
	g_autofree char *limit = basis_of(&c.situation);
	g_assert_cmpstr(limit, !=, domain);
	fx_case_clear(&c);
}

static void
ask(FxCase *c, GHashTable *known, GHashTable *classes, guint *n_shared)
{
	g_autoptr(GString) key = g_string_new("what it had before");
	g_auto(GStrv) to = g_new0(char *, 4);
	g_autofree char *from = random_address();
	g_autofree char *header = CHANCE(50) ? random_address() : NULL;
	guint n = (guint)g_test_rand_int_range(1, 4);

	for (guint i = 0; i < n; i++) {
		do {
			g_free(to[i]);
			to[i] = random_address();
		} while (!*to[i]);
	}
	const RpMessageFacts message = {.sender = from,
		.header_from = header,
		.recipients = (const char *const *)to,
		.n_recipients = n,
		.size = g_test_rand_int_range(900, 1100),
		.pin = CHANCE(20) ? (CHANCE(80) ? "s0" : "nobody") : NULL};
	g_autoptr(RpDecision) decision = rp_policy_decide(&c->situation, &message);
	g_autofree char *text = text_of(decision, c);
	rp_policy_likeness(key, &c->situation, &message);
	*n_shared += is_known(known, key->str, text);
	check_elsewhere(c, &message, key->str);
	/* Nor does a class, which is for all situations. */
	g_autofree char *class = rp_policy_class_key(c->catalogue, c->failures,
		c->situation.observations, c->situation.metered_limit, &message);
	is_known(classes, class, text);
}

static void
test_alike(void)
{
	static const char *const places[] = {"", "ppp0 ppp 203.0.113.7",
		"eth0 ethernet 198.51.100.7", "wlan0 wifi 192.0.2.7 metered",
		"wlan0 wifi 192.0.2.7 portal",
		"eth0 ethernet 198.51.100.7;ppp0 ppp 203.0.113.7 metered"};
	guint n_shared = 0;

	for (guint i = 0; i < SITUATIONS; i++) {
		g_autofree char *config = random_config();
		g_autofree char *failures = random_failures();
		g_autoptr(GHashTable) known =
			g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
		g_autoptr(GHashTable) classes =
			g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
		g_autoptr(RpObservations) observations = random_observations();
		const FxRow row = {.config = config,
			.place = PICK(places),
			.from = "",
			.to = "x@x.example",
			.failures = failures,
			.override = CHANCE(10) ? "s0" : NULL,
			.choose = CHANCE(50) ? RP_CHOOSE_IDENTITY_FIRST : RP_CHOOSE_LOCATION_FIRST,
			.metered_limit = CHANCE(50) ? 1000 : 0};
		FxCase c;

		fx_case_init(&c, &row);
		c.situation.observations = observations;
		for (guint k = 0; k < MESSAGES; k++)
			ask(&c, known, classes, &n_shared);
		fx_case_clear(&c);
	}
	g_test_message("%u of %u were shared", n_shared, SITUATIONS * MESSAGES);
	g_assert_cmpuint(n_shared, >, SITUATIONS * MESSAGES / 20);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/policy-alike/random", test_alike);
	g_test_add_func("/policy-alike/basis", test_basis);
	return g_test_run();
}
