/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"
#include "import.h"

#include "roampost/language.h"
#include "roampost/online-accounts.h"

#include <string.h>

/* Server sets from another program: of its files, which ones, and where they usually are. */

static gboolean import_write;

const GOptionEntry rp_cmd_import_options[] = {
	{"write", 'w', 0, G_OPTION_ARG_NONE, &import_write,
		N_("append to the user's configuration instead of printing"), NULL},
	G_OPTION_ENTRY_NULL,
};

/* The first of these that is there; NULL (said): none is. */
static char *
find_usual(RpCli *cli, const char *const *files)
{
	g_autofree char *list = g_strjoinv(", ", (char **)files);

	for (const char *const *file = files; *file != NULL; file++)
		if (g_file_test(*file, G_FILE_TEST_EXISTS))
			return g_strdup(*file);
	rp_cli_fail(cli, _("none of %s is there: name the file"), list);
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
	g_autoptr(RpSecret) text = path != NULL ? rp_import_read_source(cli, path) : NULL;

	if (text == NULL)
		return RP_EXIT_FAILED;
	g_autoptr(RpImport) import = rp_import_new(path);
	rp_import_msmtprc(import, text);
	return rp_import_finish(cli, import, import_write);
}

int
rp_cmd_import_online_accounts(RpCli *cli, int argc G_GNUC_UNUSED, char **argv G_GNUC_UNUSED)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) accounts = rp_online_accounts_list(&error);

	if (!accounts)
		return rp_cli_fail_error(cli, error);
	g_autoptr(RpImport) import = rp_import_new("GNOME Online Accounts");
	rp_import_online_accounts(import, accounts);
	return rp_import_finish(cli, import, import_write);
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
	const char *named = argc > 1 ? argv[1] : "/etc/postfix";
	gboolean is_file = g_file_test(named, G_FILE_TEST_IS_REGULAR);
	g_autofree char *directory = is_file ? g_path_get_dirname(named) : g_strdup(named);
	g_autofree char *path =
		is_file ? g_strdup(named) : g_build_filename(directory, "main.cf", NULL);
	g_autoptr(RpSecret) text = rp_import_read_source(cli, path);
	g_autoptr(RpImport) import = rp_import_new(path);

	if (text == NULL)
		return RP_EXIT_FAILED;
	rp_import_postfix(import, text, read_table, directory);
	return rp_import_finish(cli, import, import_write);
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
		rp_cli_fail(cli, _("%s names no profile"), ini);
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
	g_autofree char *text = path != NULL ? rp_import_read_source(cli, path) : NULL;

	if (text == NULL)
		return RP_EXIT_FAILED;
	g_autoptr(RpImport) import = rp_import_new(path);
	rp_import_thunderbird(import, text);
	return rp_import_finish(cli, import, import_write);
}
