/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-names"
#include "names-private.h"

#include "roampost/base.h"
#include "roampost/dns-query.h"

#include <glib-unix.h>
#include <sys/random.h>
#include <sys/socket.h>

/* Questions to a link's own DNS servers, over the link: for both families at once. */

enum { SECONDS_EACH = 1, ASKED_MOST = 2, FAMILIES = 2 };

typedef struct {
	guint8 octets[RP_DNS_LARGEST];
	gsize length; /* 0: not asked, or answered */
} Question;

struct RpDnsAsk {
	RpLink *link;
	char *host;
	RpFamily family;
	void (*done)(const GArray *addresses, gpointer user);
	gpointer user;
	guint server; /* index into the link's, of the one that is asked */
	guint n_asked;
	gboolean silent; /* the last one that was asked: the question or its answer may be lost */
	Question questions[FAMILIES];
	GArray *addresses;
	RpFd fd;
	GSource *readable;
	GSource *next;
};

static gboolean on_next(gpointer user);

static void
hang_up(RpDnsAsk *ask)
{
	rp_source_clear(&ask->readable);
	rp_source_clear(&ask->next);
	rp_fd_clear(&ask->fd);
}

static gboolean
is_answered(const RpDnsAsk *ask)
{
	for (guint i = 0; i < FAMILIES; i++)
		if (ask->questions[i].length)
			return FALSE;
	return TRUE;
}

static void
take(RpDnsAsk *ask, const guint8 *data, gsize length)
{
	for (guint i = 0; i < FAMILIES; i++) {
		Question *question = &ask->questions[i];

		if (question->length &&
			rp_dns_read(data, length, question->octets, question->length,
				ask->addresses) != RP_DNS_NOT_OURS)
			question->length = 0;
	}
}

static gboolean
on_readable(gint fd, GIOCondition condition, gpointer user)
{
	RpDnsAsk *ask = user;
	guint8 data[RP_DNS_LARGEST];
	ssize_t length = recv(fd, data, sizeof data, MSG_DONTWAIT);

	if (length > 0)
		take(ask, data, (gsize)length);
	if (length > 0 && !is_answered(ask))
		return G_SOURCE_CONTINUE;
	hang_up(ask);
	if (ask->addresses->len)
		ask->done(ask->addresses, ask->user);
	else
		on_next(ask); /* nobody listens there, or it knows nothing */
	return G_SOURCE_REMOVE;
}

static gboolean
write_questions(RpDnsAsk *ask)
{
	static const RpFamily families[FAMILIES] = {RP_FAMILY_IPV4, RP_FAMILY_IPV6};
	gboolean any = FALSE;

	for (guint i = 0; i < FAMILIES; i++) {
		Question *question = &ask->questions[i];
		guint8 id[2];

		question->length = 0;
		if ((ask->family != RP_FAMILY_ANY && ask->family != families[i]) ||
			getrandom(id, sizeof id, GRND_NONBLOCK) != sizeof id)
			continue;
		question->length = rp_dns_question(question->octets, ask->host, families[i], id);
		any |= question->length > 0;
	}
	return any;
}

static gboolean
send_questions(RpDnsAsk *ask, const RpAddress *server)
{
	enum { DNS_PORT = 53 };
	g_autoptr(GError) error = NULL;

	ask->fd = rp_bound_socket(ask->link, server, DNS_PORT, SOCK_DGRAM, &error);
	if (ask->fd < 0) {
		g_debug("%s: %s", ask->link->interface, error->message);
		return FALSE;
	}
	for (guint i = 0; i < FAMILIES; i++)
		if (ask->questions[i].length &&
			send(ask->fd, ask->questions[i].octets, ask->questions[i].length,
				MSG_DONTWAIT | MSG_NOSIGNAL) < 0)
			return FALSE;
	ask->readable = g_unix_fd_source_new(ask->fd, G_IO_IN | G_IO_ERR);
	g_source_set_callback(ask->readable, G_SOURCE_FUNC(on_readable), ask, NULL);
	g_source_attach(ask->readable, g_main_context_get_thread_default());
	return TRUE;
}

static gboolean
ask_one(RpDnsAsk *ask, const char *text)
{
	RpAddress server;

	return rp_address_parse(text, &server) && !rp_address_is_loopback(&server) &&
	       rp_link_has_family(ask->link, server.family) && write_questions(ask) &&
	       send_questions(ask, &server);
}

static gboolean
on_silence(gpointer user)
{
	((RpDnsAsk *)user)->silent = TRUE;
	return on_next(user);
}

static void
wait_for_answer(RpDnsAsk *ask)
{
	ask->n_asked++;
	ask->silent = FALSE;
	ask->next = g_timeout_source_new_seconds(SECONDS_EACH);
	g_source_set_callback(ask->next, on_silence, ask, NULL);
	g_source_attach(ask->next, g_main_context_get_thread_default());
}

/* NULL: none is left. */
static const char *
next_server(RpDnsAsk *ask)
{
	char **servers = ask->link->dns_servers;

	if (ask->addresses->len || !servers || ask->n_asked == ASKED_MOST)
		return NULL;
	if (!servers[ask->server] && ask->silent)
		ask->server--;
	ask->silent = FALSE;
	return servers[ask->server] ? servers[ask->server++] : NULL;
}

/* The next server, or a lone one that said nothing once more; after the last one it is over. What
 * one answered in part is taken then. */
static gboolean
on_next(gpointer user)
{
	RpDnsAsk *ask = user;
	const char *server;

	hang_up(ask);
	while ((server = next_server(ask))) {
		if (ask_one(ask, server)) {
			wait_for_answer(ask);
			return G_SOURCE_REMOVE;
		}
		hang_up(ask);
	}
	ask->done(ask->addresses, ask->user);
	return G_SOURCE_REMOVE;
}

RpDnsAsk *
rp_dns_ask_new(const RpLink *link, RpFamily family, const char *host,
	void (*done)(const GArray *addresses, gpointer user), gpointer user)
{
	RpDnsAsk *ask = g_new0(RpDnsAsk, 1);

	ask->link = rp_link_copy(link);
	ask->host = g_strdup(host);
	ask->family = family;
	ask->done = done;
	ask->user = user;
	ask->fd = -1;
	ask->addresses = g_array_new(FALSE, FALSE, sizeof(RpAddress));
	ask->next = rp_names_soon(on_next, ask);
	return ask;
}

void
rp_dns_ask_free(RpDnsAsk *ask)
{
	if (!ask)
		return;
	hang_up(ask);
	rp_link_free(ask->link);
	g_array_unref(ask->addresses);
	g_free(ask->host);
	g_free(ask);
}
