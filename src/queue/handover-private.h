/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <sys/socket.h>
#include "roampost/queue.h"

/* How a program that has a message gives it to the agent, which writes it beside its own changes:
 * by the socket `handover` in the state directory, one message a connection. The agent answers
 * twice. RP_HANDOVER_TAKEN comes out of the transaction, and says the number that the message has
 * in it; RP_HANDOVER_STORED when that is on the disk, or RP_HANDOVER_REFUSED when nothing of it is.
 *
 * A message is never doubled. Who gives up waiting first shuts its side down, then takes the turn
 * to write. The agent takes a message in only while it has the turn, and only from a program that
 * is still there: so it has come to its end with this one, or will not touch it any more; and if it
 * has said a number by then, the queue tells whether it came to be. */

/* Changes with the form of what is given; neither side takes another's. */
#define RP_HANDOVER_VERSION 3
/* Octets of what is given. */
#define RP_HANDOVER_MOST (2 * 1024 * 1024)

typedef enum {
	RP_HANDOVER_TAKEN = 1,
	RP_HANDOVER_STORED,
	RP_HANDOVER_REFUSED,
} RpHandoverAnswer;

/* As it goes over the socket, of this machine and this user. */
typedef struct {
	gint64 answer;
	RpMessageId id; /* 0 where it is refused */
} RpHandoverReply;

/* ---- handover-form.c ---- */

/* The file of the queue: who has another one open has another queue. */
typedef struct {
	guint64 device, inode;
} RpHandoverQueue;

gboolean rp_handover_queue_look(const char *dir, RpHandoverQueue *queue);
/* Binds or connects to the socket; 0, or errno. */
int rp_handover_call(
	int (*call)(int fd, const struct sockaddr *address, guint size), int fd, const char *dir);

/* A message as it is given: behind its length in octets (guint32). */
GByteArray *rp_handover_pack(
	const RpHandoverQueue *queue, const RpEnvelope *envelope, const void *content, gsize size);

typedef struct {
	RpHandoverQueue queue;
	RpEnvelope envelope;
	const guint8 *content;
	gsize size;
	GPtrArray *kept; /* what the envelope points to */
	GVariant *form;  /* and the content */
} RpHandoverMail;

/* Of what comes behind the length. NULL: it is not a message of this version. */
RpHandoverMail *rp_handover_unpack(GByteArray *octets);
void rp_handover_mail_free(RpHandoverMail *mail);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpHandoverMail, rp_handover_mail_free)

/* ---- handover.c: who has a message ---- */

/* Gives it to the agent of the directory. The connection; -1: there is none that could take it. */
RpFd rp_handover_offer(
	const char *dir, const RpEnvelope *envelope, const void *content, gsize size);

typedef enum {
	RP_HANDOVER_END_STORED,
	RP_HANDOVER_END_REFUSED, /* nothing of it is, nor will be */
	RP_HANDOVER_END_UNKNOWN, /* no answer came in time */
} RpHandoverEnd;

/* `id` begins as 0, and is the number that the message has if it was taken. */
RpHandoverEnd rp_handover_wait(int fd, RpMessageId *id);
/* After UNKNOWN: it is not to be taken any more. */
void rp_handover_give_up(int fd);
/* After that, by who has the turn: what was said meanwhile. */
void rp_handover_last_word(int fd, RpMessageId *id);
