/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "planner-private.h"

#include <string.h>

/* What was decided as the queue keeps it: a row for all classes that are told the same. At another
 * place what is told becomes another in that row, and its classes need not be touched. Only those
 * that part from the others get another row; rows never become one again for having the same words
 * now, since at the next place they may differ. */

/* How many classes of a row are to be told this. */
typedef struct {
	const RpAnswer *answer;
	guint n;
} Wish;

typedef struct {
	gint64 id;
	RpClassVerdict verdict; /* on the disk */
	gboolean kept;
	char *text;             /* rp_verdict_text of that; NULL: nothing is there */
	GHashTable *wishes;     /* a text -> Wish */
	const RpAnswer *answer; /* what it says from now on; NULL: it has no class */
} Row;

typedef struct {
	const RpPlanner *planner;
	RpQueueChange *change;
	GHashTable *rows;   /* id -> Row */
	GHashTable *saying; /* a text -> Row, of those that say it from now on */
	GPtrArray *unused;  /* of Row */
	gint64 last_id;
} Recording;

static void
row_free(gpointer data)
{
	Row *row = data;

	g_hash_table_unref(row->wishes);
	g_clear_pointer(&row->text, g_ref_string_release);
	g_free(row);
}

static Row *
add_row(Recording *recording, gint64 id)
{
	Row *row = g_new0(Row, 1);

	row->id = id;
	row->wishes = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	g_hash_table_insert(recording->rows, &row->id, row);
	recording->last_id = MAX(recording->last_id, id);
	return row;
}

static void
on_verdict(const RpQueueVerdict *verdict, gpointer user)
{
	Row *row = add_row(user, verdict->id);

	row->verdict = verdict->verdict;
	row->kept = verdict->kept || verdict->id == 0;
	row->text = rp_verdict_text(verdict->verdict, verdict->sets, verdict->reasons);
}

/* ---- what each row says from now on ---- */

/* A class under a verdict that is not there (any more) is under none. */
static Row *
row_of(const Recording *recording, const RpPlannedClass *class_)
{
	Row *row = g_hash_table_lookup(recording->rows, &class_->verdict_id);
	gint64 none = 0;

	return row ? row : g_hash_table_lookup(recording->rows, &none);
}

static void
add_wish(Row *row, const RpAnswer *answer)
{
	Wish *wish = g_hash_table_lookup(row->wishes, answer->text);

	if (!wish) {
		wish = g_new0(Wish, 1);
		wish->answer = answer;
		g_hash_table_insert(row->wishes, answer->text, wish);
	}
	wish->n++;
}

/* What most of its classes are to be told, so that the fewest part. */
static void
choose(Recording *recording, Row *row)
{
	GHashTableIter iter;
	gpointer value;
	guint most = 0;

	if (row->kept)
		return;
	g_hash_table_iter_init(&iter, row->wishes);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const Wish *wish = value;

		if (wish->n > most || (wish->n == most && wish->answer->text == row->text)) {
			most = wish->n;
			row->answer = wish->answer;
		}
	}
	if (!row->answer)
		g_ptr_array_add(recording->unused, row);
	else if (!g_hash_table_contains(recording->saying, row->answer->text))
		g_hash_table_insert(recording->saying, row->answer->text, row);
}

static void
write_row(const Recording *recording, const Row *row)
{
	const RpAnswer *answer = row->answer;

	if (row->text != answer->text)
		rp_change_write_verdict(
			recording->change, row->id, answer->verdict, answer->sets, answer->reasons);
}

static gboolean
read_rows(Recording *recording, GError **error)
{
	gint64 none = 0;

	if (!rp_queue_foreach_verdict(
		    recording->planner->ground->queue, on_verdict, recording, error))
		return FALSE;
	if (!g_hash_table_contains(recording->rows, &none))
		add_row(recording, none)->kept = TRUE;
	return TRUE;
}

static void
settle_rows(Recording *recording, const GPtrArray *classes)
{
	GHashTableIter iter;
	gpointer row;

	for (guint i = 0; i < classes->len; i++) {
		const RpPlannedClass *class_ = classes->pdata[i];

		Row *of = row_of(recording, class_);

		if (!of->kept)
			add_wish(of, class_->kind->answer);
	}
	g_hash_table_iter_init(&iter, recording->rows);
	while (g_hash_table_iter_next(&iter, NULL, &row))
		choose(recording, row);
	g_hash_table_iter_init(&iter, recording->rows);
	while (g_hash_table_iter_next(&iter, NULL, &row))
		if (((Row *)row)->answer)
			write_row(recording, row);
}

/* ---- the classes ---- */

/* One line of log a decision that is another than before: the inputs and the verdict. */
static void
log_verdict(const RpPlanner *planner, RpKind *kind)
{
	const RpAnswer *answer = kind->answer;

	if (kind->logged == planner->plan || !rp_log_says(G_LOG_LEVEL_INFO, G_LOG_DOMAIN))
		return;
	kind->logged = planner->plan;
	g_info("plan: from <%s> to %s%s, and what is like it, at %s: %s%s%s", kind->facts.sender,
		kind->facts.n_recipients ? kind->facts.recipients[0] : "nobody",
		kind->facts.n_recipients > 1 ? ", ..." : "",
		rp_whereabouts_place(planner->ground->whereabouts)->key,
		rp_verdict_name(answer->decision->verdict), answer->sets ? " by " : "",
		answer->sets ? answer->sets : "");
}

static Row *
row_saying(Recording *recording, const RpAnswer *answer)
{
	Row *row = g_hash_table_lookup(recording->saying, answer->text);

	if (row)
		return row;
	row = recording->unused->len
		      ? g_ptr_array_steal_index_fast(recording->unused, recording->unused->len - 1)
		      : add_row(recording, recording->last_id + 1);
	row->answer = answer;
	write_row(recording, row);
	g_hash_table_insert(recording->saying, answer->text, row);
	return row;
}

static void
record(Recording *recording, const RpPlannedClass *class_, GPtrArray *entered)
{
	const Row *row = row_of(recording, class_);
	const RpAnswer *answer = class_->kind->answer;

	if (row->text != answer->text)
		log_verdict(recording->planner, class_->kind);
	if (!row->answer || row->answer->text != answer->text)
		rp_change_give_verdict(
			recording->change, class_->id, row_saying(recording, answer)->id);
	/* Of a class without a verdict each message was looked at when it was classified. */
	if (answer->verdict != RP_CLASS_SEND && row->verdict != answer->verdict &&
		row->verdict != RP_CLASS_UNPLANNED)
		g_ptr_array_add(entered, g_memdup2(&class_->id, sizeof class_->id));
}

gboolean
rp_planner_record_verdicts(const RpPlanner *planner, const GPtrArray *classes,
	RpQueueChange *change, GPtrArray *entered, GError **error)
{
	g_autoptr(GHashTable) rows =
		g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, row_free);
	g_autoptr(GHashTable) saying = g_hash_table_new(NULL, NULL);
	g_autoptr(GPtrArray) unused = g_ptr_array_new();
	Recording recording = {planner, change, rows, saying, unused, 0};

	if (!read_rows(&recording, error))
		return FALSE;
	settle_rows(&recording, classes);
	for (guint i = 0; i < classes->len; i++)
		record(&recording, classes->pdata[i], entered);
	return TRUE;
}
