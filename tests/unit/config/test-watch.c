/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <string.h>
#include <unistd.h>

/* The main loop waits for the callback, never for a time; the long timer only ends a test that has
 * failed. */

typedef struct {
	GMainLoop *loop;
	RpConfig *config; /* the last good one */
	guint n_good, n_bad;
	char *first_problem;
	gboolean free_inside;
	RpConfigWatch *watch;
} Seen;

static void
on_changed(RpConfig *config, const GPtrArray *problems, gpointer data)
{
	Seen *seen = data;

	if (config != NULL) {
		g_clear_pointer(&seen->config, rp_config_unref);
		seen->config = rp_config_ref(config);
		seen->n_good++;
	} else {
		g_assert_cmpuint(problems->len, >, 0);
		g_free(seen->first_problem);
		seen->first_problem = rp_config_problem_format(problems->pdata[0]);
		seen->n_bad++;
	}
	if (seen->free_inside)
		g_clear_pointer(&seen->watch, rp_config_watch_free);
	g_main_loop_quit(seen->loop);
}

static gboolean
on_too_late(gpointer data)
{
	g_error("no change was reported");
	return G_SOURCE_REMOVE;
}

static void
wait_for_change(Seen *seen)
{
	guint too_late = g_timeout_add_seconds(180, on_too_late, NULL);

	g_main_loop_run(seen->loop);
	g_source_remove(too_late);
}

static void
seen_set_up(Seen *seen, Fixture *fixture)
{
	g_autoptr(RpConfigSources) sources = fixture_sources(fixture);

	seen->loop = g_main_loop_new(NULL, FALSE);
	seen->watch = rp_config_watch_new(sources, on_changed, seen);
}

static void
seen_tear_down(Seen *seen)
{
	rp_config_watch_free(seen->watch);
	g_main_loop_unref(seen->loop);
	rp_config_unref(seen->config);
	g_free(seen->first_problem);
}

static void
write_sets(Fixture *fixture, const char *name, int n)
{
	g_autoptr(GString) text = g_string_new(NULL);

	for (int i = 0; i < n; i++)
		g_string_append_printf(text,
			"[server-set "
			"s%d]\nsmtp=smtp://m\nrelay=anywhere\nidentities=a%d@b.example\n",
			i, i);
	g_free(fixture_write(fixture, name, text->str, 0600));
}

static guint
n_sets(const Seen *seen)
{
	return rp_catalogue_n_sets(rp_config_catalogue(seen->config));
}

/* Nothing is there at first, not even the directories; then files come, by rename (as
 * g_file_set_contents and most editors do), in place, and go. */
static void
test_files(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_build_filename(fixture->root, "user/roampost.conf", NULL);
	Seen seen = {0};
	FILE *file;

	seen_set_up(&seen, fixture);
	write_sets(fixture, "user/roampost.conf", 1);
	wait_for_change(&seen);
	g_assert_cmpuint(n_sets(&seen), ==, 1);

	write_sets(fixture, "user/roampost.conf", 2);
	wait_for_change(&seen);
	g_assert_cmpuint(n_sets(&seen), ==, 2);

	file = fopen(path, "a");
	g_assert_nonnull(file);
	fputs("[server-set more]\nsmtp=smtp://m\nrelay=anywhere\nidentities=c@b.example\n", file);
	fclose(file);
	wait_for_change(&seen);
	g_assert_cmpuint(n_sets(&seen), ==, 3);

	g_assert_cmpuint(seen.n_bad, ==, 0);
	seen_tear_down(&seen);
}

/* What a file said that is gone stays in force, until it is back or somebody asks for what there
 * is. */
static void
test_gone(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = g_build_filename(fixture->root, "user/roampost.conf", NULL);
	Seen seen = {0};

	write_sets(fixture, "user/roampost.conf", 1);
	seen_set_up(&seen, fixture);
	g_assert_cmpint(g_unlink(path), ==, 0);
	wait_for_change(&seen);
	g_assert_cmpuint(seen.n_good, ==, 0);
	g_assert_cmpuint(seen.n_bad, ==, 1);
	g_assert_nonnull(strstr(seen.first_problem, "this file is gone"));
	g_assert_nonnull(strstr(seen.first_problem, path));

	g_free(fixture_write(fixture, "etc/roampost.conf", "[agent]\n", 0644));
	wait_for_change(&seen);
	g_assert_cmpuint(seen.n_bad, ==, 2); /* still */

	write_sets(fixture, "user/roampost.conf", 2);
	wait_for_change(&seen);
	g_assert_cmpuint(n_sets(&seen), ==, 2);

	g_assert_cmpint(g_unlink(path), ==, 0);
	wait_for_change(&seen);
	g_assert_cmpuint(seen.n_bad, ==, 3);
	rp_config_watch_reload(seen.watch);
	g_assert_cmpuint(n_sets(&seen), ==, 0);
	g_free(fixture_write(fixture, "etc/roampost.conf", "[agent]\nnotify=no\n", 0644));
	wait_for_change(&seen);
	g_assert_cmpuint(seen.n_bad, ==, 3); /* that it is gone is known */
	seen_tear_down(&seen);
}

static void
test_errors_and_modes(Fixture *fixture, gconstpointer data)
{
	const char *text = "[server-set a]\nsmtp=smtp://m\nrelay=anywhere\nidentities=a@b.example\n"
			   "smtp-user=a\nsmtp-password=b\n";
	g_autofree char *path = fixture_write(fixture, "user/roampost.conf", text, 0644);
	Seen seen = {0};

	seen_set_up(&seen, fixture);
	g_assert_cmpint(g_chmod(path, 0600), ==, 0);
	wait_for_change(&seen);
	g_assert_cmpuint(seen.n_good, ==, 1);

	g_free(fixture_write(fixture, "etc/roampost.conf", "[agnet]\n", 0644));
	wait_for_change(&seen);
	g_assert_cmpuint(seen.n_good, ==, 1);
	g_assert_cmpuint(seen.n_bad, ==, 1);
	g_assert_cmpuint(n_sets(&seen), ==, 1);
	seen_tear_down(&seen);
}

static void
test_providers(Fixture *fixture, gconstpointer data)
{
	Seen seen = {0};

	seen_set_up(&seen, fixture);
	g_free(fixture_write(fixture, "etc/providers.d/odn.conf", "[provider odn]\n", 0644));
	wait_for_change(&seen);
	g_assert_cmpuint(rp_catalogue_n_providers(rp_config_catalogue(seen.config)), ==, 1);
	g_free(fixture_write(fixture, "etc/providers.d/b.conf", "[provider b]\n", 0644));
	wait_for_change(&seen);
	g_assert_cmpuint(rp_catalogue_n_providers(rp_config_catalogue(seen.config)), ==, 2);
	seen_tear_down(&seen);
}

static void
test_symbolic_link(Fixture *fixture, gconstpointer data)
{
	g_autofree char *directory = g_build_filename(fixture->root, "user", NULL);
	g_autofree char *link = g_build_filename(directory, "roampost.conf", NULL);
	g_autofree char *target = g_build_filename(fixture->root, "dotfiles/mail.conf", NULL);
	Seen seen = {0};

	write_sets(fixture, "dotfiles/mail.conf", 1);
	g_assert_cmpint(g_mkdir(directory, 0700), ==, 0);
	g_assert_cmpint(symlink(target, link), ==, 0);
	seen_set_up(&seen, fixture);
	write_sets(fixture, "dotfiles/mail.conf", 4);
	wait_for_change(&seen);
	g_assert_cmpuint(n_sets(&seen), ==, 4);
	seen_tear_down(&seen);
}

/* What is not ours in a watched directory wakes nobody; many writes are one change. */
static void
test_quiet(Fixture *fixture, gconstpointer data)
{
	Seen seen = {0};

	write_sets(fixture, "user/roampost.conf", 1);
	seen_set_up(&seen, fixture);
	g_free(fixture_write(fixture, "user/other.txt", "x", 0644));
	g_free(fixture_write(fixture, "else.conf", "x", 0644));
	for (int i = 1; i <= 20; i++)
		write_sets(fixture, "user/roampost.conf", i);
	wait_for_change(&seen);
	g_assert_cmpuint(n_sets(&seen), ==, 20);
	g_assert_cmpuint(seen.n_good, ==, 1);
	seen_tear_down(&seen);
}

static void
test_reload_and_free(Fixture *fixture, gconstpointer data)
{
	Seen seen = {0};

	seen_set_up(&seen, fixture);
	rp_config_watch_reload(seen.watch);
	g_assert_cmpuint(seen.n_good, ==, 1);
	write_sets(fixture, "user/roampost.conf", 1);
	seen.free_inside = TRUE;
	wait_for_change(&seen);
	g_assert_null(seen.watch);
	write_sets(fixture, "user/roampost.conf", 2);
	while (g_main_context_iteration(NULL, FALSE)) {
	}
	g_assert_cmpuint(seen.n_good, ==, 2);
	seen_tear_down(&seen);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	FIXTURE_TEST("/config/watch/files", test_files);
	FIXTURE_TEST("/config/watch/gone", test_gone);
	FIXTURE_TEST("/config/watch/errors-and-modes", test_errors_and_modes);
	FIXTURE_TEST("/config/watch/providers", test_providers);
	FIXTURE_TEST("/config/watch/symbolic-link", test_symbolic_link);
	FIXTURE_TEST("/config/watch/quiet", test_quiet);
	FIXTURE_TEST("/config/watch/reload-and-free", test_reload_and_free);
	return g_test_run();
}
