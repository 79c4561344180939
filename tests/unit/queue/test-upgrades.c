/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"
#include "../scratch.h"

#include <glib/gstdio.h>
#include <sqlite3.h>
#include <string.h>

/* Queues as each version of the schema left them (schema/version-N.sql: made by that version's own
 * statements, with a mail in every state): opened by this program nothing is lost, each message is
 * called what it was called, and the tables are those of a new queue. */

static const char *folder;
#define FIRST G_GINT64_CONSTANT(114122542945627)
#define HEADER 131 /* octets of a small mail there */

static void
run_sql(const char *path, const char *sql)
{
	char *problem = NULL;
	sqlite3 *db;

	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &problem) != SQLITE_OK)
		g_error("%s", problem);
	sqlite3_close(db);
}

static char *
ask(const char *path, const char *sql)
{
	GString *text = g_string_new(NULL);
	sqlite3_stmt *statement;
	sqlite3 *db;

	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), ==, SQLITE_OK);
	while (sqlite3_step(statement) == SQLITE_ROW)
		g_string_append_printf(
			text, "%s\n", (const char *)sqlite3_column_text(statement, 0));
	sqlite3_finalize(statement);
	sqlite3_close(db);
	return g_string_free(text, FALSE);
}

#define TABLES                                                                                     \
	"SELECT type || ' ' || name || ' ' || ifnull(sql, '') FROM sqlite_master ORDER BY type, "  \
	"name"

static RpQueue *
open_queue(const char *dir, RpQueueMode mode)
{
	g_autoptr(GError) error = NULL;
	RpQueue *queue = rp_queue_open(dir, mode, &error);

	g_assert_no_error(error);
	return queue;
}

static void
set_up(Fixture *f, gconstpointer data)
{
	g_autofree char *name = g_strdup_printf("version-%u.sql", GPOINTER_TO_UINT(data));
	g_autofree char *file = g_build_filename(folder, name, NULL);
	g_autofree char *sql = NULL;

	f->dir = g_dir_make_tmp("roampost-queue-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(f->dir, "queue.db", NULL);
	if (!g_file_get_contents(file, &sql, NULL, NULL))
		g_error("%s: a queue of each version that was released is kept", file);
	run_sql(path, sql);
	g_assert_cmpint(g_chmod(path, 0600), ==, 0);
	f->agent = open_queue(f->dir, RP_QUEUE_AGENT);
	f->writer = open_queue(f->dir, RP_QUEUE_WRITER);
}

/* ---- what is to be there ---- */

static char *
describe(RpQueue *queue, RpMessageId id)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpQueueMessage) message = rp_queue_get(queue, id, &error);
	GString *text;

	if (g_error_matches(error, RP_ERROR, RP_ERROR_NOT_FOUND))
		return g_strdup("-");
	g_assert_no_error(error);
	text = g_string_new(rp_message_state_name(message->state));
	g_string_append_printf(text, " %u", message->attempts);
	if (message->flags & RP_MESSAGE_MAYBE_SENT)
		g_string_append(text, " maybe-sent");
	if (message->user_hold)
		g_string_append(text, " user");
	if (message->pin)
		g_string_append_printf(text, " pin=%s", message->pin);
	if (message->hold_text)
		g_string_append_printf(text, " (%s)", message->hold_text);
	for (guint i = 0; i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];

		g_string_append_printf(text, " %s:%s", recipient->address,
			rp_recipient_state_name(recipient->state));
	}
	return g_string_free(text, FALSE);
}

static void
check_content(RpQueue *queue, RpMessageId id, gint64 size)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpQueueMessage) message = rp_queue_get(queue, id, &error);
	g_autofree char *content = g_malloc0((gsize)size + 1);

	g_assert_no_error(error);
	g_assert_cmpint(message->size, ==, size);
	for (gssize n, at = 0; at < size; at += n) {
		n = rp_queue_read(queue, id, at, content + at, (gsize)(size - at), &error);
		g_assert_no_error(error);
		g_assert_cmpint(n, >, 0);
	}
	g_assert_true(g_str_has_prefix(content, "From: taro@odn.example\r\n"));
	g_assert_nonnull(strstr(content, "\r\n\r\nkept\r\n"));
	g_assert_true(g_str_has_suffix(content, "\r\n"));
}

static void
check_messages(Fixture *f)
{
	static const struct {
		const char *id, *want;
		gint64 size;
	} rows[] = {
		{"37scwt45av", "queued 0 a@x.example:pending b@y.example:pending", HEADER},
		{"37scwt45aw", "deferred 3 a@x.example:sent b@y.example:pending", HEADER},
		{"37scwt45ax", "held 0 user pin=odn a@x.example:pending", HEADER},
		{"37scwt45ay", "queued 1 maybe-sent a@x.example:pending", HEADER},
		{"37scwt45az", "failed 1 a@x.example:dead b@y.example:sent", HEADER},
		{"37scwt45b0", "-", 0}, /* it had not come to its end */
		{"37scwt45b1", "queued 0 a@x.example:pending", 70007},
		{"37scwt45b2", "held 0 (554 5.6.0 no) a@x.example:pending", HEADER},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		RpMessageId id;
		g_autofree char *got = describe(f->agent, FIRST + i);

		g_assert_cmpstr(got, ==, rows[i].want);
		g_assert_cmpint(
			rp_queue_resolve(f->agent, rows[i].id, &id, NULL), ==, rows[i].size > 0);
		if (!rows[i].size)
			continue;
		g_assert_cmpint(id, ==, FIRST + i);
		check_content(f->agent, id, rows[i].size);
	}
}

/* A table that comes empty, and what it then holds. */
static void
check_observed(RpQueue *queue, guint version)
{
	g_autoptr(RpObservations) observations = rp_queue_load_observations(queue, NULL);
	const GPtrArray *rows = rp_observations_of(observations, "odn");

	g_assert_cmpuint(rows ? rows->len : 0, ==, version >= 9);
	if (!rows)
		return;
	const RpObservation *row = rows->pdata[0];
	g_assert_cmpstr(row->server, ==, "mail.odn.example:25");
	g_assert_cmpstr(row->from.place, ==, "uuid=7");
	g_assert_cmpstr(row->domain, ==, "x.example");
	g_assert_cmpuint(row->vector, ==, RP_VECTOR_SENDER_DOMAIN);
	g_assert_cmpuint(row->count, ==, 14);
	RpKnowledge known =
		rp_learning_judge(observations, "odn", &row->from, RP_VECTOR_SENDER_DOMAIN, "y");
	g_assert_cmpint(known.known, ==, RP_KNOWN_TAKEN);
}

static void
check_remembered(RpQueue *queue, guint version)
{
	static const RpMaildrop drop = {
		.set = "odn", .server = "pop.odn.example:110", .user = "taro"};
	g_autoptr(GPtrArray) logins = rp_queue_load_pop_logins(queue, NULL);
	g_autoptr(GPtrArray) failures = rp_queue_load_failures(queue, NULL);
	g_autoptr(GPtrArray) learned = rp_queue_load_learned(queue, NULL);
	g_autoptr(GPtrArray) facts = rp_queue_load_set_facts(queue, NULL);
	g_autoptr(GPtrArray) history =
		rp_queue_load_history(queue, &(RpHistoryQuery){.limit = 10}, NULL);
	g_autoptr(GPtrArray) reports = rp_queue_load_reports(queue, NULL);
	g_autoptr(GPtrArray) fetched = rp_queue_load_fetched(queue, &drop, NULL);
	g_auto(RpOverride) override = {0};

	g_assert_cmpuint(logins->len, ==, 1);
	g_assert_cmpuint(failures->len, ==, 1);
	g_assert_cmpstr(
		((RpFailure *)failures->pdata[0])->detail, ==, "554 5.7.1 Relay access denied");
	g_assert_cmpuint(learned->len, ==, 1);
	g_assert_cmpuint(facts->len, ==, 1);
	g_assert_cmpuint(history->len, ==, 2); /* the other: what was `sending` */
	g_assert_true(rp_queue_load_override(queue, &override, NULL));
	g_assert_cmpstr(override.set, ==, "odn");
	g_assert_cmpuint(reports->len, ==, version >= 4);
	g_assert_cmpuint(fetched->len, ==, version >= 2);
	check_observed(queue, version);
}

/* What people know mail by is kept from version 10 on; before, nothing is made up. */
static void
check_names(RpQueue *queue, guint version)
{
	g_autoptr(RpQueueMessage) message = rp_queue_get(queue, FIRST, NULL);
	g_autoptr(GPtrArray) history =
		rp_queue_load_history(queue, &(RpHistoryQuery){.id = FIRST - 1}, NULL);
	const RpHistoryRecord *record = history->pdata[0];
	g_autofree char *recipients =
		record->recipients ? g_strjoinv(" ", record->recipients) : NULL;

	g_assert_cmpstr(message->subject, ==, version >= 10 ? "Lunch, 昼" : NULL);
	g_assert_cmpstr(record->subject, ==, version >= 10 ? "Lunch, 昼" : NULL);
	g_assert_cmpstr(record->sent_as, ==, version >= 11 ? "taro@odn.example" : NULL);
	g_assert_cmpstr(record->from_as, ==, version >= 11 ? "taro@odn.example" : NULL);
	g_assert_cmpstr(recipients, ==, version >= 10 ? "a@x.example b@x.example" : NULL);
	g_assert_cmpint(record->size, ==, version >= 10 ? 131 : -1);
}

static void
check_dsn(RpQueue *queue, guint version)
{
	g_autoptr(RpQueueMessage) message = rp_queue_get(queue, FIRST, NULL);

	g_assert_cmpstr(message->dsn_ret, ==, version >= 3 ? "FULL" : NULL);
	g_assert_cmpstr(message->dsn_envid, ==, version >= 3 ? "e0" : NULL);
}

/* As made by this program alone. */
static void
check_tables(const char *dir)
{
	g_autofree char *path = g_build_filename(dir, "queue.db", NULL);
	g_autofree char *new_dir = g_dir_make_tmp("roampost-queue-XXXXXX", NULL);
	g_autofree char *new_path = g_build_filename(new_dir, "queue.db", NULL);
	RpQueue *queue = open_queue(new_dir, RP_QUEUE_WRITER);
	g_autofree char *got = ask(path, TABLES);
	g_autofree char *want = ask(new_path, TABLES);

	rp_queue_close(queue);
	g_assert_cmpstr(got, ==, want);
	scratch_remove(new_dir);
}

static void
test_upgrade(Fixture *f, gconstpointer data)
{
	guint version = GPOINTER_TO_UINT(data), n_maybe_sent = 0;
	RpMessageId id;

	g_assert_true(rp_queue_recover(f->agent, &n_maybe_sent, NULL));
	g_assert_cmpuint(n_maybe_sent, ==, 1);
	check_messages(f);
	check_remembered(f->agent, version);
	check_dsn(f->agent, version);
	check_names(f->agent, version);
	check_tables(f->dir);
	/* New mail has a name of its own. */
	id = fixture_submit(f, "taro@odn.example", "a@x.example", 2000);
	g_assert_cmpint(id, >, FIRST + 7);
	check_messages(f);
	fixture_check_counters(f);
}

/* ---- a version that is yet to come ---- */

static void
test_newer(Fixture *f, gconstpointer data)
{
	static const RpQueueMode modes[] = {RP_QUEUE_READER, RP_QUEUE_WRITER, RP_QUEUE_AGENT};
	guint ahead = GPOINTER_TO_UINT(data);
	g_autofree char *path = g_build_filename(f->dir, "queue.db", NULL);
	g_autofree char *now = ask(path, "PRAGMA user_version");
	guint known = (guint)g_ascii_strtoull(now, NULL, 10);
	g_autofree char *raise = g_strdup_printf("PRAGMA user_version=%u", known + ahead);
	g_autofree char *numbers =
		g_strdup_printf("(schema %u, this program knows up to %u)", known + ahead, known);
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;

	rp_queue_close(f->agent);
	rp_queue_close(f->writer);
	f->agent = f->writer = NULL;
	run_sql(path, raise);
	before = ask(path, TABLES);
	for (guint i = 0; i < G_N_ELEMENTS(modes); i++) {
		g_autoptr(GError) error = NULL;

		g_assert_null(rp_queue_open(f->dir, modes[i], &error));
		g_assert_error(error, RP_ERROR, RP_ERROR_BUSY);
		g_assert_nonnull(strstr(error->message, "of a newer version of roampost"));
		g_assert_nonnull(strstr(error->message, numbers));
		g_assert_nonnull(strstr(error->message, "type -a"));
	}
	after = ask(path, "PRAGMA user_version");
	g_assert_cmpuint(g_ascii_strtoull(after, NULL, 10), ==, known + ahead);
	g_free(after);
	after = ask(path, TABLES);
	g_assert_cmpstr(after, ==, before);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	rp_queue_close(f->writer);
	rp_queue_close(f->agent);
	scratch_remove(f->dir);
	g_free(f->dir);
}

static guint
this_version(void)
{
	g_autofree char *dir = g_dir_make_tmp("roampost-queue-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(dir, "queue.db", NULL);
	RpQueue *queue = open_queue(dir, RP_QUEUE_WRITER);
	g_autofree char *version = ask(path, "PRAGMA user_version");

	rp_queue_close(queue);
	scratch_remove(dir);
	return (guint)g_ascii_strtoull(version, NULL, 10);
}

int
main(int argc, char **argv)
{
	guint last;

	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(argc, ==, 2);
	folder = argv[1];
	last = this_version();
	for (guint version = 1; version <= last; version++) {
		g_autofree char *path = g_strdup_printf("/queue/upgrades/%u", version);

		g_test_add(
			path, Fixture, GUINT_TO_POINTER(version), set_up, test_upgrade, tear_down);
	}
	g_test_add("/queue/upgrades/next", Fixture, GUINT_TO_POINTER(1), fixture_set_up, test_newer,
		tear_down);
	g_test_add("/queue/upgrades/of-years-to-come", Fixture, GUINT_TO_POINTER(90),
		fixture_set_up, test_newer, tear_down);
	return g_test_run();
}
