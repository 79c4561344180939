/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

#include <linux/sockios.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

/* At most so much is handed to the kernel before it has sent what it has: what is in doubt after a
 * cut is bounded by it, and what never left the machine is known. */
#define PIECE (16 * 1024)
/* TCP_CLOSE, which <linux/tcp.h> does not name. */
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
} Counters;

static gboolean
read_counters(int fd, Counters *counters)
{
	struct tcp_info info = {0};
	socklen_t length = sizeof info;
	int waiting = 0;
	if (getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length) != 0 ||
		length < G_STRUCT_OFFSET(struct tcp_info, tcpi_bytes_retrans) +
				 sizeof info.tcpi_bytes_retrans ||
		ioctl(fd, SIOCOUTQ, &waiting) != 0)
		return FALSE;
	counters->written = info.tcpi_bytes_acked + (guint64)waiting;
	counters->left = info.tcpi_bytes_sent - info.tcpi_bytes_retrans;
	counters->unsent = info.tcpi_notsent_bytes;
	return TRUE;
}

void
rp_wire_init(RpWire *wire, const RpSession *session)
{
	struct linger linger = {.l_onoff = 1, .l_linger = 0};
	int lowat = PIECE;
	Counters counters = {0};
	wire->easy = rp_session_easy(session);
	wire->fd = rp_session_fd(session);
	wire->tls = rp_session_report(session)->encrypted;
	wire->plain = 0;
	wire->notes = g_array_new(FALSE, FALSE, sizeof(Note));
	setsockopt(wire->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
	setsockopt(wire->fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &lowat, sizeof lowat);
	if (read_counters(wire->fd, &counters)) {
		wire->written_before = counters.written;
		wire->left_before = counters.left + counters.unsent;
	}
}

void
rp_wire_clear(RpWire *wire)
{
	g_clear_pointer(&wire->notes, g_array_unref);
}

RpWireResult
rp_wire_read(RpWire *wire, guint8 *buffer, gsize size, gsize *got)
{
	*got = 0;
	CURLcode code = curl_easy_recv(wire->easy, buffer, size, got);
	if (code == CURLE_AGAIN)
		return RP_WIRE_AGAIN;
	return code == CURLE_OK && *got > 0 ? RP_WIRE_OK : RP_WIRE_CLOSED;
}

/* Pieces that were sent in full are forgotten, but for the last of them. */
static void
note_piece(RpWire *wire)
{
	Counters counters;
	if (!read_counters(wire->fd, &counters))
		return;
	guint64 left = counters.left - wire->left_before;
	guint done = 0;
	while (done + 1 < wire->notes->len &&
		g_array_index(wire->notes, Note, done + 1).tcp <= left)
		done++;
	if (done > 0)
		g_array_remove_range(wire->notes, 0, done);
	Note note = {wire->plain, counters.written - wire->written_before};
	g_array_append_val(wire->notes, note);
}

RpWireResult
rp_wire_write(RpWire *wire, const guint8 *data, gsize size, gsize *taken)
{
	*taken = 0;
	CURLcode code = curl_easy_send(wire->easy, data, MIN(size, PIECE), taken);
	if (code == CURLE_AGAIN)
		return RP_WIRE_AGAIN;
	if (code != CURLE_OK)
		return RP_WIRE_CLOSED;
	wire->plain += *taken;
	note_piece(wire);
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
left_of_piece(const RpWire *wire, guint index, guint64 left)
{
	const Note *piece = &g_array_index(wire->notes, Note, index);
	Note before = {0, 0};
	if (index > 0)
		before = g_array_index(wire->notes, Note, index - 1);
	if (wire->tls || left >= piece->tcp)
		return piece->plain;
	return MIN(before.plain + (left - before.tcp), piece->plain);
}

guint64
rp_wire_left(const RpWire *wire)
{
	Counters counters;
	if (wire->notes->len == 0 || !read_counters(wire->fd, &counters))
		return wire->plain;
	guint64 left = counters.left - wire->left_before;
	guint begun = 0; /* pieces of which something has left */
	while (begun < wire->notes->len &&
		(begun == 0 ? 0 : g_array_index(wire->notes, Note, begun - 1).tcp) < left)
		begun++;
	/* While the connection lives the kernel may send on until it is reset a moment later: one
	 * piece more is taken for gone. */
	if (is_alive(wire->fd))
		return g_array_index(wire->notes, Note, MIN(begun, wire->notes->len - 1)).plain;
	return begun == 0 ? 0 : left_of_piece(wire, begun - 1, left);
}
