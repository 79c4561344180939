/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "desktop-private.h"

#include "roampost/dbusloop.h"

#include <string.h>

/* A notice as the Notify call of the specification, in the words that this daemon can show. */

#define ICON "mail-send"
#define DEFAULT_TIMEOUT -1
/* What is over need not be read. */
#define LOW_TIMEOUT 10000

/* The desktop file: its settings and its place among the notifications. */
#define DESKTOP_ENTRY "roampost"

gboolean
rp_names_hold(DBusMessage *reply, const char *name)
{
	DBusMessageIter iter;
	if (!dbus_message_has_signature(reply, "as") || !dbus_message_iter_init(reply, &iter))
		return FALSE;
	DBusMessageIter list;
	dbus_message_iter_recurse(&iter, &list);
	for (; dbus_message_iter_get_arg_type(&list) == DBUS_TYPE_STRING;
		dbus_message_iter_next(&list)) {
		const char *one;
		dbus_message_iter_get_basic(&list, &one);
		if (g_str_equal(one, name))
			return TRUE;
	}
	return FALSE;
}

void
rp_notice_abilities_read(RpNoticeAbilities *abilities, DBusMessage *reply)
{
	*abilities = (RpNoticeAbilities){
		.body = rp_names_hold(reply, "body"),
		.markup = rp_names_hold(reply, "body-markup"),
		.actions = rp_names_hold(reply, "actions"),
	};
}

/* These list it: it would stand there twice. */
void
rp_notice_abilities_read_name(RpNoticeAbilities *abilities, DBusMessage *reply)
{
	static const char *const listing[] = {"Xfce Notify Daemon", "dunst", "mako", NULL};
	const char *name = NULL;

	if (dbus_message_get_args(reply, NULL, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID))
		abilities->lists_all = g_strv_contains(listing, name);
}

static char *
make_summary(const RpNotice *notice, const RpNoticeAbilities *abilities)
{
	if (abilities->body || notice->body[0] == '\0')
		return g_strdup(notice->summary);
	return g_strdup_printf(
		"%s: %.*s", notice->summary, (int)strcspn(notice->body, "\n"), notice->body);
}

static char *
make_body(const RpNotice *notice, const RpNoticeAbilities *abilities)
{
	if (!abilities->body)
		return g_strdup("");
	g_autofree char *valid = g_utf8_make_valid(notice->body, -1);
	return abilities->markup ? g_markup_escape_text(valid, -1) : g_steal_pointer(&valid);
}

/* The specification's numbers. */
static guint8
urgency_number(RpUrgency urgency)
{
	switch (urgency) {
	case RP_URGENCY_LOW:
		return 0;
	case RP_URGENCY_NORMAL:
		return 1;
	case RP_URGENCY_CRITICAL:
		return 2;
	}
	g_return_val_if_reached(1);
}

/* ---- actions ---- */

static gboolean
can_be_done(const RpDesktopAction *action, const RpNoticeAbilities *abilities)
{
	return action->verb != RP_DO_SHOW_OUTBOX || abilities->outbox;
}

/* What a click on the notice does changes nothing: it shows a page, or the outbox. */
static const RpDesktopAction *
default_action(const RpNotice *notice, const RpNoticeAbilities *abilities)
{
	for (guint i = 0; i < notice->actions->len; i++) {
		const RpDesktopAction *action = notice->actions->pdata[i];

		if ((action->verb == RP_DO_OPEN_PAGE || action->verb == RP_DO_SHOW_OUTBOX) &&
			can_be_done(action, abilities))
			return action;
	}
	return NULL;
}

const RpDesktopAction *
rp_notify_action(const RpNotice *notice, const char *key, const RpNoticeAbilities *abilities)
{
	if (g_str_equal(key, RP_NOTIFY_DEFAULT))
		return default_action(notice, abilities);
	for (guint i = 0; i < notice->actions->len; i++) {
		const RpDesktopAction *action = notice->actions->pdata[i];
		g_autofree char *own = rp_desktop_action_key(action);

		if (g_str_equal(own, key) && can_be_done(action, abilities))
			return action;
	}
	return NULL;
}

static void
add_words(GPtrArray *words, char *key, const RpDesktopAction *action)
{
	g_ptr_array_add(words, key);
	g_ptr_array_add(words, g_strdup(action->label));
}

static void
append_actions(DBusMessageIter *iter, const RpNotice *notice, const RpNoticeAbilities *abilities)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);
	const RpDesktopAction *shown = default_action(notice, abilities);

	if (abilities->actions && !abilities->lists_all && shown != NULL)
		add_words(words, g_strdup(RP_NOTIFY_DEFAULT), shown);
	for (guint i = 0; abilities->actions && i < notice->actions->len; i++) {
		const RpDesktopAction *action = notice->actions->pdata[i];

		if (can_be_done(action, abilities))
			add_words(words, rp_desktop_action_key(action), action);
	}
	g_ptr_array_add(words, NULL);
	rp_dbus_append_strv(iter, (const char *const *)words->pdata);
}

/* ---- the call ---- */

static void
append_flag(DBusMessageIter *hints, const char *key)
{
	dbus_bool_t yes = TRUE;
	RpDBusMember member;

	rp_dbus_dict_begin(hints, &member, key, "b");
	dbus_message_iter_append_basic(&member.value, DBUS_TYPE_BOOLEAN, &yes);
	rp_dbus_dict_end(hints, &member);
}

static void
append_hints(DBusMessageIter *iter, const RpNotice *notice, gboolean quiet)
{
	guint8 urgency = urgency_number(notice->urgency);
	DBusMessageIter hints;
	RpDBusMember member;
	rp_dbus_dict_open(iter, &hints);
	rp_dbus_dict_begin(&hints, &member, "urgency", "y");
	dbus_message_iter_append_basic(&member.value, DBUS_TYPE_BYTE, &urgency);
	rp_dbus_dict_end(&hints, &member);
	rp_dbus_dict_string(&hints, "category", notice->category);
	rp_dbus_dict_string(&hints, "desktop-entry", DESKTOP_ENTRY);
	if (quiet)
		append_flag(&hints, "suppress-sound");
	rp_dbus_dict_close(iter, &hints);
}

void
rp_notify_append(DBusMessage *message, const RpNotice *notice, guint32 replaces,
	const RpNoticeAbilities *abilities, gboolean quiet)
{
	g_autofree char *summary = make_summary(notice, abilities);
	g_autofree char *body = make_body(notice, abilities);
	gint32 timeout = notice->urgency == RP_URGENCY_LOW ? LOW_TIMEOUT : DEFAULT_TIMEOUT;
	DBusMessageIter iter;
	dbus_message_iter_init_append(message, &iter);
	rp_dbus_append_string(&iter, "roampost");
	dbus_message_iter_append_basic(&iter, DBUS_TYPE_UINT32, &replaces);
	rp_dbus_append_string(&iter, ICON);
	rp_dbus_append_string(&iter, summary);
	rp_dbus_append_string(&iter, body);
	append_actions(&iter, notice, abilities);
	append_hints(&iter, notice, quiet);
	dbus_message_iter_append_basic(&iter, DBUS_TYPE_INT32, &timeout);
}
