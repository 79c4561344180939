/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <arpa/inet.h>
#include <dbus/dbus.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

/* What react.py measures with, in one process and by one clock: it listens in on the system bus,
 * plays an SMTP server, and takes the agent's log on its standard input. Prints a line an event:
 * microseconds of the monotonic clock, what, details.
 *
 * usage: react-witness ADDRESS PORT     (prints "listening PORT" when ready) */

enum { WATCH_BUS, WATCH_LISTENER, WATCH_CLIENT, WATCH_LOG, N_WATCHES };

typedef struct {
	char data[8192];
	size_t length;
} Lines;

typedef struct {
	long long now; /* when poll() returned: what is read then had come by then */
	DBusConnection *bus;
	int client; /* -1: none */
	int in_content;
	Lines commands, log;
} Witness;

static long long
monotonic(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return at.tv_sec * 1000000LL + at.tv_nsec / 1000;
}

static void
die(const char *what)
{
	perror(what);
	exit(1);
}

/* ---- the bus ---- */

static void
print_names(DBusMessageIter *entries)
{
	for (; dbus_message_iter_get_arg_type(entries) == DBUS_TYPE_DICT_ENTRY;
		dbus_message_iter_next(entries)) {
		DBusMessageIter entry;
		const char *name;

		dbus_message_iter_recurse(entries, &entry);
		dbus_message_iter_get_basic(&entry, &name);
		printf(" %s", name);
	}
}

/* PropertiesChanged(s interface, a{sv} changed, as): the interface and the names. */
static void
print_properties(DBusMessage *message)
{
	DBusMessageIter iter, entries;
	const char *interface;

	if (!dbus_message_has_signature(message, "sa{sv}as"))
		return;
	dbus_message_iter_init(message, &iter);
	dbus_message_iter_get_basic(&iter, &interface);
	printf(" %s", interface);
	dbus_message_iter_next(&iter);
	dbus_message_iter_recurse(&iter, &entries);
	print_names(&entries);
}

static void
take_signals(Witness *witness)
{
	DBusMessage *message;

	if (!dbus_connection_read_write(witness->bus, 0)) {
		fputs("react-witness: the bus is gone\n", stderr);
		exit(1);
	}
	while ((message = dbus_connection_pop_message(witness->bus))) {
		if (dbus_message_get_type(message) == DBUS_MESSAGE_TYPE_SIGNAL) {
			printf("%lld signal %s %s", witness->now, dbus_message_get_path(message),
				dbus_message_get_member(message));
			print_properties(message);
			putchar('\n');
		}
		dbus_message_unref(message);
	}
}

static DBusConnection *
listen_in(void)
{
	const char *rule = "type='signal',path_namespace='/org/freedesktop'", **rules = &rule;
	dbus_uint32_t flags = 0;
	DBusError error = DBUS_ERROR_INIT;
	DBusConnection *bus = dbus_bus_get_private(DBUS_BUS_SYSTEM, &error);
	DBusMessage *call, *reply;

	if (!bus) {
		fprintf(stderr, "react-witness: %s\n", error.message);
		exit(1);
	}
	call = dbus_message_new_method_call(DBUS_SERVICE_DBUS, DBUS_PATH_DBUS,
		"org.freedesktop.DBus.Monitoring", "BecomeMonitor");
	dbus_message_append_args(call, DBUS_TYPE_ARRAY, DBUS_TYPE_STRING, &rules, 1,
		DBUS_TYPE_UINT32, &flags, DBUS_TYPE_INVALID);
	reply = dbus_connection_send_with_reply_and_block(bus, call, 5000, &error);
	dbus_message_unref(call);
	if (!reply) {
		fprintf(stderr, "react-witness: %s\n", error.message);
		exit(1);
	}
	dbus_message_unref(reply);
	return bus;
}

/* ---- the server ---- */

static void
say(Witness *witness, const char *text)
{
	if (write(witness->client, text, strlen(text)) < 0)
		perror("react-witness: write");
}

static const struct {
	const char *verb, *answer;
} answers[] = {
	{"EHLO", "250-react.example\r\n250-PIPELINING\r\n250 8BITMIME\r\n"},
	{"MAIL", "250 2.1.0 Ok\r\n"},
	{"RCPT", "250 2.1.5 Ok\r\n"},
	{"DATA", "354 Go on\r\n"},
	{"RSET", "250 2.0.0 Ok\r\n"},
	{"QUIT", "221 2.0.0 Bye\r\n"},
};

static void
on_command(Witness *witness, const char *line)
{
	if (witness->in_content) {
		if (strcmp(line, ".") != 0)
			return;
		witness->in_content = 0;
		printf("%lld smtp .\n", witness->now);
		say(witness, "250 2.0.0 Ok\r\n");
		return;
	}
	printf("%lld smtp %s\n", witness->now, line);
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		if (strncmp(line, answers[i].verb, 4) != 0)
			continue;
		say(witness, answers[i].answer);
		witness->in_content = strcmp(answers[i].verb, "DATA") == 0;
		return;
	}
	say(witness, "502 5.5.2 What?\r\n");
}

static void
on_log(Witness *witness, const char *line)
{
	printf("%lld log %s\n", witness->now, line);
}

/* FALSE at the end. */
static int
take_lines(Witness *witness, int fd, Lines *lines, void (*func)(Witness *, const char *))
{
	ssize_t got = read(fd, lines->data + lines->length, sizeof lines->data - 1 - lines->length);
	char *start = lines->data, *end;

	if (got <= 0)
		return 0;
	lines->length += (size_t)got;
	lines->data[lines->length] = '\0';
	while ((end = strchr(start, '\n'))) {
		*end = '\0';
		if (end > start && end[-1] == '\r')
			end[-1] = '\0';
		func(witness, start);
		start = end + 1;
	}
	lines->length = strlen(start);
	memmove(lines->data, start, lines->length + 1);
	return lines->length < sizeof lines->data - 1;
}

static int
listen_at(const char *address, int port)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	socklen_t size = sizeof at;
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	if (inet_pton(AF_INET, address, &at.sin_addr) != 1) {
		fprintf(stderr, "react-witness: %s is no IPv4 address\n", address);
		exit(2);
	}
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&at, size) < 0 || listen(fd, 8) < 0 ||
		getsockname(fd, (struct sockaddr *)&at, &size) < 0)
		die("react-witness: listen");
	printf("listening %d\n", ntohs(at.sin_port));
	return fd;
}

static void
take_client(Witness *witness, int listener)
{
	int on = 1;

	witness->client = accept(listener, NULL, NULL);
	if (witness->client < 0)
		die("react-witness: accept");
	/* Answers go out one by one, as a real server's that has worked for each. */
	setsockopt(witness->client, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	witness->in_content = 0;
	witness->commands.length = 0;
	printf("%lld smtp connected\n", witness->now);
	say(witness, "220 react.example ESMTP\r\n");
}

int
main(int argc, char **argv)
{
	static Witness witness = {.client = -1};
	struct pollfd watches[N_WATCHES];
	int bus_fd;

	if (argc != 3)
		return 2;
	setvbuf(stdout, NULL, _IOLBF, 0);
	/* On a busy machine a witness that waits for its turn tells nothing of the agent. Where it
	 * may not go first it goes like everybody. */
	setpriority(PRIO_PROCESS, 0, -10);
	witness.bus = listen_in();
	dbus_connection_get_unix_fd(witness.bus, &bus_fd);
	watches[WATCH_BUS] = (struct pollfd){.fd = bus_fd, .events = POLLIN};
	watches[WATCH_LISTENER] =
		(struct pollfd){.fd = listen_at(argv[1], atoi(argv[2])), .events = POLLIN};
	watches[WATCH_LOG] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
	take_signals(&witness);
	for (;;) {
		watches[WATCH_CLIENT] = (struct pollfd){.fd = witness.client, .events = POLLIN};
		if (poll(watches, N_WATCHES, -1) < 0)
			die("react-witness: poll");
		witness.now = monotonic();
		if (watches[WATCH_CLIENT].revents &&
			!take_lines(&witness, witness.client, &witness.commands, on_command)) {
			close(witness.client);
			witness.client = -1;
		}
		if (watches[WATCH_BUS].revents)
			take_signals(&witness);
		if (watches[WATCH_LISTENER].revents && witness.client < 0)
			take_client(&witness, watches[WATCH_LISTENER].fd);
		if (watches[WATCH_LOG].revents &&
			!take_lines(&witness, STDIN_FILENO, &witness.log, on_log))
			return 0; /* the agent has ended */
	}
}
