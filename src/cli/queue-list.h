/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli.h"

#include "roampost/queue.h"

/* Messages as `roampost queue` lists them. */
typedef struct RpCliQueueList RpCliQueueList;

/* Ages are those of `now`. The program is borrowed. */
RpCliQueueList *rp_cli_queue_list_new(RpCli *cli, RpTime now);
/* Takes what it needs of the message; what it has is printed a page at a time. */
void rp_cli_queue_list_add(RpCliQueueList *list, const RpQueueMessage *message);
/* Prints the rest, and frees it. */
void rp_cli_queue_list_end(RpCliQueueList *list);
