/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-play.h"

#include <string.h>

/* The line cut behind every octet, in either direction, in every mode: smtp_play() holds what the
 * engine says against what the server has. Here it is counted that doubt is kept small. */

static const char *const mails[] = {
	"s@a>r@b,q@c:one\r\n.\r\n..two\r\n", "t@a>p@d:two\r\n", "u@a>o@e,n@f:three\r\n", NULL};

typedef struct {
	const char *name;
	guint can;
	gboolean await_rcpt;
	guint max_messages;
	const char *script;
} Mode;

static const Mode modes[] = {
	{"in-turn", CAN_TURN, FALSE, 0, NULL},
	{"pipelined", CAN_PIPE, FALSE, 0, NULL},
	{"chunks", CAN_BDAT, FALSE, 0, NULL},
	{"chunks-asked", CAN_BDAT, TRUE, 0, NULL},
	{"chunks-one", CAN_BDAT, TRUE, 1, NULL},
	{"chunks-small", CAN_BDAT, FALSE, 0, NULL},
	{"in-turn-dead", CAN_TURN, FALSE, 0, "RCPT 1=550 5.1.1 no"},
	{"pipelined-dead", CAN_PIPE, FALSE, 0, "RCPT 0=550 no|RCPT 1=550 no"},
	{"chunks-untried", CAN_BDAT, FALSE, 0, NULL},
	{"chunks-dead", CAN_BDAT, FALSE, 0, "RCPT 0=550 no|RCPT 1=550 no|BDAT 1=552 no"},
};

static void
test_cut(gconstpointer data)
{
	const Mode *mode = data;
	for (guint direction = 0; direction < 2; direction++) {
		guint doubts = 0, cuts = 0;
		for (gint64 at = 1; at < 100000; at++) {
			Play play = play_defaults;
			play.can = mode->can;
			play.await_rcpt = mode->await_rcpt;
			play.max_messages = mode->max_messages;
			play.script = mode->script;
			play.mails = mails;
			play.chunk_size = g_str_equal(mode->name, "chunks-small") ? 7 : 0;
			play.untried = g_str_equal(mode->name, "chunks-untried");
			*(direction == 0 ? &play.cut_after : &play.cut_replies) = at;
			g_autofree char *got = smtp_play(&play, NULL);
			if (strstr(got, "| quit"))
				break;
			cuts++;
			doubts += strstr(got, "in-doubt") != NULL;
		}
		g_test_message("%s: %u cuts, in doubt after %u", mode->name, cuts, doubts);
		g_assert_cmpuint(cuts, >, 100);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(modes); i++) {
		g_autofree char *path = g_strdup_printf("/smtp-client/cut/%s", modes[i].name);
		g_test_add_data_func(path, &modes[i], test_cut);
	}
	return g_test_run();
}
