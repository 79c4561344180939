/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-listen"
#include "listen-private.h"

#include <errno.h>
#include <glib-unix.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include "roampost/submit.h"

/* Jobs go to the thread in the order they are made; what they come to goes back the same way. Ends
 * that have come while the last sync was on its way are committed together. */

#define MAX_GROUP 64

typedef enum { JOB_WRITE, JOB_END, JOB_DROP, JOB_STOP } JobKind;

typedef struct {
	JobKind kind;
	RpStoreMail *mail;
	GByteArray *data;
} Job;

struct RpStoreMail {
	RpStore *store;
	const RpStoreFuncs *funcs; /* NULL: nobody wants to hear */
	gpointer user;
	gboolean ended; /* the last job is made */
	RpSubmitRequest *request;
	/* The thread's: */
	RpSubmit *submit;
	gboolean stored;
	RpMessageId id;  /* when it is */
	GError *failure; /* when it is not, at its end */
};

struct RpStore {
	char *state_dir;
	GThread *thread;
	GAsyncQueue *jobs;
	GAsyncQueue *done; /* of Job */
	RpFd wake;
	guint source;
	RpQueue *queue; /* the thread's */
};

/* ---- the thread ---- */

static gboolean
start(RpStoreMail *mail)
{
	RpStore *store = mail->store;

	if (mail->submit || mail->failure)
		return !mail->failure;
	if (!store->queue)
		store->queue = rp_queue_open(store->state_dir, RP_QUEUE_WRITER, &mail->failure);
	if (!store->queue)
		return FALSE;
	mail->request->queue = store->queue;
	mail->submit = rp_submit_new(mail->request, &mail->failure);
	return mail->submit != NULL;
}

static void
write_data(RpStoreMail *mail, const GByteArray *data)
{
	if (start(mail) && data)
		rp_submit_write(mail->submit, data->data, data->len, &mail->failure);
}

static void
report(RpStore *store, Job *job)
{
	const guint64 one = 1;

	g_clear_pointer(&job->data, g_byte_array_unref);
	if (job->kind != JOB_WRITE)
		g_clear_pointer(&job->mail->submit, rp_submit_free);
	g_async_queue_push(store->done, job);
	while (write(store->wake, &one, sizeof one) < 0 && errno == EINTR)
		;
}

/* Those that have come to their end as they should. */
static void
commit(GPtrArray *group)
{
	RpSubmit *submits[MAX_GROUP];
	RpSubmitResult results[MAX_GROUP];
	RpStoreMail *mails[MAX_GROUP];
	guint n = 0;

	for (guint i = 0; i < group->len; i++) {
		Job *job = group->pdata[i];
		if (!job->mail->failure) {
			mails[n] = job->mail;
			submits[n++] = job->mail->submit;
		}
	}
	if (n > 0)
		rp_submit_finish_all(submits, n, results);
	for (guint i = 0; i < n; i++) {
		mails[i]->stored = results[i].stored;
		mails[i]->id = results[i].id;
		mails[i]->failure = results[i].error;
	}
}

/* FALSE: it was the last. */
static gboolean
run_job(RpStore *store, Job *job, GPtrArray *group)
{
	switch (job->kind) {
	case JOB_WRITE:
		write_data(job->mail, job->data);
		report(store, job);
		return TRUE;
	case JOB_END:
		write_data(job->mail, job->data);
		g_ptr_array_add(group, job);
		return TRUE;
	case JOB_DROP:
		report(store, job);
		return TRUE;
	case JOB_STOP:
		g_free(job);
		return FALSE;
	}
	return FALSE;
}

static gpointer
run(gpointer data)
{
	RpStore *store = data;
	g_autoptr(GPtrArray) group = g_ptr_array_new();
	gboolean more = TRUE;

	while (more) {
		Job *job = g_async_queue_pop(store->jobs);

		g_ptr_array_set_size(group, 0);
		do
			more = run_job(store, job, group);
		while (more && group->len < MAX_GROUP &&
			(job = g_async_queue_try_pop(store->jobs)));
		if (group->len == 0)
			continue;
		commit(group);
		for (guint i = 0; i < group->len; i++)
			report(store, group->pdata[i]);
	}
	g_clear_pointer(&store->queue, rp_queue_close);
	return NULL;
}

/* ---- the main context's side ---- */

static void
mail_free(RpStoreMail *mail)
{
	g_clear_error(&mail->failure);
	rp_submit_request_free(mail->request);
	g_free(mail);
}

static void
tell_end(RpStoreMail *mail)
{
	char text[RP_MESSAGE_ID_SIZE];

	if (!mail->stored)
		g_warning("a message that came by SMTP is not taken: %s", mail->failure->message);
	if (!mail->funcs)
		return;
	if (mail->stored)
		mail->funcs->ended(RP_SMTP_SERVER_STORED,
			mail->id ? rp_message_id_format(mail->id, text) : "delivered", mail->user);
	else
		mail->funcs->ended(
			rp_submit_smtp_answer(mail->failure), mail->failure->message, mail->user);
}

static void
tell(Job *job)
{
	if (job->kind == JOB_END)
		tell_end(job->mail);
	else if (job->kind == JOB_WRITE && job->mail->funcs)
		job->mail->funcs->written(job->mail->user);
	if (job->kind != JOB_WRITE)
		mail_free(job->mail);
	g_free(job);
}

static void
tell_all(RpStore *store)
{
	Job *job;

	while ((job = g_async_queue_try_pop(store->done)))
		tell(job);
}

static gboolean
on_wake(gint fd, GIOCondition condition, gpointer user)
{
	guint64 count;

	if (read(fd, &count, sizeof count) == sizeof count)
		tell_all(user);
	return G_SOURCE_CONTINUE;
}

static void
push(RpStore *store, JobKind kind, RpStoreMail *mail, GByteArray *data)
{
	Job *job = g_new(Job, 1);

	*job = (Job){kind, mail, data};
	g_async_queue_push(store->jobs, job);
}

RpStore *
rp_store_new(const char *state_dir)
{
	RpStore *store = g_new0(RpStore, 1);

	store->state_dir = g_strdup(state_dir);
	store->jobs = g_async_queue_new();
	store->done = g_async_queue_new();
	store->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (store->wake < 0)
		g_error("eventfd: %s", g_strerror(errno)); /* only without memory or descriptors */
	store->source = g_unix_fd_add(store->wake, G_IO_IN, on_wake, store);
	store->thread = g_thread_new("store", run, store);
	return store;
}

void
rp_store_free(RpStore *store)
{
	if (!store)
		return;
	push(store, JOB_STOP, NULL, NULL);
	g_thread_join(store->thread);
	tell_all(store);
	g_source_remove(store->source);
	rp_fd_clear(&store->wake);
	g_async_queue_unref(store->jobs);
	g_async_queue_unref(store->done);
	g_free(store->state_dir);
	g_free(store);
}

RpStoreMail *
rp_store_begin(RpStore *store, const RpSmtpServerEnvelope *envelope, const RpStoreFuncs *funcs,
	gpointer user)
{
	RpStoreMail *mail = g_new0(RpStoreMail, 1);

	mail->store = store;
	mail->funcs = funcs;
	mail->user = user;
	mail->request = rp_submit_request_new(envelope);
	return mail;
}

void
rp_store_write(RpStoreMail *mail, GByteArray *data)
{
	push(mail->store, JOB_WRITE, mail, data);
}

void
rp_store_end(RpStoreMail *mail, GByteArray *data)
{
	mail->ended = TRUE;
	push(mail->store, JOB_END, mail, data);
}

void
rp_store_drop(RpStoreMail *mail)
{
	mail->funcs = NULL;
	if (mail->ended)
		return;
	mail->ended = TRUE;
	push(mail->store, JOB_DROP, mail, NULL);
}
