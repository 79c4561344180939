/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"
#include "beside.h"

#include "roampost/language.h"

#include <glib-unix.h>
#include <poll.h>

/* Who gets a thread when: those that have something to say, each caller its share. */

#define QUICK_THREADS 8

typedef struct {
	GQueue waiting; /* of Work, for one of its own to end */
	guint n_running;
	guint n; /* all of its work */
} Caller;

/* In an rc box: work may be under way when its owner has gone. */
struct RpBeside {
	GThreadPool *threads; /* may wait for their callers */
	GThreadPool *quick;   /* wait for nobody */
	guint n_running;      /* of the former */
	GHashTable *callers;  /* unique name -> Caller */
	GHashTable *silent;   /* of Work: nothing has come yet */
	guint n;
	gboolean freed;
};

typedef struct {
	RpBeside *beside;
	RpBusCall *call;
	char *sender;
	RpBesideWork how; /* its job is the task's once there is one */
	guint source;     /* these two while it is silent */
	guint timer;
} Work;

static void
work_free(Work *work)
{
	if (work->how.job)
		work->how.job_free(work->how.job);
	g_clear_handle_id(&work->source, g_source_remove);
	g_clear_handle_id(&work->timer, g_source_remove);
	g_free(work->sender);
	g_rc_box_release(work->beside);
	g_free(work);
}

static void
caller_free(gpointer data)
{
	g_queue_clear(&((Caller *)data)->waiting);
	g_free(data);
}

static Caller *
caller_of(const Work *work)
{
	return g_hash_table_lookup(work->beside->callers, work->sender);
}

static void
count_out(Work *work)
{
	work->beside->n--;
	if (--caller_of(work)->n == 0)
		g_hash_table_remove(work->beside->callers, work->sender);
}

/* ---- in a thread ---- */

static void
run_task(gpointer data, gpointer none)
{
	g_autoptr(GTask) task = data;
	const Work *work = g_object_get_data(G_OBJECT(task), "work");

	work->how.run(task, NULL, g_task_get_task_data(task), NULL);
}

static void start_next(Caller *caller);

static void
on_done(GObject *source, GAsyncResult *result, gpointer user)
{
	Work *work = user;
	RpBeside *beside = work->beside;
	Caller *caller;

	if (!beside->freed) {
		caller = caller_of(work);
		if (work->how.input >= 0) {
			beside->n_running--;
			caller->n_running--;
			start_next(caller);
		}
		count_out(work);
	}
	work->how.done(source, result, work->call);
	work_free(work);
}

static void
run_in(GThreadPool *threads, Work *work)
{
	GTask *task = g_task_new(NULL, NULL, on_done, work);

	g_object_set_data(G_OBJECT(task), "work", work);
	g_task_set_task_data(task, g_steal_pointer(&work->how.job), work->how.job_free);
	g_thread_pool_push(threads, task, NULL);
}

static gboolean
has_its_share(const RpBeside *beside, const Caller *caller)
{
	gboolean many = beside->n_running >= RP_BESIDE_THREADS / 2;

	return caller->n_running >= (many ? 1 : RP_BESIDE_OF_ONE);
}

static void
start(Work *work)
{
	RpBeside *beside = work->beside;
	Caller *caller = caller_of(work);

	if (work->how.input < 0) {
		run_in(beside->quick, work);
	} else if (has_its_share(beside, caller)) {
		g_queue_push_tail(&caller->waiting, work);
	} else {
		beside->n_running++;
		caller->n_running++;
		run_in(beside->threads, work);
	}
}

/* Of the caller's own that wait: one has just ended. */
static void
start_next(Caller *caller)
{
	Work *next = g_queue_pop_head(&caller->waiting);

	if (next)
		start(next);
}

/* ---- before ---- */

static gboolean
on_input(gint fd, GIOCondition condition, gpointer user)
{
	Work *work = user;

	g_hash_table_remove(work->beside->silent, work);
	work->source = 0;
	g_clear_handle_id(&work->timer, g_source_remove);
	start(work);
	return G_SOURCE_REMOVE;
}

static gboolean
on_silence(gpointer user)
{
	Work *work = user;

	work->timer = 0;
	g_hash_table_remove(work->beside->silent, work);
	count_out(work);
	rp_bus_call_refuse(work->call, RP_ERROR_IO,
		_("nothing came of the message for %u seconds, nor its end"), work->how.patience);
	work_free(work);
	return G_SOURCE_REMOVE;
}

static gboolean
has_input(int fd)
{
	struct pollfd input = {.fd = fd, .events = POLLIN};

	return poll(&input, 1, 0) != 0; /* what can't be waited for is read, which says why */
}

/* What holds a caller's descriptor is a part of what the process may have. */
static gboolean
is_too_much(const RpBeside *beside, RpBusCall *call)
{
	const Caller *caller = g_hash_table_lookup(beside->callers, rp_bus_call_sender(call));

	if (beside->n < RP_BESIDE_HELD && (!caller || caller->n < RP_BESIDE_HELD_OF_ONE))
		return FALSE;
	rp_bus_call_refuse(call, RP_ERROR_BUSY,
		_("%u messages are being handed over already, %u of them by this program: hand "
		  "this "
		  "one over when one of those has come to its end"),
		beside->n, caller ? caller->n : 0);
	return TRUE;
}

void
rp_beside_run(RpBeside *beside, RpBusCall *call, const RpBesideWork *how)
{
	Work *work;
	Caller *caller;

	if (how->input >= 0 && is_too_much(beside, call)) {
		how->job_free(how->job);
		return;
	}
	work = g_new0(Work, 1);
	work->beside = g_rc_box_acquire(beside);
	work->call = call;
	work->sender = g_strdup(rp_bus_call_sender(call));
	work->how = *how;
	caller = caller_of(work);
	if (!caller) {
		caller = g_new0(Caller, 1);
		g_queue_init(&caller->waiting);
		g_hash_table_insert(beside->callers, g_strdup(work->sender), caller);
	}
	caller->n++;
	beside->n++;
	if (how->input < 0 || has_input(how->input)) {
		start(work);
		return;
	}
	g_hash_table_add(beside->silent, work);
	work->source = g_unix_fd_add(how->input, G_IO_IN | G_IO_HUP | G_IO_ERR, on_input, work);
	work->timer = g_timeout_add_seconds(how->patience, on_silence, work);
}

/* ---- life ---- */

RpBeside *
rp_beside_new(void)
{
	RpBeside *beside = g_rc_box_new0(RpBeside);

	beside->threads = g_thread_pool_new(run_task, NULL, RP_BESIDE_THREADS, FALSE, NULL);
	beside->quick = g_thread_pool_new(run_task, NULL, QUICK_THREADS, FALSE, NULL);
	beside->callers = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, caller_free);
	beside->silent = g_hash_table_new(NULL, NULL);
	return beside;
}

guint
rp_beside_n(const RpBeside *beside)
{
	return beside->n;
}

static void
give_up(gpointer data, gpointer none)
{
	Work *work = data;

	rp_bus_call_refuse(work->call, RP_ERROR_BUSY, _("the agent ends"));
	work_free(work);
}

void
rp_beside_free(RpBeside *beside)
{
	GHashTableIter iter;
	gpointer key, caller;

	if (!beside)
		return;
	beside->freed = TRUE;
	g_hash_table_iter_init(&iter, beside->silent);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		give_up(key, NULL);
	g_hash_table_iter_init(&iter, beside->callers);
	while (g_hash_table_iter_next(&iter, NULL, &caller))
		g_queue_foreach(&((Caller *)caller)->waiting, give_up, NULL);
	g_hash_table_unref(beside->silent);
	g_hash_table_unref(beside->callers);
	g_thread_pool_free(beside->threads, FALSE, FALSE);
	g_thread_pool_free(beside->quick, FALSE, FALSE);
	g_rc_box_release(beside);
}
