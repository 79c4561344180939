/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "locate-private.h"

/* What was sent by a link to the user himself, until it comes back. */

/* The router's way out may be another one by then. */
#define SENT_LASTS (3 * G_TIME_SPAN_HOUR)
/* Of more the first are forgotten. */
#define SENT_MOST 32

typedef struct {
	RpTaken *taken;
	RpTime at;
} Sent;

struct RpSentMail {
	GQueue mails; /* of Sent, the first one first */
};

static void
sent_free(gpointer data)
{
	Sent *sent = data;

	rp_taken_free(sent->taken);
	g_free(sent);
}

/* A clock that was put back does not make it younger. */
static gboolean
is_over(const Sent *sent, RpTime now)
{
	return now < sent->at || now - sent->at > SENT_LASTS;
}

static void
forget_old(RpSentMail *sent, RpTime now)
{
	while (sent->mails.length &&
		(sent->mails.length > SENT_MOST || is_over(g_queue_peek_head(&sent->mails), now)))
		sent_free(g_queue_pop_head(&sent->mails));
}

void
rp_sent_mail_note(RpSentMail *sent, const RpTaken *taken, RpTime now)
{
	Sent *mail = g_new0(Sent, 1);

	mail->taken = rp_taken_copy(taken);
	mail->at = now;
	g_queue_push_tail(&sent->mails, mail);
	forget_old(sent, now);
}

gboolean
rp_sent_mail_waits(RpSentMail *sent, RpTime now)
{
	forget_old(sent, now);
	return sent->mails.length > 0;
}

/* What an older one says is no longer so: however late it comes. */
static void
forget_up_to(RpSentMail *sent, const Sent *last)
{
	const Sent *mail;

	do {
		mail = g_queue_pop_head(&sent->mails);
		sent_free((gpointer)mail);
	} while (mail != last);
}

gboolean
rp_sent_mail_find(
	RpSentMail *sent, const char *octets, gsize length, RpTime now, RpAddress *seen_as)
{
	forget_old(sent, now);
	for (GList *link = sent->mails.head; link; link = link->next) {
		const Sent *mail = link->data;

		if (!rp_taken_seen_as(mail->taken, octets, length, seen_as))
			continue;
		forget_up_to(sent, mail);
		return TRUE;
	}
	return FALSE;
}

RpSentMail *
rp_sent_mail_new(void)
{
	RpSentMail *sent = g_new0(RpSentMail, 1);

	g_queue_init(&sent->mails);
	return sent;
}

void
rp_sent_mail_free(RpSentMail *sent)
{
	if (!sent)
		return;
	g_queue_clear_full(&sent->mails, sent_free);
	g_free(sent);
}
