/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/queue.h"

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
