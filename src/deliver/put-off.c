/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

#include "roampost/retry.h"

#include <string.h>

/* Recipients that a set's server has put off, and when each can succeed: a greylister (RFC 6647)
 * knows a sender and a recipient, and counts from the first try. It forgets when the agent ends:
 * then the message's own last reply still tells that its recipient was put off. */

/* More than these are forgotten, all together. */
#define MOST 4096
/* A server that always names a short time is not believed for ever. */
#define BELIEVED 5
/* Its clock may run behind ours. */
#define MARGIN G_TIME_SPAN_SECOND

typedef struct {
	guint count;  /* tries in a row that were put off */
	RpTime at;    /* the last that told */
	RpTime until; /* when the next can succeed */
	RpTime aside; /* others of its message go first until then; 0: none do */
} PutOff;

GHashTable *
rp_put_off_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

static char *
key_of(const RpLane *lane, const char *recipient)
{
	g_autofree char *lower = g_ascii_strdown(recipient, -1);

	return g_strconcat(lane->set_name, "\n", lower, NULL);
}

static PutOff *
get(const RpLane *lane, const char *recipient)
{
	g_autofree char *key = key_of(lane, recipient);
	GHashTable *all = lane->lanes->put_off;
	PutOff *one = g_hash_table_lookup(all, key);

	if (one)
		return one;
	if (g_hash_table_size(all) >= MOST)
		g_hash_table_remove_all(all);
	one = g_new0(PutOff, 1);
	g_hash_table_insert(all, g_steal_pointer(&key), one);
	return one;
}

static RpSpan
named_wait(guint seconds, guint count)
{
	RpSpan named = seconds * G_TIME_SPAN_SECOND + MARGIN;

	return count > BELIEVED ? MAX(named, rp_retry_greylist_wait(count - BELIEVED)) : named;
}

RpTime
rp_put_off_note(const RpLane *lane, const char *recipient, const char *words)
{
	RpTime now = rp_ground_now(lane->lanes->ground);
	guint seconds = words ? rp_reply_wait_seconds(words) : 0;
	gboolean greylists = words && rp_reply_is_greylisting(words);
	PutOff *one = get(lane, recipient);
	/* Another message, or the user could not wait. A clock that was put back makes nothing
	 * early. */
	gboolean early = one->at <= now && now < one->until;

	one->count += !early;
	if (seconds || !early)
		one->at = now;
	if (seconds)
		one->until = now + named_wait(seconds, one->count);
	else if (greylists && !early)
		one->until = now + rp_retry_greylist_wait(one->count);
	return seconds || greylists ? one->until : 0;
}

void
rp_put_off_set_aside(const RpLane *lane, const char *recipient, RpTime until)
{
	get(lane, recipient)->aside = until;
}

RpTime
rp_put_off_aside(const RpLane *lane, const char *recipient)
{
	g_autofree char *key = NULL;
	const PutOff *one;

	if (!g_hash_table_size(lane->lanes->put_off))
		return 0;
	key = key_of(lane, recipient);
	one = g_hash_table_lookup(lane->lanes->put_off, key);
	return one && one->aside > rp_ground_now(lane->lanes->ground) ? one->aside : 0;
}

void
rp_put_off_forget(const RpLane *lane, const char *recipient)
{
	g_autofree char *key = NULL;

	if (!g_hash_table_size(lane->lanes->put_off))
		return;
	key = key_of(lane, recipient);
	g_hash_table_remove(lane->lanes->put_off, key);
}

gboolean
rp_put_off_is(const RpLane *lane, const RpQueueRecipient *recipient)
{
	g_autofree char *key = NULL;

	if (recipient->reply && recipient->reply[0] == '4')
		return TRUE;
	if (!g_hash_table_size(lane->lanes->put_off))
		return FALSE;
	key = key_of(lane, recipient->address);
	return g_hash_table_contains(lane->lanes->put_off, key);
}
