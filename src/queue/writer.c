/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-queue"
#include "queue-private.h"

#include "roampost/language.h"

/* The agent's writer: one thread, one connection. Changes that arrive while one is being written
 * share the next commit, so that a burst costs few syncs; those that may wait do so for company,
 * and those that promise nothing cost none. */

#define MAX_GROUP 64
/* Between two steps of making the file smaller others have the turn, at least so long. */
#define SHRINK_PAUSE 2000

typedef struct {
	RpWriter *writer;
	RpQueueChange *change;
	GError *error;
	GMainContext *context;
	GSource *source; /* delivers the completion; set by the thread */
	RpQueueDone done;
	gpointer user;
	GDestroyNotify destroy;
	gint64 until;      /* monotonic: it may wait for company so long; 0: it may not */
	gboolean directly; /* whom it concerns hears of it in the thread */
	gboolean waited_for;
	gboolean finished; /* under the writer's lock; for those waited for */
} Job;

/* What goes in one transaction. */
typedef struct {
	GPtrArray *jobs; /* of Job, in the order they came */
	guint n_due;     /* the first of them may not wait, or wait for one that may not */
	gboolean all_due;
	gboolean unsynced; /* nothing that is due is worth a sync */
} Group;

struct RpWriter {
	RpDb *db;
	RpFd turn;
	RpReserve *reserve;
	gboolean has_log; /* a commit that is not synced harms nothing before it */
	GThread *thread;
	GAsyncQueue *jobs;
	Job *stop; /* the job that ends the thread */
	Job *tidy; /* and the one that has it look at the file's size; of both only the address is
		      used */
	GMutex lock;
	GCond finished;
	/* The owner's thread only: */
	GHashTable *outstanding; /* of Job */
};

static void
job_free(Job *job)
{
	rp_source_clear(&job->source);
	if (job->destroy)
		job->destroy(job->user);
	rp_queue_change_free(job->change);
	g_clear_error(&job->error);
	if (job->context)
		g_main_context_unref(job->context);
	g_free(job);
}

/* In the owner's context. */
static gboolean
deliver(gpointer data)
{
	Job *job = data;

	g_hash_table_steal(job->writer->outstanding, job);
	if (job->done)
		job->done(job->error, job->user);
	job_free(job);
	return G_SOURCE_REMOVE;
}

static void
complete(Job *job)
{
	if (job->directly) {
		job->done(job->error, job->user);
		job_free(job);
		return;
	}
	if (job->waited_for) {
		g_mutex_lock(&job->writer->lock);
		job->finished = TRUE;
		g_cond_broadcast(&job->writer->finished);
		g_mutex_unlock(&job->writer->lock);
		return;
	}
	GSource *source = g_idle_source_new();
	g_source_set_priority(source, G_PRIORITY_DEFAULT);
	g_source_set_callback(source, deliver, job, NULL);
	job->source = source;
	g_source_attach(source, job->context);
}

/* ---- the thread ---- */

/* NULL: none of them has failed yet. */
static void
fail_all(GPtrArray *group, const GError *error)
{
	for (guint i = 0; i < group->len; i++) {
		Job *job = group->pdata[i];
		g_clear_error(&job->error);
		job->error = error ? g_error_copy(error) : NULL;
	}
}

static gboolean
is_change(const RpWriter *writer, const Job *job)
{
	return job != writer->stop && job != writer->tidy;
}

/* Nothing begins that may find no room for its end: it would be done again. Nor is what was `spent`
 * on the transaction taken back before that is written. */
static gboolean
run_job(RpWriter *writer, RpTx *tx, Job *job, gboolean spent)
{
	if (!job->change->begins || (!spent && rp_reserve_hold(writer->reserve)))
		return rp_change_run(job->change, tx, &job->error);
	g_set_error(&job->error, RP_ERROR, RP_ERROR_FULL, _("the disk is full: nothing is sent"));
	return FALSE;
}

static gboolean
is_due(const Job *job)
{
	return job->until <= g_get_monotonic_time();
}

static void
look_what_is_due(const RpWriter *writer, Group *group)
{
	group->n_due = group->all_due ? group->jobs->len : 0;
	for (guint i = group->n_due; i < group->jobs->len; i++)
		if (is_due(group->jobs->pdata[i]))
			group->n_due = i + 1;
	group->unsynced = writer->has_log;
	for (guint i = 0; i < group->n_due; i++)
		group->unsynced &= ((const Job *)group->jobs->pdata[i])->change->unsynced;
}

/* What has come meanwhile goes along. */
static void
take_along(RpWriter *writer, Group *group)
{
	Job *next = group->jobs->len < MAX_GROUP ? g_async_queue_try_pop(writer->jobs) : NULL;

	if (!next)
		return;
	if (!is_change(writer, next) || (group->unsynced && !next->change->unsynced)) {
		g_async_queue_push_front(writer->jobs, next);
		return;
	}
	g_ptr_array_add(group->jobs, next);
	if (is_due(next))
		group->n_due = group->jobs->len;
}

/* Where nothing was written there is no commit to share; and who has to be synced does not share
 * one that is not. */
static gboolean
has_to_wait_on(const Group *group, guint i, gboolean written)
{
	const Job *job = group->jobs->pdata[i];

	return i >= group->n_due && (!written || (group->unsynced && !job->change->unsynced));
}

static void
leave_from(RpWriter *writer, Group *group, guint first)
{
	for (guint i = group->jobs->len; i > first; i--)
		g_async_queue_push_front(writer->jobs, group->jobs->pdata[i - 1]);
	g_ptr_array_set_size(group->jobs, (gint)first);
}

/* FALSE: the whole transaction is gone, with what had been done before in it. */
static gboolean
run_group(RpWriter *writer, RpTx *tx, Group *group, gboolean spent, GError **error)
{
	int before = sqlite3_total_changes(rp_db_handle(writer->db));

	for (guint i = 0; i < group->jobs->len; i++) {
		Job *job = group->jobs->pdata[i];

		if (has_to_wait_on(
			    group, i, sqlite3_total_changes(rp_db_handle(writer->db)) != before)) {
			leave_from(writer, group, i);
			break;
		}
		if (!run_job(writer, tx, job, spent) && !rp_tx_is_open(tx)) {
			g_propagate_error(error, g_error_copy(job->error));
			return FALSE;
		}
		take_along(writer, group);
	}
	return TRUE;
}

/* The job, and what else is there; waits for more while none has to be written now. */
static void
gather(RpWriter *writer, Job *job, Group *group)
{
	gint64 until = job->until;

	g_ptr_array_set_size(group->jobs, 0);
	while (job && is_change(writer, job)) {
		g_ptr_array_add(group->jobs, job);
		until = MIN(until, job->until);
		gint64 left = until ? until - g_get_monotonic_time() : 0;
		job = left > 0 && group->jobs->len < MAX_GROUP
			      ? g_async_queue_timeout_pop(writer->jobs, (guint64)left)
			      : NULL;
	}
	group->all_due = job || group->jobs->len == MAX_GROUP;
	if (job)
		g_async_queue_push_front(writer->jobs, job);
}

static gboolean
try_group(RpWriter *writer, Group *group, gboolean spent, gboolean *freed, GError **error)
{
	RpTx tx;
	gboolean ok;

	look_what_is_due(writer, group);
	if (!(group->unsynced ? rp_tx_begin_unsynced : rp_tx_begin)(
		    &tx, writer->db, writer->turn, error))
		return FALSE;
	ok = run_group(writer, &tx, group, spent, error);
	if (ok)
		ok = rp_tx_commit(&tx, error);
	else
		rp_tx_rollback(&tx);
	*freed |= tx.freed;
	return ok;
}

static guint
count_beginnings(const GPtrArray *group)
{
	guint n = 0;

	for (guint i = 0; i < group->len; i++)
		n += ((const Job *)group->pdata[i])->change->begins ? 1 : 0;
	return n;
}

/* Once more, where it was room that was missing. */
static void
try_again(RpWriter *writer, Group *group, gboolean spent, gboolean *freed, GError **error)
{
	g_clear_error(error);
	fail_all(group->jobs, NULL);
	try_group(writer, group, spent, freed, error);
}

static gboolean
lacks_room(const GError *error)
{
	return g_error_matches(error, RP_ERROR, RP_ERROR_FULL);
}

/* The log is what gives room first; what is kept for outcomes is nobody else's. */
static void
write_group(RpWriter *writer, Group *group, gboolean *freed)
{
	g_autoptr(GError) error = NULL;

	if (count_beginnings(group->jobs) && !rp_reserve_hold(writer->reserve))
		rp_room_empty_log(writer->db, writer->turn);
	try_group(writer, group, FALSE, freed, &error);
	if (lacks_room(error) && rp_room_empty_log(writer->db, writer->turn))
		try_again(writer, group, FALSE, freed, &error);
	if (lacks_room(error) && count_beginnings(group->jobs) < group->jobs->len &&
		rp_reserve_spend(writer->reserve)) {
		rp_room_empty_log(writer->db, writer->turn);
		try_again(writer, group, TRUE, freed, &error);
	}
	if (error) {
		g_warning("cannot write: %s", error->message);
		fail_all(group->jobs, error);
	}
}

static void
write_jobs_from(RpWriter *writer, Job *job, Group *group, gboolean *freed)
{
	gather(writer, job, group);
	write_group(writer, group, freed);
	for (guint i = 0; i < group->jobs->len; i++)
		complete(group->jobs->pdata[i]);
}

/* NULL: nothing is to be done, and the file may be made smaller. */
static Job *
next_job(RpWriter *writer, gboolean shrinks, const RpShrink *shrink)
{
	if (!shrinks)
		return g_async_queue_pop(writer->jobs);
	return g_async_queue_timeout_pop(
		writer->jobs, (guint64)MAX(2 * shrink->took, SHRINK_PAUSE));
}

static gpointer
write_jobs(gpointer data)
{
	RpWriter *writer = data;
	g_autoptr(GPtrArray) jobs = g_ptr_array_new();
	Group group = {.jobs = jobs};
	RpShrink shrink = {0};
	gboolean shrinks = FALSE;
	Job *job;

	while ((job = next_job(writer, shrinks, &shrink)) != writer->stop) {
		if (!job)
			shrinks = rp_shrink_step(&shrink, writer->db, writer->turn);
		else if (job == writer->tidy)
			shrinks = TRUE;
		else
			write_jobs_from(writer, job, &group, &shrinks);
	}
	return NULL;
}

/* ---- the owner's side ---- */

RpWriter *
rp_writer_new(const char *dir, RpDb *db, GError **error)
{
	g_autoptr(RpDb) owned = db;
	/* A lock of its own: those of one open file do not exclude each other. */
	g_auto(RpFd) turn = rp_files_open(dir, "turn", TRUE, error);

	if (turn < 0)
		return NULL;
	RpWriter *writer = g_new0(RpWriter, 1);
	writer->has_log = rp_log_is_there(db);
	writer->db = g_steal_pointer(&owned);
	writer->turn = rp_fd_steal(&turn);
	writer->reserve = rp_reserve_new(dir);
	writer->jobs = g_async_queue_new();
	writer->stop = g_new0(Job, 1);
	writer->tidy = g_new0(Job, 1);
	writer->outstanding = g_hash_table_new(NULL, NULL);
	g_mutex_init(&writer->lock);
	g_cond_init(&writer->finished);
	writer->thread = g_thread_new("queue", write_jobs, writer);
	return writer;
}

void
rp_writer_free(RpWriter *writer)
{
	GHashTableIter iter;
	gpointer job;

	if (!writer)
		return;
	g_async_queue_push(writer->jobs, writer->stop);
	g_thread_join(writer->thread);
	g_hash_table_iter_init(&iter, writer->outstanding);
	while (g_hash_table_iter_next(&iter, &job, NULL)) {
		g_hash_table_iter_steal(&iter);
		job_free(job);
	}
	g_hash_table_unref(writer->outstanding);
	g_async_queue_unref(writer->jobs);
	g_mutex_clear(&writer->lock);
	g_cond_clear(&writer->finished);
	g_free(writer->stop);
	g_free(writer->tidy);
	rp_db_close(writer->db);
	rp_reserve_free(writer->reserve);
	rp_fd_clear(&writer->turn);
	g_free(writer);
}

void
rp_writer_tidy(RpWriter *writer)
{
	g_async_queue_push(writer->jobs, writer->tidy);
}

void
rp_writer_push(RpWriter *writer, RpQueueChange *change, RpQueueDone done, gpointer user,
	GDestroyNotify destroy)
{
	Job *job = g_new0(Job, 1);

	job->writer = writer;
	job->change = change;
	job->until = change->patience ? g_get_monotonic_time() + change->patience : 0;
	job->done = done;
	job->user = user;
	job->destroy = destroy;
	job->context = g_main_context_ref_thread_default();
	g_hash_table_add(writer->outstanding, job);
	if (change->unsynced && rp_queue_change_is_empty(change))
		complete(job); /* what waits for company goes on waiting */
	else
		g_async_queue_push(writer->jobs, job);
}

void
rp_writer_push_directly(RpWriter *writer, RpQueueChange *change, RpQueueDone done, gpointer user,
	GDestroyNotify destroy)
{
	Job *job = g_new0(Job, 1);

	job->writer = writer;
	job->change = change;
	job->done = done;
	job->user = user;
	job->destroy = destroy;
	job->directly = TRUE;
	g_async_queue_push(writer->jobs, job);
}

gboolean
rp_writer_wait(RpWriter *writer, RpQueueChange *change, GError **error)
{
	Job *job = g_new0(Job, 1);

	job->writer = writer;
	job->change = change;
	job->waited_for = TRUE;
	g_async_queue_push(writer->jobs, job);
	g_mutex_lock(&writer->lock);
	while (!job->finished)
		g_cond_wait(&writer->finished, &writer->lock);
	g_mutex_unlock(&writer->lock);
	gboolean ok = !job->error;
	if (job->error)
		g_propagate_error(error, g_steal_pointer(&job->error));
	job_free(job);
	return ok;
}
