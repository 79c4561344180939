/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"
#include "messages.h"
#include "values.h"

#include "roampost/language.h"
#include "roampost/remedy.h"

/* Why a message is where it is: set by set, the reason against each and what would free it. */

/* What has become of the message comes first, then how that was found. NULL: it can't be read. */
static RpQueueMessage *
print_message(RpCli *cli, const char *text)
{
	gboolean failed;
	RpMessageId id;
	g_autoptr(RpQueue) queue = rp_cli_read_queue(cli, &failed);
	if (queue == NULL || !rp_queue_resolve(queue, text, &id, NULL))
		return NULL;
	RpQueueMessage *message = rp_queue_get(queue, id, NULL);
	if (message == NULL)
		return NULL;
	g_autofree char *why = rp_cli_message_text(message);
	if (message->subject != NULL && *message->subject != '\0')
		rp_cli_print_line(cli, 0, _("“%s”\n"), message->subject);
	const char *state = rp_message_state_name(message->state);
	g_autofree char *coloured = g_strconcat(rp_cli_colour(cli, rp_cli_state_colour(state)),
		rp_cli_state_word(state), rp_cli_colour(cli, RP_COLOUR_NONE), NULL);
	rp_cli_print_line(cli, 0, _("From %1$s, %2$s\n"),
		*message->sender != '\0' ? message->sender : "<>", coloured);
	if (*why != '\0')
		rp_cli_print_wrapped(cli, 2, why);
	rp_cli_print(cli, "\n");
	return message;
}

static gboolean
is_pending(const RpQueueMessage *message)
{
	for (guint i = 0; i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];

		if (recipient->state == RP_RECIPIENT_PENDING)
			return TRUE;
	}
	return FALSE;
}

/* Where there is no set, and where no recipient is left, there is no table. */
static int
explain_nothing(RpCli *cli, const RpQueueMessage *message)
{
	rp_cli_print_wrapped(cli, 0,
		is_pending(message)
			? _("No server set is configured: “roampost setup” makes one.")
			: _("Nothing is left to be decided: each recipient has been sent to or "
			    "refused."));
	return RP_EXIT_DONE;
}

/* It has left the queue: there is nothing left to decide. */
static gboolean
is_gone(const char *text)
{
	RpMessageId id;
	g_autoptr(RpQueue) queue = rp_queue_open(NULL, RP_QUEUE_READER, NULL);

	return queue && !rp_queue_resolve(queue, text, &id, NULL) &&
	       rp_queue_resolve_gone(queue, text, &id, NULL);
}

int
rp_cmd_explain(RpCli *cli, int argc, char **argv)
{
	if (is_gone(argv[1]))
		return rp_cli_fail(cli,
			_("message %s has left the queue: “roampost show %s” says what became of "
			  "it"),
			argv[1], argv[1]);
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(GVariant) properties =
		rp_cli_agent_properties(cli); /* it knows where it is now */
	if (properties == NULL)
		return RP_EXIT_FAILED;
	g_autoptr(GVariant) rows =
		rp_cli_agent_call(cli, "Explain", g_variant_new("(s)", argv[1]), "aa{sv}");
	RpJson json;
	if (rows == NULL)
		return RP_EXIT_FAILED;
	if (g_variant_n_children(rows) == 0 && rp_cli_note_config(cli, properties))
		return RP_EXIT_FAILED;
	rp_json_init(&json, out);
	rp_cli_explain_write_json(&json, NULL, rows);
	if (cli->json)
		return rp_cli_show(cli, out->str, rp_cli_render_explain);
	g_autoptr(RpQueueMessage) message = print_message(cli, argv[1]);
	if (message != NULL && g_variant_n_children(rows) == 0)
		return explain_nothing(cli, message);
	/* The commands in it are this message's. */
	g_autofree char *named = rp_remedy_with_id(out->str, argv[1]);
	g_autofree char *shown =
		message ? rp_remedy_with_sender(named, message->header_from, message->sender)
			: g_strdup(named);
	return rp_cli_show(cli, shown, rp_cli_render_explain);
}
