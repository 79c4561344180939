/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>
#include "roampost/submit.h"
#include "../scratch.h"

/* The sendmail command itself, as programs call it. */

/* Memory is measured where no sanitizer keeps most of it: gcc's way to say so, and clang's. */
#ifdef __SANITIZE_ADDRESS__
#define SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED
#endif
#endif

static const char *program; /* from the command line */

typedef struct {
	char *dir;
	char *state;
	char *config;
	char *maildir;
} Fixture;

#define CONFIG                                                                                     \
	"[agent]\ndefault-identity=taro@odn.example\nmaildir=%s\n%s\n"                             \
	"[server-set odn]\nidentities=taro@odn.example\nsmtp=smtp://mail.odn.example\n"            \
	"relay=anywhere\n"

static void
write_config(Fixture *f, const char *more)
{
	g_autofree char *text = g_strdup_printf(CONFIG, f->maildir, more);
	g_assert_true(g_file_set_contents(f->config, text, -1, NULL));
}

static void
set_up(Fixture *f, gconstpointer data)
{
	f->dir = g_dir_make_tmp("roampost-sendmail-XXXXXX", NULL);
	f->state = g_build_filename(f->dir, "state", NULL);
	f->config = g_build_filename(f->dir, "roampost.conf", NULL);
	f->maildir = g_build_filename(f->dir, "Maildir", NULL);
	g_setenv("ROAMPOST_STATE", f->state, TRUE);
	g_setenv("ROAMPOST_CONFIG", f->config, TRUE);
	write_config(f, "");
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	scratch_remove(f->dir);
	g_free(f->dir);
	g_free(f->state);
	g_free(f->config);
	g_free(f->maildir);
}

/* ---- running it ---- */

typedef struct {
	int status; /* of exit; -1: ended by a signal */
	char *output;
	struct rusage usage;
} Result;

static void
result_clear(Result *result)
{
	g_clear_pointer(&result->output, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Result, result_clear)

/* `input` is what to read from; with `limit` files may not grow beyond it. */
static pid_t
start(char **argv, int input, int output, rlim_t limit)
{
	pid_t pid = fork();

	g_assert_cmpint(pid, >=, 0);
	if (pid == 0) {
		const struct rlimit files = {limit, limit};
		if (limit && setrlimit(RLIMIT_FSIZE, &files) != 0)
			_exit(126);
		dup2(input, 0);
		dup2(output, 1);
		dup2(output, 2);
		execv(program, argv);
		_exit(127);
	}
	return pid;
}

static char **
make_argv(const char *arguments)
{
	g_autofree char *line = g_strdup_printf("%s %s", program, arguments);
	char **argv = NULL;
	g_assert_true(g_shell_parse_argv(line, NULL, &argv, NULL));
	return argv;
}

static int
file_with(const Fixture *f, const char *name, const void *data, gsize size)
{
	g_autofree char *path = g_build_filename(f->dir, name, NULL);
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	g_assert_cmpint(fd, >=, 0);
	g_assert_cmpint(write(fd, data, size), ==, (gssize)size);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

static Result
finish(const Fixture *f, pid_t pid)
{
	g_autofree char *path = g_build_filename(f->dir, "output", NULL);
	Result result = {0};
	int status;

	g_assert_cmpint(wait4(pid, &status, 0, &result.usage), ==, pid);
	result.status = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
	g_assert_true(g_file_get_contents(path, &result.output, NULL, NULL));
	return result;
}

static Result
run_limited(const Fixture *f, const char *arguments, const void *input, gsize size, rlim_t limit)
{
	g_auto(GStrv) argv = make_argv(arguments);
	int in = file_with(f, "input", input, size);
	int out = file_with(f, "output", "", 0);
	pid_t pid = start(argv, in, out, limit);

	close(in);
	close(out);
	return finish(f, pid);
}

static Result
run(const Fixture *f, const char *arguments, const char *input)
{
	return run_limited(f, arguments, input, strlen(input), 0);
}

/* ---- what is stored ---- */

static GPtrArray *
stored(const Fixture *f)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpQueue) queue = rp_queue_open(f->state, RP_QUEUE_READER, &error);
	if (!queue)
		return g_ptr_array_new();
	GPtrArray *messages = rp_queue_list(queue, 0, 0, 0, &error);
	g_assert_no_error(error);
	return messages;
}

static char *
content(const Fixture *f, RpMessageId id)
{
	g_autoptr(RpQueue) queue = rp_queue_open(f->state, RP_QUEUE_READER, NULL);
	g_autofree char *buffer = g_malloc0(100000);
	g_assert_cmpint(rp_queue_read(queue, id, 0, buffer, 99999, NULL), >=, 0);
	return g_steal_pointer(&buffer);
}

static char *
recipients(const RpQueueMessage *message)
{
	GString *all = g_string_new(NULL);
	for (guint i = 0; i < message->recipients->len; i++)
		g_string_append_printf(all, "%s%s", i ? " " : "",
			((RpQueueRecipient *)message->recipients->pdata[i])->address);
	return g_string_free(all, FALSE);
}

#define HEADER "From: Taro <taro@sonet.example>\nDate: d\nMessage-ID: <m>\n"
#define HEADER_CRLF "From: Taro <taro@sonet.example>\r\nDate: d\r\nMessage-ID: <m>\r\n"

typedef struct {
	const char *arguments;
	const char *input;
	int status;
	const char *sender;
	const char *recipients;
} Case;

static const Case cases[] = {
	/* What real callers run: git, mutt, cron, anacron, bsd-mailx, s-nail, PHP, emacs, aerc,
	   sudo. */
	{"-i a@x.example b@y.example", HEADER "\nx\n", 0, "taro@sonet.example",
		"a@x.example b@y.example"},
	{"-f me@odn.example -i a@x.example", HEADER "\nx\n", 0, "me@odn.example", "a@x.example"},
	{"-oem -oi -B8BITMIME -f me@odn.example -N never -R hdrs -- a@x.example", HEADER "\nx\n", 0,
		"me@odn.example", "a@x.example"},
	{"-oem -oi -- -a@x.example", HEADER "\nx\n", 0, "taro@sonet.example", "-a@x.example"},
	{"-FAnacron -odi a@x.example", "To: r\nSubject: s\n\nx\n", 0, "taro@odn.example",
		"a@x.example"},
	{"-i -m -v a@x.example", HEADER "\nx\n", 0, "taro@sonet.example", "a@x.example"},
	{"-i -f me@odn.example -F 'Taro Y' -- a@x.example", "\nx\n", 0, "me@odn.example",
		"a@x.example"},
	{"-t -i -fme@odn.example", "To: a@x.example\n" HEADER "\nx\n", 0, "me@odn.example",
		"a@x.example"},
	{"-oi -f me@odn.example -oem -odb -t", "To: a@x.example\n" HEADER "\nx\n", 0,
		"me@odn.example", "a@x.example"},
	{"a@x.example",
		"From: Taro <taro@sonet.example>\r\nDate: d\r\nMessage-ID: <m>\r\n\r\nx\r\n", 0,
		"taro@sonet.example", "a@x.example"},
	{"-t", "To: a@x.example\nCc: b@y.example\nBcc: c@z.example\n" HEADER "\nx\n", 0,
		"taro@sonet.example", "a@x.example b@y.example c@z.example"},
	{"-ti d@w.example a@x.example", "To: a@x.example\n" HEADER "\nx\n", 0, "taro@sonet.example",
		"d@w.example a@x.example"},
	{"-t",
		"To: \"Q, R\" <q@r.example>,\n group: a@x.example,\n b@y.example; (c) "
		"d@w.example\n" HEADER "\nx\n",
		0, "taro@sonet.example", "q@r.example a@x.example b@y.example d@w.example"},
	{"-i 'Hanako <h@x.example>' 'a@x.example, b@y.example'", HEADER "\nx\n", 0,
		"taro@sonet.example", "h@x.example a@x.example b@y.example"},
	{"'a@x.example\\nb'", HEADER "\nx\n", EX_DATAERR, NULL, NULL},
	{"'a b@x.example'", HEADER "\nx\n", EX_DATAERR, NULL, NULL},
	{"-f '<>' -i a@x.example", HEADER "\nx\n", 0, "", "a@x.example"},
	{"-f '' -i a@x.example", HEADER "\nx\n", 0, "", "a@x.example"},
	{"-f root -i a@x.example", HEADER "\nx\n", 0, "taro@odn.example", "a@x.example"},
	{"-r me@odn.example -Am -C /x -d8.1 -G -h 3 -L tag -n -O k=v -p x:y -U -V e -X /l "
	 "a@x.example",
		HEADER "\nx\n", 0, "me@odn.example", "a@x.example"},
	{"-bm -i a@x.example", HEADER "\nx\n", 0, "taro@sonet.example", "a@x.example"},
	{"-i a@x.example", "", 0, "taro@odn.example", "a@x.example"},
	{"-i a@x.example", "From: root (Cron Daemon)\n\nx\n", 0, "taro@odn.example", "a@x.example"},
	/* Refused. */
	{"", HEADER "\nx\n", EX_USAGE, NULL, NULL},
	{"-t", HEADER "\nx\n", EX_USAGE, NULL, NULL},
	{"-t", HEADER "To: undisclosed-recipients:;\n\nx\n", EX_USAGE, NULL, NULL},
	{"-Z a@x.example", HEADER "\nx\n", EX_USAGE, NULL, NULL},
	{"a@x.example -f", HEADER "\nx\n", EX_USAGE, NULL, NULL},
	{"-bx a@x.example", HEADER "\nx\n", EX_USAGE, NULL, NULL},
	{"-i @x.example", HEADER "\nx\n", EX_DATAERR, NULL, NULL},
	{"-i a@", HEADER "\nx\n", EX_DATAERR, NULL, NULL},
	{"-i 'a@x.example\nRCPT TO:<b@y.example>'", HEADER "\nx\n", EX_DATAERR, NULL, NULL},
};

static void
check_stored(Fixture *f, const Case *c)
{
	g_autoptr(GPtrArray) messages = stored(f);

	g_assert_cmpuint(messages->len, ==, c->status == 0 ? 1 : 0);
	if (c->status != 0)
		return;
	const RpQueueMessage *message = messages->pdata[0];
	g_autofree char *got = recipients(message);
	g_autofree char *text = content(f, message->id);
	g_assert_cmpstr(message->sender, ==, c->sender);
	g_assert_cmpstr(got, ==, c->recipients);
	g_assert_cmpint(message->state, ==, RP_MESSAGE_QUEUED);
	g_assert_cmpuint(strlen(text), ==, message->size);
	g_assert_null(strstr(text, "Bcc"));
	g_assert_nonnull(strstr(text, "\r\n\r\n"));
	g_assert_nonnull(strstr(text, "Date: "));
	g_assert_nonnull(strstr(text, "Message-ID: <"));
	g_assert_nonnull(strstr(text, "From: "));
}

static void
test_cases(Fixture *f, gconstpointer data)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_test_message("sendmail %s", cases[i].arguments);
		g_auto(Result) result = run(f, cases[i].arguments, cases[i].input);
		g_assert_cmpint(result.status, ==, cases[i].status);
		/* Emacs takes any output for a failure. */
		g_assert_cmpint(*result.output != '\0', ==, cases[i].status != 0);
		check_stored(f, &cases[i]);
		scratch_remove(f->state);
	}
}

/* What is to be reported (RFC 3461), for every recipient: those of the header too. */
static void
test_dsn(Fixture *f, gconstpointer data)
{
	static const struct {
		const char *arguments;
		int status;
		const char *ret;
		const char *envid;
		const char *notify;
	} rows[] = {
		{"-i a@x.example", 0, NULL, NULL, NULL},
		{"-oem -oi -N failure,delay -R full -- a@x.example", 0, "FULL", NULL,
			"FAILURE,DELAY"},
		{"-ti -Nnever -Rhdrs -V 'QQ 314' b@y.example", 0, "HDRS", "QQ 314", "NEVER"},
		{"-i -N sometimes a@x.example", EX_USAGE},
		{"-i -N never,delay a@x.example", EX_USAGE},
		{"-i -N '' a@x.example", EX_USAGE},
		{"-i -R half a@x.example", EX_USAGE},
		{"-i -V 'a\tb' a@x.example", EX_USAGE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_test_message("sendmail %s", rows[i].arguments);
		g_auto(Result) result =
			run(f, rows[i].arguments, "To: c@z.example\n" HEADER "\nx\n");
		g_assert_cmpint(result.status, ==, rows[i].status);
		g_assert_cmpint(strstr(result.output, "valid: ") != NULL, ==, rows[i].status != 0);
		g_autoptr(GPtrArray) messages = stored(f);
		g_assert_cmpuint(messages->len, ==, rows[i].status ? 0 : 1);
		if (messages->len) {
			const RpQueueMessage *message = messages->pdata[0];
			g_assert_cmpstr(message->dsn_ret, ==, rows[i].ret);
			g_assert_cmpstr(message->dsn_envid, ==, rows[i].envid);
			for (guint r = 0; r < message->recipients->len; r++) {
				const RpQueueRecipient *recipient = message->recipients->pdata[r];
				g_assert_cmpstr(recipient->dsn_notify, ==, rows[i].notify);
			}
		}
		scratch_remove(f->state);
	}
}

static void
test_local(Fixture *f, gconstpointer data)
{
	g_auto(Result) both = run(f, "-i root a@x.example", HEADER "\nx\n.y\n");
	g_assert_cmpstr(both.output, ==, "");
	g_assert_cmpint(both.status, ==, 0);
	g_autofree char *dir = g_build_filename(f->maildir, "new", NULL);
	g_autoptr(GDir) open_dir = g_dir_open(dir, 0, NULL);
	const char *name = g_dir_read_name(open_dir);
	g_assert_nonnull(name);
	g_autofree char *path = g_build_filename(dir, name, NULL);
	g_autofree char *text = NULL;
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "Return-Path: <taro@sonet.example>\n" HEADER "\nx\n.y\n");
	g_assert_null(g_dir_read_name(open_dir));
	g_autoptr(GPtrArray) messages = stored(f);
	g_assert_cmpuint(messages->len, ==, 1);
	scratch_remove(f->state);

	/* Nothing but local: there is no queue to be made. */
	g_auto(Result) local = run(f, "-i root", HEADER "\nx\n");
	g_assert_cmpint(local.status, ==, 0);
	g_assert_false(g_file_test(f->state, G_FILE_TEST_EXISTS));

	write_config(f, "qualify-domain=odn.example");
	g_auto(Result) qualified = run(f, "-i root", HEADER "\nx\n");
	g_assert_cmpint(qualified.status, ==, 0);
	g_autoptr(GPtrArray) queued = stored(f);
	g_assert_cmpuint(queued->len, ==, 1);
	g_autofree char *got = recipients(queued->pdata[0]);
	g_assert_cmpstr(got, ==, "root@odn.example");
}

/* A broken configuration, no home, no agent: the mail is safe first. */
static void
test_without_anything(Fixture *f, gconstpointer data)
{
	g_assert_true(g_file_set_contents(f->config, "[agent\nnonsense", -1, NULL));
	g_unsetenv("HOME");
	g_unsetenv("DBUS_SESSION_BUS_ADDRESS");
	g_auto(Result) result = run(f, "-i a@x.example", "Subject: s\n\nx\n");
	g_assert_cmpstr(result.output, ==, "");
	g_assert_cmpint(result.status, ==, 0);
	g_autoptr(GPtrArray) messages = stored(f);
	g_assert_cmpuint(messages->len, ==, 1);
	g_assert_nonnull(strchr(((RpQueueMessage *)messages->pdata[0])->sender, '@'));
}

/* With errors in the configuration it is left open whose mail is that names nobody else as sender.
 */
static void
test_sender_despite_errors(Fixture *f, gconstpointer data)
{
	static const guint sender = RP_MESSAGE_SENDER_OPEN, from = RP_MESSAGE_FROM_OPEN;
	static const struct {
		const char *arguments, *header;
		guint open;
	} rows[] = {
		{"-i a@x.example", "", sender | from},
		{"-i -f root a@x.example", "From: root (Cron Daemon)\n", sender | from},
		{"-i -f root a@x.example", "From: Taro <taro@odn.example>\n", sender},
		{"-i a@x.example", "From: taro@odn.example\n", 0},
		{"-i -f taro@odn.example a@x.example", "From: root\n", 0},
		{"-i -f <> a@x.example", "", from},
	};

	g_assert_true(g_file_set_contents(f->config, "[server-set odn\nsmtp=smtp://m\n", -1, NULL));
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *mail = g_strconcat(rows[i].header, "Subject: s\n\nx\n", NULL);
		g_auto(Result) result = run(f, rows[i].arguments, mail);
		g_assert_cmpint(result.status, ==, 0);
		g_autoptr(GPtrArray) messages = stored(f);
		g_assert_cmpuint(messages->len, ==, i + 1);
		const RpQueueMessage *message = messages->pdata[i];
		g_assert_cmpuint(message->flags & (sender | from), ==, rows[i].open);
	}
}

static void
test_modes(Fixture *f, gconstpointer data)
{
	g_auto(Result) empty = run(f, "-bp", "");
	g_assert_cmpint(empty.status, ==, 0);
	g_assert_nonnull(strstr(empty.output, "empty"));
	g_assert_false(g_file_test(f->state, G_FILE_TEST_EXISTS));
	g_auto(Result) sent = run(f, "-i a@x.example", HEADER "\nx\n");
	g_auto(Result) queue = run(f, "-bp", "");
	g_assert_nonnull(strstr(queue.output, "a@x.example"));
	/* by the clock on the wall: half a world away it is another day, or hour */
	g_setenv("TZ", "XXX-12:34", TRUE);
	g_auto(Result) there = run(f, "-bp", "");
	g_unsetenv("TZ");
	g_assert_cmpstr(there.output, !=, queue.output);
	g_auto(Result) flush = run(f, "-q", "");
	g_assert_cmpint(flush.status, ==, 0);
	g_auto(Result) version = run(f, "-bV", "");
	g_assert_nonnull(strstr(version.output, "roampost-sendmail"));
	g_auto(Result) nothing = run(f, "-bi", "");
	g_assert_cmpint(nothing.status, ==, 0);
	g_auto(Result) smtp = run(f, "-bs", "");
	g_assert_cmpint(smtp.status, ==, 0);
	g_assert_true(g_str_has_prefix(smtp.output, "220 "));
}

/* ---- SMTP on standard input ---- */

/* All at once, by both ways, with a transaction that is refused and one that breaks off. */
static void
test_smtp(Fixture *f, gconstpointer data)
{
	g_auto(Result) result = run(f, "-bs",
		"EHLO me\r\nMAIL FROM:<taro@odn.example>\r\nRCPT TO:<a@x.example>\r\n"
		"RCPT TO:<b@>\r\nRCPT TO:<c@x.example>\r\nDATA\r\n" HEADER_CRLF
		"\r\n..dot\r\nsmug\n.\ngled\r\n.\r\n"
		"MAIL FROM:<>\r\nRCPT TO:<b@x.example>\r\n"
		"BDAT 12\r\nSubject: y\r\nBDAT 6 LAST\r\n\r\n.\r\n."
		"MAIL FROM:<>\r\nRCPT TO:<c@x.example>\r\nDATA\r\nSubject: lost\r\n");
	g_assert_cmpint(result.status, ==, EX_DATAERR);
	g_assert_nonnull(strstr(result.output, "553 5.1.3"));
	g_autoptr(GPtrArray) messages = stored(f);
	g_assert_cmpuint(messages->len, ==, 2);
	const RpQueueMessage *first = messages->pdata[0], *second = messages->pdata[1];
	g_assert_cmpstr(first->sender, ==, "taro@odn.example");
	g_assert_cmpuint(first->recipients->len, ==, 2);
	g_autofree char *text = content(f, first->id);
	g_assert_cmpstr(text, ==, HEADER_CRLF "\r\n.dot\r\nsmug\r\n.\r\ngled\r\n");
	g_assert_cmpstr(second->sender, ==, "");
	g_autofree char *other = content(f, second->id);
	g_assert_true(g_str_has_suffix(other, "\r\n\r\n.\r\n.\r\n"));
	g_assert_nonnull(strstr(other, "From: taro@odn.example\r\n"));
}

/* By recipient, whatever became of those between; a second time is not asked about again. */
static void
test_smtp_dsn(Fixture *f, gconstpointer data)
{
	g_auto(Result) result = run(f, "-bs",
		"EHLO me\r\nMAIL FROM:<taro@odn.example> RET=HDRS ENVID=a+2Bb\r\n"
		"RCPT TO:<a@x.example> NOTIFY=NEVER\r\nRCPT TO:<b@> NOTIFY=DELAY\r\n"
		"RCPT TO:<root> NOTIFY=DELAY\r\nRCPT TO:<a@x.example> NOTIFY=SUCCESS\r\n"
		"RCPT TO:<c@x.example>\r\n"
		"RCPT TO:<d@x.example> NOTIFY=success,failure ORCPT=rfc822;o+2Bd@x.example\r\n"
		"DATA\r\n" HEADER_CRLF "\r\nx\r\n.\r\n");
	g_assert_cmpint(result.status, ==, 0);
	g_autoptr(GPtrArray) messages = stored(f);
	g_assert_cmpuint(messages->len, ==, 1);
	const RpQueueMessage *message = messages->pdata[0];
	g_assert_cmpstr(message->dsn_ret, ==, "HDRS");
	g_assert_cmpstr(message->dsn_envid, ==, "a+b");
	g_autofree char *who = recipients(message);
	g_assert_cmpstr(who, ==, "a@x.example c@x.example d@x.example");
	const RpQueueRecipient *const *r = (gpointer)message->recipients->pdata;
	g_assert_cmpstr(r[0]->dsn_notify, ==, "NEVER");
	g_assert_null(r[1]->dsn_notify);
	g_assert_cmpstr(r[2]->dsn_notify, ==, "SUCCESS,FAILURE");
	g_assert_null(r[0]->dsn_original);
	g_assert_cmpstr(r[2]->dsn_original, ==, "rfc822;o+d@x.example");
}

/* Bare names: the default identity, the configured domain, or the maildir. */
static void
test_smtp_local(Fixture *f, gconstpointer data)
{
	static const char input[] = "EHLO me\r\nMAIL FROM:<taro>\r\nRCPT TO:<root>\r\nDATA\r\n"
				    "Subject: s\r\n\r\nx\r\n.\r\nQUIT\r\n";
	g_auto(Result) result = run(f, "-bs", input);
	g_assert_nonnull(strstr(result.output, "250 2.0.0 delivered\r\n"));
	g_autofree char *new_mail = g_build_filename(f->maildir, "new", NULL);
	g_autoptr(GDir) dir = g_dir_open(new_mail, 0, NULL);
	g_assert_nonnull(dir);
	g_assert_nonnull(g_dir_read_name(dir));
	write_config(f, "qualify-domain=odn.example");
	g_auto(Result) again = run(f, "-bs", input);
	g_autoptr(GPtrArray) messages = stored(f);
	g_assert_cmpuint(messages->len, ==, 1);
	const RpQueueMessage *message = messages->pdata[0];
	g_assert_cmpstr(message->sender, ==, "taro@odn.example");
	const RpQueueRecipient *recipient = message->recipients->pdata[0];
	g_assert_cmpstr(recipient->address, ==, "root@odn.example");
}

/* What the queue has to say, the client hears. */
static void
test_smtp_cannot(Fixture *f, gconstpointer data)
{
	g_assert_cmpint(g_mkdir(f->state, 0755), ==, 0);
	g_assert_cmpint(chmod(f->state, 0755), ==, 0);
	g_auto(Result) result = run(f, "-bs",
		"EHLO me\r\nMAIL FROM:<a@x.example>\r\nRCPT TO:<b@x.example>\r\nDATA\r\n"
		"Subject: s\r\n\r\nx\r\n.\r\nQUIT\r\n");
	g_assert_cmpint(result.status, ==, 0);
	g_assert_nonnull(strstr(result.output, "451 4.3.0 "));
	g_assert_nonnull(strstr(result.output, "chmod 700"));
	g_assert_nonnull(strstr(result.output, "221 "));
}

static void
test_cannot(Fixture *f, gconstpointer data)
{
	/* A file where the directory should be. */
	g_assert_true(g_file_set_contents(f->state, "", -1, NULL));
	g_auto(Result) file = run(f, "-i a@x.example", HEADER "\nx\n");
	g_assert_cmpint(file.status, ==, EX_CANTCREAT);
	g_remove(f->state);
	g_assert_cmpint(g_mkdir(f->state, 0755), ==, 0);
	g_assert_cmpint(chmod(f->state, 0755), ==, 0);
	g_auto(Result) open_dir = run(f, "-i a@x.example", HEADER "\nx\n");
	g_assert_cmpint(open_dir.status, ==, EX_NOPERM);
	g_assert_nonnull(strstr(open_dir.output, "chmod 700"));
}

/* No room: 75, nothing stored, and what was there is still there. */
static void
test_full(Fixture *f, gconstpointer data)
{
	g_autofree char *large = g_malloc(3 << 20);
	memset(large, 'x', 3 << 20);
	memcpy(large, HEADER "\n", strlen(HEADER "\n"));

	g_auto(Result) before = run(f, "-i a@x.example", HEADER "\nx\n");
	g_assert_cmpint(before.status, ==, 0);
	g_auto(Result) full = run_limited(f, "-i b@x.example", large, 3 << 20, 300 * 1024);
	g_assert_cmpint(full.status, ==, EX_TEMPFAIL);
	g_auto(Result) fresh = run_limited(f, "-i c@x.example", HEADER "\nx\n", 50, 4096);
	g_assert_cmpint(fresh.status, ==, EX_TEMPFAIL);
	g_auto(Result) after = run(f, "-i d@x.example", HEADER "\nx\n");
	g_assert_cmpint(after.status, ==, 0);
	g_autoptr(GPtrArray) messages = stored(f);
	g_assert_cmpuint(messages->len, ==, 2);
}

static void
test_at_once(Fixture *f, gconstpointer data)
{
	enum { N = 8 };
	g_auto(GStrv) argv = make_argv("-i a@x.example");
	int out = file_with(f, "output", "", 0);
	pid_t pids[N];

	for (int i = 0; i < N; i++) {
		g_autofree char *name = g_strdup_printf("input%d", i);
		int in = file_with(f, name, HEADER "\nx\n", strlen(HEADER "\nx\n"));
		pids[i] = start(argv, in, out, 0);
		close(in);
	}
	close(out);
	for (int i = 0; i < N; i++) {
		g_auto(Result) result = finish(f, pids[i]);
		g_assert_cmpint(result.status, ==, 0);
	}
	g_autoptr(GPtrArray) messages = stored(f);
	g_assert_cmpuint(messages->len, ==, N);
}

static int
writer_of(gsize total)
{
	g_autofree char *block = g_malloc(65536);
	int fds[2];

	memset(block, 'y', 65536);
	for (int i = 0; i < 65536; i += 64)
		block[i] = '\n';
	g_assert_cmpint(pipe2(fds, O_CLOEXEC), ==, 0);
	if (fork() == 0) {
		signal(SIGPIPE, SIG_DFL);
		close(fds[0]);
		if (write(fds[1], HEADER "\n", strlen(HEADER "\n")) < 0)
			_exit(1);
		for (gsize done = 0; done < total; done += 65536)
			if (write(fds[1], block, 65536) != 65536)
				_exit(1);
		_exit(0);
	}
	close(fds[1]);
	return fds[0];
}

/* 50 MB through a pipe, in bounded memory. */
static void
test_large(Fixture *f, gconstpointer data)
{
	enum { SIZE = 50 << 20 };
	g_auto(GStrv) argv = make_argv("-i a@x.example");
	int out = file_with(f, "output", "", 0);
	int in = writer_of(SIZE);
	pid_t pid = start(argv, in, out, 0);

	close(in);
	close(out);
	g_auto(Result) result = finish(f, pid);
	wait(NULL);
	g_assert_cmpint(result.status, ==, 0);
	g_test_message("at most %ld KiB of memory", result.usage.ru_maxrss);
#ifndef SANITIZED
	g_assert_cmpint(result.usage.ru_maxrss, <, 16 * 1024);
#endif
	g_autoptr(GPtrArray) messages = stored(f);
	g_assert_cmpuint(messages->len, ==, 1);
	g_assert_cmpint(((RpQueueMessage *)messages->pdata[0])->size, >, SIZE);
}

/* Killed at any moment, it has stored either all of the message or nothing; and what it said by its
 * status is true. */
static void
test_killed(Fixture *f, gconstpointer data)
{
	g_auto(GStrv) argv = make_argv("-i a@x.example");
	g_autoptr(GError) error = NULL;
	guint promised = 0, killed = 0;
	gint64 whole = 0; /* how long it takes when it is left alone */

	for (int i = 0; i < 24; i++) {
		gint64 begin = g_get_monotonic_time();
		int out = file_with(f, "output", "", 0);
		int in = writer_of(3 << 20);
		pid_t pid = start(argv, in, out, 0);
		close(in);
		close(out);
		if (i > 0) {
			g_usleep(whole * i / 16);
			kill(pid, SIGKILL);
		}
		g_auto(Result) result = finish(f, pid);
		wait(NULL);
		if (i == 0)
			whole = g_get_monotonic_time() - begin;
		promised += result.status == 0;
		killed += result.status == -1;
	}
	g_assert_cmpuint(promised + killed, ==, 24);
	g_test_message("%u killed in time", killed);
	g_autoptr(RpQueue) agent = rp_queue_open(f->state, RP_QUEUE_AGENT, &error);
	g_assert_no_error(error);
	g_assert_true(rp_queue_recover(agent, NULL, &error));
	g_autoptr(GPtrArray) messages = stored(f);
	g_assert_cmpuint(messages->len, >=, promised);
	for (guint i = 0; i < messages->len; i++) {
		const RpQueueMessage *message = messages->pdata[i];
		char octet;
		g_assert_cmpint(message->size, >, 3 << 20);
		g_assert_cmpint(
			rp_queue_read(agent, message->id, message->size - 1, &octet, 1, &error), ==,
			1);
		g_assert_cmpint(
			rp_queue_read(agent, message->id, message->size, &octet, 1, &error), ==, 0);
	}
}

#define ADD(path, func) g_test_add("/sendmail/" path, Fixture, NULL, set_up, func, tear_down)

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(argc, ==, 2);
	program = argv[1];
	ADD("cases", test_cases);
	ADD("dsn", test_dsn);
	ADD("local", test_local);
	ADD("without-anything", test_without_anything);
	ADD("sender-despite-errors", test_sender_despite_errors);
	ADD("modes", test_modes);
	ADD("smtp", test_smtp);
	ADD("smtp-dsn", test_smtp_dsn);
	ADD("smtp-local", test_smtp_local);
	ADD("smtp-cannot", test_smtp_cannot);
	ADD("cannot", test_cannot);
	ADD("full", test_full);
	ADD("at-once", test_at_once);
	ADD("large", test_large);
	ADD("killed", test_killed);
	return g_test_run();
}
