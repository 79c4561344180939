/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"
#include "messages.h"

/* What has become of the message comes first, then how that was found. */
static void
print_message(RpCli *cli, const char *text)
{
	gboolean failed;
	RpMessageId id;
	g_autoptr(RpQueue) queue = rp_cli_read_queue(cli, &failed);
	if (queue == NULL || !rp_queue_resolve(queue, text, &id, NULL))
		return;
	g_autoptr(RpQueueMessage) message = rp_queue_get(queue, id, NULL);
	if (message == NULL)
		return;
	g_autofree char *why = rp_cli_message_text(message);
	rp_cli_print(cli, "From %s, %s%s%s\n", *message->sender != '\0' ? message->sender : "<>",
		rp_cli_colour(cli, rp_cli_state_colour(rp_message_state_name(message->state))),
		rp_message_state_name(message->state), rp_cli_colour(cli, RP_COLOUR_NONE));
	if (*why != '\0')
		rp_cli_print_wrapped(cli, 2, why);
	rp_cli_print(cli, "\n");
}

int
rp_cmd_explain(RpCli *cli, int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = rp_cli_agent_text(cli, "Explain", g_variant_new("(s)", argv[1]));
	if (text == NULL)
		return RP_EXIT_FAILED;
	if (cli->json) {
		rp_cli_print_json(cli, text);
		return RP_EXIT_DONE;
	}
	print_message(cli, argv[1]);
	return rp_cli_render_explain(cli, text, &error) ? RP_EXIT_DONE
							: rp_cli_fail_error(cli, error);
}
