/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"
#include "roampost/local-delivery.h"

/* Local delivery has two threads. Who calls whom:
 *
 *	local-delivery.c  the owner's side, as in the seam
 *	writing.c         the thread that writes
 *	exchange.c        what the two hand each other */

/* ---- exchange.c ---- */

typedef enum {
	RP_LOCAL_OP_BEGIN,
	RP_LOCAL_OP_DATA,
	RP_LOCAL_OP_END,
	RP_LOCAL_OP_DROP,
	RP_LOCAL_OP_SHOW,
	RP_LOCAL_OP_STOP,
} RpLocalOpKind;

/* What the thread is to do next. */
typedef struct {
	RpLocalOpKind kind;
	gpointer message;
	GBytes *data; /* of DATA */
	char *path;   /* of SHOW */
} RpLocalOp;

void rp_local_op_free(RpLocalOp *op);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpLocalOp, rp_local_op_free)

/* Operations one way, events the other. Each function is for one side only. */
typedef struct RpLocalExchange RpLocalExchange;

/* The owner's. Events come in the main context that is the thread's default now. */
RpLocalExchange *rp_local_exchange_new(RpLocalEventFunc func, gpointer user);
/* After the thread has ended: events that nobody was told of are dropped. */
void rp_local_exchange_free(RpLocalExchange *exchange);
/* Takes the data. */
void rp_local_exchange_ask(RpLocalExchange *exchange, RpLocalOpKind kind, gpointer message,
	GBytes *data, const char *path);
gboolean rp_local_exchange_is_full(RpLocalExchange *exchange);

/* The thread's. Waits for the next operation. */
RpLocalOp *rp_local_exchange_next(RpLocalExchange *exchange);
/* The next one if there is one, and it is of the kind; or NULL. */
RpLocalOp *rp_local_exchange_next_if(RpLocalExchange *exchange, RpLocalOpKind kind);
gboolean rp_local_exchange_is_empty(RpLocalExchange *exchange);
/* So much of what was waiting is written: ROOM is told where somebody waits for it. */
void rp_local_exchange_written(RpLocalExchange *exchange, gsize octets);
/* The path and the error are copied. */
void rp_local_exchange_tell(
	RpLocalExchange *exchange, RpLocalEventKind kind, gpointer message, const char *path);
void rp_local_exchange_tell_failed(
	RpLocalExchange *exchange, gpointer message, const GError *error);

/* ---- writing.c ---- */

/* What the thread needs, borrowed until it ends. */
typedef struct {
	RpLocalExchange *exchange;
	const char *maildir, *mda; /* as in rp_local_delivery_new */
	const gint *hurry;         /* atomic: no command is started any more */
	int stop;                  /* readable: a command that runs is to end */
} RpLocalWriting;

/* Does what it is asked until it is asked to stop. */
void rp_local_write(const RpLocalWriting *writing);
