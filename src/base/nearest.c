/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"

#include <string.h>

/* "Did you mean ...?": which of the words that there are was most likely meant. */

enum { LONGEST = 64 };

static gboolean
is_swap(const char *a, const char *b, gsize i, gsize j)
{
	return i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
}

/* Edit distance with swaps of neighbours (optimal string alignment). Both are lower case and at
 * most LONGEST octets. */
static guint
distance(const char *a, const char *b)
{
	gsize n = strlen(a), m = strlen(b);
	guint rows[3][LONGEST + 1];
	guint *before = rows[0], *last = rows[1], *row = rows[2];

	for (gsize j = 0; j <= m; j++)
		last[j] = (guint)j;
	memcpy(before, last, sizeof rows[0]);
	for (gsize i = 1; i <= n; i++) {
		row[0] = (guint)i;
		for (gsize j = 1; j <= m; j++) {
			guint cost = a[i - 1] == b[j - 1] ? 0 : 1;

			row[j] = MIN(MIN(last[j] + 1, row[j - 1] + 1), last[j - 1] + cost);
			if (is_swap(a, b, i, j))
				row[j] = MIN(row[j], before[j - 2] + 1);
		}
		guint *oldest = before;
		before = last;
		last = row;
		row = oldest;
	}
	return last[m];
}

const char *
rp_nearest(const char *word, const char *const *candidates)
{
	g_autofree char *lower = g_ascii_strdown(word, -1);
	/* A third of the word may be wrong; more is another word. */
	guint limit = MAX(1, (guint)strlen(word) / 3);
	const char *best = NULL;

	if (strlen(lower) > LONGEST)
		return NULL;
	for (gsize i = 0; candidates && candidates[i]; i++) {
		g_autofree char *candidate = g_ascii_strdown(candidates[i], -1);
		guint d = strlen(candidate) > LONGEST ? G_MAXUINT : distance(lower, candidate);

		if (d < limit || (d == limit && !best)) {
			best = candidates[i];
			limit = d;
		}
	}
	return best;
}
