/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "planner-private.h"

#include "roampost/decision-json.h"

#include <string.h>

/* A class's verdict as the queue keeps it: the sets it goes by, the reasons of what is held. */

static const RpClassVerdict class_verdicts[] = {
	[RP_VERDICT_SEND] = RP_CLASS_SEND,
	[RP_VERDICT_HOLD] = RP_CLASS_HOLD,
	[RP_VERDICT_SPLIT] = RP_CLASS_SPLIT,
};

/* The chosen sets, each once, in the order of the recipients. */
static char *
sets_text(const RpPlanner *planner, const RpDecision *decision)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (guint i = 0; i < decision->n_recipients; i++) {
		const RpRecipientPlan *plan = &decision->recipients[i];
		const RpServerSet *set;

		if (plan->verdict != RP_VERDICT_SEND)
			continue;
		set = rp_catalogue_set(rp_ground_catalogue(planner->ground), plan->set);
		if (!g_ptr_array_find_with_equal_func(names, set->name, g_str_equal, NULL))
			g_ptr_array_add(names, set->name);
	}
	if (!names->len)
		return NULL;
	g_ptr_array_add(names, NULL);
	return g_strjoinv(";", (char **)names->pdata);
}

static const char *
domain_for_class(const RpPlanner *planner, const char *recipient)
{
	const char *at = strrchr(recipient, '@');
	const char *domain = at ? at + 1 : "";

	return rp_policy_names_recipient_domain(rp_ground_catalogue(planner->ground),
		       rp_records_failures(planner->ground->records), domain)
		       ? domain
		       : "*";
}

static void
append_recipient(
	const RpPlanner *planner, GString *text, const char *recipient, const RpRecipientPlan *plan)
{
	g_autoptr(GString) reasons = g_string_new(NULL);
	const char *set = NULL;
	RpJson json;

	rp_json_init(&json, reasons);
	rp_hold_reasons_write_json(&json, NULL, plan->reasons, rp_ground_catalogue(planner->ground),
		RP_REASON_JSON_TEXT | RP_REASON_JSON_UNLOCK);
	if (plan->verdict == RP_VERDICT_SEND)
		set = rp_catalogue_set(rp_ground_catalogue(planner->ground), plan->set)->name;
	rp_class_text_append(text, domain_for_class(planner, recipient), set, reasons->str);
}

static char *
reasons_text(const RpPlanner *planner, const RpMessageFacts *facts, const RpDecision *decision)
{
	g_autoptr(GString) text = g_string_new(NULL);
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < decision->n_recipients; i++) {
		const char *domain = domain_for_class(planner, facts->recipients[i]);

		if (g_hash_table_add(seen, (gpointer)domain))
			append_recipient(
				planner, text, facts->recipients[i], &decision->recipients[i]);
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* One line of log a decision: the inputs and the verdict. */
static void
log_verdict(const RpPlanner *planner, const RpQueueClass *class_, const RpPlannedClass *planned,
	const char *sets)
{
	g_info("plan: from <%s> to %s%s, %" G_GINT64_FORMAT " waiting, at %s: %s%s%s",
		class_->sender,
		class_->recipients && class_->recipients[0] ? class_->recipients[0] : "nobody",
		class_->recipients && class_->recipients[0] && class_->recipients[1] ? ", ..." : "",
		class_->n_ready + class_->n_deferred,
		rp_whereabouts_place(planner->ground->whereabouts)->key,
		rp_verdict_name(planned->decision->verdict), sets ? " by " : "", sets ? sets : "");
}

void
rp_planner_record_verdict(const RpPlanner *planner, const RpQueueClass *class_,
	RpPlannedClass *planned, RpQueueChange *change, GPtrArray *entered)
{
	RpClassVerdict verdict = class_verdicts[planned->decision->verdict];
	g_autofree char *sets = NULL;
	g_autofree char *reasons = NULL;
	RpMessageFacts facts;

	if (planned->recorded)
		return;
	sets = sets_text(planner, planned->decision);
	rp_queue_class_facts(class_, &facts);
	reasons = reasons_text(planner, &facts, planned->decision);
	planned->recorded = class_->verdict == verdict && g_strcmp0(class_->sets, sets) == 0 &&
			    g_strcmp0(class_->reasons, reasons) == 0;
	if (planned->recorded)
		return;
	log_verdict(planner, class_, planned, sets);
	rp_change_set_verdict(change, class_->id, verdict, sets, reasons);
	/* Of a class without a verdict each message was looked at when it was classified. */
	if (verdict != RP_CLASS_SEND && class_->verdict != verdict &&
		class_->verdict != RP_CLASS_UNPLANNED)
		g_ptr_array_add(entered, g_memdup2(&class_->id, sizeof class_->id));
}
