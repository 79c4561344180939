/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/queue-records.h"

/* A message of the queue as users and their programs see it: the plan's word for each recipient,
 * its own hold, what servers said, brought together. It is the value that org.roampost.Agent1 gives
 * (its XML names the members); the command line prints from it too. */

/* What many messages share is worked out once: keep it while you go through them. */
typedef struct RpMessageViews RpMessageViews;
RpMessageViews *rp_message_views_new(void);
void rp_message_views_free(RpMessageViews *views);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpMessageViews, rp_message_views_free)

/* An a{sv}, floating. The catalogue gives the names of providers in the sentences of the message's
 * own reasons; NULL: the configuration's names stand. */
GVariant *rp_message_view(
	RpMessageViews *views, const RpQueueMessage *message, const RpCatalogue *catalogue);

/* What the history remembers of an event: an a{sv}, floating, with the members of History; the
 * catalogue as above. */
GVariant *rp_history_view(const RpHistoryRecord *record, const RpCatalogue *catalogue);
/* A message that has left the queue, by what the history has of it (rp_queue_load_history of its
 * id; at least one record): the same members as rp_message_view, its state sent, or deleted where
 * the user did so; recipients as far as they are remembered. */
GVariant *rp_message_gone_view(const GPtrArray *records);
