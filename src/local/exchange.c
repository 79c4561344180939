/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "local-private.h"

/* What the owner of a local delivery and its thread hand each other. */

/* Octets that wait for the disk: at most about so many, and when there is room again. */
#define FULL (4 * 1024 * 1024)
#define ROOM (1024 * 1024)

struct RpLocalExchange {
	RpLocalEventFunc func;
	gpointer user;
	GAsyncQueue *ops;    /* of RpLocalOp */
	GAsyncQueue *events; /* of RpLocalEvent */
	GSource *source;
	gsize waiting;  /* octets; atomic */
	gint full_told; /* atomic: somebody waits for room */
};

void
rp_local_op_free(RpLocalOp *op)
{
	if (!op)
		return;
	g_clear_pointer(&op->data, g_bytes_unref);
	g_free(op->path);
	g_free(op);
}

static void
event_free(gpointer data)
{
	RpLocalEvent *event = data;

	g_free(event->path);
	g_free(event->error);
	g_free(event);
}

/* ---- the owner's side ---- */

static gboolean
on_events(gpointer user)
{
	RpLocalExchange *exchange = user;
	RpLocalEvent *event;

	g_source_set_ready_time(exchange->source, -1);
	while ((event = g_async_queue_try_pop(exchange->events))) {
		exchange->func(event, exchange->user);
		event_free(event);
	}
	return G_SOURCE_CONTINUE;
}

static gboolean
dispatch(GSource *source, GSourceFunc callback, gpointer user)
{
	return callback(user);
}

static GSourceFuncs source_funcs = {.dispatch = dispatch};

RpLocalExchange *
rp_local_exchange_new(RpLocalEventFunc func, gpointer user)
{
	RpLocalExchange *exchange = g_new0(RpLocalExchange, 1);

	exchange->func = func;
	exchange->user = user;
	exchange->ops = g_async_queue_new_full((GDestroyNotify)rp_local_op_free);
	exchange->events = g_async_queue_new_full(event_free);
	exchange->source = g_source_new(&source_funcs, sizeof(GSource));
	g_source_set_callback(exchange->source, on_events, exchange, NULL);
	g_source_attach(exchange->source, g_main_context_get_thread_default());
	return exchange;
}

void
rp_local_exchange_free(RpLocalExchange *exchange)
{
	rp_source_clear(&exchange->source);
	g_async_queue_unref(exchange->ops);
	g_async_queue_unref(exchange->events);
	g_free(exchange);
}

void
rp_local_exchange_ask(RpLocalExchange *exchange, RpLocalOpKind kind, gpointer message, GBytes *data,
	const char *path)
{
	RpLocalOp *op = g_new0(RpLocalOp, 1);

	op->kind = kind;
	op->message = message;
	op->data = data;
	op->path = g_strdup(path);
	if (data)
		__atomic_fetch_add(&exchange->waiting, g_bytes_get_size(data), __ATOMIC_SEQ_CST);
	g_async_queue_push(exchange->ops, op);
}

/* The flag goes up first: between the two the thread may have made room. */
gboolean
rp_local_exchange_is_full(RpLocalExchange *exchange)
{
	if (__atomic_load_n(&exchange->waiting, __ATOMIC_SEQ_CST) < FULL)
		return FALSE;
	g_atomic_int_set(&exchange->full_told, 1);
	if (__atomic_load_n(&exchange->waiting, __ATOMIC_SEQ_CST) > ROOM)
		return TRUE;
	return !g_atomic_int_compare_and_exchange(&exchange->full_told, 1, 0);
}

/* ---- the thread's side ---- */

RpLocalOp *
rp_local_exchange_next(RpLocalExchange *exchange)
{
	return g_async_queue_pop(exchange->ops);
}

RpLocalOp *
rp_local_exchange_next_if(RpLocalExchange *exchange, RpLocalOpKind kind)
{
	RpLocalOp *op = g_async_queue_try_pop(exchange->ops);

	if (!op || op->kind == kind)
		return op;
	g_async_queue_push_front(exchange->ops, op);
	return NULL;
}

gboolean
rp_local_exchange_is_empty(RpLocalExchange *exchange)
{
	return g_async_queue_length(exchange->ops) <= 0;
}

static void
tell(RpLocalExchange *exchange, RpLocalEvent event)
{
	g_async_queue_push(exchange->events, g_memdup2(&event, sizeof event));
	g_source_set_ready_time(exchange->source, 0);
}

void
rp_local_exchange_tell(
	RpLocalExchange *exchange, RpLocalEventKind kind, gpointer message, const char *path)
{
	tell(exchange, (RpLocalEvent){kind, message, g_strdup(path), NULL});
}

void
rp_local_exchange_tell_failed(RpLocalExchange *exchange, gpointer message, const GError *error)
{
	tell(exchange, (RpLocalEvent){RP_LOCAL_FAILED, message, NULL, g_strdup(error->message)});
}

void
rp_local_exchange_written(RpLocalExchange *exchange, gsize octets)
{
	gsize before = __atomic_fetch_sub(&exchange->waiting, octets, __ATOMIC_SEQ_CST);

	if (before - octets <= ROOM &&
		g_atomic_int_compare_and_exchange(&exchange->full_told, 1, 0))
		rp_local_exchange_tell(exchange, RP_LOCAL_ROOM, NULL, NULL);
}
