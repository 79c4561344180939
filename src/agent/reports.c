/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "fetch-private.h"

#include "roampost/mail-file.h"
#include "roampost/report.h"

#include <string.h>

/* Reports of what was refused for good, into the maildir. That one is due is written with the
 * refusal itself; it is parked, noted, shown, and then done, so that each of these steps may be the
 * last of this agent: the next one goes on from there, and the sender sees one report. */

#define MAX_HEADER (256 * 1024)
/* The maildir could not be written: first, and last, pause. */
#define PAUSE_FIRST G_TIME_SPAN_MINUTE
#define PAUSE_LAST G_TIME_SPAN_HOUR

typedef struct {
	gint64 number; /* RpReportDue's */
	guint recipient;
} Due;

typedef struct {
	RpMailroom *room;
	RpMessageId id;
	GArray *due; /* Due: the refusals in it */
	char *path;
} Job;

struct RpReports {
	RpAgent *agent;
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
	rp_mailroom_free(job->room);
	g_array_unref(job->due);
	g_free(job->path);
	g_free(job);
}

/* ---- its content ---- */

/* Up to the empty line; what is longer than any header is cut at a line's end. */
static GString *
read_header(RpAgent *agent, RpMessageId id, GError **error)
{
	g_autoptr(GString) header = g_string_new(NULL);
	g_autofree char *buffer = g_malloc(65536);
	const char *last;

	while (header->len < MAX_HEADER) {
		gssize n =
			rp_queue_read(agent->queue, id, (gint64)header->len, buffer, 65536, error);
		char *end;

		if (n < 0)
			return NULL;
		g_string_append_len(header, buffer, n);
		end = memmem(header->str, header->len, "\r\n\r\n", 4);
		if (end)
			g_string_truncate(header, (gsize)(end - header->str) + 2);
		if (end || n == 0)
			return g_steal_pointer(&header);
	}
	last = memrchr(header->str, '\n', MAX_HEADER);
	g_string_truncate(header, last ? (gsize)(last - header->str) + 1 : 0);
	return g_steal_pointer(&header);
}

static gboolean
is_among(const GArray *due, guint recipient)
{
	for (guint i = 0; i < due->len; i++)
		if (g_array_index(due, Due, i).recipient == recipient)
			return TRUE;
	return FALSE;
}

static guint
collect(const Job *job, const RpQueueMessage *message, RpReportRecipient *into)
{
	guint n = 0;

	for (guint i = 0; i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];

		if (recipient->state != RP_RECIPIENT_DEAD || !is_among(job->due, recipient->number))
			continue;
		into[n++] = (RpReportRecipient){
			.address = recipient->address,
			.original = recipient->dsn_original,
			.set = recipient->set,
			.reply = recipient->reply,
			.time = recipient->time,
		};
	}
	return n;
}

/* NULL: an error, or (without one) there is nothing to report any more. */
static GString *
compose(RpAgent *agent, const Job *job, GError **error)
{
	g_autoptr(RpQueueMessage) message = rp_queue_get(agent->queue, job->id, error);
	g_autofree RpReportRecipient *recipients = NULL;
	g_autoptr(GString) header = NULL;
	char id[RP_MESSAGE_ID_SIZE];
	RpReport report;

	if (!message)
		return NULL;
	recipients = g_new0(RpReportRecipient, message->recipients->len);
	report = (RpReport){
		.id = rp_message_id_format(job->id, id),
		.sender = message->sender,
		.envelope_id = message->dsn_envid,
		.host = g_get_host_name(),
		.created = message->created,
		.now = rp_agent_now(agent),
		.recipients = recipients,
		.n_recipients = collect(job, message, recipients),
	};
	if (report.n_recipients == 0)
		return NULL;
	header = read_header(agent, job->id, error);
	if (!header)
		return NULL;
	report.header = header->str;
	report.header_size = header->len;
	return rp_report_compose(&report, error);
}

/* ---- the steps ---- */

static gboolean
on_over(gpointer user)
{
	RpReports *reports = user;

	g_clear_pointer(&reports->over, g_source_unref);
	g_clear_pointer(&reports->job, job_free);
	rp_reports_make(reports->agent);
	return G_SOURCE_REMOVE;
}

/* Later, since the mailroom can't be freed from what it calls. */
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
	reports->retry_at = rp_agent_now(reports->agent) + reports->pause;
}

static void
fail(RpReports *reports, const char *why)
{
	try_later(reports, why);
	rp_agent_schedule(reports->agent);
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
make_done(RpAgent *agent, gpointer user)
{
	const Job *job = ((RpReports *)user)->job;
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

	for (guint i = 0; i < job->due->len; i++)
		rp_change_report_done(change, g_array_index(job->due, Due, i).number);
	return change;
}

static RpQueueChange *
make_parked(RpAgent *agent, gpointer user)
{
	const Job *job = ((RpReports *)user)->job;
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

	for (guint i = 0; i < job->due->len; i++)
		rp_change_report_parked(change, g_array_index(job->due, Due, i).number, job->path);
	return change;
}

static void
on_parked(const GError *error, gpointer user)
{
	RpReports *reports = user;

	if (error) /* the agent ends: the next one makes it anew */
		end_job(reports);
	else
		rp_mailroom_show(reports->job->room, NULL, reports->job->path);
}

static void
on_news(const RpMailroomNews *news, gpointer user)
{
	RpReports *reports = user;

	switch (news->kind) {
	case RP_MAILROOM_PARKED:
		reports->job->path = g_strdup(news->path);
		rp_insist(reports->agent, make_parked, on_parked, reports);
		break;
	case RP_MAILROOM_SHOWN:
	case RP_MAILROOM_DELIVERED:
		rp_insist(reports->agent, make_done, on_done, reports);
		break;
	case RP_MAILROOM_FAILED:
		fail(reports, news->error);
		break;
	case RP_MAILROOM_ROOM:
		break;
	}
}

/* ---- what is to be made ---- */

/* The recipients of the first message that has some. */
static Job *
next_job(RpReports *reports)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) all = rp_queue_load_reports(reports->agent->queue, &error);
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
			job->due = g_array_new(FALSE, FALSE, sizeof(Due));
		}
		g_array_append_val(job->due, ((Due){due->number, due->recipient}));
	}
	return job;
}

static void
hand_over(RpReports *reports, const GString *mail)
{
	const RpAgentOptions *options = rp_config_agent(reports->agent->config);
	Job *job = reports->job;
	char text[RP_MESSAGE_ID_SIZE];

	g_message("%s: a delivery report is written", rp_message_id_format(job->id, text));
	job->room = rp_mailroom_new(options->maildir, options->mda, on_news, reports);
	rp_mailroom_begin(job->room, NULL);
	rp_mailroom_data(job->room, mail->str, mail->len);
	rp_mailroom_end(job->room);
}

void
rp_reports_make(RpAgent *agent)
{
	RpReports *reports = agent->reports;
	g_autoptr(GError) error = NULL;
	g_autoptr(GString) mail = NULL;

	if (reports->stopped || reports->job || reports->retry_at != G_MAXINT64)
		return;
	reports->job = next_job(reports);
	if (!reports->job)
		return;
	mail = compose(agent, reports->job, &error);
	if (mail)
		hand_over(reports, mail);
	else if (!error || g_error_matches(error, RP_ERROR, RP_ERROR_NOT_FOUND))
		rp_insist(agent, make_done, on_done, reports);
	else
		fail(reports, error->message);
}

/* What was parked and could not be shown yet, by this agent or an earlier one. */
static void
show_parked(RpAgent *agent)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) all = rp_queue_load_reports(agent->queue, &error);
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

	for (guint i = 0; all && i < all->len && !error; i++) {
		const RpReportDue *due = all->pdata[i];
		const char *const paths[] = {due->file, NULL};

		if (due->file && rp_mail_file_show(paths, &error))
			rp_change_report_shown(change, due->file);
	}
	rp_agent_write(agent, change, NULL, NULL);
	if (error)
		try_later(agent->reports, error->message);
}

RpTime
rp_reports_next_deadline(const RpAgent *agent)
{
	return agent->reports->retry_at;
}

void
rp_reports_due(RpAgent *agent)
{
	if (agent->reports->retry_at > rp_agent_now(agent))
		return;
	agent->reports->retry_at = G_MAXINT64;
	show_parked(agent);
	rp_reports_make(agent);
}

gboolean
rp_reports_are_idle(const RpAgent *agent)
{
	return !agent->reports->job;
}

/* ---- life ---- */

void
rp_reports_init(RpAgent *agent)
{
	agent->reports = g_new0(RpReports, 1);
	agent->reports->agent = agent;
	agent->reports->retry_at = G_MAXINT64;
	show_parked(agent);
	rp_reports_make(agent);
}

void
rp_reports_stop(RpAgent *agent)
{
	RpReports *reports = agent->reports;

	reports->stopped = TRUE;
	if (reports->job && reports->job->room)
		rp_mailroom_hurry(reports->job->room);
}

void
rp_reports_free(RpAgent *agent)
{
	RpReports *reports = agent->reports;

	rp_source_clear(&reports->over);
	job_free(reports->job);
	g_clear_pointer(&agent->reports, g_free);
}
