/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "output-private.h"

#include "roampost/language.h"

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

/* ---- widths ---- */

static guint
char_width(gunichar c)
{
	if (c >= ' ' && c < 0x7f)
		return 1;
	if (g_unichar_iszerowidth(c))
		return 0;
	return g_unichar_iswide(c) ? 2 : 1;
}

guint
rp_cli_text_width(const char *text)
{
	guint width = 0;

	for (const char *p = text; *p != '\0'; p = g_utf8_next_char(p))
		width += char_width(g_utf8_get_char(p));
	return width;
}

const char *
rp_cli_text_at_width(const char *text, guint width)
{
	guint so_far = 0;

	for (; *text != '\0'; text = g_utf8_next_char(text)) {
		guint step = char_width(g_utf8_get_char(text));

		if (so_far + step > width)
			break;
		so_far += step;
	}
	return text;
}

char *
rp_cli_cut(const char *text, guint width)
{
	const char *end;

	if (rp_cli_text_width(text) <= width)
		return g_strdup(text);
	end = rp_cli_text_at_width(text, width - 1);
	return g_strdup_printf("%.*s…", (int)(end - text), text);
}

char *
rp_cli_pad(const char *text, guint width, gboolean right)
{
	g_autofree char *shown = rp_cli_cut(text, width);
	int fill = (int)(width - rp_cli_text_width(shown));

	return g_strdup_printf("%*s%s%*s", right ? fill : 0, "", shown, right ? 0 : fill, "");
}

#define BREAK(type) (G_GUINT64_CONSTANT(1) << G_UNICODE_BREAK_##type)

/* What stands at no line's beginning, and at no line's end (UAX #14; in Japanese, kinsoku). */
static const guint64 no_first = BREAK(CLOSE_PUNCTUATION) | BREAK(CLOSE_PARANTHESIS) |
				BREAK(NON_STARTER) | BREAK(EXCLAMATION) | BREAK(INFIX_SEPARATOR) |
				BREAK(CONDITIONAL_JAPANESE_STARTER) | BREAK(INSEPARABLE) |
				BREAK(COMBINING_MARK);
static const guint64 no_last = BREAK(OPEN_PUNCTUATION);

/* At a blank, and beside letters that have none between words. */
static gboolean
may_break(gunichar before, gunichar after)
{
	if (after == ' ')
		return TRUE;
	if (before == ' ' || (char_width(before) < 2 && char_width(after) < 2))
		return FALSE;
	return !(no_last >> g_unichar_break_type(before) & 1) &&
	       !(no_first >> g_unichar_break_type(after) & 1);
}

/* Where to break the text so that the first part fits; a word longer than a line is cut. */
static const char *
find_break(const char *text, guint width)
{
	const char *limit = rp_cli_text_at_width(text, width);

	if (*limit == '\0')
		return limit;
	for (const char *at = limit; at > text; at = g_utf8_prev_char(at))
		if (may_break(g_utf8_get_char(g_utf8_prev_char(at)), g_utf8_get_char(at)))
			return at;
	return limit > text ? limit : g_utf8_next_char(text);
}

char **
rp_cli_wrap(const char *text, guint width)
{
	g_autoptr(GStrvBuilder) lines = g_strv_builder_new();

	do {
		const char *end = find_break(text, width);
		g_autofree char *line = g_strndup(text, (gsize)(end - text));

		g_strv_builder_add(lines, line);
		text = end;
		while (*text == ' ')
			text++;
	} while (*text != '\0');
	return g_strv_builder_end(lines);
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

/* ---- standard error ---- */

static void complain(const RpCli *cli, RpConverse kind, const char *format, va_list args)
	G_GNUC_PRINTF(3, 0);

static void
complain(const RpCli *cli, RpConverse kind, const char *format, va_list args)
{
	g_autofree char *text = g_strdup_vprintf(format, args);
	g_autofree char *clean = rp_cli_clean(text, TRUE);

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
	return rp_cli_fail(cli, "%s", error->message);
}

void
rp_cli_note(RpCli *cli, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	complain(cli, RP_CONVERSE_NOTE, format, args);
	va_end(args);
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

		fprintf(stderr, _("Usage: %s\n`roampost %s --help` says more.\n"), line,
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
