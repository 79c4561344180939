/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Reports of what was refused for good: what is in them, and that there is one of each refusal,
 * whenever the agent ends. */
#include "fixture.h"

#include "roampost/base.h"
#include "roampost/mail-file.h"
#include "roampost/queue-records.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <gmime/gmime.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char *
maildir_path(const Fixture *f, const char *folder)
{
	return g_build_filename(f->dir, "Maildir", folder, NULL);
}

/* The texts of the mails in a folder of the maildir. */
static GPtrArray *
mails_in(const Fixture *f, const char *folder)
{
	GPtrArray *mails = g_ptr_array_new_with_free_func(g_free);
	g_autofree char *path = maildir_path(f, folder);
	g_autoptr(GDir) dir = g_dir_open(path, 0, NULL);
	const char *name;

	while (dir && (name = g_dir_read_name(dir))) {
		g_autofree char *file = g_build_filename(path, name, NULL);
		char *text;

		g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
		g_ptr_array_add(mails, text);
	}
	return mails;
}

static guint
n_reports(const Fixture *f)
{
	g_autoptr(GPtrArray) mails = mails_in(f, "new");

	return mails->len;
}

static guint
n_due(const Fixture *f)
{
	g_autoptr(GPtrArray) due = rp_queue_load_reports(f->reader, NULL);

	return due->len;
}

static GMimeMessage *
parse(const char *text)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer(text, strlen(text));
	GMimeParser *parser = g_mime_parser_new_with_stream(stream);
	GMimeMessage *message = g_mime_parser_construct_message(parser, NULL);

	g_object_unref(parser);
	g_object_unref(stream);
	g_assert_nonnull(message);
	return message;
}

static char *
part_text(GMimeMultipart *whole, int index, const char *type)
{
	GMimeObject *part = g_mime_multipart_get_part(whole, index);
	g_autofree char *got =
		g_mime_content_type_get_mime_type(g_mime_object_get_content_type(part));
	GMimeStream *stream = g_mime_stream_mem_new();
	GByteArray *bytes;
	char *text;

	g_assert_cmpstr(got, ==, type);
	g_mime_data_wrapper_write_to_stream(g_mime_part_get_content(GMIME_PART(part)), stream);
	bytes = g_mime_stream_mem_get_byte_array(GMIME_STREAM_MEM(stream));
	text = g_strndup((const char *)bytes->data, bytes->len);
	g_object_unref(stream);
	return text;
}

static void
assert_has(const char *text, const char *words)
{
	if (!strstr(text, words))
		g_error("\"%s\" is not in:\n%s", words, text);
}

/* With what the sender wants to hear of it. */
static RpMessageId
submit_dsn(Fixture *f, const char *from, const char *to, const char *notify, const char *original,
	const char *envelope_id)
{
	g_auto(GStrv) recipients = g_strsplit(to, ",", -1);
	g_autoptr(RpSubmission) submission = rp_submission_new(f->reader);
	g_autoptr(GError) error = NULL;
	const char *const notify_all[] = {notify, notify};
	const char *const original_all[] = {original, NULL};
	RpEnvelope envelope = {
		.sender = from,
		.header_from = "taro@odn.example",
		.recipients = (const char *const *)recipients,
		.n_recipients = g_strv_length(recipients),
		.dsn_notify = notify_all,
		.dsn_original = original_all,
		.dsn_envid = envelope_id,
	};
	RpMessageId id = 0;

	g_assert_cmpuint(envelope.n_recipients, <=, 2);
	rp_submission_write(submission, "Subject: x\r\n\r\nx\r\n", 17, &error);
	g_assert_no_error(error);
	rp_submission_commit(submission, &envelope, &id, &error);
	g_assert_no_error(error);
	settle(f);
	return id;
}

/* ---- what is in it ---- */

static void
test_content(Fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) mails = NULL;
	g_autofree char *text = NULL, *status = NULL, *header = NULL, *where = NULL;
	GMimeMessage *message;
	GMimeMultipart *whole;
	char id[RP_MESSAGE_ID_SIZE];

	reply(f->fake, "a@x.example", "550 5.1.1 <a@x.example>: User unknown");
	reply(f->fake, "c@x.example", "550 no such user: \303\244\001");
	network(f, "203.0.113.7");
	rp_message_id_format(
		submit(f, "taro@odn.example", "a@x.example,b@x.example,c@x.example"), id);
	mails = mails_in(f, "new");
	g_assert_cmpuint(mails->len, ==, 1);
	g_assert_true(g_str_has_prefix(mails->pdata[0], "Return-Path: <>\n"));
	assert_has(mails->pdata[0], "\nAuto-Submitted: auto-replied\n");
	assert_has(mails->pdata[0], "\nTo: taro@odn.example\n");
	assert_has(mails->pdata[0], "report-type=delivery-status");
	message = parse(mails->pdata[0]);
	g_assert_cmpstr(g_mime_message_get_subject(message), ==, "Not delivered: x");
	whole = GMIME_MULTIPART(g_mime_message_get_mime_part(message));
	g_assert_cmpint(g_mime_multipart_get_count(whole), ==, 3);
	text = part_text(whole, 0, "text/plain");
	assert_has(text,
		"a@x.example\n    odn's server said: 550 5.1.1 <a@x.example>: User unknown\n");
	where = g_strdup_printf("roampost retry %s", id);
	assert_has(text, where);
	g_assert_null(strstr(text, "b@x.example"));
	status = part_text(whole, 1, "message/delivery-status");
	assert_has(status, "\nArrival-Date: ");
	assert_has(status,
		"\n\nFinal-Recipient: rfc822; a@x.example\nAction: failed\nStatus: 5.1.1\n"
		"Diagnostic-Code: smtp; 550 5.1.1 <a@x.example>: User unknown\n"
		"Last-Attempt-Date: Wed, 18 May 2033 03:33:20 +0000\n");
	assert_has(status,
		"\n\nFinal-Recipient: rfc822; c@x.example\nAction: failed\nStatus: 5.0.0\n"
		"Diagnostic-Code: smtp; 550 no such user: ?? \n");
	header = part_text(whole, 2, "text/rfc822-headers");
	g_assert_cmpstr(header, ==, "Subject: x\n");
	g_object_unref(message);
	g_assert_cmpuint(n_due(f), ==, 0);
}

/* Addresses and headers outside ASCII, and what the sender's program called them (RFC 6533, RFC
 * 3461). */
static void
test_names(Fixture *f, gconstpointer data)
{
	g_autoptr(GPtrArray) mails = NULL;
	GMimeMessage *message;
	g_autofree char *status = NULL;

	reply(f->fake, "\303\274@x.example", "550 5.1.1 User unknown");
	network(f, "203.0.113.7");
	submit_dsn(f, "taro@odn.example", "\303\274@x.example", NULL, "utf-8;u@old.example", "abc");
	mails = mails_in(f, "new");
	g_assert_cmpuint(mails->len, ==, 1);
	message = parse(mails->pdata[0]);
	status = part_text(GMIME_MULTIPART(g_mime_message_get_mime_part(message)), 1,
		"message/global-delivery-status");
	g_assert_true(g_str_has_prefix(status, "Original-Envelope-Id: abc\nReporting-MTA: dns; "));
	assert_has(status, "\n\nOriginal-Recipient: utf-8;u@old.example\n"
			   "Final-Recipient: utf-8; \303\274@x.example\nAction: failed\n");
	g_object_unref(message);
}

/* ---- when there is one ---- */

typedef struct {
	const char *name;
	const char *from, *to;
	const char *config;
	guint want_reports, want_announced;
	const char *notify; /* RFC 3461, of all recipients */
} WhenCase;

static const WhenCase when_cases[] = {
	{"dead", "taro@odn.example", "dead@x.example", "", 1, 1},
	{"two dead share one", "taro@odn.example", "dead@x.example,dead2@x.example", "", 1, 1},
	{"no sender", "", "dead@odn.example", "", 0, 1},
	{"not for what waits for the user", "taro@odn.example", "rejected@x.example", "", 0, 0},
	{"not wanted", "taro@odn.example", "dead@x.example", "reports=notify\n", 0, 1},
	{"no notice wanted", "taro@odn.example", "dead@x.example", "reports=maildir\n", 1, 0},
	{"neither", "taro@odn.example", "dead@x.example", "reports=none\n", 0, 0},
	{"never, says the sender", "taro@odn.example", "dead@x.example", "", 0, 1, "NEVER"},
	{"of other things, says the sender", "taro@odn.example", "dead@x.example", "", 0, 1,
		"SUCCESS,DELAY"},
	{"of failures, says the sender", "taro@odn.example", "dead@x.example", "", 1, 1,
		"SUCCESS,FAILURE"},
};

static void
script_dead(Fixture *f)
{
	reply(f->fake, "dead@x.example", "550 5.1.1 User unknown");
	reply(f->fake, "dead2@x.example", "550 5.1.1 User unknown");
	reply(f->fake, "dead@odn.example", "550 5.1.1 User unknown");
	reply(f->fake, "rejected@x.example", "554 no");
}

static void
restart(Fixture *f, const char *more)
{
	rp_agent_free(f->agent);
	start_with(f, more);
}

static void
test_when(Fixture *f, gconstpointer data)
{
	const WhenCase *c = data;
	g_autofree char *config = g_strconcat("[agent]\n", c->config,
		"[server-set nobody]\nidentities=@odn.example\nrelay=anywhere\ncarries=any\n"
		"smtp=smtp://127.0.0.1:5\nsmtp-tls=off\n",
		NULL);

	restart(f, config);
	script_dead(f);
	network(f, "203.0.113.7");
	submit_dsn(f, c->from, c->to, c->notify, NULL, NULL);
	g_assert_cmpuint(n_reports(f), ==, c->want_reports);
	g_assert_cmpuint(f->notifier->n_announced, ==, c->want_announced);
	restart(f, config);
	network(f, "203.0.113.7");
	g_assert_cmpuint(n_reports(f), ==, c->want_reports);
}

/* Another refusal is another report; and one that the user sets free is no reason for one. */
static void
test_again(Fixture *f, gconstpointer data)
{
	RpQueueChange *change = rp_queue_change_new(test_time);
	RpMessageId id;

	script_dead(f);
	network(f, "203.0.113.7");
	id = submit(f, "taro@odn.example", "dead@x.example");
	test_time += G_TIME_SPAN_SECOND;
	rp_change_retry(change, id);
	apply(f, change);
	g_assert_cmpuint(n_reports(f), ==, 2);
	assert_state(f, id, "failed");
}

/* ---- whenever the agent ends ---- */

/* The agent ends right after the refusal was written. */
static RpMessageId
refuse_without_agent(Fixture *f)
{
	static const RpRecipientResult dead = {0, RP_RECIPIENT_DEAD, "550 no such user", TRUE};
	g_autoptr(GError) error = NULL;
	RpMessageId id = submit_only(f, "taro@odn.example", "a@x.example");
	RpQueueChange *change = rp_queue_change_new(test_time);
	RpQueue *queue;

	rp_agent_free(f->agent);
	queue = rp_queue_open(f->dir, RP_QUEUE_AGENT, &error);
	g_assert_no_error(error);
	rp_change_sending(change, id);
	rp_change_outcome(change, id, &dead, 1, &(RpOutcomeWay){"odn", NULL});
	g_assert_true(rp_queue_apply(queue, change, &error));
	rp_queue_close(queue);
	return id;
}

static gint64
due_number(const Fixture *f)
{
	g_autoptr(GPtrArray) due = rp_queue_load_reports(f->reader, NULL);

	g_assert_cmpuint(due->len, ==, 1);
	return ((RpReportDue *)due->pdata[0])->number;
}

/* What an agent had parked when it ended; `noted`: and had written so. */
static char *
park(Fixture *f, gboolean noted)
{
	g_autofree char *maildir = g_build_filename(f->dir, "Maildir", NULL);
	g_autoptr(RpMailFile) file = rp_mail_file_new(maildir, NULL, NULL);
	RpQueueChange *change = rp_queue_change_new(test_time);
	char *path;

	g_assert_true(rp_mail_file_write(file, "parked\n", 7, NULL));
	path = rp_mail_file_park(file, NULL);
	g_assert_nonnull(path);
	if (noted)
		rp_change_report_parked(change, due_number(f), path);
	g_assert_true(rp_queue_apply(f->reader, change, NULL));
	return path;
}

typedef enum { END_REFUSED, END_PARKED, END_NOTED, END_SHOWN } End;

static void
test_end(Fixture *f, gconstpointer data)
{
	End end = GPOINTER_TO_UINT(data);
	g_autofree char *path = NULL;
	g_autoptr(GPtrArray) mails = NULL;

	refuse_without_agent(f);
	g_assert_cmpuint(n_due(f), ==, 1);
	if (end >= END_PARKED)
		path = park(f, end >= END_NOTED);
	if (end >= END_SHOWN) {
		const char *const paths[] = {path, NULL};

		g_assert_true(rp_mail_file_show(paths, NULL));
	}
	for (guint i = 0; i < 2; i++) {
		start(f);
		network(f, "203.0.113.7");
		g_assert_cmpuint(n_reports(f), ==, 1);
		g_assert_cmpuint(n_due(f), ==, 0);
		if (i == 0)
			rp_agent_free(f->agent);
	}
	mails = mails_in(f, "new");
	g_assert_cmpint(g_str_equal(mails->pdata[0], "parked\n"), ==, end >= END_NOTED);
}

/* What was parked and can't be shown is tried again too. */
static void
test_not_shown(Fixture *f, gconstpointer data)
{
	refuse_without_agent(f);
	g_autofree char *path = park(f, TRUE);
	g_autofree char *folder = maildir_path(f, "new");
	GLogLevelFlags fatal = g_log_set_always_fatal(G_LOG_FATAL_MASK);

	g_assert_cmpint(g_rmdir(folder), ==, 0);
	g_assert_true(g_file_set_contents(folder, "a file", -1, NULL));
	start(f);
	g_log_set_always_fatal(fatal);
	network(f, "203.0.113.7");
	g_assert_cmpuint(n_due(f), ==, 1);
	g_unlink(folder);
	g_assert_cmpint(g_mkdir(folder, 0700), ==, 0);
	pass_time(f, 61 * G_TIME_SPAN_SECOND);
	g_assert_cmpuint(n_reports(f), ==, 1);
	g_assert_cmpuint(n_due(f), ==, 0);
}

/* Deleted before the report was begun: there is nothing to report of. */
static void
test_deleted(Fixture *f, gconstpointer data)
{
	RpMessageId id = refuse_without_agent(f);
	RpQueueChange *change = rp_queue_change_new(test_time);

	rp_change_delete(change, id);
	g_assert_true(rp_queue_apply(f->reader, change, NULL));
	g_assert_cmpuint(n_due(f), ==, 0);
	start(f);
	network(f, "203.0.113.7");
	g_assert_cmpuint(n_reports(f), ==, 0);
}

/* A maildir that can't be written is tried again, and the message waits in its state. */
static void
test_full(Fixture *f, gconstpointer data)
{
	g_autofree char *maildir = g_build_filename(f->dir, "Maildir", NULL);
	GLogLevelFlags fatal;
	RpMessageId id;

	g_assert_true(g_file_set_contents(maildir, "a file", -1, NULL));
	script_dead(f);
	network(f, "203.0.113.7");
	fatal = g_log_set_always_fatal(G_LOG_FATAL_MASK);
	id = submit(f, "taro@odn.example", "dead@x.example");
	g_log_set_always_fatal(fatal);
	assert_state(f, id, "failed");
	g_assert_cmpuint(n_due(f), ==, 1);
	g_unlink(maildir);
	pass_time(f, 30 * G_TIME_SPAN_SECOND);
	g_assert_cmpuint(n_reports(f), ==, 0);
	pass_time(f, 31 * G_TIME_SPAN_SECOND);
	g_assert_cmpuint(n_reports(f), ==, 1);
	g_assert_cmpuint(n_due(f), ==, 0);
}

/* To the command that delivers mail. */
static void
test_mda(Fixture *f, gconstpointer data)
{
	g_autofree char *config = g_strdup_printf("[agent]\nmda=cat >>%s/got\n", f->dir);
	g_autofree char *got = g_build_filename(f->dir, "got", NULL);
	g_autofree char *text = NULL;

	restart(f, config);
	script_dead(f);
	network(f, "203.0.113.7");
	submit(f, "taro@odn.example", "dead@x.example");
	g_assert_true(g_file_get_contents(got, &text, NULL, NULL));
	assert_has(text, "Final-Recipient: rfc822; dead@x.example\n");
	g_assert_cmpuint(n_due(f), ==, 0);
	g_assert_cmpuint(n_reports(f), ==, 0);
}

static RpFd
make_fifo(const Fixture *f, const char *name)
{
	g_autofree char *path = g_build_filename(f->dir, name, NULL);
	RpFd fd;

	g_assert_cmpint(mkfifo(path, 0600), ==, 0);
	fd = open(path, O_RDWR | O_CLOEXEC);
	g_assert_cmpint(fd, >=, 0);
	return fd;
}

static gboolean
on_begun(int fd, GIOCondition condition, gpointer user)
{
	gboolean *begun = user;

	*begun = TRUE;
	return G_SOURCE_REMOVE;
}

/* Refused again while the command still has the report of the first time: that is another. */
static void
test_refused_meanwhile(Fixture *f, gconstpointer data)
{
	g_auto(RpFd) begins = make_fifo(f, "begins"), goes_on = make_fifo(f, "goes-on");
	g_autofree char *config = g_strdup_printf(
		"[agent]\nmda=cat >>%1$s/got; echo x >%1$s/begins; read x <%1$s/goes-on\n", f->dir);
	g_autofree char *got = g_build_filename(f->dir, "got", NULL);
	g_autofree char *text = NULL;
	g_auto(GStrv) reports = NULL;
	RpQueueChange *change;
	gboolean begun = FALSE;
	RpMessageId id;

	restart(f, config);
	script_dead(f);
	network(f, "203.0.113.7");
	g_unix_fd_add(begins, G_IO_IN, on_begun, &begun);
	id = submit_only(f, "taro@odn.example", "dead@x.example");
	while (!begun)
		g_main_context_iteration(NULL, TRUE);
	test_time += G_TIME_SPAN_SECOND;
	change = rp_queue_change_new(test_time);
	rp_change_retry(change, id);
	g_assert_true(rp_queue_apply(f->reader, change, NULL));
	while (f->notifier->n_announced < 2)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpint(write(goes_on, "1\n2\n", 4), ==, 4);
	settle(f);
	g_assert_true(g_file_get_contents(got, &text, NULL, NULL));
	reports = g_strsplit(text, "Final-Recipient:", -1);
	g_assert_cmpuint(g_strv_length(reports) - 1, ==, 2);
	g_assert_cmpuint(n_due(f), ==, 0);
}

int
main(int argc, char **argv)
{
	static const char *const ends[] = {"refused", "parked", "noted", "shown"};

	fixture_init(&argc, &argv);
	g_mime_init();
	ADD("reports/content", test_content);
	ADD("reports/names", test_names);
	ADD("reports/again", test_again);
	for (guint i = 0; i < G_N_ELEMENTS(when_cases); i++) {
		g_autofree char *path = g_strdup_printf("/reports/when/%s", when_cases[i].name);

		g_test_add(path, Fixture, &when_cases[i], set_up, test_when, tear_down);
	}
	for (guint i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autofree char *path = g_strdup_printf("/reports/end/%s", ends[i]);

		g_test_add(path, Fixture, GUINT_TO_POINTER(i), set_up, test_end, tear_down);
	}
	ADD("reports/deleted", test_deleted);
	ADD("reports/full", test_full);
	ADD("reports/not-shown", test_not_shown);
	ADD("reports/mda", test_mda);
	ADD("reports/refused-meanwhile", test_refused_meanwhile);
	return g_test_run();
}
