/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "curl-wire.h"

#include "roampost/language.h"

#include <gio/gio.h>
#include <glib-unix.h>

/* libcurl says which sockets and which time it waits for; each is a GSource of the context in which
 * the multi handle was made. */

typedef struct {
	RpCurlDone done;
	void (*moved)(gpointer user);
	gpointer user;
} Transfer;

struct RpCurlMulti {
	gint refs;
	CURLM *curl;
	RpCurlTickets *tickets; /* or NULL */
	GMainContext *context;
	GSource *timer;
	GHashTable *sources;   /* fd -> GSource */
	GHashTable *transfers; /* CURL* -> Transfer */
};

static void
report_done(RpCurlMulti *multi)
{
	int left = 0;
	CURLMsg *message;
	while ((message = curl_multi_info_read(multi->curl, &left))) {
		Transfer *transfer = g_hash_table_lookup(multi->transfers, message->easy_handle);
		if (message->msg != CURLMSG_DONE || !transfer)
			continue;
		CURLcode code = message->data.result;
		Transfer copy = *transfer; /* it may be removed in the callback */
		copy.done(code, copy.user);
	}
}

static void
report_moved(RpCurlMulti *multi)
{
	GHashTableIter iter;
	gpointer value;
	g_hash_table_iter_init(&iter, multi->transfers);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		Transfer *transfer = value;
		transfer->moved(transfer->user);
	}
}

static void
act(RpCurlMulti *multi, curl_socket_t fd, int events)
{
	int running = 0;
	/* What it says went wrong, in errno's words, is kept: whoever's call has led here. */
	g_auto(RpLanguageScope) scope = rp_language_enter(NULL);
	rp_curl_multi_ref(multi);
	curl_multi_socket_action(multi->curl, fd, events, &running);
	report_moved(multi);
	report_done(multi);
	rp_curl_multi_unref(multi);
}

static gboolean
on_socket(gint fd, GIOCondition condition, gpointer user)
{
	int events = 0;
	if (condition & G_IO_IN)
		events |= CURL_CSELECT_IN;
	if (condition & G_IO_OUT)
		events |= CURL_CSELECT_OUT;
	if (condition & (G_IO_ERR | G_IO_HUP))
		events |= CURL_CSELECT_ERR;
	act(user, fd, events);
	return G_SOURCE_CONTINUE;
}

static gboolean
on_timer(gpointer user)
{
	RpCurlMulti *multi = user;
	g_source_set_ready_time(multi->timer, -1);
	act(multi, CURL_SOCKET_TIMEOUT, 0);
	return G_SOURCE_CONTINUE;
}

static void
source_free(gpointer data)
{
	GSource *source = data;
	rp_source_clear(&source);
}

static int
watch_socket(CURL *easy, curl_socket_t fd, int what, void *user, void *socket_user)
{
	RpCurlMulti *multi = user;
	g_hash_table_remove(multi->sources, GINT_TO_POINTER(fd));
	GIOCondition condition = 0;
	if (what == CURL_POLL_IN || what == CURL_POLL_INOUT)
		condition |= G_IO_IN;
	if (what == CURL_POLL_OUT || what == CURL_POLL_INOUT)
		condition |= G_IO_OUT;
	if (!condition)
		return 0;
	GSource *source = g_unix_fd_source_new(fd, condition);
	g_source_set_callback(source, G_SOURCE_FUNC(on_socket), multi, NULL);
	g_source_attach(source, multi->context);
	g_hash_table_insert(multi->sources, GINT_TO_POINTER(fd), source);
	return 0;
}

static int
set_timer(CURLM *curl, long timeout_ms, void *user)
{
	RpCurlMulti *multi = user;
	gint64 at = -1;
	if (timeout_ms == 0)
		at = 0;
	else if (timeout_ms > 0)
		at = g_get_monotonic_time() + timeout_ms * (gint64)1000;
	g_source_set_ready_time(multi->timer, at);
	return 0;
}

RpCurlMulti *
rp_curl_multi_new(RpCurlTickets *tickets, GError **error)
{
	CURLM *curl = curl_multi_init();
	if (!curl) {
		g_set_error_literal(
			error, RP_ERROR, RP_ERROR_UNAVAILABLE, "libcurl can't be initialised");
		return NULL;
	}
	RpCurlMulti *multi = g_new0(RpCurlMulti, 1);
	multi->refs = 1;
	multi->curl = curl;
	multi->tickets = tickets ? rp_curl_tickets_ref(tickets) : NULL;
	multi->context = g_main_context_ref_thread_default();
	multi->sources = g_hash_table_new_full(NULL, NULL, NULL, source_free);
	multi->transfers = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	multi->timer = rp_source_timer(on_timer, multi);
	curl_multi_setopt(curl, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl_multi_setopt(curl, CURLMOPT_SOCKETDATA, multi);
	curl_multi_setopt(curl, CURLMOPT_TIMERFUNCTION, set_timer);
	curl_multi_setopt(curl, CURLMOPT_TIMERDATA, multi);
	return multi;
}

RpCurlMulti *
rp_curl_multi_ref(RpCurlMulti *multi)
{
	multi->refs++;
	return multi;
}

RpCurlTickets *
rp_curl_multi_tickets(const RpCurlMulti *multi)
{
	return multi->tickets;
}

void
rp_curl_multi_unref(RpCurlMulti *multi)
{
	if (!multi || --multi->refs > 0)
		return;
	curl_multi_cleanup(multi->curl);
	rp_curl_tickets_unref(multi->tickets);
	g_hash_table_unref(multi->sources);
	g_hash_table_unref(multi->transfers);
	rp_source_clear(&multi->timer);
	g_main_context_unref(multi->context);
	g_free(multi);
}

CURLMcode
rp_curl_multi_add(RpCurlMulti *multi, CURL *easy, RpCurlDone done, void (*moved)(gpointer user),
	gpointer user)
{
	Transfer *transfer = g_new0(Transfer, 1);
	transfer->done = done;
	transfer->moved = moved;
	transfer->user = user;
	g_hash_table_insert(multi->transfers, easy, transfer);
	if (multi->tickets)
		rp_curl_tickets_use(multi->tickets, easy);
	CURLMcode code = curl_multi_add_handle(multi->curl, easy);
	if (code != CURLM_OK)
		g_hash_table_remove(multi->transfers, easy);
	return code;
}

void
rp_curl_multi_remove(RpCurlMulti *multi, CURL *easy)
{
	g_hash_table_remove(multi->transfers, easy);
	curl_multi_remove_handle(multi->curl, easy);
}
