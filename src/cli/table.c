/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "output-private.h"

#include <stdio.h>
#include <string.h>

/* Columns on a terminal: as wide as they need to be, cut where there is no room. */

enum { GAP = 2, NARROWEST = 6, LAST_NARROWEST = 24, BELOW = 4 };

typedef struct {
	char *text;
	RpColour colour;
} Cell;

struct RpCliTable {
	guint n_columns;
	char **headings;
	gboolean *right;
	gboolean *whole; /* is never cut: half of it says nothing */
	GArray *cells;   /* of Cell, row by row */
};

static void
cell_clear(gpointer data)
{
	g_free(((Cell *)data)->text);
}

RpCliTable *
rp_cli_table_new(const char *heading, ...)
{
	RpCliTable *table = g_new0(RpCliTable, 1);
	g_autoptr(GStrvBuilder) headings = g_strv_builder_new();
	va_list args;

	va_start(args, heading);
	for (const char *text = heading; text != NULL; text = va_arg(args, const char *))
		g_strv_builder_add(headings, text);
	va_end(args);
	table->headings = g_strv_builder_end(headings);
	table->n_columns = g_strv_length(table->headings);
	table->right = g_new0(gboolean, table->n_columns);
	table->whole = g_new0(gboolean, table->n_columns);
	table->cells = g_array_new(FALSE, FALSE, sizeof(Cell));
	g_array_set_clear_func(table->cells, cell_clear);
	return table;
}

void
rp_cli_table_free(RpCliTable *table)
{
	if (table == NULL)
		return;
	g_strfreev(table->headings);
	g_free(table->right);
	g_free(table->whole);
	g_array_unref(table->cells);
	g_free(table);
}

void
rp_cli_table_align_right(RpCliTable *table, guint column)
{
	g_return_if_fail(column < table->n_columns);
	table->right[column] = TRUE;
}

void
rp_cli_table_keep_whole(RpCliTable *table, guint column)
{
	g_return_if_fail(column < table->n_columns);
	table->whole[column] = TRUE;
}

guint
rp_cli_table_size(const RpCliTable *table)
{
	return table->cells->len / table->n_columns;
}

/* A cell is one text, which is wrapped where it has to be: a server's reply has lines of its own.
 */
static char *
as_cell(const char *text)
{
	g_autofree char *line = g_strdelimit(g_strdup(text ? text : ""), "\r\n", ' ');

	return rp_cli_clean(line, FALSE);
}

void
rp_cli_table_add(RpCliTable *table, const char *cell, ...)
{
	const char *text = cell;
	va_list args;

	va_start(args, cell);
	for (guint i = 0; i < table->n_columns; i++) {
		Cell copy = {.text = as_cell(text)};

		g_array_append_val(table->cells, copy);
		if (i + 1 < table->n_columns)
			text = va_arg(args, const char *);
	}
	va_end(args);
}

static const Cell *
cell_at(const RpCliTable *table, guint row, guint column)
{
	return &g_array_index(table->cells, Cell, row * table->n_columns + column);
}

void
rp_cli_table_colour(RpCliTable *table, guint column, RpColour colour)
{
	g_return_if_fail(column < table->n_columns && table->cells->len > 0);
	g_array_index(table->cells, Cell, table->cells->len - table->n_columns + column).colour =
		colour;
}

/* The widest that can be cut, but for the last; `n_columns`: there is none. */
static guint
widest_but_last(const RpCliTable *table, const guint *widths)
{
	guint widest = table->n_columns;

	for (guint i = 0; i + 1 < table->n_columns; i++)
		if (!table->whole[i] && widths[i] > NARROWEST &&
			(widest == table->n_columns || widths[i] > widths[widest]))
			widest = i;
	return widest;
}

static guint
sum(const guint *widths, guint n)
{
	guint all = 0;

	for (guint i = 0; i < n; i++)
		all += widths[i];
	return all;
}

static guint
widest_cell(const RpCliTable *table, guint column)
{
	guint width = 1;

	for (guint row = 0; row < rp_cli_table_size(table); row++)
		width = MAX(width, rp_cli_text_width(cell_at(table, row, column)->text));
	return width;
}

/* Takes from the widest, then from headings that are wider than what stands below them, until all
 * fit. */
static void
shrink(const RpCliTable *table, guint *widths, guint room)
{
	guint n_columns = table->n_columns;

	while (sum(widths, n_columns) > room) {
		guint widest = widest_but_last(table, widths);

		if (widest == n_columns)
			break;
		widths[widest]--;
	}
	for (guint i = n_columns - 1; i-- > 0 && sum(widths, n_columns) > room;) {
		guint more = sum(widths, n_columns) - room;
		guint least = MIN(widest_cell(table, i), widths[i]);

		widths[i] = MAX(least, widths[i] > more ? widths[i] - more : 1);
	}
}

/* A width of 0 for the last: it stands below the others, for beside them it would have no room. */
static void
fit(const RpCliTable *table, guint *widths, guint width)
{
	guint last = table->n_columns - 1;
	gboolean may_be_below = !table->right[last];
	guint gaps = GAP * last;
	guint room = width > gaps ? width - gaps : 1;
	guint others = sum(widths, last);

	if (others + widths[last] <= room)
		return;
	if (may_be_below && last > 1 && others + MIN(widths[last], LAST_NARROWEST) > room) {
		widths[last] = 0;
		shrink(table, widths, room + GAP);
		return;
	}
	widths[last] = MAX(room > others ? room - others : 0, MIN(widths[last], LAST_NARROWEST));
	shrink(table, widths, room);
}

static guint *
column_widths(const RpCliTable *table, guint width)
{
	guint *widths = g_new(guint, table->n_columns);

	for (guint i = 0; i < table->n_columns; i++)
		widths[i] = MAX(rp_cli_text_width(table->headings[i]), widest_cell(table, i));
	fit(table, widths, width);
	return widths;
}

static void
print_cell(RpCli *cli, const char *text, RpColour colour)
{
	if (colour == RP_COLOUR_NONE)
		fputs(text, stdout);
	else
		printf("%s%s%s", rp_cli_colour(cli, colour), text,
			rp_cli_colour(cli, RP_COLOUR_NONE));
}

/* No blanks at the end of a line. */
static gboolean
rest_is_empty(const RpCliTable *table, guint row, guint column, guint end)
{
	for (guint i = column + 1; i < end; i++)
		if (*cell_at(table, row, i)->text != '\0')
			return FALSE;
	return TRUE;
}

/* The columns before `end`; says how wide they are. */
static guint
print_cells(RpCli *cli, const RpCliTable *table, const guint *widths, guint row, guint end)
{
	guint width = 0;

	for (guint i = 0; i + 1 < table->n_columns; i++) {
		const Cell *cell = cell_at(table, row, i);
		g_autofree char *text = rp_cli_pad(cell->text, widths[i], table->right[i]);
		gboolean empty = rest_is_empty(table, row, i, end);

		print_cell(cli, empty ? g_strchomp(text) : text, cell->colour);
		if (!empty)
			printf("%*s", GAP, "");
		width += widths[i] + GAP;
	}
	return width;
}

/* The first line is not indented where it stands behind the others. */
static void
print_last(
	RpCli *cli, const RpCliTable *table, guint row, guint width, guint indent, gboolean behind)
{
	guint last = table->n_columns - 1;
	const Cell *cell = cell_at(table, row, last);
	g_auto(GStrv) lines = rp_cli_wrap(cell->text, MAX(width, 1));

	for (char **line = lines; *line != NULL; line++) {
		g_autofree char *text = table->right[last] && line == lines
						? rp_cli_pad(*line, width, TRUE)
						: g_strdup(*line);

		if (line != lines || !behind)
			printf("%*s", (int)indent, "");
		print_cell(cli, text, cell->colour);
		putchar('\n');
	}
}

static void
print_row(RpCli *cli, const RpCliTable *table, const guint *widths, guint row)
{
	guint last = table->n_columns - 1;

	if (widths[last] > 0 || cli->width <= BELOW) {
		guint indent = print_cells(cli, table, widths, row, table->n_columns);

		print_last(cli, table, row, widths[last], indent, TRUE);
		return;
	}
	print_cells(cli, table, widths, row, last);
	putchar('\n');
	if (*cell_at(table, row, last)->text != '\0')
		print_last(cli, table, row, cli->width - BELOW, BELOW, FALSE);
}

static void
print_headings(RpCli *cli, const RpCliTable *table, const guint *widths)
{
	g_autoptr(GString) line = g_string_new(NULL);

	for (guint i = 0; i < table->n_columns && widths[i] > 0; i++) {
		g_autofree char *text = rp_cli_pad(table->headings[i], widths[i], table->right[i]);

		g_string_append_printf(line, "%s%*s", text, GAP, "");
	}
	print_cell(cli, g_strchomp(line->str), RP_COLOUR_DIM);
	putchar('\n');
}

void
rp_cli_table_print(RpCli *cli, const RpCliTable *table)
{
	g_autofree guint *widths = column_widths(table, cli->width);

	print_headings(cli, table, widths);
	for (guint row = 0; row < rp_cli_table_size(table); row++)
		print_row(cli, table, widths, row);
}
