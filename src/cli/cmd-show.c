/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"
#include "messages.h"
#include "values.h"

#include <stdio.h>
#include <string.h>

/* One message: who gets it, how far it is and why, or, raw,
 * its content with the line ends of this system. */

static gboolean raw;

const GOptionEntry rp_cmd_show_options[] = {
	{"raw", 0, 0, G_OPTION_ARG_NONE, &raw, "print the message itself", NULL},
	G_OPTION_ENTRY_NULL,
};

/* In the wire form every line ends in CR LF: the CRs before LFs are left out. A CR at the end of a
 * piece waits for what follows. */
static void
print_piece(const char *data, gsize size, gboolean *waiting)
{
	for (gsize i = 0; i < size; i++) {
		if (*waiting && data[i] != '\n')
			putchar('\r');
		*waiting = data[i] == '\r';
		if (!*waiting)
			putchar(data[i]);
	}
}

static int
print_raw(RpCli *cli, RpQueue *queue, RpMessageId id)
{
	char buffer[65536];
	gboolean waiting = FALSE;
	gint64 offset = 0;
	for (;;) {
		g_autoptr(GError) error = NULL;
		gssize n = rp_queue_read(queue, id, offset, buffer, sizeof buffer, &error);
		if (n < 0)
			return rp_cli_fail_error(cli, error);
		if (n == 0)
			break;
		print_piece(buffer, (gsize)n, &waiting);
		offset += n;
	}
	if (waiting)
		putchar('\r');
	return RP_EXIT_DONE;
}

static void
print_json(RpCli *cli, const RpQueueMessage *message)
{
	g_autoptr(GString) out = g_string_new(NULL);
	RpJson json;
	rp_json_init(&json, out);
	rp_cli_message_write_json(&json, message);
	rp_cli_print_json(cli, out->str);
}

static void
print_field(RpCli *cli, const char *name, const char *value)
{
	if (value != NULL && *value != '\0')
		rp_cli_print(cli, "%-11s %s\n", name, value);
}

static void
print_time(RpCli *cli, const char *name, RpTime time)
{
	if (time == 0)
		return;
	RpTime now = g_get_real_time();
	g_autofree char *text = rp_time_format(time);
	g_autofree char *age = rp_cli_age(time, now);
	rp_cli_print(
		cli, time > now ? "%-11s %s (in %s)\n" : "%-11s %s (%s ago)\n", name, text, age);
}

static void
print_recipient(RpCli *cli, GVariant *recipient)
{
	const char *address = rp_cli_value_text(recipient, "address");
	const char *state = rp_cli_value_text(recipient, "state");
	const char *set = rp_cli_value_text(recipient, "set");
	const char *reply = rp_cli_value_text(recipient, "reply");
	g_autofree char *text = rp_cli_recipient_text(recipient);
	rp_cli_print(cli, "%-11s %s: %s%s%s%s%s\n", "To", address,
		rp_cli_colour(cli, rp_cli_state_colour(state)), state,
		rp_cli_colour(cli, RP_COLOUR_NONE), set != NULL ? " through " : "",
		set != NULL ? set : "");
	if (*text != '\0')
		rp_cli_print_wrapped(cli, 12, text);
	if (reply != NULL && strstr(text, reply) == NULL) {
		g_autofree char *said = g_strdup_printf("The server said: %s", reply);
		rp_cli_print_wrapped(cli, 12, said);
	}
}

static void
print_recipients(RpCli *cli, const RpQueueMessage *message)
{
	g_autoptr(GVariant) view = rp_cli_message_view(message);
	g_autoptr(GVariant) recipients = rp_cli_value_array(view, "recipients", "aa{sv}");
	for (gsize i = 0; i < g_variant_n_children(recipients); i++) {
		g_autoptr(GVariant) recipient = g_variant_get_child_value(recipients, i);
		print_recipient(cli, recipient);
	}
}

static void
print_people(RpCli *cli, const RpQueueMessage *message)
{
	char id[RP_MESSAGE_ID_SIZE];
	g_autofree char *size = g_strdup_printf("%" G_GINT64_FORMAT " octets", message->size);
	print_field(cli, "Message", rp_message_id_format(message->id, id));
	print_field(cli, "State", rp_message_state_name(message->state));
	print_field(cli, "From", *message->sender != '\0' ? message->sender : "<>");
	if (g_strcmp0(message->header_from, message->sender) != 0)
		print_field(cli, "From header", message->header_from);
	print_field(cli, "Size", size);
	print_time(cli, "Handed over", message->created);
	print_field(cli, "Pinned to", message->pin);
	print_time(cli, "Next try", message->next_try);
	if (message->flags & RP_MESSAGE_MAYBE_SENT)
		print_field(cli, "Note",
			"it may have arrived already (the line or the agent ended "
			"before the server's answer)");
	print_recipients(cli, message);
}

int
rp_cmd_show(RpCli *cli, int argc, char **argv)
{
	gboolean failed;
	RpMessageId id;
	g_autoptr(GError) error = NULL;
	g_autoptr(RpQueue) queue = rp_cli_read_queue(cli, &failed);
	if (failed)
		return RP_EXIT_FAILED;
	if (queue == NULL)
		return rp_cli_fail(cli, "there is no message %s: the queue is empty", argv[1]);
	if (!rp_cli_resolve(cli, queue, argv[1], &id))
		return RP_EXIT_FAILED;
	if (raw)
		return print_raw(cli, queue, id);
	g_autoptr(RpQueueMessage) message = rp_queue_get(queue, id, &error);
	if (message == NULL)
		return rp_cli_fail_error(cli, error);
	if (cli->json)
		print_json(cli, message);
	else
		print_people(cli, message);
	return RP_EXIT_DONE;
}
