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
/* The option --like of the commands that change messages: what they are about are then those that
 * the words name, and all others that wait for the same reason. To be freed with g_strfreev; NULL
 * after saying why not. A word that is nobody's stays, for whoever looks it up to complain. */
extern gboolean rp_cli_with_like;
char **rp_cli_like(RpCli *cli, char **words);
/* Carries out a change, and takes it; the exit status. */
int rp_cli_apply(RpCli *cli, RpQueue *queue, RpQueueChange *change);
