/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/picture.h"

/* Shapes, and the inks they are drawn with. */

/* Text is readable on each of the places, and the marks on paper: 4.5 to 1 at least. Marks differ
 * in their form too: not everybody, and no printer, tells red from green. */
static const struct {
	guint32 light, dark;
} colours[RP_N_INKS] = {
	[RP_INK_PAPER] = {0xffffff, 0x1e1e1e},
	[RP_INK_TEXT] = {0x1f1f1f, 0xeeeeee},
	[RP_INK_DIM] = {0x5c5c5c, 0xb4b4b4},
	[RP_INK_GRID] = {0xdadada, 0x444444},
	[RP_INK_QUEUED] = {0x566270, 0xaab6c4},
	[RP_INK_HELD] = {0xa35c00, 0xffb84d},
	[RP_INK_DEFERRED] = {0x6f42b5, 0xc4a8f2},
	[RP_INK_SENT] = {0x187a36, 0x6fd08c},
	[RP_INK_FAILED] = {0xc01c28, 0xff7b72},
	[RP_INK_GONE] = {0x6b6b6b, 0xa0a0a0},
	[RP_INK_OFFLINE] = {0xc4c4c4, 0x555555},
	[RP_INK_PORTAL] = {0xe3a76f, 0x8a5526},
	[RP_INK_NOWHERE] = {0xececec, 0x383838},
	[RP_INK_PLACE + 0] = {0xb9d6f2, 0x27496d},
	[RP_INK_PLACE + 1] = {0xf6d9a8, 0x64460f},
	[RP_INK_PLACE + 2] = {0xc9e7c1, 0x2c5a2a},
	[RP_INK_PLACE + 3] = {0xecc7dd, 0x6a2f55},
	[RP_INK_PLACE + 4] = {0xd5cdf0, 0x45397a},
	[RP_INK_PLACE + 5] = {0xbfe6e4, 0x1f5a58},
};

guint32
rp_ink_colour(RpInk ink, gboolean dark)
{
	return dark ? colours[ink].dark : colours[ink].light;
}

static void
shape_clear(gpointer data)
{
	RpShape *shape = data;

	g_free(shape->text);
	g_free(shape->title);
}

RpPicture *
rp_picture_new(double width, const char *title)
{
	RpPicture *picture = g_new0(RpPicture, 1);

	picture->width = width;
	picture->title = g_strdup(title);
	picture->shapes = g_array_new(FALSE, FALSE, sizeof(RpShape));
	g_array_set_clear_func(picture->shapes, shape_clear);
	return picture;
}

void
rp_picture_free(RpPicture *picture)
{
	if (!picture)
		return;
	g_array_unref(picture->shapes);
	g_free(picture->title);
	g_free(picture->description);
	g_free(picture);
}

void
rp_picture_add(RpPicture *picture, const RpShape *shape)
{
	RpShape copy = *shape;

	copy.text = g_strdup(shape->text);
	copy.title = g_strdup(shape->title);
	g_array_append_val(picture->shapes, copy);
}

void
rp_picture_take(RpPicture *picture, RpPicture *other)
{
	g_array_append_vals(picture->shapes, other->shapes->data, other->shapes->len);
	g_array_set_clear_func(other->shapes, NULL); /* the texts have moved */
	rp_picture_free(other);
}

double
rp_picture_text_width(const char *text)
{
	double width = 0;

	for (; *text; text = g_utf8_next_char(text)) {
		gunichar c = g_utf8_get_char(text);

		if (!g_unichar_iszerowidth(c))
			width += g_unichar_iswide(c) ? 1 : 0.56;
	}
	return width * RP_PICTURE_FONT_SIZE;
}

guint
rp_shape_corners(const RpShape *shape, RpCorner corners[4])
{
	double r = shape->w;

	corners[0] = (RpCorner){shape->x, shape->y - r};
	if (shape->kind == RP_SHAPE_TRIANGLE) {
		corners[1] = (RpCorner){shape->x + r, shape->y + r * 0.8};
		corners[2] = (RpCorner){shape->x - r, shape->y + r * 0.8};
		return 3;
	}
	corners[1] = (RpCorner){shape->x + r, shape->y};
	corners[2] = (RpCorner){shape->x, shape->y + r};
	corners[3] = (RpCorner){shape->x - r, shape->y};
	return 4;
}
