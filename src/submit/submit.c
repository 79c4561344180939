/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-submit"
#include "submit-private.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>
#include "roampost/language.h"
#include "roampost/message.h"

/* A message from the caller to the queue: scanned, its recipients found, opened only when these
 * are known, and committed alone or with others. */

#define READ_SIZE 65536
/* What is kept in memory until the recipients are known. */
#define MAX_HEADER (4 * 1024 * 1024)

struct RpSubmit {
	const RpSubmitRequest *request;
	RpIdentity *identity;
	RpTargets targets;
	char *sender;
	char *subject;
	RpMessageScan *scan;
	GByteArray *ready;        /* in wire format, not yet handed on */
	gboolean started;         /* the header has ended, and it is known where the message goes */
	RpSubmission *submission; /* for addresses */
	RpIntake *delivery;       /* for local names */
	gboolean dot_seen;
	guint64 n_octets; /* that came */
};

void
rp_submit_free(RpSubmit *submit)
{
	if (!submit)
		return;
	g_clear_pointer(&submit->submission, rp_submission_free);
	g_clear_pointer(&submit->delivery, rp_intake_free);
	g_clear_pointer(&submit->scan, rp_message_scan_free);
	g_clear_pointer(&submit->ready, g_byte_array_unref);
	g_clear_pointer(&submit->sender, g_free);
	g_clear_pointer(&submit->subject, g_free);
	rp_targets_clear(&submit->targets);
	g_clear_pointer(&submit->identity, rp_identity_free);
	g_free(submit);
}

/* RFC 5322 section 3.3, in English whatever the locale. */
static char *
date_now(void)
{
	static const char days[][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
	static const char months[][4] = {
		"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
	time_t now = time(NULL);
	struct tm tm;

	localtime_r(&now, &tm);
	int offset = (int)(tm.tm_gmtoff / 60);
	return g_strdup_printf("%s, %d %s %d %02d:%02d:%02d %c%02d%02d", days[tm.tm_wday],
		tm.tm_mday, months[tm.tm_mon], 1900 + tm.tm_year, tm.tm_hour, tm.tm_min, tm.tm_sec,
		offset < 0 ? '-' : '+', ABS(offset) / 60, ABS(offset) % 60);
}

static char *
on_from_needed(gboolean address_only, gpointer data)
{
	RpSubmit *submit = data;

	/* Who is named as the sender wrote it, too. */
	if (submit->sender && strchr(submit->sender, '@'))
		return address_only ? g_strdup(submit->sender)
				    : rp_identity_from(submit->identity, submit->sender);
	return address_only ? g_strdup(rp_identity_address(submit->identity))
			    : rp_identity_from(submit->identity, NULL);
}

static gboolean
is_here(const char *address, gpointer data)
{
	return rp_identity_is_here(((RpSubmit *)data)->identity, address);
}

static RpMessageScan *
make_scan(RpSubmit *submit)
{
	g_autofree char *date = date_now();
	g_autofree char *unique = g_strdup_printf("%" G_GINT64_MODIFIER "x.%08x%08x",
		g_get_real_time(), g_random_int(), g_random_int());
	const RpMessageScanOptions options = {
		.dot_ends = submit->request->dot_ends,
		.collect_recipients = submit->request->recipients_from_header,
		.date = date,
		.unique = unique,
		.host = g_get_host_name(),
		.from = on_from_needed,
		.is_here = is_here,
		.from_data = submit,
	};

	return rp_message_scan_new(&options);
}

/* "taro@odn,example" is a list, of which the last is no user here. */
static void
suspect_comma(const char *recipient, GError **error)
{
	const char *at = strchr(recipient, '@');
	const char *comma = at ? strchr(at, ',') : NULL;

	if (!error || !g_error_matches(*error, RP_ERROR, RP_ERROR_NO_USER) || !comma ||
		strpbrk(comma, "@ <>\""))
		return;
	g_autofree char *meant = g_strdelimit(g_strdup(recipient), ",", '.');
	g_clear_error(error);
	g_set_error(error, RP_ERROR, RP_ERROR_NO_USER,
		_("“%1$s” has a comma where a full stop may be meant: write %2$s"), recipient,
		meant);
}

static gboolean
take_recipient(RpSubmit *submit, guint i, GError **error)
{
	const RpSubmitRequest *request = submit->request;
	const char *notify = request->dsn_notify_each ? request->dsn_notify_each[i] : NULL;

	submit->targets.next_notify = notify ? notify : request->dsn_notify;
	submit->targets.next_original = request->dsn_original ? request->dsn_original[i] : NULL;
	if ((request->exact ? rp_targets_add_exact : rp_targets_add)(
		    &submit->targets, request->recipients[i], submit->identity, error))
		return TRUE;
	suspect_comma(request->recipients[i], error);
	return FALSE;
}

/* What is wrong with the arguments is said before any input is read. */
static gboolean
take_arguments(RpSubmit *submit, GError **error)
{
	const RpSubmitRequest *request = submit->request;

	for (guint i = 0; request->recipients && request->recipients[i]; i++)
		if (!take_recipient(submit, i, error))
			return FALSE;
	submit->targets.next_notify = request->dsn_notify;
	submit->targets.next_original = NULL;
	if (request->sender) {
		submit->sender = (request->exact ? rp_submit_sender_exact : rp_submit_sender)(
			request->sender, submit->identity, error);
		if (!submit->sender)
			return FALSE;
	}
	return TRUE;
}

static gboolean
has_target(const RpSubmit *submit, GError **error)
{
	if (submit->targets.addresses->len > 0 || submit->targets.local)
		return TRUE;
	g_set_error(error, RP_ERROR, RP_ERROR_NOT_FOUND, "%s",
		submit->request->recipients_from_header
			? _("no recipient was given: the message has no To, Cc or Bcc line that "
			    "names one")
			: _("no recipient was given: name one, or say -t where the message has a "
			    "To line"));
	return FALSE;
}

static gboolean
take_header(RpSubmit *submit, const RpMessageScanResult *header, GError **error)
{
	if (header->notes & RP_SCAN_TOO_MANY_RECIPIENTS &&
		submit->request->recipients_from_header) {
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			_("more recipients in the header than can be read"));
		return FALSE;
	}
	for (guint i = 0; i < header->recipient_fields->len; i++)
		if (!rp_targets_add_field(&submit->targets, header->recipient_fields->pdata[i],
			    submit->identity, error))
			return FALSE;
	if (!submit->sender && header->header_from)
		submit->sender =
			rp_submit_sender_exact(header->header_from, submit->identity, NULL);
	if (!submit->sender)
		submit->sender = g_strdup(rp_identity_address(submit->identity));
	return has_target(submit, error);
}

static RpSubmission *
new_submission(const RpSubmitRequest *request)
{
	return request->queue ? rp_submission_new(request->queue)
			      : rp_submission_new_at(request->state_dir);
}

/* Opens what the message goes into, once that is known. */
static gboolean
start(RpSubmit *submit, GError **error)
{
	const RpMessageScanResult *header = rp_message_scan_header(submit->scan);

	if (!header && submit->ready->len > MAX_HEADER) {
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID, _("the header does not end"));
		return FALSE;
	}
	if (!header || submit->started)
		return TRUE;
	submit->started = TRUE;
	if (!take_header(submit, header, error))
		return FALSE;
	if (submit->targets.addresses->len > 0)
		submit->submission = new_submission(submit->request);
	if (submit->targets.local)
		submit->delivery = rp_intake_new(submit->identity, submit->sender, error);
	return !submit->targets.local || submit->delivery;
}

static gboolean
hand_on(RpSubmit *submit, GError **error)
{
	const guint8 *data = submit->ready->data;
	gsize size = submit->ready->len;

	if (!start(submit, error))
		return FALSE;
	if (!submit->started)
		return TRUE;
	if ((submit->submission && !rp_submission_write(submit->submission, data, size, error)) ||
		(submit->delivery && !rp_intake_write(submit->delivery, data, size, error)))
		return FALSE;
	g_byte_array_set_size(submit->ready, 0);
	return TRUE;
}

/* The user is told: whoever hands it over may tell nobody, as cron does. */
static void
note_failure(const RpSubmit *submit, const GError *error)
{
	if (g_error_matches(error, RP_ERROR, RP_ERROR_FULL))
		rp_queue_dir_refused(submit->request->queue ? rp_queue_dir(submit->request->queue)
							    : submit->request->state_dir,
			submit->n_octets);
}

gboolean
rp_submit_write(RpSubmit *submit, const void *data, gsize size, GError **error)
{
	g_autoptr(GError) failure = NULL;

	if (submit->dot_seen)
		return TRUE;
	submit->n_octets += size;
	submit->dot_seen = !rp_message_scan_feed(submit->scan, data, size, submit->ready);
	if (hand_on(submit, &failure))
		return TRUE;
	note_failure(submit, failure);
	g_propagate_error(error, g_steal_pointer(&failure));
	return FALSE;
}

/* What can't be waited for is there: reading it says what is wrong. */
static gboolean
wait_for_input(int fd, guint patience, GError **error)
{
	struct pollfd input = {.fd = fd, .events = POLLIN};
	int n;

	do
		n = poll(&input, 1, patience > 0 ? (int)patience * 1000 : -1);
	while (n < 0 && errno == EINTR);
	if (n != 0)
		return TRUE;
	g_set_error(error, RP_ERROR, RP_ERROR_IO,
		_("nothing came of the message for %u seconds, nor its end"), patience);
	return FALSE;
}

/* Whoever gave the descriptor may have set it not to block (which is the open file's, so it is so
 * for all who have it), and then nothing to read yet is no error. */
static ssize_t
read_some(const RpSubmit *submit, int fd, char *buffer, GError **error)
{
	guint patience = submit->request->patience;
	ssize_t n;

	do {
		if (patience > 0 && !wait_for_input(fd, patience, error))
			return -1;
		n = read(fd, buffer, READ_SIZE);
		if (n < 0 && errno == EAGAIN && !wait_for_input(fd, patience, error))
			return -1;
	} while (n < 0 && (errno == EINTR || errno == EAGAIN));
	if (n < 0)
		rp_error_set_errno(error, errno, _("reading the message"));
	return n;
}

static gboolean
read_message(RpSubmit *submit, int fd, GError **error)
{
	g_autofree char *buffer = g_malloc(READ_SIZE);

	while (!submit->dot_seen) {
		ssize_t n = read_some(submit, fd, buffer, error);

		if (n < 0)
			return FALSE;
		if (n == 0)
			return TRUE;
		if (!rp_submit_write(submit, buffer, n, error))
			return FALSE;
	}
	return TRUE;
}

static guint
message_flags(const RpSubmit *submit, const RpMessageScanResult *result)
{
	guint flags = 0, notes = result->notes;

	if (rp_identity_left_open(submit->identity, submit->sender))
		flags |= RP_MESSAGE_SENDER_OPEN;
	if (rp_identity_left_open(submit->identity, result->header_from))
		flags |= RP_MESSAGE_FROM_OPEN;
	if (notes & (RP_SCAN_HAS_8BIT_HEADER | RP_SCAN_HAS_8BIT_BODY))
		flags |= RP_MESSAGE_8BIT;
	if (notes & RP_SCAN_HAS_8BIT_HEADER || submit->targets.utf8 ||
		!g_str_is_ascii(submit->sender))
		flags |= RP_MESSAGE_SMTPUTF8;
	if (notes & RP_SCAN_HAS_LONG_LINES)
		flags |= RP_MESSAGE_LONG_LINES;
	if (notes & RP_SCAN_NOT_UTF8_HEADER)
		flags |= RP_MESSAGE_NOT_UTF8;
	if (notes & (RP_SCAN_HAS_NUL | RP_SCAN_HAS_LONE_CR))
		flags |= RP_MESSAGE_NUL;
	return flags;
}

/* All but the queue's part, for which `end` is filled in. */
static gboolean
finish_content(RpSubmit *submit, RpSubmissionEnd *end, GError **error)
{
	const RpMessageScanResult *result = rp_message_scan_finish(submit->scan, submit->ready);

	if (!hand_on(submit, error))
		return FALSE;
	submit->subject = rp_submit_subject(result->subject);
	/* The maildir first: should the queue then fail, the sender hears so and sends again, and
	 * has one local copy too many, not one too few. */
	if (submit->delivery && !rp_intake_finish(submit->delivery, error))
		return FALSE;
	*end = (RpSubmissionEnd){
		.submission = submit->submission,
		.envelope =
			{
				.sender = submit->sender,
				.header_from = result->header_from,
				.recipients = (const char *const *)submit->targets.addresses->pdata,
				.n_recipients = submit->targets.addresses->len,
				.flags = message_flags(submit, result),
				.pin = submit->request->pin,
				.subject = submit->subject,
				.hold = submit->request->hold,
				.not_before = submit->request->not_before,
				.dsn_ret = submit->request->dsn_ret,
				.dsn_envid = submit->request->dsn_envid,
				.dsn_notify = (const char *const *)submit->targets.notify->pdata,
				.dsn_original =
					(const char *const *)submit->targets.original->pdata,
			},
	};
	return TRUE;
}

static void
take_end(RpSubmitResult *result, const RpSubmissionEnd *end)
{
	*result = (RpSubmitResult){end->stored, end->stored ? end->id : 0, end->error};
}

void
rp_submit_finish_all(RpSubmit *const *submits, guint n, RpSubmitResult *results)
{
	g_autofree RpSubmissionEnd *ends = g_new0(RpSubmissionEnd, n);
	g_autofree guint *of = g_new(guint, n);
	guint n_ends = 0;

	for (guint i = 0; i < n; i++) {
		results[i] = (RpSubmitResult){0};
		if (!finish_content(submits[i], &ends[n_ends], &results[i].error))
			continue;
		if (submits[i]->submission)
			of[n_ends++] = i;
		else
			results[i].stored = TRUE; /* for local names only */
	}
	if (n_ends > 0)
		rp_submission_commit_all(ends, n_ends);
	for (guint i = 0; i < n_ends; i++)
		take_end(&results[of[i]], &ends[i]);
	for (guint i = 0; i < n; i++)
		note_failure(submits[i], results[i].error);
}

gboolean
rp_submit_finish(RpSubmit *submit, RpMessageId *id, GError **error)
{
	RpSubmitResult result;

	rp_submit_finish_all(&submit, 1, &result);
	if (!result.stored) {
		g_propagate_error(error, result.error);
		return FALSE;
	}
	if (id)
		*id = result.id;
	return TRUE;
}

RpSubmit *
rp_submit_new(const RpSubmitRequest *request, GError **error)
{
	g_autoptr(RpSubmit) submit = g_new0(RpSubmit, 1);

	submit->request = request;
	rp_targets_init(&submit->targets);
	submit->identity = rp_identity_new(request->full_name);
	submit->ready = g_byte_array_new();
	submit->scan = make_scan(submit);
	if (!take_arguments(submit, error) ||
		(!request->recipients_from_header && !has_target(submit, error)))
		return NULL;
	return g_steal_pointer(&submit);
}

gboolean
rp_submit_fd(const RpSubmitRequest *request, int fd, RpMessageId *id, GError **error)
{
	g_autoptr(RpSubmit) submit = rp_submit_new(request, error);

	if (!submit || !read_message(submit, fd, error) || !rp_submit_finish(submit, id, error))
		return FALSE;
	if (request->local_place && submit->targets.local)
		*request->local_place = rp_identity_local_place(submit->identity);
	rp_identity_tell(submit->identity);
	return TRUE;
}

int
rp_submit_exit_status(const GError *error)
{
	static const int by_code[] = {
		[RP_ERROR_INVALID] = EX_DATAERR,
		[RP_ERROR_CONFIG] = EX_CONFIG,
		[RP_ERROR_NOT_FOUND] = EX_USAGE,
		[RP_ERROR_STATE] = EX_SOFTWARE,
		[RP_ERROR_BUSY] = EX_TEMPFAIL,
		[RP_ERROR_PERMISSION] = EX_NOPERM,
		[RP_ERROR_FULL] = EX_TEMPFAIL,
		[RP_ERROR_IO] = EX_IOERR,
		[RP_ERROR_UNAVAILABLE] = EX_CANTCREAT,
		[RP_ERROR_NO_USER] = EX_NOUSER,
	};

	if (error->domain != RP_ERROR || (guint)error->code >= G_N_ELEMENTS(by_code))
		return EX_SOFTWARE;
	return by_code[error->code];
}

RpSmtpServerAnswer
rp_submit_smtp_answer(const GError *error)
{
	if (g_error_matches(error, RP_ERROR, RP_ERROR_FULL))
		return RP_SMTP_SERVER_NO_ROOM;
	if (g_error_matches(error, RP_ERROR, RP_ERROR_INVALID))
		return RP_SMTP_SERVER_BAD;
	if (g_error_matches(error, RP_ERROR, RP_ERROR_NO_USER))
		return RP_SMTP_SERVER_NO_USER;
	return RP_SMTP_SERVER_NOT_STORED;
}
