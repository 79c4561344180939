/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"
#include "messages.h"

#include "roampost/language.h"

#include <string.h>

/* What is in the queue, all of it or by states; read from the
 * disk, so it works without an agent. */

static gboolean
parse_states(RpCli *cli, char **words, guint *mask)
{
	for (*mask = 0; *words != NULL; words++) {
		RpMessageState state;
		if (!rp_message_state_from_name(*words, &state)) {
			rp_cli_usage(cli,
				_("there is no state “%s”: there are queued, held, sending, "
				  "deferred "
				  "and failed"),
				*words);
			return FALSE;
		}
		*mask |= 1u << state;
	}
	return TRUE;
}

/* What is written goes out in parts: whoever reads it begins with the first ones. */
#define FIRST_PART (16 * 1024)
#define PART (256 * 1024)

typedef struct {
	RpJson json;
	GString *out;
	gsize part;
} Output;

static void
write_message(RpCli *cli, const RpQueueMessage *message, gpointer data)
{
	Output *output = data;

	rp_cli_message_write_json(&output->json, message);
	if (output->out->len < output->part)
		return;
	rp_cli_print_part(cli, output->out->str);
	g_string_truncate(output->out, 0);
	output->part = PART;
}

static gboolean
print_json(RpCli *cli, RpQueue *queue, guint states)
{
	g_autoptr(GString) out = g_string_new(NULL);
	Output output = {.out = out, .part = FIRST_PART};
	rp_json_init(&output.json, out);
	rp_json_begin_array(&output.json, NULL);
	if (queue != NULL && !rp_cli_each_message(cli, queue, states, write_message, &output))
		return FALSE;
	rp_json_end_array(&output.json);
	rp_cli_print_json(cli, out->str);
	return TRUE;
}

static void
look_for_pause(RpCli *cli, const RpQueueMessage *message, gpointer user)
{
	g_autofree char *reason = rp_cli_message_reason(message);

	*(gboolean *)user = *(gboolean *)user || strstr(reason, "roampost resume");
}

/* What an agent holds for it says so itself. */
static gboolean
is_paused_unsaid(RpCli *cli, RpQueue *queue, guint states)
{
	gboolean said = FALSE;

	return rp_cli_is_paused(queue) &&
	       rp_cli_each_message(cli, queue, states, look_for_pause, &said) && !said;
}

/* No reason of a message is that nobody is there to send it. */
static void
note_what_stops_all(RpCli *cli, RpQueue *queue, guint states)
{
	if (!rp_queue_has_agent(queue))
		rp_cli_note(cli, _("no agent runs, and nothing of this is sent. To start it: %s"),
			rp_cli_start_command());
	rp_cli_note_disk(cli, queue);
	if (is_paused_unsaid(cli, queue, states))
		rp_cli_note(cli, _("nothing is sent until “roampost resume”"));
}

static gboolean
print_people(RpCli *cli, RpQueue *queue, guint states)
{
	guint n = 0;
	if (queue != NULL && !rp_cli_print_queue(cli, queue, states, &n))
		return FALSE;
	if (n == 0)
		rp_cli_print(cli, states == 0 ? _("The queue is empty.\n")
					      : _("No message is in such a state.\n"));
	else
		note_what_stops_all(cli, queue, states);
	return TRUE;
}

int
rp_cmd_queue(RpCli *cli, int argc, char **argv)
{
	gboolean failed;
	guint states;
	if (!parse_states(cli, argv + 1, &states))
		return RP_EXIT_USAGE;
	g_autoptr(RpQueue) queue = rp_cli_read_queue(cli, &failed);
	if (failed)
		return RP_EXIT_FAILED;
	gboolean good =
		cli->json ? print_json(cli, queue, states) : print_people(cli, queue, states);
	return good ? RP_EXIT_DONE : RP_EXIT_FAILED;
}
