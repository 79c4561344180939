/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "private-bus.h"

#include <dbus/dbus.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

struct PrivateBus {
	char *directory;
	char *config;
	char *socket;
	char *address;
	GPid pid;
};

static const char config_format[] =
	"<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n"
	" \"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"
	"<busconfig>\n"
	"  <listen>unix:path=%s</listen>\n"
	"  <auth>EXTERNAL</auth>\n"
	"  <policy context=\"default\">\n"
	"    <allow user=\"*\"/><allow own=\"*\"/>\n"
	"    <allow send_type=\"method_call\"/><allow send_type=\"signal\"/>\n"
	"    <allow send_requested_reply=\"true\" send_type=\"method_return\"/>\n"
	"    <allow send_requested_reply=\"true\" send_type=\"error\"/>\n"
	"    <allow receive_type=\"method_call\"/><allow receive_type=\"method_return\"/>\n"
	"    <allow receive_type=\"error\"/><allow receive_type=\"signal\"/>\n"
	"  </policy>\n"
	"%s\n"
	"</busconfig>\n";

PrivateBus *
private_bus_new(const char *policy)
{
	PrivateBus *bus = g_new0(PrivateBus, 1);
	bus->directory = g_dir_make_tmp("roampost-bus-XXXXXX", NULL);
	g_assert_nonnull(bus->directory);
	g_assert_cmpint(
		g_chmod(bus->directory, 0755), ==, 0); /* tests connect as other users too */
	bus->config = g_build_filename(bus->directory, "bus.conf", NULL);
	bus->socket = g_build_filename(bus->directory, "socket", NULL);
	bus->address = g_strconcat("unix:path=", bus->socket, NULL);
	g_autofree char *text = g_strdup_printf(config_format, bus->socket, policy ? policy : "");
	g_assert_true(g_file_set_contents(bus->config, text, -1, NULL));
	return bus;
}

static void
die_with_parent(gpointer user_data)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

void
private_bus_start(PrivateBus *bus)
{
	g_autofree char *config = g_strconcat("--config-file=", bus->config, NULL);
	const char *argv[] = {
		"dbus-daemon", config, "--nofork", "--nopidfile", "--print-address=1", NULL};
	g_autoptr(GError) error = NULL;
	char first;
	int out = -1;
	g_spawn_async_with_pipes(NULL, (char **)argv, NULL,
		G_SPAWN_SEARCH_PATH | G_SPAWN_DO_NOT_REAP_CHILD | G_SPAWN_STDERR_TO_DEV_NULL,
		die_with_parent, NULL, &bus->pid, NULL, &out, NULL, &error);
	g_assert_no_error(error);
	g_assert_cmpint(read(out, &first, 1), ==, 1); /* it listens when it prints its address */
	close(out);
}

void
private_bus_stop(PrivateBus *bus)
{
	if (!bus->pid)
		return;
	kill(bus->pid, SIGTERM);
	waitpid(bus->pid, NULL, 0);
	bus->pid = 0;
}

void
private_bus_free(PrivateBus *bus)
{
	private_bus_stop(bus);
	g_unlink(bus->config);
	g_unlink(bus->socket);
	g_rmdir(bus->directory);
	g_free(bus->directory);
	g_free(bus->config);
	g_free(bus->socket);
	g_free(bus->address);
	g_free(bus);
}

const char *
private_bus_address(const PrivateBus *bus)
{
	return bus->address;
}

const char *
private_bus_directory(const PrivateBus *bus)
{
	return bus->directory;
}

static gboolean
on_late(gpointer user_data)
{
	*(gboolean *)user_data = TRUE;
	return G_SOURCE_CONTINUE;
}

/* The name begins with a 0: it is of no folder, and goes with the process. */
static socklen_t
silent_bus_name(struct sockaddr_un *name)
{
	*name = (struct sockaddr_un){.sun_family = AF_UNIX};
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1) +
	       (socklen_t)g_snprintf(name->sun_path + 1, sizeof name->sun_path - 1,
		       "roampost-test-silent-bus-%d", (int)getpid());
}

char *
silent_bus_address(void)
{
	struct sockaddr_un name;

	silent_bus_name(&name);
	return g_strdup_printf("unix:abstract=%s", name.sun_path + 1);
}

int
silent_bus_open(void)
{
	struct sockaddr_un name;
	socklen_t length = silent_bus_name(&name);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_assert_cmpint(bind(fd, (struct sockaddr *)&name, length), ==, 0);
	g_assert_cmpint(listen(fd, 4), ==, 0);
	return fd;
}

guint
private_bus_guard(gboolean *late)
{
	return g_timeout_add_seconds(180, on_late, late);
}

/* ---- until all is quiet ---- */

/* Steps from one process to the other and back: far more than any chain of questions and answers of
 * ours has. */
enum { SETTLE_ROUNDS = 30, PATIENCE_MS = 180000 };

static DBusConnection *
connect_to(PrivateBus *bus)
{
	DBusConnection *connection = dbus_connection_open_private(bus->address, NULL);

	g_assert_nonnull(connection);
	dbus_connection_set_exit_on_disconnect(connection, FALSE);
	g_assert_true(dbus_bus_register(connection, NULL));
	return connection;
}

static void
disconnect(DBusConnection *connection)
{
	dbus_connection_close(connection);
	dbus_connection_unref(connection);
}

/* The daemon has one thread: when it has answered twice, it has also read and passed on what had
 * reached it before the first question. */
static void
ping(DBusConnection *connection)
{
	for (guint i = 0; i < 2; i++) {
		DBusMessage *question = dbus_message_new_method_call(
			DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "GetId");
		DBusMessage *answer = dbus_connection_send_with_reply_and_block(
			connection, question, PATIENCE_MS, NULL);

		g_assert_nonnull(answer);
		dbus_message_unref(answer);
		dbus_message_unref(question);
	}
}

void
private_bus_settle(PrivateBus *bus)
{
	DBusConnection *connection = connect_to(bus);

	for (guint i = 0; i < SETTLE_ROUNDS; i++) {
		while (g_main_context_iteration(NULL, FALSE))
			;
		ping(connection);
	}
	disconnect(connection);
	while (g_main_context_iteration(NULL, FALSE))
		;
}

void
private_bus_catch_up(PrivateBus *bus)
{
	DBusConnection *connection = connect_to(bus);

	ping(connection);
	disconnect(connection);
}

void
run_for(guint milliseconds)
{
	gboolean over = FALSE;
	guint timer = g_timeout_add(milliseconds, on_late, &over);
	while (!over)
		g_main_context_iteration(NULL, TRUE);
	g_source_remove(timer);
}

gboolean
loop_is_asleep(void)
{
	GMainContext *context = g_main_context_default();
	gint priority = 0, timeout = 0;
	while (g_main_context_iteration(context, FALSE))
		;
	if (!g_main_context_acquire(context))
		return FALSE;
	gboolean ready = g_main_context_prepare(context, &priority);
	g_main_context_query(context, priority, &timeout, NULL, 0);
	g_main_context_release(context);
	return !ready && timeout < 0;
}
