/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <string.h>

/* What is remembered of fetched mail. */

static int
by_uidl(gconstpointer a, gconstpointer b)
{
	return strcmp((*(RpFetched *const *)a)->uidl, (*(RpFetched *const *)b)->uidl);
}

static char *
records(Fixture *f, const char *set, const char *user)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) all = rp_queue_load_fetched(f->writer, set, user, &error);
	GString *text = g_string_new(NULL);
	g_assert_no_error(error);
	g_ptr_array_sort(all, by_uidl);
	for (guint i = 0; i < all->len; i++) {
		const RpFetched *r = all->pdata[i];
		g_assert_cmpint(r->at, ==, NOW);
		g_string_append_printf(text, "%s%s%s%s ", r->uidl, r->header_only ? " header" : "",
			r->file ? " parked" : "", r->missing_since == NOW ? " missing" : "");
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
test_fetched(Fixture *f, gconstpointer data)
{
	RpQueueChange *change = fixture_change();
	rp_change_save_fetched(change, "odn", "taro", "a", FALSE, "/m/tmp/1");
	rp_change_save_fetched(change, "odn", "taro", "b", TRUE, NULL);
	rp_change_save_fetched(change, "odn", "jiro", "a", FALSE, NULL);
	rp_change_save_fetched(change, "sonet", "taro", "c", FALSE, "/m/tmp/2");
	fixture_apply(f, change);
	CHECK("a parked b header ", records(f, "odn", "taro"));
	CHECK("a ", records(f, "odn", "jiro"));
	CHECK("", records(f, "odn", "hanako"));
	CHECK("/m/tmp/1 /m/tmp/2", parked(f));

	change = fixture_change();
	rp_change_fetched_shown(change, "/m/tmp/1");
	rp_change_save_fetched(change, "odn", "taro", "b", FALSE, NULL);
	rp_change_miss_fetched(change, "odn", "jiro", "a", TRUE);
	rp_change_miss_fetched(change, "odn", "nobody", "a", TRUE);
	fixture_apply(f, change);
	CHECK("a b ", records(f, "odn", "taro"));
	CHECK("a missing ", records(f, "odn", "jiro"));
	CHECK("/m/tmp/2", parked(f));

	change = fixture_change();
	rp_change_forget_fetched(change, "odn", "taro", "a");
	rp_change_miss_fetched(change, "odn", "jiro", "a", FALSE);
	fixture_apply(f, change);
	CHECK("b ", records(f, "odn", "taro"));
	CHECK("a ", records(f, "odn", "jiro"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add(
		"/queue/fetched", Fixture, NULL, fixture_set_up, test_fetched, fixture_tear_down);
	return g_test_run();
}
