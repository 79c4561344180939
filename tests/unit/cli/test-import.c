/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import.h"
#include "roampost/config.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

/* Samples of other programs' configuration against what is to become of them; argv[1] is the
 * program, argv[2] the folder of the samples. To renew what is wanted, run with
 * ROAMPOST_REGENERATE=1 and read the difference. */

static char *program;
static char *samples;
static char *directory;

static char *
read_sample(const char *name)
{
	g_autofree char *path = g_build_filename(samples, name, NULL);
	char *text = NULL;

	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	return text;
}

static char *
read_table(const char *path, gpointer user_data)
{
	g_autofree char *base = g_path_get_basename(path);
	g_autofree char *name = g_build_filename(samples, "postfix", base, NULL);
	char *text = NULL;

	g_file_get_contents(name, &text, NULL, NULL);
	return text;
}

static RpImport *
parse(const char *kind, const char *text)
{
	RpImport *import = rp_import_new(kind);

	if (strcmp(kind, "msmtprc") == 0)
		rp_import_msmtprc(import, text);
	else if (strcmp(kind, "postfix") == 0)
		rp_import_postfix(import, text, read_table, NULL);
	else
		rp_import_thunderbird(import, text);
	rp_import_drop_harmful(import);
	rp_import_drop_bad(import);
	return import;
}

/* The remarks as comments, then the sets. */
static char *
render(const RpImport *import)
{
	GString *out = g_string_new(NULL);
	g_autofree char *text = rp_import_text(import);

	for (guint i = 0; i < import->remarks->len; i++)
		g_string_append_printf(out, "# %s\n", (char *)import->remarks->pdata[i]);
	g_string_append(out, text);
	return g_string_free(out, FALSE);
}

static const struct {
	const char *kind;
	const char *sample;
	const char *want;
	gboolean secrets;
} rows[] = {
	{"msmtprc", "msmtprc", "msmtprc.want", TRUE},
	{"postfix", "postfix/main.cf", "postfix.want", TRUE},
	{"thunderbird", "thunderbird/prefs.js", "thunderbird.want", FALSE},
};

static void
assert_is_good(const char *text)
{
	g_autofree char *path = g_build_filename(directory, "made.conf", NULL);

	g_assert_true(
		g_file_set_contents_full(path, text, -1, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
	g_autoptr(RpConfigSources) sources = rp_config_sources_new_for_file(path);
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(RpConfig) config = rp_config_load(sources, &problems);
	for (guint i = 0; config == NULL && i < problems->len; i++) {
		g_autofree char *line = rp_config_problem_format(problems->pdata[i]);
		g_test_message("%s", line);
	}
	g_assert_nonnull(config);
	g_unlink(path);
}

static void
test_samples(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *text = read_sample(rows[i].sample);
		g_autoptr(RpImport) import = parse(rows[i].kind, text);
		g_autofree char *got = render(import);

		if (g_getenv("ROAMPOST_REGENERATE") != NULL) {
			g_autofree char *path = g_build_filename(samples, rows[i].want, NULL);

			g_assert_true(g_file_set_contents(path, got, -1, NULL));
		}
		g_autofree char *want = read_sample(rows[i].want);
		g_assert_cmpstr(got, ==, want);
		g_assert_cmpint(rp_import_has_secrets(import), ==, rows[i].secrets);
		assert_is_good(got);
	}
}

/* A password comes back from the file as it was, whatever is in it. */
static void
test_secrets(void)
{
	static const char *const passwords[] = {"plain", " leading", "trailing ", "  ",
		"back\\slash\\s", "tab\tin", "a;b#c", "é=x"};

	for (gsize i = 0; i < G_N_ELEMENTS(passwords); i++) {
		g_autoptr(RpImport) import = rp_import_new("test");
		RpImportSet *set = rp_import_add_set(import, "a");
		g_autoptr(GKeyFile) keys = g_key_file_new();

		rp_import_set_secret(set, "smtp-password", passwords[i]);
		g_autofree char *text = rp_import_text(import);
		g_assert_true(g_key_file_load_from_data(keys, text, -1, G_KEY_FILE_NONE, NULL));
		g_autofree char *got =
			g_key_file_get_string(keys, "server-set a", "smtp-password", NULL);
		g_assert_cmpstr(got, ==, passwords[i]);
	}
}

/* A token that stands there in a password's place is not carried over, nor said to be. */
static void
test_token(void)
{
	g_autoptr(RpImport) import =
		parse("msmtprc", "account a\nhost smtp.odn.example\nfrom t@odn.example\n"
				 "auth oauthbearer\nuser taro\npassword ya29.geheim\n");
	g_autofree char *got = render(import);

	g_assert_false(rp_import_has_secrets(import));
	g_assert_null(strstr(got, "geheim"));
	g_assert_nonnull(strstr(got, "smtp-password of [server-set a] is not carried over: with "
				     "smtp-auth=oauthbearer the login is by a token"));
}

static void
test_names(void)
{
	g_autoptr(RpImport) import = rp_import_new("test");

	g_assert_cmpstr(rp_import_add_set(import, "a b;c=d/e[f]")->name, ==, "a-b-c-d-e-f-");
	g_assert_cmpstr(rp_import_add_set(import, "a\033[2Jb\ntü")->name, ==, "a--2Jb-tü");
	g_assert_cmpstr(rp_import_add_set(import, "x")->name, ==, "x");
	g_assert_cmpstr(rp_import_add_set(import, "x")->name, ==, "x-2");
	g_assert_cmpstr(rp_import_add_set(import, "auto")->name, ==, "auto-2");
	g_assert_cmpstr(rp_import_add_set(import, "")->name, ==, "imported");
}

/* Broken and empty sources make remarks, not crashes. */
static void
test_broken(void)
{
	static const char *const texts[] = {"", "\n\n", "account", "account default : nowhere\n",
		"account a\nhost h\nport nonsense\nauth on\n", "host =\nrelayhost = [\n",
		"relayhost = $relayhost\n", "relayhost = [h]:nonsense\n", " = \n=\n", "user_pref(",
		"user_pref(\"", "user_pref(\"a\\", "user_pref(\"a\", \"\\u12",
		"user_pref(\"mail.smtpservers\", \"a,,b\");",
		"user_pref(\"mail.accountmanager.accounts\", \"a\");\n"
		"user_pref(\"mail.account.a.server\", \"s\");\n"
		"user_pref(\"mail.account.a.identities\", \"i\");\n"
		"user_pref(\"mail.server.s.type\", \"imap\");\n"
		"user_pref(\"mail.identity.i.useremail\", \"t@odn.example\");\n"};
	static const char *const kinds[] = {"msmtprc", "postfix", "thunderbird"};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++)
		for (gsize j = 0; j < G_N_ELEMENTS(kinds); j++) {
			g_autoptr(RpImport) import = parse(kinds[j], texts[i]);
			g_autofree char *got = rp_import_text(import);

			g_assert_cmpuint(import->sets->len, <=, 1);
			if (import->sets->len > 0)
				assert_is_good(got);
		}
}

/* What would drive the terminal is left out, and said; no remark brings it either. */
static void
test_control_characters(void)
{
	static const struct {
		const char *kind, *text, *has, *says;
	} hostile[] = {
		{"msmtprc",
			"account a\nhost mail.odn.example\nfrom t@odn.example\nauth on\n"
			"user taro\033]0;x\a\npassword geheim\n",
			"smtp=smtp://mail.odn.example",
			"smtp-user of [server-set a] is not carried over: it has control "
			"characters in it"},
		{"msmtprc",
			"account a\nhost mail.odn.example\nfrom t@odn.example\nauth on\nuser taro\n"
			"password ge\033[31mheim\n",
			"smtp-user=taro", "smtp-password of [server-set a] is not carried over"},
		{"msmtprc", "account a\nhost mail.odn.example\nfrom t@odn.example\n\033[31mx y\n",
			"smtp=smtp://mail.odn.example", "?[31mx is not carried over"},
		{"msmtprc",
			"account \033[31mred\nhost mail.odn.example\nfrom t@odn.example\nauth on\n",
			"[server-set --31mred]", "[server-set --31mred] has relay=auth"},
		{"postfix", "relayhost = [mail.odn.example]\nsmtp_helo_name = a\033[31m\n",
			"smtp=smtp://mail.odn.example",
			"ehlo-name of [server-set mail.odn.example]"},
		{"thunderbird",
			"user_pref(\"mail.accountmanager.accounts\", \"a\");\n"
			"user_pref(\"mail.account.a.identities\", \"i\");\n"
			"user_pref(\"mail.identity.i.useremail\", \"t@odn.example\");\n"
			"user_pref(\"mail.identity.i.smtpServer\", \"s\");\n"
			"user_pref(\"mail.smtpservers\", \"s\");\n"
			"user_pref(\"mail.smtpserver.s.hostname\", \"mail.odn.example\");\n"
			"user_pref(\"mail.smtpserver.s.authMethod\", 3);\n"
			"user_pref(\"mail.smtpserver.s.username\", \"taro\\u202e\\x1b[2J\");\n",
			"smtp=smtp://mail.odn.example", "smtp-user of [server-set "},
		{"thunderbird",
			"user_pref(\"mail.smtpservers\", \"s\");\n"
			"user_pref(\"mail.smtpserver.s.hostname\", "
			"\"mail\\x1b[31m.odn.example\");\n",
			"# thunderbird", "and so the set is not"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(hostile); i++) {
		g_autoptr(RpImport) import = parse(hostile[i].kind, hostile[i].text);
		g_autofree char *got = render(import);

		g_test_message("%s", got);
		g_assert_nonnull(strstr(got, hostile[i].has));
		g_assert_nonnull(strstr(got, hostile[i].says));
		for (const char *at = got; *at; at = g_utf8_next_char(at))
			g_assert_true(*at == '\n' || rp_is_neutral(g_utf8_get_char(at)));
	}
}

/* ---- the command ---- */

static int
run(const char *arguments, char **out, char **err)
{
	g_autofree char *command = g_strdup_printf("'%s' %s </dev/null", program, arguments);
	char *argv[] = {(char *)"/bin/sh", (char *)"-c", command, NULL};
	int status;

	g_assert_true(g_spawn_sync(
		NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, out, err, &status, NULL));
	g_assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
assert_mode_0600(const char *path)
{
	struct stat status;

	g_assert_cmpint(stat(path, &status), ==, 0);
	g_assert_cmpint(status.st_mode & 0777, ==, 0600);
}

/* Appended to what is there, once; the link to the file stays a link; what is wrong is not written.
 */
static void
test_write(void)
{
	g_autofree char *file = g_build_filename(directory, "real.conf", NULL);
	g_autofree char *link = g_build_filename(directory, "link.conf", NULL);
	g_autofree char *import = g_strdup_printf("import msmtprc --write '%s/msmtprc'", samples);
	g_autofree char *first = NULL, *second = NULL, *out = NULL, *err = NULL, *again = NULL;

	g_assert_true(g_file_set_contents_full(file,
		"[server-set odn]\nidentities=mine@odn.example\nsmtp=smtp://mine.example", -1,
		G_FILE_SET_CONTENTS_NONE, 0644, NULL));
	g_assert_cmpint(symlink("real.conf", link), ==, 0);
	g_setenv("ROAMPOST_CONFIG", link, TRUE);
	g_assert_cmpint(run(import, &out, &err), ==, 0);
	g_assert_nonnull(strstr(out, "3 server sets written to "));
	g_assert_nonnull(strstr(err, "[server-set odn] is in "));
	g_assert_nonnull(strstr(err, " already, for mine@odn.example, and is left as it is; for "));
	g_assert_nonnull(strstr(err, "under another name"));
	g_assert_nonnull(strstr(err, "mode 0600"));
	g_assert_null(strstr(err, "back\\slash"));
	assert_mode_0600(file);
	g_assert_true(g_file_test(link, G_FILE_TEST_IS_SYMLINK));
	g_assert_true(g_file_get_contents(file, &first, NULL, NULL));
	g_assert_true(g_str_has_prefix(first, "[server-set odn]\nidentities=mine@odn.example\n"));
	g_assert_cmpint(run("config check", NULL, NULL), ==, 0);

	g_assert_cmpint(run(import, NULL, &again), ==, 1);
	g_assert_nonnull(strstr(again, "nothing was written: there are sets of all these"));
	g_assert_nonnull(strstr(again, ".conf already and is left as it is"));
	g_assert_true(g_file_get_contents(file, &second, NULL, NULL));
	g_assert_cmpstr(first, ==, second);
	g_unlink(link);
	g_unlink(file);
}

static void
test_write_refused(void)
{
	static const char broken[] = "[agent]\nnonsense=1\n";
	g_autofree char *file = g_build_filename(directory, "broken.conf", NULL);
	g_autofree char *import =
		g_strdup_printf("import thunderbird -w '%s/thunderbird'", samples);
	g_autofree char *err = NULL, *text = NULL;
	g_autoptr(GDir) dir = NULL;
	guint n = 0;

	g_assert_true(g_file_set_contents(file, broken, -1, NULL));
	g_setenv("ROAMPOST_CONFIG", file, TRUE);
	g_assert_cmpint(run(import, NULL, &err), ==, 1);
	g_assert_nonnull(strstr(err, "nothing was written"));
	g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, broken);
	g_unlink(file);
	dir = g_dir_open(directory, 0, NULL);
	while (g_dir_read_name(dir) != NULL)
		n++;
	g_assert_cmpuint(n, ==, 0);
}

static void
test_print(void)
{
	g_autofree char *import = g_strdup_printf("import postfix '%s/postfix'", samples);
	g_autofree char *by_file = g_strdup_printf("import postfix '%s/postfix/main.cf'", samples);
	g_autofree char *out = NULL, *same = NULL, *none = NULL;

	g_assert_cmpint(run(import, &out, NULL), ==, 0);
	assert_is_good(out);
	g_assert_cmpint(run(by_file, &same, NULL), ==, 0);
	g_assert_cmpstr(same, ==, out);
	g_assert_cmpint(run("import postfix /nonexistent", NULL, &none), ==, 1);
	g_assert_nonnull(strstr(none, "/nonexistent/main.cf"));
	g_assert_cmpint(run("import msmtprc a b", NULL, NULL), ==, 2);
}

int
main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(argc, ==, 3);
	program = argv[1];
	samples = argv[2];
	directory = g_dir_make_tmp("roampost-import-XXXXXX", NULL);
	g_setenv("LC_ALL", "C.UTF-8", TRUE);
	g_setenv("ROAMPOST_PROVIDERS", "/nonexistent", TRUE);
	g_test_add_func("/cli/import/samples", test_samples);
	g_test_add_func("/cli/import/secrets", test_secrets);
	g_test_add_func("/cli/import/token", test_token);
	g_test_add_func("/cli/import/names", test_names);
	g_test_add_func("/cli/import/broken", test_broken);
	g_test_add_func("/cli/import/control-characters", test_control_characters);
	g_test_add_func("/cli/import/print", test_print);
	g_test_add_func("/cli/import/write", test_write);
	g_test_add_func("/cli/import/write-refused", test_write_refused);
	status = g_test_run();
	g_rmdir(directory);
	g_free(directory);
	return status;
}
