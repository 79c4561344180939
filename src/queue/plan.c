/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-queue"
#include "queue-private.h"

#include <string.h>

/* Classes: which messages are planned as one, and what was decided for them. */

static char *
join_recipients(const RpMessageFacts *facts)
{
	GString *all = g_string_new(NULL);

	for (guint i = 0; i < facts->n_recipients; i++)
		g_string_append_printf(all, "%s%s", i ? "\n" : "", facts->recipients[i]);
	return g_string_free(all, FALSE);
}

/* The class with the step's key, made when there is none. */
static gboolean
find_class(RpTx *tx, const RpStep *step, gint64 *id, GError **error)
{
	gboolean found;

	if (!rp_db_find_number(tx->db, id, &found, error,
		    "SELECT id FROM classes WHERE key=? AND stale=0", "s", step->s[0]))
		return FALSE;
	if (found)
		return TRUE;
	if (!rp_db_run(tx->db, error,
		    "INSERT INTO classes(key, sender, header_from, recipients, size, pin)"
		    " VALUES(?, ?, ?, ?, ?, ?)",
		    "ssssis", step->s[0], step->s[1], step->s[2], step->s[3], step->n[0],
		    step->s[4]))
		return FALSE;
	*id = sqlite3_last_insert_rowid(rp_db_handle(tx->db));
	return TRUE;
}

/* Whether there is such a message to work on; one that has left meanwhile is no error. */
static gboolean
load_if_there(RpTx *tx, RpMessageId id, RpRow *row, gboolean *there, GError **error)
{
	g_autoptr(GError) failure = NULL;
	*there = rp_row_load(tx, id, row, &failure);
	if (*there || g_error_matches(failure, RP_ERROR, RP_ERROR_NOT_FOUND))
		return TRUE;
	g_propagate_error(error, g_steal_pointer(&failure));
	return FALSE;
}

static gboolean
classify(RpTx *tx, const RpStep *step, GError **error)
{
	g_auto(RpRow) row = {0};
	gboolean there;

	if (!load_if_there(tx, step->id, &row, &there, error))
		return FALSE;
	if (!there || row.phase == RP_PHASE_FAILED)
		return TRUE;
	row.flags = (row.flags | RP_MESSAGE_KNOWN) & ~RP_MESSAGE_HELD_UNSEEN;
	return find_class(tx, step, &row.class_id, error) &&
	       rp_row_save(tx, &row, "classified", error);
}

void
rp_change_classify(
	RpQueueChange *change, RpMessageId id, const char *key, const RpMessageFacts *facts)
{
	RpStep *step = rp_change_add(change, classify);

	step->id = id;
	step->s[0] = g_strdup(key);
	step->s[1] = g_strdup(facts->sender);
	step->s[2] = g_strdup(facts->header_from);
	step->s[3] = join_recipients(facts);
	step->s[4] = g_strdup(facts->pin);
	step->n[0] = facts->size;
}

static gboolean
write_verdict(RpTx *tx, const RpStep *step, GError **error)
{
	gint64 before = -1;
	gboolean found;

	if (!rp_db_find_number(tx->db, &before, &found, error,
		    "SELECT verdict FROM verdicts WHERE id=?", "i", step->id))
		return FALSE;
	tx->recount |= found && before != step->n[0];
	return rp_db_run(tx->db, error,
		"INSERT INTO verdicts(id, verdict, sets, reasons) VALUES(?1, ?2, ?3, ?4)"
		" ON CONFLICT(id) DO UPDATE SET verdict=?2, sets=?3, reasons=?4 WHERE kept=0",
		"iiss", step->id, step->n[0], step->s[0], step->s[1]);
}

void
rp_change_write_verdict(RpQueueChange *change, gint64 id, RpClassVerdict verdict, const char *sets,
	const char *reasons)
{
	RpStep *step = rp_change_add(change, write_verdict);

	step->id = id;
	step->n[0] = verdict;
	step->s[0] = g_strdup(sets);
	step->s[1] = g_strdup(reasons);
}

static gboolean
give_verdict(RpTx *tx, const RpStep *step, GError **error)
{
	tx->recount = TRUE;
	return rp_db_run(tx->db, error,
		"UPDATE classes SET verdict=? WHERE id=? AND id>0 AND stale=0", "ii", step->n[0],
		step->id);
}

void
rp_change_give_verdict(RpQueueChange *change, gint64 class_id, gint64 verdict_id)
{
	RpStep *step = rp_change_add(change, give_verdict);

	step->id = class_id;
	step->n[0] = verdict_id;
}

/* A stale class keeps its members until each is classified anew, but no longer its key: another may
 * take it. It also keeps its verdict, by which it is known that they were held before. */
static gboolean
reclass_all(RpTx *tx, const RpStep *step, GError **error)
{
	return rp_db_run(tx->db, error, "UPDATE classes SET stale=1 WHERE id>0", "") &&
	       rp_db_run(tx->db, error, "UPDATE verdicts SET kept=1", "");
}

void
rp_change_reclass_all(RpQueueChange *change)
{
	rp_change_add(change, reclass_all);
}

static gboolean
prune_classes(RpTx *tx, const RpStep *step, GError **error)
{
	/* By the counters as they stand before this change: a class that this very change emptied
	 * stays until the next time. */
	return rp_db_run(tx->db, error,
		       "DELETE FROM classes WHERE id>0 AND n_ready+n_deferred+n_held+n_sending=0"
		       " AND NOT"
		       " EXISTS(SELECT 1 FROM messages WHERE class=classes.id)",
		       "") &&
	       rp_db_run(tx->db, error,
		       "DELETE FROM verdicts WHERE id>0 AND id NOT IN (SELECT verdict FROM "
		       "classes)",
		       "");
}

void
rp_change_prune_classes(RpQueueChange *change)
{
	rp_change_add(change, prune_classes);
}

/* ---- reading them ---- */

/* The recipients of a class, as its row has them: a line each. */
typedef struct {
	GString *text;
	GPtrArray *list; /* into the text, NULL behind the last */
} Recipients;

static void
recipients_clear(Recipients *recipients)
{
	g_string_free(recipients->text, TRUE);
	g_ptr_array_unref(recipients->list);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Recipients, recipients_clear)

static void
split(Recipients *recipients, const char *lines)
{
	g_string_assign(recipients->text, lines ? lines : "");
	g_ptr_array_set_size(recipients->list, 0);
	for (char *at = recipients->text->str; at && *at;) {
		char *end = strchr(at, '\n');

		if (end)
			*end++ = '\0';
		g_ptr_array_add(recipients->list, at);
		at = end;
	}
	g_ptr_array_add(recipients->list, NULL);
}

static void
read_numbers(RpRows *rows, RpQueueClass *class_)
{
	class_->id = rp_rows_int(rows, 0);
	class_->verdict_id = rp_rows_int(rows, 1);
	class_->n_ready = rp_rows_int(rows, 2);
	class_->n_deferred = rp_rows_int(rows, 3);
	class_->n_held = rp_rows_int(rows, 4);
	class_->n_sending = rp_rows_int(rows, 5);
}

static void
read_rest(RpRows *rows, RpQueueClass *class_, Recipients *recipients)
{
	class_->sender = rp_rows_peek_text(rows, 6);
	class_->header_from = rp_rows_peek_text(rows, 7);
	split(recipients, rp_rows_peek_text(rows, 8));
	class_->recipients = (const char *const *)recipients->list->pdata;
	class_->n_recipients = recipients->list->len - 1;
	class_->size = rp_rows_int(rows, 9);
	class_->pin = rp_rows_peek_text(rows, 10);
}

gboolean
rp_queue_foreach_class(RpQueue *queue, RpQueueClassPart part, gint64 after, RpQueueClassFunc func,
	gpointer user, GError **error)
{
	static const char *const select[] = {
		[RP_QUEUE_CLASS_NUMBERS] =
			"SELECT id, verdict, n_ready, n_deferred, n_held, n_sending FROM classes"
			" WHERE id>? AND stale=0",
		[RP_QUEUE_CLASS_WHOLE] =
			"SELECT id, verdict, n_ready, n_deferred, n_held, n_sending, sender,"
			" header_from, recipients, size, pin FROM classes WHERE id>? AND stale=0",
	};
	g_auto(RpRows) rows = {0};
	g_auto(Recipients) recipients = {.text = g_string_new(NULL), .list = g_ptr_array_new()};
	RpQueueClass class_ = {0};

	if (!rp_rows_open(&rows, queue->db, error, select[part], "i", MAX(after, RP_CLASS_NEW)))
		return FALSE;
	do {
		if (!rp_rows_next(&rows))
			return rp_rows_finish(&rows, error);
		read_numbers(&rows, &class_);
		if (part == RP_QUEUE_CLASS_WHOLE)
			read_rest(&rows, &class_, &recipients);
	} while (func(&class_, user));
	return TRUE;
}

gboolean
rp_queue_foreach_verdict(RpQueue *queue, RpQueueVerdictFunc func, gpointer user, GError **error)
{
	g_auto(RpRows) rows = {0};

	if (!rp_rows_open(&rows, queue->db, error,
		    "SELECT id, verdict, sets, reasons, kept FROM verdicts", ""))
		return FALSE;
	while (rp_rows_next(&rows)) {
		const RpQueueVerdict verdict = {
			.id = rp_rows_int(&rows, 0),
			.verdict = rp_rows_int(&rows, 1),
			.sets = rp_rows_peek_text(&rows, 2),
			.reasons = rp_rows_peek_text(&rows, 3),
			.kept = rp_rows_int(&rows, 4) != 0,
		};

		func(&verdict, user);
	}
	return rp_rows_finish(&rows, error);
}

char *
rp_queue_class_recipient(RpQueue *queue, gint64 class_id, guint index)
{
	g_auto(RpRows) rows = {0};
	g_auto(Recipients) recipients = {.text = g_string_new(NULL), .list = g_ptr_array_new()};

	if (!rp_rows_open(&rows, queue->db, NULL, "SELECT recipients FROM classes WHERE id=?", "i",
		    class_id) ||
		!rp_rows_next(&rows))
		return NULL;
	split(&recipients, rp_rows_peek_text(&rows, 0));
	return index < recipients.list->len ? g_strdup(recipients.list->pdata[index]) : NULL;
}

void
rp_queue_class_facts(const RpQueueClass *class_, RpMessageFacts *facts)
{
	*facts = (RpMessageFacts){
		.sender = class_->sender,
		.header_from = class_->header_from,
		.recipients = class_->recipients,
		.n_recipients = class_->n_recipients,
		.size = class_->size,
		.pin = class_->pin,
	};
}

static guint
collect_addresses(const RpQueueMessage *message, RpRecipientState state, const char **addresses)
{
	guint n = 0;

	for (guint i = 0; i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];

		if (recipient->state == state)
			addresses[n++] = recipient->address;
	}
	return n;
}

void
rp_queue_message_facts(const RpQueueMessage *message, RpMessageFacts *facts, const char ***scratch)
{
	const char **addresses = g_new0(const char *, message->recipients->len + 1);
	guint n = collect_addresses(message, RP_RECIPIENT_PENDING, addresses);

	if (n == 0)
		n = collect_addresses(message, RP_RECIPIENT_REJECTED, addresses);
	*scratch = addresses;
	*facts = (RpMessageFacts){
		.sender = message->sender,
		.header_from = message->header_from,
		.recipients = addresses,
		.n_recipients = n,
		.size = message->size,
		.pin = message->pin,
	};
}
