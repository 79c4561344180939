/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"
#include "roampost/picture.h"

#include <string.h>

/* A picture as an SVG document. Colours are classes, so that the page it is shown in can be dark;
 * what prints has the light ones. */

static const char *const names[RP_N_INKS] = {
	[RP_INK_PAPER] = "paper",
	[RP_INK_TEXT] = "text",
	[RP_INK_DIM] = "dim",
	[RP_INK_GRID] = "grid",
	[RP_INK_QUEUED] = "queued",
	[RP_INK_HELD] = "held",
	[RP_INK_DEFERRED] = "deferred",
	[RP_INK_SENT] = "sent",
	[RP_INK_FAILED] = "failed",
	[RP_INK_GONE] = "gone",
	[RP_INK_OFFLINE] = "offline",
	[RP_INK_PORTAL] = "portal",
	[RP_INK_NOWHERE] = "nowhere",
	[RP_INK_PLACE + 0] = "place1",
	[RP_INK_PLACE + 1] = "place2",
	[RP_INK_PLACE + 2] = "place3",
	[RP_INK_PLACE + 3] = "place4",
	[RP_INK_PLACE + 4] = "place5",
	[RP_INK_PLACE + 5] = "place6",
};

/* A point, whatever the locale; two digits are finer than any screen. */
static void
add_number(GString *out, const char *name, double value)
{
	char text[G_ASCII_DTOSTR_BUF_SIZE];

	g_ascii_formatd(text, sizeof text, "%.2f", value);
	g_string_append_printf(out, " %s=\"%s\"", name, text);
}

/* XML has no form for some characters; a line's end stays one (of titles). */
static void
add_text(GString *out, const char *text)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	g_autoptr(GString) plain = g_string_new(NULL);

	for (const char *p = valid; *p; p = g_utf8_next_char(p)) {
		gunichar c = g_utf8_get_char(p);

		if (c == '\n' || (rp_is_neutral(c) && c != 0xfffe && c != 0xffff))
			g_string_append_unichar(plain, c);
		else
			g_string_append_c(plain, ' ');
	}
	g_autofree char *escaped = g_markup_escape_text(plain->str, -1);
	g_string_append(out, escaped);
}

static void
add_element(GString *out, const char *name, const char *attributes, const char *text)
{
	g_string_append_printf(out, "<%s%s>", name, attributes);
	add_text(out, text);
	g_string_append_printf(out, "</%s>\n", name);
}

/* ---- style ---- */

static void
add_rules(GString *out, gboolean dark)
{
	for (guint ink = 0; ink < RP_N_INKS; ink++) {
		guint32 colour = rp_ink_colour((RpInk)ink, dark);

		g_string_append_printf(out, ".%s{fill:#%06x}.%s.l{fill:none;stroke:#%06x}\n",
			names[ink], colour, names[ink], colour);
	}
}

static void
add_style(GString *out)
{
	g_string_append_printf(out,
		"<style>\ntext{font:%dpx \"Cantarell\",\"DejaVu Sans\",\"Noto Sans CJK "
		"JP\",sans-serif}\n"
		"text{pointer-events:none}\n",
		RP_PICTURE_FONT_SIZE);
	add_rules(out, FALSE);
	g_string_append(out, "@media screen and (prefers-color-scheme:dark){\n");
	add_rules(out, TRUE);
	g_string_append(out, "}\n</style>\n");
}

/* Lines over the ink, for what is told from the others without colour. */
static void
add_hatching(GString *out)
{
	g_string_append(out,
		"<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" "
		"patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\">"
		"<path class=\"paper l\" d=\"M0 0V6\" stroke-width=\"5\"/></pattern></defs>\n");
}

/* ---- shapes ---- */

static void
open_shape(GString *out, const char *element, const RpShape *shape, gboolean stroked)
{
	g_string_append_printf(
		out, "<%s class=\"%s%s\"", element, names[shape->ink], stroked ? " l" : "");
	if (stroked)
		add_number(out, "stroke-width", shape->thick > 0 ? shape->thick : 1);
	if (stroked && shape->dashed)
		g_string_append(out, " stroke-dasharray=\"4 3\"");
}

static void
close_shape(GString *out, const char *element, const RpShape *shape)
{
	if (!shape->title) {
		g_string_append(out, "/>\n");
		return;
	}
	g_string_append(out, "><title>");
	add_text(out, shape->title);
	g_string_append_printf(out, "</title></%s>\n", element);
}

static void
add_box(GString *out, const RpShape *shape)
{
	add_number(out, "x", shape->x);
	add_number(out, "y", shape->y);
	add_number(out, "width", shape->w);
	add_number(out, "height", shape->h);
}

static void
add_rect(GString *out, const RpShape *shape)
{
	open_shape(out, "rect", shape, shape->thick > 0);
	add_box(out, shape);
	close_shape(out, "rect", shape);
	if (!shape->dashed)
		return;
	g_string_append(out, "<rect fill=\"url(#hatch)\" pointer-events=\"none\"");
	add_box(out, shape);
	g_string_append(out, "/>\n");
}

static void
add_line(GString *out, const RpShape *shape)
{
	open_shape(out, "line", shape, TRUE);
	add_number(out, "x1", shape->x);
	add_number(out, "y1", shape->y);
	add_number(out, "x2", shape->x + shape->w);
	add_number(out, "y2", shape->y + shape->h);
	close_shape(out, "line", shape);
}

static void
add_circle(GString *out, const RpShape *shape)
{
	open_shape(out, "circle", shape, shape->thick > 0);
	add_number(out, "cx", shape->x);
	add_number(out, "cy", shape->y);
	add_number(out, "r", shape->w);
	close_shape(out, "circle", shape);
}

static void
add_polygon(GString *out, const RpShape *shape)
{
	RpCorner corners[4];
	guint n = rp_shape_corners(shape, corners);
	char x[G_ASCII_DTOSTR_BUF_SIZE], y[G_ASCII_DTOSTR_BUF_SIZE];

	open_shape(out, "polygon", shape, shape->thick > 0);
	g_string_append(out, " points=\"");
	for (guint i = 0; i < n; i++)
		g_string_append_printf(out, "%s%s,%s", i ? " " : "",
			g_ascii_formatd(x, sizeof x, "%.2f", corners[i].x),
			g_ascii_formatd(y, sizeof y, "%.2f", corners[i].y));
	g_string_append_c(out, '"');
	close_shape(out, "polygon", shape);
}

static void
add_words(GString *out, const RpShape *shape)
{
	open_shape(out, "text", shape, FALSE);
	add_number(out, "x", shape->x);
	add_number(out, "y", shape->y);
	g_string_append(out, shape->at_end ? " text-anchor=\"end\">" : ">");
	add_text(out, shape->text ? shape->text : "");
	g_string_append(out, "</text>\n");
}

static void
add_shape(GString *out, const RpShape *shape)
{
	switch (shape->kind) {
	case RP_SHAPE_RECT:
		add_rect(out, shape);
		return;
	case RP_SHAPE_LINE:
		add_line(out, shape);
		return;
	case RP_SHAPE_CIRCLE:
		add_circle(out, shape);
		return;
	case RP_SHAPE_DIAMOND:
	case RP_SHAPE_TRIANGLE:
		add_polygon(out, shape);
		return;
	case RP_SHAPE_TEXT:
		add_words(out, shape);
		return;
	}
}

char *
rp_picture_svg(const RpPicture *picture)
{
	GString *out = g_string_new("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
				    "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" "
				    "aria-labelledby=\"title desc\"");

	add_number(out, "width", picture->width);
	add_number(out, "height", picture->height);
	g_string_append_printf(
		out, " viewBox=\"0 0 %d %d\">\n", (int)picture->width, (int)picture->height);
	add_element(out, "title", " id=\"title\"", picture->title);
	add_element(out, "desc", " id=\"desc\"", picture->description ? picture->description : "");
	add_style(out);
	add_hatching(out);
	for (guint i = 0; i < picture->shapes->len; i++)
		add_shape(out, &g_array_index(picture->shapes, RpShape, i));
	g_string_append(out, "</svg>\n");
	return g_string_free(out, FALSE);
}
