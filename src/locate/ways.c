/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "locate-private.h"

/* What the configuration's words for a way stand for; a question is begun. */

static const struct {
	const char *prefix;
	const RpAskWay *way;
} ways[] = {
	{"gateway", &rp_ask_gateway},
#ifdef RP_WITH_UPNP
	{"upnp", &rp_ask_upnp},
#endif
	{"stun:", &rp_ask_stun},
	{"https://", &rp_ask_https},
};

static gboolean
on_refused(gpointer user)
{
	RpAsk *ask = user;

	ask->refused = 0;
	rp_ask_answer(ask, NULL, "it can't be asked here");
	return G_SOURCE_REMOVE;
}

RpAsk *
rp_ask_new(const char *way, const RpLink *link, RpAskDone done, gpointer user)
{
	RpAsk *ask = g_new0(RpAsk, 1);

	ask->link = link;
	ask->done = done;
	ask->user = user;
	for (guint i = 0; i < G_N_ELEMENTS(ways) && !ask->way; i++)
		if (g_str_has_prefix(way, ways[i].prefix))
			ask->way = ways[i].way;
	if (ask->way)
		ask->kept = ask->way->start(ask, way);
	if (!ask->kept)
		ask->refused = g_idle_add_full(G_PRIORITY_DEFAULT, on_refused, ask, NULL);
	return ask;
}
