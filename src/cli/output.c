/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "output-private.h"

#include "roampost/language.h"
#include "roampost/words.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* All that is printed passes here: control characters are made harmless, lines are wrapped,
 * colours left out where nobody sees them. */

static const char *const sequences[] = {
	[RP_COLOUR_NONE] = "\033[0m",
	[RP_COLOUR_BOLD] = "\033[1m",
	[RP_COLOUR_DIM] = "\033[2m",
	[RP_COLOUR_GOOD] = "\033[32m",
	[RP_COLOUR_WAIT] = "\033[33m",
	[RP_COLOUR_BAD] = "\033[31m",
};

const char *
rp_cli_colour(const RpCli *cli, RpColour colour)
{
	return cli->colour ? sequences[colour] : "";
}

RpColour
rp_cli_state_colour(const char *state)
{
	static const struct {
		const char *state;
		RpColour colour;
	} rows[] = {
		{"sent", RP_COLOUR_GOOD},
		{"send", RP_COLOUR_GOOD},
		{"sending", RP_COLOUR_GOOD},
		{"held", RP_COLOUR_WAIT},
		{"hold", RP_COLOUR_WAIT},
		{"split", RP_COLOUR_WAIT},
		{"deferred", RP_COLOUR_WAIT},
		{"failed", RP_COLOUR_BAD},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (g_strcmp0(rows[i].state, state) == 0)
			return rows[i].colour;
	return RP_COLOUR_NONE;
}

/* The length of one of our own colour sequences at p, or 0. */
static gsize
own_sequence(const char *p)
{
	for (gsize i = 0; *p == '\033' && i < G_N_ELEMENTS(sequences); i++)
		if (g_str_has_prefix(p, sequences[i]))
			return strlen(sequences[i]);
	return 0;
}

/* Octets from here on that are printable ASCII: most are, and a long queue has many. */
static gsize
plain_run(const char *p)
{
	gsize n = 0;

	while (p[n] >= ' ' && p[n] < 0x7f)
		n++;
	return n;
}

char *
rp_cli_clean(const char *text, gboolean keep_layout)
{
	g_autofree char *valid = g_utf8_make_valid(text, -1);
	g_autoptr(GString) out = g_string_sized_new(strlen(valid));

	for (const char *p = valid; *p != '\0';) {
		gsize plain = plain_run(p);

		g_string_append_len(out, p, (gssize)plain);
		p += plain;
		if (*p == '\0')
			break;
		gunichar c = g_utf8_get_char(p);
		gsize own = keep_layout ? own_sequence(p) : 0;
		gsize step = own > 0 ? own : (gsize)(g_utf8_next_char(p) - p);

		/* A sender, a server or a file must not drive the terminal. */
		if (own > 0 || (keep_layout && c == '\n') || rp_is_neutral(c))
			g_string_append_len(out, p, (gssize)step);
		else
			g_string_append_printf(out, c < 0x100 ? "\\x%02x" : "\\u%04x", c);
		p += step;
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

void
rp_cli_print(RpCli *cli, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	g_autofree char *clean = rp_cli_clean(text, TRUE);
	if (cli->converse)
		rp_cli_converse(RP_CONVERSE_OUTPUT, clean);
	else
		fputs(clean, stdout);
}

void
rp_cli_print_part(RpCli *cli, const char *text)
{
	fputs(text, stdout);
	fflush(stdout);
}

void
rp_cli_print_json(RpCli *cli, const char *text)
{
	puts(text);
}

guint
rp_cli_text_columns(const RpCli *cli, guint indent)
{
	guint width = cli->width == RP_CLI_NO_LIMIT ? 80 : cli->width;

	return width > indent + 20 ? width - indent : 20;
}

void
rp_cli_print_paragraphs(RpCli *cli, guint indent, const char *label, const char *text)
{
	g_auto(GStrv) paragraphs = g_strsplit(text, "\n\n", -1);
	guint width = MIN(rp_cli_text_columns(cli, indent), MAX(80 - indent, 20));

	for (char **paragraph = paragraphs; *paragraph != NULL; paragraph++) {
		g_autofree char *flat = g_strdelimit(g_strdup(*paragraph), "\n", ' ');
		g_autofree char *clean = rp_cli_clean(flat, FALSE);
		g_auto(GStrv) lines = rp_cli_wrap(clean, width);

		if (paragraph != paragraphs)
			putchar('\n');
		for (char **line = lines; *line != NULL; line++, label = "")
			printf("%s%*s%s\n", label, (int)indent - (int)rp_cli_text_width(label), "",
				*line);
	}
}

void
rp_cli_print_wrapped(RpCli *cli, guint indent, const char *text)
{
	rp_cli_print_paragraphs(cli, indent, "", text);
}

static char *
without_colours(const char *text)
{
	g_autoptr(GString) out = g_string_new(NULL);

	while (*text != '\0') {
		gsize own = own_sequence(text);

		if (own == 0)
			g_string_append_c(out, *text);
		text += MAX(own, 1);
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static void
print_fitting(RpCli *cli, guint indent, const char *line)
{
	g_autofree char *plain = without_colours(line);

	if (indent + rp_cli_text_width(plain) <= cli->width) {
		puts(line);
		return;
	}
	g_auto(GStrv) parts = rp_cli_wrap(plain, rp_cli_text_columns(cli, indent));
	for (char **part = parts; *part != NULL; part++)
		printf("%*s%s\n", part == parts ? 0 : (int)indent, "", *part);
}

void
rp_cli_print_line(RpCli *cli, guint indent, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	g_autofree char *clean = rp_cli_clean(text, TRUE);
	if (g_str_has_suffix(clean, "\n"))
		clean[strlen(clean) - 1] = '\0';
	g_auto(GStrv) lines = g_strsplit(clean, "\n", -1);
	for (char **line = lines; *line != NULL; line++)
		print_fitting(cli, indent, *line);
}

/* ---- standard error ---- */

static void complain(const RpCli *cli, RpConverse kind, const char *format, va_list args)
	G_GNUC_PRINTF(3, 0);

static void
complain(const RpCli *cli, RpConverse kind, const char *format, va_list args)
{
	g_autofree char *text = g_strdup_vprintf(format, args);
	g_autofree char *clean = rp_cli_clean(text, FALSE);

	if (cli->converse) {
		rp_cli_converse(kind, clean);
		return;
	}
	fflush(stdout);
	fprintf(stderr, "roampost: %s\n", clean);
}

int
rp_cli_fail(RpCli *cli, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(cli, RP_CONVERSE_FAILURE, format, args);
	va_end(args);
	return RP_EXIT_FAILED;
}

int
rp_cli_fail_error(RpCli *cli, const GError *error)
{
	g_autofree char *shown = rp_words_shown(error->message);

	return rp_cli_fail(cli, "%s", shown);
}

int
rp_cli_fail_write(RpCli *cli, const char *path, int number)
{
	g_autofree char *why = rp_file_why_not_written(number);

	return rp_cli_fail(cli, "%s: %s", path, why);
}

void
rp_cli_note(RpCli *cli, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(cli, RP_CONVERSE_NOTE, format, args);
	va_end(args);
}

void
rp_cli_note_above(RpCli *cli, const char *text)
{
	guint indent = 2, prefix = strlen("roampost: ") - indent;

	if (cli->converse || cli->width == RP_CLI_NO_LIMIT || !isatty(STDERR_FILENO)) {
		rp_cli_note(cli, "%s", text);
		return;
	}
	g_autofree char *gap = g_strnfill(indent, ' ');
	g_autofree char *between = g_strconcat("\n", gap, NULL);
	g_autofree char *clean = rp_cli_clean(text, FALSE);
	g_auto(GStrv) lines = rp_cli_wrap(clean, rp_cli_text_columns(cli, indent + prefix));
	g_autofree char *wrapped = g_strjoinv(between, lines);

	fflush(stdout);
	fprintf(stderr, "roampost: %s\n", wrapped);
}

int
rp_cli_usage(RpCli *cli, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(cli, RP_CONVERSE_FAILURE, format, args);
	va_end(args);
	if (cli->command != NULL) {
		g_autofree char *line = rp_cli_usage_line(cli->command);

		fprintf(stderr, _("Usage: %s\n“roampost %s --help” says more.\n"), line,
			cli->command->name);
	}
	return RP_EXIT_USAGE;
}

gboolean
rp_cli_confirm(RpCli *cli, const char *format, ...)
{
	char answer[16] = "";
	va_list args;

	if (!isatty(STDIN_FILENO) || !isatty(STDERR_FILENO))
		return TRUE;
	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	g_autofree char *clean = rp_cli_clean(text, FALSE);
	fflush(stdout);
	/* TRANSLATORS: the letters stay: y is what has to be typed. */
	fprintf(stderr, _("%s [y/N] "), clean);
	return fgets(answer, sizeof answer, stdin) != NULL && g_ascii_tolower(answer[0]) == 'y';
}
