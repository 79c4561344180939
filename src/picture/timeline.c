/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "timeline-private.h"

#include "roampost/language.h"

/* What stands where: a heading, the band of places, the times, the messages, the legend. */

#define NARROWEST 280
#define MARGIN 12
#define HEADING 20 /* its baseline */
#define BAND 30    /* its top */
#define AXIS (BAND + RP_BAND_HEIGHT)
#define LANES (AXIS + 22)
#define LANES_LEAST 40

static void
add_words(RpPicture *picture, double x, double y, RpInk ink, const char *words)
{
	rp_picture_add(picture,
		&(RpShape){
			.kind = RP_SHAPE_TEXT, .ink = ink, .x = x, .y = y, .text = (char *)words});
}

static char *
make_title(const RpTimeScale *scale)
{
	g_autofree char *since = rp_scale_time(scale, scale->since);
	g_autofree char *until = rp_scale_time(scale, scale->until);

	return g_strdup_printf(_("Mail, %1$s – %2$s"), since, until);
}

/* The title, as far as there is room. */
static void
add_heading(RpPicture *picture, const RpTimeScale *scale, const char *title)
{
	g_autofree char *since = rp_scale_day(scale, scale->since);
	g_autofree char *until = rp_scale_day(scale, scale->until);
	g_autofree char *days = g_strdup_printf(_("%1$s – %2$s"), since, until);
	gboolean fits = rp_picture_text_width(title) <= scale->width;

	add_words(picture, MARGIN, HEADING, RP_INK_TEXT, fits ? title : days);
}

/* How it ended, of those that are seen. */
static char *
describe(const RpTimeScale *scale, const GPtrArray *stories)
{
	guint sent = 0, waiting = 0, failed = 0;

	for (guint i = 0; i < stories->len; i++) {
		const RpStory *story = stories->pdata[i];
		const RpStoryEvent *last = rp_story_last(story);

		if (story->is_there)
			waiting++;
		else if (last->time < scale->since)
			continue;
		else if (last->kind == RP_STORY_SENT)
			sent++;
		else if (last->kind == RP_STORY_FAILED)
			failed++;
	}
	return g_strdup_printf(
		_("Messages sent: %u. Waiting still: %u. Refused: %u. The band above "
		  "shows the places where the machine was; each line below is a "
		  "message from when it was handed over to its end."),
		sent, waiting, failed);
}

/* Times lie below all the rest, and reach as far down as that. */
static void
draw_ground(RpPicture *picture, const RpTimeScale *scale, double bottom)
{
	rp_picture_add(picture, &(RpShape){.kind = RP_SHAPE_RECT,
					.ink = RP_INK_PAPER,
					.w = picture->width,
					.h = picture->height});
	rp_axis_draw(picture, scale, AXIS, bottom);
}

RpPicture *
rp_timeline_picture(GVariant *records, GVariant *waiting, const RpTimelineOptions *options)
{
	double width = MAX(options->width, NARROWEST), bottom;
	g_autoptr(GTimeZone) here =
		options->zone ? g_time_zone_ref(options->zone) : g_time_zone_new_local();
	RpTimeScale scale = {options->since, options->until, MARGIN, width - 2 * MARGIN, here};
	g_autoptr(GPtrArray) stories = rp_stories_read(records, waiting);
	g_autofree char *title = make_title(&scale);
	RpPicture *picture = rp_picture_new(width, title), *above = rp_picture_new(width, NULL);
	guint kinds = 0;

	add_heading(above, &scale, title);
	g_autoptr(GPtrArray) places = rp_band_draw(above, &scale, records, BAND);
	bottom = rp_lanes_draw(above, &scale, stories, LANES, &kinds);
	bottom = MAX(bottom, LANES + LANES_LEAST);
	if (!kinds)
		add_words(above, MARGIN, LANES + 24, RP_INK_DIM, _("No mail in this time."));
	picture->height = rp_legend_draw(above, kinds, places, bottom + 6) + 8;
	picture->description = describe(&scale, stories);
	draw_ground(picture, &scale, bottom);
	rp_picture_take(picture, above);
	return picture;
}
