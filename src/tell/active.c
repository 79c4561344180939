/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "tell-private.h"

/* What is being sent, and how far it is. That a message begins or ends is told whoever listens; how
 * its octets go is looked at by the clock, and so only for those who have asked to watch: the agent
 * sleeps while a long mail is on a slow line. */

#define PAUSE (500 * G_TIME_SPAN_MILLISECOND)

void
rp_tell_active_init(RpTell *tell)
{
	tell->active_at = G_MAXINT64;
	tell->active_last = 0;
}

void
rp_tell_active_clear(RpTell *tell)
{
	g_clear_pointer(&tell->active, g_variant_unref);
}

static void
add_active(const RpActive *active, gpointer user)
{
	char text[RP_MESSAGE_ID_SIZE];
	GVariantBuilder dict;

	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	rp_dict_add_text(&dict, "id", rp_message_id_format(active->id, text));
	rp_dict_add_text(&dict, "set", active->set);
	rp_dict_add_text(&dict, "stage", active->stage);
	rp_dict_add(&dict, "done", g_variant_new_uint64(active->done));
	rp_dict_add(&dict, "total", g_variant_new_uint64(active->total));
	g_variant_builder_add_value(user, g_variant_builder_end(&dict));
}

static GVariant *
active_value(const RpTell *tell)
{
	GVariantBuilder array;

	g_variant_builder_init(&array, G_VARIANT_TYPE("aa{sv}"));
	tell->queries->each_active(add_active, &array, tell->user);
	return g_variant_ref_sink(g_variant_builder_end(&array));
}

static void
say_active(RpTell *tell)
{
	g_autoptr(GVariant) active = active_value(tell);
	RpTime now = rp_ground_now(tell->ground);

	tell->active_at = tell->watched && g_variant_n_children(active) ? now + PAUSE : G_MAXINT64;
	if (tell->active && g_variant_equal(tell->active, active))
		return;
	rp_bus_service_set(tell->bus, "Active", active);
	g_clear_pointer(&tell->active, g_variant_unref);
	tell->active = g_steal_pointer(&active);
	tell->active_last = now;
}

void
rp_tell_note_active(RpTell *tell)
{
	RpTime now = rp_ground_now(tell->ground);

	tell->active_at = MIN(tell->active_at, rp_tell_next_time(now, tell->active_last, PAUSE));
	if (tell->active_at <= now)
		say_active(tell);
}

void
rp_tell_active_due(RpTell *tell, gboolean at_once)
{
	if (tell->active_at <= rp_ground_now(tell->ground) ||
		(at_once && tell->active_at != G_MAXINT64))
		say_active(tell);
}

void
rp_tell_watched(RpTell *tell, gboolean watched)
{
	tell->watched = watched;
	if (watched)
		rp_tell_note_active(tell);
	rp_timer_changed(tell->ground->timer);
}
