/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* A picture as shapes: written as SVG here, drawn by whoever has a canvas (the window). Inks have a
 * meaning and no colour: what they look like depends on the paper. No I/O, no state; texts are
 * copied. */

typedef enum {
	RP_INK_PAPER,
	RP_INK_TEXT,
	RP_INK_DIM, /* text that is less important */
	RP_INK_GRID,
	RP_INK_QUEUED,
	RP_INK_HELD,
	RP_INK_DEFERRED,
	RP_INK_SENT,
	RP_INK_FAILED,
	RP_INK_GONE,    /* deleted */
	RP_INK_OFFLINE, /* a place without a way out */
	RP_INK_PORTAL,  /* a place where a portal stands in the way */
	RP_INK_NOWHERE, /* a place inside of nothing that is known */
	RP_INK_PLACE,   /* the first of several places */
	RP_N_INKS = RP_INK_PLACE + 6,
} RpInk;

/* 0xrrggbb, on white paper or on a dark page. */
guint32 rp_ink_colour(RpInk ink, gboolean dark);

typedef enum {
	RP_SHAPE_RECT,     /* at x, y, of w and h */
	RP_SHAPE_LINE,     /* from x, y to x + w, y + h */
	RP_SHAPE_CIRCLE,   /* about x, y, of radius w */
	RP_SHAPE_DIAMOND,  /* likewise */
	RP_SHAPE_TRIANGLE, /* likewise, its tip upwards */
	RP_SHAPE_TEXT,     /* its baseline at y; begins, or ends, at x */
} RpShapeKind;

typedef struct {
	RpShapeKind kind;
	RpInk ink;
	double x, y, w, h;
	double thick;    /* of a line, or of a hollow shape's; 0: the shape is filled */
	gboolean dashed; /* a line is; a rectangle is hatched */
	gboolean at_end; /* the text ends at x */
	char *text;
	char *title; /* what is said of it where somebody points at it; NULL: nothing */
} RpShape;

typedef struct {
	double width, height;
	char *title, *description; /* for those who can't see it */
	GArray *shapes;            /* of RpShape, the lowest first */
} RpPicture;

/* The height of all its texts, in the units of the picture. */
#define RP_PICTURE_FONT_SIZE 12

RpPicture *rp_picture_new(double width, const char *title);
void rp_picture_free(RpPicture *picture);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpPicture, rp_picture_free)

/* Copies the shape, and its texts. */
void rp_picture_add(RpPicture *picture, const RpShape *shape);
/* Puts all shapes of the other on top, and frees it. */
void rp_picture_take(RpPicture *picture, RpPicture *other);
/* About how wide a text comes out. */
double rp_picture_text_width(const char *text);
/* The corners of a diamond or a triangle. */
typedef struct {
	double x, y;
} RpCorner;
guint rp_shape_corners(const RpShape *shape, RpCorner corners[4]);

/* A document of its own: it follows the page's colour scheme, and is black on white where it is
 * printed. Texts may be anything. Free with g_free. */
char *rp_picture_svg(const RpPicture *picture);
