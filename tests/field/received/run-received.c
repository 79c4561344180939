/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Real Received fields, and who gave the mail to whom by them. Every file *.tsv of this folder has
 * a field a line, in five columns separated by tabs: what the client called itself, its address,
 * the server ("-" each: not said), the server's software with where the field was seen, the field.
 * In that "\n" is a line end of its folding. Each is read as it stands, with CR LF, and unfolded.
 * Lines that begin with # are comments; the first names the source. */
#include "roampost/received.h"

#include "../lines.h"

#include <string.h>

static guint n_cases, n_failures;

static gboolean
is_same(const char *got, const char *want)
{
	return g_str_equal(want, "-") ? !got : g_strcmp0(got, want) == 0;
}

static gboolean
reads_as(char **column, const char *fold)
{
	g_auto(GStrv) lines = g_strsplit(column[4], "\\n", -1);
	g_autofree char *text = g_strjoinv(fold, lines);
	g_auto(RpReceived) got = {0};
	g_autofree char *from = NULL;

	rp_received_parse(text, strlen(text), &got);
	from = rp_address_format(&got.from);
	if (is_same(got.helo, column[0]) && is_same(*from ? from : NULL, column[1]) &&
		is_same(got.by, column[2]))
		return TRUE;
	g_print("# %s, %s, %s: %s\n", got.helo ? got.helo : "-", from, got.by ? got.by : "-", text);
	return FALSE;
}

static void
try_field(const char *file, guint number, const char *line)
{
	static const char *const folds[] = {"\n ", "\r\n\t", " "};
	g_auto(GStrv) column = g_strsplit(line, "\t", 5);
	gboolean good = TRUE;

	if (g_strv_length(column) != 5)
		g_error("%s:%u: not five columns: %s", file, number, line);
	for (guint i = 0; i < G_N_ELEMENTS(folds); i++)
		good = reads_as(column, folds[i]) && good;
	n_cases++;
	n_failures += !good;
	g_print("%s %u - %s\n", good ? "ok" : "not ok", n_cases, column[3]);
}

int
main(int argc, char **argv)
{
	rp_field_lines(argc > 1 ? argv[1] : ".", ".tsv", try_field);
	g_print("1..%u\n# cases: %u, failures: %u\n", n_cases, n_cases, n_failures);
	return n_failures != 0 || n_cases == 0;
}
