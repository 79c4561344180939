/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks at a POP server at random, with the real queue and maildir and no agent: every mail that
 * was listed is in the maildir, once, and nothing was deleted that is not. CHECKS_OF_TEST in
 * the environment says how many (script/soak checks); --seed as for every GLib test. */
#include "fake-maildrop.h"

#include "roampost/checks.h"
#include "roampost/mail-file.h"
#include "../scratch.h"

#include <glib/gstdio.h>
#include <string.h>

typedef struct {
	char *dir;
	FakeDrop *drop;
	RpGround ground;
	RpWhereabouts *whereabouts;
	RpChecks *checks;
	GHashTable *here; /* contents (guint) -> how often they came */
	guint n_fetched, n_logins, n_headers;
	gboolean done;
} World;

static RpTime test_time;

static RpTime
test_now(const RpClock *clock)
{
	return test_time;
}

static const RpClock test_clock = {test_now};

/* ---- the ground ---- */

static RpTime
never(gpointer user)
{
	return G_MAXINT64;
}

static void
on_due(RpSpan jump, gpointer user)
{
}

static void
on_ready(const GError *error, gpointer user)
{
	g_assert_no_error(error);
}

static void
on_idle(gpointer user)
{
}

static void
on_records(const char *reason, gpointer user)
{
}

static RpConfig *
load_config(World *w, const char *fetch)
{
	g_autofree char *file = g_build_filename(w->dir, "roampost.conf", NULL);
	g_autoptr(RpConfigSources) sources = rp_config_sources_new_for_file(file);
	g_autoptr(GPtrArray) problems = NULL;
	g_autofree char *text = g_strdup_printf(
		"[agent]\nmaildir=%s/Maildir\n"
		"[server-set odn]\nidentities=taro@odn.example\nrelay=anywhere\n"
		"smtp=smtp://127.0.0.1:9\nsmtp-tls=off\n"
		"pop=pop3://127.0.0.1:9\npop-tls=off\npop-user=taro\npop-password=geheim\n%s",
		w->dir, fetch);
	RpConfig *config;

	g_assert_true(g_file_set_contents(file, text, -1, NULL));
	g_assert_cmpint(g_chmod(file, 0600), ==, 0);
	config = rp_config_load(sources, &problems);
	g_assert_nonnull(config);
	return config;
}

static void
make_ground(World *w, const char *fetch)
{
	static const RpTimerEvents timer_events = {never, on_due};
	static const RpWritesEvents writes_events = {on_ready, on_idle};
	static const RpRecordsEvents records_events = {on_records};
	RpGround *ground = &w->ground;
	g_autoptr(GError) error = NULL;

	ground->clock = &test_clock;
	ground->queue = rp_queue_open(w->dir, RP_QUEUE_AGENT, &error);
	g_assert_no_error(error);
	ground->timer = rp_timer_new(ground->clock, &timer_events, w);
	ground->writes = rp_writes_new(ground->queue, &writes_events, w);
	ground->durable = rp_durable_new(ground->clock, ground->writes, ground->timer);
	ground->whereabouts = w->whereabouts = rp_whereabouts_new(load_config(w, fetch));
	ground->records = rp_records_new(ground->clock, ground->queue, ground->writes,
		ground->whereabouts, &records_events, w);
}

static void
free_ground(RpGround *ground, RpWhereabouts *whereabouts)
{
	rp_writes_wait(ground->writes);
	rp_records_free(ground->records);
	rp_whereabouts_free(whereabouts);
	rp_durable_free(ground->durable);
	rp_writes_free(ground->writes);
	rp_timer_free(ground->timer);
	rp_queue_close(ground->queue);
}

/* ---- the room ---- */

static void
on_login(const char *set, const RpSessionReport *report, gpointer user)
{
	g_assert_cmpstr(set, ==, "odn");
	((World *)user)->n_logins++;
}

static void
on_done(const char *set, guint n_fetched, const char *error, gpointer user)
{
	World *w = user;

	g_assert_cmpstr(set, ==, "odn");
	g_assert_false(rp_checks_is_under_way(w->checks, set));
	w->n_fetched += n_fetched;
	w->done = TRUE;
}

static gboolean
wants_headers(gpointer user)
{
	return TRUE;
}

static void
on_header(const char *octets, gsize length, gpointer user)
{
	World *w = user;

	g_assert_cmpuint(length, <=, RP_CHECK_HEAD);
	g_assert_true(g_str_has_prefix(octets, "Subject: "));
	w->n_headers++;
}

static void
check(World *w)
{
	const RpCatalogue *catalogue = rp_ground_catalogue(&w->ground);
	RpCheckOrder order = {.catalogue = (RpCatalogue *)catalogue,
		.set = rp_ground_find_set(&w->ground, "odn"),
		.route = {.family = RP_FAMILY_ANY}};
	guint n_logins = w->n_logins;

	w->done = FALSE;
	rp_checks_begin(w->checks, &order);
	g_assert_true(rp_checks_is_under_way(w->checks, "odn"));
	while (!w->done)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(w->n_logins, ==, n_logins + 1);
}

/* ---- what is in the maildir ---- */

/* Takes what is new out of it, and counts it. */
static void
take_mail(World *w)
{
	g_autofree char *new = g_build_filename(w->dir, "Maildir", "new", NULL);
	g_autoptr(GDir) listing = g_dir_open(new, 0, NULL);
	const char *name;

	while (listing && (name = g_dir_read_name(listing))) {
		g_autofree char *path = g_build_filename(new, name, NULL);
		g_autofree char *text = NULL, *want = NULL;
		guint content, n;

		g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
		g_assert_true(g_str_has_prefix(text, "Subject: "));
		content = (guint)g_ascii_strtoull(text + strlen("Subject: "), NULL, 10);
		want = fake_drop_text(content);
		g_assert_cmpstr(text, ==, want);
		n = GPOINTER_TO_UINT(g_hash_table_lookup(w->here, GUINT_TO_POINTER(content)));
		g_hash_table_insert(w->here, GUINT_TO_POINTER(content), GUINT_TO_POINTER(n + 1));
		g_unlink(path);
	}
}

static guint
times_here(World *w, guint content)
{
	return GPOINTER_TO_UINT(g_hash_table_lookup(w->here, GUINT_TO_POINTER(content)));
}

static void
on_deleting(const DropMail *mail, gpointer user)
{
	World *w = user;

	take_mail(w);
	g_assert_cmpuint(times_here(w, mail->content), ==, 1);
}

/* No other has its id, but for those that a listing showed beside it. */
static gboolean
is_plain(World *w, const DropMail *mail)
{
	for (guint i = 0; i < w->drop->mails->len; i++) {
		const DropMail *other = w->drop->mails->pdata[i];

		if (g_str_equal(other->uidl, mail->uidl) && !other->listed)
			return FALSE;
	}
	return TRUE;
}

/* Another program deletes what we have, now and then. */
static void
remove_some(World *w)
{
	for (guint i = w->drop->mails->len; i-- > 0;) {
		const DropMail *mail = w->drop->mails->pdata[i];

		if (times_here(w, mail->content) && is_plain(w, mail) &&
			g_rand_int_range(w->drop->rand, 0, 4) == 0)
			fake_drop_remove(w->drop, i);
	}
}

/* ---- the play ---- */

static guint
n_checks(void)
{
	const char *text = g_getenv("CHECKS_OF_TEST");

	return text ? (guint)g_ascii_strtoull(text, NULL, 10) : 150;
}

static void
begin(World *w, GRand *rand, const char *fetch)
{
	w->dir = g_dir_make_tmp("rp-checks-XXXXXX", NULL);
	g_assert_cmpint(g_chmod(w->dir, 0700), ==, 0);
	w->drop = fake_drop_new(rand);
	w->drop->deleting = on_deleting;
	w->drop->user = w;
	w->here = g_hash_table_new(NULL, NULL);
	make_ground(w, fetch);
}

static void
end(World *w)
{
	free_ground(&w->ground, w->whereabouts);
	rp_transport_free(&w->drop->parent);
	g_hash_table_unref(w->here);
	scratch_remove(w->dir);
	g_free(w->dir);
}

static void
assert_all_here(World *w)
{
	GHashTableIter iter;
	gpointer content, n;
	guint n_here = 0;

	take_mail(w);
	for (guint i = 0; i < w->drop->mails->len; i++)
		g_assert_cmpuint(
			times_here(w, ((DropMail *)w->drop->mails->pdata[i])->content), ==, 1);
	g_hash_table_iter_init(&iter, w->here);
	while (g_hash_table_iter_next(&iter, &content, &n))
		n_here += GPOINTER_TO_UINT(n);
	g_assert_cmpuint(n_here, ==, g_hash_table_size(w->here));
	g_assert_cmpuint(n_here, ==, w->n_fetched);
}

static void
test_random(gconstpointer data)
{
	static const RpCheckEvents events = {on_login, on_done, wants_headers, on_header};
	g_autoptr(GRand) rand = g_rand_new_with_seed((guint32)g_test_rand_int());
	World w = {0};

	begin(&w, rand, data);
	w.checks = rp_checks_new(&w.ground, &w.drop->parent, &events, &w);
	rp_checks_start(w.checks);
	for (guint i = 0; i < n_checks(); i++) {
		fake_drop_add(w.drop);
		check(&w);
		take_mail(&w);
		remove_some(&w);
		test_time += 7 * G_TIME_SPAN_HOUR;
	}
	w.drop->honest = TRUE;
	check(&w);
	check(&w);
	assert_all_here(&w);
	g_test_message("%u sessions, %u mails, %u cut, %u unanswered, %u ids again, %u twice",
		w.drop->n_sessions, w.n_fetched, w.drop->n_cuts, w.drop->n_unanswered,
		w.drop->n_reused, w.drop->n_twice);
	g_assert_cmpuint(w.drop->n_cuts, >, n_checks() / 30);
	g_assert_cmpuint(w.drop->n_twice, >, 0);
	g_assert_cmpuint(w.n_headers, >=, w.n_fetched);
	rp_checks_close(w.checks);
	rp_checks_free(w.checks);
	end(&w);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	test_time = 1000000 * (gint64)G_USEC_PER_SEC;
	g_test_add_data_func("/checks/random/delete", "fetch=delete\n", test_random);
	g_test_add_data_func("/checks/random/keep", "fetch=delete\nkeep-days=1\n", test_random);
	g_test_add_data_func("/checks/random/leave", "fetch=leave\n", test_random);
	return g_test_run();
}
