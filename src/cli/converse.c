/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "output-private.h"

#include <stdio.h>

/* `roampost setup --converse`: what is said and asked goes to a program, which has a window for it
 * (roampost-outbox), as {"kind": K, "text": T} and a newline on standard output. What is asked for
 * comes back as a line of standard input, as it would from a terminal. */

static const char *const kinds[] = {
	[RP_CONVERSE_OUTPUT] = "output",
	[RP_CONVERSE_NOTE] = "note",
	[RP_CONVERSE_FAILURE] = "failure",
	[RP_CONVERSE_ASK] = "ask",
	[RP_CONVERSE_SECRET] = "secret",
	[RP_CONVERSE_PROCEED] = "proceed",
	[RP_CONVERSE_CONFIRM] = "confirm",
};

void
rp_cli_converse(RpConverse kind, const char *text)
{
	g_autoptr(GString) line = g_string_new(NULL);
	RpJson json;

	rp_json_init(&json, line);
	rp_json_begin_object(&json, NULL);
	rp_json_string(&json, "kind", kinds[kind]);
	rp_json_string(&json, "text", text);
	rp_json_end_object(&json);
	puts(line->str);
	fflush(stdout);
}
