/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "desktop-private.h"

#include <string.h>

/* A number as a picture, for a corner of the icon: a panel lays it over ours, and has no font for
 * it. ARGB32 in network byte order, as the specification wants it. */

enum { WIDTH = 3, HEIGHT = 5, N_GLYPHS = 11, MORE = 10 };

/* Rows from the top, of each the left pixel first: the digits, and a plus for what is above 9. */
static const char *const glyphs[N_GLYPHS] = {
	"#### ## ## ####",
	" # ##  #  # ###",
	"###  #####  ###",
	"###  # ##  ####",
	"# ## ####  #  #",
	"####  ###  ####",
	"####  #### ####",
	"###  #  # #  # ",
	"#### ##### ####",
	"#### ####  ####",
	"    # ### #    ",
};

#define GROUND 0xffc01c28u /* a red that carries white, light and dark */
#define INK 0xffffffffu

static void
put(guint8 *pixels, guint size, guint x, guint y, guint32 argb)
{
	guint32 be = GUINT32_TO_BE(argb);

	memcpy(pixels + 4 * (y * size + x), &be, 4);
}

static guint32
colour_at(const char *glyph, guint column, guint row)
{
	gboolean inner = column >= 1 && column <= WIDTH && row >= 1 && row <= HEIGHT;

	return inner && glyph[(row - 1) * WIDTH + column - 1] == '#' ? INK : GROUND;
}

/* In the upper right corner: our icons have their sign in the lower one. */
GBytes *
rp_badge_draw(guint n, guint size)
{
	const char *glyph = glyphs[n < MORE ? n : MORE];
	guint8 *pixels = g_malloc0(4 * (gsize)size * size);
	guint scale = MAX(size / 16, 1);
	guint left = size - MIN((WIDTH + 2) * scale, size),
	      bottom = MIN((HEIGHT + 2) * scale, size);

	for (guint y = 0; y < bottom; y++)
		for (guint x = left; x < size; x++)
			put(pixels, size, x, y, colour_at(glyph, (x - left) / scale, y / scale));
	return g_bytes_new_take(pixels, 4 * (gsize)size * size);
}
