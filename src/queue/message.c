/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-private.h"

#include <string.h>

/* A message as it is told: its states by name, and its memory. How it is read: read.c. */

static const char *const state_names[] = {
	[RP_MESSAGE_QUEUED] = "queued",
	[RP_MESSAGE_HELD] = "held",
	[RP_MESSAGE_SENDING] = "sending",
	[RP_MESSAGE_DEFERRED] = "deferred",
	[RP_MESSAGE_FAILED] = "failed",
};

static const char *const recipient_state_names[] = {
	[RP_RECIPIENT_PENDING] = "pending",
	[RP_RECIPIENT_SENT] = "sent",
	[RP_RECIPIENT_DEAD] = "dead",
	[RP_RECIPIENT_REJECTED] = "rejected",
};

const char *
rp_message_state_name(RpMessageState state)
{
	return state_names[state];
}

gboolean
rp_message_state_from_name(const char *name, RpMessageState *state)
{
	for (guint i = 0; i < G_N_ELEMENTS(state_names); i++) {
		if (strcmp(name, state_names[i]) == 0) {
			*state = i;
			return TRUE;
		}
	}
	return FALSE;
}

const char *
rp_recipient_state_name(RpRecipientState state)
{
	return recipient_state_names[state];
}

static void
recipient_free(gpointer data)
{
	RpQueueRecipient *recipient = data;

	g_free(recipient->address);
	g_free(recipient->set);
	g_free(recipient->reply);
	g_free(recipient->sent_as);
	g_free(recipient->from_as);
	g_free(recipient->dsn_notify);
	g_free(recipient->dsn_original);
	g_free(recipient);
}

RpQueueMessage *
rp_queue_message_new(void)
{
	RpQueueMessage *message = g_new0(RpQueueMessage, 1);

	message->recipients = g_ptr_array_new_with_free_func(recipient_free);
	return message;
}

void
rp_queue_message_free(RpQueueMessage *message)
{
	if (!message)
		return;
	g_free(message->sender);
	g_free(message->header_from);
	g_free(message->subject);
	g_free(message->pin);
	g_free(message->dsn_ret);
	g_free(message->dsn_envid);
	g_free(message->hold_text);
	g_free(message->class_sets);
	g_free(message->class_reasons);
	g_clear_pointer(&message->recipients, g_ptr_array_unref);
	g_free(message);
}

GPtrArray *
rp_queue_message_array_new(void)
{
	return g_ptr_array_new_with_free_func((GDestroyNotify)rp_queue_message_free);
}

const RpQueueRecipient *
rp_queue_message_find(const RpQueueMessage *message, RpRecipientState state)
{
	for (guint i = 0; i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];

		if (recipient->state == state)
			return recipient;
	}
	return NULL;
}
