/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-cli"
#include "config.h"
#include "output-private.h"

#include "roampost/language.h"
#include "roampost/system-user.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

/* From words to a command's function: find the row, have its options parsed (options.c), check the
 * count of its arguments, run it, and see to it that what was printed arrived. */

/* The commands that begin with the word, or NULL: "`roampost config check` or ..." */
static char *
second_words(const RpCli *cli, const char *first)
{
	char *all = NULL;
	gsize length = strlen(first);

	for (const RpCliCommand *command = cli->commands; command->name != NULL; command++) {
		if (strncmp(command->name, first, length) != 0 || command->name[length] != ' ')
			continue;
		g_autofree char *before = all;
		g_autofree char *one = g_strdup_printf("“roampost %s”", command->name);
		all = before ? g_strdup_printf(C_("list", "%1$s or %2$s"), before, one)
			     : g_steal_pointer(&one);
	}
	return all;
}

static int
unknown_command(const RpCli *cli, int argc, char **argv)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	g_autofree char *seconds = second_words(cli, argv[0]);
	g_autofree char *typed =
		argc > 1 && seconds ? g_strconcat(argv[0], " ", argv[1], NULL) : g_strdup(argv[0]);
	g_autofree char *words = rp_text_neutral(typed, -1);

	for (const RpCliCommand *command = cli->commands; command->name != NULL; command++)
		g_ptr_array_add(names, (gpointer)command->name);
	g_ptr_array_add(names, NULL);
	const char *nearest = rp_nearest(words, (const char *const *)names->pdata);
	if (nearest != NULL)
		fprintf(stderr, _("roampost: there is no command “%1$s”: did you mean “%2$s”?\n"),
			words, nearest);
	else if (seconds)
		fprintf(stderr, _("roampost: “%1$s” needs a second word: %2$s\n"), argv[0],
			seconds);
	else
		fprintf(stderr,
			_("roampost: there is no command “%s”; “roampost help” lists them\n"),
			words);
	return RP_EXIT_USAGE;
}

/* ---- one command ---- */

/* His agent is at his bus, and not at the one that root may have. */
static void
name_bus_of(const char *name)
{
	const struct passwd *user = getpwnam(name);
	g_autofree char *socket =
		g_strdup_printf("/run/user/%u/bus", user ? (guint)user->pw_uid : 0);
	g_autofree char *address = g_strconcat("unix:path=", socket, NULL);

	if (g_file_test(socket, G_FILE_TEST_EXISTS))
		g_setenv("DBUS_SESSION_BUS_ADDRESS", address, TRUE);
}

/* Root sees the same queue as by mailq. Where nobody is named who takes root's mail, it is an
 * account as any other. */
static gboolean
enter_queue(RpCli *cli)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *name = rp_system_user_name(NULL);
	int status;

	if (name == NULL)
		return TRUE;
	if (isatty(STDERR_FILENO))
		rp_cli_note(cli,
			_("this is the queue of %s, who takes root's mail "
			  "(system-mail-user=)"),
			name);
	name_bus_of(name);
	if (rp_system_user_enter(cli->words, FALSE, &status, &error) == RP_ENTRY_HERE)
		return TRUE;
	rp_cli_fail_error(cli, error);
	return FALSE;
}

/* `greedy`: an option that may have taken it, or NULL. */
static int
say_missing(RpCli *cli, const RpCliCommand *command, const char *greedy)
{
	if (!greedy)
		return rp_cli_usage(cli, _("%s: %s is missing"), command->name, command->args);
	return rp_cli_usage(cli,
		_("%1$s: %2$s is missing: --%3$s takes all the words behind it, so %2$s stands "
		  "before it"),
		command->name, command->args, greedy);
}

static int
run(RpCli *cli, const RpCliCommand *command, int argc, char **argv)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();
	RpCliCommon common = {FALSE, FALSE, FALSE};
	g_auto(GStrv) words = NULL;

	cli->command = command;
	g_strv_builder_add(builder, command->name); /* in the place of the program's name */
	for (int i = 0; i < argc; i++)
		g_strv_builder_add(builder, argv[i]);
	words = g_strv_builder_end(builder);
	if (!rp_cli_parse_options(cli, &words, &common))
		return RP_EXIT_USAGE;
	if (common.help) {
		rp_cli_print_help(cli, command);
		return RP_EXIT_DONE;
	}
	cli->json = common.json;
	if (common.verbose)
		rp_log_setup("roampost", TRUE);

	int n = (int)g_strv_length(words);
	if (n - 1 < (int)command->min_args)
		return say_missing(cli, command, rp_cli_greedy_option(command, argc, argv));
	if (command->max_args >= 0 && n - 1 > command->max_args)
		return rp_cli_usage(cli, _("%s: “%s” is too much"), command->name,
			words[command->max_args + 1]);
	if (command->flags & RP_CLI_QUEUE && !enter_queue(cli))
		return RP_EXIT_FAILED;
	return command->run(cli, n, words);
}

/* ---- the program ---- */

static void
look_at_terminal(RpCli *cli)
{
	const char *no_color = g_getenv("NO_COLOR");
	const char *terminal = g_getenv("TERM");
	struct winsize size;

	cli->width = RP_CLI_NO_LIMIT;
	if (!isatty(STDOUT_FILENO))
		return;
	/* no-color.org: when present and not empty, whatever its value */
	cli->colour = (no_color == NULL || *no_color == '\0') && g_strcmp0(terminal, "dumb") != 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		cli->width = CLAMP(size.ws_col, 40, 200);
}

static gboolean
is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

/* Options that are nobody's own may stand before a command, and between its two words: they go
 * behind them. In place. */
static void
put_name_first(int argc, char **argv)
{
	int n_words = 0, i = 0;

	while (i < argc && n_words < 2) {
		char *word = argv[i];

		if (strcmp(word, "--json") != 0 && strcmp(word, "--verbose") != 0) {
			if (*word == '-')
				return;
			memmove(argv + n_words + 1, argv + n_words,
				sizeof *argv * (gsize)(i - n_words));
			argv[n_words++] = word;
		}
		i++;
	}
}

static int
dispatch(RpCli *cli, int argc, char **argv)
{
	int n_words = 0;
	const RpCliCommand *command;

	put_name_first(argc, argv);
	if (argc == 0) {
		fputs(_("Usage: roampost COMMAND [OPTION…] [ARGUMENT…]\n"
			"“roampost help” lists the commands, “roampost status” says how "
			"things are.\n"),
			stderr);
		return RP_EXIT_USAGE;
	}
	if (strcmp(argv[0], "--version") == 0) {
		puts("roampost " RP_VERSION);
		return RP_EXIT_DONE;
	}
	if (is_help(argv[0])) {
		rp_cli_print_summary(cli);
		return RP_EXIT_DONE;
	}
	command = rp_cli_find_command(cli->commands, argc, argv, &n_words);
	if (command == NULL && argc == 2 && is_help(argv[1]) && rp_cli_print_family(cli, argv[0]))
		return RP_EXIT_DONE;
	if (command == NULL)
		return unknown_command(cli, argc, argv);
	return run(cli, command, argc - n_words, argv + n_words);
}

int
rp_cli_main(const RpCliCommand *commands, int argc, char **argv)
{
	RpCli cli = {.commands = commands, .words = argv};
	int status;

	rp_file_limit_as_error();
	rp_language_speak();
	rp_log_setup("roampost", FALSE);
	look_at_terminal(&cli);
	status = dispatch(&cli, argc - 1, argv + 1);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		fprintf(stderr, _("roampost: the output could not be written: %s\n"),
			rp_text_errno(errno));
		return RP_EXIT_FAILED;
	}
	return status;
}
