/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-list.h"

#include "messages.h"
#include "output-private.h"
#include "queue-row.h"

#include "roampost/remedy.h"

/* The queue as a list. A page of messages at a time: those that wait for the same reason stand
 * together, and it is said once. On a wide terminal all of a message is one line, and where there
 * is none, and then nothing is cut; else its subject stands below; on a narrow one everything does.
 */

#define PAGE 500
#define GAP 2
#define NARROW 64 /* fewer columns than these */
#define WIDE 120
#define ROUTE_LEAST 24

typedef struct {
	char *reason;
	GPtrArray *rows; /* of RpQueueRow */
} Group;

struct RpCliQueueList {
	RpCli *cli;
	RpTime now;
	GPtrArray *groups; /* of Group, as they came */
	GHashTable *by_reason;
	guint n_rows;
	guint widths[RP_N_QUEUE_COLUMNS]; /* 0: there is nothing in it */
	guint route; /* and what who to whom needs, at least as much as its heading */
	gboolean headed;
};

static void
group_free(gpointer data)
{
	Group *group = data;

	g_free(group->reason);
	g_ptr_array_unref(group->rows);
	g_free(group);
}

static const struct {
	const char *heading;
	gboolean right;
} columns[RP_N_QUEUE_COLUMNS] = {
	[RP_QUEUE_ID] = {N_("ID")},
	[RP_QUEUE_AGE] = {N_("AGE"), TRUE},
	[RP_QUEUE_SIZE] = {N_("SIZE"), TRUE},
	[RP_QUEUE_STATE] = {N_("STATE")},
	[RP_QUEUE_NEXT_TRY] = {N_("NEXT TRY"), TRUE},
};

/* ---- in so many columns ---- */

static void
append_padded(GString *line, const char *text, guint width, gboolean right)
{
	g_autofree char *padded = rp_cli_pad(text, MAX(width, rp_cli_text_width(text)), right);

	g_string_append(line, padded);
}

static guint
columns_width(const RpCliQueueList *list)
{
	guint width = 0;

	for (guint i = 0; i < RP_N_QUEUE_COLUMNS; i++)
		width += list->widths[i] ? list->widths[i] + GAP : 0;
	return width;
}

/* The columns before who and whom, with what is between. */
static void
append_columns(const RpCliQueueList *list, GString *line, const char *const *cells, RpColour state)
{
	for (guint i = 0; i < RP_N_QUEUE_COLUMNS; i++) {
		RpColour colour = i == RP_QUEUE_STATE ? state : RP_COLOUR_NONE;

		if (!list->widths[i])
			continue;
		g_string_append(line, colour ? rp_cli_colour(list->cli, colour) : "");
		append_padded(line, cells[i], list->widths[i], columns[i].right);
		g_string_append(line, colour ? rp_cli_colour(list->cli, RP_COLOUR_NONE) : "");
		g_string_append_printf(line, "%*s", GAP, "");
	}
}

/* Of who to whom, with what is between it and the subject. */
static guint
heading_width(const RpCliQueueList *list)
{
	guint room = list->cli->width - columns_width(list);

	if (list->cli->width < WIDE)
		return 0;
	if (list->cli->width == RP_CLI_NO_LIMIT)
		return rp_cli_text_width(_("FROM → TO")) + GAP;
	return MIN(list->route, room * 3 / 5) + GAP;
}

static void
print_headings(RpCliQueueList *list)
{
	g_autoptr(GString) line = g_string_new(NULL);
	const char *headings[RP_N_QUEUE_COLUMNS];

	if (list->headed || list->cli->width < NARROW)
		return;
	list->headed = TRUE;
	for (guint i = 0; i < RP_N_QUEUE_COLUMNS; i++)
		headings[i] = rp_text(columns[i].heading);
	append_columns(list, line, headings, RP_COLOUR_NONE);
	append_padded(line, _("FROM → TO"), heading_width(list), FALSE);
	rp_cli_print(list->cli, "%s%s\n", line->str, list->cli->width >= WIDE ? _("SUBJECT") : "");
}

/* ---- the forms ---- */

static void
print_next_try(RpCli *cli, const char *when)
{
	g_autofree char *text = g_strdup_printf(_("Next try: %s"), when);

	rp_cli_print_wrapped(cli, GAP, text);
}

static void
print_narrow(RpCliQueueList *list, const RpQueueRow *row)
{
	g_autofree char *route = rp_queue_row_whole_route(row);
	RpCli *cli = list->cli;

	rp_cli_print(cli, "%s  %s%s%s  %s  %s\n", row->cells[RP_QUEUE_ID],
		rp_cli_colour(cli, row->colour), row->cells[RP_QUEUE_STATE],
		rp_cli_colour(cli, RP_COLOUR_NONE), row->cells[RP_QUEUE_AGE],
		row->cells[RP_QUEUE_SIZE]);
	rp_cli_print_wrapped(cli, GAP, route);
	if (*row->subject)
		rp_cli_print_wrapped(cli, GAP, row->subject);
	if (*row->cells[RP_QUEUE_NEXT_TRY])
		print_next_try(cli, row->cells[RP_QUEUE_NEXT_TRY]);
}

static void
print_usual(RpCliQueueList *list, const RpQueueRow *row)
{
	g_autoptr(GString) line = g_string_new(NULL);
	guint before = columns_width(list);
	g_autofree char *route =
		rp_queue_row_route(row, MAX(list->cli->width, before + ROUTE_LEAST) - before);

	append_columns(list, line, (const char *const *)row->cells, row->colour);
	rp_cli_print(list->cli, "%s%s\n", line->str, route);
	if (*row->subject)
		rp_cli_print_wrapped(list->cli, list->widths[RP_QUEUE_ID] + GAP, row->subject);
}

/* As wide as the page needs for who and whom, and at most three fifths of what there is for that
 * and the subject. */
static void
print_wide(RpCliQueueList *list, const RpQueueRow *row)
{
	g_autoptr(GString) line = g_string_new(NULL);
	guint room = list->cli->width - columns_width(list);
	guint width = MIN(list->route, room * 3 / 5);
	g_autofree char *route = rp_queue_row_route(row, *row->subject ? width : room);
	g_autofree char *subject = rp_cli_cut(row->subject, room - width - GAP);

	append_columns(list, line, (const char *const *)row->cells, row->colour);
	append_padded(line, route, *subject ? width + GAP : 0, FALSE);
	rp_cli_print(list->cli, "%s%s\n", line->str, subject);
}

static void
print_whole(RpCliQueueList *list, const RpQueueRow *row)
{
	g_autoptr(GString) line = g_string_new(NULL);
	g_autofree char *route = rp_queue_row_whole_route(row);

	append_columns(list, line, (const char *const *)row->cells, row->colour);
	rp_cli_print(list->cli, "%s%s%*s%s\n", line->str, route, *row->subject ? GAP : 0, "",
		row->subject);
}

static void
print_row(RpCliQueueList *list, const RpQueueRow *row)
{
	if (list->cli->width < NARROW)
		print_narrow(list, row);
	else if (list->cli->width < WIDE)
		print_usual(list, row);
	else if (list->cli->width != RP_CLI_NO_LIMIT)
		print_wide(list, row);
	else
		print_whole(list, row);
}

/* ---- pages ---- */

static void
widen(RpCliQueueList *list, const RpQueueRow *row)
{
	g_autofree char *route = rp_queue_row_route(row, RP_CLI_NO_LIMIT);

	list->route = MAX(list->route, MAX(rp_cli_text_width(route), ROUTE_LEAST));
	for (guint i = 0; i < RP_N_QUEUE_COLUMNS; i++) {
		guint width = rp_cli_text_width(row->cells[i]);

		if (width)
			list->widths[i] = MAX(MAX(width, list->widths[i]),
				rp_cli_text_width(rp_text(columns[i].heading)));
	}
}

/* More of them are named by the first, and as like it. */
#define MOST_NAMED 5

/* As the commands that free the group take them. To be freed. */
static char *
name_rows(const GPtrArray *rows)
{
	g_autoptr(GString) ids = g_string_new(rows->len > MOST_NAMED ? "--like" : "");
	guint n = rows->len > MOST_NAMED ? 1 : rows->len;

	for (guint i = 0; i < n; i++)
		g_string_append_printf(ids, "%s%s", ids->len ? " " : "",
			((const RpQueueRow *)rows->pdata[i])->cells[RP_QUEUE_ID]);
	return g_string_free(g_steal_pointer(&ids), FALSE);
}

static void
print_group(RpCliQueueList *list, const Group *group)
{
	guint indent = list->cli->width < NARROW ? GAP : list->widths[RP_QUEUE_ID] + GAP;
	g_autofree char *ids = name_rows(group->rows);
	g_autofree char *reason = rp_remedy_with_id(group->reason, ids);
	g_autofree char *text = group->rows->len > 1 ? g_strdup_printf(_("These %1$u: %2$s"),
							       group->rows->len, reason)
						     : g_strdup(reason);

	for (guint i = 0; i < group->rows->len; i++)
		print_row(list, group->rows->pdata[i]);
	if (*reason)
		rp_cli_print_wrapped(list->cli, indent, text);
}

static void
print_page(RpCliQueueList *list)
{
	if (list->n_rows)
		print_headings(list);
	for (guint i = 0; i < list->groups->len; i++)
		print_group(list, list->groups->pdata[i]);
	g_ptr_array_set_size(list->groups, 0);
	g_hash_table_remove_all(list->by_reason);
	list->n_rows = 0;
}

void
rp_cli_queue_list_add(RpCliQueueList *list, const RpQueueMessage *message)
{
	g_autofree char *reason = rp_cli_message_reason(message);
	Group *group = g_hash_table_lookup(list->by_reason, reason);
	RpQueueRow *row = rp_queue_row_new(message, list->now);

	/* What is there with no reason stands where it came. */
	if (!group || !*reason) {
		group = g_new0(Group, 1);
		group->reason = g_steal_pointer(&reason);
		group->rows = g_ptr_array_new_with_free_func(rp_queue_row_free);
		g_ptr_array_add(list->groups, group);
		g_hash_table_insert(list->by_reason, group->reason, group);
	}
	widen(list, row);
	g_ptr_array_add(group->rows, row);
	if (++list->n_rows == PAGE)
		print_page(list);
}

RpCliQueueList *
rp_cli_queue_list_new(RpCli *cli, RpTime now)
{
	RpCliQueueList *list = g_new0(RpCliQueueList, 1);

	list->cli = cli;
	list->now = now;
	list->groups = g_ptr_array_new_with_free_func(group_free);
	list->by_reason = g_hash_table_new(g_str_hash, g_str_equal);
	return list;
}

void
rp_cli_queue_list_end(RpCliQueueList *list)
{
	print_page(list);
	g_hash_table_unref(list->by_reason);
	g_ptr_array_unref(list->groups);
	g_free(list);
}
