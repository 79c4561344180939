/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outbox-private.h"

#include <glib/gi18n.h>

/* Which button frees a message: of the ways that the agent names (unlock, a(ss) of kind and
 * subject), the first that a click can go. */

static void
run_dial(RpOutboxClient *client, const char *unused, const char *provider)
{
	rp_outbox_client_do(client, "Dial", g_variant_new("(s)", provider));
}

static void
run_check(RpOutboxClient *client, const char *unused, const char *set)
{
	const char *const sets[] = {set, NULL};

	rp_outbox_client_do(client, "Check", g_variant_new("(^as)", sets));
}

static void
run_use_auto(RpOutboxClient *client, const char *unused, const char *subject)
{
	rp_outbox_client_do(client, "UseSet", g_variant_new("(sb)", "auto", FALSE));
}

static void
run_pin_auto(RpOutboxClient *client, const char *id, const char *subject)
{
	rp_outbox_client_change(client, "pin", id, "");
}

static void
run_pin(RpOutboxClient *client, const char *id, const char *set)
{
	rp_outbox_client_change(client, "pin", id, set);
}

static void
run_release(RpOutboxClient *client, const char *id, const char *subject)
{
	rp_outbox_client_change(client, "release", id, NULL);
}

static void
run_retry(RpOutboxClient *client, const char *id, const char *subject)
{
	rp_outbox_client_change(client, "retry", id, NULL);
}

static void
run_resume(RpOutboxClient *client, const char *unused, const char *subject)
{
	rp_outbox_client_do(client, "Pause", g_variant_new("(b)", FALSE));
}

typedef enum {
	RP_REMEDY_OF_PROVIDER, /* one that can be dialled; people know it by its title */
	RP_REMEDY_OF_SET,      /* named as people name it too */
	RP_REMEDY_OF_MESSAGE,
} RpRemedyOf;

static const struct {
	const char *kind;
	const char *only; /* of this subject alone; NULL: of any */
	const char *label;
	RpRemedyOf of;
	void (*run)(RpOutboxClient *client, const char *id, const char *subject);
} remedies[] = {
	{"enter", NULL, N_("Connect to %s"), RP_REMEDY_OF_PROVIDER, run_dial},
	{"pop-login", NULL, N_("Check mail with %s"), RP_REMEDY_OF_SET, run_check},
	{"use", NULL, N_("Let the place decide"), RP_REMEDY_OF_MESSAGE, run_use_auto},
	{"pin", "auto", N_("Let any server set take it"), RP_REMEDY_OF_MESSAGE, run_pin_auto},
	{"pin", NULL, N_("Send through %s"), RP_REMEDY_OF_SET, run_pin},
	{"user", "resume", N_("Resume sending"), RP_REMEDY_OF_MESSAGE, run_resume},
	{"user", NULL, N_("Release"), RP_REMEDY_OF_MESSAGE, run_release},
	{"retry-after", NULL, N_("Try again"), RP_REMEDY_OF_MESSAGE, run_retry},
};

/* A set of the provider; NULL: none that is known. */
static GVariant *
set_of(const RpOutboxClient *client, const char *provider)
{
	g_autoptr(GVariant) sets = rp_outbox_client_property(client, "Sets");

	for (gsize i = 0; sets && i < g_variant_n_children(sets); i++) {
		g_autoptr(GVariant) set = g_variant_get_child_value(sets, i);

		if (g_str_equal(rp_outbox_text(set, "provider"), provider))
			return g_steal_pointer(&set);
	}
	return NULL;
}

static gboolean
can_be_dialled(const RpOutboxClient *client, const char *provider)
{
	g_autoptr(GVariant) set = set_of(client, provider);

	return set && rp_outbox_flag(set, "dial");
}

/* Where mail is looked for what frees it, and what was found. */
typedef struct {
	const RpOutboxClient *client;
	GVariant *message;
	RpRemedy *remedy;
} RpSearch;

static gboolean
take(const RpSearch *search, const char *kind, const char *subject)
{
	for (guint i = 0; i < G_N_ELEMENTS(remedies); i++) {
		if (!g_str_equal(remedies[i].kind, kind) ||
			(remedies[i].only && !g_str_equal(remedies[i].only, subject)))
			continue;
		if (remedies[i].of == RP_REMEDY_OF_PROVIDER &&
			!can_be_dialled(search->client, subject))
			return FALSE;
		*search->remedy = (RpRemedy){
			.label = remedies[i].label,
			.id = g_strdup(rp_outbox_text(search->message, "id")),
			.subject = g_strdup(subject),
			.is_provider = remedies[i].of == RP_REMEDY_OF_PROVIDER,
			.run = remedies[i].run,
		};
		return TRUE;
	}
	return FALSE;
}

static gboolean
find_in_reason(const RpSearch *search, GVariant *reason)
{
	g_autoptr(GVariant) unlock =
		g_variant_lookup_value(reason, "unlock", G_VARIANT_TYPE("a(ss)"));

	for (gsize i = 0; unlock && i < g_variant_n_children(unlock); i++) {
		const char *kind, *subject;

		g_variant_get_child(unlock, i, "(&s&s)", &kind, &subject);
		if (take(search, kind, subject))
			return TRUE;
	}
	return FALSE;
}

static gboolean
find_in_recipient(const RpSearch *search, GVariant *recipient)
{
	g_autoptr(GVariant) reasons = rp_outbox_list(recipient, "reasons");

	for (gsize i = 0; i < g_variant_n_children(reasons); i++) {
		g_autoptr(GVariant) reason = g_variant_get_child_value(reasons, i);

		if (find_in_reason(search, reason))
			return TRUE;
	}
	return FALSE;
}

/* What the user has put on hold, and what failed, is not said as a way of the policy's. */
gboolean
rp_remedy_find(const RpOutboxClient *client, GVariant *message, RpRemedy *remedy)
{
	g_autoptr(GVariant) recipients = rp_outbox_list(message, "recipients");
	const char *state = rp_outbox_text(message, "state");
	const RpSearch search = {client, message, remedy};

	if (rp_outbox_flag(message, "user-hold"))
		return take(&search, "user", "");
	for (gsize i = 0; i < g_variant_n_children(recipients); i++) {
		g_autoptr(GVariant) recipient = g_variant_get_child_value(recipients, i);

		if (find_in_recipient(&search, recipient))
			return TRUE;
	}
	if (g_str_equal(state, "failed") || g_str_equal(state, "deferred"))
		return take(&search, "retry-after", "");
	return FALSE;
}

/* As people know it, which the sets have. */
static char *
title_of(const RpOutboxClient *client, const char *provider)
{
	g_autoptr(GVariant) set = set_of(client, provider);
	const char *title = set ? rp_outbox_text(set, "title") : "";

	return g_strdup(*title ? title : provider);
}

char *
rp_remedy_label(const RpRemedy *remedy, const RpOutboxClient *client)
{
	GString *label = g_string_new(_(remedy->label));
	g_autofree char *subject =
		remedy->is_provider ? title_of(client, remedy->subject) : g_strdup(remedy->subject);

	g_string_replace(label, "%s", subject, 1);
	return g_string_free(label, FALSE);
}
