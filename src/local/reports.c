/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "report-of.h"

#include "roampost/base.h"
#include "roampost/local-delivery.h"
#include "roampost/mail-file.h"

/* Reports of what was refused for good, into the maildir. That one is due is written with the
 * refusal itself; it is parked, noted, shown, and then done, so that each of these steps may be
 * the last of this agent: the next one goes on from there, and the sender sees one report. */

/* The maildir could not be written: first, and last, pause. */
#define PAUSE_FIRST G_TIME_SPAN_MINUTE
#define PAUSE_LAST G_TIME_SPAN_HOUR

typedef struct {
	RpLocalDelivery *local;
	RpMessageId id;
	GArray *due; /* of RpRefusal: those in it */
	char *path;
} Job;

struct RpReports {
	const RpGround *ground;
	Job *job; /* the one that is being made */
	GSource *over;
	gboolean stopped;
	RpTime retry_at; /* G_MAXINT64: nothing failed */
	RpSpan pause;
};

static void
job_free(Job *job)
{
	if (!job)
		return;
	rp_local_delivery_free(job->local);
	g_array_unref(job->due);
	g_free(job->path);
	g_free(job);
}

/* ---- the steps ---- */

static gboolean
on_over(gpointer user)
{
	RpReports *reports = user;

	g_clear_pointer(&reports->over, g_source_unref);
	g_clear_pointer(&reports->job, job_free);
	rp_reports_make(reports);
	return G_SOURCE_REMOVE;
}

/* Later, since the local delivery can't be freed from what it calls. */
static void
end_job(RpReports *reports)
{
	if (reports->over)
		return;
	reports->over = g_idle_source_new();
	g_source_set_callback(reports->over, on_over, reports, NULL);
	g_source_attach(reports->over, g_main_context_get_thread_default());
}

static void
try_later(RpReports *reports, const char *why)
{
	g_warning("a delivery report can't be written, it is tried again: %s", why);
	reports->pause = CLAMP(reports->pause * 2, PAUSE_FIRST, PAUSE_LAST);
	reports->retry_at = rp_ground_now(reports->ground) + reports->pause;
}

static void
fail(RpReports *reports, const char *why)
{
	try_later(reports, why);
	rp_timer_changed(reports->ground->timer);
	end_job(reports);
}

static void
on_done(const GError *error, gpointer user)
{
	RpReports *reports = user;

	if (!error)
		reports->pause = 0;
	end_job(reports);
}

static RpQueueChange *
make_done(RpTime now, gpointer user)
{
	const Job *job = ((const RpReports *)user)->job;
	RpQueueChange *change = rp_queue_change_new(now);

	for (guint i = 0; i < job->due->len; i++)
		rp_change_report_done(change, g_array_index(job->due, RpRefusal, i).number);
	return change;
}

static RpQueueChange *
make_parked(RpTime now, gpointer user)
{
	const Job *job = ((const RpReports *)user)->job;
	RpQueueChange *change = rp_queue_change_new(now);

	for (guint i = 0; i < job->due->len; i++)
		rp_change_report_parked(
			change, g_array_index(job->due, RpRefusal, i).number, job->path);
	return change;
}

static void
on_parked(const GError *error, gpointer user)
{
	RpReports *reports = user;

	if (error) /* the agent ends: the next one makes it anew */
		end_job(reports);
	else
		rp_local_delivery_show(reports->job->local, NULL, reports->job->path);
}

static void
on_local_event(const RpLocalEvent *event, gpointer user)
{
	RpReports *reports = user;

	switch (event->kind) {
	case RP_LOCAL_PARKED:
		reports->job->path = g_strdup(event->path);
		rp_durable_write(reports->ground->durable, make_parked, on_parked, reports);
		break;
	case RP_LOCAL_SHOWN:
	case RP_LOCAL_DELIVERED:
		rp_durable_write(reports->ground->durable, make_done, on_done, reports);
		break;
	case RP_LOCAL_FAILED:
		fail(reports, event->error);
		break;
	case RP_LOCAL_ROOM:
		break;
	}
}

/* ---- what is to be made ---- */

/* The recipients of the first message that has some. */
static Job *
next_job(RpReports *reports)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) all = rp_queue_load_reports(reports->ground->queue, &error);
	Job *job = NULL;

	if (!all)
		g_warning("which reports are due can't be read: %s", error->message);
	for (guint i = 0; all && i < all->len; i++) {
		const RpReportDue *due = all->pdata[i];

		if (due->file || (job && due->id != job->id))
			continue;
		if (!job) {
			job = g_new0(Job, 1);
			job->id = due->id;
			job->due = g_array_new(FALSE, FALSE, sizeof(RpRefusal));
		}
		g_array_append_val(job->due, ((RpRefusal){due->number, due->recipient}));
	}
	return job;
}

static void
hand_over(RpReports *reports, const GString *mail)
{
	const RpAgentOptions *options = rp_ground_options(reports->ground);
	Job *job = reports->job;
	char text[RP_MESSAGE_ID_SIZE];

	g_message("%s: a delivery report is written", rp_message_id_format(job->id, text));
	job->local = rp_local_delivery_new(options->maildir, options->mda, on_local_event, reports);
	rp_local_delivery_begin(job->local, NULL);
	rp_local_delivery_data(job->local, mail->str, mail->len);
	rp_local_delivery_end(job->local);
}

void
rp_reports_make(RpReports *reports)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) mail = NULL;

	if (reports->stopped || reports->job || reports->retry_at != G_MAXINT64)
		return;
	reports->job = next_job(reports);
	if (!reports->job)
		return;
	mail = rp_report_of(reports->ground, reports->job->id, reports->job->due, &error);
	if (mail)
		hand_over(reports, mail);
	else if (!error || g_error_matches(error, RP_ERROR, RP_ERROR_NOT_FOUND))
		rp_durable_write(reports->ground->durable, make_done, on_done, reports);
	else
		fail(reports, error->message);
}

/* What was parked and could not be shown yet, by this agent or an earlier one. */
static void
show_parked(RpReports *reports)
{
	const RpGround *ground = reports->ground;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) all = rp_queue_load_reports(ground->queue, &error);
	RpQueueChange *change = rp_queue_change_new(rp_ground_now(ground));

	for (guint i = 0; all && i < all->len && !error; i++) {
		const RpReportDue *due = all->pdata[i];
		const char *const paths[] = {due->file, NULL};

		if (due->file && rp_mail_file_show(paths, &error))
			rp_change_report_shown(change, due->file);
	}
	rp_writes_apply(ground->writes, change, NULL, NULL);
	if (error)
		try_later(reports, error->message);
}

RpTime
rp_reports_next_deadline(const RpReports *reports)
{
	return reports->retry_at;
}

void
rp_reports_due(RpReports *reports)
{
	RpTime now = rp_ground_now(reports->ground);

	/* A clock that was put back does not make it later. */
	if (reports->retry_at == G_MAXINT64 ||
		(reports->retry_at > now && reports->retry_at - now <= PAUSE_LAST))
		return;
	reports->retry_at = G_MAXINT64;
	show_parked(reports);
	rp_reports_make(reports);
}

gboolean
rp_reports_are_idle(const RpReports *reports)
{
	return !reports->job;
}

/* ---- life ---- */

RpReports *
rp_reports_new(const RpGround *ground)
{
	RpReports *reports = g_new0(RpReports, 1);

	reports->ground = ground;
	reports->retry_at = G_MAXINT64;
	return reports;
}

void
rp_reports_start(RpReports *reports)
{
	show_parked(reports);
	rp_reports_make(reports);
}

void
rp_reports_stop(RpReports *reports)
{
	reports->stopped = TRUE;
	if (reports->job && reports->job->local)
		rp_local_delivery_hurry(reports->job->local);
}

void
rp_reports_free(RpReports *reports)
{
	if (!reports)
		return;
	rp_source_clear(&reports->over);
	job_free(reports->job);
	g_free(reports);
}
