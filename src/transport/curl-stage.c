/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "curl-wire.h"

#include <string.h>

/* Which command a line of the server answers, from what libcurl's debug and header callbacks show
 * while it sets up the session. */

void
rp_curl_stage_init(RpCurlStage *stage, gboolean pop, gboolean implicit_tls)
{
	*stage = (RpCurlStage){.pop = pop, .stage = RP_STAGE_BANNER, .tls = implicit_tls};
}

static const struct {
	const char *verb;
	gboolean pop;
	RpStage stage;
} verbs[] = {
	{"EHLO", FALSE, RP_STAGE_EHLO},
	{"HELO", FALSE, RP_STAGE_EHLO},
	{"STARTTLS", FALSE, RP_STAGE_STARTTLS},
	{"CAPA", TRUE, RP_STAGE_EHLO},
	{"STLS", TRUE, RP_STAGE_STARTTLS},
};

static gboolean
starts_with(const char *line, gsize size, const char *word)
{
	gsize length = strlen(word);
	return size >= length && g_ascii_strncasecmp(line, word, length) == 0;
}

void
rp_curl_stage_command(RpCurlStage *stage, const char *line, gsize size)
{
	for (gsize i = 0; i < G_N_ELEMENTS(verbs); i++) {
		if (verbs[i].pop != stage->pop || !starts_with(line, size, verbs[i].verb))
			continue;
		stage->stage = verbs[i].stage;
		return;
	}
}

/* The last line of a reply, with the code (RFC 5321 section 4.2). */
static gboolean
is_reply(const char *line, gsize size, const char *code)
{
	return starts_with(line, size, code) && (size == 3 || line[3] != '-');
}

void
rp_curl_stage_line(RpCurlStage *stage, const char *line, gsize size)
{
	stage->any = TRUE;
	if (stage->stage == RP_STAGE_STARTTLS)
		stage->tls |=
			stage->pop ? starts_with(line, size, "+OK") : is_reply(line, size, "220");
}
