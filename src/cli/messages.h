/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli.h"

#include "roampost/queue-records.h"

/* The queue's messages as people and programs read them. */

/* Opens the queue for reading. NULL: there is none yet (*failed FALSE: it counts as empty), or it
 * could not be opened, which has been said. */
RpQueue *rp_cli_read_queue(RpCli *cli, gboolean *failed);
/* “roampost pause” was said, whether or not an agent runs. */
gboolean rp_cli_is_paused(RpQueue *queue);
/* While its agent can't write it: says why, in the words of `status`. */
void rp_cli_note_disk(RpCli *cli, const RpQueue *queue);
/* Why no mail is taken on that disk now, which an agent that has nothing to write does not see;
 * NULL: it is. Free with g_free. */
char *rp_cli_disk_trouble(RpQueue *queue);
/* Opens it for changes; NULL after saying why not. */
RpQueue *rp_cli_write_queue(RpCli *cli);
/* The message that a user means; FALSE after saying why there is none. */
gboolean rp_cli_resolve(RpCli *cli, RpQueue *queue, const char *text, RpMessageId *id);

/* Whether the configuration has this server set; FALSE after saying that it has not. */
gboolean rp_cli_set_exists(RpCli *cli, const char *name);

/* The message as rp_message_view shows it; to be unreferenced. */
GVariant *rp_cli_message_view(const RpQueueMessage *message);
void rp_cli_message_write_json(RpJson *json, const RpQueueMessage *message);

/* What there is to do with mail that was refused for good, in its commands' words. */
const char *rp_cli_refused_remedy(void);
/* Why the message is where it is, in a sentence or two; "" where there is nothing to say. */
char *rp_cli_message_text(const RpQueueMessage *message);
/* The same without the time of its next try: equal for what waits for the same thing. */
char *rp_cli_message_reason(const RpQueueMessage *message);
/* "The server said: 550 no", with where and when once the machine has moved since, as far as places
 * are known: those of the queue's history, or these (RpHistoryRecord, oldest first; taken). Free
 * with g_free. */
char *rp_cli_reply_text(const char *reply, RpTime time);
void rp_cli_load_places(RpQueue *queue);
void rp_cli_note_places(GPtrArray *records);
/* How long ago ("3 min"), and in how long. */
char *rp_cli_age(RpTime time, RpTime now);

/* Calls the function for every message of these states (a mask, 0: all), oldest first, reading a
 * page at a time. FALSE after saying what went wrong. */
typedef void (*RpCliMessageFunc)(RpCli *cli, const RpQueueMessage *message, gpointer data);
gboolean rp_cli_each_message(
	RpCli *cli, RpQueue *queue, guint states, RpCliMessageFunc func, gpointer data);
/* Prints them: a line each, and below it why the message is still here. */
gboolean rp_cli_print_queue(RpCli *cli, RpQueue *queue, guint states, guint *n);
/* Prints what is held or deferred, or what is left of the messages named. FALSE as above. */
gboolean rp_cli_print_left(RpCli *cli, char **ids, guint *n);
/* After a flush: says of what is held that it stays, and why, or where that stands. FALSE as above.
 */
gboolean rp_cli_print_held(RpCli *cli, char **ids);
