/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pop-client-private.h"

#include <string.h>

/* The POP3 client as its owner sees it: what is asked, how far
 * ahead of the answers, what comes of it, and the end. */

#define MAX_OCTETS (4 * 1024 * 1024)
#define MAX_COMMANDS 2048
/* No mail is longer than this. What LIST says of its size is a hint: some servers say 0, or 1. */
#define MAX_MESSAGE (G_GINT64_CONSTANT(1) << 30)
/* A header is not longer than this. */
#define HEADER_GUESS (4 * 1024)

typedef struct {
	RpPopEvent event;
	GByteArray *bytes;
	char *text;
} EventItem;

guint
rp_pop_wait_seconds(RpPopWait wait)
{
	/* RFC 1939 section 3 has the server wait 10 minutes at least; it says nothing of the
	 * client. Opening a large maildrop takes some servers minutes. */
	static const guint seconds[] = {
		[RP_POP_WAIT_NOTHING] = 0,
		[RP_POP_WAIT_REPLY] = 300,
		[RP_POP_WAIT_DELETION] = 120,
		[RP_POP_WAIT_QUIT] = 5,
	};
	return seconds[wait];
}

/* ---- life ---- */

RpPopClient *
rp_pop_client_new(const RpPopClientOptions *options)
{
	RpPopClient *client = g_new0(RpPopClient, 1);
	client->options = *options;
	if (client->options.max_octets <= 0)
		client->options.max_octets = MAX_OCTETS;
	if (client->options.max_message <= 0)
		client->options.max_message = MAX_MESSAGE;
	if (client->options.max_commands == 0)
		client->options.max_commands = MAX_COMMANDS;
	client->can = options->can;
	rp_pop_list_init(&client->list);
	client->out = g_byte_array_sized_new(64); /* so that its data is never NULL */
	client->line = g_string_new(NULL);
	client->data = g_byte_array_new();
	return client;
}

static void
event_free(gpointer data)
{
	EventItem *item = data;
	if (!item)
		return;
	if (item->bytes)
		g_byte_array_unref(item->bytes);
	g_free(item->text);
	g_free(item);
}

void
rp_pop_client_free(RpPopClient *client)
{
	if (!client)
		return;
	g_queue_clear_full(&client->deletions, g_free);
	g_queue_clear_full(&client->todo, g_free);
	g_queue_clear_full(&client->pending, g_free);
	g_queue_clear_full(&client->events, event_free);
	event_free(client->current_event);
	rp_pop_list_clear(&client->list);
	g_byte_array_unref(client->out);
	g_byte_array_unref(client->data);
	g_string_free(client->line, TRUE);
	g_free(client);
}

/* ---- events ---- */

static EventItem *
add_event(RpPopClient *client, RpPopEventKind kind, const RpPopCommand *command)
{
	EventItem *item = g_new0(EventItem, 1);
	item->event.kind = kind;
	item->event.number = command ? command->number : 0;
	item->event.user = command ? command->user : NULL;
	g_queue_push_tail(&client->events, item);
	return item;
}

static void
note(RpPopClient *client, RpPopEventKind kind, const RpPopCommand *command, RpPopOutcome outcome,
	const char *text)
{
	EventItem *item = add_event(client, kind, command);
	item->event.outcome = outcome;
	item->text = g_strdup(text);
	item->event.text = item->text;
}

void
rp_pop_client_note_data(RpPopClient *client)
{
	if (client->data->len == 0)
		return;
	EventItem *item = add_event(client, RP_POP_EVENT_DATA, g_queue_peek_head(&client->pending));
	item->bytes = g_steal_pointer(&client->data);
	item->event.data = item->bytes->data;
	item->event.size = item->bytes->len;
	client->data = g_byte_array_new();
}

void
rp_pop_client_note_cut(RpPopClient *client)
{
	EventItem *item = add_event(client, RP_POP_EVENT_CUT, NULL);
	item->event.number = client->ended;
	item->event.user = client->ended_user;
}

void
rp_pop_client_listed(RpPopClient *client)
{
	rp_pop_list_merge(&client->list);
	client->listed = TRUE;
	add_event(client, RP_POP_EVENT_LISTED, NULL)->event.listing = &client->list.listing;
}

const RpPopEvent *
rp_pop_client_next_event(RpPopClient *client)
{
	event_free(client->current_event);
	client->current_event = g_queue_pop_head(&client->events);
	return client->current_event ? &((EventItem *)client->current_event)->event : NULL;
}

/* ---- commands ---- */

static const struct {
	const char *format; /* of the number */
	gboolean counts;    /* a message is asked for */
} commands[RP_N_POP_CMDS] = {
	[RP_POP_CMD_CAPA] = {"CAPA\r\n", FALSE},
	[RP_POP_CMD_UIDL] = {"UIDL\r\n", FALSE},
	[RP_POP_CMD_LIST] = {"LIST\r\n", FALSE},
	[RP_POP_CMD_RETR] = {"RETR ", TRUE},
	[RP_POP_CMD_TOP] = {"TOP ", TRUE},
	[RP_POP_CMD_DELE] = {"DELE ", FALSE},
	[RP_POP_CMD_QUIT] = {"QUIT\r\n", FALSE},
};

static void
report_end(RpPopClient *client, const RpPopCommand *command, RpPopOutcome outcome, const char *text)
{
	if (commands[command->cmd].counts)
		note(client, RP_POP_EVENT_MESSAGE, command, outcome, text);
	else if (command->cmd == RP_POP_CMD_DELE)
		note(client, RP_POP_EVENT_DELETED, command, outcome, text);
}

void
rp_pop_client_set_result(RpPopClient *client, RpPopOutcome outcome, const char *text)
{
	g_autofree RpPopCommand *command = g_queue_pop_head(&client->pending);
	client->due -= command->octets;
	/* The two of the listing are sent together by servers' grace more often than mails are. */
	if (command->ahead && command->number && client->pipelining == RP_SEEN_UNTRIED)
		client->pipelining = RP_SEEN_WORKS;
	report_end(client, command, outcome, text);
}

static void
break_all(RpPopClient *client, GQueue *queue)
{
	RpPopCommand *command;
	while ((command = g_queue_pop_head(queue))) {
		report_end(client, command, RP_POP_BROKEN, NULL);
		g_free(command);
	}
}

void
rp_pop_client_end(RpPopClient *client, RpPopEnd end, const char *text)
{
	if (client->closed)
		return;
	client->closed = TRUE;
	break_all(client, &client->pending);
	break_all(client, &client->deletions);
	break_all(client, &client->todo);
	g_byte_array_set_size(client->data, 0);
	note(client, RP_POP_EVENT_CLOSED, NULL, RP_POP_WHOLE, text);
	((EventItem *)g_queue_peek_tail(&client->events))->event.end = end;
}

/* Some servers close on QUIT without a word. */
static gboolean
is_leaving(const RpPopClient *client)
{
	const RpPopCommand *head = g_queue_peek_head((GQueue *)&client->pending);
	return head && head->cmd == RP_POP_CMD_QUIT &&
	       head->end <= client->written + client->out_taken;
}

/* Not in the middle of a mail: there it is the line, or the mail. */
static gboolean
doubts_pipelining(const RpPopClient *client)
{
	const RpPopCommand *head = g_queue_peek_head((GQueue *)&client->pending);

	return head && client->at != RP_POP_AT_CONTENT &&
	       (head->ahead || client->pending.length > 1);
}

void
rp_pop_client_lost(RpPopClient *client)
{
	if (client->pipelining == RP_SEEN_UNTRIED && doubts_pipelining(client))
		client->pipelining = RP_SEEN_DOUBTED;
	rp_pop_client_end(
		client, is_leaving(client) ? RP_POP_END_UNANSWERED : RP_POP_END_LOST, NULL);
}

static void
write_command(RpPopClient *client, RpPopCommand *command)
{
	g_autofree char *number = NULL;
	const char *format = commands[command->cmd].format;
	g_byte_array_append(client->out, (const guint8 *)format, (guint)strlen(format));
	if (command->number) {
		number = g_strdup_printf(
			"%u%s\r\n", command->number, command->cmd == RP_POP_CMD_TOP ? " 0" : "");
		g_byte_array_append(client->out, (const guint8 *)number, (guint)strlen(number));
	}
	command->end = client->written + client->out->len;
	command->ahead = !g_queue_is_empty(&client->pending);
	client->due += command->octets;
	g_queue_push_tail(&client->pending, command);
}

static RpPopCommand *
command_new(RpPopCmd cmd, guint number, gpointer user)
{
	RpPopCommand *command = g_new0(RpPopCommand, 1);
	command->cmd = cmd;
	command->number = number;
	command->user = user;
	return command;
}

gboolean
rp_pop_client_fetch(RpPopClient *client, guint number, gboolean header_only, gpointer user)
{
	const RpPopItem *item = rp_pop_list_find(&client->list, number);
	if (client->closed || client->finishing || !client->listed || !item)
		return FALSE;
	RpPopCommand *command =
		command_new(header_only ? RP_POP_CMD_TOP : RP_POP_CMD_RETR, number, user);
	gint64 size = MAX(item->size, 1);
	command->octets = header_only ? MIN(size, HEADER_GUESS) : size;
	g_queue_push_tail(&client->todo, command);
	return TRUE;
}

gboolean
rp_pop_client_delete(RpPopClient *client, guint number, gpointer user)
{
	if (client->closed || client->finishing || !rp_pop_list_find(&client->list, number))
		return FALSE;
	g_queue_push_tail(&client->deletions, command_new(RP_POP_CMD_DELE, number, user));
	return TRUE;
}

void
rp_pop_client_finish(RpPopClient *client)
{
	client->finishing = TRUE;
}

/* ---- sending ---- */

static gboolean
pipelines(const RpPopClient *client)
{
	return client->options.pipelining && (client->can & RP_POP_CAN_PIPELINING);
}

/* Whether this command may go out before what is pending is answered. Once the bound is reached
 * nothing goes until half of it has come, so that commands travel together. */
static gboolean
may_send(RpPopClient *client, const RpPopCommand *command)
{
	const RpPopClientOptions *options = &client->options;
	guint n_pending = g_queue_get_length(&client->pending);
	if (n_pending == 0)
		client->full = FALSE;
	if (n_pending == 0 || !pipelines(client))
		return n_pending == 0;
	if (client->full && client->due <= options->max_octets / 2 &&
		n_pending <= options->max_commands / 2)
		client->full = FALSE;
	if (n_pending >= options->max_commands ||
		(command->octets > 0 && client->due + command->octets > options->max_octets))
		client->full = TRUE;
	return !client->full;
}

/* The next command of the listing, if there is one. */
static gboolean
fill_listing(RpPopClient *client)
{
	static const RpPopCmd listing[] = {RP_POP_CMD_CAPA, RP_POP_CMD_UIDL, RP_POP_CMD_LIST};
	static const RpPopCommand one = {.octets = 0};
	if (client->n_listing == G_N_ELEMENTS(listing) || !may_send(client, &one))
		return FALSE;
	write_command(client, command_new(listing[client->n_listing++], 0, NULL));
	return TRUE;
}

static gboolean
fill_one(RpPopClient *client)
{
	GQueue *queue = g_queue_is_empty(&client->deletions) ? &client->todo : &client->deletions;
	RpPopCommand *next = g_queue_peek_head(queue);
	if (!client->listed)
		return fill_listing(client);
	if (next) {
		if (!may_send(client, next))
			return FALSE;
		write_command(client, g_queue_pop_head(queue));
		return TRUE;
	}
	if (!client->finishing || !g_queue_is_empty(&client->pending))
		return FALSE;
	write_command(client, command_new(RP_POP_CMD_QUIT, 0, NULL));
	return FALSE;
}

gsize
rp_pop_client_output(RpPopClient *client, const guint8 **data)
{
	if (client->out_taken == client->out->len && !client->closed) {
		client->written += client->out_taken;
		client->out_taken = 0;
		g_byte_array_set_size(client->out, 0);
		while (fill_one(client))
			;
	}
	*data = client->out->data + client->out_taken;
	return client->closed ? 0 : client->out->len - client->out_taken;
}

void
rp_pop_client_sent(RpPopClient *client, gsize size)
{
	client->out_taken += size;
}

RpPopWait
rp_pop_client_wait(const RpPopClient *client)
{
	if (client->closed || !client->pending.tail)
		return RP_POP_WAIT_NOTHING;
	const RpPopCommand *last = client->pending.tail->data;
	if (last->cmd != RP_POP_CMD_QUIT)
		return RP_POP_WAIT_REPLY;
	return client->deleting ? RP_POP_WAIT_DELETION : RP_POP_WAIT_QUIT;
}

gboolean
rp_pop_client_expects_much(const RpPopClient *client)
{
	enum { SEVERAL_SEGMENTS = 8 * 1024 };

	return client->due - client->received > SEVERAL_SEGMENTS;
}

RpSeen
rp_pop_client_pipelining(const RpPopClient *client)
{
	return client->pipelining;
}
