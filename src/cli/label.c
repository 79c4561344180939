/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "output-private.h"

#include "roampost/language.h"

/* The labels in front of what `status` and `show` print: their one list, which says how wide their
 * column is in the language of the day, and the words of states. */

#define GAP 2

static const char *const labels[] = {
	N_("Place"),
	N_("Server set"),
	N_("Queue"),
	N_("Config"),
	N_("Problem"),
	N_("Paused"),
	N_("Sending"),
	N_("Waiting"),
	N_("Agent"),
};

/* By their names, which programs and commands know them by. */
static const struct {
	const char *state;
	const char *meaning;
	const char *word;
} states[] = {
	{"queued", NC_("state", "queued")},
	{"held", NC_("state", "held")},
	{"sending", NC_("state", "sending")},
	{"deferred", NC_("state", "deferred")},
	{"failed", NC_("state", "failed")},
	{"sent", NC_("state", "sent")},
	{"deleted", NC_("state", "deleted")},
	{"maybe-sent", NC_("state", "maybe-sent")},
	{"send", NC_("verdict", "send")},
	{"hold", NC_("verdict", "hold")},
	{"split", NC_("verdict", "split")},
};

const char *
rp_cli_state_word(const char *state)
{
	for (gsize i = 0; state != NULL && i < G_N_ELEMENTS(states); i++)
		if (g_str_equal(states[i].state, state))
			return rp_text_meant(states[i].meaning, states[i].word);
	return state != NULL ? state : "";
}

guint
rp_cli_label_width(void)
{
	guint width = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(labels); i++)
		width = MAX(width, rp_cli_text_width(rp_text(labels[i])) + GAP);
	return width;
}

void
rp_cli_print_label(RpCli *cli, const char *label)
{
	g_autofree char *padded = rp_cli_pad(rp_text(label), rp_cli_label_width(), FALSE);

	rp_cli_print(cli, "%s", padded);
}

void
rp_cli_print_labelled(RpCli *cli, const char *label, const char *text)
{
	rp_cli_print_paragraphs(cli, rp_cli_label_width(), rp_text(label), text);
}
