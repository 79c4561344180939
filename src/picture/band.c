/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "timeline-private.h"

#include "roampost/base.h"
#include "roampost/language.h"

#include <string.h>

/* Where the machine was: from one record of a place to the next. */

typedef struct {
	gint64 from, to;
	RpBandPlace *place;
} Stay;

static void
place_free(gpointer data)
{
	RpBandPlace *place = data;

	g_free(place->name);
	g_free(place);
}

static RpInk
next_ink(const GPtrArray *places)
{
	guint n = 0;

	for (guint i = 0; i < places->len; i++)
		n += ((RpBandPlace *)places->pdata[i])->ink >= RP_INK_PLACE;
	return RP_INK_PLACE + n % (RP_N_INKS - RP_INK_PLACE);
}

/* Without a way out it is no matter what it would be inside of. */
static const struct {
	const char *state, *name;
	RpInk ink;
} shut[] = {
	{"offline", N_("offline"), RP_INK_OFFLINE},
	{"limited", N_("offline"), RP_INK_OFFLINE},
	{"portal", N_("behind a portal"), RP_INK_PORTAL},
};

static RpBandPlace *
place_named(GPtrArray *places, const char *name, RpInk ink)
{
	RpBandPlace *place;

	for (guint i = 0; i < places->len; i++)
		if (strcmp(((RpBandPlace *)places->pdata[i])->name, name) == 0)
			return places->pdata[i];
	place = g_new0(RpBandPlace, 1);
	place->name = rp_text_title(name, 60);
	place->ink = ink;
	place->is_hatched = ink == RP_INK_OFFLINE || ink == RP_INK_PORTAL;
	g_ptr_array_add(places, place);
	return place;
}

static RpBandPlace *
find_place(GPtrArray *places, GVariant *record)
{
	const char *state = rp_story_text(record, "text");
	const char *title = rp_story_text(record, "provider-title");
	const char *inside = *title ? title : rp_story_text(record, "provider");

	for (guint i = 0; i < G_N_ELEMENTS(shut); i++)
		if (strcmp(shut[i].state, state) == 0)
			return place_named(places, rp_text(shut[i].name), shut[i].ink);
	return *inside ? place_named(places, inside, next_ink(places))
		       : place_named(places, _("no known provider"), RP_INK_NOWHERE);
}

static GPtrArray *
place_records(GVariant *records)
{
	GPtrArray *found = rp_stories_in_order(records);

	for (guint i = found->len; i-- > 0;)
		if (strcmp(rp_story_text(found->pdata[i], "event"), "place") != 0)
			g_ptr_array_remove_index(found, i);
	return found;
}

static GArray *
find_stays(const RpTimeScale *scale, const GPtrArray *records, GPtrArray *places)
{
	GArray *stays = g_array_new(FALSE, FALSE, sizeof(Stay));

	for (guint i = 0; i < records->len; i++) {
		Stay stay = {rp_story_number(records->pdata[i], "time"), scale->until, NULL};
		Stay *last = stays->len ? &g_array_index(stays, Stay, stays->len - 1) : NULL;

		if (i + 1 < records->len)
			stay.to = rp_story_number(records->pdata[i + 1], "time");
		if (stay.to <= scale->since || stay.from >= scale->until)
			continue;
		stay.place = find_place(places, records->pdata[i]);
		if (last && last->place == stay.place)
			last->to = stay.to;
		else
			g_array_append_val(stays, stay);
	}
	return stays;
}

static void
draw_stay(RpPicture *picture, const RpTimeScale *scale, const Stay *stay, double top)
{
	double x = rp_scale_x(scale, stay->from), w = rp_scale_x(scale, stay->to) - x;
	g_autofree char *from = rp_scale_time(scale, MAX(stay->from, scale->since));
	g_autofree char *to = rp_scale_time(scale, MIN(stay->to, scale->until));
	g_autofree char *span = g_strdup_printf(_("%1$s – %2$s"), from, to);
	g_autofree char *title = g_strdup_printf("%s\n%s", stay->place->name, span);

	rp_picture_add(picture, &(RpShape){.kind = RP_SHAPE_RECT,
					.ink = stay->place->ink,
					.x = x,
					.y = top,
					.w = MAX(w, 1),
					.h = RP_BAND_HEIGHT,
					.title = title,
					.dashed = stay->place->is_hatched});
	/* Over hatching nobody can read. */
	if (stay->place->is_hatched || rp_picture_text_width(stay->place->name) + 10 > w)
		return;
	rp_picture_add(picture, &(RpShape){.kind = RP_SHAPE_TEXT,
					.ink = RP_INK_TEXT,
					.x = x + 5,
					.y = top + 16,
					.text = stay->place->name});
	stay->place->is_labelled = TRUE;
}

GPtrArray *
rp_band_draw(RpPicture *picture, const RpTimeScale *scale, GVariant *records, double top)
{
	GPtrArray *places = g_ptr_array_new_with_free_func(place_free);
	g_autoptr(GPtrArray) sorted = place_records(records);
	g_autoptr(GArray) stays = find_stays(scale, sorted, places);

	for (guint i = 0; i < stays->len; i++)
		draw_stay(picture, scale, &g_array_index(stays, Stay, i), top);
	rp_picture_add(picture, &(RpShape){.kind = RP_SHAPE_RECT,
					.ink = RP_INK_GRID,
					.x = scale->left,
					.y = top,
					.w = scale->width,
					.h = RP_BAND_HEIGHT,
					.thick = 1});
	return places;
}
