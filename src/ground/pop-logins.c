/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "records-private.h"

#include <string.h>

/* POP logins that were made, and what they open. */

static gboolean
is_ours(const RpRecords *records, const RpAddress *source)
{
	const GPtrArray *links = rp_whereabouts_network(records->whereabouts)->links;

	for (guint i = 0; i < links->len; i++) {
		const RpLink *link = links->pdata[i];

		for (guint j = 0; j < link->addresses->len; j++)
			if (rp_address_equal(&g_array_index(link->addresses, RpAddress, j), source))
				return TRUE;
	}
	return FALSE;
}

/* Where the server saw us log in from. A server on this machine is reached from an address that no
 * link has, and is opened for all; but an address that no link has any more opens nothing: FALSE.
 */
static gboolean
login_source(const RpRecords *records, const RpAddress *local, gboolean network_changed,
	RpAddress *source)
{
	*source = (RpAddress){.family = RP_FAMILY_ANY};
	if (is_ours(records, local))
		*source = *local;
	else if (network_changed)
		return local->family == RP_FAMILY_ANY || rp_address_is_loopback(local);
	return TRUE;
}

static void
drop_pop_login(RpRecords *records, const RpPopLoginRecord *like)
{
	for (guint i = records->pop_logins->len; i-- > 0;) {
		const RpPopLoginRecord *old = records->pop_logins->pdata[i];

		if (g_str_equal(old->set, like->set) &&
			g_strcmp0(old->place_key, like->place_key) == 0 &&
			rp_address_equal(&old->source, &like->source))
			g_ptr_array_remove_index(records->pop_logins, i);
	}
}

gboolean
rp_records_pop_login(RpRecords *records, const RpServerSet *set, const RpLoginOrigin *origin,
	const RpAddress *local)
{
	RpQueueChange *change;
	RpPopLoginRecord *record;
	RpAddress source;

	rp_records_forget_count(records, RP_FAILURE_POP_LOGIN_FAILED, set->name);
	rp_records_forget(records, set->name, RP_FAILURE_POP_LOGIN_FAILED);
	if (!login_source(records, local,
		    origin->n_networks != rp_whereabouts_n_networks(records->whereabouts), &source))
		return FALSE;
	record = g_new0(RpPopLoginRecord, 1);
	record->set = g_strdup(set->name);
	record->place_key = g_strdup(origin->place_key);
	record->source = source;
	record->at = rp_clock_now(records->clock);
	drop_pop_login(records, record);
	g_ptr_array_add(records->pop_logins, record);
	change = rp_queue_change_new(record->at);
	rp_change_save_pop_login(change, record);
	rp_writes_apply(records->writes, change, NULL, NULL);
	records->events.changed("a POP login was made", records->user);
	return TRUE;
}

void
rp_records_drop_pop_logins(RpRecords *records, const char *set)
{
	RpQueueChange *change = rp_queue_change_new(rp_clock_now(records->clock));

	for (guint i = records->pop_logins->len; i-- > 0;) {
		const RpPopLoginRecord *record = records->pop_logins->pdata[i];

		if (g_str_equal(record->set, set))
			g_ptr_array_remove_index(records->pop_logins, i);
	}
	rp_change_forget_pop_logins(change, set);
	rp_writes_apply(records->writes, change, NULL, NULL);
	records->events.changed("the server does not know of the POP login", records->user);
}

const RpPopLoginRecord *
rp_records_find_pop_login(const RpRecords *records, const char *set, const RpAddress *source)
{
	const RpPopLoginRecord *found = NULL;

	for (guint i = 0; i < records->pop_logins->len; i++) {
		const RpPopLoginRecord *record = records->pop_logins->pdata[i];

		if (!g_str_equal(record->set, set) ||
			g_strcmp0(record->place_key,
				rp_whereabouts_place(records->whereabouts)->key) != 0)
			continue;
		if (source && source->family != RP_FAMILY_ANY &&
			record->source.family != RP_FAMILY_ANY &&
			!rp_address_equal(source, &record->source))
			continue;
		if (!found || record->at > found->at)
			found = record;
	}
	return found;
}

/* ---- where a login was begun ---- */

void
rp_login_origin_note(RpLoginOrigin *origin, const RpWhereabouts *whereabouts, const char *place_key)
{
	rp_login_origin_clear(origin);
	origin->place_key = g_strdup(place_key);
	origin->n_networks = rp_whereabouts_n_networks(whereabouts);
}

void
rp_login_origin_clear(RpLoginOrigin *origin)
{
	g_clear_pointer(&origin->place_key, g_free);
}
