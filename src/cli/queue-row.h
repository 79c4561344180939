/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli.h"

#include "roampost/queue.h"

/* One message in a list of the queue; all texts are fit for a terminal. */

typedef enum {
	RP_QUEUE_ID,
	RP_QUEUE_AGE,
	RP_QUEUE_SIZE,
	RP_QUEUE_STATE,
	RP_QUEUE_NEXT_TRY,
} RpQueueColumn;
#define RP_N_QUEUE_COLUMNS (RP_QUEUE_NEXT_TRY + 1)

typedef struct {
	char *cells[RP_N_QUEUE_COLUMNS]; /* "" for nothing */
	RpColour colour;                 /* of its state */
	char *sender;
	char *to; /* all of them */
	char *first;
	guint n_to;
	char *subject; /* in quotation marks, or "" */
} RpQueueRow;

/* Ages are those of `now`. */
RpQueueRow *rp_queue_row_new(const RpQueueMessage *message, RpTime now);
void rp_queue_row_free(gpointer row);
/* Who to whom, in this width: of several recipients the first, and how many more; cut where there
 * is no room. Free with g_free, likewise the whole of it. */
char *rp_queue_row_route(const RpQueueRow *row, guint width);
char *rp_queue_row_whole_route(const RpQueueRow *row);
