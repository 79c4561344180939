/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "setup.h"

#include "roampost/language.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Programs whose sendmail roampost can become: each by its own configuration, where nothing says
 * otherwise yet. */

#define SENDMAIL "roampost-sendmail"

/* By its name where it is found, so that it stays right when it moves. */
static char *
sendmail_path(void)
{
	g_autofree char *found = g_find_program_in_path(SENDMAIL);
	g_autofree char *own = g_file_read_link("/proc/self/exe", NULL);
	g_autofree char *here = own ? g_path_get_dirname(own) : NULL;

	if (found)
		return g_steal_pointer(&found);
	return here ? g_build_filename(here, SENDMAIL, NULL) : NULL;
}

/* ---- git ---- */

/* NULL: it failed, and *words is what git said of it. */
static char *
git_config(const char *key, const char *value, char **words)
{
	const char *argv[] = {"git", "config", "--global", key, value, NULL};
	g_autoptr(GError) error = NULL;
	g_autofree char *out = NULL, *said = NULL;
	gint status = 0;

	if (g_spawn_sync(NULL, (char **)argv, NULL, G_SPAWN_SEARCH_PATH, NULL, NULL, &out, &said,
		    &status, &error) &&
		g_spawn_check_wait_status(status, &error))
		return g_strdup(g_strchomp(out));
	if (words)
		*words = g_strdup(said && *g_strstrip(said) ? said : error->message);
	return NULL;
}

/* What an identity has of its own goes before what all have. */
static char *
git_key(void)
{
	g_autofree char *identity = git_config("sendemail.identity", NULL, NULL);

	return identity && *identity ? g_strdup_printf("sendemail.%s.sendmailcmd", identity)
				     : g_strdup("sendemail.sendmailcmd");
}

static gboolean
git_wants(void)
{
	g_autofree char *git = g_find_program_in_path("git");
	g_autofree char *key = git ? git_key() : NULL;
	g_autofree char *old = git ? git_config(key, NULL, NULL) : NULL;

	return git && !(old && strstr(old, SENDMAIL));
}

static gboolean
git_set(RpCli *cli, const char *sendmail)
{
	g_autofree char *words = NULL;
	g_autofree char *key = git_key();
	g_autofree char *old = git_config(key, NULL, NULL);
	g_autofree char *done = git_config(key, sendmail, &words);

	if (!done) {
		rp_cli_fail(cli,
			_("git does not take roampost (%1$s): once that is put right, say git "
			  "config --global %3$s %2$s"),
			words, sendmail, key);
		return FALSE;
	}
	if (old && *old)
		rp_cli_print(
			cli, _("git send-email uses roampost (%1$s; before: %2$s).\n"), key, old);
	else
		rp_cli_print(cli, _("git send-email uses roampost (%s).\n"), key);
	return TRUE;
}

/* ---- mutt ---- */

/* The one that mutt reads; the first of them where there is none. */
static char *
mutt_file(void)
{
	static const char *const names[] = {".muttrc", ".mutt/muttrc", ".config/mutt/muttrc",
		".config/neomutt/neomuttrc", ".neomuttrc"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(g_get_home_dir(), names[i], NULL);

		if (access(path, F_OK) == 0)
			return g_steal_pointer(&path);
	}
	return g_build_filename(g_get_home_dir(), names[0], NULL);
}

/* The line that sets it, to be freed, or NULL. */
static char *
mutt_line(const char *path, const char *name)
{
	g_autofree char *text = NULL;
	g_autofree char *line = g_strdup_printf("^\\s*set\\s+%s\\s*=.*$", name);
	g_autoptr(GMatchInfo) match = NULL;
	g_autoptr(GRegex) pattern = g_regex_new(line, G_REGEX_MULTILINE, 0, NULL);

	if (!g_file_get_contents(path, &text, NULL, NULL) ||
		!g_regex_match(pattern, text, 0, &match))
		return NULL;
	return g_match_info_fetch(match, 0);
}

static gboolean
mutt_wants(void)
{
	g_autofree char *mutt = g_find_program_in_path("mutt");
	g_autofree char *neomutt = g_find_program_in_path("neomutt");
	g_autofree char *path = mutt_file();
	g_autofree char *line = mutt_line(path, "sendmail");
	g_autofree char *url = mutt_line(path, "smtp_url");

	return (mutt || neomutt) && (url || !(line && strstr(line, SENDMAIL)));
}

static gboolean
append_line(const char *path, const char *line)
{
	g_autofree char *text = NULL;
	g_auto(RpFd) fd = open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
	gsize length = 0;

	if (fd < 0)
		return FALSE;
	if (g_file_get_contents(path, &text, &length, NULL) && length > 0 &&
		text[length - 1] != '\n' && !rp_write_all(fd, "\n", 1))
		return FALSE;
	return rp_write_all(fd, line, strlen(line));
}

static gboolean
mutt_set(RpCli *cli, const char *sendmail)
{
	g_autofree char *path = mutt_file();
	g_autofree char *old = mutt_line(path, "sendmail");
	g_autofree char *url = mutt_line(path, "smtp_url");
	g_autofree char *line = g_strdup_printf("set sendmail=\"%s -oem -oi\"\n", sendmail);

	if (url) { /* not shown: a password may be in it */
		rp_cli_fail(cli,
			_("%1$s has “set smtp_url”, by which mutt sends by itself: take that line "
			  "out, and have “%2$s” there"),
			path, g_strchomp(line));
		return FALSE;
	}
	if (old && strstr(old, SENDMAIL)) {
		rp_cli_print(cli, _("mutt uses roampost already (%s).\n"), path);
		return TRUE;
	}
	if (old) {
		rp_cli_fail(cli, _("%s has “%s” already: put %s in its place"), path,
			g_strstrip(old), g_strchomp(line));
		return FALSE;
	}
	if (!append_line(path, line)) {
		rp_cli_fail_write(cli, path, errno);
		return FALSE;
	}
	rp_cli_print(cli, _("mutt uses roampost (%s).\n"), path);
	return TRUE;
}

/* ---- all of them ---- */

const char *const rp_setup_programs[] = {"git", "mutt", NULL};

static const struct {
	gboolean (*wants)(void);
	gboolean (*set)(RpCli *cli, const char *sendmail);
} programs[] = {{git_wants, git_set}, {mutt_wants, mutt_set}};

static gint
find(const char *program)
{
	for (gint i = 0; rp_setup_programs[i]; i++)
		if (strcmp(rp_setup_programs[i], program) == 0)
			return i;
	return -1;
}

gboolean
rp_setup_program_wants(const char *program)
{
	return programs[find(program)].wants();
}

gboolean
rp_setup_may_program(RpCli *cli, const char *program)
{
	if (strcmp(program, "none") == 0 || find(program) >= 0)
		return TRUE;
	rp_cli_fail(cli, _("--sendmail-of %s: valid are git, mutt and none"), program);
	return FALSE;
}

gboolean
rp_setup_program(RpCli *cli, const char *program)
{
	g_autofree char *sendmail = sendmail_path();

	return programs[find(program)].set(cli, sendmail ? sendmail : SENDMAIL);
}
