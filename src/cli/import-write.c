/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import.h"

#include "roampost/language.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

/* Server sets that were made of something else: printed, or appended to the user's own file in one
 * step that leaves it whole. */

/* ---- appending to the user's file ---- */

RpConfig *
rp_cli_load_config_with(const char *path, GPtrArray **problems)
{
	g_autoptr(RpConfigSources) sources = rp_config_sources_new();
	char **users = &sources->files[g_strv_length(sources->files) - 1];

	g_free(*users);
	*users = g_strdup(path);
	return rp_config_load(sources, problems);
}

/* Prints what is wrong, as of the user's file. */
static gboolean
is_good(const char *path, const char *shown)
{
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(RpConfig) config = rp_cli_load_config_with(path, &problems);

	for (guint i = 0; config == NULL && i < problems->len; i++) {
		RpConfigProblem *problem = problems->pdata[i];

		/* A file that nobody will find is no place to look at. */
		if (g_strcmp0(problem->file, path) == 0) {
			g_free(problem->file);
			problem->file = g_strdup(shown);
		}
		g_autofree char *line = rp_config_problem_format(problem);
		if (problem->severity == RP_CONFIG_ERROR)
			fprintf(stderr, "  %s\n", line);
	}
	return config != NULL;
}

/* ---- in the place of what was read ---- */

enum { TURN_TRIES = 200, TURN_MS = 50 };

/* Where nothing can be written, say: what there is to be done about that, here. */
static void
say_elsewhere(RpCli *cli)
{
	rp_cli_note(
		cli, _("another place is named by variables, which the agent must have too: "
		       "XDG_CONFIG_HOME=/path for the configuration, ROAMPOST_STATE=/path for the "
		       "queue"));
}

/* One of us at a time, from looking whether the file is still what was read until the new one is
 * there. The folder is what is locked: the file itself is another one each time. -1 after saying
 * why not; where the file system has no such locks the comparison alone has to do. */
static int
take_turn(RpCli *cli, const char *file)
{
	g_autofree char *folder = g_path_get_dirname(file);
	g_auto(RpFd) fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0) {
		rp_cli_fail_write(cli, file, errno);
		return -1;
	}
	for (guint i = 0; flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK; i++) {
		if (i == TURN_TRIES) {
			rp_cli_fail(cli,
				_("another roampost is writing %s and does not come to an end: "
				  "nothing was written"),
				file);
			return -1;
		}
		g_usleep(TURN_MS * 1000);
	}
	return rp_fd_steal(&fd);
}

char *
rp_cli_read_config(RpCli *cli, const char *file)
{
	g_autoptr(GError) error = NULL;
	char *text = NULL;

	if (rp_file_read(file, &text, NULL, &error))
		return text;
	if (g_error_matches(error, RP_ERROR, RP_ERROR_NOT_FOUND))
		return g_strdup("");
	rp_cli_fail_error(cli, error);
	return NULL;
}

static RpReplaced
take_place(RpCli *cli, const char *temporary, const char *file, const char *before)
{
	g_autoptr(RpSecret) now = rp_cli_read_config(cli, file);

	if (!now)
		return RP_REPLACE_FAILED;
	if (strcmp(now, before) != 0)
		return RP_REPLACE_CHANGED;
	if (g_rename(temporary, file) == 0)
		return RP_REPLACED;
	rp_cli_fail_write(cli, file, errno);
	return RP_REPLACE_FAILED;
}

static gboolean
fill(RpCli *cli, int fd, const char *temporary, const char *file, const char *text)
{
	if (!rp_write_all(fd, text, strlen(text)) || fsync(fd) != 0) {
		rp_cli_fail_write(cli, file, errno);
		return FALSE;
	}
	if (is_good(temporary, file))
		return TRUE;
	rp_cli_fail(cli, _("the configuration would have errors; nothing was written"));
	return FALSE;
}

/* A new file takes the old one's place when it is complete and right. Mode 0600 always: it may hold
 * passwords now or later. */
RpReplaced
rp_cli_replace_config(RpCli *cli, const char *file, const char *before, const char *text)
{
	g_autofree char *temporary = g_strconcat(file, ".XXXXXX", NULL);
	g_auto(RpFd) turn = take_turn(cli, file);
	g_auto(RpFd) fd = turn < 0 ? -1 : g_mkstemp_full(temporary, O_WRONLY | O_CLOEXEC, 0600);
	RpReplaced replaced = RP_REPLACE_FAILED;

	if (turn < 0)
		return RP_REPLACE_FAILED;
	if (fd < 0) {
		rp_cli_fail_write(cli, file, errno);
		say_elsewhere(cli);
		return RP_REPLACE_FAILED;
	}
	if (fill(cli, fd, temporary, file, text))
		replaced = take_place(cli, temporary, file, before);
	if (replaced != RP_REPLACED)
		g_unlink(temporary);
	return replaced;
}

char *
rp_cli_config_file(RpCli *cli, char **named)
{
	g_autoptr(RpConfigSources) sources = rp_config_sources_new();
	char *real;

	*named = g_strdup(sources->files[g_strv_length(sources->files) - 1]);
	g_autofree char *directory = g_path_get_dirname(*named);
	if (g_mkdir_with_parents(directory, 0700) != 0) {
		rp_cli_fail_write(cli, directory, errno);
		say_elsewhere(cli);
		return NULL;
	}
	/* The file itself, where the name is a link to it. */
	real = realpath(*named, NULL);
	g_autofree char *file = g_strdup(real != NULL ? real : *named);
	free(real);
	return g_steal_pointer(&file);
}

/* What was read and the sets behind it. Wipe it. */
static char *
with_sets(const char *old, const RpImport *import)
{
	g_autoptr(RpSecret) sets = rp_import_text(import);
	gsize length = strlen(old);

	return g_strconcat(old, length > 0 && old[length - 1] != '\n' ? "\n" : "",
		length > 0 ? "\n" : "", sets, NULL);
}

/* To the file as it is now; somebody may write it at the same time. */
static RpReplaced
append_once(RpCli *cli, RpImport *import, const char *file, const char *named)
{
	g_autoptr(RpSecret) old = rp_cli_read_config(cli, file);
	g_autoptr(RpSecret) text = NULL;

	if (!old)
		return RP_REPLACE_FAILED;
	rp_import_drop_existing(cli, import, old, named);
	if (import->sets->len == 0) {
		rp_cli_fail(
			cli, _("nothing was written: there are sets of all these names already"));
		return RP_REPLACE_FAILED;
	}
	text = with_sets(old, import);
	return rp_cli_replace_config(cli, file, old, text);
}

static int
append_to_file(RpCli *cli, RpImport *import)
{
	g_autofree char *named = NULL;
	g_autofree char *file = rp_cli_config_file(cli, &named);
	RpReplaced replaced = file ? RP_REPLACE_CHANGED : RP_REPLACE_FAILED;

	while (replaced == RP_REPLACE_CHANGED)
		replaced = append_once(cli, import, file, named);
	if (replaced == RP_REPLACE_FAILED)
		return RP_EXIT_FAILED;
	rp_cli_print(cli,
		rp_text_n("%u server set written to %s.\n", "%u server sets written to %s.\n",
			import->sets->len),
		import->sets->len, named);
	return RP_EXIT_DONE;
}

/* ---- what is not to be carried over ---- */

/* A program that hands its mail to the agent's own SMTP server: the agent would hand it to itself.
 */
static gboolean
is_own_listener(const RpImportSet *set, const char *listen)
{
	const char *colon = strrchr(listen, ':');
	RpEndpoint *endpoint = rp_endpoint_parse(rp_import_get(set, "smtp"), "smtp", NULL);
	gboolean own = colon != NULL && endpoint != NULL && rp_host_is_loopback(endpoint->host) &&
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
			_("[server-set %s] is not carried over: its server is roampost's own "
			  "(listen=%s); import what stood there before"),
			set->name, listen);
		g_ptr_array_remove_index(import->sets, i);
	}
}

/* ---- what is carried over, and better were not ---- */

/* A login without encryption, on the way to another machine. */
static gboolean
is_in_clear(const RpImportSet *set, const char *protocol)
{
	g_autofree char *tls = g_strconcat(protocol, "-tls", NULL);
	g_autofree char *user = g_strconcat(protocol, "-user", NULL);
	RpEndpoint *endpoint;
	gboolean clear;

	if (g_strcmp0(rp_import_get(set, tls), "off") != 0 || !rp_import_get(set, user))
		return FALSE;
	endpoint = rp_endpoint_parse(rp_import_get(set, protocol),
		g_str_equal(protocol, "pop") ? "pop3" : protocol, NULL);
	clear = endpoint != NULL && !endpoint->implicit_tls && !rp_host_is_loopback(endpoint->host);
	rp_endpoint_free(endpoint);
	return clear;
}

static void
remark_in_clear(RpImport *import)
{
	static const char *const protocols[] = {"smtp", "pop"};

	for (guint i = 0; i < import->sets->len; i++)
		for (guint k = 0; k < G_N_ELEMENTS(protocols); k++)
			if (is_in_clear(import->sets->pdata[i], protocols[k]))
				rp_import_remark(import, 0,
					_("[server-set %1$s] has %2$s-tls=off, as there: its "
					  "password would cross the network in clear; most servers "
					  "offer encryption: write %2$s-tls=required"),
					((RpImportSet *)import->sets->pdata[i])->name,
					protocols[k]);
}

int
rp_import_finish(RpCli *cli, RpImport *import, gboolean write)
{
	rp_import_drop_harmful(import);
	rp_import_drop_bad(import);
	drop_own_listener(import);
	remark_in_clear(import);
	for (guint i = 0; i < import->remarks->len; i++)
		rp_cli_note(cli, "%s", (const char *)import->remarks->pdata[i]);
	if (import->sets->len == 0)
		return rp_cli_fail(cli,
			_("no server set could be made of %s: “roampost setup” makes one from an "
			  "address"),
			import->source);
	if (rp_import_has_secrets(import))
		rp_cli_note(
			cli, write ? _("passwords stood there in clear and are carried over: the "
				       "configuration must have mode 0600, or is refused")
				   : _("passwords stood there in clear and are carried over: the "
				       "configuration must have mode 0600, or is refused (--write "
				       "sees to it)"));
	if (write)
		return append_to_file(cli, import);
	g_autoptr(RpSecret) text = rp_import_text(import);
	fputs(text, stdout);
	return fflush(stdout) == 0 ? RP_EXIT_DONE : rp_cli_fail(cli, "%s", rp_text_errno(errno));
}

/* ---- reading ---- */

char *
rp_import_read_source(RpCli *cli, const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpSecret) raw = NULL;

	if (!rp_file_read(path, &raw, NULL, &error)) {
		rp_cli_fail_error(cli, error);
		return NULL;
	}
	return g_utf8_make_valid(raw, -1);
}
