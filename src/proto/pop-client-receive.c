/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pop-client-private.h"

#include <string.h>

/* What the server sends, octet by octet: the answer to the head of the pending commands. */

/* RFC 1939 section 3 allows 512 octets; what never ends is not POP3. */
#define MAX_LINE 4096

/* What comes behind a message, and is no answer, belongs to it: it is not told to anybody. */
static void
protocol_error(RpPopClient *client, const char *text)
{
	const RpPopCommand *head = g_queue_peek_head(&client->pending);
	g_autofree char *goes_on = NULL;
	/* Lost or mixed up commands look like this. */
	if (head && (head->ahead || client->pending.length > 1))
		client->pipelining = RP_SEEN_BROKEN;
	if (client->ended) {
		rp_pop_client_note_cut(client);
		goes_on = g_strdup_printf(
			"message %u goes on behind the dot that ends it", client->ended);
		text = goes_on;
	}
	rp_pop_client_end(client, RP_POP_END_PROTOCOL, text);
}

/* ---- a status line ---- */

static char *
clean(const char *words)
{
	char *text = g_utf8_make_valid(words, -1);
	for (char *at = text; *at; at++) {
		if (g_ascii_iscntrl(*at))
			*at = ' ';
	}
	return g_strstrip(text);
}

static void
answered_list(RpPopClient *client, const RpPopCommand *head, gboolean yes, const char *text)
{
	if (yes && head->cmd == RP_POP_CMD_CAPA)
		client->can = 0;
	if (yes && head->cmd == RP_POP_CMD_UIDL)
		client->list.listing.has_uidl = TRUE;
	if (yes) {
		client->at = RP_POP_AT_LINES;
		return;
	}
	/* A server without CAPA is as it was before the login. */
	if (head->cmd != RP_POP_CMD_CAPA)
		rp_pop_list_refused(&client->list, head->cmd, text);
	if (head->cmd == RP_POP_CMD_LIST)
		rp_pop_client_listed(client);
	rp_pop_client_set_result(client, RP_POP_REFUSED, text);
}

static void
answered_message(RpPopClient *client, const RpPopCommand *head, gboolean yes, const char *text)
{
	if (!yes) {
		rp_pop_client_set_result(client, RP_POP_REFUSED, text);
		return;
	}
	client->at = RP_POP_AT_CONTENT;
	client->scan = RP_POP_LINE_START;
	client->ends = RP_POP_ENDS_UNKNOWN;
	client->received = 0;
}

static void
answered_deletion(RpPopClient *client, const RpPopCommand *head, gboolean yes, const char *text)
{
	client->deleting |= yes;
	rp_pop_client_set_result(client, yes ? RP_POP_WHOLE : RP_POP_REFUSED, text);
}

static void
answered_quit(RpPopClient *client, const RpPopCommand *head, gboolean yes, const char *text)
{
	rp_pop_client_end(client, yes ? RP_POP_END_QUIT : RP_POP_END_REFUSED, text);
}

static void (*const answered[RP_N_POP_CMDS])(
	RpPopClient *client, const RpPopCommand *head, gboolean yes, const char *text) = {
	[RP_POP_CMD_CAPA] = answered_list,
	[RP_POP_CMD_UIDL] = answered_list,
	[RP_POP_CMD_LIST] = answered_list,
	[RP_POP_CMD_RETR] = answered_message,
	[RP_POP_CMD_TOP] = answered_message,
	[RP_POP_CMD_DELE] = answered_deletion,
	[RP_POP_CMD_QUIT] = answered_quit,
};

static gboolean
takes_word(const char **line, const char *word)
{
	gsize length = strlen(word);
	if (g_ascii_strncasecmp(*line, word, length) != 0 ||
		((*line)[length] != '\0' && (*line)[length] != ' ' && (*line)[length] != '\t'))
		return FALSE;
	*line += length;
	return TRUE;
}

static void
take_status(RpPopClient *client, const char *line)
{
	const RpPopCommand *head = g_queue_peek_head(&client->pending);
	const char *words = line;
	gboolean yes = takes_word(&words, "+OK");
	/* "+ERR": hMailServer, of an inbox that it can't open. */
	gboolean no = !yes && (takes_word(&words, "-ERR") || takes_word(&words, "+ERR"));
	g_autofree char *text = clean(words);
	if (yes || no)
		client->ended = 0;
	/* It may be an answer to what was not asked yet. */
	if (!head || (!yes && !no) || head->end > client->written + client->out_taken)
		protocol_error(client, text);
	else
		answered[head->cmd](client, head, yes, text);
}

/* ---- the lines of a list ---- */

static void
end_of_lines(RpPopClient *client, const RpPopCommand *head)
{
	client->at = RP_POP_AT_STATUS;
	if (head->cmd == RP_POP_CMD_LIST)
		rp_pop_client_listed(client);
	rp_pop_client_set_result(client, RP_POP_WHOLE, NULL);
}

static void
take_list_line(RpPopClient *client, const char *line, gsize length)
{
	const RpPopCommand *head = g_queue_peek_head(&client->pending);
	if (line[0] == '.' && line[1] == '\0')
		end_of_lines(client, head);
	else if (head->cmd == RP_POP_CMD_CAPA)
		rp_pop_capabilities_add_line(&client->can, line, length);
	else if (!rp_pop_list_add(&client->list, head->cmd, line))
		protocol_error(client, "the list of messages does not end");
}

static void
take_line(RpPopClient *client)
{
	GString *line = client->line;
	client->line_lf = line->len == 0 || line->str[line->len - 1] != '\r';
	if (!client->line_lf)
		g_string_truncate(line, line->len - 1);
	if (strlen(line->str) != line->len)
		protocol_error(client, "a line with NUL octets");
	else if (client->at == RP_POP_AT_STATUS)
		take_status(client, line->str);
	else
		take_list_line(client, line->str, line->len);
	g_string_truncate(line, 0);
}

static gsize
input_line(RpPopClient *client, const guint8 *data, gsize size)
{
	const guint8 *end = memchr(data, '\n', size);
	gsize length = end ? (gsize)(end - data) : size;
	if (client->line->len + length > MAX_LINE) {
		protocol_error(client, "a line that does not end");
		return size;
	}
	g_string_append_len(client->line, (const char *)data, (gssize)length);
	if (!end)
		return size;
	take_line(client);
	return length + 1;
}

/* ---- a message ---- */

static void
emit(RpPopClient *client, const guint8 *data, gsize size)
{
	g_byte_array_append(client->data, data, (guint)size);
	client->received += (gint64)size;
}

static gsize
end_message(RpPopClient *client)
{
	const RpPopCommand *head = g_queue_peek_head(&client->pending);
	client->at = RP_POP_AT_STATUS;
	client->ended = head->number;
	client->ended_user = head->user;
	rp_pop_client_note_data(client);
	rp_pop_client_set_result(client, RP_POP_WHOLE, NULL);
	return 1;
}

static gsize
scan_middle(RpPopClient *client, const guint8 *data, gsize size)
{
	const guint8 *cr = memchr(data, '\r', size);
	gsize length = cr ? (gsize)(cr - data) + 1 : size;
	const guint8 *lf = client->ends == RP_POP_ENDS_CRLF ? NULL : memchr(data, '\n', length);
	if (lf) {
		client->ends = RP_POP_ENDS_LF;
		length = (gsize)(lf - data) + 1;
	}
	emit(client, data, length);
	client->scan = lf ? RP_POP_LINE_START : cr ? RP_POP_CR : RP_POP_MIDDLE;
	return length;
}

static gsize
scan_cr(RpPopClient *client, const guint8 *data)
{
	emit(client, data, 1);
	if (*data == '\n') {
		client->ends = RP_POP_ENDS_CRLF;
		client->scan = RP_POP_LINE_START;
	} else if (*data != '\r')
		client->scan = RP_POP_MIDDLE;
	return 1;
}

static gsize
scan_line_start(RpPopClient *client, const guint8 *data)
{
	client->scan = *data == '.' ? RP_POP_DOT : RP_POP_MIDDLE;
	return *data == '.' ? 1 : 0;
}

/* The dot itself is never part of the message; but where lines end in LF nobody may have doubled
 * it. */
static void
emit_dot(RpPopClient *client)
{
	if (client->ends == RP_POP_ENDS_LF)
		emit(client, (const guint8 *)".", 1);
}

static gsize
scan_dot(RpPopClient *client, const guint8 *data)
{
	/* A server that ends even its replies in LF ends messages so too. */
	if (*data == '\n' && client->line_lf && client->ends != RP_POP_ENDS_CRLF)
		return end_message(client);
	client->scan = *data == '\r' ? RP_POP_DOT_CR : RP_POP_MIDDLE;
	if (*data != '\r' && *data != '.')
		emit_dot(client);
	return *data == '\r' ? 1 : 0;
}

static gsize
scan_dot_cr(RpPopClient *client, const guint8 *data)
{
	if (*data == '\n')
		return end_message(client);
	emit_dot(client);
	emit(client, (const guint8 *)"\r", 1);
	client->scan = RP_POP_CR;
	return 0;
}

static gsize
scan(RpPopClient *client, const guint8 *data, gsize size)
{
	switch (client->scan) {
	case RP_POP_LINE_START:
		return scan_line_start(client, data);
	case RP_POP_DOT:
		return scan_dot(client, data);
	case RP_POP_DOT_CR:
		return scan_dot_cr(client, data);
	case RP_POP_MIDDLE:
		return scan_middle(client, data, size);
	case RP_POP_CR:
		return scan_cr(client, data);
	}
	return size;
}

static gsize
input_content(RpPopClient *client, const guint8 *data, gsize size)
{
	gsize used = 0;
	while (used < size && client->at == RP_POP_AT_CONTENT)
		used += scan(client, data + used, size - used);
	if (client->at != RP_POP_AT_CONTENT)
		return used;
	rp_pop_client_note_data(client);
	if (client->received > client->options.max_message)
		protocol_error(client, "a message that does not end");
	return used;
}

void
rp_pop_client_input(RpPopClient *client, const guint8 *data, gsize size)
{
	while (size > 0 && !client->closed) {
		gsize used = client->at == RP_POP_AT_CONTENT ? input_content(client, data, size)
							     : input_line(client, data, size);
		data += used;
		size -= used;
	}
}
