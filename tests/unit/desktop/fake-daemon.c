/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-daemon.h"

#include "private-bus.h"

#define NAME "org.freedesktop.Notifications"
#define PATH "/org/freedesktop/Notifications"

static void
on_capabilities(DBusMessage *call, gpointer data)
{
	FakeDaemon *daemon = data;
	DBusMessageIter iter;
	DBusMessage *reply = dbus_message_new_method_return(call);
	dbus_message_iter_init_append(reply, &iter);
	rp_dbus_append_strv(&iter, daemon->capabilities);
	rp_dbus_reply(daemon->bus, call, reply);
}

static void
on_information(DBusMessage *call, gpointer data)
{
	FakeDaemon *daemon = data;
	const char *name = daemon->calls_itself ? daemon->calls_itself : "fake";
	const char *vendor = "test", *version = "1", *specification = "1.2";

	rp_dbus_reply_args(daemon->bus, call, DBUS_TYPE_STRING, &name, DBUS_TYPE_STRING, &vendor,
		DBUS_TYPE_STRING, &version, DBUS_TYPE_STRING, &specification, DBUS_TYPE_INVALID);
}

static void
answer(FakeDaemon *daemon, DBusMessage *call)
{
	dbus_uint32_t replaces = 0;
	DBusMessageIter iter;
	dbus_message_iter_init(call, &iter);
	dbus_message_iter_next(&iter);
	dbus_message_iter_get_basic(&iter, &replaces);
	dbus_uint32_t id = replaces != 0 && !daemon->renumbers ? replaces : daemon->next_id++;
	rp_dbus_reply_args(daemon->bus, call, DBUS_TYPE_UINT32, &id, DBUS_TYPE_INVALID);
}

/* Of the hints those that differ from one notice to another. */
static void
note_hints(FakeDaemon *daemon, DBusMessageIter *iter)
{
	const char *key, *text;
	DBusMessageIter dict, value;

	if (!daemon->notes_hints)
		return;
	dbus_message_iter_recurse(iter, &dict);
	while (rp_dbus_dict_next(&dict, &key, &value)) {
		if (g_str_equal(key, "suppress-sound"))
			g_string_append(daemon->log, " quiet");
		if (!g_str_equal(key, "category"))
			continue;
		dbus_message_iter_get_basic(&value, &text);
		g_string_append_printf(daemon->log, " (%s)", text);
	}
}

static void
on_notify(DBusMessage *call, gpointer data)
{
	FakeDaemon *daemon = data;
	const char *app = NULL;
	const char *icon = NULL;
	const char *summary = NULL;
	const char *body = NULL;
	dbus_uint32_t replaces = 0;
	char **actions = NULL;
	DBusMessageIter iter;
	int n_actions = 0;
	g_assert_true(dbus_message_get_args(call, NULL, DBUS_TYPE_STRING, &app, DBUS_TYPE_UINT32,
		&replaces, DBUS_TYPE_STRING, &icon, DBUS_TYPE_STRING, &summary, DBUS_TYPE_STRING,
		&body, DBUS_TYPE_ARRAY, DBUS_TYPE_STRING, &actions, &n_actions, DBUS_TYPE_INVALID));
	g_string_append_printf(daemon->log, "notify %u %s|%s", replaces, summary, body);
	for (int i = 0; i < n_actions; i += 2)
		g_string_append_printf(daemon->log, " [%s: %s]", actions[i], actions[i + 1]);
	dbus_message_iter_init(call, &iter);
	for (guint i = 0; i < 6; i++)
		dbus_message_iter_next(&iter);
	note_hints(daemon, &iter);
	g_string_append_c(daemon->log, ';');
	dbus_free_string_array(actions);
	if (daemon->slow)
		daemon->kept = dbus_message_ref(call);
	else if (daemon->refuse)
		rp_dbus_reply_error(daemon->bus, call, "test.Error.Busy", "too many");
	else
		answer(daemon, call);
	daemon->slow = FALSE;
}

static void
on_close(DBusMessage *call, gpointer data)
{
	FakeDaemon *daemon = data;
	dbus_uint32_t id = 0;
	dbus_message_get_args(call, NULL, DBUS_TYPE_UINT32, &id, DBUS_TYPE_INVALID);
	g_string_append_printf(daemon->log, "close %u;", id);
	rp_dbus_reply_args(daemon->bus, call, DBUS_TYPE_INVALID);
	fake_daemon_close(daemon, id, 3);
}

static const RpDBusMethod methods[] = {
	{NAME, "GetCapabilities", "", on_capabilities},
	{NAME, "GetServerInformation", "", on_information},
	{NAME, "Notify", "susssasa{sv}i", on_notify},
	{NAME, "CloseNotification", "u", on_close},
	{NULL},
};

static const RpDBusObjectInfo info = {PATH, "<node/>", methods, NULL};

static void
on_name(gboolean owned, gpointer data)
{
	((FakeDaemon *)data)->owned = owned;
}

FakeDaemon *
fake_daemon_new(const char *const *capabilities)
{
	FakeDaemon *daemon = g_new0(FakeDaemon, 1);
	daemon->capabilities = capabilities;
	daemon->log = g_string_new(NULL);
	daemon->next_id = 1;
	daemon->bus = rp_dbus_new_session();
	daemon->object = rp_dbus_export(daemon->bus, &info, daemon);
	daemon->name = rp_dbus_request_name(daemon->bus, NAME, 0, on_name, daemon);
	run_until(daemon->owned);
	return daemon;
}

void
fake_daemon_free(FakeDaemon *daemon)
{
	if (daemon == NULL)
		return;
	g_clear_pointer(&daemon->kept, dbus_message_unref);
	rp_dbus_name_free(daemon->name);
	rp_dbus_object_free(daemon->object);
	rp_dbus_unref(daemon->bus);
	g_string_free(daemon->log, TRUE);
	g_free(daemon);
}

void
fake_daemon_answer(FakeDaemon *daemon)
{
	answer(daemon, daemon->kept);
	g_clear_pointer(&daemon->kept, dbus_message_unref);
}

void
fake_daemon_close(FakeDaemon *daemon, guint id, guint reason)
{
	rp_dbus_object_emit(daemon->object, NAME, "NotificationClosed", DBUS_TYPE_UINT32, &id,
		DBUS_TYPE_UINT32, &reason, DBUS_TYPE_INVALID);
}

void
fake_daemon_babble(FakeDaemon *daemon)
{
	dbus_uint32_t number = 1;

	rp_dbus_object_emit(daemon->object, NAME, "ActionInvoked", DBUS_TYPE_UINT32, &number,
		DBUS_TYPE_UINT32, &number, DBUS_TYPE_INVALID);
	rp_dbus_object_emit(daemon->object, NAME, "ActivationToken", DBUS_TYPE_UINT32, &number,
		DBUS_TYPE_INVALID);
	rp_dbus_object_emit(daemon->object, NAME, "NotificationClosed", DBUS_TYPE_INVALID);
}

void
fake_daemon_act(FakeDaemon *daemon, guint id, const char *action)
{
	dbus_uint32_t number = id;
	const char *token = "token-7";

	rp_dbus_object_emit(daemon->object, NAME, "ActivationToken", DBUS_TYPE_UINT32, &number,
		DBUS_TYPE_STRING, &token, DBUS_TYPE_INVALID);
	rp_dbus_object_emit(daemon->object, NAME, "ActionInvoked", DBUS_TYPE_UINT32, &number,
		DBUS_TYPE_STRING, &action, DBUS_TYPE_INVALID);
}
