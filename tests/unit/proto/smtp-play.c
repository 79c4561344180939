/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-play.h"

#include <stdlib.h>
#include <string.h>

const Play play_defaults = {.cut_after = -1, .cut_replies = -1};

typedef struct {
	char *sender;
	char **recipients;
	char *content;
	gboolean ended;
	GString *text;
	RpSmtpOutcome *outcomes;
} Mail;

typedef struct {
	const Play *play;
	RpSmtpClient *client;
	FakeSmtp *fake;
	GPtrArray *mails; /* of Mail */
	guint pushed;
	gint64 out_total;
	gint64 in_total;
	gboolean cut;
	GString *end;
} Run;

static const char *
answer(gpointer user, const char *verb, guint number, const char *argument)
{
	const Play *play = user;
	if (!play->script)
		return NULL;
	static char line[256];
	g_auto(GStrv) rules = g_strsplit(play->script, "|", -1);
	for (gsize i = 0; rules[i]; i++) {
		char *equals = strchr(rules[i], '=');
		*equals = '\0';
		g_auto(GStrv) key = g_strsplit(rules[i], " ", 2);
		if (strcmp(key[0], verb) != 0)
			continue;
		if (strcmp(key[1], "*") != 0 && strtoul(key[1], NULL, 10) != number)
			continue;
		g_strlcpy(line, equals + 1, sizeof line);
		return line;
	}
	return NULL;
}

static Mail *
mail_new(const char *text)
{
	Mail *mail = g_new0(Mail, 1);
	const char *to = strchr(text, '>');
	const char *colon = strchr(to, ':');
	mail->sender = g_strndup(text, (gsize)(to - text));
	g_autofree char *list = g_strndup(to + 1, (gsize)(colon - to - 1));
	mail->recipients = g_strsplit(list, ",", -1);
	mail->content = g_strdup(colon + 1);
	mail->text = g_string_new(NULL);
	mail->outcomes = g_new0(RpSmtpOutcome, g_strv_length(mail->recipients));
	return mail;
}

static void
mail_free(Mail *mail)
{
	g_free(mail->sender);
	g_strfreev(mail->recipients);
	g_free(mail->content);
	g_string_free(mail->text, TRUE);
	g_free(mail->outcomes);
	g_free(mail);
}

static gssize
read_content(gpointer source, gint64 offset, guint8 *buffer, gsize size)
{
	const Mail *mail = source;
	gsize length = strlen(mail->content);
	gsize n = MIN(size, length - (gsize)offset);
	memcpy(buffer, mail->content + offset, n);
	return (gssize)n;
}

static void
push(Run *run)
{
	while (run->pushed < run->mails->len && rp_smtp_client_wants_message(run->client)) {
		Mail *mail = g_ptr_array_index(run->mails, run->pushed++);
		RpSmtpMessage message = {
			.user = mail,
			.sender = mail->sender,
			.recipients = (const char *const *)mail->recipients,
			.n_recipients = g_strv_length(mail->recipients),
			.size = (gint64)strlen(mail->content),
			.read = read_content,
			.source = mail,
		};
		g_assert_true(rp_smtp_client_push(run->client, &message));
	}
	if (run->pushed == run->mails->len)
		rp_smtp_client_finish(run->client);
}

static void
note_message(const RpSmtpMessageResult *result)
{
	Mail *mail = result->user;
	g_assert_false(mail->ended);
	mail->ended = TRUE;
	g_assert_cmpuint(result->n_recipients, ==, g_strv_length(mail->recipients));
	for (guint i = 0; i < result->n_recipients; i++) {
		const RpSmtpRecipientResult *r = &result->recipients[i];
		mail->outcomes[i] = r->outcome;
		g_string_append_printf(
			mail->text, "%s%s", i ? ", " : "", rp_smtp_outcome_name(r->outcome));
		if (r->reply && r->outcome != RP_SMTP_ACCEPTED)
			g_string_append_printf(mail->text, " %s %u", rp_stage_name(r->reply->stage),
				r->reply->code);
	}
}

static void
note_events(Run *run)
{
	static const char *const ends[] = {
		"quit", "421", "lost", "protocol", "chunking", "pipelining", "local"};
	const RpSmtpEvent *event;
	while ((event = rp_smtp_client_next_event(run->client))) {
		switch (event->kind) {
		case RP_SMTP_EVENT_MESSAGE:
			note_message(&event->message);
			break;
		case RP_SMTP_EVENT_PIPELINING_SUSPECT:
			g_string_append(run->end, " suspect");
			break;
		case RP_SMTP_EVENT_RECIPIENT_LIMIT:
			g_string_append_printf(run->end, " limit %u", event->limit);
			break;
		case RP_SMTP_EVENT_CHUNKING_WORKS:
			break;
		case RP_SMTP_EVENT_CLOSED:
			g_string_append_printf(run->end, " %s", ends[event->end]);
			g_assert_null(rp_smtp_client_next_event(run->client));
			return;
		}
	}
}

static void
cut(Run *run)
{
	run->cut = TRUE;
	rp_smtp_client_lost(run->client, rp_smtp_client_offset(run->client));
}

static gboolean
write_some(Run *run)
{
	const guint8 *data = NULL;
	gsize size = rp_smtp_client_output(run->client, &data);
	if (size == 0)
		return FALSE;
	if (run->play->piece_out)
		size = MIN(size, run->play->piece_out);
	if (run->play->cut_after >= 0)
		size = MIN(size, (gsize)(run->play->cut_after - run->out_total));
	g_autofree guint8 *copy = g_memdup2(data, size);
	rp_smtp_client_sent(run->client, size);
	fake_smtp_input(run->fake, copy, size);
	run->out_total += (gint64)size;
	if (run->out_total == run->play->cut_after)
		cut(run);
	return TRUE;
}

static gboolean
read_some(Run *run)
{
	GByteArray *replies = fake_smtp_replies(run->fake);
	if (replies->len == 0)
		return FALSE;
	gsize size = run->play->piece_in ? MIN(replies->len, run->play->piece_in) : replies->len;
	if (run->play->cut_replies >= 0)
		size = MIN(size, (gsize)(run->play->cut_replies - run->in_total));
	g_autofree guint8 *copy = g_memdup2(replies->data, size);
	g_byte_array_remove_range(replies, 0, (guint)size);
	run->in_total += (gint64)size;
	rp_smtp_client_input(run->client, copy, size);
	if (run->in_total == run->play->cut_replies)
		cut(run);
	return TRUE;
}

static void
run_to_end(Run *run)
{
	while (!rp_smtp_client_is_closed(run->client)) {
		/* As much as it will send, before a reply is read: the most that can go wrong. */
		gboolean wrote = FALSE;
		do {
			push(run);
			wrote = !run->cut && write_some(run);
			note_events(run);
		} while (wrote && !run->play->impatient);
		gboolean got = !run->cut && read_some(run);
		note_events(run);
		if (got || run->cut || wrote)
			continue;
		rp_smtp_client_lost(run->client, rp_smtp_client_offset(run->client));
	}
	note_events(run);
}

/* How often the server has this message for this recipient. */
static guint
count_at_server(const Run *run, const Mail *mail, const char *recipient)
{
	const GPtrArray *taken = fake_smtp_mails(run->fake);
	g_autofree char *path = g_strdup_printf("<%s>", recipient);
	guint n = 0;
	for (guint i = 0; i < taken->len; i++) {
		const FakeMail *fake = g_ptr_array_index(taken, i);
		if (fake->content->len != strlen(mail->content) ||
			memcmp(fake->content->data, mail->content, fake->content->len) != 0)
			continue;
		g_autofree char *sender = g_strdup_printf("<%s>", mail->sender);
		g_assert_true(g_str_has_prefix(fake->sender, sender));
		for (guint k = 0; k < fake->recipients->len; k++)
			n += g_str_has_prefix(g_ptr_array_index(fake->recipients, k), path);
	}
	return n;
}

static void
check_truth(const Run *run)
{
	guint n = 0;
	for (guint i = 0; i < run->mails->len; i++) {
		const Mail *mail = g_ptr_array_index(run->mails, i);
		if (i >= run->pushed)
			continue;
		g_assert_true(mail->ended);
		for (guint k = 0; mail->recipients[k]; k++) {
			guint at_server = count_at_server(run, mail, mail->recipients[k]);
			n += at_server;
			g_assert_cmpuint(at_server, <=, 1);
			if (mail->outcomes[k] == RP_SMTP_ACCEPTED)
				g_assert_cmpuint(at_server, ==, 1);
			else if (mail->outcomes[k] != RP_SMTP_IN_DOUBT)
				g_assert_cmpuint(at_server, ==, 0);
		}
	}
	const GPtrArray *taken = fake_smtp_mails(run->fake);
	for (guint i = 0; i < taken->len; i++)
		n -= ((FakeMail *)g_ptr_array_index(taken, i))->recipients->len;
	g_assert_cmpuint(n, ==, 0); /* nothing there that was not sent so */
}

static char *
describe(const Run *run)
{
	GString *text = g_string_new(NULL);
	for (guint i = 0; i < run->pushed; i++) {
		const Mail *mail = g_ptr_array_index(run->mails, i);
		g_string_append_printf(text, "%s%s", i ? "; " : "", mail->text->str);
	}
	g_string_append_printf(text, " |%s", run->end->str);
	return g_string_free(text, FALSE);
}

char *
smtp_play(const Play *play, char **log)
{
	RpSmtpCapabilities capabilities = {.can = play->can,
		.max_messages = play->session_messages,
		.max_domains = play->session_domains};
	RpSmtpClientOptions options = {
		.pipelining = TRUE,
		.await_rcpt = play->await_rcpt,
		.chunking_untried = play->untried,
		.max_messages = play->max_messages,
		.max_recipients = play->max_recipients,
		.chunk_size = play->chunk_size,
	};
	Run run = {
		.play = play,
		.client = rp_smtp_client_new(&capabilities, &options),
		.fake = fake_smtp_new(answer, (gpointer)play),
		.mails = g_ptr_array_new_with_free_func((GDestroyNotify)mail_free),
		.end = g_string_new(NULL),
	};
	for (gsize i = 0; play->mails[i]; i++)
		g_ptr_array_add(run.mails, mail_new(play->mails[i]));
	run_to_end(&run);
	check_truth(&run);
	char *text = describe(&run);
	if (log)
		*log = g_strdup(fake_smtp_log(run.fake));
	rp_smtp_client_free(run.client);
	fake_smtp_free(run.fake);
	g_ptr_array_unref(run.mails);
	g_string_free(run.end, TRUE);
	return text;
}
