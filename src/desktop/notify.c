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

static const char *const open_page[] = {
	RP_NOTIFY_DEFAULT, "Open page", RP_NOTIFY_OPEN, "Open page", NULL};

void
rp_notice_abilities_read(RpNoticeAbilities *abilities, DBusMessage *reply)
{
	DBusMessageIter iter;
	*abilities = (RpNoticeAbilities){0};
	if (!dbus_message_has_signature(reply, "as") || !dbus_message_iter_init(reply, &iter))
		return;
	DBusMessageIter list;
	dbus_message_iter_recurse(&iter, &list);
	for (; dbus_message_iter_get_arg_type(&list) == DBUS_TYPE_STRING;
		dbus_message_iter_next(&list)) {
		const char *name;
		dbus_message_iter_get_basic(&list, &name);
		abilities->body |= g_str_equal(name, "body");
		abilities->actions |= g_str_equal(name, "actions");
		abilities->markup |= g_str_equal(name, "body-markup");
	}
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

static void
append_hints(DBusMessageIter *iter, const RpNotice *notice)
{
	guint8 urgency = urgency_number(notice->urgency);
	DBusMessageIter hints;
	RpDBusMember member;
	rp_dbus_dict_open(iter, &hints);
	rp_dbus_dict_begin(&hints, &member, "urgency", "y");
	dbus_message_iter_append_basic(&member.value, DBUS_TYPE_BYTE, &urgency);
	rp_dbus_dict_end(&hints, &member);
	rp_dbus_dict_string(&hints, "category", "email");
	rp_dbus_dict_close(iter, &hints);
}

void
rp_notify_append(DBusMessage *message, const RpNotice *notice, guint32 replaces,
	const RpNoticeAbilities *abilities)
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
	rp_dbus_append_strv(&iter, notice->open != NULL && abilities->actions ? open_page : NULL);
	append_hints(&iter, notice);
	dbus_message_iter_append_basic(&iter, DBUS_TYPE_INT32, &timeout);
}
