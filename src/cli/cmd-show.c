/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"
#include "messages.h"
#include "reasons.h"
#include "values.h"

#include "roampost/language.h"
#include "roampost/mailbox.h"
#include "roampost/message-view.h"
#include "roampost/remedy.h"

#include <stdio.h>
#include <string.h>

/* One message, of the queue or of the history: who gets it, how far it is and why, or, raw, its
 * content with the line ends of this system. */

static gboolean raw;

const GOptionEntry rp_cmd_show_options[] = {
	{"raw", 0, 0, G_OPTION_ARG_NONE, &raw, N_("print the message itself"), NULL},
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
print_field(RpCli *cli, const char *name, const char *value)
{
	if (value == NULL || *value == '\0')
		return;
	rp_cli_print_label(cli, name);
	rp_cli_print_line(cli, rp_cli_label_width(), "%s", value);
}

/* What has happened is not ahead, by a clock that is right. */
static void
print_time(RpCli *cli, const char *name, RpTime time, gboolean has_happened)
{
	if (time == 0)
		return;
	RpTime now = g_get_real_time();
	g_autofree char *utc = rp_time_format(time);
	g_autofree char *text = rp_cli_with_local_times(utc);
	g_autofree char *age = rp_cli_age(time, now);
	rp_cli_print_label(cli, name);
	rp_cli_print_line(cli, rp_cli_label_width(),
		time > now && has_happened
			? _("%1$s (%2$s ahead: the clock was wrong then, or is now)\n")
		: time > now ? _("%1$s (in %2$s)\n")
			     : _("%1$s (%2$s ago)\n"),
		text, age);
}

/* Where the set had another sender for it. */
static void
print_sent_as(RpCli *cli, GVariant *recipient)
{
	const char *sender = rp_cli_value_text(recipient, "sent-as");
	const char *state = rp_cli_value_text(recipient, "state");
	if (sender == NULL || (g_strcmp0(state, "sent") != 0 && g_strcmp0(state, "failed") != 0))
		return;
	g_autofree char *shown = rp_mailbox_shown(sender);
	g_autofree char *text = g_strdup_printf(
		rp_cli_value_text(recipient, "from-as") != NULL
			? _("Sent as %s (rewrite-sender=header): From has this address too.")
			: _("Sent as %s (rewrite-sender=envelope); From is as it was."),
		shown);
	rp_cli_print_wrapped(cli, rp_cli_label_width(), text);
}

/* What the server said then counts wherever one is now. */
static gboolean
is_final(const char *state)
{
	return g_strcmp0(state, "sent") == 0 || g_strcmp0(state, "failed") == 0 ||
	       g_strcmp0(state, "deleted") == 0;
}

static void
print_recipient(RpCli *cli, GVariant *recipient, GVariant *view, const char *header_from)
{
	g_autofree char *address = rp_mailbox_shown(rp_cli_value_text(recipient, "address"));
	const char *state = rp_cli_value_text(recipient, "state");
	const char *set = rp_cli_value_text(recipient, "set");
	const char *reply = rp_cli_value_text(recipient, "reply");
	g_autofree char *general = rp_cli_recipient_text(recipient);
	g_autofree char *named = rp_remedy_with_id(general, rp_cli_value_text(view, "id"));
	g_autofree char *text =
		rp_remedy_with_sender(named, header_from, rp_cli_value_text(view, "sender"));
	g_autofree char *coloured = g_strconcat(rp_cli_colour(cli, rp_cli_state_colour(state)),
		rp_cli_state_word(state), rp_cli_colour(cli, RP_COLOUR_NONE), NULL);
	rp_cli_print_label(cli, "To");
	if (set != NULL)
		rp_cli_print_line(cli, rp_cli_label_width(), _("%1$s: %2$s through %3$s\n"),
			address, coloured, set);
	else
		rp_cli_print_line(cli, rp_cli_label_width(), _("%1$s: %2$s\n"), address, coloured);
	print_sent_as(cli, recipient);
	if (*text != '\0')
		rp_cli_print_wrapped(cli, rp_cli_label_width(), text);
	if (reply != NULL && strstr(text, reply) == NULL) {
		g_autofree char *said =
			is_final(state)
				? g_strdup_printf(_("The server said: %s"), reply)
				: rp_cli_reply_text(reply, rp_cli_value_time(recipient, "time"));
		rp_cli_print_wrapped(cli, rp_cli_label_width(), said);
	}
}

static void
print_recipients(RpCli *cli, GVariant *view, const char *header_from)
{
	g_autoptr(GVariant) recipients = rp_cli_value_array(view, "recipients", "aa{sv}");
	const char *id = rp_cli_value_text(view, "id");
	gboolean refused = FALSE;

	for (gsize i = 0; i < g_variant_n_children(recipients); i++) {
		g_autoptr(GVariant) recipient = g_variant_get_child_value(recipients, i);
		print_recipient(cli, recipient, view, header_from);
		refused |= g_strcmp0(rp_cli_value_text(recipient, "state"), "failed") == 0;
	}
	if (!refused || g_strcmp0(rp_cli_value_text(view, "state"), "failed") != 0)
		return;
	g_autofree char *remedy = rp_remedy_with_id(rp_cli_refused_remedy(), id);
	rp_cli_print_wrapped(cli, rp_cli_label_width(), remedy);
}

/* `header_from`: NULL where it is not known, or says the same. */
static void
print_people(RpCli *cli, GVariant *view, const char *header_from)
{
	const char *sender = rp_cli_value_text(view, "sender");
	g_autofree char *shown = sender != NULL ? rp_mailbox_shown(sender) : g_strdup("<>");
	guint64 octets = 0;
	g_variant_lookup(view, "size", "t", &octets);
	g_autofree char *size =
		g_strdup_printf(rp_text_n("%.0f octet", "%.0f octets", octets), (double)octets);
	print_field(cli, "Message", rp_cli_value_text(view, "id"));
	print_field(cli, "State", rp_cli_state_word(rp_cli_value_text(view, "state")));
	print_field(cli, "Subject", rp_cli_value_text(view, "subject"));
	print_field(cli, "From", shown);
	if (g_strcmp0(header_from, sender) != 0)
		print_field(cli, "From header", header_from);
	print_field(cli, "Size", octets > 0 ? size : NULL);
	print_time(cli, "Handed over", rp_cli_value_time(view, "created"), TRUE);
	print_field(cli, "Pinned to", rp_cli_value_text(view, "pin"));
	print_time(cli, "Next try", rp_cli_value_time(view, "next-try"), FALSE);
	if (rp_cli_value_flag(view, "maybe-sent"))
		print_field(cli, "Note",
			_("it may have arrived already (the line or the agent ended "
			  "before the server's answer)"));
	print_recipients(cli, view, header_from);
}

static void
print_view(RpCli *cli, GVariant *view, const char *header_from)
{
	if (!cli->json) {
		print_people(cli, view, header_from);
		return;
	}
	g_autoptr(GString) out = g_string_new(NULL);
	RpJson json;
	rp_json_init(&json, out);
	rp_cli_message_value_write_json(&json, view);
	rp_cli_print_json(cli, out->str);
}

static int
show_queued(RpCli *cli, RpQueue *queue, RpMessageId id)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpQueueMessage) message = rp_queue_get(queue, id, &error);
	if (message == NULL)
		return rp_cli_fail_error(cli, error);
	g_autoptr(GVariant) view = rp_cli_message_view(message);
	print_view(cli, view, message->header_from);
	if (!cli->json)
		rp_cli_note_disk(cli, queue);
	return RP_EXIT_DONE;
}

/* What has left the queue is in the history, but for its content. */
static int
show_gone(RpCli *cli, RpQueue *queue, const char *text)
{
	g_autoptr(GError) error = NULL;
	RpHistoryQuery query = {0};
	if (!rp_queue_resolve_gone(queue, text, &query.id, &error))
		return rp_cli_fail_error(cli, error);
	if (raw)
		return rp_cli_fail(cli,
			_("message %s has left the queue, and its content with it; "
			  "“roampost show %s” says what became of it"),
			text, text);
	g_autoptr(GPtrArray) records = rp_queue_load_history(queue, &query, &error);
	if (records == NULL)
		return rp_cli_fail_error(cli, error);
	g_autoptr(GVariant) view = g_variant_ref_sink(rp_message_gone_view(records));
	print_view(cli, view, NULL);
	return RP_EXIT_DONE;
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
		return rp_cli_fail(cli, _("there is no message %s: the queue is empty"), argv[1]);
	if (rp_queue_resolve(queue, argv[1], &id, &error))
		return raw ? print_raw(cli, queue, id) : show_queued(cli, queue, id);
	if (g_error_matches(error, RP_ERROR, RP_ERROR_NOT_FOUND))
		return show_gone(cli, queue, argv[1]);
	return rp_cli_fail_error(cli, error);
}
