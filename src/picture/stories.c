/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "timeline-private.h"

#include "roampost/base.h"
#include "roampost/language.h"

#include <string.h>

/* Records of the history, brought together by message. Readers pass over members of another type:
 * another version's agent may have them. */

const char *
rp_story_text(GVariant *dict, const char *key)
{
	const char *text = "";

	g_variant_lookup(dict, key, "&s", &text);
	return text;
}

gint64
rp_story_number(GVariant *dict, const char *key)
{
	guint64 number = 0;
	gint64 time = 0;

	if (g_variant_lookup(dict, key, "t", &number))
		return (gint64)MIN(number, G_MAXINT64);
	g_variant_lookup(dict, key, "x", &time);
	return time;
}

static gboolean
kind_of(const char *event, RpStoryKind *kind)
{
	static const struct {
		const char *event;
		RpStoryKind kind;
	} rows[] = {
		{"held", RP_STORY_HELD},
		{"deferred", RP_STORY_DEFERRED},
		{"sent", RP_STORY_SENT},
		{"maybe-sent", RP_STORY_MAYBE_SENT},
		{"failed", RP_STORY_FAILED},
		{"deleted", RP_STORY_DELETED},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		if (strcmp(rows[i].event, event) != 0)
			continue;
		*kind = rows[i].kind;
		return TRUE;
	}
	return FALSE;
}

static void
event_clear(gpointer data)
{
	RpStoryEvent *event = data;

	g_free(event->text);
	g_free(event->set);
}

static void
story_free(gpointer data)
{
	RpStory *story = data;

	g_free(story->id);
	g_free(story->about);
	g_array_unref(story->events);
	g_free(story);
}

static void
add_event(RpStory *story, RpStoryKind kind, gint64 time, const char *text, const char *set)
{
	RpStoryEvent event = {kind, time, g_strdup(text), g_strdup(set)};

	g_array_append_val(story->events, event);
}

/* ---- who it is about ---- */

/* The first of a history's recipients, which are addresses, or of a message's, which are more. */
static char *
first_recipient(GVariant *dict, gsize *n)
{
	g_autoptr(GVariant) list = g_variant_lookup_value(dict, "recipients", NULL);
	g_autoptr(GVariant) first = NULL;

	*n = list && g_variant_is_of_type(list, G_VARIANT_TYPE_ARRAY) ? g_variant_n_children(list)
								      : 0;
	if (!*n)
		return g_strdup("");
	first = g_variant_get_child_value(list, 0);
	if (g_variant_is_of_type(first, G_VARIANT_TYPE_STRING))
		return g_variant_dup_string(first, NULL);
	return g_strdup(g_variant_is_of_type(first, G_VARIANT_TYPE_VARDICT)
				? rp_story_text(first, "address")
				: "");
}

static char *
about(GVariant *dict)
{
	gsize n;
	g_autofree char *first = first_recipient(dict, &n);
	g_autofree char *title = rp_text_title(rp_story_text(dict, "subject"), 60);
	g_autofree char *address = rp_text_title(first, 60);

	guint others = n > 0 ? (guint)n - 1 : 0;

	if (others && *title)
		return g_strdup_printf(rp_text_n("“%1$s” to %2$s and %3$u more",
					       "“%1$s” to %2$s and %3$u more", others),
			title, address, others);
	if (others)
		return g_strdup_printf(
			rp_text_n("to %1$s and %2$u more", "to %1$s and %2$u more", others),
			address, others);
	return *title ? g_strdup_printf(_("“%1$s” to %2$s"), title, address)
		      : g_strdup_printf(_("to %s"), address);
}

/* ---- reading ---- */

static RpStory *
story_of(GPtrArray *stories, GHashTable *by_id, GVariant *dict, gint64 time)
{
	const char *id = rp_story_text(dict, "id");
	RpStory *story = g_hash_table_lookup(by_id, id);
	gint64 created = rp_story_number(dict, "created");

	if (story)
		return story;
	story = g_new0(RpStory, 1);
	story->id = g_strdup(id);
	story->about = about(dict);
	story->events = g_array_new(FALSE, FALSE, sizeof(RpStoryEvent));
	g_array_set_clear_func(story->events, event_clear);
	/* The clock may have been put back since. */
	add_event(story, RP_STORY_QUEUED, created > 0 ? MIN(created, time) : time, "", "");
	g_ptr_array_add(stories, story);
	g_hash_table_insert(by_id, story->id, story);
	return story;
}

static int
by_time(gconstpointer a, gconstpointer b)
{
	gint64 first = rp_story_number(*(GVariant *const *)a, "time");
	gint64 second = rp_story_number(*(GVariant *const *)b, "time");
	gint64 number = rp_story_number(*(GVariant *const *)a, "number") -
			rp_story_number(*(GVariant *const *)b, "number");

	if (first != second)
		return first < second ? -1 : 1;
	return (number > 0) - (number < 0);
}

GPtrArray *
rp_stories_in_order(GVariant *records)
{
	GPtrArray *sorted = g_ptr_array_new_full(
		(guint)g_variant_n_children(records), (GDestroyNotify)g_variant_unref);

	for (gsize i = 0; i < g_variant_n_children(records); i++)
		g_ptr_array_add(sorted, g_variant_get_child_value(records, i));
	g_ptr_array_sort(sorted, by_time);
	return sorted;
}

static gboolean
is_unfinished(const RpStory *story)
{
	switch (rp_story_last(story)->kind) {
	case RP_STORY_QUEUED:
	case RP_STORY_HELD:
	case RP_STORY_DEFERRED:
	case RP_STORY_MAYBE_SENT:
		return TRUE;
	case RP_STORY_SENT:
	case RP_STORY_FAILED:
	case RP_STORY_DELETED:
	case RP_N_STORY_KINDS:
		return FALSE;
	}
	return FALSE;
}

static void
add_waiting(GPtrArray *stories, GHashTable *by_id, GVariant *waiting)
{
	for (gsize i = 0; i < g_variant_n_children(waiting); i++) {
		g_autoptr(GVariant) message = g_variant_get_child_value(waiting, i);

		story_of(stories, by_id, message, rp_story_number(message, "created"))->is_there =
			TRUE;
	}
}

static int
by_beginning(gconstpointer a, gconstpointer b)
{
	gint64 first = rp_story_event(*(RpStory *const *)a, 0)->time;
	gint64 second = rp_story_event(*(RpStory *const *)b, 0)->time;

	return (first > second) - (first < second);
}

GPtrArray *
rp_stories_read(GVariant *records, GVariant *waiting)
{
	GPtrArray *stories = g_ptr_array_new_with_free_func(story_free);
	g_autoptr(GHashTable) by_id = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GPtrArray) sorted = rp_stories_in_order(records);

	for (guint i = 0; i < sorted->len; i++) {
		GVariant *record = sorted->pdata[i];
		gint64 time = rp_story_number(record, "time");
		RpStoryKind kind;

		if (kind_of(rp_story_text(record, "event"), &kind))
			add_event(story_of(stories, by_id, record, time), kind, time,
				rp_story_text(record, "text"), rp_story_text(record, "set"));
	}
	if (waiting)
		add_waiting(stories, by_id, waiting);
	for (guint i = 0; !waiting && i < stories->len; i++)
		((RpStory *)stories->pdata[i])->is_there = is_unfinished(stories->pdata[i]);
	g_ptr_array_sort(stories, by_beginning);
	return stories;
}
