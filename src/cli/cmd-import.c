/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"
#include "import.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Server sets from another program's files: printed, or appended to the user's own file in one
 * step that leaves it whole. */

static gboolean import_write;

const GOptionEntry rp_cmd_import_options[] = {
	{"write", 'w', 0, G_OPTION_ARG_NONE, &import_write,
		"append to the user's configuration instead of printing", NULL},
	G_OPTION_ENTRY_NULL,
};

/* ---- appending to the user's file ---- */

/* Sets that the file has are not written again: what the user changed there stays. */
static void
drop_existing(RpCli *cli, RpImport *import, const char *old, const char *file)
{
	g_autoptr(GKeyFile) keys = g_key_file_new();

	if (g_str_has_prefix(old, "\xef\xbb\xbf")) /* the mark of UTF-8 that some editors make */
		old += 3;
	if (!g_key_file_load_from_data(keys, old, strlen(old), G_KEY_FILE_NONE, NULL))
		return;
	for (guint i = import->sets->len; i-- > 0;) {
		const RpImportSet *set = import->sets->pdata[i];
		g_autofree char *group = g_strconcat("server-set ", set->name, NULL);

		if (!g_key_file_has_group(keys, group))
			continue;
		rp_cli_note(cli, "[%s] is in %s already and is left as it is", group, file);
		g_ptr_array_remove_index(import->sets, i);
	}
}

/* Whether the file alone is a good configuration; prints what is wrong. */
static gboolean
is_good(const char *path)
{
	g_autoptr(RpConfigSources) sources = rp_config_sources_new_for_file(path);
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(RpConfig) config = rp_config_load(sources, &problems);

	for (guint i = 0; config == NULL && i < problems->len; i++) {
		const RpConfigProblem *problem = problems->pdata[i];
		g_autofree char *line = rp_config_problem_format(problem);

		if (problem->severity == RP_CONFIG_ERROR)
			fprintf(stderr, "  %s\n", line);
	}
	return config != NULL;
}

/* A new file takes the old one's place when it is complete and right. Mode 0600 always: it may hold
 * passwords now or later. */
static gboolean
replace_file(RpCli *cli, const char *file, const char *text)
{
	g_autofree char *temporary = g_strconcat(file, ".XXXXXX", NULL);
	g_auto(RpFd) fd = g_mkstemp_full(temporary, O_WRONLY | O_CLOEXEC, 0600);

	if (fd < 0) {
		rp_cli_fail(cli, "%s: %s", temporary, g_strerror(errno));
		return FALSE;
	}
	if (!rp_write_all(fd, text, strlen(text)) || fsync(fd) != 0) {
		rp_cli_fail(cli, "%s: %s", temporary, g_strerror(errno));
		g_unlink(temporary);
		return FALSE;
	}
	if (!is_good(temporary)) {
		rp_cli_fail(cli, "the configuration would have errors; nothing was written");
		g_unlink(temporary);
		return FALSE;
	}
	if (g_rename(temporary, file) == 0)
		return TRUE;
	rp_cli_fail(cli, "%s: %s", file, g_strerror(errno));
	g_unlink(temporary);
	return FALSE;
}

static int
append_to_file(RpCli *cli, RpImport *import)
{
	g_autoptr(RpConfigSources) sources = rp_config_sources_new();
	const char *named = sources->files[g_strv_length(sources->files) - 1];
	g_autofree char *directory = g_path_get_dirname(named);
	g_autoptr(RpSecret) old = NULL;

	if (g_mkdir_with_parents(directory, 0700) != 0)
		return rp_cli_fail(cli, "%s: %s", directory, g_strerror(errno));
	/* The file itself, where the name is a link to it. */
	char *real = realpath(named, NULL);
	g_autofree char *file = g_strdup(real != NULL ? real : named);
	free(real);
	if (!g_file_get_contents(file, &old, NULL, NULL))
		old = g_strdup("");
	drop_existing(cli, import, old, named);
	if (import->sets->len == 0)
		return rp_cli_fail(cli, "nothing to write");
	g_autoptr(RpSecret) sets = rp_import_text(import);
	gsize length = strlen(old);
	g_autoptr(RpSecret) text =
		g_strconcat(old, length > 0 && old[length - 1] != '\n' ? "\n" : "",
			length > 0 ? "\n" : "", sets, NULL);
	if (!replace_file(cli, file, text))
		return RP_EXIT_FAILED;
	rp_cli_print(cli, "%u server set%s written to %s.\n", import->sets->len,
		import->sets->len == 1 ? "" : "s", named);
	return RP_EXIT_DONE;
}

/* ---- the command ---- */

static gboolean
is_loopback(const char *host)
{
	RpAddress address;

	return g_ascii_strcasecmp(host, "localhost") == 0 ||
	       (rp_address_parse(host, &address) && rp_address_is_loopback(&address));
}

/* A program that hands its mail to the agent's own SMTP server: the agent would hand it to itself.
 */
static gboolean
is_own_listener(const RpImportSet *set, const char *listen)
{
	const char *colon = strrchr(listen, ':');
	RpEndpoint *endpoint = rp_endpoint_parse(rp_import_get(set, "smtp"), "smtp", NULL);
	gboolean own = colon != NULL && endpoint != NULL && is_loopback(endpoint->host) &&
		       endpoint->port == (guint)g_ascii_strtoull(colon + 1, NULL, 10);

	rp_endpoint_free(endpoint);
	return own;
}

static void
drop_own_listener(RpImport *import)
{
	g_autoptr(RpConfig) config = rp_config_load_or_error(NULL);
	const char *listen = config != NULL ? rp_config_agent(config)->listen : NULL;

	for (guint i = import->sets->len; listen != NULL && i-- > 0;) {
		const RpImportSet *set = import->sets->pdata[i];

		if (!is_own_listener(set, listen))
			continue;
		rp_import_remark(import, 0,
			"[server-set %s] is not carried over: its server is roampost's own "
			"(listen=%s); import what stood there before",
			set->name, listen);
		g_ptr_array_remove_index(import->sets, i);
	}
}

static int
finish(RpCli *cli, RpImport *import)
{
	rp_import_drop_bad(import);
	drop_own_listener(import);
	for (guint i = 0; i < import->remarks->len; i++)
		rp_cli_note(cli, "%s", (const char *)import->remarks->pdata[i]);
	if (import->sets->len == 0)
		return rp_cli_fail(cli, "no server set could be made of %s", import->source);
	if (import->has_secrets)
		rp_cli_note(cli,
			"passwords stood there in clear and are carried over: the configuration "
			"must have mode 0600, or is refused%s",
			import_write ? "" : " (--write sees to it)");
	if (import_write)
		return append_to_file(cli, import);
	g_autoptr(RpSecret) text = rp_import_text(import);
	fputs(text, stdout);
	return fflush(stdout) == 0 ? RP_EXIT_DONE : rp_cli_fail(cli, "%s", g_strerror(errno));
}

static char *
read_source(RpCli *cli, const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpSecret) raw = NULL;

	if (!g_file_get_contents(path, &raw, NULL, &error)) {
		rp_cli_fail_error(cli, error);
		return NULL;
	}
	return g_utf8_make_valid(raw, -1);
}

/* The first of these that is there; NULL (said): none is. */
static char *
find_usual(RpCli *cli, const char *const *files)
{
	g_autofree char *list = g_strjoinv(", ", (char **)files);

	for (const char *const *file = files; *file != NULL; file++)
		if (g_file_test(*file, G_FILE_TEST_EXISTS))
			return g_strdup(*file);
	rp_cli_fail(cli, "none of %s is there: name the file", list);
	return NULL;
}

static char *
find_msmtprc(RpCli *cli)
{
	g_autofree char *old = g_build_filename(g_get_home_dir(), ".msmtprc", NULL);
	g_autofree char *xdg = g_build_filename(g_get_user_config_dir(), "msmtp", "config", NULL);

	return find_usual(cli, (const char *const[]){old, xdg, "/etc/msmtprc", NULL});
}

int
rp_cmd_import_msmtprc(RpCli *cli, int argc, char **argv)
{
	g_autofree char *path = argc > 1 ? g_strdup(argv[1]) : find_msmtprc(cli);
	g_autoptr(RpSecret) text = path != NULL ? read_source(cli, path) : NULL;

	if (text == NULL)
		return RP_EXIT_FAILED;
	g_autoptr(RpImport) import = rp_import_new(path);
	rp_import_msmtprc(import, text);
	return finish(cli, import);
}

/* Tables are named by full paths; in a copy of the folder they are in the copy. */
static char *
read_table(const char *path, gpointer user_data)
{
	const char *directory = user_data;
	g_autofree char *base = g_path_get_basename(path);
	g_autofree char *beside = g_build_filename(directory, base, NULL);
	g_autoptr(RpSecret) raw = NULL;

	if (!g_file_get_contents(beside, &raw, NULL, NULL) &&
		!g_file_get_contents(path, &raw, NULL, NULL))
		return NULL;
	return g_utf8_make_valid(raw, -1);
}

int
rp_cmd_import_postfix(RpCli *cli, int argc, char **argv)
{
	g_autofree char *directory = g_strdup(argc > 1 ? argv[1] : "/etc/postfix");
	g_autofree char *path = g_build_filename(directory, "main.cf", NULL);
	g_autoptr(RpSecret) text = read_source(cli, path);
	g_autoptr(RpImport) import = rp_import_new(path);

	if (text == NULL)
		return RP_EXIT_FAILED;
	rp_import_postfix(import, text, read_table, directory);
	return finish(cli, import);
}

static char *
find_thunderbird(RpCli *cli)
{
	static const char *const places[] = {".thunderbird", "snap/thunderbird/common/.thunderbird",
		".var/app/org.mozilla.Thunderbird/.thunderbird", ".icedove", ".betterbird",
		".mozilla-thunderbird"};
	g_autoptr(GPtrArray) folders = g_ptr_array_new_with_free_func(g_free);

	for (gsize i = 0; i < G_N_ELEMENTS(places); i++)
		g_ptr_array_add(folders, g_build_filename(g_get_home_dir(), places[i], NULL));
	g_ptr_array_add(folders, NULL);
	return find_usual(cli, (const char *const *)folders->pdata);
}

/* In a folder of profiles its profiles.ini says which. */
static char *
find_prefs(RpCli *cli, const char *path)
{
	g_autofree char *prefs = g_build_filename(path, "prefs.js", NULL);
	g_autofree char *ini = g_build_filename(path, "profiles.ini", NULL);
	g_autofree char *text = NULL;

	if (!g_file_test(path, G_FILE_TEST_IS_DIR))
		return g_strdup(path);
	if (g_file_test(prefs, G_FILE_TEST_EXISTS) || !g_file_get_contents(ini, &text, NULL, NULL))
		return g_steal_pointer(&prefs);
	g_autofree char *profile = rp_import_thunderbird_profile(text);
	if (profile == NULL) {
		rp_cli_fail(cli, "%s names no profile", ini);
		return NULL;
	}
	if (g_path_is_absolute(profile))
		return g_build_filename(profile, "prefs.js", NULL);
	return g_build_filename(path, profile, "prefs.js", NULL);
}

int
rp_cmd_import_thunderbird(RpCli *cli, int argc, char **argv)
{
	g_autofree char *place = argc > 1 ? g_strdup(argv[1]) : find_thunderbird(cli);
	g_autofree char *path = place != NULL ? find_prefs(cli, place) : NULL;
	g_autofree char *text = path != NULL ? read_source(cli, path) : NULL;

	if (text == NULL)
		return RP_EXIT_FAILED;
	g_autoptr(RpImport) import = rp_import_new(path);
	rp_import_thunderbird(import, text);
	return finish(cli, import);
}
