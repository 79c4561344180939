/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/decision-json.h"

/* What was decided, and why, as the JSON that is kept with a class. */

static void
write_unlock(RpJson *json, const char *name, const RpUnlock *unlock)
{
	const char *kind = rp_unlock_kind_name(unlock->kind);

	rp_json_begin_object(json, name);
	switch (unlock->kind) {
	case RP_UNLOCK_ENTER:
	case RP_UNLOCK_POP_LOGIN:
	case RP_UNLOCK_CREDENTIALS:
	case RP_UNLOCK_ALLOW_CARRY:
	case RP_UNLOCK_CHANGE_SENDER:
	case RP_UNLOCK_OTHER_SENDER:
	case RP_UNLOCK_USER_RESUME:
	case RP_UNLOCK_PIN_AUTO:
	case RP_UNLOCK_USE_AUTO:
	case RP_UNLOCK_KEYRING:
	case RP_UNLOCK_CLIENT:
	case RP_UNLOCK_LOGIN_ALLOWED:
	case RP_UNLOCK_BY_TOKEN:
	case RP_UNLOCK_SMALLER:
	case RP_UNLOCK_PIN:
	case RP_UNLOCK_TEACH:
	case RP_UNLOCK_WRITE:
	case RP_UNLOCK_FILES:
		rp_json_string(json, kind, unlock->subject);
		break;
	case RP_UNLOCK_UNMETERED:
		rp_json_bool(json, kind, TRUE);
		break;
	case RP_UNLOCK_USER_RELEASE:
		rp_json_string(json, kind, "release");
		break;
	case RP_UNLOCK_RETRY_AFTER: {
		g_autofree char *time = rp_time_format(unlock->time);
		rp_json_string(json, kind, time);
		break;
	}
	}
	rp_json_end_object(json);
}

/* The remedies in words, where there are any. */
static void
write_remedies(RpJson *json, const RpHoldReason *reason, const RpCatalogue *catalogue)
{
	if (!reason->unlock || reason->unlock->len == 0)
		return;
	rp_json_begin_array(json, "to-free");
	for (guint i = 0; i < reason->unlock->len; i++) {
		g_autofree char *way = rp_unlock_sentence(reason->unlock->pdata[i], catalogue);

		rp_json_string(json, NULL, way);
	}
	rp_json_end_array(json);
}

static void
write_reason(
	RpJson *json, const RpHoldReason *reason, const RpCatalogue *catalogue, RpReasonJson what)
{
	rp_json_begin_object(json, NULL);
	rp_json_string(json, "set", reason->set);
	rp_json_string(json, "reason", rp_reason_name(reason->reason));
	if (what & RP_REASON_JSON_TEXT) {
		g_autofree char *text = rp_reason_sentence(reason, catalogue);
		rp_json_string(json, "text", text);
	}
	if (what & RP_REASON_JSON_UNLOCK) {
		rp_json_begin_array(json, "unlock");
		for (guint i = 0; reason->unlock && i < reason->unlock->len; i++)
			write_unlock(json, NULL, reason->unlock->pdata[i]);
		rp_json_end_array(json);
	}
	if ((what & RP_REASON_JSON_TEXT) && (what & RP_REASON_JSON_UNLOCK))
		write_remedies(json, reason, catalogue);
	rp_json_end_object(json);
}

void
rp_hold_reasons_write_json(RpJson *json, const char *name, const GPtrArray *reasons,
	const RpCatalogue *catalogue, RpReasonJson what)
{
	rp_json_begin_array(json, name);
	for (guint i = 0; reasons && i < reasons->len; i++)
		write_reason(json, reasons->pdata[i], catalogue, what);
	rp_json_end_array(json);
}

static void
write_plan(RpJson *json, const RpRecipientPlan *plan, const RpCatalogue *catalogue)
{
	rp_json_string(json, "set", rp_catalogue_set(catalogue, plan->set)->name);
	rp_json_string(json, "rule", plan->rule);
	rp_json_begin_array(json, "steps");
	if (plan->pop_login_first)
		rp_json_string(json, NULL, "pop-login");
	rp_json_end_array(json);
	rp_json_string(json, "family", rp_family_name(plan->family));
}

void
rp_decision_write_json(RpJson *json, const char *name, const RpSituation *situation,
	const RpMessageFacts *message, const RpDecision *decision)
{
	const RpCatalogue *catalogue = situation->catalogue;
	const GArray *inside = situation->place->shown;

	rp_json_begin_object(json, name);
	rp_json_string(json, "verdict", rp_verdict_name(decision->verdict));
	rp_json_begin_array(json, "inside");
	for (guint i = 0; i < inside->len; i++)
		rp_json_string(json, NULL,
			rp_catalogue_provider(catalogue, g_array_index(inside, guint, i))->name);
	rp_json_end_array(json);
	rp_json_begin_array(json, "recipients");
	for (guint i = 0; i < decision->n_recipients; i++) {
		const RpRecipientPlan *plan = &decision->recipients[i];

		rp_json_begin_object(json, NULL);
		rp_json_string(json, "address", message->recipients[i]);
		rp_json_string(json, "verdict", rp_verdict_name(plan->verdict));
		if (plan->verdict == RP_VERDICT_SEND)
			write_plan(json, plan, catalogue);
		else
			rp_hold_reasons_write_json(
				json, "reasons", plan->reasons, catalogue, RP_REASON_JSON_UNLOCK);
		rp_json_end_object(json);
	}
	rp_json_end_array(json);
	rp_json_end_object(json);
}
