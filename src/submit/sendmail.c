/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "options.h"
#include "roampost/errand.h"
#include "roampost/wake.h"
#include "smtp.h"

#include "roampost/language.h"
#include "roampost/system-user.h"
#include "roampost/words.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

/* roampost-sendmail: what programs call to hand over a message. Silent when all is well: programs
 * take any output for a failure. */

static int
fail(const GError *error)
{
	g_autofree char *shown = rp_text_neutral(error->message, -1); /* it quotes the mail */

	fprintf(stderr, "roampost-sendmail: %s\n", shown);
	return rp_submit_exit_status(error);
}

static int
deliver(const RpSendmailOptions *options)
{
	g_autoptr(GError) error = NULL;
	char text[RP_MESSAGE_ID_SIZE];
	g_autofree char *local_place = NULL;
	RpSubmitRequest request = options->request;
	RpMessageId id;

	request.local_place = &local_place;
	if (!rp_submit_fd(&request, STDIN_FILENO, &id, &error))
		return fail(error);
	/* mailx -v gives it for every message: somebody must be looking on. */
	if (options->verbose && rp_submit_is_watched())
		fprintf(stderr, "roampost-sendmail: %s\n",
			id            ? rp_message_id_format(id, text)
			: local_place ? local_place
				      : "delivered");
	return EX_OK;
}

static void
print_why(const char *stored)
{
	g_autofree char *shown = rp_words_shown(stored);

	printf("             (%s)\n", shown);
}

/* As the clock on the wall has it; one that is wrong may have made it. */
static char *
local_time(RpTime time)
{
	g_autoptr(GDateTime) local = g_date_time_new_from_unix_local(time / G_USEC_PER_SEC);

	return local ? g_date_time_format(local, "%F %H:%M:%S") : rp_time_format(time);
}

static void
print_message(const RpQueueMessage *message)
{
	char id[RP_MESSAGE_ID_SIZE];
	g_autofree char *created = local_time(message->created);

	printf("%-12s %10" G_GINT64_FORMAT "  %s  %-8s %s\n", rp_message_id_format(message->id, id),
		message->size, created, rp_message_state_name(message->state),
		*message->sender ? message->sender : "<>");
	if (message->hold_text)
		print_why(message->hold_text);
	for (guint i = 0; i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];
		if (recipient->state != RP_RECIPIENT_SENT)
			printf("             %s\n", recipient->address);
	}
}

/* In Postfix's words, and in no other language: programs that watch a mailq look for them. */
static void
print_sum(guint n, gint64 octets)
{
	if (n == 0)
		puts("Mail queue is empty");
	else
		printf("-- %" G_GINT64_FORMAT " Kbytes in %u Request%s.\n", octets / 1024, n,
			n == 1 ? "" : "s");
}

/* In pages, so that memory does not grow with the queue. */
static gboolean
print_queue(RpQueue *queue, GError **error)
{
	RpMessageId after = 0;
	gint64 octets = 0;
	guint n = 0;

	for (;;) {
		g_autoptr(GPtrArray) page = rp_queue_list(queue, 0, after, 200, error);
		if (!page)
			return FALSE;
		if (page->len == 0)
			break;
		for (guint i = 0; i < page->len; i++) {
			const RpQueueMessage *message = page->pdata[i];

			print_message(message);
			octets += message->size;
			after = message->id;
		}
		n += page->len;
	}
	print_sum(n, octets);
	return TRUE;
}

static int
list(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpQueue) queue = rp_queue_open(NULL, RP_QUEUE_READER, &error);

	if (!queue && g_error_matches(error, RP_ERROR, RP_ERROR_NOT_FOUND)) {
		print_sum(0, 0);
		return EX_OK;
	}
	if (g_error_matches(error, RP_ERROR, RP_ERROR_UNAVAILABLE)) { /* of an older version */
		g_clear_error(&error);
		queue = rp_queue_open(NULL, RP_QUEUE_WRITER, &error);
	}
	return queue && print_queue(queue, &error) ? EX_OK : fail(error);
}

/* What is deferred is due now; the agent hears the bell. */
static int
flush(void)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpQueue) queue = rp_queue_open(NULL, RP_QUEUE_WRITER, &error);

	if (!queue)
		return fail(error);
	RpQueueChange *change = rp_queue_change_new(g_get_real_time());
	rp_change_undefer_all(change);
	return rp_queue_apply(queue, change, &error) ? EX_OK : fail(error);
}

static int
smtp(void)
{
	g_autoptr(GError) error = NULL;

	/* What goes into replies is read by a program. */
	setlocale(LC_MESSAGES, "C");
	return rp_sendmail_smtp(STDIN_FILENO, STDOUT_FILENO, &error) ? EX_OK : fail(error);
}

static int
help(void)
{
	puts(_("usage: roampost-sendmail [-t] [-i] [-f SENDER] [-F NAME] [--] [RECIPIENT...]\n"
	       "Reads a message from standard input and puts it into the queue.\n"
	       "  -t         take the recipients from To, Cc and Bcc too\n"
	       "  -i, -oi    a line with a single dot does not end the message\n"
	       "  -f SENDER  the envelope sender (-r is the same)\n"
	       "  -F NAME    the name in a From header that is added\n"
	       "  -N WORDS   what to report: never, or some of success,failure,delay\n"
	       "  -R PART    what comes back with a report: full or hdrs\n"
	       "  -V ID      the sender's own name for this message, told in reports\n"
	       "  -bs        speak SMTP on standard input and output\n"
	       "  -bp        show the queue (as mailq does)\n"
	       "  -q         try again now what is waiting (as runq does)\n"
	       "  -bV        show the version\n"
	       "  -v         on a terminal, say what the message is called in the queue\n"
	       "Other options of sendmail are understood and ignored."));
	return EX_OK;
}

/* What was handed over, or asked for, is not to wait until somebody logs in. */
static int
then_wake(int status)
{
	if (status == EX_OK)
		rp_wake_agent();
	return status;
}

static gboolean
hands_over(RpSendmailMode mode)
{
	return mode == RP_MODE_DELIVER || mode == RP_MODE_SMTP;
}

static gboolean
needs_queue(RpSendmailMode mode)
{
	return hands_over(mode) || mode == RP_MODE_LIST || mode == RP_MODE_FLUSH;
}

/* Who begins an errand with another program than ours may ask for anything. */
static gboolean
may_see_queue(RpSendmailMode mode, GError **error)
{
	if (hands_over(mode) || !g_getenv(RP_ERRAND_ENV))
		return TRUE;
	g_set_error(error, RP_ERROR, RP_ERROR_PERMISSION,
		_("system accounts hand mail over, and see nobody's queue"));
	return FALSE;
}

/* FALSE: it has ended, with *status. */
static gboolean
enter(RpSendmailMode mode, char **argv, int *status)
{
	g_autoptr(GError) error = NULL;

	if (may_see_queue(mode, &error))
		switch (rp_system_user_enter(argv, hands_over(mode), status, &error)) {
		case RP_ENTRY_HERE:
			return TRUE;
		case RP_ENTRY_DONE:
			return FALSE;
		case RP_ENTRY_REFUSED:
			break;
		}
	*status = fail(error);
	return FALSE;
}

static int
run(const RpSendmailOptions *options, char **argv)
{
	int status = EX_OK;

	if (needs_queue(options->mode) && !enter(options->mode, argv, &status))
		return status;
	switch (options->mode) {
	case RP_MODE_DELIVER:
		return then_wake(deliver(options));
	case RP_MODE_LIST:
		return list();
	case RP_MODE_FLUSH:
		return then_wake(flush());
	case RP_MODE_SMTP:
		return then_wake(smtp());
	case RP_MODE_VERSION:
		puts("roampost-sendmail " RP_VERSION);
		return EX_OK;
	case RP_MODE_NOTHING:
		return EX_OK;
	case RP_MODE_HELP:
		return help();
	}
	return EX_SOFTWARE;
}

int
main(int argc, char **argv)
{
	g_auto(RpSendmailOptions) options = {0};
	g_autoptr(GError) error = NULL;

	rp_signals_as_errors();
	rp_language_speak();
	if (!rp_sendmail_options_parse(&options, argc, argv, &error))
		return fail(error);
	return run(&options, argv);
}
