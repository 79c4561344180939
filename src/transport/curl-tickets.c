/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "curl-wire.h"

/* The TLS sessions that servers gave us, by place: resumed where they were given, a laptop tells no
 * other network where it was before. */

/* So many places are remembered; where one has been since has more use for its own. */
#define PLACES_MOST 8

struct RpCurlTickets {
	gint refs;
	char *place;
	CURLSH *share;
	gboolean slow_only; /* a connection that was opened fast came to nothing here */
};

/* NULL in `share` costs no more than that each connection has the certificates sent again. */
static RpCurlTickets *
tickets_new(const char *place)
{
	RpCurlTickets *tickets = g_new0(RpCurlTickets, 1);

	tickets->refs = 1;
	tickets->place = g_strdup(place);
	tickets->share = curl_share_init();
	if (tickets->share)
		curl_share_setopt(tickets->share, CURLSHOPT_SHARE, CURL_LOCK_DATA_SSL_SESSION);
	return tickets;
}

RpCurlTickets *
rp_curl_tickets_ref(RpCurlTickets *tickets)
{
	tickets->refs++;
	return tickets;
}

void
rp_curl_tickets_unref(RpCurlTickets *tickets)
{
	if (!tickets || --tickets->refs > 0)
		return;
	if (tickets->share)
		curl_share_cleanup(tickets->share);
	g_free(tickets->place);
	g_free(tickets);
}

void
rp_curl_tickets_use(const RpCurlTickets *tickets, CURL *easy)
{
	if (tickets->share)
		curl_easy_setopt(easy, CURLOPT_SHARE, tickets->share);
}

gboolean
rp_curl_tickets_may_open_fast(const RpCurlTickets *tickets)
{
	return !tickets->slow_only;
}

void
rp_curl_tickets_doubt_fast(RpCurlTickets *tickets)
{
	tickets->slow_only = TRUE;
}

static void
unref(gpointer data)
{
	rp_curl_tickets_unref(data);
}

GPtrArray *
rp_curl_places_new(void)
{
	return g_ptr_array_new_with_free_func(unref);
}

/* The place of now is the last one. */
RpCurlTickets *
rp_curl_places_enter(GPtrArray *places, const char *place)
{
	RpCurlTickets *tickets = NULL;

	for (guint i = 0; i < places->len && !tickets; i++)
		if (g_str_equal(((RpCurlTickets *)places->pdata[i])->place, place))
			tickets = g_ptr_array_steal_index(places, i);
	if (!tickets)
		tickets = tickets_new(place);
	if (places->len >= PLACES_MOST)
		g_ptr_array_remove_index(places, 0);
	g_ptr_array_add(places, tickets);
	return tickets;
}
