/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "values.h"
#include "watch.h"

#include "roampost/language.h"

#include <string.h>

/* What the view knows: the agent's properties, lists of messages, what happened last. */

#define MOST_EVENTS 200
#define MOST_SUBJECTS 2000

static void
event_free(gpointer data)
{
	RpWatchEvent *event = data;
	g_free(event->state);
	g_free(event->text);
	g_free(event);
}

static GVariant *
no_messages(void)
{
	return g_variant_ref_sink(g_variant_new_array(G_VARIANT_TYPE_VARDICT, NULL, 0));
}

RpWatchState *
rp_watch_state_new(void)
{
	RpWatchState *state = g_new0(RpWatchState, 1);
	state->properties = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_variant_unref);
	state->subjects = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	state->waiting = no_messages();
	state->sending = no_messages();
	state->meter = rp_meter_new();
	state->is_stale = TRUE;
	g_queue_init(&state->events);
	return state;
}

void
rp_watch_state_free(RpWatchState *state)
{
	if (state == NULL)
		return;
	g_hash_table_unref(state->properties);
	g_hash_table_unref(state->subjects);
	g_variant_unref(state->waiting);
	g_variant_unref(state->sending);
	rp_meter_free(state->meter);
	g_queue_clear_full(&state->events, event_free);
	g_free(state);
}

GVariant *
rp_watch_state_get(const RpWatchState *state, const char *name, const char *type)
{
	GVariant *value = g_hash_table_lookup(state->properties, name);
	return value != NULL && g_variant_is_of_type(value, G_VARIANT_TYPE(type)) ? value : NULL;
}

gboolean
rp_watch_state_is_busy(const RpWatchState *state)
{
	GVariant *active = rp_watch_state_get(state, "Active", "aa{sv}");
	return active != NULL && g_variant_n_children(active) > 0;
}

/* How far each is that is being sent. */
static void
measure(RpWatchState *state, gint64 now)
{
	GVariant *active = rp_watch_state_get(state, "Active", "aa{sv}");
	for (gsize i = 0; active != NULL && i < g_variant_n_children(active); i++) {
		g_autoptr(GVariant) message = g_variant_get_child_value(active, i);
		const char *id = rp_cli_value_text(message, "id");
		guint64 done;
		if (id != NULL && g_variant_lookup(message, "done", "t", &done))
			rp_meter_note(state->meter, id, done, now);
	}
}

void
rp_watch_state_set(RpWatchState *state, GVariant *properties, gint64 now)
{
	GVariantIter iter;
	const char *name;
	GVariant *value;
	g_variant_iter_init(&iter, properties);
	while (g_variant_iter_next(&iter, "{&sv}", &name, &value))
		g_hash_table_replace(state->properties, g_strdup(name), value);
	g_autoptr(GVariant) active =
		g_variant_lookup_value(properties, "Active", G_VARIANT_TYPE("aa{sv}"));
	if (active != NULL)
		measure(state, now);
}

/* People know a message by it, also once it has gone. */
static void
keep_subjects(RpWatchState *state, GVariant *messages)
{
	if (g_hash_table_size(state->subjects) > MOST_SUBJECTS)
		g_hash_table_remove_all(state->subjects);
	for (gsize i = 0; i < g_variant_n_children(messages); i++) {
		g_autoptr(GVariant) message = g_variant_get_child_value(messages, i);
		const char *id = rp_cli_value_text(message, "id");
		const char *subject = rp_cli_value_text(message, "subject");
		if (id != NULL && subject != NULL)
			g_hash_table_replace(
				state->subjects, g_strdup(id), g_strdup_printf(_("“%s”"), subject));
	}
}

void
rp_watch_state_list(RpWatchState *state, GVariant *waiting, GVariant *sending)
{
	g_variant_unref(state->waiting);
	g_variant_unref(state->sending);
	state->waiting = g_variant_ref_sink(waiting);
	state->sending = g_variant_ref_sink(sending);
	state->is_stale = FALSE;
	keep_subjects(state, waiting);
	keep_subjects(state, sending);
}

/* ---- what happened ---- */

typedef struct {
	RpWatchState *state;
	gint64 now;
} Hearing;

/* The queue's numbers stand in the view already. */
static void
add_event(const char *colour, const char *text, gpointer user)
{
	const Hearing *hearing = user;
	GQueue *events = &hearing->state->events;
	RpWatchEvent *event;
	if (strcmp(colour, RP_WATCH_COUNTS) == 0)
		return;
	event = g_new0(RpWatchEvent, 1);
	event->time = hearing->now;
	event->state = g_strdup(colour);
	event->text = g_strdup(text);
	g_queue_push_head(events, event);
	if (g_queue_get_length(events) > MOST_EVENTS)
		event_free(g_queue_pop_tail(events));
}

void
rp_watch_state_hear(RpWatchState *state, const char *signal, GVariant *arguments, gint64 now)
{
	Hearing hearing = {state, now};
	if (strcmp(signal, "PropertiesChanged") == 0 &&
		g_variant_is_of_type(arguments, G_VARIANT_TYPE("(sa{sv}as)"))) {
		g_autoptr(GVariant) changed = g_variant_get_child_value(arguments, 1);
		rp_watch_state_set(state, changed, now);
	}
	if (strcmp(signal, "MessageSent") == 0 &&
		g_variant_is_of_type(arguments, G_VARIANT_TYPE("(ss)"))) {
		const char *id;
		g_variant_get_child(arguments, 0, "&s", &id);
		rp_meter_forget(state->meter, id);
	}
	state->is_gone = *signal == '\0';
	state->is_stale |= strcmp(signal, "MessagesChanged") == 0;
	if (state->is_gone)
		g_hash_table_remove(state->properties, "Active");
	rp_watch_lines(signal, arguments, add_event, &hearing);
}
