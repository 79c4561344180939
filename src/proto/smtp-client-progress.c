/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-client-private.h"

/* How far each message is: what was read of its content, less what has not arrived. Dots that were
 * doubled and the commands between chunks count for content, which is close enough to look at. */

const char *
rp_smtp_at_name(RpSmtpAt at)
{
	static const char *const names[RP_N_SMTP_ATS] = {
		[RP_SMTP_AT_WAITING] = "waiting",
		[RP_SMTP_AT_ENVELOPE] = "envelope",
		[RP_SMTP_AT_CONTENT] = "content",
		[RP_SMTP_AT_ANSWER] = "answer",
	};

	return names[at];
}

/* Octets behind `arrived` up to where its content is written to; more than that of other messages
 * may follow. */
static gint64
not_arrived(const RpSmtpClient *client, const RpSmtpTransaction *t, guint64 arrived)
{
	guint64 up_to = t->end ? t->end : client->written + client->out->len;

	return (gint64)(up_to - MIN(arrived, up_to));
}

static RpSmtpProgress
progress_of(const RpSmtpClient *client, const RpSmtpTransaction *t, guint64 arrived)
{
	RpSmtpProgress progress = {RP_SMTP_AT_ENVELOPE, 0, t->message.size};
	gint64 missing = not_arrived(client, t, arrived);

	if (!t->n_read && !t->end)
		return progress;
	progress.done = MAX(t->n_read - missing, 0);
	progress.at = t->end && !missing ? RP_SMTP_AT_ANSWER : RP_SMTP_AT_CONTENT;
	return progress;
}

void
rp_smtp_client_each_progress(
	const RpSmtpClient *client, guint64 arrived, RpSmtpProgressFunc func, gpointer user)
{
	for (const GList *link = client->open.head; link; link = link->next) {
		const RpSmtpTransaction *t = link->data;
		RpSmtpProgress progress = progress_of(client, t, arrived);

		func(t->message.user, &progress, user);
	}
	for (const GList *link = client->backlog.head; link; link = link->next) {
		const RpSmtpTransaction *t = link->data;
		RpSmtpProgress progress = {RP_SMTP_AT_WAITING, 0, t->message.size};

		func(t->message.user, &progress, user);
	}
}
