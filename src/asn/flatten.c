/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "asn-private.h"

/* Ranges that overlap, into such as follow each other: a line that sweeps over all addresses, and
 * has those that it is in in a heap, the narrowest on top. */

typedef struct {
	RpAsnKey width;
	guint row; /* in the order in which they came */
} Open;

typedef struct {
	const GArray *rows;
	GArray *order; /* of guint: rows by their first address */
	GArray *heap;  /* of Open */
	guint next;    /* in `order` */
} Sweep;

static const RpAsnRow *
row_at(const Sweep *sweep, guint row)
{
	return &g_array_index(sweep->rows, RpAsnRow, row);
}

static int
compare_starts(const void *a, const void *b, gpointer user)
{
	guint x = *(const guint *)a, y = *(const guint *)b;
	int order = rp_asn_key_compare(row_at(user, x)->first, row_at(user, y)->first);

	return order ? order : (x < y ? -1 : x > y);
}

/* ---- the heap ---- */

static gboolean
is_narrower(const GArray *heap, guint a, guint b)
{
	const Open *x = &g_array_index(heap, Open, a), *y = &g_array_index(heap, Open, b);
	int order = rp_asn_key_compare(x->width, y->width);

	return order ? order < 0 : x->row < y->row;
}

static void
swap(GArray *heap, guint a, guint b)
{
	Open kept = g_array_index(heap, Open, a);

	g_array_index(heap, Open, a) = g_array_index(heap, Open, b);
	g_array_index(heap, Open, b) = kept;
}

static void
push(Sweep *sweep, guint row)
{
	const RpAsnRow *range = row_at(sweep, row);
	Open open = {rp_asn_key_minus(range->last, range->first), row};
	GArray *heap = sweep->heap;

	g_array_append_val(heap, open);
	for (guint at = heap->len - 1; at && is_narrower(heap, at, (at - 1) / 2); at = (at - 1) / 2)
		swap(heap, at, (at - 1) / 2);
}

static void
pop(GArray *heap)
{
	guint at = 0;

	swap(heap, 0, heap->len - 1);
	g_array_set_size(heap, heap->len - 1);
	for (;;) {
		guint child = 2 * at + 1;

		if (child + 1 < heap->len && is_narrower(heap, child + 1, child))
			child++;
		if (child >= heap->len || !is_narrower(heap, child, at))
			return;
		swap(heap, at, child);
		at = child;
	}
}

/* ---- the sweep ---- */

static const RpAsnRow *
next_row(const Sweep *sweep)
{
	return sweep->next < sweep->order->len
		       ? row_at(sweep, g_array_index(sweep->order, guint, sweep->next))
		       : NULL;
}

/* The narrowest that the address is in, or NULL. */
static const RpAsnRow *
narrowest(Sweep *sweep, RpAsnKey at)
{
	const RpAsnRow *next;

	while ((next = next_row(sweep)) && rp_asn_key_compare(next->first, at) <= 0)
		push(sweep, g_array_index(sweep->order, guint, sweep->next++));
	while (sweep->heap->len) {
		const RpAsnRow *top = row_at(sweep, g_array_index(sweep->heap, Open, 0).row);

		if (rp_asn_key_compare(top->last, at) >= 0)
			return top;
		pop(sweep->heap);
	}
	return NULL;
}

static void
emit(GArray *segments, RpAsnKey first, guint32 asn)
{
	RpAsnSegment segment = {first, asn};

	if (!segments->len || g_array_index(segments, RpAsnSegment, segments->len - 1).asn != asn)
		g_array_append_val(segments, segment);
}

GArray *
rp_asn_flatten(const GArray *rows, RpAsnKey highest)
{
	GArray *segments = g_array_new(FALSE, FALSE, sizeof(RpAsnSegment));
	g_autoptr(GArray) order = g_array_sized_new(FALSE, FALSE, sizeof(guint), rows->len);
	g_autoptr(GArray) heap = g_array_new(FALSE, FALSE, sizeof(Open));
	Sweep sweep = {rows, order, heap, 0};
	RpAsnKey at = {0, 0};

	for (guint i = 0; i < rows->len; i++)
		g_array_append_val(order, i);
	g_array_sort_with_data(order, compare_starts, &sweep);
	for (gboolean more = rows->len > 0; more;) {
		const RpAsnRow *here = narrowest(&sweep, at), *next = next_row(&sweep);

		emit(segments, at, here ? here->asn : 0);
		if (here && (!next || rp_asn_key_compare(here->last, next->first) < 0)) {
			more = rp_asn_key_compare(here->last, highest) < 0;
			at = rp_asn_key_next(here->last);
		} else {
			more = next != NULL;
			at = next ? next->first : at;
		}
	}
	return segments;
}
