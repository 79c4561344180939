/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/policy.h"

#include "names-private.h"

#include <string.h>

/* What goes into a decision and what comes out of it: names, copies, and the end of each. */

static const char *const failure_kind_names[] = {
	"refused",
	"pop-login-failed",
	"tls-unavailable",
	"unreachable",
	"intercepted",
	"auth-failed",
	"keyring-locked",
	"rejected",
};

static const char *const reason_names[RP_N_REASONS] = {
	"offline",
	"portal",
	"outside",
	"sender-domain",
	"recipient-domain",
	"pop-unavailable",
	"pop-login-failed",
	"auth-missing",
	"auth-failed",
	"keyring-locked",
	"tls-unavailable",
	"intercepted",
	"no-set-for-sender",
	"refused-here",
	"unreachable",
	"server-rejected",
	"needs-8bitmime",
	"needs-smtputf8",
	"metered",
	"pinned",
	"user",
	"paused",
	"not-before",
	"too-large",
};

static const char *const unlock_kind_names[] = {
	"enter",
	"pop-login",
	"credentials",
	"allow-carry",
	"change-sender",
	"other-sender",
	"unmetered",
	"user",
	"retry-after",
	"pin",
	"use",
	"user",
	"keyring",
	"oauth",
	"login-allowed",
	"by-token",
	"smaller",
	"pin",
	"enter",
	"write",
	"files",
};

static const char *const verdict_names[] = {"send", "hold", "split"};

void
rp_pop_login_record_free(RpPopLoginRecord *record)
{
	if (!record)
		return;
	g_free(record->set);
	g_free(record->place_key);
	g_free(record);
}

void
rp_failure_free(RpFailure *failure)
{
	if (!failure)
		return;
	g_free(failure->set);
	g_free(failure->revision);
	g_free(failure->rule);
	g_free(failure->place_key);
	g_free(failure->sender);
	g_free(failure->recipient_domain);
	g_free(failure->detail);
	g_free(failure);
}

char *
rp_way_text(const char *interface, RpFamily family)
{
	return g_strdup_printf("%s/%s", interface ? interface : "-", rp_family_name(family));
}

const char *
rp_failure_kind_name(RpFailureKind kind)
{
	return rp_names_get(failure_kind_names, G_N_ELEMENTS(failure_kind_names), kind);
}

gboolean
rp_failure_is_everywhere(RpFailureKind kind)
{
	return kind == RP_FAILURE_AUTH_FAILED || kind == RP_FAILURE_KEYRING_LOCKED;
}

gboolean
rp_failure_kind_from_name(const char *name, RpFailureKind *kind)
{
	guint value;

	if (!rp_names_find(failure_kind_names, G_N_ELEMENTS(failure_kind_names), name, &value))
		return FALSE;
	*kind = (RpFailureKind)value;
	return TRUE;
}

const char *
rp_reason_name(RpReason reason)
{
	return rp_names_get(reason_names, RP_N_REASONS, reason);
}

gboolean
rp_reason_from_name(const char *name, RpReason *reason)
{
	guint value;

	if (!rp_names_find(reason_names, RP_N_REASONS, name, &value))
		return FALSE;
	*reason = (RpReason)value;
	return TRUE;
}

const char *
rp_unlock_kind_name(RpUnlockKind kind)
{
	return rp_names_get(unlock_kind_names, G_N_ELEMENTS(unlock_kind_names), kind);
}

gboolean
rp_unlock_kind_from_name(const char *name, RpUnlockKind *kind)
{
	guint value;

	if (!rp_names_find(unlock_kind_names, G_N_ELEMENTS(unlock_kind_names), name, &value))
		return FALSE;
	*kind = (RpUnlockKind)value;
	return TRUE;
}

const char *
rp_verdict_name(RpVerdict verdict)
{
	return rp_names_get(verdict_names, G_N_ELEMENTS(verdict_names), verdict);
}

/* A held message has a reason for every set: each is one block with its strings behind it. */
static gsize
room_for(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

static char *
put(char *at, const char *text, gsize room)
{
	return room ? memcpy(at, text, room) : NULL;
}

RpUnlock *
rp_unlock_new(RpUnlockKind kind, const char *subject, RpTime time)
{
	gsize room = room_for(subject);
	RpUnlock *unlock = g_malloc(sizeof *unlock + room);

	*unlock = (RpUnlock){kind, put((char *)(unlock + 1), subject, room), time};
	return unlock;
}

void
rp_unlock_free(RpUnlock *unlock)
{
	g_free(unlock);
}

RpHoldReason *
rp_hold_reason_new(const char *set, RpReason reason, const char *detail)
{
	gsize set_room = room_for(set), detail_room = room_for(detail);
	RpHoldReason *hold = g_malloc(sizeof *hold + set_room + detail_room);
	char *strings = (char *)(hold + 1);

	*hold = (RpHoldReason){
		.set = put(strings, set, set_room),
		.reason = reason,
		.unlock = g_ptr_array_new_with_free_func((GDestroyNotify)rp_unlock_free),
		.detail = put(strings + set_room, detail, detail_room),
	};
	return hold;
}

void
rp_hold_reason_free(RpHoldReason *reason)
{
	if (!reason)
		return;
	g_clear_pointer(&reason->unlock, g_ptr_array_unref);
	g_free(reason);
}

void
rp_decision_free(RpDecision *decision)
{
	if (!decision)
		return;
	for (guint i = 0; i < decision->n_recipients; i++)
		g_clear_pointer(&decision->recipients[i].reasons, g_ptr_array_unref);
	g_free(decision); /* the plans are in the same block */
}

gboolean
rp_rule_needs_pop_login(const char *rule)
{
	return rule && strstr(rule, rp_term_name(RP_TERM_POP_LOGIN)) != NULL;
}
