/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "timeline-private.h"

#include "roampost/language.h"

#include <string.h>

/* Messages: each a line from its coming to its end, with marks; side by side in as many lanes as
 * were under way at one time. */

#define GRAIN 5.0 /* what is nearer than this can't be told apart */
#define MOST_LANES 80
#define MOST_NAMED 8

/* ---- marks ---- */

static const struct {
	const char *name;
	RpShapeKind shape;
	RpInk ink;
	double size;
	double thick; /* 0: filled */
} marks[RP_N_STORY_KINDS] = {
	[RP_STORY_QUEUED] = {N_("handed over"), RP_SHAPE_CIRCLE, RP_INK_QUEUED, 3, 1.5},
	[RP_STORY_HELD] = {N_("held"), RP_SHAPE_DIAMOND, RP_INK_HELD, 4.5, 0},
	[RP_STORY_DEFERRED] = {N_("put off"), RP_SHAPE_TRIANGLE, RP_INK_DEFERRED, 4, 0},
	[RP_STORY_SENT] = {N_("sent"), RP_SHAPE_CIRCLE, RP_INK_SENT, 3.8, 0},
	[RP_STORY_MAYBE_SENT] = {N_("maybe sent"), RP_SHAPE_CIRCLE, RP_INK_SENT, 3, 1.5},
	[RP_STORY_FAILED] = {N_("refused"), RP_SHAPE_LINE, RP_INK_FAILED, 3.8, 2.2},
	[RP_STORY_DELETED] = {N_("deleted"), RP_SHAPE_LINE, RP_INK_GONE, 3.8, 2.2},
};

const char *
rp_mark_name(RpStoryKind kind)
{
	return rp_text(marks[kind].name);
}

static void
add_stroke(
	RpPicture *picture, RpStoryKind kind, double x, double y, double slope, const char *title)
{
	double size = marks[kind].size;

	rp_picture_add(picture, &(RpShape){.kind = RP_SHAPE_LINE,
					.ink = marks[kind].ink,
					.x = x - size * (slope != 0),
					.y = y - size * (slope != 0 ? slope : 1),
					.w = 2 * size * (slope != 0),
					.h = 2 * size * (slope != 0 ? slope : 1),
					.thick = marks[kind].thick,
					.title = (char *)title});
}

void
rp_mark_draw(RpPicture *picture, RpStoryKind kind, double x, double y, const char *title)
{
	if (kind == RP_STORY_FAILED) {
		add_stroke(picture, kind, x, y, 1, title);
		add_stroke(picture, kind, x, y, -1, title);
	} else if (kind == RP_STORY_DELETED) {
		add_stroke(picture, kind, x, y, 0, title);
	} else {
		rp_picture_add(picture, &(RpShape){.kind = marks[kind].shape,
						.ink = marks[kind].ink,
						.x = x,
						.y = y,
						.w = marks[kind].size,
						.thick = marks[kind].thick,
						.title = (char *)title});
	}
}

/* ---- bundles: what waited alike ---- */

typedef struct {
	GPtrArray *stories; /* borrowed */
	double from, to;    /* on the picture */
	double label;       /* the width of its number, which stands behind it or before it */
	gboolean is_label_before;
} Bundle;

static void
bundle_free(gpointer data)
{
	Bundle *bundle = data;

	g_ptr_array_unref(bundle->stories);
	g_free(bundle);
}

/* What is seen of it: where it begins and ends, and as what. */
static char *
likeness(const RpTimeScale *scale, const RpStory *story, double grain)
{
	const RpStoryEvent *last = rp_story_last(story);
	double from = rp_scale_x(scale, rp_story_event(story, 0)->time);
	double to = story->is_there ? scale->left + scale->width : rp_scale_x(scale, last->time);

	return g_strdup_printf(
		"%d %d %d %d", (int)(from / grain), (int)(to / grain), last->kind, story->is_there);
}

/* What ended before the picture begins, or comes after it, is none of its business. */
static gboolean
is_seen(const RpTimeScale *scale, const RpStory *story)
{
	return (story->is_there || rp_story_last(story)->time >= scale->since) &&
	       rp_story_event(story, 0)->time < scale->until;
}

static GPtrArray *
find_bundles(const RpTimeScale *scale, const GPtrArray *stories, double grain)
{
	GPtrArray *bundles = g_ptr_array_new_with_free_func(bundle_free);
	g_autoptr(GHashTable) known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	for (guint i = 0; i < stories->len; i++) {
		RpStory *story = stories->pdata[i];
		g_autofree char *key = likeness(scale, story, grain);
		Bundle *bundle = g_hash_table_lookup(known, key);

		if (!is_seen(scale, story))
			continue;
		if (!bundle) {
			bundle = g_new0(Bundle, 1);
			bundle->stories = g_ptr_array_new();
			bundle->from = rp_scale_x(scale, rp_story_event(story, 0)->time);
			bundle->to = story->is_there
					     ? scale->left + scale->width
					     : rp_scale_x(scale, rp_story_last(story)->time);
			g_ptr_array_add(bundles, bundle);
			g_hash_table_insert(known, g_steal_pointer(&key), bundle);
		}
		g_ptr_array_add(bundle->stories, story);
	}
	return bundles;
}

/* ---- words ---- */

static void
append_event(GString *out, const RpTimeScale *scale, const RpStoryEvent *event)
{
	g_autofree char *time = rp_scale_time(scale, event->time);

	g_autofree char *what = g_strdup_printf(_("%1$s: %2$s"), time, rp_mark_name(event->kind));

	g_string_append_printf(out, "\n%s", what);
	if (*event->set)
		g_string_append_printf(out, " (%s)", event->set);
	if (*event->text && event->kind != RP_STORY_SENT)
		g_string_append_printf(out, "\n  %s", event->text);
}

static char *
describe(const RpTimeScale *scale, const Bundle *bundle)
{
	const RpStory *first = bundle->stories->pdata[0];
	GString *out = g_string_new(NULL);

	if (bundle->stories->len == 1)
		g_string_append(out, first->about);
	else
		g_string_append_printf(out,
			rp_text_n("%u message", "%u messages", bundle->stories->len),
			bundle->stories->len);
	for (guint i = 0; i < first->events->len; i++)
		append_event(out, scale, rp_story_event(first, i));
	if (first->is_there)
		g_string_append_printf(out, "\n%s", _("waits still"));
	for (guint i = 0; bundle->stories->len > 1 && i < bundle->stories->len; i++) {
		const RpStory *story = bundle->stories->pdata[i];

		if (i < MOST_NAMED)
			g_string_append_printf(out, "\n%s", story->about);
		else if (i == MOST_NAMED)
			g_string_append(out, "\n…");
	}
	return g_string_free(out, FALSE);
}

/* ---- lanes ---- */

/* The first that is free, with room for the number behind the one before. */
static guint
find_lane(GArray *ends, const Bundle *bundle)
{
	double from = bundle->from - GRAIN, to = bundle->to + GRAIN;

	if (bundle->is_label_before)
		from -= bundle->label;
	else
		to += bundle->label;

	for (guint i = 0; i < ends->len; i++) {
		double *end = &g_array_index(ends, double, i);

		if (*end > from)
			continue;
		*end = MAX(*end, to);
		return i;
	}
	g_array_append_val(ends, to);
	return ends->len - 1;
}

static GArray *
find_lanes(const GPtrArray *bundles, guint *n)
{
	GArray *lanes = g_array_new(FALSE, FALSE, sizeof(guint));
	g_autoptr(GArray) ends = g_array_new(FALSE, FALSE, sizeof(double));

	for (guint i = 0; i < bundles->len; i++) {
		guint lane = find_lane(ends, bundles->pdata[i]);

		g_array_append_val(lanes, lane);
	}
	*n = ends->len;
	return lanes;
}

/* From one event to the next in the ink of what it waited as. */
static void
draw_line(RpPicture *picture, const RpTimeScale *scale, const RpStory *story, double y,
	const char *title)
{
	for (guint i = 0; i < story->events->len; i++) {
		const RpStoryEvent *event = rp_story_event(story, i);
		gboolean last = i + 1 == story->events->len;
		double x = rp_scale_x(scale, event->time);
		double to = !last ? rp_scale_x(scale, rp_story_event(story, i + 1)->time)
			    : story->is_there ? scale->left + scale->width
					      : x;

		if (to - x >= 1)
			rp_picture_add(picture, &(RpShape){.kind = RP_SHAPE_LINE,
							.ink = marks[event->kind].ink,
							.x = x,
							.y = y,
							.w = to - x,
							.thick = 2,
							.dashed = last,
							.title = (char *)title});
	}
}

/* The next one of another kind; NULL: there is none. */
static const RpStoryEvent *
next_unlike(const RpStory *story, guint i)
{
	RpStoryKind kind = rp_story_event(story, i)->kind;

	for (i++; i < story->events->len; i++)
		if (rp_story_event(story, i)->kind != kind)
			return rp_story_event(story, i);
	return NULL;
}

/* Of marks that would cover each other the last stays, and of many alike the first. */
static gboolean
is_covered(const RpTimeScale *scale, const RpStory *story, guint i)
{
	const RpStoryEvent *event = rp_story_event(story, i);
	const RpStoryEvent *next = next_unlike(story, i);
	const RpStoryEvent *before = i ? rp_story_event(story, i - 1) : NULL;
	double x = rp_scale_x(scale, event->time);

	return (next && rp_scale_x(scale, next->time) - x < GRAIN) ||
	       (before && before->kind == event->kind &&
		       x - rp_scale_x(scale, before->time) < 2 * GRAIN);
}

static void
draw_number(RpPicture *picture, const Bundle *bundle, double y)
{
	g_autofree char *number = g_strdup_printf("×%u", bundle->stories->len);
	double x = bundle->is_label_before ? bundle->from - GRAIN - 1 : bundle->to + GRAIN + 1;

	rp_picture_add(picture, &(RpShape){.kind = RP_SHAPE_TEXT,
					.ink = RP_INK_DIM,
					.x = x,
					.y = y + 4,
					.at_end = bundle->is_label_before,
					.text = number});
}

static void
draw_bundle(
	RpPicture *picture, const RpTimeScale *scale, const Bundle *bundle, double y, guint *kinds)
{
	const RpStory *story = bundle->stories->pdata[0];
	g_autofree char *title = describe(scale, bundle);

	draw_line(picture, scale, story, y, title);
	for (guint i = 0; i < story->events->len; i++) {
		const RpStoryEvent *event = rp_story_event(story, i);

		if (event->time < scale->since || event->time >= scale->until ||
			is_covered(scale, story, i))
			continue;
		rp_mark_draw(picture, event->kind, rp_scale_x(scale, event->time), y, title);
		*kinds |= 1u << event->kind;
	}
	if (bundle->stories->len > 1)
		draw_number(picture, bundle, y);
	if (story->is_there)
		*kinds |= RP_STORY_WAITING;
}

static void
measure_labels(const RpPicture *picture, GPtrArray *bundles)
{
	for (guint i = 0; i < bundles->len; i++) {
		Bundle *bundle = bundles->pdata[i];
		g_autofree char *number = g_strdup_printf("×%u", bundle->stories->len);

		bundle->label = bundle->stories->len > 1 ? rp_picture_text_width(number) + 4 : 0;
		bundle->is_label_before = bundle->to + GRAIN + bundle->label > picture->width &&
					  bundle->from - GRAIN - bundle->label > 0;
	}
}

double
rp_lanes_draw(RpPicture *picture, const RpTimeScale *scale, const GPtrArray *stories, double top,
	guint *kinds)
{
	g_autoptr(GPtrArray) bundles = NULL;
	g_autoptr(GArray) lanes = NULL;
	guint n = G_MAXUINT;

	/* Where there are too many, more of them count as alike, rather than lie on each other. */
	for (double grain = GRAIN; n > MOST_LANES && grain < 2 * scale->width; grain *= 2) {
		g_clear_pointer(&bundles, g_ptr_array_unref);
		g_clear_pointer(&lanes, g_array_unref);
		bundles = find_bundles(scale, stories, grain);
		measure_labels(picture, bundles);
		lanes = find_lanes(bundles, &n);
	}
	double pitch = n <= 20 ? 16 : n <= 40 ? 12 : 9;
	for (guint i = 0; i < bundles->len; i++)
		draw_bundle(picture, scale, bundles->pdata[i],
			top + pitch * (g_array_index(lanes, guint, i) + 0.5), kinds);
	return top + pitch * n;
}
