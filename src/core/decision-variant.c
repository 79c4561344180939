/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/decision-variant.h"

#include "roampost/base.h"

/* What was decided, and why, as values of the bus. */

GVariant *
rp_reason_variant(const char *set, const char *reason, const char *text, GVariant *unlock,
	RpTime retry_after, GVariant *to_free)
{
	GVariantBuilder dict;

	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	rp_dict_add_text(&dict, "set", set);
	rp_dict_add_text(&dict, "reason", reason);
	rp_dict_add_text(&dict, "text", text);
	if (unlock)
		rp_dict_add(&dict, "unlock", unlock);
	if (retry_after)
		rp_dict_add(&dict, "retry-after", g_variant_new_int64(retry_after));
	if (to_free)
		rp_dict_add(&dict, "to-free", to_free);
	return g_variant_builder_end(&dict);
}

static GVariant *
reason_variant(const RpHoldReason *reason, const RpCatalogue *catalogue)
{
	g_autofree char *text = rp_reason_sentence(reason, catalogue);
	GVariantBuilder unlock, to_free;
	RpTime retry_after = 0;
	guint n = reason->unlock ? reason->unlock->len : 0;

	g_variant_builder_init(&unlock, G_VARIANT_TYPE("a(ss)"));
	g_variant_builder_init(&to_free, G_VARIANT_TYPE_STRING_ARRAY);
	for (guint i = 0; i < n; i++) {
		const RpUnlock *one = reason->unlock->pdata[i];
		g_autofree char *way = rp_unlock_sentence(one, catalogue);

		g_variant_builder_add(&unlock, "(ss)", rp_unlock_kind_name(one->kind),
			one->subject ? one->subject : "");
		g_variant_builder_add(&to_free, "s", way);
		if (one->kind == RP_UNLOCK_RETRY_AFTER)
			retry_after = one->time;
	}
	return rp_reason_variant(reason->set, rp_reason_name(reason->reason), text,
		g_variant_builder_end(&unlock), retry_after, g_variant_builder_end(&to_free));
}

GVariant *
rp_hold_reasons_variant(const GPtrArray *reasons, const RpCatalogue *catalogue)
{
	GVariantBuilder array;

	g_variant_builder_init(&array, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; reasons && i < reasons->len; i++)
		g_variant_builder_add_value(&array, reason_variant(reasons->pdata[i], catalogue));
	return g_variant_builder_end(&array);
}

static GVariant *
inside_variant(const RpSituation *situation)
{
	const GArray *inside = situation->place->shown;
	GVariantBuilder names;

	g_variant_builder_init(&names, G_VARIANT_TYPE_STRING_ARRAY);
	for (guint i = 0; i < inside->len; i++)
		g_variant_builder_add(&names, "s",
			rp_catalogue_provider(situation->catalogue, g_array_index(inside, guint, i))
				->name);
	return g_variant_builder_end(&names);
}

static GVariant *
plan_variant(const RpCatalogue *catalogue, const char *address, const RpRecipientPlan *plan)
{
	const char *const pop_login[] = {"pop-login"};
	gboolean sent = plan->verdict == RP_VERDICT_SEND;
	GVariantBuilder dict;

	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	rp_dict_add_text(&dict, "address", address);
	rp_dict_add_text(&dict, "verdict", rp_verdict_name(plan->verdict));
	rp_dict_add_text(&dict, "set", sent ? rp_catalogue_set(catalogue, plan->set)->name : NULL);
	rp_dict_add_text(&dict, "rule", sent ? plan->rule : NULL);
	rp_dict_add(&dict, "steps", g_variant_new_strv(pop_login, sent && plan->pop_login_first));
	rp_dict_add_text(&dict, "family", sent ? rp_family_name(plan->family) : NULL);
	rp_dict_add(&dict, "reasons", rp_hold_reasons_variant(plan->reasons, catalogue));
	return g_variant_builder_end(&dict);
}

GVariant *
rp_decision_variant(
	const RpSituation *situation, const RpMessageFacts *message, const RpDecision *decision)
{
	GVariantBuilder dict, recipients;

	g_variant_builder_init(&recipients, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < decision->n_recipients; i++)
		g_variant_builder_add_value(
			&recipients, plan_variant(situation->catalogue, message->recipients[i],
					     &decision->recipients[i]));
	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	rp_dict_add_text(&dict, "verdict", rp_verdict_name(decision->verdict));
	rp_dict_add(&dict, "inside", inside_variant(situation));
	rp_dict_add(&dict, "recipients", g_variant_builder_end(&recipients));
	return g_variant_builder_end(&dict);
}

GVariant *
rp_explain_variant(const RpSituation *situation, const RpMessageFacts *message, const GArray *rows)
{
	GVariantBuilder array, dict;

	g_variant_builder_init(&array, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < rows->len; i++) {
		const RpExplainRow *row = &g_array_index(rows, RpExplainRow, i);

		g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
		rp_dict_add_text(&dict, "recipient", message->recipients[row->recipient]);
		rp_dict_add_text(
			&dict, "set", rp_catalogue_set(situation->catalogue, row->set)->name);
		rp_dict_add_text(&dict, "rule", row->rule);
		rp_dict_add_text(
			&dict, "term", row->term < 0 ? NULL : rp_term_name((RpTerm)row->term));
		rp_dict_add_flag(&dict, "holds", row->holds);
		rp_dict_add_flag(&dict, "may-carry", row->may_carry);
		rp_dict_add_flag(&dict, "owns", row->owns);
		rp_dict_add_flag(&dict, "chosen", row->chosen);
		rp_dict_add_text(&dict, "why", row->why);
		g_variant_builder_add_value(&array, g_variant_builder_end(&dict));
	}
	return g_variant_builder_end(&array);
}

static const RpProvider *
provider_of(const RpCatalogue *catalogue, const RpServerSet *set)
{
	gint index = set->provider ? rp_catalogue_find_provider(catalogue, set->provider) : -1;

	return index < 0 ? NULL : rp_catalogue_provider(catalogue, (guint)index);
}

/* What was learned and from what, and the lines that it comes to. */
static void
add_learning(GVariantBuilder *dict, const RpObservations *observations, const RpServerSet *set,
	const RpCatalogue *catalogue)
{
	g_auto(GStrv) sentences = rp_learning_sentences(observations, set->name, catalogue);
	g_autoptr(RpProposal) proposal = rp_learning_propose(observations, set);
	g_auto(GStrv) lines = rp_proposal_lines(proposal, set);

	rp_dict_add(dict, "learned", g_variant_new_strv((const char *const *)sentences, -1));
	rp_dict_add(dict, "lines", g_variant_new_strv((const char *const *)lines, -1));
}

/* What its login is by: where there are two, that of the server that mail goes to. */
static const char *
login_name(const RpServerSet *set)
{
	gboolean smtp = set->smtp_login.user != NULL;
	const RpLogin *login = smtp ? &set->smtp_login : &set->pop_login;
	RpAuth auth = smtp ? set->smtp_auth : set->pop_auth;

	if (!login->user)
		return "";
	if (login->from == RP_PASSWORD_FROM_OAUTH || auth == RP_AUTH_XOAUTH2 ||
		auth == RP_AUTH_OAUTHBEARER)
		return "token";
	return auth == RP_AUTH_EXTERNAL ? "certificate" : "password";
}

static GVariant *
set_variant(const RpSituation *situation, guint index, const char *current, const char *waiting)
{
	const char *const pop_login[] = {"pop-login"};
	const RpServerSet *set = rp_catalogue_set(situation->catalogue, index);
	g_autoptr(RpDecision) decision = rp_policy_try_set(situation, index);
	const RpRecipientPlan *plan = &decision->recipients[0];
	gboolean usable = plan->verdict == RP_VERDICT_SEND;
	const RpProvider *provider = provider_of(situation->catalogue, set);
	GVariantBuilder dict;

	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	rp_dict_add_text(&dict, "name", set->name);
	rp_dict_add_text(&dict, "title", provider ? provider->title : set->name);
	rp_dict_add_text(&dict, "provider", set->provider);
	rp_dict_add_flag(&dict, "dial", provider && rp_provider_can_be_dialled(provider));
	rp_dict_add(
		&dict, "identities", g_variant_new_strv((const char *const *)set->identities, -1));
	rp_dict_add_flag(&dict, "usable", usable);
	rp_dict_add_text(&dict, "rule", usable ? plan->rule : NULL);
	rp_dict_add(&dict, "steps", g_variant_new_strv(pop_login, usable && plan->pop_login_first));
	rp_dict_add(&dict, "reasons", rp_hold_reasons_variant(plan->reasons, situation->catalogue));
	rp_dict_add_flag(&dict, "current", g_strcmp0(current, set->name) == 0);
	rp_dict_add_flag(&dict, "pop", set->pop != NULL);
	rp_dict_add_text(&dict, "login", login_name(set));
	rp_dict_add_text(&dict, "waiting", waiting);
	if (rp_set_learns(set))
		add_learning(&dict, situation->observations, set, situation->catalogue);
	return g_variant_builder_end(&dict);
}

GVariant *
rp_sets_variant(
	const RpSituation *situation, const char *current, RpSetWaiting waiting, gpointer user)
{
	GVariantBuilder array;

	g_variant_builder_init(&array, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < rp_catalogue_n_sets(situation->catalogue); i++) {
		const char *name = rp_catalogue_set(situation->catalogue, i)->name;
		g_autofree char *text = waiting ? waiting(name, user) : NULL;

		g_variant_builder_add_value(&array, set_variant(situation, i, current, text));
	}
	return g_variant_builder_end(&array);
}
