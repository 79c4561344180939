/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* A slow line between two network namespaces: a dial-up, mobile or satellite line for tests.
 *
 *	line RATE DELAY QUEUE NEAR FAR [back=RATE] [loss=SHARE] [jitter=MILLISECONDS] [seed=NUMBER]
 *
 * makes a TUN device line0 in the namespaces NEAR and FAR (names of /run/netns, `-` for the one it
 * runs in) and carries packets between them: RATE bits a second (0: no limit), DELAY milliseconds
 * each way, at most QUEUE packets waiting for the transmitter in each direction; what comes then is
 * dropped. From FAR to NEAR it may have another rate. Of what was transmitted a share is lost, each
 * packet by itself; what arrives comes up to so many milliseconds late, but in its order, as over a
 * radio that repeats what it lost. Addresses and routes are the caller's business. It prints
 * "ready" and takes commands on its standard input, answering each with a line:
 *
 *	cut     everything on the line is lost, and what comes from now on
 *	join    carries again
 *	count   packets and octets carried, dropped for want of room, and lost; there and back
 *
 * It ends with its input. */
#include <err.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#define NAME "line0"
#define SECOND 1000000000LL

typedef struct Packet {
	STAILQ_ENTRY(Packet) next;
	int64_t sent; /* its last bit leaves the transmitter */
	int64_t due;  /* it is there */
	size_t size;
	char data[];
} Packet;

typedef STAILQ_HEAD(Packets, Packet) Packets;

/* One direction. A packet waits for the transmitter, then it is in flight. */
typedef struct {
	int from, to;
	Packets waiting, flying;
	unsigned n_waiting;
	int64_t rate;
	int64_t free_at; /* the transmitter has sent all it was given */
	int64_t last_due;
	uint64_t packets, octets, dropped, lost;
} Way;

static int64_t delay, jitter;
static double loss;
static unsigned room;
static bool is_cut;

static int64_t
now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * SECOND + time.tv_nsec;
}

static int
open_end(const char *netns)
{
	struct ifreq request = {.ifr_name = NAME, .ifr_flags = IFF_TUN | IFF_NO_PI};
	char path[256];
	int fd, home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	snprintf(path, sizeof path, "/run/netns/%s", netns);
	if (strcmp(netns, "-") != 0) {
		fd = open(path, O_RDONLY | O_CLOEXEC);
		if (fd < 0 || setns(fd, CLONE_NEWNET) != 0)
			err(1, "%s", path);
		close(fd);
	}
	fd = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0 || ioctl(fd, TUNSETIFF, &request) != 0)
		err(1, "a TUN device in %s", netns);
	if (setns(home, CLONE_NEWNET) != 0)
		err(1, "setns");
	close(home);
	return fd;
}

static void
move(Way *way, Packet *packet)
{
	STAILQ_REMOVE_HEAD(&way->waiting, next);
	way->n_waiting--;
	STAILQ_INSERT_TAIL(&way->flying, packet, next);
}

static void
take(Way *way, const char *data, size_t size, int64_t time)
{
	Packet *packet;

	if (is_cut)
		return;
	if (way->n_waiting >= room) {
		way->dropped++;
		return;
	}
	packet = malloc(sizeof *packet + size);
	if (!packet)
		err(1, "malloc");
	if (way->free_at < time)
		way->free_at = time;
	if (way->rate)
		way->free_at += (int64_t)size * 8 * SECOND / way->rate;
	packet->sent = way->free_at;
	packet->due = packet->sent + delay + (int64_t)(drand48() * (double)jitter);
	if (packet->due < way->last_due)
		packet->due = way->last_due;
	way->last_due = packet->due;
	packet->size = size;
	memcpy(packet->data, data, size);
	STAILQ_INSERT_TAIL(&way->waiting, packet, next);
	way->n_waiting++;
}

static void
deliver(Way *way, Packet *packet)
{
	STAILQ_REMOVE_HEAD(&way->flying, next);
	if (loss > 0 && drand48() < loss)
		way->lost++;
	else if (write(way->to, packet->data, packet->size) == (ssize_t)packet->size) {
		way->packets++;
		way->octets += packet->size;
	}
	free(packet);
}

/* Does what is due; returns when there is something to do again. */
static int64_t
advance(Way *way, int64_t time)
{
	int64_t next = INT64_MAX;
	Packet *packet;

	while ((packet = STAILQ_FIRST(&way->waiting)) && packet->sent <= time)
		move(way, packet);
	if (packet)
		next = packet->sent;
	while ((packet = STAILQ_FIRST(&way->flying)) && packet->due <= time)
		deliver(way, packet);
	if (packet && packet->due < next)
		next = packet->due;
	return next;
}

static void
receive(Way *way)
{
	static char data[65536];
	ssize_t size;

	while ((size = read(way->from, data, sizeof data)) > 0)
		take(way, data, (size_t)size, now());
}

static void
lose_all(Way *way)
{
	Packet *packet;

	while ((packet = STAILQ_FIRST(&way->waiting)))
		move(way, packet);
	while ((packet = STAILQ_FIRST(&way->flying))) {
		STAILQ_REMOVE_HEAD(&way->flying, next);
		free(packet);
	}
	way->free_at = way->last_due = 0;
}

static void
obey(Way ways[2], const char *word)
{
	if (strcmp(word, "cut") == 0) {
		is_cut = true;
		lose_all(&ways[0]);
		lose_all(&ways[1]);
	} else if (strcmp(word, "join") == 0) {
		is_cut = false;
	}
	for (int i = 0; i < 2; i++)
		printf("%llu %llu %llu %llu%c", (unsigned long long)ways[i].packets,
			(unsigned long long)ways[i].octets, (unsigned long long)ways[i].dropped,
			(unsigned long long)ways[i].lost, i ? '\n' : ' ');
	fflush(stdout);
}

/* FALSE at the end of the input. */
static bool
read_commands(Way ways[2])
{
	char text[256], *word, *rest = text;
	ssize_t size = read(STDIN_FILENO, text, sizeof text - 1);

	if (size <= 0)
		return false;
	text[size] = '\0';
	while ((word = strsep(&rest, "\n")))
		if (*word)
			obey(ways, word);
	return true;
}

static void
carry(Way ways[2])
{
	struct pollfd polled[3] = {
		{ways[0].from, POLLIN, 0}, {ways[1].from, POLLIN, 0}, {STDIN_FILENO, POLLIN, 0}};

	for (;;) {
		int64_t time = now(), next = advance(&ways[0], time),
			other = advance(&ways[1], time);
		struct timespec wait;

		if (other < next)
			next = other;
		time = next == INT64_MAX ? 0 : next - now();
		if (time < 0)
			time = 0;
		wait = (struct timespec){time / SECOND, time % SECOND};
		if (ppoll(polled, 3, next == INT64_MAX ? NULL : &wait, NULL) < 0)
			err(1, "poll");
		for (int i = 0; i < 2; i++)
			if (polled[i].revents)
				receive(&ways[i]);
		if (polled[2].revents && !read_commands(ways))
			return;
	}
}

static void
read_option(Way *back, const char *option)
{
	const char *value = strchr(option, '=');

	if (!value)
		errx(2, "%s: no value", option);
	value++;
	if (strncmp(option, "back=", 5) == 0)
		back->rate = atoll(value);
	else if (strncmp(option, "loss=", 5) == 0)
		loss = atof(value);
	else if (strncmp(option, "jitter=", 7) == 0)
		jitter = (int64_t)(atof(value) * 1e6);
	else if (strncmp(option, "seed=", 5) == 0)
		srand48(atol(value));
	else
		errx(2, "%s: no such option", option);
}

int
main(int argc, char **argv)
{
	Way ways[2] = {0};

	if (argc < 6)
		errx(2, "usage: line RATE DELAY QUEUE NEAR FAR [OPTION=VALUE]...");
	ways[0].rate = ways[1].rate = atoll(argv[1]);
	for (int i = 6; i < argc; i++)
		read_option(&ways[1], argv[i]);
	delay = (int64_t)(atof(argv[2]) * 1e6);
	room = (unsigned)atoi(argv[3]);
	prctl(PR_SET_TIMERSLACK, 1000UL);
	for (int i = 0; i < 2; i++) {
		ways[i].from = open_end(argv[4 + i]);
		STAILQ_INIT(&ways[i].waiting);
		STAILQ_INIT(&ways[i].flying);
	}
	ways[0].to = ways[1].from;
	ways[1].to = ways[0].from;
	puts("ready");
	fflush(stdout);
	carry(ways);
	lose_all(&ways[0]);
	lose_all(&ways[1]);
	return 0;
}
