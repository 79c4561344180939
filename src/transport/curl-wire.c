/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "curl-wire.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/socket.h>

/* The wire that libcurl makes: it finds the server, connects, and speaks until TLS and the login
 * are done; then the socket is ours, through libcurl where there is TLS. */

typedef struct {
	RpWires base;
	RpCurlMulti *multi;
} CurlWires;

typedef struct {
	RpWire base;
	const RpWireEvents *events; /* NULL: it has failed or is up */
	gpointer user;
	RpCurlMulti *multi;
	CURL *easy;
	gboolean added;
	gboolean up;
	RpCurlStage stage;
	gboolean stopped; /* by the owner, at a line */
	char *interface;  /* NULL: bound to none */
	int bind_errno;
	int fd; /* the newest socket, until it is connected; -1: none */
	gint64 rtt;
	gint64 asked_at; /* when that socket was made */
	RpAddress local;
	guint16 local_port;
	GSource *answered;
	GSource *later; /* a failure before anything was tried */
	RpWireFailure failure;
	RpCurlOctets octets; /* while it is up */
	GSource *socket;
	RpWireReady ready;
	gpointer ready_user;
	char error[CURL_ERROR_SIZE];
} CurlWire;

/* ---- callbacks of libcurl: nothing of it may be called from here ---- */

static size_t
on_header(char *data, size_t size, size_t count, void *user)
{
	CurlWire *wire = user;
	gsize length = size * count;
	if (!wire->events)
		return length;
	wire->stopped =
		!wire->events->line(wire->stage.stage, data, length, wire->stage.tls, wire->user);
	if (rp_curl_stage_line(&wire->stage, data, length) && wire->events->logged_in)
		wire->events->logged_in(wire->user);
	return wire->stopped ? 0 : length;
}

static int
on_debug(CURL *easy, curl_infotype type, char *data, size_t size, void *user)
{
	CurlWire *wire = user;
	if (type == CURLINFO_HEADER_OUT)
		rp_curl_stage_command(&wire->stage, data, size);
	return 0;
}

static int
on_new_socket(void *user, curl_socket_t fd, curlsocktype purpose)
{
	CurlWire *wire = user;
	const char *interface = wire->interface;
	wire->fd = fd;
	wire->asked_at = g_get_monotonic_time();
	if (!interface || setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
				  (socklen_t)strlen(interface)) == 0)
		return CURL_SOCKOPT_OK;
	wire->bind_errno = errno;
	return CURL_SOCKOPT_ERROR;
}

/* ---- the first answer ---- */

static int
active_socket(const CurlWire *wire)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	curl_easy_getinfo(wire->easy, CURLINFO_ACTIVESOCKET, &fd);
	return fd;
}

static gboolean
on_answered(gpointer user)
{
	CurlWire *wire = user;
	rp_source_clear(&wire->answered);
	wire->events->connected(wire->user);
	return G_SOURCE_REMOVE;
}

static void
on_moved(gpointer user)
{
	CurlWire *wire = user;
	if (!wire->events)
		return;
	if (wire->rtt)
		rp_curl_socket_acknowledge(active_socket(wire));
	if (wire->fd < 0 || !(wire->rtt = rp_curl_socket_rtt(wire->fd)))
		return;
	wire->fd = -1;
	if (!wire->answered)
		wire->answered = rp_source_soon(on_answered, wire);
}

/* "No" takes a round trip too. */
static void
note_refusal(CurlWire *wire, long os_errno)
{
	if (os_errno == ECONNREFUSED && wire->fd >= 0)
		wire->rtt = g_get_monotonic_time() - wire->asked_at;
}

static void
note_local(CurlWire *wire)
{
	char *local = NULL;
	long port = 0;
	if (curl_easy_getinfo(wire->easy, CURLINFO_LOCAL_IP, &local) == CURLE_OK && local)
		rp_address_parse(local, &wire->local);
	if (curl_easy_getinfo(wire->easy, CURLINFO_LOCAL_PORT, &port) == CURLE_OK)
		wire->local_port = (guint16)port;
}

/* ---- the end of the set-up ---- */

/* Nothing is heard of the set-up after this; the caller tells what became of it. */
static const RpWireEvents *
end_set_up(CurlWire *wire)
{
	const RpWireEvents *events = wire->events;
	wire->events = NULL;
	rp_source_clear(&wire->answered);
	return events;
}

/* Where the system said why, that says more than the library. */
static char *
describe(const CurlWire *wire, RpWireFailureKind kind, CURLcode code, long os_errno)
{
	if (kind == RP_WIRE_LINK)
		return g_strdup(g_strerror(wire->bind_errno));
	if (kind == RP_WIRE_CONNECT && code == CURLE_COULDNT_CONNECT && os_errno)
		return g_strdup(g_strerror((int)os_errno));
	return rp_curl_failure_words(*wire->error ? wire->error : curl_easy_strerror(code));
}

static void
fail(CurlWire *wire, CURLcode code, long os_errno)
{
	RpWireFailure failure = {
		.stage = wire->stage.any ? wire->stage.stage : RP_STAGE_CONNECT,
	};
	if (wire->bind_errno)
		failure.kind = RP_WIRE_LINK;
	else if (wire->stopped)
		failure.kind = RP_WIRE_STOPPED;
	else
		failure.kind = rp_curl_failure_kind(code, os_errno, failure.stage);
	g_autofree char *words = describe(wire, failure.kind, code, os_errno);
	failure.words = words;
	note_refusal(wire, os_errno);
	end_set_up(wire)->failed(&failure, wire->user);
}

static void
on_set_up(CURLcode code, gpointer user)
{
	CurlWire *wire = user;
	long os_errno = 0;
	if (!wire->events)
		return;
	curl_easy_getinfo(wire->easy, CURLINFO_OS_ERRNO, &os_errno);
	note_local(wire);
	if (code != CURLE_OK || wire->bind_errno) {
		fail(wire, code, os_errno);
		return;
	}
	wire->up = TRUE;
	rp_curl_octets_init(&wire->octets, wire->easy, active_socket(wire), wire->stage.tls);
	end_set_up(wire)->up(wire->user);
}

/* ---- the way there ---- */

static gboolean
on_later(gpointer user)
{
	CurlWire *wire = user;
	rp_source_clear(&wire->later);
	end_set_up(wire)->failed(&wire->failure, wire->user);
	return G_SOURCE_REMOVE;
}

static void
fail_later(CurlWire *wire, RpWireFailureKind kind, const char *words)
{
	wire->failure = (RpWireFailure){RP_STAGE_CONNECT, kind, words};
	wire->later = rp_source_soon(on_later, wire);
}

static void
set_callbacks(CurlWire *wire)
{
	curl_easy_setopt(wire->easy, CURLOPT_ERRORBUFFER, wire->error);
	curl_easy_setopt(wire->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(wire->easy, CURLOPT_HEADERDATA, wire);
	curl_easy_setopt(wire->easy, CURLOPT_DEBUGFUNCTION, on_debug);
	curl_easy_setopt(wire->easy, CURLOPT_DEBUGDATA, wire);
	curl_easy_setopt(wire->easy, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(wire->easy, CURLOPT_SOCKOPTFUNCTION, on_new_socket);
	curl_easy_setopt(wire->easy, CURLOPT_SOCKOPTDATA, wire);
}

static void
begin(CurlWire *wire, const RpWireTarget *target)
{
	const char *why = NULL;
	wire->easy = curl_easy_init();
	if (!wire->easy) {
		fail_later(wire, RP_WIRE_RESOURCES, "libcurl can't begin a session");
		return;
	}
	if (!rp_curl_set_options(wire->easy, target, &why)) {
		fail_later(wire, RP_WIRE_UNSUPPORTED, why);
		return;
	}
	set_callbacks(wire);
	CURLMcode code = rp_curl_multi_add(wire->multi, wire->easy, on_set_up, on_moved, wire);
	wire->added = code == CURLM_OK;
	if (!wire->added)
		fail_later(wire, RP_WIRE_RESOURCES, curl_multi_strerror(code));
}

static void
wire_close(RpWire *base, gboolean orderly)
{
	CurlWire *wire = (CurlWire *)base;
	rp_source_clear(&wire->answered);
	rp_source_clear(&wire->later);
	rp_source_clear(&wire->socket);
	if (wire->up) {
		rp_curl_socket_set_close(wire->octets.fd, orderly);
		rp_curl_octets_clear(&wire->octets);
	}
	wire->events = NULL; /* libcurl may have something to say while it goes */
	if (wire->added)
		rp_curl_multi_remove(wire->multi, wire->easy);
	if (wire->easy)
		curl_easy_cleanup(wire->easy);
	rp_curl_multi_unref(wire->multi);
	g_free(wire->interface);
	g_free(wire);
}

/* ---- while it is up ---- */

static RpWireResult
wire_read(RpWire *wire, guint8 *buffer, gsize size, gsize *got)
{
	return rp_curl_octets_read(&((CurlWire *)wire)->octets, buffer, size, got);
}

static RpWireResult
wire_write(RpWire *wire, const guint8 *data, gsize size, gsize *taken)
{
	return rp_curl_octets_write(&((CurlWire *)wire)->octets, data, size, taken);
}

static gboolean
on_ready(gint fd, GIOCondition condition, gpointer user)
{
	CurlWire *wire = user;
	wire->ready(condition, wire->ready_user);
	return G_SOURCE_CONTINUE; /* the wire may be closed, and this source with it */
}

static void
wire_watch(RpWire *base, GIOCondition condition, RpWireReady ready, gpointer user)
{
	CurlWire *wire = (CurlWire *)base;
	rp_source_clear(&wire->socket);
	wire->ready = ready;
	wire->ready_user = user;
	if (!ready)
		return;
	wire->socket = g_unix_fd_source_new(wire->octets.fd, condition);
	g_source_set_callback(wire->socket, G_SOURCE_FUNC(on_ready), wire, NULL);
	g_source_attach(wire->socket, g_main_context_get_thread_default());
}

static guint64
wire_left(const RpWire *wire)
{
	return rp_curl_octets_left(&((const CurlWire *)wire)->octets);
}

static void
wire_hint(RpWire *base, RpWireHint hint)
{
	CurlWire *wire = (CurlWire *)base;
	switch (hint) {
	case RP_WIRE_STREAMS:
		rp_curl_octets_spread(&wire->octets);
		break;
	case RP_WIRE_HEARD:
		rp_curl_octets_tune(&wire->octets);
		break;
	case RP_WIRE_WAITS:
		rp_curl_socket_acknowledge(wire->octets.fd);
		break;
	}
}

static void
wire_measure(const RpWire *base, RpWireMeasure *measure)
{
	const CurlWire *wire = (const CurlWire *)base;
	if (wire->up)
		rp_curl_octets_measure(&wire->octets, measure);
	else
		measure->rtt = wire->rtt;
	measure->local = wire->local;
	measure->local_port = wire->local_port;
}

/* ---- wires ---- */

static const RpWireOps wire_ops = {
	.read = wire_read,
	.write = wire_write,
	.watch = wire_watch,
	.left = wire_left,
	.measure = wire_measure,
	.hint = wire_hint,
	.close = wire_close,
};

static RpWire *
wires_open(RpWires *wires, const RpWireTarget *target, const RpWireEvents *events, gpointer user)
{
	CurlWire *wire = g_new0(CurlWire, 1);
	wire->base.ops = &wire_ops;
	wire->events = events;
	wire->user = user;
	wire->multi = rp_curl_multi_ref(((CurlWires *)wires)->multi);
	wire->fd = -1;
	if (!rp_curl_is_local(target->endpoint))
		wire->interface = g_strdup(target->route.interface);
	rp_curl_stage_init(&wire->stage, target->pop, target->endpoint->implicit_tls);
	begin(wire, target);
	return &wire->base;
}

/* TLS sessions of the old place would tell the new one that we were there. Wires that are open keep
 * the old handle. */
static void
wires_place_changed(RpWires *base)
{
	CurlWires *wires = (CurlWires *)base;
	RpCurlMulti *fresh = rp_curl_multi_new(NULL);
	if (!fresh)
		return;
	rp_curl_multi_unref(wires->multi);
	wires->multi = fresh;
}

static void
wires_free(RpWires *wires)
{
	rp_curl_multi_unref(((CurlWires *)wires)->multi);
	g_free(wires);
}

RpWires *
rp_wires_new_curl(GError **error)
{
	static const RpWiresOps ops = {wires_open, wires_place_changed, wires_free};
	static gsize initialised = 0;
	if (g_once_init_enter(&initialised)) {
		gboolean ok = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
		g_once_init_leave(&initialised, ok ? 1 : 2);
	}
	if (initialised != 1) {
		g_set_error_literal(
			error, RP_ERROR, RP_ERROR_UNAVAILABLE, "libcurl can't be initialised");
		return NULL;
	}
	RpCurlMulti *multi = rp_curl_multi_new(error);
	if (!multi)
		return NULL;
	CurlWires *wires = g_new0(CurlWires, 1);
	wires->base.ops = &ops;
	wires->multi = multi;
	return &wires->base;
}
