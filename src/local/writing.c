/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "local-private.h"

#include "roampost/mail-file.h"

#include <glib/gstdio.h>

/* The thread of a local delivery: writes, and syncs many mails together. Nothing here is shared
 * but the exchange, and nothing that is called here keeps a static without a lock. */

/* What is synced together: mails, and about their octets. */
#define MAX_GROUP 64
#define MAX_UNSYNCED (1024 * 1024)

typedef struct {
	const RpLocalWriting *given;
	RpMailFile *file; /* the current mail */
	gpointer message;
	GError *error;      /* of it */
	GPtrArray *group;   /* of Parking */
	gsize unsynced;     /* their octets */
	GHashTable *parked; /* paths that were not told to be shown */
} Writer;

/* A mail that is whole, and not yet safe. */
typedef struct {
	RpMailFile *file;
	gpointer message;
} Parking;

static void
parking_free(gpointer data)
{
	Parking *parking = data;

	rp_mail_file_free(parking->file);
	g_free(parking);
}

/* ---- one mail ---- */

static void
do_begin(Writer *writer, RpLocalOp *op)
{
	writer->message = op->message;
	writer->file = rp_mail_file_new(writer->given->maildir, writer->given->mda, &writer->error);
}

static void
do_data(Writer *writer, RpLocalOp *op)
{
	gsize size;
	const void *data = g_bytes_get_data(op->data, &size);

	if (writer->file && !writer->error)
		rp_mail_file_write(writer->file, data, size, &writer->error);
	writer->unsynced += size;
	rp_local_exchange_written(writer->given->exchange, size);
}

static void
deliver(Writer *writer)
{
	const RpLocalWriting *given = writer->given;

	if (g_atomic_int_get(given->hurry))
		g_set_error_literal(&writer->error, RP_ERROR, RP_ERROR_STATE, "the agent ends");
	else if (rp_mail_file_deliver(writer->file, given->stop, &writer->error))
		rp_local_exchange_tell(given->exchange, RP_LOCAL_DELIVERED, writer->message, NULL);
}

static void
park_soon(Writer *writer)
{
	Parking *parking;

	if (!rp_mail_file_flush(writer->file, &writer->error))
		return;
	parking = g_new0(Parking, 1);
	parking->file = g_steal_pointer(&writer->file);
	parking->message = writer->message;
	g_ptr_array_add(writer->group, parking);
}

static void
do_drop(Writer *writer, RpLocalOp *op)
{
	g_clear_error(&writer->error);
	g_clear_pointer(&writer->file, rp_mail_file_free);
}

static void
do_end(Writer *writer, RpLocalOp *op)
{
	if (!writer->error && writer->given->mda)
		deliver(writer);
	else if (!writer->error)
		park_soon(writer);
	if (writer->error)
		rp_local_exchange_tell_failed(
			writer->given->exchange, writer->message, writer->error);
	do_drop(writer, op);
}

/* ---- many ---- */

/* With the others that come right behind it, for one sync. */
static void
do_show(Writer *writer, RpLocalOp *first)
{
	RpLocalExchange *exchange = writer->given->exchange;
	g_autoptr(GPtrArray) ops = g_ptr_array_new_with_free_func((GDestroyNotify)rp_local_op_free);
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	RpLocalOp *op = g_memdup2(first, sizeof *first);

	first->path = NULL;
	for (; op; op = rp_local_exchange_next_if(exchange, RP_LOCAL_OP_SHOW)) {
		g_ptr_array_add(ops, op);
		g_ptr_array_add(paths, op->path);
		g_hash_table_remove(writer->parked, op->path);
	}
	g_ptr_array_add(paths, NULL);
	rp_mail_file_show((const char *const *)paths->pdata, &error);
	for (guint i = 0; i < ops->len; i++) {
		op = ops->pdata[i];
		if (error)
			rp_local_exchange_tell_failed(exchange, op->message, error);
		else
			rp_local_exchange_tell(exchange, RP_LOCAL_SHOWN, op->message, op->path);
	}
}

/* Its path, when it is safe but for its name; NULL: it failed, and that is told. */
static char *
park(Writer *writer, const Parking *parking)
{
	g_autoptr(GError) error = NULL;
	char *path = rp_mail_file_park(parking->file, &error);

	if (path)
		g_hash_table_add(writer->parked, g_strdup(path));
	else
		rp_local_exchange_tell_failed(writer->given->exchange, parking->message, error);
	return path;
}

/* Nothing is told of before its name in the directory is safe too. */
static void
end_group(Writer *writer)
{
	RpLocalExchange *exchange = writer->given->exchange;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	gboolean any = FALSE;

	for (guint i = 0; i < writer->group->len; i++) {
		g_ptr_array_add(paths, park(writer, writer->group->pdata[i]));
		any |= paths->pdata[i] != NULL;
	}
	if (any)
		rp_mail_file_sync_parked(writer->given->maildir, &error);
	for (guint i = 0; i < writer->group->len; i++) {
		gpointer message = ((Parking *)writer->group->pdata[i])->message;

		if (paths->pdata[i] && error)
			rp_local_exchange_tell_failed(exchange, message, error);
		else if (paths->pdata[i])
			rp_local_exchange_tell(exchange, RP_LOCAL_PARKED, message, paths->pdata[i]);
	}
	g_ptr_array_set_size(writer->group, 0);
	writer->unsynced = 0;
}

/* ---- the thread ---- */

static void (*const doers[])(Writer *writer, RpLocalOp *op) = {
	[RP_LOCAL_OP_BEGIN] = do_begin,
	[RP_LOCAL_OP_DATA] = do_data,
	[RP_LOCAL_OP_END] = do_end,
	[RP_LOCAL_OP_DROP] = do_drop,
	[RP_LOCAL_OP_SHOW] = do_show,
	[RP_LOCAL_OP_STOP] = do_drop,
};

static void
remove_parked(Writer *writer)
{
	GHashTableIter iter;
	gpointer path;

	g_hash_table_iter_init(&iter, writer->parked);
	while (g_hash_table_iter_next(&iter, &path, NULL))
		g_unlink(path);
}

void
rp_local_write(const RpLocalWriting *writing)
{
	g_autoptr(GPtrArray) group = g_ptr_array_new_with_free_func(parking_free);
	g_autoptr(GHashTable) parked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Writer writer = {.given = writing, .group = group, .parked = parked};
	gboolean more = TRUE;

	while (more) {
		g_autoptr(RpLocalOp) op = rp_local_exchange_next(writing->exchange);

		more = op->kind != RP_LOCAL_OP_STOP;
		doers[op->kind](&writer, op);
		if (group->len && (group->len >= MAX_GROUP || writer.unsynced >= MAX_UNSYNCED ||
					  rp_local_exchange_is_empty(writing->exchange)))
			end_group(&writer);
	}
	end_group(&writer);
	remove_parked(&writer);
}
