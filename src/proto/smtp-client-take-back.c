/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-client-private.h"

/* Of a server that is silent for too long: what it can't have comes back before the session ends,
 * and what it may have keeps the session for as long as its answers are waited for. */

static gboolean
is_in_doubt(const RpSmtpTransaction *t, guint64 left)
{
	return t->end > 0 && t->end <= left;
}

gboolean
rp_smtp_client_any_in_doubt(const RpSmtpClient *client, guint64 left)
{
	for (const GList *link = client->open.head; link; link = link->next)
		if (is_in_doubt(link->data, left))
			return TRUE;
	return FALSE;
}

/* The commands that were sent behind what is in doubt: whatever is said to them, nobody waits for
 * it. */
static void
forget_commands(RpSmtpClient *client, const RpSmtpTransaction *t)
{
	const RpSmtpPending *last;

	while ((last = g_queue_peek_tail(&client->pending)) &&
		(!last->transaction || last->transaction == t)) {
		g_free(g_queue_pop_tail(&client->pending));
		client->deaf = TRUE;
	}
}

static void
give_back(RpSmtpClient *client, RpSmtpTransaction *t)
{
	forget_commands(client, t);
	if (client->sending == t) {
		client->deaf |=
			client->send != RP_SMTP_SEND_MAIL; /* it may be inside its content */
		client->sending = NULL;
		client->send = RP_SMTP_SEND_NEXT;
	}
	rp_smtp_client_set_other_results(t, RP_SMTP_NOT_SENT, NULL);
	rp_smtp_client_report(client, t);
}

void
rp_smtp_client_take_back(RpSmtpClient *client)
{
	guint64 left = rp_smtp_client_offset(client);
	RpSmtpTransaction *t;

	if (client->closed)
		return;
	client->finishing = TRUE;
	while ((t = g_queue_pop_tail(&client->backlog)))
		give_back(client, t);
	while ((t = g_queue_peek_tail(&client->open)) && !is_in_doubt(t, left)) {
		g_queue_pop_tail(&client->open);
		give_back(client, t);
	}
	client->deaf |= client->out_taken < client->out->len;
	if (client->deaf)
		client->send = RP_SMTP_SEND_NOTHING;
	rp_smtp_client_end_deaf(client);
}

void
rp_smtp_client_end_deaf(RpSmtpClient *client)
{
	if (client->deaf && g_queue_is_empty(&client->pending))
		rp_smtp_client_end(client, RP_SMTP_END_LOCAL, NULL, 0);
}

void
rp_smtp_client_give_up(RpSmtpClient *client)
{
	rp_smtp_client_end(client, RP_SMTP_END_LOST, NULL, 0);
}
