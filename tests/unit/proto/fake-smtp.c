/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-smtp.h"

#include <stdlib.h>
#include <string.h>

typedef enum { READ_COMMAND, READ_DATA, READ_CHUNK } Reading;

struct FakeSmtp {
	FakeAnswer answer;
	gpointer user;
	GByteArray *in;
	GByteArray *out;
	GPtrArray *mails;
	GString *log;
	GHashTable *numbers;
	FakeMail *mail; /* the open transaction */
	Reading reading;
	gsize chunk_left;
	gsize chunk_size;
	gboolean chunk_last;
	gboolean chunk_dropped;
	gboolean closed;
};

static void
mail_free(FakeMail *mail)
{
	if (!mail)
		return;
	g_free(mail->sender);
	g_ptr_array_unref(mail->recipients);
	g_byte_array_unref(mail->content);
	g_free(mail);
}

FakeSmtp *
fake_smtp_new(FakeAnswer answer, gpointer user)
{
	FakeSmtp *fake = g_new0(FakeSmtp, 1);
	fake->answer = answer;
	fake->user = user;
	fake->in = g_byte_array_new();
	fake->out = g_byte_array_new();
	fake->mails = g_ptr_array_new_with_free_func((GDestroyNotify)mail_free);
	fake->log = g_string_new(NULL);
	fake->numbers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return fake;
}

void
fake_smtp_free(FakeSmtp *fake)
{
	mail_free(fake->mail);
	g_byte_array_unref(fake->in);
	g_byte_array_unref(fake->out);
	g_ptr_array_unref(fake->mails);
	g_string_free(fake->log, TRUE);
	g_hash_table_unref(fake->numbers);
	g_free(fake);
}

GByteArray *
fake_smtp_replies(FakeSmtp *fake)
{
	return fake->out;
}

const GPtrArray *
fake_smtp_mails(const FakeSmtp *fake)
{
	return fake->mails;
}

const char *
fake_smtp_log(const FakeSmtp *fake)
{
	return fake->log->str;
}

gboolean
fake_smtp_is_closed(const FakeSmtp *fake)
{
	return fake->closed;
}

/* Whether a client must take it for a yes: its last line decides. */
static gboolean
is_yes(const char *verb, const char *lines)
{
	const char *last = strrchr(lines, '\n');
	last = last ? last + 1 : lines;
	char yes = strcmp(verb, "DATA") == 0 ? '3' : '2';
	return last[0] == yes && strlen(last) >= 3 && last[3] != '-';
}

/* Replies as told, else properly; says whether the reply was positive. */
static gboolean
reply(FakeSmtp *fake, const char *verb, const char *argument, const char *proper)
{
	guint number = GPOINTER_TO_UINT(g_hash_table_lookup(fake->numbers, verb));
	g_hash_table_insert(fake->numbers, g_strdup(verb), GUINT_TO_POINTER(number + 1));
	const char *told = fake->answer ? fake->answer(fake->user, verb, number, argument) : NULL;
	const char *line = told ? told : proper;
	g_byte_array_append(fake->out, (const guint8 *)line, (guint)strlen(line));
	g_byte_array_append(fake->out, (const guint8 *)"\r\n", 2);
	if (g_str_has_prefix(line, "421"))
		fake->closed = TRUE;
	return is_yes(verb, line);
}

static void
drop_mail(FakeSmtp *fake)
{
	g_clear_pointer(&fake->mail, mail_free);
}

static void
on_mail(FakeSmtp *fake, const char *argument)
{
	const char *proper = fake->mail ? "503 5.5.1 nested MAIL" : "250 2.1.0 sender ok";
	gboolean ok = reply(fake, "MAIL", argument, proper);
	if (!ok || fake->mail)
		return;
	fake->mail = g_new0(FakeMail, 1);
	fake->mail->sender = g_strdup(argument);
	fake->mail->recipients = g_ptr_array_new_with_free_func(g_free);
	fake->mail->content = g_byte_array_new();
}

static void
on_rcpt(FakeSmtp *fake, const char *argument)
{
	const char *proper = fake->mail ? "250 2.1.5 recipient ok" : "503 5.5.1 need MAIL";
	if (reply(fake, "RCPT", argument, proper) && fake->mail)
		g_ptr_array_add(fake->mail->recipients, g_strdup(argument));
}

static gboolean
has_recipients(FakeSmtp *fake)
{
	return fake->mail && fake->mail->recipients->len > 0;
}

static void
on_data(FakeSmtp *fake, const char *argument)
{
	const char *proper = has_recipients(fake) ? "354 go on" : "554 5.5.1 no valid recipients";
	if (reply(fake, "DATA", argument, proper))
		fake->reading = READ_DATA;
}

static void
on_bdat(FakeSmtp *fake, const char *argument)
{
	fake->chunk_size = fake->chunk_left = strtoul(argument, NULL, 10);
	fake->chunk_last = strstr(argument, "LAST") != NULL;
	fake->chunk_dropped = !has_recipients(fake);
	fake->reading = READ_CHUNK;
}

static void
on_rset(FakeSmtp *fake, const char *argument)
{
	if (reply(fake, "RSET", argument, "250 2.0.0 ok"))
		drop_mail(fake);
}

static void
on_quit(FakeSmtp *fake, const char *argument)
{
	reply(fake, "QUIT", argument, "221 2.0.0 bye");
	fake->closed = TRUE;
}

static void
accept_mail(FakeSmtp *fake)
{
	if (has_recipients(fake))
		g_ptr_array_add(fake->mails, g_steal_pointer(&fake->mail));
	drop_mail(fake);
}

static const struct {
	const char *verb;
	void (*handle)(FakeSmtp *fake, const char *argument);
} commands[] = {
	{"MAIL FROM:", on_mail},
	{"RCPT TO:", on_rcpt},
	{"DATA", on_data},
	{"BDAT ", on_bdat},
	{"RSET", on_rset},
	{"QUIT", on_quit},
};

static void
take_command(FakeSmtp *fake, const char *line)
{
	g_string_append_printf(fake->log, "%s\n", line);
	for (gsize i = 0; i < G_N_ELEMENTS(commands); i++) {
		if (g_str_has_prefix(line, commands[i].verb)) {
			commands[i].handle(fake, line + strlen(commands[i].verb));
			return;
		}
	}
	reply(fake, "?", line, "500 5.5.2 what?");
}

static void
take_data_line(FakeSmtp *fake, const char *line, gsize length)
{
	if (length == 1 && *line == '.') {
		g_string_append_printf(
			fake->log, "[%u].\n", fake->mail ? fake->mail->content->len : 0);
		fake->reading = READ_COMMAND;
		if (reply(fake, ".", "", "250 2.0.0 taken"))
			accept_mail(fake);
		drop_mail(fake);
		return;
	}
	gsize skip = length > 0 && *line == '.' ? 1 : 0;
	if (!fake->mail)
		return;
	g_byte_array_append(
		fake->mail->content, (const guint8 *)line + skip, (guint)(length - skip));
	g_byte_array_append(fake->mail->content, (const guint8 *)"\r\n", 2);
}

static void
chunk_done(FakeSmtp *fake)
{
	fake->reading = READ_COMMAND;
	g_string_append_printf(fake->log, "[%zu]\n", fake->chunk_size);
	const char *proper =
		fake->chunk_dropped ? "503 5.5.1 no valid recipients" : "250 2.0.0 taken";
	gboolean ok = reply(fake, "BDAT", "", proper) && !fake->chunk_dropped;
	if (ok && fake->chunk_last)
		accept_mail(fake);
	else if (!ok && fake->mail)
		g_ptr_array_set_size(fake->mail->recipients, 0); /* until RSET nothing is taken */
}

/* FALSE: more input is needed. */
static gboolean
take_chunk(FakeSmtp *fake)
{
	gsize size = MIN(fake->chunk_left, fake->in->len);
	if (fake->mail)
		g_byte_array_append(fake->mail->content, fake->in->data, (guint)size);
	g_byte_array_remove_range(fake->in, 0, (guint)size);
	fake->chunk_left -= size;
	if (fake->chunk_left > 0)
		return FALSE;
	chunk_done(fake);
	return TRUE;
}

static gboolean
take_line(FakeSmtp *fake)
{
	const guint8 *end = memmem(fake->in->data, fake->in->len, "\r\n", 2);
	if (!end)
		return FALSE;
	gsize length = (gsize)(end - fake->in->data);
	g_autofree char *line = g_strndup((const char *)fake->in->data, length);
	g_byte_array_remove_range(fake->in, 0, (guint)length + 2);
	if (fake->reading == READ_DATA)
		take_data_line(fake, line, length);
	else
		take_command(fake, line);
	return TRUE;
}

void
fake_smtp_input(FakeSmtp *fake, const guint8 *data, gsize size)
{
	g_byte_array_append(fake->in, data, (guint)size);
	while (!fake->closed) {
		gboolean more = fake->reading == READ_CHUNK ? take_chunk(fake)
							    : fake->in->len > 0 && take_line(fake);
		if (!more)
			return;
	}
}
