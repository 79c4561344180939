/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/tray.h"

#include "roampost/language.h"

#include <string.h>

/* The icon, the text and the menu of a panel, of what is so now. */

/* Longer subjects are cut: a menu as wide as the screen is no menu. */
#define LABEL_MOST 60

static const char *const icon_names[] = {
	[RP_TRAY_IDLE] = "roampost-symbolic",
	[RP_TRAY_OFFLINE] = "roampost-offline-symbolic",
	[RP_TRAY_SENDING] = "roampost-sending-symbolic",
	[RP_TRAY_WAITING] = "roampost-waiting-symbolic",
	[RP_TRAY_TROUBLE] = "roampost-trouble-symbolic",
};

const char *
rp_tray_icon_name(RpTrayIcon icon)
{
	return icon_names[icon];
}

/* ---- items ---- */

static void
item_free(gpointer data)
{
	RpMenuItem *item = data;

	g_free(item->key);
	g_free(item->label);
	g_clear_pointer(&item->action, rp_desktop_action_free);
	g_ptr_array_unref(item->items);
	g_free(item);
}

static RpMenuItem *
item_new(RpMenuKind kind, char *key, const char *label)
{
	RpMenuItem *item = g_new0(RpMenuItem, 1);

	item->kind = kind;
	item->key = key;
	item->label = g_strdup(label ? label : "");
	item->items = g_ptr_array_new_with_free_func(item_free);
	return item;
}

static RpMenuItem *
add(RpMenuItem *menu, RpMenuKind kind, const char *key, const char *label)
{
	RpMenuItem *item = item_new(kind, g_strjoin("/", menu->key, key, NULL), label);

	g_ptr_array_add(menu->items, item);
	return item;
}

/* Its key is its action's. */
static RpMenuItem *
add_action(RpMenuItem *menu, RpMenuKind kind, RpDesktopVerb verb, const char *subject,
	const char *title)
{
	RpDesktopAction *action = rp_desktop_action_new(verb, subject, title);
	g_autofree char *key = rp_desktop_action_key(action);
	RpMenuItem *item = add(menu, kind, key, action->label);

	item->action = action;
	return item;
}

static void
add_separator(RpMenuItem *menu)
{
	g_autofree char *key = g_strdup_printf("line-%u", menu->items->len);

	add(menu, RP_MENU_SEPARATOR, key, NULL);
}

gboolean
rp_menu_equal(const RpMenuItem *a, const RpMenuItem *b)
{
	if (a->kind != b->kind || a->chosen != b->chosen || !g_str_equal(a->key, b->key) ||
		!g_str_equal(a->label, b->label) || a->items->len != b->items->len)
		return FALSE;
	for (guint i = 0; i < a->items->len; i++)
		if (!rp_menu_equal(a->items->pdata[i], b->items->pdata[i]))
			return FALSE;
	return TRUE;
}

void
rp_tray_view_free(RpTrayView *view)
{
	if (!view)
		return;
	g_free(view->title);
	g_free(view->text);
	item_free(view->menu);
	g_free(view);
}

/* ---- the menu ---- */

/* ARENA's menu: the sets, and the choice by the place. */
static void
add_sets(RpMenuItem *menu, const RpTrayState *state)
{
	g_autofree char *automatic =
		state->current_set ? g_strdup_printf(_("Automatic (%s)"), state->current_set)
				   : g_strdup(_("Automatic"));
	RpMenuItem *item = add_action(menu, RP_MENU_RADIO, RP_DO_USE_SET, "auto", automatic);

	item->chosen = !state->override;
	for (guint i = 0; i < rp_catalogue_n_sets(state->catalogue); i++) {
		const RpServerSet *set = rp_catalogue_set(state->catalogue, i);

		item = add_action(menu, RP_MENU_RADIO, RP_DO_USE_SET, set->name, set->name);
		item->chosen = g_strcmp0(state->override, set->name) == 0;
	}
}

static gboolean
any_has_pop(const RpCatalogue *catalogue)
{
	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++)
		if (rp_catalogue_set(catalogue, i)->pop)
			return TRUE;
	return FALSE;
}

static char *
held_label(const RpTrayHeld *held)
{
	g_autofree char *what =
		held->subject && *held->subject
			? g_strdup_printf(_("%1$s: %2$s"), held->recipient, held->subject)
			: g_strdup(held->recipient);

	if (g_utf8_strlen(what, -1) <= LABEL_MOST)
		return g_steal_pointer(&what);
	g_autofree char *cut = g_utf8_substring(what, 0, LABEL_MOST - 1);
	return g_strconcat(cut, "\u2026", NULL);
}

static void
add_pins(RpMenuItem *menu, const RpTrayHeld *held, const RpCatalogue *catalogue)
{
	RpMenuItem *pins = add(menu, RP_MENU_SUBMENU, "pin", _("Send through"));

	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++) {
		const char *set = rp_catalogue_set(catalogue, i)->name;
		g_autofree char *subject = g_strdup_printf("%s %s", held->id, set);

		add_action(pins, RP_MENU_COMMAND, RP_DO_PIN, subject, set);
	}
}

static void
add_one_held(RpMenuItem *menu, const RpTrayHeld *held, const RpCatalogue *catalogue)
{
	g_autofree char *label = held_label(held);
	RpMenuItem *one = add(menu, RP_MENU_SUBMENU, held->id, label);

	add(one, RP_MENU_TEXT, "why", held->reason);
	add_action(
		one, RP_MENU_COMMAND, held->by_user ? RP_DO_RELEASE : RP_DO_RETRY, held->id, NULL);
	if (rp_catalogue_n_sets(catalogue) > 1)
		add_pins(one, held, catalogue);
	add_action(one, RP_MENU_COMMAND, RP_DO_DELETE, held->id, NULL);
}

static void
add_held(RpMenuItem *menu, const RpTrayState *state)
{
	g_autofree char *label = g_strdup_printf(_("Waiting mail (%u)"), state->n_held);
	RpMenuItem *held;

	if (!state->n_listed)
		return;
	held = add(menu, RP_MENU_SUBMENU, "held", label);
	for (guint i = 0; i < state->n_listed; i++)
		add_one_held(held, &state->held[i], state->catalogue);
	if (state->n_held > state->n_listed) {
		g_autofree char *more = g_strdup_printf(
			rp_text_n("and %u more", "and %u more", state->n_held - state->n_listed),
			state->n_held - state->n_listed);

		add(held, RP_MENU_TEXT, "more", more);
	}
}

static gboolean
is_among(const char *name, const char *const *names)
{
	return names && g_strv_contains(names, name);
}

static void
add_lines(RpMenuItem *menu, const RpTrayState *state)
{
	gboolean any_dialled = state->dialled && state->dialled[0];

	for (guint i = 0; i < rp_catalogue_n_providers(state->catalogue); i++) {
		const RpProvider *provider = rp_catalogue_provider(state->catalogue, i);

		if (rp_provider_can_be_dialled(provider) &&
			!is_among(provider->name, state->inside) &&
			!is_among(provider->name, state->dialled))
			add_action(
				menu, RP_MENU_COMMAND, RP_DO_DIAL, provider->name, provider->title);
	}
	if (any_dialled)
		add_action(menu, RP_MENU_COMMAND, RP_DO_HANG_UP, "", NULL);
}

static RpMenuItem *
make_menu(const RpTrayState *state)
{
	RpMenuItem *menu = item_new(RP_MENU_SUBMENU, g_strdup(""), NULL);

	add(menu, RP_MENU_TEXT, "place", state->place);
	if (state->trouble)
		add(menu, RP_MENU_TEXT, "trouble", state->trouble);
	add_separator(menu);
	add_sets(menu, state);
	add_separator(menu);
	add_held(menu, state);
	add_action(menu, RP_MENU_COMMAND, RP_DO_FLUSH, "", NULL);
	add_action(menu, RP_MENU_COMMAND, state->is_paused ? RP_DO_RESUME : RP_DO_PAUSE, "", NULL);
	if (any_has_pop(state->catalogue))
		add_action(menu, RP_MENU_COMMAND, RP_DO_CHECK_MAIL, "", _("all accounts"));
	add_lines(menu, state);
	if (state->has_outbox)
		add_action(menu, RP_MENU_COMMAND, RP_DO_SHOW_OUTBOX, "", NULL);
	return menu;
}

/* ---- the icon ---- */

static RpTrayIcon
icon_of(const RpTrayState *state)
{
	if (state->trouble)
		return RP_TRAY_TROUBLE;
	if (state->is_sending)
		return RP_TRAY_SENDING;
	if (state->n_held)
		return RP_TRAY_WAITING;
	return state->is_offline ? RP_TRAY_OFFLINE : RP_TRAY_IDLE;
}

static char *
make_text(const RpTrayState *state)
{
	GString *text = g_string_new(NULL);

	if (state->trouble)
		g_string_append_printf(text, "%s\n", state->trouble);
	if (state->is_paused)
		g_string_append(text, _("Nothing is sent: you paused it\n"));
	if (state->override)
		g_string_append_printf(
			text, _("Server set: %s, by your choice\n"), state->override);
	else if (state->current_set)
		g_string_append_printf(text, _("Server set: %s\n"), state->current_set);
	else
		g_string_append(text, _("No server set can send from here\n"));
	if (!state->n_waiting)
		g_string_append(text, _("Nothing waits"));
	else if (!state->n_held)
		g_string_append_printf(text, _("To be sent: %u"), state->n_waiting);
	else
		g_string_append_printf(text, _("To be sent: %u, of them held: %u"),
			state->n_waiting, state->n_held);
	return g_string_free(text, FALSE);
}

RpTrayView *
rp_tray_view_new(const RpTrayState *state)
{
	RpTrayView *view = g_new0(RpTrayView, 1);

	view->icon = icon_of(state);
	view->n_held = state->n_held;
	view->title = g_strdup(state->place);
	view->text = make_text(state);
	view->menu = make_menu(state);
	return view;
}
