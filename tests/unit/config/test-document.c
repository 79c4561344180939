/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <string.h>

/* What is written about the options is held to the table: argv[1] is the source directory. */

static char *source_directory;

static char *
read_source(const char *name)
{
	g_autofree char *path = g_build_filename(source_directory, name, NULL);
	char *text = NULL;
	GError *error = NULL;

	g_file_get_contents(path, &text, NULL, &error);
	g_assert_no_error(error);
	return text;
}

/* To renew a file: run this test with ROAMPOST_REGENERATE=1. */
static void
compare_source(const char *name, const char *want)
{
	g_autofree char *got = NULL;

	if (g_getenv("ROAMPOST_REGENERATE") != NULL) {
		g_autofree char *path = g_build_filename(source_directory, name, NULL);

		g_assert_true(g_file_set_contents(path, want, -1, NULL));
	}
	got = read_source(name);
	g_assert_cmpstr(got, ==, want);
}

static void
test_example_file(void)
{
	g_autofree char *want = rp_config_example();

	compare_source("conf/roampost.conf", want);
}

/* With every # in front of a key removed the example is a good configuration, and so it is as it
 * stands. */
static void
test_example_is_valid(Fixture *fixture, gconstpointer data)
{
	g_autofree char *text = rp_config_example();
	g_autoptr(GRegex) regex = g_regex_new("^#([a-z[])", G_REGEX_MULTILINE, 0, NULL);
	g_autofree char *bare = g_regex_replace(regex, text, -1, 0, "\\1", 0, NULL);
	/* of the three ways to say a password one counts, and what the example says of the user's
	 * home is true of no other */
	g_autoptr(GRegex) twice =
		g_regex_new("^(smtp|pop)-password(-from)?=.*$", G_REGEX_MULTILINE, 0, NULL);
	g_autofree char *active = g_regex_replace(twice, bare, -1, 0, "", 0, NULL);

	for (int i = 0; i < 2; i++) {
		g_autofree char *path =
			fixture_write(fixture, "etc/roampost.conf", i == 0 ? text : active, 0600);
		g_autoptr(RpConfigSources) sources = fixture_sources(fixture);
		g_autoptr(GPtrArray) problems = NULL;
		g_autoptr(RpConfig) config = rp_config_load(sources, &problems);

		for (guint j = 0; j < problems->len; j++) {
			g_autofree char *line = rp_config_problem_format(problems->pdata[j]);

			g_test_message("%s", line);
		}
		g_assert_nonnull(config);
		g_assert_cmpuint(rp_catalogue_n_sets(rp_config_catalogue(config)), ==, (guint)i);
	}
}

/* Every default that the example shows is the one that an empty configuration has. */
static void
test_defaults_are_true(Fixture *fixture, gconstpointer data)
{
	g_autoptr(RpConfigSources) sources = fixture_sources(fixture);
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(RpConfig) config = rp_config_load(sources, &problems);
	const GPtrArray *settings = rp_config_settings(config);
	guint n = 0;

	for (guint i = 0; i < rp_config_n_options(); i++) {
		RpConfigOption option = rp_config_option(i);

		for (guint j = 0; j < settings->len; j++) {
			const RpConfigSetting *setting = settings->pdata[j];

			if (strcmp(setting->group, option.group) != 0 ||
				strcmp(setting->key, option.key) != 0)
				continue;
			g_assert_cmpstr(setting->value, ==, option.fallback);
			n++;
		}
	}
	g_assert_cmpuint(n, ==, settings->len);
	g_assert_cmpuint(n, >, 5);
}

static void
test_table(void)
{
	for (guint i = 0; i < rp_config_n_options(); i++) {
		RpConfigOption option = rp_config_option(i);

		g_test_message("%s", option.key);
		g_assert_true(g_str_has_suffix(option.help, "."));
		g_assert_cmpstr(option.example, !=, "");
		g_assert_null(strchr(option.help, '\n'));
		for (guint j = 0; j < i; j++) {
			RpConfigOption other = rp_config_option(j);

			g_assert_false(strcmp(option.group, other.group) == 0 &&
				       strcmp(option.key, other.key) == 0);
		}
	}
}

/* The manual page holds each group's options, word for word as the table gives them. */
static void
test_manual(void)
{
	static const char *const groups[] = {"agent", "provider", "server-set", "setup", "oauth"};
	g_autofree char *page = read_source("man/roampost.conf.5");

	for (gsize i = 0; i < G_N_ELEMENTS(groups); i++) {
		g_autofree char *begin = g_strdup_printf(".\\\" begin options %s\n", groups[i]);
		g_autofree char *end = g_strdup_printf(".\\\" end options %s\n", groups[i]);
		g_autofree char *want = rp_config_manual(groups[i]);
		char *from = strstr(page, begin), *to = strstr(page, end);

		g_assert_true(from != NULL && to != NULL && from < to);
		from += strlen(begin);
		if (g_getenv("ROAMPOST_REGENERATE") != NULL) {
			g_autofree char *head = g_strndup(page, (gsize)(from - page));
			char *renewed = g_strconcat(head, want, to, NULL);

			g_free(page);
			page = renewed;
			compare_source("man/roampost.conf.5", page);
			continue;
		}
		g_autofree char *got = g_strndup(from, (gsize)(to - from));
		g_assert_cmpstr(got, ==, want);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(argc, ==, 2);
	source_directory = argv[1];
	g_test_add_func("/config/document/example-file", test_example_file);
	FIXTURE_TEST("/config/document/example-is-valid", test_example_is_valid);
	FIXTURE_TEST("/config/document/defaults-are-true", test_defaults_are_true);
	g_test_add_func("/config/document/table", test_table);
	g_test_add_func("/config/document/manual", test_manual);
	return g_test_run();
}
