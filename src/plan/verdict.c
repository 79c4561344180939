/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "planner-private.h"

#include <string.h>

/* A class's verdict as the queue keeps it: the sets it goes by, the reasons of what is held. */

static const RpClassVerdict class_verdicts[] = {
	[RP_VERDICT_SEND] = RP_CLASS_SEND,
	[RP_VERDICT_HOLD] = RP_CLASS_HOLD,
	[RP_VERDICT_SPLIT] = RP_CLASS_SPLIT,
};

static const char *
domain_for_class(const RpPlanner *planner, const char *recipient)
{
	const char *at = strrchr(recipient, '@');
	const char *domain = at ? at + 1 : "";

	return rp_policy_names_recipient_domain(rp_ground_catalogue(planner->ground),
		       rp_records_failures(planner->ground->records),
		       rp_records_observations(planner->ground->records), domain)
		       ? domain
		       : "*";
}

static void
append_recipient(const RpPlanner *planner, GString *text, const char *domain,
	const RpAnswer *answer, guint i)
{
	const RpRecipientPlan *plan = &answer->decision->recipients[i];
	const char *set = NULL;

	if (plan->verdict == RP_VERDICT_SEND)
		set = rp_catalogue_set(rp_ground_catalogue(planner->ground), plan->set)->name;
	rp_class_text_append(text, domain, set, answer->reasons[i]);
}

static gboolean
is_among(const char *const *domains, guint n, const char *domain)
{
	for (guint i = 0; i < n; i++)
		if (g_str_equal(domains[i], domain))
			return TRUE;
	return FALSE;
}

/* One line a domain that is told apart. */
static void
write_reasons(
	const RpPlanner *planner, GString *text, const RpQueueClass *class_, const RpAnswer *answer)
{
	guint n = answer->decision->n_recipients, n_domains = 0;
	g_autofree const char **domains = g_new(const char *, n);

	g_string_truncate(text, 0);
	for (guint i = 0; i < n; i++) {
		const char *domain = domain_for_class(planner, class_->recipients[i]);

		if (is_among(domains, n_domains, domain))
			continue;
		domains[n_domains++] = domain;
		append_recipient(planner, text, domain, answer, i);
	}
}

/* One line of log a decision: the inputs and the verdict. */
static void
log_verdict(const RpPlanner *planner, const RpQueueClass *class_, const RpPlannedClass *planned,
	const char *sets)
{
	if (!rp_log_says(G_LOG_LEVEL_INFO, G_LOG_DOMAIN))
		return;
	g_info("plan: from <%s> to %s%s, %" G_GINT64_FORMAT " waiting, at %s: %s%s%s",
		class_->sender, class_->n_recipients ? class_->recipients[0] : "nobody",
		class_->n_recipients > 1 ? ", ..." : "", class_->n_ready + class_->n_deferred,
		rp_whereabouts_place(planner->ground->whereabouts)->key,
		rp_verdict_name(planned->answer->decision->verdict), sets ? " by " : "",
		sets ? sets : "");
}

void
rp_planner_record_verdict(const RpPlanner *planner, const RpQueueClass *class_,
	RpPlannedClass *planned, RpQueueChange *change, GPtrArray *entered)
{
	RpClassVerdict verdict = class_verdicts[planned->answer->decision->verdict];
	const char *sets = planned->answer->sets;
	const char *reasons;

	if (planned->recorded)
		return;
	write_reasons(planner, planner->reasons, class_, planned->answer);
	reasons = planner->reasons->str;
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
