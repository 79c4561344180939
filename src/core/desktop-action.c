/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/desktop-action.h"

#include "roampost/language.h"

#include <string.h>

/* What a click does, and which of the ways to free held mail a click can go. */

static const struct {
	const char *name;
	const char *label; /* %s: what the subject is called */
} verbs[] = {
	[RP_DO_OPEN_PAGE] = {"open-page", N_("Open page")},
	[RP_DO_DIAL] = {"dial", N_("Connect to %s")},
	[RP_DO_HANG_UP] = {"hang-up", N_("Hang up")},
	[RP_DO_CHECK_MAIL] = {"check", N_("Check mail with %s")},
	[RP_DO_USE_SET] = {"use", "%s"},
	[RP_DO_FLUSH] = {"flush", N_("Send now")},
	[RP_DO_PAUSE] = {"pause", N_("Pause sending")},
	[RP_DO_RESUME] = {"resume", N_("Resume sending")},
	[RP_DO_RELEASE] = {"release", N_("Release")},
	[RP_DO_RETRY] = {"retry", N_("Try again")},
	[RP_DO_DELETE] = {"delete", N_("Delete")},
	[RP_DO_PIN] = {"pin", "%s"},
	[RP_DO_SHOW_OUTBOX] = {"show", N_("Show outbox")},
};

static RpDesktopAction *
action_new(RpDesktopVerb verb, const char *subject, char *label)
{
	RpDesktopAction *action = g_new(RpDesktopAction, 1);

	*action = (RpDesktopAction){verb, g_strdup(subject), label};
	return action;
}

RpDesktopAction *
rp_desktop_action_new(RpDesktopVerb verb, const char *subject, const char *title)
{
	GString *label = g_string_new(rp_text(verbs[verb].label));

	g_string_replace(label, "%s", title ? title : subject, 1);
	return action_new(verb, subject, g_string_free(label, FALSE));
}

const char *
rp_desktop_verb_name(RpDesktopVerb verb)
{
	return verbs[verb].name;
}

RpDesktopAction *
rp_desktop_action_copy(const RpDesktopAction *action)
{
	return action_new(action->verb, action->subject, g_strdup(action->label));
}

void
rp_desktop_action_free(gpointer data)
{
	RpDesktopAction *action = data;

	g_free(action->subject);
	g_free(action->label);
	g_free(action);
}

GPtrArray *
rp_desktop_actions_new(void)
{
	return g_ptr_array_new_with_free_func(rp_desktop_action_free);
}

GPtrArray *
rp_desktop_actions_copy(const GPtrArray *actions)
{
	GPtrArray *copy = rp_desktop_actions_new();

	for (guint i = 0; actions && i < actions->len; i++)
		g_ptr_array_add(copy, rp_desktop_action_copy(actions->pdata[i]));
	return copy;
}

static gboolean
is_same(gconstpointer a, gconstpointer b)
{
	const RpDesktopAction *x = a, *y = b;

	return x->verb == y->verb && g_str_equal(x->subject, y->subject);
}

void
rp_desktop_actions_add(
	GPtrArray *actions, RpDesktopVerb verb, const char *subject, const char *title)
{
	g_autoptr(RpDesktopAction) action = rp_desktop_action_new(verb, subject, title);

	if (!g_ptr_array_find_with_equal_func(actions, action, is_same, NULL))
		g_ptr_array_add(actions, g_steal_pointer(&action));
}

void
rp_desktop_actions_prefer(
	GPtrArray *actions, RpDesktopVerb verb, const char *subject, const char *title)
{
	g_autoptr(GPtrArray) first = rp_desktop_actions_new();

	rp_desktop_actions_add(first, verb, subject, title);
	g_ptr_array_insert(actions, 0, g_ptr_array_steal_index(first, 0));
}

gboolean
rp_desktop_actions_equal(const GPtrArray *a, const GPtrArray *b)
{
	guint n = a ? a->len : 0;

	if (n != (b ? b->len : 0))
		return FALSE;
	for (guint i = 0; i < n; i++) {
		const RpDesktopAction *x = a->pdata[i], *y = b->pdata[i];

		if (!is_same(x, y) || !g_str_equal(x->label, y->label))
			return FALSE;
	}
	return TRUE;
}

char *
rp_desktop_action_key(const RpDesktopAction *action)
{
	return g_strjoin(
		*action->subject ? " " : "", verbs[action->verb].name, action->subject, NULL);
}

RpDesktopAction *
rp_desktop_action_parse(const char *key, const char *label)
{
	gsize length = strcspn(key, " ");

	for (guint i = 0; i < G_N_ELEMENTS(verbs); i++)
		if (strlen(verbs[i].name) == length && strncmp(key, verbs[i].name, length) == 0)
			return action_new((RpDesktopVerb)i, key + length + (key[length] == ' '),
				g_strdup(label));
	return NULL;
}

/* ---- ways to free held mail ---- */

/* Where a set that learns was taken is a place of the user's, no provider, and can't be dialled. */
static void
add_dial(GPtrArray *actions, const char *provider, const RpCatalogue *catalogue)
{
	gint i = catalogue ? rp_catalogue_find_provider(catalogue, provider) : -1;
	const RpProvider *found = i >= 0 ? rp_catalogue_provider(catalogue, (guint)i) : NULL;

	if (found && rp_provider_can_be_dialled(found))
		rp_desktop_actions_add(actions, RP_DO_DIAL, provider, found->title);
}

/* What only the user can do, or what does not concern all of the mail, has none. */
void
rp_desktop_actions_add_unlock(
	GPtrArray *actions, const RpUnlock *unlock, const RpCatalogue *catalogue)
{
	switch (unlock->kind) {
	case RP_UNLOCK_ENTER:
		add_dial(actions, unlock->subject, catalogue);
		break;
	case RP_UNLOCK_POP_LOGIN:
		rp_desktop_actions_add(actions, RP_DO_CHECK_MAIL, unlock->subject, NULL);
		break;
	case RP_UNLOCK_USE_AUTO:
		rp_desktop_actions_add(actions, RP_DO_USE_SET, "auto", _("Let the place decide"));
		break;
	case RP_UNLOCK_USER_RESUME:
		rp_desktop_actions_add(actions, RP_DO_RESUME, "", NULL);
		break;
	case RP_UNLOCK_CREDENTIALS:
	case RP_UNLOCK_ALLOW_CARRY:
	case RP_UNLOCK_CHANGE_SENDER:
	case RP_UNLOCK_OTHER_SENDER:
	case RP_UNLOCK_UNMETERED:
	case RP_UNLOCK_USER_RELEASE:
	case RP_UNLOCK_RETRY_AFTER:
	case RP_UNLOCK_PIN_AUTO:
	case RP_UNLOCK_KEYRING:
	case RP_UNLOCK_CLIENT:
	case RP_UNLOCK_LOGIN_ALLOWED:
	case RP_UNLOCK_BY_TOKEN:
	case RP_UNLOCK_SMALLER:
	case RP_UNLOCK_PIN:
	case RP_UNLOCK_TEACH:
	case RP_UNLOCK_WRITE:
	case RP_UNLOCK_FILES:
		break;
	}
}
