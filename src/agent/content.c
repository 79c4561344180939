/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "beside.h"
#include "service-private.h"

#include "roampost/base.h"
#include "roampost/language.h"
#include "roampost/mailbox.h"
#include "roampost/submit.h"

#include <gio/gio.h>
#include <sys/mman.h>
#include <unistd.h>

/* Content comes and goes over D-Bus as a descriptor, and is read and written beside the main loop.
 */

/* ---- in ---- */

/* As the SMTP server's: who says nothing for so long holds up others. */
#define PATIENCE (5 * 60)

typedef struct {
	RpFd message;
	char *state_dir;
	char *sender;
	char **recipients;
	char *set;
	gboolean hold;
	RpTime not_before;
} RpSubmitJob;

static void
submit_job_free(gpointer data)
{
	RpSubmitJob *job = data;

	rp_fd_clear(&job->message);
	g_free(job->state_dir);
	g_free(job->sender);
	g_strfreev(job->recipients);
	g_free(job->set);
	g_free(job);
}

static void
run_submit(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	RpSubmitJob *job = data;
	RpSubmitRequest request = {
		.state_dir = job->state_dir,
		.sender = g_str_equal(job->sender, "<>") ? ""
			  : *job->sender                 ? job->sender
							 : NULL,
		.recipients = (const char *const *)job->recipients,
		.pin = job->set,
		.hold = job->hold,
		.not_before = job->not_before,
		.patience = PATIENCE,
	};
	GError *error = NULL;
	RpMessageId id = 0;
	char text[RP_MESSAGE_ID_SIZE];

	if (rp_submit_fd(&request, job->message, &id, &error))
		g_task_return_pointer(
			task, g_strdup(id ? rp_message_id_format(id, text) : ""), g_free);
	else
		g_task_return_error(task, error);
}

static void
on_submitted(GObject *source, GAsyncResult *result, gpointer user)
{
	GError *error = NULL;
	g_autofree char *id = g_task_propagate_pointer(G_TASK(result), &error);

	if (error)
		rp_bus_call_fail(user, error);
	else
		rp_bus_call_return(user, g_variant_new("(s)", id));
}

/* At least one, and none that is a list: whoever lets others fill in an address gives it to this
 * method as one, and must not send to more by that. What an address is the submission says. */
static gboolean
each_is_one(RpBusCall *call, const char *const *recipients)
{
	if (!recipients[0]) {
		rp_bus_call_refuse(call, RP_ERROR_INVALID, _("there is no recipient"));
		return FALSE;
	}
	if (!rp_args_named(call, recipients, RP_ARGS_ADDRESS_LONGEST))
		return FALSE;
	for (; *recipients; recipients++) {
		g_auto(GStrv) list = rp_mailbox_list_read(*recipients, -1, NULL);

		if (!list || g_strv_length(list) == 1)
			continue;
		rp_bus_call_refuse(call, RP_ERROR_INVALID,
			list[0] ? _("“%s” is more than one address: name each by itself")
				: _("“%s” names no recipient"),
			*recipients);
		return FALSE;
	}
	return TRUE;
}

void
rp_service_submit(RpBusCall *call, GVariant *arguments, gpointer data)
{
	RpAgent *agent = data;
	g_auto(RpFd) message = rp_bus_call_take_fd(call);
	g_autofree const char **recipients = NULL;
	g_autoptr(GVariant) options = NULL;
	const char *sender, *set = NULL;
	gboolean hold = FALSE;
	RpTime not_before = 0;
	RpSubmitJob *job;

	g_variant_get(arguments, "(h&s^a&s@a{sv})", NULL, &sender, &recipients, &options);
	g_variant_lookup(options, "set", "&s", &set);
	g_variant_lookup(options, "hold", "b", &hold);
	g_variant_lookup(options, "not-before", "x", &not_before);
	if (message < 0) {
		rp_bus_call_refuse(call, RP_ERROR_IO,
			_("no descriptor came with the call, or it can't be taken over"));
		return;
	}
	if (!each_is_one(call, recipients))
		return;
	if ((set && !rp_args_set(agent, call, set)) || !rp_args_not_before(agent, call, not_before))
		return;
	job = g_new0(RpSubmitJob, 1);
	job->message = rp_fd_steal(&message);
	job->state_dir = g_strdup(rp_queue_dir(agent->ground.queue));
	job->sender = g_strdup(sender);
	job->recipients = g_strdupv((char **)recipients);
	job->set = g_strdup(set);
	job->hold = hold;
	job->not_before = not_before;
	rp_beside_run(agent->beside, call,
		&(RpBesideWork){
			job->message, PATIENCE, run_submit, on_submitted, job, submit_job_free});
}

/* ---- out: a copy in memory; its reader may take its time, and holds nothing of the queue ---- */

typedef struct {
	char *state_dir;
	RpMessageId id;
	RpFd fd; /* the copy */
} RpOpenJob;

static void
open_job_free(gpointer data)
{
	RpOpenJob *job = data;

	g_free(job->state_dir);
	rp_fd_clear(&job->fd);
	g_free(job);
}

static gboolean
copy_content(const RpOpenJob *job, RpQueue *queue, GError **error)
{
	g_autofree char *buffer = g_malloc(65536);
	gint64 offset = 0;

	for (;;) {
		gssize n = rp_queue_read(queue, job->id, offset, buffer, 65536, error);

		if (n < 0)
			return FALSE;
		if (n == 0)
			return lseek(job->fd, 0, SEEK_SET) == 0;
		if (!rp_write_all(job->fd, buffer, (gsize)n)) {
			g_set_error_literal(error, RP_ERROR, RP_ERROR_FULL,
				_("there is no memory for a copy of the message"));
			return FALSE;
		}
		offset += n;
	}
}

static void
run_open(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	RpOpenJob *job = data;
	GError *error = NULL;
	/* A handle is its thread's. */
	g_autoptr(RpQueue) queue = rp_queue_open(job->state_dir, RP_QUEUE_READER, &error);

	if (queue && copy_content(job, queue, &error))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

static void
on_opened(GObject *source, GAsyncResult *result, gpointer user)
{
	RpOpenJob *job = g_task_get_task_data(G_TASK(result));
	GError *error = NULL;

	if (g_task_propagate_boolean(G_TASK(result), &error))
		rp_bus_call_return_fd(user, rp_fd_steal(&job->fd));
	else
		rp_bus_call_fail(user, error);
}

void
rp_service_open(RpBusCall *call, GVariant *arguments, gpointer data)
{
	RpAgent *agent = data;
	g_auto(RpFd) fd = -1;
	const char *id;
	RpMessageId number;
	RpOpenJob *job;

	g_variant_get(arguments, "(&s)", &id);
	if (!rp_args_id(agent, call, id, &number))
		return;
	fd = memfd_create("roampost-message", MFD_CLOEXEC);
	if (fd < 0) {
		rp_bus_call_refuse(
			call, RP_ERROR_FULL, _("there is no memory for a copy of the message"));
		return;
	}
	job = g_new(RpOpenJob, 1);
	*job = (RpOpenJob){g_strdup(rp_queue_dir(agent->ground.queue)), number, rp_fd_steal(&fd)};
	rp_beside_run(agent->beside, call,
		&(RpBesideWork){-1, 0, run_open, on_opened, job, open_job_free});
}
