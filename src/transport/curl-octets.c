/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "curl-wire.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* Octets over libcurl's socket, so few ahead that what never left the machine is known, and so
 * many that the line is full. */

/* At most so much is handed to the kernel at a time; what never left the machine is known from it.
 */
#define PIECE (16 * 1024)
/* What the kernel may have besides what it has sent, at least: more would be missing in the session
 * beside this one. */
#define UNSENT_LEAST 4096
/* What the kernel may hold before anything is known of the line: ten segments, as many as TCP
 * begins with, and a piece. */
#define ROOM_FIRST (32 * 1024)
/* It counts about so much for each octet that it holds: its own records come on top. */
#define OVERHEAD 2
/* A segment takes long on a slow line: so many keep it busy while we are told. */
#define SEGMENTS_LEAST 4
/* How long it may take until we come to it. */
#define LATENCY (50 * 1000)
/* What is left of a packet of 1,200 octets (BASE_PLPMTU, RFC 8899 section 5.1.2) beside the headers
 * of IPv6 and TCP. */
#define SMALL_SEGMENT 1140
/* TCP_ESTABLISHED, and TCP_CLOSE, which <linux/tcp.h> does not name. */
#define STATE_ESTABLISHED 1
#define STATE_CLOSED 7

/* A piece that was handed over: where it ends in our octets and in TCP's. */
typedef struct {
	guint64 plain;
	guint64 tcp;
} Note;

typedef struct {
	guint64 written; /* octets given to TCP: acknowledged or waiting to be */
	guint64 left;    /* octets that were sent at least once */
	guint64 unsent;
	guint64 acked;
} Counters;

static gboolean
read_info(int fd, struct tcp_info *info)
{
	socklen_t length = sizeof *info;
	*info = (struct tcp_info){0};
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, info, &length) == 0 &&
	       length >= G_STRUCT_OFFSET(struct tcp_info, tcpi_bytes_retrans) +
				 sizeof info->tcpi_bytes_retrans;
}

static gboolean
read_counters(int fd, Counters *counters)
{
	struct tcp_info info;
	int waiting = 0;
	if (!read_info(fd, &info) || ioctl(fd, SIOCOUTQ, &waiting) != 0)
		return FALSE;
	counters->written = info.tcpi_bytes_acked + (guint64)waiting;
	counters->left = info.tcpi_bytes_sent - info.tcpi_bytes_retrans;
	counters->unsent = info.tcpi_notsent_bytes;
	counters->acked = info.tcpi_bytes_acked;
	return TRUE;
}

static void
set_number(int fd, int level, int option, int value)
{
	setsockopt(fd, level, option, &value, sizeof value);
}

void
rp_curl_socket_open_fast(int fd)
{
	set_number(fd, IPPROTO_TCP, TCP_FASTOPEN_CONNECT, 1);
}

void
rp_curl_socket_limit_segments(int fd)
{
	set_number(fd, IPPROTO_TCP, TCP_MAXSEG, SMALL_SEGMENT);
}

void
rp_curl_socket_set_close(int fd, gboolean orderly)
{
	struct linger linger = {.l_onoff = !orderly, .l_linger = 0};
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

/* A connection that died while the machine slept, or whose line went, is known as dead within a
 * minute, also while only an answer is waited for. */
static void
set_keepalive(int fd)
{
	set_number(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	set_number(fd, IPPROTO_TCP, TCP_KEEPIDLE, 30);
	set_number(fd, IPPROTO_TCP, TCP_KEEPINTVL, 10);
	set_number(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
}

void
rp_curl_octets_init(RpCurlOctets *octets, CURL *easy, int fd, gboolean tls)
{
	struct tcp_info info;
	Counters counters = {0};
	octets->easy = easy;
	octets->fd = fd;
	octets->tls = tls;
	octets->plain = 0;
	octets->notes = g_array_new(FALSE, FALSE, sizeof(Note));
	rp_curl_socket_set_close(octets->fd, FALSE);
	set_keepalive(octets->fd);
	octets->acked_before = read_info(octets->fd, &info) ? info.tcpi_bytes_acked : 0;
	octets->room = octets->unsent = 0;
	rp_curl_octets_tune(octets);
	if (read_counters(octets->fd, &counters)) {
		octets->written_before = counters.written;
		octets->left_before = counters.left + counters.unsent;
	}
}

/* A burst on a long line looks like a queue to TCP, and ends its slow start too early: a limit that
 * nothing reaches has it spread what it sends. */
void
rp_curl_octets_spread(RpCurlOctets *octets)
{
	set_number(octets->fd, SOL_SOCKET, SO_MAX_PACING_RATE, G_MAXINT);
}

void
rp_curl_socket_acknowledge(int fd)
{
	set_number(fd, IPPROTO_TCP, TCP_QUICKACK, 1);
}

void
rp_curl_socket_set_astray(int fd, gboolean astray)
{
	enum { UNACKNOWLEDGED_MS = 30 * 1000 };

	set_number(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, astray ? UNACKNOWLEDGED_MS : 0);
}

void
rp_curl_octets_clear(RpCurlOctets *octets)
{
	g_clear_pointer(&octets->notes, g_array_unref);
}

RpWireResult
rp_curl_octets_read(RpCurlOctets *octets, guint8 *buffer, gsize size, gsize *got)
{
	CURLcode code = curl_easy_recv(octets->easy, buffer, size, got);
	if (code == CURLE_AGAIN)
		return RP_WIRE_AGAIN;
	return code == CURLE_OK && *got > 0 ? RP_WIRE_OK : RP_WIRE_CLOSED;
}

/* Of the octets that were written since. */
static guint64
count_acked(const RpCurlOctets *octets, const Counters *counters)
{
	return counters->acked - MIN(counters->acked, octets->written_before);
}

/* Pieces that have arrived in full are forgotten, but for the last of them. */
static void
note_piece(RpCurlOctets *octets)
{
	Counters counters;
	if (!read_counters(octets->fd, &counters))
		return;
	guint64 acked = count_acked(octets, &counters);
	guint done = 0;
	while (done + 1 < octets->notes->len &&
		g_array_index(octets->notes, Note, done + 1).tcp <= acked)
		done++;
	if (done > 0)
		g_array_remove_range(octets->notes, 0, done);
	Note note = {octets->plain, counters.written - octets->written_before};
	g_array_append_val(octets->notes, note);
}

/* So much is sent until we come to it. */
static int
unsent_for(const struct tcp_info *info)
{
	return (int)CLAMP(info->tcpi_delivery_rate * LATENCY / G_USEC_PER_SEC, UNSENT_LEAST, PIECE);
}

/* The kernel bounds what it has not sent only where it begins a record, and adds to the last one up
 * to 64 KiB; but it says that there is room only below the bound. */
static gboolean
has_enough(const RpCurlOctets *octets)
{
	struct tcp_info info;
	return read_info(octets->fd, &info) && info.tcpi_notsent_bytes >= (guint)octets->unsent &&
	       info.tcpi_state != STATE_CLOSED;
}

RpWireResult
rp_curl_octets_write(RpCurlOctets *octets, const guint8 *data, gsize size, gsize *taken)
{
	if (has_enough(octets))
		return RP_WIRE_AGAIN;
	CURLcode code = curl_easy_send(octets->easy, data, MIN(size, PIECE), taken);
	if (code == CURLE_AGAIN)
		return RP_WIRE_AGAIN;
	if (code != CURLE_OK)
		return RP_WIRE_CLOSED;
	octets->plain += *taken;
	note_piece(octets);
	rp_curl_octets_tune(octets);
	return RP_WIRE_OK;
}

static gboolean
is_alive(int fd)
{
	struct tcp_info info = {0};
	socklen_t length = sizeof info;
	return getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0 ||
	       info.tcpi_state != STATE_CLOSED;
}

/* Octets of the last piece of which some have left: without TLS they are TCP's own, in TLS the
 * whole piece is taken for gone. */
static guint64
left_of_piece(const RpCurlOctets *octets, guint index, guint64 left)
{
	const Note *piece = &g_array_index(octets->notes, Note, index);
	Note before = {0, 0};
	if (index > 0)
		before = g_array_index(octets->notes, Note, index - 1);
	if (octets->tls || left >= piece->tcp)
		return piece->plain;
	return MIN(before.plain + (left - before.tcp), piece->plain);
}

guint64
rp_curl_octets_left(const RpCurlOctets *octets)
{
	Counters counters;
	if (octets->notes->len == 0 || !read_counters(octets->fd, &counters))
		return octets->plain;
	guint64 left = counters.left - octets->left_before;
	guint begun = 0; /* pieces of which something has left */
	while (begun < octets->notes->len &&
		(begun == 0 ? 0 : g_array_index(octets->notes, Note, begun - 1).tcp) < left)
		begun++;
	/* While the connection lives the kernel may send on until it is reset a moment later: one
	 * piece more is taken for gone. */
	if (is_alive(octets->fd))
		return g_array_index(octets->notes, Note, MIN(begun, octets->notes->len - 1)).plain;
	return begun == 0 ? 0 : left_of_piece(octets, begun - 1, left);
}

/* Of a piece that has not arrived in full nothing can be read in TLS: it is a record. */
guint64
rp_curl_octets_arrived(const RpCurlOctets *octets)
{
	Counters counters;
	if (octets->notes->len == 0 || !read_counters(octets->fd, &counters))
		return octets->plain;
	guint64 acked = count_acked(octets, &counters);
	Note before = {0, 0};
	for (guint i = 0; i < octets->notes->len; i++) {
		const Note *piece = &g_array_index(octets->notes, Note, i);
		if (piece->tcp > acked)
			return octets->tls ? before.plain
					   : MIN(before.plain + (acked - before.tcp), piece->plain);
		before = *piece;
	}
	return octets->plain;
}

/* ---- the line ---- */

gint64
rp_curl_socket_rtt(int fd)
{
	struct tcp_info info;
	if (!read_info(fd, &info) || info.tcpi_state != STATE_ESTABLISHED)
		return 0;
	return MAX(info.tcpi_min_rtt, 1);
}

/* Twice what the line holds, so that it is never idle and still few messages are in doubt when it
 * is cut. While TCP is finding out how much that is, twice is what it needs to go on. */
static int
room_for(const struct tcp_info *info)
{
	guint64 segment = MAX(info->tcpi_snd_mss, 536);
	guint64 span = info->tcpi_min_rtt + LATENCY;
	guint64 held = info->tcpi_delivery_rate * span / G_USEC_PER_SEC;
	guint64 room = MAX(2 * held, SEGMENTS_LEAST * segment);
	return (int)MIN(room, G_MAXINT / 4);
}

/* The rate was measured while there was little to send. But where octets wait on the line for
 * longer than the way takes, it is full, and the rate is this session's share of it. */
static gboolean
says_little(const struct tcp_info *info)
{
	return info->tcpi_delivery_rate_app_limited && info->tcpi_rtt < 2 * info->tcpi_min_rtt;
}

void
rp_curl_octets_tune(RpCurlOctets *octets)
{
	struct tcp_info info;
	if (!read_info(octets->fd, &info))
		return;
	/* What was measured while little was sent says nothing of the line. */
	gboolean known = info.tcpi_bytes_acked - octets->acked_before > ROOM_FIRST;
	int room = known ? room_for(&info) : ROOM_FIRST;
	if (says_little(&info))
		room = MAX(room, octets->room);
	int unsent = unsent_for(&info);
	if (unsent != octets->unsent)
		set_number(octets->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, unsent);
	/* The kernel doubles it for its records: see socket(7). */
	if (room != octets->room)
		set_number(octets->fd, SOL_SOCKET, SO_SNDBUF, room * OVERHEAD / 2);
	octets->room = room;
	octets->unsent = unsent;
}

void
rp_curl_octets_measure(const RpCurlOctets *octets, RpWireMeasure *measure)
{
	struct tcp_info info;
	int waiting = 0;

	if (!read_info(octets->fd, &info))
		return;
	measure->rtt = info.tcpi_min_rtt;
	measure->octets = info.tcpi_bytes_acked - octets->acked_before;
	measure->rate = info.tcpi_delivery_rate;
	measure->unsent = info.tcpi_notsent_bytes;
	measure->rtt_now = info.tcpi_rtt;
	measure->carried = measure->octets + (guint64)info.tcpi_sacked * info.tcpi_snd_mss;
	measure->window = (guint64)info.tcpi_snd_cwnd * info.tcpi_snd_mss;
	if (octets->room > 0)
		measure->window = MIN(measure->window, (guint64)octets->room);
	measure->again = info.tcpi_bytes_retrans;
	/* Where the other end's window is shut it counts too, and nothing is on its way. */
	measure->in_vain = info.tcpi_unacked ? info.tcpi_backoff : 0;
	if (ioctl(octets->fd, SIOCOUTQ, &waiting) == 0)
		measure->waiting = (guint64)waiting;
}
