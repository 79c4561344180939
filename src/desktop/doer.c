/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-desktop"

#include "desktop-private.h"

/* What a click asks for is done. What is the agent's is asked of its D-Bus interface, as any other
 * program would: so it is checked, done and refused in one place, in the same words. */

#define AGENT "org.roampost.Agent1"
#define AGENT_PATH "/org/roampost/Agent1"
/* A line that is dialled is given up after 55 s, and its place after 10 more. */
#define CALL_MS 70000

struct RpDoer {
	RpDBus *bus;
	RpDoerRefused refused;
	gpointer user;
	GPtrArray *calls; /* of RpDoing: under way */
};

typedef struct {
	RpDoer *doer;
	RpDBusCall *call;
	RpNoticeAction *action;
} RpDoing;

static void
doing_free(gpointer data)
{
	RpDoing *doing = data;

	rp_dbus_call_free(doing->call);
	rp_notice_action_free(doing->action);
	g_free(doing);
}

RpDoer *
rp_doer_new(RpDBus *bus, RpDoerRefused refused, gpointer user)
{
	RpDoer *doer = g_new(RpDoer, 1);

	*doer = (RpDoer){bus, refused, user, g_ptr_array_new_with_free_func(doing_free)};
	return doer;
}

void
rp_doer_free(RpDoer *doer)
{
	g_ptr_array_unref(doer->calls);
	g_free(doer);
}

static void
on_done(DBusMessage *reply, const GError *error, gpointer data)
{
	RpDoing *doing = data;
	RpDoer *doer = doing->doer;

	if (error != NULL) {
		g_message("%s: %s", doing->action->label, error->message);
		doer->refused(doing->action, error->message, doer->user);
	}
	g_ptr_array_remove_fast(doer->calls, doing);
}

static void
call_agent(RpDoer *doer, const RpNoticeAction *action, DBusMessage *message)
{
	RpDoing *doing = g_new(RpDoing, 1);
	g_autofree char *key = rp_notice_action_key(action);

	*doing = (RpDoing){doer, NULL, rp_notice_action_parse(key, action->label)};
	g_ptr_array_add(doer->calls, doing);
	doing->call = rp_dbus_call(doer->bus, message, CALL_MS, on_done, doing);
}

static DBusMessage *
dial(const RpNoticeAction *action)
{
	DBusMessage *message = dbus_message_new_method_call(AGENT, AGENT_PATH, AGENT, "Dial");

	dbus_message_append_args(message, DBUS_TYPE_STRING, &action->subject, DBUS_TYPE_INVALID);
	return message;
}

static DBusMessage *
check_mail(const RpNoticeAction *action)
{
	DBusMessage *message = dbus_message_new_method_call(AGENT, AGENT_PATH, AGENT, "Check");
	const char *const sets[] = {action->subject, NULL};
	DBusMessageIter iter;

	dbus_message_iter_init_append(message, &iter);
	rp_dbus_append_strv(&iter, sets);
	return message;
}

static DBusMessage *
use_auto(void)
{
	DBusMessage *message = dbus_message_new_method_call(AGENT, AGENT_PATH, AGENT, "UseSet");
	const char *automatic = "auto";
	dbus_bool_t keep = FALSE;

	dbus_message_append_args(
		message, DBUS_TYPE_STRING, &automatic, DBUS_TYPE_BOOLEAN, &keep, DBUS_TYPE_INVALID);
	return message;
}

void
rp_doer_do(RpDoer *doer, const RpNoticeAction *action, const char *token)
{
	switch (action->verb) {
	case RP_NOTICE_OPEN_PAGE:
		rp_start_page(action->subject, token);
		return;
	case RP_NOTICE_SHOW_OUTBOX:
		rp_start_outbox(doer->bus, token);
		return;
	case RP_NOTICE_DIAL:
		call_agent(doer, action, dial(action));
		return;
	case RP_NOTICE_CHECK_MAIL:
		call_agent(doer, action, check_mail(action));
		return;
	case RP_NOTICE_USE_AUTO:
		call_agent(doer, action, use_auto());
		return;
	}
	g_return_if_reached();
}
