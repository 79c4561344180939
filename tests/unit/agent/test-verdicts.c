/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What the queue says of each message after thousands of plans at random places: word for word what
 * the policy says of this message alone, asked at that moment. */
#include "fixture.h"

#include "agent-private.h"

#include "roampost/decision-json.h"
#include "roampost/language.h"

#include <string.h>

#define ROUNDS 30
#define MOVES 12
#define PICK(list) ((list)[g_test_rand_int_range(0, G_N_ELEMENTS(list))])
#define CHANCE(percent) (g_test_rand_int_range(0, 100) < (percent))

static const char *const domains[] = {"d0.example", "d1.example", "d2.example", "D3.Example",
	"odn.example", "else.example", "other.example", "x.example"};
static const char *const senders[] = {"taro@odn.example", "hanako@sonet.example",
	"ki@keyed.example", "z@d0.example", "nobody@nowhere.example", "own@d1.example"};
static const char *const more_configs[] = {
	"[server-set many]\nrelay=inside+recipient-domain\nprovider=sonet\nsmtp=smtp://"
	"smtp.example:9\nsmtp-tls=off\ncarries=any\nidentities=z@d0.example\n"
	"domains=d0.example;d1.example;d2.example;d3.example\n",
	"[server-set many]\nrelay=sender-domain;inside\nprovider=odn\nsmtp=smtp://smtp.example:9\n"
	"smtp-tls=off\ncarries=any\nidentities=@d1.example\ndomains=d1.example\n"
	"local-domains=d2.example\n",
	"[server-set here]\nrelay=anywhere\nsmtp=smtp://smtp.example:8\nsmtp-tls=off\n"
	"identities=z@d0.example\ncarries=@d1.example\n",
	"[server-set a]\nrelay=inside\nprovider=odn\nsmtp=smtp://smtp.example:8\nsmtp-tls=off\n"
	"identities=z@d0.example\npriority=5\n"
	"[server-set b]\nrelay=recipient-domain\ndomains=d0.example;x.example\n"
	"smtp=smtp://smtp.example:7\nsmtp-tls=off\ncarries=any\nidentities=own@d1.example\n",
};
static const char *const addresses[] = {NULL, "203.0.113.7", "198.51.100.7", "192.0.2.7"};

/* ---- what it is to be ---- */

static char *
reasons_text(const RpCatalogue *catalogue, const GPtrArray *reasons)
{
	g_auto(RpLanguageScope) scope = rp_language_enter(NULL);
	GString *text = g_string_new(NULL);
	RpJson json;

	rp_json_init(&json, text);
	rp_hold_reasons_write_json(
		&json, NULL, reasons, catalogue, RP_REASON_JSON_TEXT | RP_REASON_JSON_UNLOCK);
	return g_string_free(text, FALSE);
}

static char *
domain_in(const RpSituation *situation, const char *recipient)
{
	const char *at = strrchr(recipient, '@');
	const char *domain = at ? at + 1 : "";

	return rp_policy_names_recipient_domain(
		       situation->catalogue, situation->failures, situation->observations, domain)
		       ? g_ascii_strdown(domain, -1)
		       : g_strdup("*");
}

/* A line for each domain that is told apart, in the order of the recipients. */
static char *
text_for(const RpSituation *situation, const RpMessageFacts *facts, const RpDecision *decision)
{
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < decision->n_recipients; i++) {
		const RpRecipientPlan *plan = &decision->recipients[i];
		g_autofree char *reasons = reasons_text(situation->catalogue, plan->reasons);
		char *domain = domain_in(situation, facts->recipients[i]);

		if (g_hash_table_add(seen, domain))
			g_string_append_printf(text, "%s\t%s\t%s\n", domain,
				plan->verdict == RP_VERDICT_SEND
					? rp_catalogue_set(situation->catalogue, plan->set)->name
					: "",
				reasons);
	}
	return g_string_free(text, FALSE);
}

static char *
sets_for(const RpSituation *situation, const RpDecision *decision)
{
	GString *text = g_string_new(NULL);
	gboolean seen[16] = {FALSE};

	for (guint i = 0; i < decision->n_recipients; i++) {
		const RpRecipientPlan *plan = &decision->recipients[i];

		if (plan->verdict != RP_VERDICT_SEND || seen[plan->set])
			continue;
		seen[plan->set] = TRUE;
		g_string_append_printf(text, "%s%s", text->len ? ";" : "",
			rp_catalogue_set(situation->catalogue, plan->set)->name);
	}
	return g_string_free(text, FALSE);
}

static void
check_message(const RpSituation *situation, const RpQueueMessage *message)
{
	static const RpClassVerdict verdicts[] = {RP_CLASS_SEND, RP_CLASS_HOLD, RP_CLASS_SPLIT};
	g_autofree const char **scratch = NULL;
	RpMessageFacts facts;

	rp_queue_message_facts(message, &facts, &scratch);
	g_autoptr(RpDecision) decision = rp_policy_decide(situation, &facts);
	g_autofree char *text = text_for(situation, &facts, decision);
	g_autofree char *sets = sets_for(situation, decision);

	g_assert_cmpint(message->class_verdict, ==, verdicts[decision->verdict]);
	g_assert_cmpstr(message->class_sets ? message->class_sets : "", ==, sets);
	g_assert_cmpstr(message->class_reasons, ==, text);
}

/* All states but those of messages that have no class: they are with a server, or at an end. */
static guint
check_all(Fixture *f)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) messages = rp_queue_list(f->reader,
		1u << RP_MESSAGE_QUEUED | 1u << RP_MESSAGE_HELD | 1u << RP_MESSAGE_DEFERRED, 0, 0,
		&error);
	RpSituation situation;

	g_assert_no_error(error);
	rp_ground_situation(&f->agent->ground, &situation);
	for (guint i = 0; i < messages->len; i++)
		check_message(&situation, messages->pdata[i]);
	return messages->len;
}

/* ---- what happens ---- */

static void
submit_some_mail(Fixture *f)
{
	for (guint n = (guint)g_test_rand_int_range(1, 8); n > 0; n--) {
		g_autoptr(GString) to = g_string_new(NULL);

		for (guint i = (guint)g_test_rand_int_range(1, 6); i > 0; i--)
			g_string_append_printf(to, "%sr%d@%s", to->len ? "," : "",
				g_test_rand_int_range(0, 50), PICK(domains));
		submit_only(f, PICK(senders), to->str);
	}
	settle(f);
}

static void
change_config(Fixture *f)
{
	g_autoptr(RpConfig) config = load_config(f, PICK(more_configs));

	rp_agent_set_config(f->agent, config);
	settle(f);
}

static void
answer_otherwise(Fixture *f)
{
	static const char *const replies[] = {"250 ok", "550 5.7.1 relaying denied",
		"550 5.1.1 no such user", "450 4.2.0 later", "554 5.7.1 sender not allowed"};

	for (guint i = 0; i < 50; i += 7) {
		g_autofree char *recipient = g_strdup_printf("r%u@%s", i, PICK(domains));

		reply(f->fake, g_intern_string(recipient), PICK(replies));
	}
	if (CHANCE(50))
		script(f->fake->session_results, CHANCE(50) ? "many" : "keyed",
			RP_SESSION_UNREACHABLE);
	else
		g_hash_table_remove_all(f->fake->session_results);
}

static void
restart(Fixture *f)
{
	rp_agent_free(f->agent);
	start_with(f, PICK(more_configs));
}

static void
happen(Fixture *f)
{
	switch (g_test_rand_int_range(0, 8)) {
	case 0:
		change_config(f);
		break;
	case 1:
		rp_agent_use(f->agent, CHANCE(50) ? "odn" : NULL, FALSE);
		break;
	case 2:
		answer_otherwise(f);
		break;
	case 3:
		pass_time(f, CHANCE(50) ? 10 * G_TIME_SPAN_MINUTE : G_TIME_SPAN_SECOND);
		break;
	case 4:
		restart(f);
		break;
	default:
		submit_some_mail(f);
	}
}

static void
test_random(Fixture *f, gconstpointer data)
{
	guint n_checked = 0;

	change_config(f);
	for (guint i = 0; i < ROUNDS; i++) {
		for (guint k = 0; k < MOVES; k++) {
			happen(f);
			network(f, PICK(addresses));
			n_checked += check_all(f);
		}
		if (CHANCE(30))
			forget_failures(f);
	}
	g_test_message("%u messages were compared", n_checked);
	g_assert_cmpuint(n_checked, >, ROUNDS * MOVES);
}

int
main(int argc, char **argv)
{
	fixture_init(&argc, &argv);
	ADD("verdicts/random", test_random);
	return g_test_run();
}
