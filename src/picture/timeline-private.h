/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/timeline.h"

/*	timeline.c  what stands where
 *	stories.c   records of the history, brought together by message
 *	lanes.c     messages: lines and marks, side by side where they are at the same time
 *	band.c      places
 *	axis.c      times
 *	legend.c    what the marks and the places mean */

/* ---- the scale ---- */

typedef struct {
	gint64 since, until;
	double left, width; /* of what is between them */
	GTimeZone *zone;
} RpTimeScale;

static inline double
rp_scale_x(const RpTimeScale *scale, gint64 time)
{
	gint64 at = CLAMP(time, scale->since, scale->until);

	return scale->left +
	       (double)(at - scale->since) * scale->width / (double)(scale->until - scale->since);
}

/* "Mon 23 Nov 17:05", "Mon 23 Nov". Free with g_free. */
char *rp_scale_time(const RpTimeScale *scale, gint64 time);
char *rp_scale_day(const RpTimeScale *scale, gint64 time);
/* Lines from top to bottom, and their times below `top`. */
void rp_axis_draw(RpPicture *picture, const RpTimeScale *scale, double top, double bottom);

/* ---- stories ---- */

typedef enum {
	RP_STORY_QUEUED,
	RP_STORY_HELD,
	RP_STORY_DEFERRED,
	RP_STORY_SENT,
	RP_STORY_MAYBE_SENT,
	RP_STORY_FAILED,
	RP_STORY_DELETED,
	RP_N_STORY_KINDS,
} RpStoryKind;
/* In a mask of kinds, beside theirs: one waits still. */
#define RP_STORY_WAITING (1u << RP_N_STORY_KINDS)

typedef struct {
	RpStoryKind kind;
	gint64 time;
	char *text; /* the server's words, or ours */
	char *set;
} RpStoryEvent;

typedef struct {
	char *id;
	char *about;       /* "“Lunch” to b@x.example" */
	GArray *events;    /* of RpStoryEvent, in their order; the first is QUEUED */
	gboolean is_there; /* it waits still */
} RpStory;

/* Dictionaries of an aa{sv}, by their times. Unreference it. */
GPtrArray *rp_stories_in_order(GVariant *records);
/* Of RpStory, the oldest first. Unreference it. */
GPtrArray *rp_stories_read(GVariant *records, GVariant *waiting);
static inline const RpStoryEvent *
rp_story_event(const RpStory *story, guint i)
{
	return &g_array_index(story->events, RpStoryEvent, i);
}
static inline const RpStoryEvent *
rp_story_last(const RpStory *story)
{
	return rp_story_event(story, story->events->len - 1);
}

/* Members of an a{sv}, also in values.c of those that show them: "" and 0 where there are none. */
const char *rp_story_text(GVariant *dict, const char *key);
gint64 rp_story_number(GVariant *dict, const char *key);

/* ---- lanes ---- */

/* Draws them from `top` downwards; says where they end. The mask of kinds says which occur. */
double rp_lanes_draw(RpPicture *picture, const RpTimeScale *scale, const GPtrArray *stories,
	double top, guint *kinds);
/* The mark of an event, about x, y. */
void rp_mark_draw(RpPicture *picture, RpStoryKind kind, double x, double y, const char *title);
/* "held": what it is called. */
const char *rp_mark_name(RpStoryKind kind);

/* ---- places ---- */

#define RP_BAND_HEIGHT 24

typedef struct {
	char *name; /* "ODN", "offline" */
	RpInk ink;
	gboolean is_hatched;
	gboolean is_labelled; /* its name stands in the band */
} RpBandPlace;

/* Those that are seen, in the order they were first. Of RpBandPlace; unreference it. */
GPtrArray *rp_band_draw(
	RpPicture *picture, const RpTimeScale *scale, GVariant *records, double top);

/* ---- legend ---- */

/* Draws it from `top` downwards; says where it ends. */
double rp_legend_draw(RpPicture *picture, guint kinds, const GPtrArray *places, double top);
