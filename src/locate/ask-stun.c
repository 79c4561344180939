/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-locate"
#include "locate-private.h"

#include "roampost/base.h"
#include "roampost/stun.h"

#include <gio/gio.h>
#include <string.h>
#include <sys/random.h>

/* A STUN server: its name first, then a Binding request, repeated as RFC 8489 section 6.2.1 has it,
 * but for no longer than a user waits. */

#define FIRST_WAIT_MS 500
#define MAX_TRIES 3

typedef struct {
	RpAsk *ask;
	guint16 port;
	GCancellable *cancellable;
	RpUdp *udp;
	guint8 id[RP_STUN_ID_SIZE];
	guint tries;
} Stun;

static void
stun_free(gpointer kept)
{
	Stun *stun = kept;

	g_cancellable_cancel(stun->cancellable);
	g_object_unref(stun->cancellable);
	rp_udp_free(stun->udp);
	g_free(stun);
}

static void
send_request(Stun *stun)
{
	guint8 request[RP_STUN_REQUEST_SIZE];

	rp_stun_request(request, stun->id);
	rp_udp_send(stun->udp, request, sizeof request, FIRST_WAIT_MS << stun->tries++);
}

static void
on_received(const guint8 *data, gsize length, gpointer user)
{
	Stun *stun = user;
	RpAddress address;

	switch (rp_stun_read(data, length, stun->id, &address)) {
	case RP_STUN_NOT_OURS:
		break;
	case RP_STUN_REFUSED:
		rp_ask_answer(stun->ask, NULL, "the STUN server refuses");
		break;
	case RP_STUN_ADDRESS:
		rp_ask_answer(stun->ask, &address, NULL);
		break;
	}
}

static void
on_timed_out(gpointer user)
{
	Stun *stun = user;

	if (stun->tries < MAX_TRIES)
		send_request(stun);
	else
		rp_ask_answer(stun->ask, NULL, "the STUN server does not answer");
}

static void
on_refused(gpointer user)
{
	rp_ask_answer(((Stun *)user)->ask, NULL, "the STUN server does not answer");
}

static const RpUdpEvents events = {on_received, on_timed_out, on_refused};

static void
begin(Stun *stun, const RpAddress *address)
{
	g_autoptr(GError) error = NULL;

	stun->udp = rp_udp_new(stun->ask->link, address, stun->port, &events, stun, &error);
	if (stun->udp)
		send_request(stun);
	else
		rp_ask_answer(stun->ask, NULL, error->message);
}

static void
on_resolved(GObject *resolver, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	GList *found =
		g_resolver_lookup_by_name_with_flags_finish(G_RESOLVER(resolver), result, &error);
	RpAddress address = {.family = RP_FAMILY_IPV4};

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	if (!found) {
		rp_ask_answer(((Stun *)user)->ask, NULL, "the STUN server's name has no address");
		return;
	}
	memcpy(address.bytes, g_inet_address_to_bytes(found->data), 4);
	g_resolver_free_addresses(found);
	begin(user, &address);
}

/* "stun:HOST:PORT", as the configuration has checked it. */
static gpointer
start(RpAsk *ask, const char *way)
{
	const char *name = way + strlen("stun:"), *colon = strrchr(name, ':');
	g_autofree char *host = g_strndup(name, (gsize)(colon - name));
	g_autoptr(GResolver) resolver = g_resolver_get_default();
	Stun *stun = g_new0(Stun, 1);

	stun->ask = ask;
	stun->port = (guint16)g_ascii_strtoull(colon + 1, NULL, 10);
	stun->cancellable = g_cancellable_new();
	if (getrandom(stun->id, sizeof stun->id, GRND_NONBLOCK) != sizeof stun->id) {
		stun_free(stun);
		return NULL;
	}
	g_resolver_lookup_by_name_with_flags_async(resolver, host,
		G_RESOLVER_NAME_LOOKUP_FLAGS_IPV4_ONLY, stun->cancellable, on_resolved, stun);
	return stun;
}

const RpAskWay rp_ask_stun = {start, stun_free};
