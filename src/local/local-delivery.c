/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "roampost/local-delivery.h"

#include "roampost/base.h"
#include "roampost/mail-file.h"

#include <glib/gstdio.h>
#include <sys/eventfd.h>
#include <unistd.h>

/* Octets that wait for the disk: at most about so many, and when there is room again. */
#define FULL (4 * 1024 * 1024)
#define ROOM (1024 * 1024)
/* What is synced together: mails, and about their octets. */
#define MAX_GROUP 64
#define MAX_UNSYNCED (1024 * 1024)

typedef enum { OP_BEGIN, OP_DATA, OP_END, OP_DROP, OP_SHOW, OP_STOP } OpKind;

typedef struct {
	OpKind kind;
	gpointer message;
	GBytes *data;
	char *path;
} Op;

struct RpMailroom {
	char *maildir;
	char *mda;
	RpMailroomFunc func;
	gpointer user;
	GThread *thread;
	GAsyncQueue *ops;
	GAsyncQueue *news;
	GSource *source;
	gsize waiting;  /* octets; atomic */
	gint full_told; /* atomic: somebody waits for room */
	gint hurry;     /* atomic */
	RpFd stop;
	/* the thread's */
	RpMailFile *file;
	gpointer message;
	GError *error;      /* of the current one */
	GPtrArray *group;   /* of Parking */
	gsize unsynced;     /* their octets */
	GHashTable *parked; /* paths that were not told to be shown */
};

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

static void
op_free(gpointer data)
{
	Op *op = data;

	g_clear_pointer(&op->data, g_bytes_unref);
	g_free(op->path);
	g_free(op);
}

static void
news_free(gpointer data)
{
	RpMailroomNews *news = data;

	g_free(news->path);
	g_free(news->error);
	g_free(news);
}

/* ---- the thread ---- */

static RpMailroomNews *
news_new(RpMailroomKind kind, gpointer message, const char *path)
{
	RpMailroomNews *news = g_new0(RpMailroomNews, 1);

	news->kind = kind;
	news->message = message;
	news->path = g_strdup(path);
	return news;
}

static void
tell(RpMailroom *room, RpMailroomNews *news)
{
	g_async_queue_push(room->news, news);
	g_source_set_ready_time(room->source, 0);
}

static void
tell_failed(RpMailroom *room, gpointer message, const GError *error)
{
	RpMailroomNews *news = news_new(RP_MAILROOM_FAILED, message, NULL);

	news->error = g_strdup(error->message);
	tell(room, news);
}

static void
do_begin(RpMailroom *room, Op *op)
{
	room->message = op->message;
	room->file = rp_mail_file_new(room->maildir, room->mda, &room->error);
}

static void
do_data(RpMailroom *room, Op *op)
{
	gsize size;
	const void *data = g_bytes_get_data(op->data, &size);

	if (room->file && !room->error)
		rp_mail_file_write(room->file, data, size, &room->error);
	room->unsynced += size;
	gsize before = __atomic_fetch_sub(&room->waiting, size, __ATOMIC_SEQ_CST);
	if (before - size <= ROOM && g_atomic_int_compare_and_exchange(&room->full_told, 1, 0))
		tell(room, news_new(RP_MAILROOM_ROOM, NULL, NULL));
}

static void
deliver(RpMailroom *room)
{
	if (g_atomic_int_get(&room->hurry))
		g_set_error_literal(&room->error, RP_ERROR, RP_ERROR_STATE, "the agent ends");
	else if (rp_mail_file_deliver(room->file, room->stop, &room->error))
		tell(room, news_new(RP_MAILROOM_DELIVERED, room->message, NULL));
}

static void
park_soon(RpMailroom *room)
{
	Parking *parking;

	if (!rp_mail_file_flush(room->file, &room->error))
		return;
	parking = g_new0(Parking, 1);
	parking->file = g_steal_pointer(&room->file);
	parking->message = room->message;
	g_ptr_array_add(room->group, parking);
}

static void
do_end(RpMailroom *room, Op *op)
{
	if (!room->error && room->mda)
		deliver(room);
	else if (!room->error)
		park_soon(room);
	if (room->error)
		tell_failed(room, room->message, room->error);
	g_clear_error(&room->error);
	g_clear_pointer(&room->file, rp_mail_file_free);
}

static void
do_drop(RpMailroom *room, Op *op)
{
	g_clear_error(&room->error);
	g_clear_pointer(&room->file, rp_mail_file_free);
}

/* With the others that come right behind it, for one sync. */
static void
do_show(RpMailroom *room, Op *first)
{
	g_autoptr(GPtrArray) ops = g_ptr_array_new_with_free_func(op_free);
	g_autoptr(GPtrArray) paths = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	Op *op = g_memdup2(first, sizeof *first);

	first->path = NULL;
	while (op && op->kind == OP_SHOW) {
		g_ptr_array_add(ops, op);
		g_ptr_array_add(paths, op->path);
		g_hash_table_remove(room->parked, op->path);
		op = g_async_queue_try_pop(room->ops);
	}
	if (op)
		g_async_queue_push_front(room->ops, op);
	g_ptr_array_add(paths, NULL);
	rp_mail_file_show((const char *const *)paths->pdata, &error);
	for (guint i = 0; i < ops->len; i++) {
		op = ops->pdata[i];
		if (error)
			tell_failed(room, op->message, error);
		else
			tell(room, news_new(RP_MAILROOM_SHOWN, op->message, op->path));
	}
}

static void
park(RpMailroom *room, const Parking *parking, GPtrArray *parked)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *path = rp_mail_file_park(parking->file, &error);

	if (!path) {
		tell_failed(room, parking->message, error);
		return;
	}
	g_hash_table_add(room->parked, g_strdup(path));
	g_ptr_array_add(parked, news_new(RP_MAILROOM_PARKED, parking->message, path));
}

/* Nothing is told of before its name in the directory is safe too. */
static void
end_group(RpMailroom *room)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) parked = g_ptr_array_new();

	if (!room->group->len)
		return;
	for (guint i = 0; i < room->group->len; i++)
		park(room, room->group->pdata[i], parked);
	g_ptr_array_set_size(room->group, 0);
	room->unsynced = 0;
	if (parked->len)
		rp_mail_file_sync_parked(room->maildir, &error);
	for (guint i = 0; i < parked->len; i++) {
		RpMailroomNews *news = parked->pdata[i];

		if (error) {
			tell_failed(room, news->message, error);
			news_free(news);
		} else {
			tell(room, news);
		}
	}
}

static void (*const doers[])(RpMailroom *room, Op *op) = {
	[OP_BEGIN] = do_begin,
	[OP_DATA] = do_data,
	[OP_END] = do_end,
	[OP_DROP] = do_drop,
	[OP_SHOW] = do_show,
};

static gpointer
work(gpointer data)
{
	RpMailroom *room = data;
	gboolean more = TRUE;
	GHashTableIter iter;
	gpointer path;

	while (more) {
		Op *op = g_async_queue_pop(room->ops);

		more = op->kind != OP_STOP;
		if (more)
			doers[op->kind](room, op);
		op_free(op);
		if (room->group->len >= MAX_GROUP || room->unsynced >= MAX_UNSYNCED ||
			g_async_queue_length(room->ops) <= 0)
			end_group(room);
	}
	do_drop(room, NULL);
	end_group(room);
	g_hash_table_iter_init(&iter, room->parked);
	while (g_hash_table_iter_next(&iter, &path, NULL))
		g_unlink(path);
	return NULL;
}

/* ---- the owner's side ---- */

static gboolean
on_news(gpointer user)
{
	RpMailroom *room = user;
	RpMailroomNews *news;

	g_source_set_ready_time(room->source, -1);
	while ((news = g_async_queue_try_pop(room->news))) {
		room->func(news, room->user);
		news_free(news);
	}
	return G_SOURCE_CONTINUE;
}

static gboolean
dispatch(GSource *source, GSourceFunc callback, gpointer user)
{
	return callback(user);
}

static GSourceFuncs source_funcs = {.dispatch = dispatch};

RpMailroom *
rp_mailroom_new(const char *maildir, const char *mda, RpMailroomFunc func, gpointer user)
{
	RpMailroom *room = g_new0(RpMailroom, 1);

	room->maildir = g_strdup(maildir);
	room->mda = g_strdup(mda);
	room->func = func;
	room->user = user;
	room->ops = g_async_queue_new_full(op_free);
	room->news = g_async_queue_new_full(news_free);
	room->group = g_ptr_array_new_with_free_func(parking_free);
	room->parked = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	room->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	room->source = g_source_new(&source_funcs, sizeof(GSource));
	g_source_set_callback(room->source, on_news, room, NULL);
	g_source_attach(room->source, g_main_context_get_thread_default());
	room->thread = g_thread_new("mail", work, room);
	return room;
}

static void
push(RpMailroom *room, OpKind kind, gpointer message, GBytes *data, const char *path)
{
	Op *op = g_new0(Op, 1);

	op->kind = kind;
	op->message = message;
	op->data = data;
	op->path = g_strdup(path);
	g_async_queue_push(room->ops, op);
}

void
rp_mailroom_free(RpMailroom *room)
{
	if (!room)
		return;
	push(room, OP_STOP, NULL, NULL, NULL);
	g_thread_join(room->thread);
	g_source_destroy(room->source);
	g_source_unref(room->source);
	g_async_queue_unref(room->ops);
	g_async_queue_unref(room->news);
	g_ptr_array_unref(room->group);
	g_hash_table_unref(room->parked);
	rp_fd_clear(&room->stop);
	g_free(room->maildir);
	g_free(room->mda);
	g_free(room);
}

void
rp_mailroom_begin(RpMailroom *room, gpointer message)
{
	push(room, OP_BEGIN, message, NULL, NULL);
}

void
rp_mailroom_data(RpMailroom *room, const void *data, gsize size)
{
	__atomic_fetch_add(&room->waiting, size, __ATOMIC_SEQ_CST);
	push(room, OP_DATA, NULL, g_bytes_new(data, size), NULL);
}

void
rp_mailroom_end(RpMailroom *room)
{
	push(room, OP_END, NULL, NULL, NULL);
}

void
rp_mailroom_drop(RpMailroom *room)
{
	push(room, OP_DROP, NULL, NULL, NULL);
}

void
rp_mailroom_show(RpMailroom *room, gpointer message, const char *path)
{
	push(room, OP_SHOW, message, NULL, path);
}

/* The flag goes up first: between the two the thread may have made room. */
gboolean
rp_mailroom_is_full(RpMailroom *room)
{
	if (__atomic_load_n(&room->waiting, __ATOMIC_SEQ_CST) < FULL)
		return FALSE;
	g_atomic_int_set(&room->full_told, 1);
	if (__atomic_load_n(&room->waiting, __ATOMIC_SEQ_CST) > ROOM)
		return TRUE;
	return !g_atomic_int_compare_and_exchange(&room->full_told, 1, 0);
}

void
rp_mailroom_hurry(RpMailroom *room)
{
	guint64 one = 1;

	g_atomic_int_set(&room->hurry, 1);
	if (write(room->stop, &one, sizeof one) != sizeof one)
		g_debug("the delivery command can't be told to end");
}
