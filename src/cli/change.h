/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "messages.h"

/* Changes of the queue that a user asks for, with or without an agent (the queue rings for one). */

typedef void (*RpCliChangeFunc)(RpQueueChange *change, RpMessageId id);
/* Adds to a change what is not about one message. */
typedef void (*RpCliAlsoFunc)(RpQueueChange *change);

/* Whether each word names a message; FALSE after saying which does not. */
gboolean rp_cli_are_messages(RpCli *cli, char **words);
/* One change for all messages that the words name, or none; the exit status. `also` may be NULL. */
int rp_cli_change_messages(RpCli *cli, char **words, RpCliChangeFunc func, RpCliAlsoFunc also);
/* Carries out a change, and takes it; the exit status. */
int rp_cli_apply(RpCli *cli, RpQueue *queue, RpQueueChange *change);
