/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dbus/dbus.h>
#include <gmodule.h>

/* The session bus is asked to start the agent, by a program that has handed over its mail and is
 * about to end. Nobody waits: what can't be said in the time that there is is not said, and the
 * mail is in the queue whatever comes of it. */

#define AGENT "org.roampost.Agent1"

/* Called by submit/wake.c, which finds it by its name. Takes so long at most. */
G_MODULE_EXPORT void rp_wake_by_bus(const char *address, guint milliseconds);

static gint64
left_ms(gint64 until)
{
	return MAX(until - g_get_monotonic_time(), 0) / G_TIME_SPAN_MILLISECOND;
}

static dbus_uint32_t
tell(DBusConnection *connection, const char *member, int first_type, ...)
{
	DBusMessage *message = dbus_message_new_method_call(
		DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, member);
	dbus_uint32_t serial = 0;
	va_list arguments;

	va_start(arguments, first_type);
	dbus_message_append_args_valist(message, first_type, arguments);
	va_end(arguments);
	dbus_connection_send(connection, message, &serial);
	dbus_message_unref(message);
	return serial;
}

/* Whether this one has been answered; all others are dropped. */
static gboolean
is_answered(DBusConnection *connection, dbus_uint32_t serial)
{
	gboolean answered = FALSE;
	DBusMessage *message;

	while ((message = dbus_connection_pop_message(connection))) {
		answered |= dbus_message_get_reply_serial(message) == serial;
		dbus_message_unref(message);
	}
	return answered;
}

/* The bus does what it is told in turn: once it has answered the last question it has begun to
 * start the agent, which goes on without us. Who hangs up before is not listened to. */
static void
speak(DBusConnection *connection, gint64 until)
{
	const char *name = AGENT;
	dbus_uint32_t flags = 0, last;

	tell(connection, "Hello", DBUS_TYPE_INVALID);
	tell(connection, "StartServiceByName", DBUS_TYPE_STRING, &name, DBUS_TYPE_UINT32, &flags,
		DBUS_TYPE_INVALID);
	last = tell(connection, "GetId", DBUS_TYPE_INVALID);
	while (!is_answered(connection, last) && left_ms(until) > 0 &&
		dbus_connection_read_write(connection, (int)left_ms(until)))
		;
}

void
rp_wake_by_bus(const char *address, guint milliseconds)
{
	gint64 until = g_get_monotonic_time() + milliseconds * G_TIME_SPAN_MILLISECOND;
	DBusConnection *connection = dbus_connection_open_private(address, NULL);

	if (!connection)
		return;
	dbus_connection_set_exit_on_disconnect(connection, FALSE);
	speak(connection, until);
	dbus_connection_close(connection);
	dbus_connection_unref(connection);
}
