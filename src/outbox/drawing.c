/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outbox-private.h"

/* Pictures (picture.h) on a canvas of GTK's, in the colours of a light or a dark window. */

typedef struct {
	cairo_t *cairo;
	PangoLayout *layout; /* of the font's size */
	gboolean dark;
} Pen;

static void
set_ink(const Pen *pen, RpInk ink)
{
	guint32 colour = rp_ink_colour(ink, pen->dark);

	cairo_set_source_rgb(pen->cairo, (colour >> 16 & 0xff) / 255.0,
		(colour >> 8 & 0xff) / 255.0, (colour & 0xff) / 255.0);
}

static void
fill_or_stroke(const Pen *pen, const RpShape *shape)
{
	const double dashes[] = {4, 3};

	if (shape->thick <= 0) {
		cairo_fill(pen->cairo);
		return;
	}
	cairo_set_line_width(pen->cairo, shape->thick);
	cairo_set_dash(pen->cairo, dashes, shape->dashed ? 2 : 0, 0);
	cairo_stroke(pen->cairo);
}

/* Lines of the paper over it. */
static void
hatch(const Pen *pen, const RpShape *shape)
{
	cairo_save(pen->cairo);
	cairo_rectangle(pen->cairo, shape->x, shape->y, shape->w, shape->h);
	cairo_clip(pen->cairo);
	set_ink(pen, RP_INK_PAPER);
	cairo_set_line_width(pen->cairo, 2.5);
	for (double x = shape->x - shape->h; x < shape->x + shape->w; x += 8.5) {
		cairo_move_to(pen->cairo, x, shape->y + shape->h);
		cairo_line_to(pen->cairo, x + shape->h, shape->y);
	}
	cairo_stroke(pen->cairo);
	cairo_restore(pen->cairo);
}

static void
draw_rect(const Pen *pen, const RpShape *shape)
{
	if (shape->ink == RP_INK_PAPER)
		return; /* the window is the paper */
	cairo_rectangle(pen->cairo, shape->x, shape->y, shape->w, shape->h);
	if (!shape->dashed) {
		fill_or_stroke(pen, shape);
		return;
	}
	cairo_fill(pen->cairo);
	hatch(pen, shape);
}

static void
draw_polygon(const Pen *pen, const RpShape *shape)
{
	RpCorner corners[4];
	guint n = rp_shape_corners(shape, corners);

	for (guint i = 0; i < n; i++)
		cairo_line_to(pen->cairo, corners[i].x, corners[i].y);
	cairo_close_path(pen->cairo);
	fill_or_stroke(pen, shape);
}

static void
draw_text(const Pen *pen, const RpShape *shape)
{
	int width;

	pango_layout_set_text(pen->layout, shape->text, -1);
	pango_layout_get_pixel_size(pen->layout, &width, NULL);
	cairo_move_to(pen->cairo, shape->at_end ? shape->x - width : shape->x,
		shape->y - pango_layout_get_baseline(pen->layout) / (double)PANGO_SCALE);
	pango_cairo_show_layout(pen->cairo, pen->layout);
}

static void
draw_shape(const Pen *pen, const RpShape *shape)
{
	set_ink(pen, shape->ink);
	cairo_new_path(pen->cairo);
	switch (shape->kind) {
	case RP_SHAPE_RECT:
		draw_rect(pen, shape);
		return;
	case RP_SHAPE_LINE:
		cairo_move_to(pen->cairo, shape->x, shape->y);
		cairo_rel_line_to(pen->cairo, shape->w, shape->h);
		fill_or_stroke(pen, shape);
		return;
	case RP_SHAPE_CIRCLE:
		cairo_arc(pen->cairo, shape->x, shape->y, shape->w, 0, 2 * G_PI);
		fill_or_stroke(pen, shape);
		return;
	case RP_SHAPE_DIAMOND:
	case RP_SHAPE_TRIANGLE:
		draw_polygon(pen, shape);
		return;
	case RP_SHAPE_TEXT:
		draw_text(pen, shape);
		return;
	}
}

void
rp_drawing_draw(GtkWidget *widget, cairo_t *cairo, const RpPicture *picture)
{
	g_autoptr(PangoLayout) layout = gtk_widget_create_pango_layout(widget, NULL);
	PangoFontDescription *font = pango_font_description_new();
	const Pen pen = {
		cairo, layout, adw_style_manager_get_dark(adw_style_manager_get_default())};

	pango_font_description_set_absolute_size(font, RP_PICTURE_FONT_SIZE * PANGO_SCALE);
	pango_layout_set_font_description(layout, font);
	pango_font_description_free(font);
	for (guint i = 0; i < picture->shapes->len; i++)
		draw_shape(&pen, &g_array_index(picture->shapes, RpShape, i));
}

/* ---- what is pointed at ---- */

#define NEAR 4.0 /* a line is thin, and a hand is not that still */

static gboolean
is_at(const RpShape *shape, double x, double y)
{
	gboolean box = shape->kind == RP_SHAPE_RECT || shape->kind == RP_SHAPE_LINE;
	double left = box ? MIN(shape->x, shape->x + shape->w) : shape->x - shape->w;
	double right = box ? MAX(shape->x, shape->x + shape->w) : shape->x + shape->w;
	double top = box ? MIN(shape->y, shape->y + shape->h) : shape->y - shape->w;
	double bottom = box ? MAX(shape->y, shape->y + shape->h) : shape->y + shape->w;

	return x >= left - NEAR && x <= right + NEAR && y >= top - NEAR && y <= bottom + NEAR;
}

const char *
rp_drawing_title_at(const RpPicture *picture, double x, double y)
{
	for (guint i = picture->shapes->len; i-- > 0;) {
		const RpShape *shape = &g_array_index(picture->shapes, RpShape, i);

		if (shape->title && is_at(shape, x, y))
			return shape->title;
	}
	return NULL;
}
