/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <dbus/dbus.h>
#include <errno.h>
#include <fcntl.h>
#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>

/* roampost-ppp-hook up|down [INTERFACE TTY SPEED LOCAL REMOTE IPPARAM]
 *
 * Run by pppd's ip-up and ip-down: tells every agent, by a signal on the system bus, that a PPP
 * line came up or went down. pppd waits for its hooks, so the work is done by a child, for which
 * the parent waits only until the signal is out. The child stays on the bus for 2 s: an agent asks
 * the bus for the sender's uid, which only a sender that is still there has.
 *
 * The line is also noted in a file of its own under /run/roampost/ppp, local and remote address,
 * ipparam and pppd's process a line each, until it goes down: for agents that are started later, or
 * had no bus to hear of it. A late "down" of an earlier pppd leaves the note of the next one alone.
 * Run by ipv6-up too, whose addresses are link-local: it notes only what ip-up did not.
 *
 * No bus, or nobody who listens, is no error: pppd must not care. */

enum {
	STAY_SECONDS = 2,
	PARENT_WAIT_MS = 1000, /* for a bus that does not answer */
	CHILD_LIMIT_SECONDS = 10,
	EXIT_USAGE = 2,
};

typedef struct {
	const char *interface;
	const char *local;
	const char *remote;
	const char *ipparam;
	const char *process; /* pppd's, which tells one line from the next on the same interface */
	const char *dns[2];
	int n_dns;
} Line;

/* The argument if it is there, else the first of the variables that is set: what Debian's ip-up
 * exports, then what pppd itself does. */
static const char *
pick(int argc, char **argv, int index, const char *exported, const char *own)
{
	const char *value = index < argc ? argv[index] : NULL;
	if (!value || !*value)
		value = getenv(exported);
	if ((!value || !*value) && own)
		value = getenv(own);
	return value ? value : "";
}

static Line
read_line(int argc, char **argv)
{
	static const char *const variables[] = {"DNS1", "DNS2"};
	Line line = {
		.interface = pick(argc, argv, 2, "PPP_IFACE", "IFNAME"),
		.local = pick(argc, argv, 5, "PPP_LOCAL", "IPLOCAL"),
		.remote = pick(argc, argv, 6, "PPP_REMOTE", "IPREMOTE"),
		.ipparam = pick(argc, argv, 7, "PPP_IPPARAM", NULL),
		.process = pick(argc, argv, INT_MAX, "PPPD_PID", NULL),
	};
	for (int i = 0; i < 2; i++) {
		const char *server = getenv(variables[i]);
		if (server && *server)
			line.dns[line.n_dns++] = server;
	}
	return line;
}

/* D-Bus refuses text that is no UTF-8 by ending the program. */
static const char *
valid(const char *text)
{
	return dbus_validate_utf8(text, NULL) ? text : "";
}

static DBusMessage *
make_signal(const Line *line, int up)
{
	DBusMessage *signal = dbus_message_new_signal(
		"/org/roampost/Ppp1", "org.roampost.Ppp1", up ? "LinkUp" : "LinkDown");
	const char *interface = valid(line->interface), *local = valid(line->local),
		   *remote = valid(line->remote), *ipparam = valid(line->ipparam),
		   *process = valid(line->process);
	const char *dns[2] = {
		valid(line->dns[0] ? line->dns[0] : ""), valid(line->dns[1] ? line->dns[1] : "")};
	const char *const *servers = dns;
	if (!signal)
		return NULL;
	dbus_message_append_args(signal, DBUS_TYPE_STRING, &interface, DBUS_TYPE_INVALID);
	if (up)
		dbus_message_append_args(signal, DBUS_TYPE_STRING, &local, DBUS_TYPE_STRING,
			&remote, DBUS_TYPE_STRING, &ipparam, DBUS_TYPE_ARRAY, DBUS_TYPE_STRING,
			&servers, line->n_dns, DBUS_TYPE_STRING, &process, DBUS_TYPE_INVALID);
	else
		dbus_message_append_args(signal, DBUS_TYPE_STRING, &local, DBUS_TYPE_STRING,
			&process, DBUS_TYPE_INVALID);
	return signal;
}

/* ROAMPOST_RUN replaces /run/roampost, for tests. FALSE: the interface's name makes no file's name.
 */
static int
note_path(const Line *line, char path[PATH_MAX])
{
	const char *directory = getenv("ROAMPOST_RUN");
	if (!directory || !*directory)
		directory = "/run/roampost";
	if (strchr(line->interface, '/') || line->interface[0] == '.')
		return 0;
	mkdir(directory, 0755);
	int length = snprintf(path, PATH_MAX, "%s/ppp", directory);
	if (length >= PATH_MAX)
		return 0;
	mkdir(path, 0755);
	return snprintf(path, PATH_MAX, "%s/ppp/%s", directory, line->interface) < PATH_MAX;
}

static int
is_ipv6(const char *address)
{
	return strchr(address, ':') != NULL;
}

static int
differ(const char *a, const char *b)
{
	return *a && *b && strcmp(a, b) != 0;
}

/* The note that is there is of another line, or of the same one's IPv4. */
static int
is_of_another(const char *path, const Line *line)
{
	char text[1024] = "";
	char none[] = "", *at = text, *parts[4] = {none, none, none, none};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return 0;
	ssize_t length = read(fd, text, sizeof text - 1);
	close(fd);
	text[length > 0 ? length : 0] = '\0';
	for (int i = 0; i < 4 && at && *at; i++)
		parts[i] = strsep(&at, "\n");
	return differ(parts[3], line->process) || differ(parts[0], line->local);
}

static void
note_line(const Line *line, int up)
{
	char path[PATH_MAX];
	if (!note_path(line, path))
		return;
	if ((!up || is_ipv6(line->local)) && is_of_another(path, line))
		return;
	unlink(path);
	int fd = up ? open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644) : -1;
	if (fd < 0)
		return;
	dprintf(fd, "%s\n%s\n%s\n%s\n", line->local, line->remote, line->ipparam, line->process);
	close(fd);
}

static void
leave_stdio(void)
{
	int null = open("/dev/null", O_RDWR);
	setsid();
	for (int fd = 0; null >= 0 && fd < 3; fd++)
		dup2(null, fd);
	if (null > 2)
		close(null);
}

static int
emit_and_stay(const Line *line, int up, int done)
{
	DBusError error = DBUS_ERROR_INIT;
	alarm(CHILD_LIMIT_SECONDS);
	DBusConnection *bus = dbus_bus_get_private(DBUS_BUS_SYSTEM, &error);
	if (!bus) {
		syslog(LOG_NOTICE, "%s %s: no system bus, nobody told: %s", line->interface,
			up ? "up" : "down", error.message);
		dbus_error_free(&error);
		return EXIT_SUCCESS;
	}
	dbus_connection_set_exit_on_disconnect(bus, FALSE);
	DBusMessage *signal = make_signal(line, up);
	if (signal) {
		dbus_connection_send(bus, signal, NULL);
		dbus_connection_flush(bus);
		dbus_message_unref(signal);
	}
	leave_stdio();
	if (write(done, "", 1) != 1)
		syslog(LOG_DEBUG, "the parent is gone");
	close(done);
	sleep(STAY_SECONDS);
	dbus_connection_close(bus);
	dbus_connection_unref(bus);
	return EXIT_SUCCESS;
}

static void
wait_until_told(int done)
{
	struct pollfd poller = {.fd = done, .events = POLLIN};
	while (poll(&poller, 1, PARENT_WAIT_MS) < 0 && errno == EINTR)
		;
}

/* For people: without GLib, which pppd would wait for each time. */
#define _(text) dgettext("roampost", text)

static void
tell_usage(void)
{
	const char *dir = getenv("ROAMPOST_LOCALE_DIR");

	setlocale(LC_CTYPE, "");
	setlocale(LC_MESSAGES, "");
	bindtextdomain("roampost", dir && *dir ? dir : RP_LOCALE_DIR);
	fprintf(stderr, "%s\n",
		_("Usage: roampost-ppp-hook up|down [INTERFACE TTY SPEED LOCAL REMOTE IPPARAM]\n"
		  "pppd's ip-up and ip-down run it; what is not given is taken from PPP_IFACE, "
		  "PPP_LOCAL, PPP_REMOTE, PPP_IPPARAM, DNS1 and DNS2."));
}

int
main(int argc, char **argv)
{
	int up = argc > 1 && strcmp(argv[1], "up") == 0;
	int pipes[2];
	openlog("roampost-ppp-hook", LOG_PID | (isatty(2) ? LOG_PERROR : 0), LOG_DAEMON);
	if (!up && (argc < 2 || strcmp(argv[1], "down") != 0)) {
		tell_usage();
		return EXIT_USAGE;
	}
	Line line = read_line(argc, argv);
	if (!*line.interface) {
		syslog(LOG_NOTICE, "no interface given");
		return EXIT_SUCCESS;
	}
	note_line(&line, up);
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return EXIT_SUCCESS;
	pid_t child = fork();
	if (child == 0) {
		close(pipes[0]);
		_exit(emit_and_stay(&line, up, pipes[1]));
	}
	close(pipes[1]);
	if (child > 0)
		wait_until_told(pipes[0]);
	else
		syslog(LOG_NOTICE, "%s: can't fork: %s", line.interface, strerror(errno));
	return EXIT_SUCCESS;
}
