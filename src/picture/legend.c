/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "timeline-private.h"

#include "roampost/language.h"

/* What the marks and the places mean: those that occur, in lines as wide as the picture. */

#define MARGIN 12
#define SWATCH 14 /* and what is left free behind it */
#define GAP 16
#define LINE 20

typedef struct {
	RpPicture *picture;
	double x, y; /* where the next one begins */
} Legend;

/* Room for a sign and its words, on this line or the next; says where the sign stands. */
static double
make_room(Legend *legend, const char *words)
{
	double width = SWATCH + rp_picture_text_width(words), x;

	if (legend->x > MARGIN && legend->x + width > legend->picture->width - MARGIN) {
		legend->x = MARGIN;
		legend->y += LINE;
	}
	x = legend->x;
	rp_picture_add(legend->picture, &(RpShape){.kind = RP_SHAPE_TEXT,
						.ink = RP_INK_TEXT,
						.x = x + SWATCH,
						.y = legend->y + 4,
						.text = (char *)words});
	legend->x += width + GAP;
	return x;
}

static void
add_mark(Legend *legend, RpStoryKind kind)
{
	double x = make_room(legend, rp_mark_name(kind));

	rp_mark_draw(legend->picture, kind, x + 4, legend->y, NULL);
}

static void
add_waiting(Legend *legend)
{
	double x = make_room(legend, _("waits still"));

	rp_picture_add(legend->picture, &(RpShape){.kind = RP_SHAPE_LINE,
						.ink = RP_INK_HELD,
						.x = x - 2,
						.y = legend->y,
						.w = 13,
						.thick = 2,
						.dashed = TRUE});
}

static void
add_place(Legend *legend, const RpBandPlace *place)
{
	double x = make_room(legend, place->name);

	rp_picture_add(legend->picture, &(RpShape){.kind = RP_SHAPE_RECT,
						.ink = place->ink,
						.x = x - 1,
						.y = legend->y - 6,
						.w = 11,
						.h = 11,
						.dashed = place->is_hatched});
}

double
rp_legend_draw(RpPicture *picture, guint kinds, const GPtrArray *places, double top)
{
	Legend legend = {picture, MARGIN, top + LINE / 2.0};

	for (guint kind = 0; kind < RP_N_STORY_KINDS; kind++)
		if (kinds & (1u << kind))
			add_mark(&legend, (RpStoryKind)kind);
	if (kinds & RP_STORY_WAITING)
		add_waiting(&legend);
	for (guint i = 0; i < places->len; i++)
		if (!((RpBandPlace *)places->pdata[i])->is_labelled)
			add_place(&legend, places->pdata[i]);
	return legend.y + LINE / 2.0;
}
