/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <sqlite3.h>
#include <string.h>

/* What is remembered of fetched mail. */

static int
by_uidl(gconstpointer a, gconstpointer b)
{
	return strcmp((*(RpFetched *const *)a)->uidl, (*(RpFetched *const *)b)->uidl);
}

static const RpMaildrop taro = {"pop.odn", "taro", "odn"};
static const RpMaildrop jiro = {"pop.odn", "jiro", "odn"};
static const RpMaildrop hanako = {"pop.odn", "hanako", "odn"};
static const RpMaildrop sonet = {"pop.sonet", "taro", "sonet"};
/* The same mailbox in another set, and another one in the same set. */
static const RpMaildrop renamed = {"pop.odn", "taro", "home"};
static const RpMaildrop moved = {"pop.new", "taro", "odn"};

static char *
records(Fixture *f, const RpMaildrop *drop)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) all = rp_queue_load_fetched(f->writer, drop, &error);
	GString *text = g_string_new(NULL);
	g_assert_no_error(error);
	g_ptr_array_sort(all, by_uidl);
	for (guint i = 0; i < all->len; i++) {
		const RpFetched *r = all->pdata[i];
		g_assert_cmpint(r->at, ==, NOW);
		g_string_append_printf(text, "%s%s%s%s%s%s ", r->uidl, *r->digest ? "=" : "",
			r->digest, r->header_only ? " header" : "", r->file ? " parked" : "",
			r->missing_since == NOW ? " missing" : "");
		if (r->size >= 0)
			g_string_append_printf(text, "%" G_GINT64_FORMAT " ", r->size);
		if (r->doubt)
			g_string_append(text, "doubt ");
		if (r->cut)
			g_string_append(text, "cut ");
	}
	return g_string_free(text, FALSE);
}

static char *
parked(Fixture *f)
{
	g_autoptr(GPtrArray) files = rp_queue_load_parked(f->writer, NULL);
	g_assert_nonnull(files);
	g_ptr_array_add(files, NULL);
	return g_strjoinv(" ", (char **)files->pdata);
}

#define CHECK(want, expression)                                                                    \
	G_STMT_START                                                                               \
	{                                                                                          \
		g_autofree char *got_ = expression;                                                \
		g_assert_cmpstr(got_, ==, want);                                                   \
	}                                                                                          \
	G_STMT_END

static void
save(RpQueueChange *change, const RpMaildrop *drop, const char *uidl, gboolean header_only,
	const char *file)
{
	RpFetched fetched = {
		.uidl = (char *)uidl, .size = -1, .header_only = header_only, .file = (char *)file};

	rp_change_save_fetched(change, drop, &fetched, FALSE);
}

static void
test_fetched(Fixture *f, gconstpointer data)
{
	RpQueueChange *change = fixture_change();
	save(change, &taro, "a", FALSE, "/m/tmp/1");
	save(change, &taro, "b", TRUE, NULL);
	save(change, &jiro, "a", FALSE, NULL);
	save(change, &sonet, "c", FALSE, "/m/tmp/2");
	fixture_apply(f, change);
	CHECK("a parked b header ", records(f, &taro));
	CHECK("a ", records(f, &jiro));
	CHECK("", records(f, &hanako));
	CHECK("a parked b header ", records(f, &renamed));
	CHECK("", records(f, &moved));
	CHECK("/m/tmp/1 /m/tmp/2", parked(f));

	change = fixture_change();
	rp_change_fetched_shown(change, "/m/tmp/1");
	save(change, &taro, "b", FALSE, NULL);
	rp_change_miss_fetched(change, &jiro, "a", TRUE);
	rp_change_miss_fetched(change, &hanako, "a", TRUE);
	fixture_apply(f, change);
	CHECK("a b ", records(f, &taro));
	CHECK("a missing ", records(f, &jiro));
	CHECK("/m/tmp/2", parked(f));

	change = fixture_change();
	rp_change_forget_fetched(change, &taro, "a");
	rp_change_miss_fetched(change, &jiro, "a", FALSE);
	fixture_apply(f, change);
	CHECK("b ", records(f, &taro));
	CHECK("a ", records(f, &jiro));
}

/* An id may be that of another mail: what is remembered of it is the content too. */
static void
test_contents(Fixture *f, gconstpointer data)
{
	RpFetched first = {.uidl = (char *)"a", .digest = (char *)"1", .size = 10};
	RpFetched second = {.uidl = (char *)"a", .digest = (char *)"2", .size = 20};
	RpFetched parked = {
		.uidl = (char *)"a", .digest = (char *)"3", .size = 30, .file = (char *)"/m/tmp/3"};
	RpQueueChange *change = fixture_change();

	rp_change_save_fetched(change, &taro, &first, FALSE);
	rp_change_save_fetched(change, &taro, &second, TRUE);
	fixture_apply(f, change);
	CHECK("a=1 10 a=2 20 doubt ", records(f, &taro));

	change = fixture_change();
	rp_change_doubt_fetched(change, &taro, "a");
	rp_change_doubt_fetched(change, &jiro, "a");
	fixture_apply(f, change);
	CHECK("a=1 10 doubt a=2 20 doubt ", records(f, &taro));
	CHECK("", records(f, &jiro));

	change = fixture_change();
	rp_change_recognise_fetched(change, &taro, "a", "2", 21);
	fixture_apply(f, change);
	CHECK("a=2 21 ", records(f, &taro));

	change = fixture_change();
	rp_change_save_fetched(change, &taro, &parked, FALSE);
	fixture_apply(f, change);
	CHECK("a=3 parked 30 ", records(f, &taro));

	/* What is parked is not forgotten before it is shown. */
	change = fixture_change();
	rp_change_save_fetched(change, &taro, &first, FALSE);
	rp_change_forget_fetched(change, &taro, "a");
	fixture_apply(f, change);
	CHECK("a=3 parked 30 ", records(f, &taro));

	change = fixture_change();
	rp_change_fetched_shown(change, "/m/tmp/3");
	rp_change_doubt_fetched(change, &taro, "a");
	rp_change_recognise_fetched(change, &taro, "a", NULL, -1);
	fixture_apply(f, change);
	CHECK("a=3 ", records(f, &taro));

	change = fixture_change();
	rp_change_cut_fetched(change, &taro, "a");
	rp_change_cut_fetched(change, &jiro, "a");
	fixture_apply(f, change);
	CHECK("a=3 cut ", records(f, &taro));
}

/* What version 2 knew by the names of sets. */
static void
set_up_old(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *sql = NULL;
	sqlite3 *db;

	f->dir = g_dir_make_tmp("roampost-queue-XXXXXX", NULL);
	g_autofree char *path = g_build_filename(f->dir, "queue.db", NULL);
	g_assert_true(g_file_get_contents(data, &sql, NULL, NULL));
	g_assert_cmpint(sqlite3_open(path, &db), ==, SQLITE_OK);
	g_assert_cmpint(sqlite3_exec(db, sql, NULL, NULL, NULL), ==, SQLITE_OK);
	sqlite3_close(db);
	f->agent = rp_queue_open(f->dir, RP_QUEUE_AGENT, &error);
	g_assert_no_error(error);
	f->writer = rp_queue_open(f->dir, RP_QUEUE_WRITER, &error);
	g_assert_no_error(error);
}

/* It is the mailbox's that is fetched from next by a set of that name, and no other's. */
static void
test_upgrade(Fixture *f, gconstpointer data)
{
	RpQueueChange *change = fixture_change();

	CHECK("a b header p parked ", records(f, &taro));
	CHECK("a q ", records(f, &renamed));
	CHECK("", records(f, &jiro));
	CHECK("", records(f, &sonet));
	CHECK("/m/tmp/1", parked(f));
	rp_change_adopt_fetched(change, &taro);
	rp_change_forget_fetched(change, &taro, "b");
	fixture_apply(f, change);
	CHECK("a p parked ", records(f, &taro));
	CHECK("", records(f, &moved));

	change = fixture_change();
	rp_change_adopt_fetched(change, &renamed);
	rp_change_adopt_fetched(change, &moved);
	fixture_apply(f, change);
	CHECK("a p parked q ", records(f, &renamed));
	CHECK("a p parked q ", records(f, &taro));
	CHECK("", records(f, &moved));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(argc, ==, 2);
	g_test_add("/queue/fetched/upgrade", Fixture, argv[1], set_up_old, test_upgrade,
		fixture_tear_down);
	g_test_add("/queue/fetched/contents", Fixture, NULL, fixture_set_up, test_contents,
		fixture_tear_down);
	g_test_add("/queue/fetched/records", Fixture, NULL, fixture_set_up, test_fetched,
		fixture_tear_down);
	return g_test_run();
}
