/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-transport"

#include "curl-wire.h"

#include "tls-words.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* The set-up of a wire: libcurl finds the server, connects, and speaks until TLS is done. */

/* ---- callbacks of libcurl: nothing of it may be called from here ---- */

static size_t
on_header(char *data, size_t size, size_t count, void *user)
{
	RpCurlWire *wire = user;
	gsize length = size * count;
	if (!wire->events)
		return length;
	wire->stopped =
		!wire->events->line(wire->stage.stage, data, length, wire->stage.tls, wire->user);
	rp_curl_stage_line(&wire->stage, data, length);
	return wire->stopped ? 0 : length;
}

static int
on_debug(CURL *easy, curl_infotype type, char *data, size_t size, void *user)
{
	RpCurlWire *wire = user;
	if (type == CURLINFO_HEADER_OUT)
		rp_curl_stage_command(&wire->stage, data, size);
	if (type == CURLINFO_TEXT && rp_curl_tells_of_refusal(data, size))
		wire->refused = TRUE;
	return 0;
}

/* A server that speaks first has nothing to gain by it. */
static gboolean
may_open_fast(const RpCurlWire *wire)
{
	const RpCurlTickets *tickets = rp_curl_multi_tickets(wire->multi);

	return wire->implicit_tls && tickets && rp_curl_tickets_may_open_fast(tickets);
}

static gboolean
is_shunned(const RpCurlWire *wire, const struct sockaddr *to)
{
	RpAddress address;

	return wire->shunned && rp_curl_from_sockaddr(to, &address) &&
	       rp_shunned_has(wire->shunned, &address, wire->port);
}

/* libcurl goes on to the next address where there is none for this one. */
static curl_socket_t
on_address(void *user, curlsocktype purpose, struct curl_sockaddr *to)
{
	RpCurlWire *wire = user;
	if (purpose == CURLSOCKTYPE_IPCXN && is_shunned(wire, &to->addr)) {
		wire->passed_over = TRUE;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

static int
on_new_socket(void *user, curl_socket_t fd, curlsocktype purpose)
{
	RpCurlWire *wire = user;
	const char *interface = wire->interface;
	wire->fd = fd;
	wire->asked_at = g_get_monotonic_time();
	wire->fast = may_open_fast(wire);
	if (wire->fast)
		rp_curl_socket_open_fast(fd);
	if (wire->small_segments)
		rp_curl_socket_limit_segments(fd);
	if (!interface || setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
				  (socklen_t)strlen(interface)) == 0)
		return CURL_SOCKOPT_OK;
	wire->bind_errno = errno;
	return CURL_SOCKOPT_ERROR;
}

/* ---- the first answer ---- */

static int
active_socket(const RpCurlWire *wire)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	curl_easy_getinfo(wire->easy, CURLINFO_ACTIVESOCKET, &fd);
	return fd;
}

/* libcurl has one time for all of the set-up, of which it gives each address its share: right for
 * finding one that answers, and too little for a server that takes its time. */
#define SET_UP_MOST_MS (3600 * 1000L)

static gboolean
on_answered(gpointer user)
{
	RpCurlWire *wire = user;
	rp_source_clear(&wire->answered);
	curl_easy_setopt(wire->easy, CURLOPT_CONNECTTIMEOUT_MS, SET_UP_MOST_MS);
	curl_easy_setopt(wire->easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, SET_UP_MOST_MS / 1000);
	wire->events->connected(wire->user);
	return G_SOURCE_REMOVE;
}

static RpFamily
family_of(int fd)
{
	int domain = 0;
	socklen_t size = sizeof domain;
	if (getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) != 0)
		return RP_FAMILY_ANY;
	return domain == AF_INET6 ? RP_FAMILY_IPV6 : RP_FAMILY_IPV4;
}

static void
note_peer(RpCurlWire *wire)
{
	struct sockaddr_storage storage;
	struct sockaddr *peer = (struct sockaddr *)&storage;
	socklen_t size = sizeof storage;
	if (getpeername(wire->fd, peer, &size) == 0)
		rp_curl_from_sockaddr(peer, &wire->peer);
}

static void
on_moved(gpointer user)
{
	RpCurlWire *wire = user;
	if (!wire->events)
		return;
	if (wire->rtt)
		rp_curl_socket_acknowledge(active_socket(wire));
	if (wire->fd < 0 || !(wire->rtt = rp_curl_socket_rtt(wire->fd)))
		return;
	wire->family = family_of(wire->fd);
	note_peer(wire);
	wire->fd = -1;
	if (!wire->answered)
		wire->answered = rp_source_soon(on_answered, wire);
}

/* "No" takes a round trip too. */
static void
note_refusal(RpCurlWire *wire, long os_errno)
{
	if (os_errno == ECONNREFUSED && wire->fd >= 0)
		wire->rtt = g_get_monotonic_time() - wire->asked_at;
}

static void
note_addresses(RpCurlWire *wire)
{
	char *local = NULL, *peer = NULL;
	long port = 0;
	if (curl_easy_getinfo(wire->easy, CURLINFO_LOCAL_IP, &local) == CURLE_OK && local)
		rp_address_parse(local, &wire->local);
	if (curl_easy_getinfo(wire->easy, CURLINFO_PRIMARY_IP, &peer) == CURLE_OK && peer)
		rp_address_parse(peer, &wire->peer);
	if (curl_easy_getinfo(wire->easy, CURLINFO_LOCAL_PORT, &port) == CURLE_OK)
		wire->local_port = (guint16)port;
}

/* Of the chain the first is the server's own (CURLINFO_CERTINFO(3)). */
static void
note_certificate(RpCurlWire *wire)
{
	static const char field[] = "Expire date:";
	struct curl_certinfo *chain = NULL;
	if (curl_easy_getinfo(wire->easy, CURLINFO_CERTINFO, &chain) != CURLE_OK || !chain ||
		chain->num_of_certs < 1)
		return;
	for (const struct curl_slist *line = chain->certinfo[0]; line; line = line->next)
		if (g_str_has_prefix(line->data, field))
			wire->certificate_end =
				MAX(0, (gint64)curl_getdate(line->data + strlen(field), NULL));
}

/* ---- the end of the set-up ---- */

/* Nothing is heard of the set-up after this; the caller tells what became of it. */
static const RpWireEvents *
end_set_up(RpCurlWire *wire)
{
	const RpWireEvents *events = wire->events;
	wire->events = NULL;
	rp_source_clear(&wire->answered);
	return events;
}

/* Where the system said why, that says more than the library. */
static char *
describe(const RpCurlWire *wire, RpWireFailureKind kind, CURLcode code, long os_errno)
{
	if (kind == RP_WIRE_LINK)
		return g_strdup(g_strerror(wire->bind_errno));
	if ((kind == RP_WIRE_CONNECT || kind == RP_WIRE_BROKEN) && code == CURLE_COULDNT_CONNECT &&
		os_errno)
		return rp_curl_connect_words(os_errno);
	const char *raw = *wire->error ? wire->error : curl_easy_strerror(code);
	char *plain = rp_tls_words(raw);
	if (plain)
		g_info("%s: %s", plain, raw);
	return plain ? plain : rp_curl_failure_words(raw);
}

static void
fail(RpCurlWire *wire, CURLcode code, long os_errno)
{
	RpWireFailure failure = {
		.stage = wire->stage.any ? wire->stage.stage : RP_STAGE_CONNECT,
	};
	if (wire->bind_errno)
		failure.kind = RP_WIRE_LINK;
	else if (wire->stopped)
		failure.kind = RP_WIRE_STOPPED;
	else
		failure.kind = rp_curl_failure_kind(code, wire->error, os_errno, failure.stage);
	g_autofree char *words = describe(wire, failure.kind, code, os_errno);
	g_autofree char *own = rp_curl_authorities_verdict(wire->ca_file, code);
	if (!own)
		own = rp_curl_client_verdict(
			wire->client_cert, wire->client_key, code, wire->error);
	if (own)
		failure.kind = RP_WIRE_UNSUPPORTED;
	failure.words = own ? own : words;
	note_refusal(wire, os_errno);
	end_set_up(wire)->failed(&failure, wire->user);
}

static void
on_set_up(CURLcode code, gpointer user)
{
	RpCurlWire *wire = user;
	long os_errno = 0;
	if (!wire->events)
		return;
	curl_easy_getinfo(wire->easy, CURLINFO_OS_ERRNO, &os_errno);
	/* It is the last address's. Of a host that has IPv6 as well, where there is none of that,
	 * it would hide the answer that was given by IPv4. */
	if (code == CURLE_COULDNT_CONNECT && wire->refused)
		os_errno = ECONNREFUSED;
	note_addresses(wire);
	note_certificate(wire);
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
	RpCurlWire *wire = user;
	rp_source_clear(&wire->later);
	end_set_up(wire)->failed(&wire->failure, wire->user);
	return G_SOURCE_REMOVE;
}

static void
fail_later(RpCurlWire *wire, RpWireFailureKind kind, const char *words)
{
	wire->failure = (RpWireFailure){RP_STAGE_CONNECT, kind, words};
	wire->later = rp_source_soon(on_later, wire);
}

static void
set_callbacks(RpCurlWire *wire)
{
	curl_easy_setopt(wire->easy, CURLOPT_ERRORBUFFER, wire->error);
	curl_easy_setopt(wire->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(wire->easy, CURLOPT_HEADERDATA, wire);
	curl_easy_setopt(wire->easy, CURLOPT_DEBUGFUNCTION, on_debug);
	curl_easy_setopt(wire->easy, CURLOPT_DEBUGDATA, wire);
	curl_easy_setopt(wire->easy, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(wire->easy, CURLOPT_OPENSOCKETFUNCTION, on_address);
	curl_easy_setopt(wire->easy, CURLOPT_OPENSOCKETDATA, wire);
	curl_easy_setopt(wire->easy, CURLOPT_SOCKOPTFUNCTION, on_new_socket);
	curl_easy_setopt(wire->easy, CURLOPT_SOCKOPTDATA, wire);
}

static void
begin(RpCurlWire *wire)
{
	CURLMcode code = rp_curl_multi_add(wire->multi, wire->easy, on_set_up, on_moved, wire);

	wire->added = code == CURLM_OK;
	if (!wire->added)
		fail_later(wire, RP_WIRE_RESOURCES, curl_multi_strerror(code));
}

/* What the link's network calls so; libcurl then asks nobody. */
static void
on_looked_up(const GArray *addresses, gpointer user)
{
	RpCurlWire *wire = user;
	g_autoptr(GString) entry = g_string_new(wire->host_and_port);

	for (guint i = 0; addresses && i < addresses->len; i++) {
		const RpAddress *address = &g_array_index(addresses, RpAddress, i);
		g_autofree char *text = rp_address_format(address);

		g_string_append_printf(entry, address->family == RP_FAMILY_IPV6 ? "%c[%s]" : "%c%s",
			i ? ',' : ':', text);
	}
	if (addresses)
		wire->resolved = curl_slist_append(wire->resolved, entry->str);
	curl_easy_setopt(wire->easy, CURLOPT_RESOLVE, wire->resolved);
	begin(wire);
}

/* What libcurl was told for one link it would keep for all that comes by whatever link. */
static void
forget_others(RpCurlWire *wire)
{
	g_autofree char *forget = g_strconcat("-", wire->host_and_port, NULL);

	wire->resolved = curl_slist_append(NULL, forget);
	curl_easy_setopt(wire->easy, CURLOPT_RESOLVE, wire->resolved);
}

static gboolean
look_up(RpCurlWire *wire, const RpWireTarget *target)
{
	const RpRoute *route = &target->route;
	RpAddress literal;

	if (!wire->names || rp_address_parse(target->endpoint->host, &literal))
		return FALSE;
	wire->host_and_port =
		g_strdup_printf("%s:%u", target->endpoint->host, target->endpoint->port);
	forget_others(wire);
	if (!wire->interface)
		return FALSE;
	wire->lookup = rp_names_lookup(wire->names, wire->interface,
		route->source.family != RP_FAMILY_ANY ? route->source.family : route->family,
		target->endpoint->host, on_looked_up, wire);
	return TRUE;
}

void
rp_curl_set_up(RpCurlWire *wire, const RpWireTarget *target)
{
	const char *why = NULL;
	wire->easy = curl_easy_init();
	if (!wire->easy) {
		fail_later(wire, RP_WIRE_RESOURCES, "libcurl can't begin a session");
		return;
	}
	wire->ca_file = g_strdup(target->tls.ca_file);
	wire->client_cert = g_strdup(target->tls.client_cert);
	wire->client_key = g_strdup(target->tls.client_key);
	wire->complaint = rp_curl_client_complaint(wire->client_cert, wire->client_key);
	if (wire->complaint) {
		fail_later(wire, RP_WIRE_UNSUPPORTED, wire->complaint);
		return;
	}
	if (!rp_curl_set_options(wire->easy, target, &why)) {
		fail_later(wire, RP_WIRE_UNSUPPORTED, why);
		return;
	}
	set_callbacks(wire);
	if (!look_up(wire, target))
		begin(wire);
}
