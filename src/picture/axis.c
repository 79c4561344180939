/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "timeline-private.h"

#include "roampost/language.h"

/* Times along the picture: as many as there is room for, at hours and days as the clock here has
 * them. */

#define ROOM 78 /* of a time, with what keeps it from the next */

static GDateTime *
local_time(const RpTimeScale *scale, gint64 time)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(time / G_USEC_PER_SEC);

	return g_date_time_to_timezone(utc, scale->zone);
}

/* Over many months a day of the week says less than the year. */
static const char *
day_format(const RpTimeScale *scale)
{
	/* TRANSLATORS: a day, as strftime(3) has it. xgettext:no-c-format */
	const char *with_year = _("%-e %b %Y");
	/* TRANSLATORS: a day, as strftime(3) has it. xgettext:no-c-format */
	const char *of_week = _("%a %-e %b");

	return scale->until - scale->since > 300 * G_TIME_SPAN_DAY ? with_year : of_week;
}

char *
rp_scale_day(const RpTimeScale *scale, gint64 time)
{
	g_autoptr(GDateTime) local = local_time(scale, time);

	return g_date_time_format(local, day_format(scale));
}

char *
rp_scale_time(const RpTimeScale *scale, gint64 time)
{
	g_autoptr(GDateTime) local = local_time(scale, time);
	g_autofree char *day = g_date_time_format(local, day_format(scale));
	g_autofree char *clock = g_date_time_format(local, "%H:%M");

	/* TRANSLATORS: a day, and the time of that day. */
	return g_strdup_printf(C_("time", "%1$s %2$s"), day, clock);
}

/* The smallest step that leaves room: minutes, and from a day on whole days. */
static int
find_step(const RpTimeScale *scale)
{
	static const int steps[] = {5, 15, 30, 60, 2 * 60, 3 * 60, 6 * 60, 12 * 60, 24 * 60,
		2 * 24 * 60, 7 * 24 * 60, 14 * 24 * 60, 28 * 24 * 60, 91 * 24 * 60};
	double per_minute =
		scale->width * 60 * G_USEC_PER_SEC / (double)(scale->until - scale->since);

	for (guint i = 0; i < G_N_ELEMENTS(steps); i++)
		if (steps[i] * per_minute >= ROOM)
			return steps[i];
	return 365 * 24 * 60;
}

static GDateTime *
next_tick(GDateTime *at, int minutes)
{
	/* A day is not always 24 hours. */
	return minutes % (24 * 60) == 0 ? g_date_time_add_days(at, minutes / (24 * 60))
					: g_date_time_add_minutes(at, minutes);
}

static void
draw_tick(RpPicture *picture, const RpTimeScale *scale, GDateTime *at, double top, double bottom)
{
	double x = rp_scale_x(scale, g_date_time_to_unix(at) * G_USEC_PER_SEC);
	gboolean midnight = g_date_time_get_hour(at) == 0 && g_date_time_get_minute(at) == 0;
	g_autofree char *label = g_date_time_format(at, midnight ? day_format(scale) : "%H:%M");

	rp_picture_add(picture, &(RpShape){.kind = RP_SHAPE_LINE,
					.ink = RP_INK_GRID,
					.x = x,
					.y = top,
					.h = bottom - top,
					.thick = midnight ? 1.5 : 0.75});
	/* Not over the edge. */
	if (x + rp_picture_text_width(label) + 4 <= picture->width)
		rp_picture_add(picture, &(RpShape){.kind = RP_SHAPE_TEXT,
						.ink = RP_INK_DIM,
						.x = x + 4,
						.y = top + 13,
						.text = label});
}

void
rp_axis_draw(RpPicture *picture, const RpTimeScale *scale, double top, double bottom)
{
	g_autoptr(GDateTime) first = local_time(scale, scale->since);
	int year, month, day, step = find_step(scale);

	g_date_time_get_ymd(first, &year, &month, &day);
	g_autoptr(GDateTime) at = g_date_time_new(scale->zone, year, month, day, 0, 0, 0);
	while (at && g_date_time_to_unix(at) * G_USEC_PER_SEC < scale->until) {
		GDateTime *next = next_tick(at, step);

		if (g_date_time_to_unix(at) * G_USEC_PER_SEC >= scale->since)
			draw_tick(picture, scale, at, top, bottom);
		g_date_time_unref(at);
		at = next;
	}
}
