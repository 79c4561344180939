/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "tell-private.h"

#include "roampost/base.h"

/* What the bus shows of the agent's state: only what has changed goes out. */

/* ---- life ---- */

RpTell *
rp_tell_new(const RpGround *ground, const RpPlanner *planner, RpBusService *bus,
	RpNotifier *notifier, const RpTellQueries *queries, gpointer user)
{
	RpTell *tell = g_new0(RpTell, 1);

	tell->ground = ground;
	tell->planner = planner;
	tell->bus = bus;
	tell->notifier = notifier;
	tell->queries = queries;
	tell->user = user;
	tell->fresh = g_array_new(FALSE, FALSE, sizeof(RpMessageId));
	tell->refused_config = g_ptr_array_new_with_free_func(g_free);
	return tell;
}

void
rp_tell_free(RpTell *tell)
{
	if (!tell)
		return;
	g_array_unref(tell->fresh);
	g_ptr_array_unref(tell->refused_config);
	g_free(tell->current_set);
	g_free(tell);
}

/* ---- state ---- */

static GVariant *
counts_variant(const RpQueueCounts *counts)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("a{su}"));
	for (guint state = 0; state < RP_N_MESSAGE_STATES; state++)
		g_variant_builder_add(&builder, "{su}", rp_message_state_name(state),
			(guint32)counts->by_state[state]);
	return g_variant_builder_end(&builder);
}

static void
announce_current_set(RpTell *tell)
{
	RpSituation situation;
	const char *name = "";
	gint set;

	rp_ground_situation(tell->ground, &situation);
	set = rp_policy_current_set(&situation);
	if (set >= 0)
		name = rp_catalogue_set(rp_ground_catalogue(tell->ground), (guint)set)->name;
	if (g_strcmp0(tell->current_set, name) != 0) {
		g_message("server set: %s", *name ? name : "none can send from here");
		g_free(tell->current_set);
		tell->current_set = g_strdup(name);
	}
	rp_bus_service_set(tell->bus, RP_BUS_PROPERTY_CURRENT_SET, g_variant_new_string(name));
}

void
rp_tell_state(RpTell *tell)
{
	g_autoptr(GError) error = NULL;
	char text[RP_MESSAGE_ID_SIZE];
	RpQueueCounts counts;
	RpMessageId sending = rp_tell_sending(tell);

	if (rp_queue_counts(tell->ground->queue, &counts, &error))
		rp_bus_service_set(tell->bus, RP_BUS_PROPERTY_COUNTS, counts_variant(&counts));
	else
		g_warning("the queue can't be read: %s", error->message);
	rp_bus_service_set(tell->bus, RP_BUS_PROPERTY_SENDING,
		g_variant_new_string(sending ? rp_message_id_format(sending, text) : ""));
	rp_bus_service_set(
		tell->bus, RP_BUS_PROPERTY_OVERRIDE, g_variant_new_string(rp_tell_override(tell)));
	announce_current_set(tell);
	rp_timer_changed(tell->ground->timer);
}

void
rp_tell_place(RpTell *tell)
{
	rp_bus_service_set(tell->bus, RP_BUS_PROPERTY_PLACE, rp_tell_render_place(tell));
	rp_tell_state(tell);
}

/* ---- what happened ---- */

void
rp_tell_config(RpTell *tell, const GPtrArray *problems)
{
	g_ptr_array_set_size(tell->refused_config, 0);
	for (guint i = 0; problems && i < problems->len; i++)
		g_ptr_array_add(tell->refused_config, rp_config_problem_format(problems->pdata[i]));
}

void
rp_tell_once(RpTell *tell, const RpNotice *notice)
{
	g_message("%s: %s", notice->summary, notice->body);
	if (rp_ground_options(tell->ground)->notify)
		rp_notifier_announce(tell->notifier, notice);
}
