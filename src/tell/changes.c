/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "tell-private.h"

/* What changes more often than anybody wants to hear. Messages are compared with what the bus knows
 * of them, so that only what differs goes out; a queue that is too long for that is said to have
 * changed. Nothing is read while nobody can hear. */

#define CHANGES_PAUSE (250 * G_TIME_SPAN_MILLISECOND)
/* Messages that are compared, and named in one signal. */
#define MESSAGES_MOST 200
/* Octets of these: of many recipients each has its reasons. */
#define CHANGES_MOST (1 << 20)

void
rp_tell_changes_init(RpTell *tell)
{
	/* By the clock, so that it rises from one agent to the next. */
	tell->revision = (guint64)MAX(rp_ground_now(tell->ground), 0);
	tell->changes_at = G_MAXINT64;
	tell->changes_last = 0;
}

static void
forget_messages(RpTell *tell)
{
	g_clear_pointer(&tell->known, g_hash_table_unref);
	tell->queue_version = 0;
}

void
rp_tell_changes_clear(RpTell *tell)
{
	g_clear_handle_id(&tell->changes_source, g_source_remove);
	forget_messages(tell);
}

/* ---- changed messages ---- */

static void
announce(RpTell *tell, GVariantBuilder *changed, GVariantBuilder *removed)
{
	rp_bus_service_set(tell->bus, "Revision", g_variant_new_uint64(++tell->revision));
	rp_bus_service_emit(tell->bus, "MessagesChanged",
		g_variant_new("(aa{sv}ast)", changed, removed, tell->revision));
}

/* Neither list: they are to be asked for. */
static void
announce_all(RpTell *tell)
{
	GVariantBuilder changed, removed;

	g_variant_builder_init(&changed, G_VARIANT_TYPE("aa{sv}"));
	g_variant_builder_init(&removed, G_VARIANT_TYPE_STRING_ARRAY);
	announce(tell, &changed, &removed);
}

static GHashTable *
values_of(const RpTell *tell, const GPtrArray *messages)
{
	GHashTable *values = g_hash_table_new_full(
		g_int64_hash, g_int64_equal, g_free, (GDestroyNotify)g_variant_unref);

	for (guint i = 0; i < messages->len; i++) {
		const RpQueueMessage *message = messages->pdata[i];

		g_hash_table_insert(values, g_memdup2(&message->id, sizeof message->id),
			g_variant_ref_sink(rp_tell_message(tell, message)));
	}
	return values;
}

/* Adds those of `now` that are not the same in `before`; how many. `*size` is that of the values.
 */
static guint
add_changed(GVariantBuilder *builder, GHashTable *before, const GPtrArray *messages,
	GHashTable *now, gsize *size)
{
	guint n = 0;

	*size = 0;

	for (guint i = 0; i < messages->len; i++) {
		const RpQueueMessage *message = messages->pdata[i];
		GVariant *old = g_hash_table_lookup(before, &message->id);
		GVariant *value = g_hash_table_lookup(now, &message->id);

		if (old && g_variant_equal(old, value))
			continue;
		g_variant_builder_add_value(builder, value);
		*size += g_variant_get_size(value);
		n++;
	}
	return n;
}

static guint
add_removed(GVariantBuilder *builder, GHashTable *before, GHashTable *now)
{
	char text[RP_MESSAGE_ID_SIZE];
	GHashTableIter iter;
	gpointer id;
	guint n = 0;

	g_hash_table_iter_init(&iter, before);
	while (g_hash_table_iter_next(&iter, &id, NULL)) {
		if (g_hash_table_contains(now, id))
			continue;
		g_variant_builder_add(builder, "s", rp_message_id_format(*(gint64 *)id, text));
		n++;
	}
	return n;
}

static void
announce_differences(RpTell *tell, const GPtrArray *messages)
{
	g_autoptr(GHashTable) before = tell->known;
	GVariantBuilder changed, removed;
	gsize size;
	guint n;

	tell->known = values_of(tell, messages);
	if (!before) {
		announce_all(tell);
		return;
	}
	g_variant_builder_init(&changed, G_VARIANT_TYPE("aa{sv}"));
	g_variant_builder_init(&removed, G_VARIANT_TYPE_STRING_ARRAY);
	n = add_changed(&changed, before, messages, tell->known, &size);
	n += add_removed(&removed, before, tell->known);
	if (n && n <= MESSAGES_MOST && size <= CHANGES_MOST) {
		announce(tell, &changed, &removed);
		return;
	}
	g_variant_builder_clear(&changed);
	g_variant_builder_clear(&removed);
	if (n)
		announce_all(tell);
}

static gboolean
is_long(const RpTell *tell)
{
	RpQueueCounts counts = {0};
	gint64 n = 0;

	rp_queue_counts(tell->ground->queue, &counts, NULL);
	for (guint state = 0; state < RP_N_MESSAGE_STATES; state++)
		n += counts.by_state[state];
	return n > MESSAGES_MOST;
}

static void
say_changes(RpTell *tell)
{
	gint64 version = rp_queue_version(tell->ground->queue);
	g_autoptr(GPtrArray) messages = NULL;

	tell->changes_at = G_MAXINT64;
	if (rp_bus_service_state(tell->bus) != RP_BUS_OWNED) {
		forget_messages(tell);
		return;
	}
	if (version == tell->queue_version)
		return;
	tell->changes_last = rp_ground_now(tell->ground);
	if (!is_long(tell))
		messages = rp_queue_list(tell->ground->queue, 0, 0, 0, NULL);
	if (messages) {
		announce_differences(tell, messages);
	} else {
		forget_messages(tell);
		announce_all(tell);
	}
	tell->queue_version = version;
}

static gboolean
on_turned(gpointer user)
{
	RpTell *tell = user;

	tell->changes_source = 0;
	say_changes(tell);
	return G_SOURCE_REMOVE;
}

guint64
rp_tell_revision(const RpTell *tell)
{
	return tell->revision;
}

/* ---- when ---- */

void
rp_tell_note_changes(RpTell *tell)
{
	RpTime now = rp_ground_now(tell->ground);

	if (tell->changes_at == G_MAXINT64)
		tell->changes_at = rp_tell_next_time(now, tell->changes_last, CHANGES_PAUSE);
	if (tell->changes_at <= now && !tell->changes_source)
		tell->changes_source = g_idle_add_full(G_PRIORITY_DEFAULT, on_turned, tell, NULL);
	rp_tell_note_active(tell);
	rp_tell_note_tray(tell);
}

RpTime
rp_tell_next_deadline(const RpTell *tell)
{
	return MIN(MIN(MIN(tell->active_at, tell->tray_at), tell->room_at),
		tell->changes_source ? G_MAXINT64 : tell->changes_at);
}

void
rp_tell_due(RpTell *tell, gboolean at_once)
{
	RpTime now = rp_ground_now(tell->ground);

	rp_tell_active_due(tell, at_once);
	rp_tell_tray_due(tell, now);
	if (now >= tell->room_at || at_once)
		rp_tell_look_for_room(tell);
	if (tell->changes_source)
		return;
	if (tell->changes_at <= now || (at_once && tell->changes_at != G_MAXINT64))
		say_changes(tell);
}
