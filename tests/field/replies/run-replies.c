/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Real replies, and what they mean. Every file *.tsv of this folder has a reply a line, in six
 * columns separated by tabs: stage, code, class, what a policy refusal is about ("none"), the
 * software or provider with where it was seen, the text without the code (several lines joined by
 * blanks). Lines that begin with # are comments; the first names the source. A fifth column that
 * begins with "unverified:" or "made:" says that the reply was not read in public. In *.waits each
 * has three: the seconds that it asks to be waited (0: it names none), the fifth and the sixth of
 * the others. */
#include "roampost/reply.h"

#include "../lines.h"

#include <string.h>

static guint n_cases, n_failures, n_verified;

static RpStage
stage_of(const char *name)
{
	RpStage stage = RP_STAGE_CONNECT;

	while (stage <= RP_STAGE_CONTENT && !g_str_equal(rp_stage_name(stage), name))
		stage++;
	g_assert_cmpint(stage, <=, RP_STAGE_CONTENT);
	return stage;
}

static void
note_case(gboolean good, const char *where)
{
	n_cases++;
	n_verified += !g_str_has_prefix(where, "unverified:") && !g_str_has_prefix(where, "made:");
	n_failures += !good;
	g_print("%s %u - %s\n", good ? "ok" : "not ok", n_cases, where);
}

static void
try_wait(const char *file, guint number, const char *line)
{
	g_auto(GStrv) column = g_strsplit(line, "\t", 3);

	if (g_strv_length(column) != 3)
		g_error("%s:%u: not three columns: %s", file, number, line);
	guint want = (guint)g_ascii_strtoull(column[0], NULL, 10);
	guint got = rp_reply_wait_seconds(column[2]);
	note_case(got == want, column[1]);
	if (got != want)
		g_print("# %s:%u: %u s, not %u: %s\n", file, number, got, want, column[2]);
}

static void
try_reply(const char *file, guint number, const char *line)
{
	static const RpReplyContext context = {.client_address = "203.0.113.7"};
	g_auto(GStrv) column = g_strsplit(line, "\t", 6);

	if (g_strv_length(column) != 6)
		g_error("%s:%u: not six columns: %s", file, number, line);
	RpReply reply = rp_reply_make(
		stage_of(column[0]), (guint)g_ascii_strtoull(column[1], NULL, 10), column[5]);
	RpReplyVerdict got = rp_reply_classify(&reply, &context);
	gboolean good = g_str_equal(rp_reply_class_name(got.class), column[2]) &&
			g_str_equal(rp_refusal_name(got.about), column[3]);
	note_case(good, column[4]);
	if (!good)
		g_print("# %s:%u: %s %s, not %s %s: %s %s\n", file, number,
			rp_reply_class_name(got.class), rp_refusal_name(got.about), column[2],
			column[3], column[1], column[5]);
}

int
main(int argc, char **argv)
{
	const char *folder = argc > 1 ? argv[1] : ".";

	rp_field_lines(folder, ".tsv", try_reply);
	rp_field_lines(folder, ".waits", try_wait);
	g_print("1..%u\n# verified: %u of %u\n# cases: %u, failures: %u\n", n_cases, n_verified,
		n_cases, n_cases, n_failures);
	return n_failures != 0 || n_cases == 0;
}
