/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "tell-private.h"

#include "roampost/base.h"

#include <errno.h>

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
	tell->views = rp_message_views_new();
	tell->config_problems = g_ptr_array_new_with_free_func((GDestroyNotify)g_variant_unref);
	tell->fresh = g_array_new(FALSE, FALSE, sizeof(RpMessageId));
	rp_tell_changes_init(tell);
	rp_tell_active_init(tell);
	rp_tell_tray_init(tell);
	rp_tell_room_init(tell);
	tell->asides = g_ptr_array_new_with_free_func(rp_tell_aside_free);
	return tell;
}

void
rp_tell_free(RpTell *tell)
{
	if (!tell)
		return;
	rp_tell_tray_clear(tell);
	rp_tell_changes_clear(tell);
	rp_tell_active_clear(tell);
	rp_message_views_free(tell->views);
	g_ptr_array_unref(tell->config_problems);
	g_array_unref(tell->fresh);
	g_ptr_array_unref(tell->asides);
	g_clear_pointer(&tell->held, rp_notice_free);
	g_clear_pointer(&tell->held_next, rp_notice_free);
	g_free(tell->current_set);
	g_free(tell->place_noted);
	g_free(tell);
}

/* ---- problems ---- */

static GVariant *
problem_value(const char *code, const char *text, const char *file, guint line)
{
	GVariantBuilder dict;

	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	rp_dict_add_text(&dict, "code", code);
	rp_dict_add_text(&dict, "text", text);
	rp_dict_add_text(&dict, "file", file);
	rp_dict_add(&dict, "line", g_variant_new_uint32(line));
	return g_variant_builder_end(&dict);
}

static gboolean
disk_fails(const RpTell *tell)
{
	return rp_planner_fails(tell->planner) ||
	       rp_durable_next_deadline(tell->ground->durable) != G_MAXINT64 ||
	       tell->queries->disk_fails(tell->user);
}

static void
note_disk(RpTell *tell)
{
	gboolean fails = disk_fails(tell);

	if (fails == tell->disk_fails)
		return;
	tell->disk_fails = fails;
	tell->disk_read_only =
		fails && rp_queue_dir_try(rp_queue_dir(tell->ground->queue), FALSE) == EROFS;
	rp_tell_show(tell);
}

/* The command works with systemd, and without. */
static void
add_listen_problem(const RpTell *tell, GVariantBuilder *array)
{
	const char *listen = rp_ground_options(tell->ground)->listen;
	const char *where = listen ? listen : "";
	g_autofree char *text =
		*where == '/'
			? g_strdup_printf("Local programs can't hand over mail by SMTP at %s: is "
					  "its folder there, and does nothing else have that "
					  "name? Once it can be made “pkill -x -HUP roampostd” "
					  "tries again.",
				  where)
			: g_strdup_printf("Local programs can't hand over mail by SMTP at %s: does "
					  "another program have that address? Once it is free "
					  "“pkill -x -HUP roampostd” tries again.",
				  where);

	g_variant_builder_add_value(array, problem_value("listen", text, NULL, 0));
}

static void
tell_problems(RpTell *tell, gboolean lacks_listener)
{
	GVariantBuilder array;

	note_disk(tell);
	g_variant_builder_init(&array, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < tell->config_problems->len; i++)
		g_variant_builder_add_value(&array, tell->config_problems->pdata[i]);
	if (tell->disk_fails)
		g_variant_builder_add_value(&array,
			problem_value("disk",
				tell->disk_read_only
					? "The queue can't be written, for its disk is read-only "
					  "now: nothing goes on before it can, which is tried "
					  "again by itself. “roampost doctor” has what helps."
					: "The queue can't be written, and nothing goes on before "
					  "it can; that is tried again by itself. Is the disk "
					  "full? With room on it “roampost flush” goes on at once.",
				NULL, 0));
	if (lacks_listener)
		add_listen_problem(tell, &array);
	if (rp_clock_is_past(rp_ground_now(tell->ground)))
		g_variant_builder_add_value(&array,
			problem_value("clock",
				"The clock is wrong: it says a time before this program was made. "
				"Certificates are refused by it, and mail is dated so. “roampost "
				"doctor” has the command that sets it.",
				NULL, 0));
	rp_bus_service_set(tell->bus, "Problems", g_variant_builder_end(&array));
}

void
rp_tell_config(RpTell *tell, const GPtrArray *problems, gboolean lacking)
{
	g_ptr_array_set_size(tell->config_problems, 0);
	for (guint i = 0; problems && i < problems->len; i++) {
		const RpConfigProblem *problem = problems->pdata[i];
		g_autofree char *text = NULL;

		if (problem->severity != RP_CONFIG_ERROR)
			continue; /* it would be taken with these */
		text = rp_config_problem_format(problem);
		g_ptr_array_add(tell->config_problems,
			g_variant_ref_sink(problem_value(lacking ? "no-config" : "config", text,
				problem->file, problem->line)));
	}
	rp_tell_tray_configure(tell);
	rp_tell_state(tell);
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
	rp_bus_service_set(tell->bus, "CurrentSet", g_variant_new_string(name));
}

static void
tell_override(RpTell *tell)
{
	const RpOverride *override = rp_whereabouts_override(tell->ground->whereabouts);

	rp_bus_service_set(tell->bus, "Override",
		g_variant_new_string(override->set ? override->set : "auto"));
	rp_bus_service_set(
		tell->bus, "OverrideKept", g_variant_new_boolean(override->set && override->keep));
	rp_bus_service_set(
		tell->bus, "Paused", g_variant_new_boolean(rp_ground_is_paused(tell->ground)));
}

static void
tell_checking(RpTell *tell)
{
	const RpCatalogue *catalogue = rp_ground_catalogue(tell->ground);
	GVariantBuilder names;

	g_variant_builder_init(&names, G_VARIANT_TYPE_STRING_ARRAY);
	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++) {
		const char *name = rp_catalogue_set(catalogue, i)->name;

		if (tell->queries->is_checking(name, tell->user))
			g_variant_builder_add(&names, "s", name);
	}
	rp_bus_service_set(tell->bus, "Checking", g_variant_builder_end(&names));
}

static void
tell_listening(RpTell *tell)
{
	gboolean lacks = FALSE;
	g_auto(GStrv) where = tell->queries->listening(&lacks, tell->user);

	rp_bus_service_set(
		tell->bus, "Listening", g_variant_new_strv((const char *const *)where, -1));
	tell_problems(tell, lacks);
}

void
rp_tell_state(RpTell *tell)
{
	g_autoptr(GError) error = NULL;
	RpQueueCounts counts;

	if (rp_queue_counts(tell->ground->queue, &counts, &error))
		rp_bus_service_set(tell->bus, "Counts", counts_variant(&counts));
	else
		g_warning("the queue can't be read: %s", error->message);
	tell_override(tell);
	announce_current_set(tell);
	tell_checking(tell);
	rp_bus_service_set(
		tell->bus, "Asking", g_variant_new_boolean(tell->queries->is_asking(tell->user)));
	tell_listening(tell);
	rp_tell_look_for_room(tell);
	rp_bus_service_refresh(tell->bus, "Sets");
	rp_tell_note_changes(tell);
	rp_timer_changed(tell->ground->timer);
}

void
rp_tell_place(RpTell *tell)
{
	g_autoptr(GVariant) place = g_variant_ref_sink(rp_tell_place_value(tell));

	rp_bus_service_set(tell->bus, "Place", place);
	rp_tell_note_place(tell, place);
	rp_bus_service_refresh(tell->bus, "Links");
	rp_tell_state(tell);
}
