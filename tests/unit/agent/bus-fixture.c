/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bus-fixture.h"

#include "roampost/base.h"
#include "roampost/bus.h"

#include <gio/gunixfdlist.h>
#include <string.h>
#include <unistd.h>

static void
on_name(GDBusConnection *connection, const char *name, const char *owner, gpointer data)
{
	*(gboolean *)data = TRUE;
}

GDBusConnection *
connect_caller(BusFixture *t)
{
	g_autoptr(GError) error = NULL;
	GDBusConnection *caller =
		g_dbus_connection_new_for_address_sync(private_bus_address(t->daemon),
			G_DBUS_CONNECTION_FLAGS_AUTHENTICATION_CLIENT |
				G_DBUS_CONNECTION_FLAGS_MESSAGE_BUS_CONNECTION,
			NULL, NULL, &error);

	g_assert_no_error(error);
	return caller;
}

void
set_up_bus(BusFixture *t, gconstpointer data)
{
	gboolean owned = FALSE;
	guint watch;

	t->daemon = private_bus_new(NULL);
	private_bus_start(t->daemon);
	g_setenv("DBUS_SESSION_BUS_ADDRESS", private_bus_address(t->daemon), TRUE);
	set_up(&t->agent, NULL);
	t->caller = connect_caller(t);
	watch = g_bus_watch_name_on_connection(
		t->caller, RP_BUS_NAME, 0, on_name, NULL, &owned, NULL);
	run_until(owned);
	g_bus_unwatch_name(watch);
}

void
tear_down_bus(BusFixture *t, gconstpointer data)
{
	tear_down(&t->agent, NULL);
	g_object_unref(t->caller);
	private_bus_free(t->daemon);
}

static void
on_answer(GObject *source, GAsyncResult *result, gpointer user)
{
	Answer *answer = user;

	answer->reply = g_dbus_connection_call_with_unix_fd_list_finish(
		G_DBUS_CONNECTION(source), NULL, result, &answer->error);
	answer->done = TRUE;
}

void
begin_call(BusFixture *t, const char *method, const char *arguments, RpMessageId id, Answer *answer)
{
	static const char content[] = "Subject: x\n\nx\n";
	g_autoptr(GUnixFDList) descriptors = g_unix_fd_list_new();
	g_auto(GStrv) parts = g_strsplit(arguments, "%s", -1);
	char text[RP_MESSAGE_ID_SIZE];
	g_autofree char *all = g_strjoinv(rp_message_id_format(id, text), parts);
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) values = NULL;
	int ends[2];

	g_assert_cmpint(pipe(ends), ==, 0);
	g_assert_cmpint(write(ends[1], content, strlen(content)), >, 0);
	close(ends[1]);
	g_unix_fd_list_append(descriptors, ends[0], NULL);
	close(ends[0]);
	if (*all)
		values = g_variant_parse(NULL, all, NULL, NULL, &error);
	g_assert_no_error(error);
	*answer = (Answer){0};
	g_dbus_connection_call_with_unix_fd_list(t->caller, RP_BUS_NAME, RP_BUS_PATH,
		RP_BUS_INTERFACE, method, values, NULL, G_DBUS_CALL_FLAGS_NO_AUTO_START, 10000,
		g_str_equal(method, "Submit") ? descriptors : NULL, NULL, on_answer, answer);
}

Answer
call(BusFixture *t, const char *method, const char *arguments, RpMessageId id)
{
	Answer answer;

	begin_call(t, method, arguments, id, &answer);
	run_until(answer.done);
	return answer;
}

char *
reply_to(BusFixture *t, const char *method, const char *arguments, RpMessageId id)
{
	Answer answer = call(t, method, arguments, id);
	g_autoptr(GVariant) reply = answer.reply;

	g_assert_no_error(answer.error);
	return g_variant_print(reply, FALSE);
}

static void
on_property(GObject *source, GAsyncResult *result, gpointer user)
{
	Answer *answer = user;

	answer->reply =
		g_dbus_connection_call_finish(G_DBUS_CONNECTION(source), result, &answer->error);
	answer->done = TRUE;
}

char *
property(BusFixture *t, const char *name)
{
	g_autoptr(GVariant) reply = NULL;
	g_autoptr(GVariant) value = NULL;
	Answer answer = {0};

	g_dbus_connection_call(t->caller, RP_BUS_NAME, RP_BUS_PATH,
		"org.freedesktop.DBus.Properties", "Get",
		g_variant_new("(ss)", RP_BUS_INTERFACE, name), NULL,
		G_DBUS_CALL_FLAGS_NO_AUTO_START, 10000, NULL, on_property, &answer);
	run_until(answer.done);
	g_assert_no_error(answer.error);
	reply = answer.reply;
	g_variant_get(reply, "(v)", &value);
	return g_variant_print(value, FALSE);
}

RpMessageId
submit_stalled(BusFixture *t, const char *from, const char *to)
{
	RpMessageId id;

	t->agent.fake->stall = TRUE;
	id = submit_only(&t->agent, from, to);
	for (;;) {
		g_autofree char *state = state_of(&t->agent, id);

		if (g_str_equal(state, "sending") && n_active(&t->agent))
			return id;
		g_main_context_iteration(NULL, TRUE);
	}
}
