/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

#include <string.h>

/* Which mail suits a session whose server takes recipients of so many domains in one (LIMITS'
 * RCPTDOMAINMAX, RFC 9422 section 4.3): that of the domains it has, in the queue's order. */

/* Messages that go before one whose domains are others, until a session ends for it: what that
 * costs counts for little among so many, and nobody waits for long. The next session begins with
 * who has waited for longest, and all are counted anew. */
#define OVERTAKEN_MOST 30

static char *
domain_of(const char *address)
{
	const char *at = strrchr(address, '@');

	return g_ascii_strdown(at ? at + 1 : "", -1);
}

/* Its domains as a set. */
static GHashTable *
domains_of(const RpOutgoing *outgoing)
{
	GHashTable *domains = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < outgoing->n_recipients; i++)
		g_hash_table_add(domains, domain_of(outgoing->addresses[i]));
	return domains;
}

/* Of those domains the session could have so many. */
static guint
count_taken(const RpLaneSession *session, GHashTable *domains, guint most)
{
	guint room = most - MIN(most, g_hash_table_size(session->domains)), n = 0, n_new = 0;
	GHashTableIter iter;
	gpointer domain;

	g_hash_table_iter_init(&iter, domains);
	while (g_hash_table_iter_next(&iter, &domain, NULL)) {
		if (g_hash_table_contains(session->domains, domain))
			n++;
		else
			n_new++;
	}
	return n + MIN(n_new, room);
}

static guint
count_transactions(guint n_domains, guint most)
{
	return (n_domains + most - 1) / most;
}

/* What was taken from it goes once; the rest, if there is one, in as few transactions as may be:
 * it has its content in each of them. */
gboolean
rp_session_suits(const RpLaneSession *session, const RpOutgoing *outgoing)
{
	g_autoptr(GHashTable) domains = NULL;
	guint most = session->capabilities.max_domains, n, n_taken;

	if (session->finished)
		return FALSE;
	if (!session->up || !most)
		return TRUE;
	domains = domains_of(outgoing);
	n = g_hash_table_size(domains);
	n_taken = count_taken(session, domains, most);
	return n_taken && 1 + count_transactions(n - n_taken, most) <= count_transactions(n, most);
}

void
rp_session_take_domains(RpLaneSession *session, RpOutgoing *outgoing)
{
	guint most = session->capabilities.max_domains;
	gboolean is_first = !g_hash_table_size(session->domains), before = TRUE;

	if (!most)
		return;
	for (GList *link = session->lane->outgoing.head; link; link = link->next) {
		RpOutgoing *other = link->data;

		before = before && other != outgoing;
		other->n_overtaken = is_first ? 0 : other->n_overtaken + before;
	}
	for (guint i = 0; i < outgoing->n_recipients; i++)
		if (g_hash_table_size(session->domains) < most)
			g_hash_table_add(session->domains, domain_of(outgoing->addresses[i]));
}

/* ---- what waits ---- */

static gboolean
suits_any(const RpLane *lane, const RpOutgoing *outgoing)
{
	for (guint i = 0; i < lane->sessions->len; i++)
		if (rp_session_suits(lane->sessions->pdata[i], outgoing))
			return TRUE;
	return FALSE;
}

static guint
count_finished(const RpLane *lane)
{
	guint n = 0;

	for (guint i = 0; i < lane->sessions->len; i++)
		n += ((RpLaneSession *)lane->sessions->pdata[i])->finished;
	return n;
}

guint
rp_lane_count_suited(const RpLane *lane)
{
	gboolean all = count_finished(lane) == lane->sessions->len;
	guint count = 0;

	for (GList *link = lane->outgoing.head; link; link = link->next) {
		const RpOutgoing *outgoing = link->data;

		count += outgoing->state != RP_OUTGOING_MARKING &&
			 (all || suits_any(lane, outgoing));
	}
	return count;
}

static gboolean
lacks(const RpLaneSession *session)
{
	if (!session->up || session->finished || !session->capabilities.max_domains)
		return FALSE;
	for (GList *link = session->lane->outgoing.head; link; link = link->next)
		if (rp_session_suits(session, link->data))
			return FALSE;
	return session->lane->outgoing.length > 0;
}

gboolean
rp_lane_any_lacks(const RpLane *lane)
{
	for (guint i = 0; i < lane->sessions->len; i++)
		if (lacks(lane->sessions->pdata[i]))
			return TRUE;
	return FALSE;
}

/* ---- sessions that end for it ---- */

void
rp_lane_end_lacking(const RpLane *lane)
{
	for (guint i = 0; i < lane->sessions->len; i++)
		if (lacks(lane->sessions->pdata[i]))
			rp_lane_session_finish(lane->sessions->pdata[i]);
}

static gboolean
waits_too_long(const RpLane *lane)
{
	for (GList *link = lane->outgoing.head; link; link = link->next) {
		const RpOutgoing *outgoing = link->data;

		if (outgoing->n_overtaken >= OVERTAKEN_MOST && !suits_any(lane, outgoing))
			return TRUE;
	}
	return FALSE;
}

/* Where one is ending anyhow, the next one comes to it. */
void
rp_lane_end_for_others(const RpLane *lane)
{
	if (!count_finished(lane) && waits_too_long(lane))
		rp_lane_session_finish(lane->sessions->pdata[0]);
}
