/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Checks of mail: the agent with its real transport, queue and maildir, against a scripted POP
 * server, and a clock that the test sets. */
#include "fake-server.h" /* before all: it names its log */

#include "agent-private.h"
#include "settle.h"

#include "roampost/base.h"
#include "../scratch.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

static RpTime test_time;

static RpTime
test_now(const RpClock *clock)
{
	return test_time;
}

static const RpClock test_clock = {test_now};

static void
nothing(gpointer user)
{
}

static gboolean
no_reload(gpointer user, GError **error)
{
	return TRUE;
}

static void
notifier_show(RpNotifier *notifier, const GPtrArray *notices)
{
}

static gboolean
notifier_was_seen(RpNotifier *notifier, const char *cause)
{
	return FALSE;
}

static void
notifier_announce(RpNotifier *notifier, const RpNotice *notice)
{
}

static void
notifier_free(RpNotifier *notifier)
{
	g_free(notifier);
}

static const RpNotifierClass notifier_class = {
	.show = notifier_show,
	.was_seen = notifier_was_seen,
	.announce = notifier_announce,
	.free = notifier_free,
};

/* ---- the bench ---- */

typedef struct {
	char *dir;
	RpAgent *agent;
	RpQueue *reader;
	guint16 pop, smtp;
} Fixture;

/* What the agent says of checks. */
static GString *said;
static GLogFunc log_before;

/* A handler, not a writer: since GLib 2.84 the one of g_test_init() keeps its lines from the
 * writer. */
static void
on_log(const char *domain, GLogLevelFlags level, const char *text, gpointer user)
{
	if (strstr(text, "check: ") || strstr(text, "checked: "))
		g_string_append_printf(said, "%s\n", text);
	if (level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL | G_LOG_LEVEL_ERROR))
		log_before(domain, level, text, user);
}

static RpConfig *
load_config(Fixture *f, const char *options, const char *delivery)
{
	g_autofree char *file = g_build_filename(f->dir, "roampost.conf", NULL);
	g_autoptr(RpConfigSources) sources = rp_config_sources_new_for_file(file);
	g_autoptr(GPtrArray) problems = NULL;
	g_autofree char *text =
		g_strdup_printf("[agent]\nmaildir=%s/Maildir\n%s"
				"[server-set odn]\nidentities=taro@odn.example\nrelay=pop-login\n"
				"smtp=smtp://127.0.0.1:%u\nsmtp-tls=off\n"
				"pop=pop3://127.0.0.1:%u\npop-tls=off\npop-user=taro\n"
				"pop-password=geheim\n%s",
			f->dir, delivery, f->smtp, f->pop, options);
	RpConfig *config;

	g_assert_true(g_file_set_contents(file, text, -1, NULL));
	g_assert_cmpint(g_chmod(file, 0600), ==, 0);
	config = rp_config_load(sources, &problems);
	for (guint i = 0; !config && i < problems->len; i++) {
		g_autofree char *problem = rp_config_problem_format(problems->pdata[i]);

		g_test_message("%s", problem);
	}
	g_assert_nonnull(config);
	return config;
}

static void
start(Fixture *f, const char *options, const char *delivery)
{
	RpAgentParts parts = {.clock = &test_clock,
		.rescan = nothing,
		.reload = no_reload,
		.quit = nothing,
		.lost = nothing,
		.user = f};
	g_autoptr(GError) error = NULL;
	g_autoptr(RpNetwork) network = rp_network_new();
	RpLink *link = rp_link_new("ppp0", RP_LINK_PPP);
	RpAddress address;
	guint n_maybe_sent;

	parts.queue = rp_queue_open(f->dir, RP_QUEUE_AGENT, &error);
	g_assert_no_error(error);
	g_assert_true(rp_queue_recover(parts.queue, &n_maybe_sent, &error));
	parts.config = load_config(f, options, delivery);
	parts.transport = rp_transport_new(&error);
	g_assert_no_error(error);
	rp_transport_set_times(parts.transport, &fake_times);
	parts.notifier = g_new0(RpNotifier, 1);
	parts.notifier->class = &notifier_class;
	f->agent = rp_agent_new(&parts);
	g_assert_true(rp_address_parse("192.0.2.7", &address));
	rp_link_add_address(link, &address);
	link->default_route_ipv4 = TRUE;
	rp_network_add_link(network, link);
	rp_agent_set_network(f->agent, network);
}

static void
set_up(Fixture *f, gconstpointer data)
{
	test_time = 1000000 * (gint64)G_USEC_PER_SEC;
	f->dir = g_dir_make_tmp("rp-check-XXXXXX", NULL);
	g_assert_cmpint(g_chmod(f->dir, 0700), ==, 0);
	f->smtp = 9;
	g_string_truncate(said, 0);
}

static void
tear_down(Fixture *f, gconstpointer data)
{
	rp_agent_free(f->agent);
	if (f->reader)
		rp_queue_close(f->reader);
	scratch_remove(f->dir);
	g_free(f->dir);
}

static void
settle(Fixture *f)
{
	settle_agent(f->agent, 180);
}

/* Checks, and says what the agent said of it. */
static const char *
check(Fixture *f)
{
	settle(f);
	g_string_truncate(said, 0);
	g_assert_true(rp_lanes_check(f->agent->lanes, rp_agent_find_set(f->agent, "odn")));
	settle(f);
	return said->str;
}

static guint
count(Fixture *f, const char *part)
{
	g_autofree char *path = g_build_filename(f->dir, "Maildir", part, NULL);
	g_autoptr(GDir) listing = g_dir_open(path, 0, NULL);
	guint n = 0;

	while (listing && g_dir_read_name(listing))
		n++;
	return n;
}

static int
by_text(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* All mail, sorted, as one text. */
static char *
all_mail(Fixture *f)
{
	g_autofree char *path = g_build_filename(f->dir, "Maildir", "new", NULL);
	g_autoptr(GDir) listing = g_dir_open(path, 0, NULL);
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	while (listing && (name = g_dir_read_name(listing))) {
		g_autofree char *file = g_build_filename(path, name, NULL);
		char *text = NULL;

		g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
		g_ptr_array_add(texts, text);
	}
	g_ptr_array_sort(texts, by_text);
	g_ptr_array_add(texts, NULL);
	return g_strjoinv("--\n", (char **)texts->pdata);
}

static guint
times(const char *text, const char *word)
{
	guint n = 0;

	for (; (text = strstr(text, word)); text += strlen(word))
		n++;
	return n;
}

static void
assert_drop(Fixture *f, const char *want)
{
	g_autofree char *got = fake_drop(f->pop);

	g_assert_cmpstr(got, ==, want);
}

/* The POP server goes on by this script, of which the closing brace is left out. */
static void
replace(Fixture *f, const char *script)
{
	g_autofree char *all = g_strdup_printf("%s, \"replaces\": %u}", script, f->pop);

	g_assert_cmpuint(fake_server(all), ==, f->pop);
}

#define PIPE "\"proto\": \"pop\", \"ehlo\": [\"UIDL\", \"TOP\", \"USER\", \"PIPELINING\"], "
#define TWENTY "\"drop\": [{\"uidl\": \"u\", \"size\": 5000, \"count\": 20}]"
#define TWO                                                                                        \
	"\"drop\": [{\"uidl\": \"a\", \"text\": \"Subject: a\\r\\n\\r\\n.\\r\\na\\r\\n\"}, "       \
	"{\"uidl\": \"b\", \"text\": \"Subject: b\\r\\n\\r\\nb\\r\\n\"}]"

/* ---- fetching ---- */

static void
test_twenty(Fixture *f, gconstpointer data)
{
	g_autofree char *mail = NULL;

	f->pop = fake_server(data);
	start(f, "fetch=leave\n", "");
	g_assert_cmpstr(check(f), ==, "odn: checked: 20 fetched\n");
	g_assert_cmpuint(count(f, "new"), ==, 20);
	g_assert_cmpuint(count(f, "tmp"), ==, 0);
	g_assert_cmpstr(check(f), ==, "odn: checked: 0 fetched\n");
	/* also another agent, with what is on the disk */
	rp_agent_free(f->agent);
	start(f, "fetch=leave\n", "");
	g_assert_cmpstr(check(f), ==, "odn: checked: 0 fetched\n");
	g_assert_cmpuint(count(f, "new"), ==, 20);
	mail = all_mail(f);
	g_assert_cmpuint(times(mail, "Subject: u 7\n\n"), ==, 1);
	g_assert_null(strchr(mail, '\r'));
	g_autofree char *log = fake_log(f->pop);
	g_assert_cmpuint(times(log, "RETR"), ==, 20);
	g_assert_cmpuint(times(log, "DELE"), ==, 0);
}

static void
test_off(Fixture *f, gconstpointer data)
{
	f->pop = fake_server("{" PIPE TWO "}");
	start(f, "", "");
	check(f);
	g_autofree char *log = fake_log(f->pop);
	g_assert_cmpstr(log, ==, "<connection>\nCAPA\nUSER taro\nPASS\nQUIT\n");
}

static void
test_delete(Fixture *f, gconstpointer data)
{
	g_autofree char *mail = NULL;

	f->pop = fake_server("{" PIPE TWO "}");
	start(f, "fetch=delete\n", "");
	g_assert_cmpstr(check(f), ==, "odn: checked: 2 fetched\n");
	mail = all_mail(f);
	g_assert_cmpstr(mail, ==, "Subject: a\n\n.\na\n--\nSubject: b\n\nb\n");
	assert_drop(f, "");
}

static void
test_keep_days(Fixture *f, gconstpointer data)
{
	f->pop = fake_server("{" PIPE TWO "}");
	start(f, "fetch=delete\nkeep-days=3\n", "");
	g_assert_cmpstr(check(f), ==, "odn: checked: 2 fetched\n");
	assert_drop(f, "a b");
	test_time += 3 * G_TIME_SPAN_DAY - G_TIME_SPAN_SECOND;
	g_assert_cmpstr(check(f), ==, "odn: checked: 0 fetched\n");
	assert_drop(f, "a b");
	test_time += 2 * G_TIME_SPAN_SECOND;
	g_assert_cmpstr(check(f), ==, "odn: checked: 0 fetched\n");
	assert_drop(f, "");
	g_assert_cmpuint(count(f, "new"), ==, 2);
}

/* The line is cut in the middle of the seventh mail: six are here, and are not fetched again. */
static void
test_cut(Fixture *f, gconstpointer data)
{
	f->pop = fake_server("{" PIPE TWENTY ", \"cut_after\": 33000}");
	start(f, "fetch=delete\n", "");
	g_assert_nonnull(strstr(check(f), "odn: checked: 6 fetched\n"));
	g_assert_nonnull(strstr(said->str, "lost"));
	g_assert_cmpuint(count(f, "new"), ==, 6);
	g_assert_cmpuint(count(f, "tmp"), ==, 0);
	g_assert_cmpstr(check(f), ==, "odn: checked: 14 fetched\n");
	g_assert_cmpuint(count(f, "new"), ==, 20);
	assert_drop(f, "");
	g_autofree char *mail = all_mail(f);
	for (guint i = 0; i < 20; i++) {
		g_autofree char *subject = g_strdup_printf("Subject: u %u\n", i);

		g_assert_cmpuint(times(mail, subject), ==, 1);
	}
}

static void
test_max_size(Fixture *f, gconstpointer data)
{
	g_autofree char *mail = NULL, *later = NULL;

	f->pop = fake_server("{" PIPE "\"drop\": [{\"uidl\": \"s\", \"text\": \"Subject: s\\r\\n"
			     "\\r\\ns\\r\\n\"}, {\"uidl\": \"big\", \"size\": 9000}]}");
	start(f, "fetch=delete\nmax-size=2K\n", "");
	g_assert_cmpstr(check(f), ==, "odn: checked: 2 fetched\n");
	assert_drop(f, "big"); /* never without having it whole */
	mail = all_mail(f);
	g_assert_nonnull(strstr(mail, "Subject: big 0\nX-Roampost-Note: header only; "));
	g_assert_nonnull(strstr(mail, "raise max-size"));
	g_assert_null(strstr(mail, "xxxx"));
	g_assert_cmpstr(check(f), ==, "odn: checked: 0 fetched\n");
	rp_agent_free(f->agent);
	start(f, "fetch=delete\nmax-size=1M\n", "");
	g_assert_cmpstr(check(f), ==, "odn: checked: 1 fetched\n");
	assert_drop(f, "");
	later = all_mail(f);
	g_assert_nonnull(strstr(later, "xxxx"));
}

/* ---- what goes wrong ---- */

static void
test_no_uidl(Fixture *f, gconstpointer data)
{
	f->pop = fake_server("{" PIPE TWO ", \"replies\": {\"UIDL\": \"-ERR what?\"}}");
	start(f, "fetch=delete\n", "");
	g_assert_nonnull(strstr(check(f), "nothing is fetched: what?"));
	g_assert_nonnull(strstr(said->str, "checked: 0 fetched"));
	assert_drop(f, "a b");
	g_assert_cmpuint(count(f, "new"), ==, 0);
}

static void
test_one_refused(Fixture *f, gconstpointer data)
{
	f->pop = fake_server("{" PIPE TWO ", \"replies\": {\"RETR#0\": \"-ERR damaged\"}}");
	start(f, "fetch=delete\n", "");
	g_assert_nonnull(strstr(check(f), "does not give the text of message 1: damaged"));
	g_assert_nonnull(strstr(said->str, "checked: 1 fetched"));
	assert_drop(f, "a");
}

/* QUIT is answered by a closed connection: nothing went wrong, and whether the server deleted what
 * it was told to shows at the next check. */
static void
test_quit_unanswered(Fixture *f, gconstpointer data)
{
	f->pop = fake_server("{" PIPE TWO ", \"first\": {\"QUIT\": \"@close\"}}");
	start(f, "fetch=delete\n", "");
	g_assert_cmpstr(check(f), ==, "odn: checked: 2 fetched\n");
	assert_drop(f, "a b");
	g_assert_cmpstr(check(f), ==, "odn: checked: 0 fetched\n");
	assert_drop(f, "");
	g_assert_cmpuint(count(f, "new"), ==, 2);
}

/* A server without TOP: what is too large stays, and the user hears what to do. */
static void
test_no_top(Fixture *f, gconstpointer data)
{
	f->pop = fake_server("{" PIPE "\"drop\": [{\"uidl\": \"big\", \"size\": 9000}, {\"uidl\": "
			     "\"s\", \"size\": 100}], \"replies\": {\"TOP\": \"-ERR what?\"}}");
	start(f, "fetch=delete\nmax-size=2K\n", "");
	g_assert_cmpstr(check(f), ==,
		"odn: check: message 1 is larger than max-size allows, and its POP server does not "
		"give the header alone: what?\nodn: checked: 1 fetched\n");
	assert_drop(f, "big");
}

/* ---- unique ids that come again ---- */

#define MAIL(uidl, text)                                                                           \
	"{\"uidl\": \"" uidl "\", \"text\": \"Subject: " text "\\r\\n\\r\\n" text "\\r\\n\"}"
#define DROP(mails) "{" PIPE "\"drop\": [" mails "]"

/* The server gives the id of a mail that was deleted to the next one (tpop3d did). */
static void
test_id_again(Fixture *f, gconstpointer data)
{
	g_autofree char *mail = NULL;

	f->pop = fake_server(DROP(MAIL("1", "a")) "}");
	start(f, "fetch=delete\n", "");
	g_assert_cmpstr(check(f), ==, "odn: checked: 1 fetched\n");
	assert_drop(f, "");
	replace(f, DROP(MAIL("1", "b")));
	g_assert_cmpstr(check(f), ==, "odn: checked: 1 fetched\n");
	assert_drop(f, "");
	rp_agent_free(f->agent);
	start(f, "fetch=delete\n", "");
	replace(f, DROP(MAIL("1", "c") ", " MAIL("2", "d")));
	g_assert_cmpstr(check(f), ==, "odn: checked: 2 fetched\n");
	assert_drop(f, "");
	mail = all_mail(f);
	g_assert_cmpstr(mail, ==,
		"Subject: a\n\na\n--\nSubject: b\n\nb\n--\nSubject: c\n\nc\n--\nSubject: d\n\nd\n");
}

/* Left on the server until somebody else deletes it; the next one is far larger. */
static void
test_id_again_left(Fixture *f, gconstpointer data)
{
	f->pop = fake_server(DROP(MAIL("1", "a")) "}");
	start(f, "fetch=leave\n", "");
	g_assert_cmpstr(check(f), ==, "odn: checked: 1 fetched\n");
	replace(f, DROP("{\"uidl\": \"1\", \"size\": 9000}"));
	g_assert_cmpstr(check(f), ==, "odn: checked: 1 fetched\n");
	g_assert_cmpstr(check(f), ==, "odn: checked: 0 fetched\n");
	g_assert_cmpuint(count(f, "new"), ==, 2);
	g_autofree char *log = fake_log(f->pop);
	g_assert_cmpuint(times(log, "RETR"), ==, 2);
}

/* Mails with equal headers have equal ids (popa3d does so): two mails, and a copy of the first. */
static void
test_id_shared(Fixture *f, gconstpointer data)
{
	static const char drop[] = DROP(MAIL("1", "a") ", " MAIL("1", "b") ", " MAIL("1", "a"));
	g_autofree char *script = g_strconcat(drop, "}", NULL);
	g_autofree char *mail = NULL;

	f->pop = fake_server(script);
	start(f, "fetch=leave\n", "");
	g_assert_cmpstr(check(f), ==, "odn: checked: 2 fetched\n");
	g_assert_cmpstr(check(f), ==, "odn: checked: 0 fetched\n");
	rp_agent_free(f->agent);
	start(f, "fetch=delete\n", "");
	g_assert_cmpstr(check(f), ==, "odn: checked: 0 fetched\n");
	assert_drop(f, "");
	mail = all_mail(f);
	g_assert_cmpstr(mail, ==, "Subject: a\n\na\n--\nSubject: b\n\nb\n");
}

/* Two had the id when the line broke, and only the one that never came is left. */
static void
test_id_shared_cut(Fixture *f, gconstpointer data)
{
	f->pop = fake_server(DROP(MAIL("1", "a")) "}");
	start(f, "fetch=leave\n", "");
	g_assert_cmpstr(check(f), ==, "odn: checked: 1 fetched\n");
	replace(f, DROP(MAIL("1", "a") ", " MAIL("1", "b")) ", \"cut_after\": 10");
	g_assert_nonnull(strstr(check(f), "odn: checked: 0 fetched\n"));
	replace(f, DROP(MAIL("1", "b")));
	g_assert_cmpstr(check(f), ==, "odn: checked: 1 fetched\n");
	g_assert_cmpstr(check(f), ==, "odn: checked: 0 fetched\n");
	g_assert_cmpuint(count(f, "new"), ==, 2);
}

/* QUIT was not answered, and the server did delete, and gave the id away. */
static void
test_id_after_doubt(Fixture *f, gconstpointer data)
{
	f->pop = fake_server(DROP(MAIL("1", "a")) ", \"first\": {\"QUIT\": \"@close\"}}");
	start(f, "fetch=delete\n", "");
	g_assert_cmpstr(check(f), ==, "odn: checked: 1 fetched\n");
	replace(f, DROP(MAIL("1", "b")));
	g_assert_cmpstr(check(f), ==, "odn: checked: 1 fetched\n");
	assert_drop(f, "");
	g_assert_cmpuint(count(f, "new"), ==, 2);
}

/* The server refuses to delete it: it stays the same mail, and is not fetched again. */
static void
test_not_deleted(Fixture *f, gconstpointer data)
{
	f->pop = fake_server("{" PIPE TWO ", \"replies\": {\"DELE#0\": \"-ERR read-only\"}}");
	start(f, "fetch=delete\n", "");
	g_assert_cmpstr(check(f), ==,
		"odn: check: its POP server does not delete message 1: read-only\n"
		"odn: checked: 2 fetched\n");
	assert_drop(f, "a");
	check(f);
	g_assert_cmpuint(count(f, "new"), ==, 2);
	g_autofree char *log = fake_log(f->pop);
	g_assert_cmpuint(times(log, "RETR"), ==, 2);
}

/* UIDL of nothing is refused. */
static void
test_no_messages(Fixture *f, gconstpointer data)
{
	f->pop = fake_server(
		"{" PIPE "\"drop\": [], \"replies\": {\"UIDL\": \"-ERR no messages\"}}");
	start(f, "fetch=delete\n", "");
	g_assert_cmpstr(check(f), ==, "odn: checked: 0 fetched\n");
}

static void
test_mda(Fixture *f, gconstpointer data)
{
	g_autofree char *good = g_strdup_printf("mda=cat >> %s/box\n", f->dir);
	g_autofree char *file = g_build_filename(f->dir, "box", NULL);
	g_autofree char *text = NULL;

	f->pop = fake_server("{" PIPE TWO "}");
	start(f, "fetch=delete\n", "mda=exit 75\n");
	g_assert_nonnull(strstr(check(f), "could not be put away, and stays on the server: mda: "));
	g_assert_nonnull(strstr(said->str, "checked: 0 fetched"));
	assert_drop(f, "a b");
	rp_agent_free(f->agent);
	start(f, "fetch=delete\n", good);
	g_assert_cmpstr(check(f), ==, "odn: checked: 2 fetched\n");
	assert_drop(f, "");
	g_assert_true(g_file_get_contents(file, &text, NULL, NULL));
	g_assert_cmpstr(text, ==, "Subject: a\n\n.\na\nSubject: b\n\nb\n");
}

static void
test_no_maildir(Fixture *f, gconstpointer data)
{
	g_autofree char *path = g_build_filename(f->dir, "Maildir", NULL);

	g_assert_true(g_file_set_contents(path, "a file", -1, NULL));
	f->pop = fake_server("{" PIPE TWENTY "}");
	start(f, "fetch=delete\n", "");
	g_assert_nonnull(strstr(check(f), "could not be put away"));
	g_assert_nonnull(strstr(said->str, "checked: 0 fetched"));
	g_unlink(path);
	g_assert_cmpstr(check(f), ==, "odn: checked: 20 fetched\n");
	assert_drop(f, "");
}

/* A portal answers to every login and has no mail, or another's: nothing is forgotten for it. */
static void
test_portal(Fixture *f, gconstpointer data)
{
	f->pop = fake_server("{" PIPE TWO "}");
	start(f, "fetch=leave\n", "");
	check(f);
	replace(f, "{" PIPE "\"drop\": []");
	g_assert_cmpstr(check(f), ==, "odn: checked: 0 fetched\n");
	replace(f, "{" PIPE "\"drop\": [{\"uidl\": \"x\", \"size\": 100}]");
	g_assert_cmpstr(check(f), ==, "odn: checked: 1 fetched\n");
	replace(f, "{" PIPE TWO);
	g_assert_cmpstr(check(f), ==, "odn: checked: 0 fetched\n");
	/* that one is the right one, it knows the others: what it does not list is gone */
	f->reader = rp_queue_open(f->dir, RP_QUEUE_WRITER, NULL);
	g_autofree char *server = g_strdup_printf("127.0.0.1 port %u", f->pop);
	RpMaildrop drop = {server, "taro", "odn"};
	g_autoptr(GPtrArray) known = rp_queue_load_fetched(f->reader, &drop, NULL);
	g_assert_cmpuint(known->len, ==, 2);
}

/* The set's POP server is another from now on, and calls its mails by the same names. */
static void
test_other_server(Fixture *f, gconstpointer data)
{
	guint16 first = fake_server("{" PIPE TWO "}");

	f->pop = first;
	start(f, "fetch=leave\n", "");
	g_assert_cmpstr(check(f), ==, "odn: checked: 2 fetched\n");
	rp_agent_free(f->agent);
	f->pop = fake_server("{" PIPE "\"drop\": [{\"uidl\": \"a\", \"size\": 100}]}");
	start(f, "fetch=delete\n", "");
	g_assert_cmpstr(check(f), ==, "odn: checked: 1 fetched\n");
	assert_drop(f, "");
	g_assert_cmpuint(count(f, "new"), ==, 3);
	rp_agent_free(f->agent);
	f->pop = first;
	start(f, "fetch=leave\n", "");
	g_assert_cmpstr(check(f), ==, "odn: checked: 0 fetched\n");
}

/* An agent that ended between the memory's commit and the showing. */
static void
test_parked(Fixture *f, gconstpointer data)
{
	g_autofree char *tmp = g_build_filename(f->dir, "Maildir", "tmp", NULL);
	g_autofree char *new = g_build_filename(f->dir, "Maildir", "new", NULL);
	g_autofree char *file = g_build_filename(tmp, "parked", NULL);
	RpQueueChange *change = rp_queue_change_new(test_time);

	g_mkdir_with_parents(tmp, 0700);
	g_mkdir_with_parents(new, 0700);
	g_assert_true(g_file_set_contents(file, "Subject: a\n\n", -1, NULL));
	f->reader = rp_queue_open(f->dir, RP_QUEUE_WRITER, NULL);
	f->pop = fake_server("{" PIPE TWO "}");
	g_autofree char *server = g_strdup_printf("127.0.0.1 port %u", f->pop);
	RpMaildrop drop = {server, "taro", "odn"};
	RpFetched fetched = {.uidl = (char *)"a", .size = -1, .file = file};
	rp_change_save_fetched(change, &drop, &fetched, FALSE);
	g_assert_true(rp_queue_apply(f->reader, change, NULL));
	start(f, "fetch=delete\n", "");
	settle(f);
	g_assert_cmpuint(count(f, "new"), ==, 1);
	g_assert_cmpuint(count(f, "tmp"), ==, 0);
	g_assert_cmpstr(check(f), ==, "odn: checked: 1 fetched\n");
	assert_drop(f, "");
}

/* The line is cut while mail comes: what is whole is kept, and the rest comes later. That the link
 * goes, or the machine sleeps, does not cut what lives by an address of this machine. */
static void
test_network_gone(Fixture *f, gconstpointer data)
{
	g_autoptr(RpNetwork) none = rp_network_new();

	f->pop = fake_server("{" PIPE TWENTY ", \"hold\": [\"RETR#5\"]}");
	start(f, "fetch=delete\n", "");
	settle(f);
	g_assert_true(rp_lanes_check(f->agent->lanes, rp_agent_find_set(f->agent, "odn")));
	while (count(f, "new") < 5)
		g_main_context_iteration(NULL, TRUE);
	rp_agent_set_network(f->agent, none);
	g_assert_cmpstr(said->str, ==, "");
	rp_agent_resumed(f->agent);
	rp_agent_set_network(f->agent, none);
	g_assert_cmpstr(said->str, ==, "");
	rp_checks_cut(f->agent->checks, TRUE);
	fake_go(f->pop);
	settle(f);
	g_assert_nonnull(strstr(said->str, "the network has changed"));
	g_assert_cmpuint(count(f, "new"), ==, 5);
	g_assert_cmpuint(count(f, "tmp"), ==, 0);
	rp_agent_free(f->agent);
	start(f, "fetch=delete\n", "");
	g_assert_cmpstr(check(f), ==, "odn: checked: 15 fetched\n");
	g_assert_cmpuint(count(f, "new"), ==, 20);
}

/* Two sets of one mailbox are checked at once. */
static void
test_two_sets(Fixture *f, gconstpointer data)
{
	f->pop = fake_server("{" PIPE TWENTY ", \"hold\": [\"RETR#5\"]}");
	g_autofree char *two = g_strdup_printf(
		"fetch=leave\n[server-set two]\nidentities=taro@two.example\nrelay=anywhere\n"
		"smtp=smtp://127.0.0.1:9\nsmtp-tls=off\npop=pop3://127.0.0.1:%u\npop-tls=off\n"
		"pop-user=taro\npop-password=geheim\nfetch=leave\n",
		f->pop);

	start(f, two, "");
	settle(f);
	g_assert_true(rp_lanes_check(f->agent->lanes, rp_agent_find_set(f->agent, "odn")));
	g_assert_true(rp_lanes_check(f->agent->lanes, rp_agent_find_set(f->agent, "two")));
	while (count(f, "new") < 5)
		g_main_context_iteration(NULL, TRUE);
	fake_go(f->pop);
	settle(f);
	g_assert_cmpuint(times(said->str, "checked: 20 fetched"), ==, 1);
	g_assert_cmpuint(times(said->str, "checked: 0 fetched"), ==, 1);
	g_assert_cmpuint(count(f, "new"), ==, 20);
}

/* ---- beside it, the queue ---- */

static void
submit_from(Fixture *f, const char *sender)
{
	static const char content[] = "Subject: x\r\n\r\nx\r\n";
	const char *const to[] = {"a@x.example"};
	RpEnvelope envelope = {
		.sender = sender, .header_from = sender, .recipients = to, .n_recipients = 1};
	g_autoptr(RpSubmission) submission = NULL;

	if (!f->reader)
		f->reader = rp_queue_open(f->dir, RP_QUEUE_WRITER, NULL);
	submission = rp_submission_new(f->reader);
	g_assert_true(rp_submission_write(submission, content, sizeof content - 1, NULL));
	g_assert_true(rp_submission_commit(submission, &envelope, NULL, NULL));
}

static void
submit(Fixture *f)
{
	submit_from(f, "taro@odn.example");
}

/* Nothing of our own may be under way then that would wake the loop. */
static void
turn(void)
{
	if (!g_main_context_iteration(NULL, FALSE))
		g_usleep(1000);
}

static void
wait_for_mail(Fixture *f)
{
	while (fake_n_mails(f->smtp) == 0)
		turn();
}

/* The server takes its time over the third mail; what waits to be sent does not. */
static void
test_sends_beside(Fixture *f, gconstpointer data)
{
	f->pop = fake_server("{" PIPE TWENTY ", \"hold\": [\"RETR#2\"]}");
	f->smtp = fake_server("{}");
	start(f, "fetch=leave\npop-window=1s\n", "");
	submit(f);
	g_assert_true(rp_lanes_check(f->agent->lanes, rp_agent_find_set(f->agent, "odn")));
	wait_for_mail(f);
	g_assert_cmpuint(count(f, "new"), <, 20);
	fake_go(f->pop);
	settle(f);
	g_assert_cmpuint(count(f, "new"), ==, 20);
	g_autofree char *log = fake_log(f->pop);
	g_assert_cmpuint(times(log, "<connection>"), ==, 1);
}

/* Begins a check in which the sixth mail is held, and lets the window pass before something is to
 * be sent. */
static void
outlast_window(Fixture *f)
{
	f->pop = fake_server("{" PIPE TWENTY ", \"hold\": [\"RETR#5\"]}");
	f->smtp = fake_server("{}");
	start(f, "fetch=leave\npop-window=1min\n", "");
	settle(f);
	g_assert_true(rp_lanes_check(f->agent->lanes, rp_agent_find_set(f->agent, "odn")));
	while (count(f, "new") < 5)
		g_main_context_iteration(NULL, TRUE);
	test_time += 2 * G_TIME_SPAN_MINUTE;
}

/* A login of its own is made for it. */
static void
test_outlasts_window(Fixture *f, gconstpointer data)
{
	outlast_window(f);
	submit(f);
	wait_for_mail(f);
	g_assert_cmpuint(count(f, "new"), ==, 5);
	fake_go(f->pop);
	settle(f);
	g_assert_cmpuint(fake_n_mails(f->smtp), ==, 1);
	g_assert_cmpuint(count(f, "new"), ==, 20);
	g_autofree char *log = fake_log(f->pop);
	g_assert_cmpuint(times(log, "<connection>"), ==, 2);
}

static void
wait_for_logins(Fixture *f, guint n)
{
	for (;;) {
		g_autofree char *log = fake_log(f->pop);

		if (times(log, "PASS") >= n)
			return;
		turn();
	}
}

/* The server lets in one at a time: then it is sent as soon as the fetch is over. */
static void
test_locked(Fixture *f, gconstpointer data)
{
	outlast_window(f);
	replace(f, "{" PIPE "\"replies\": {\"PASS\": \"-ERR [IN-USE] locked\"}");
	submit(f);
	wait_for_logins(f, 2);
	replace(f, "{" PIPE TWO);
	fake_go(f->pop);
	while (!strstr(said->str, "checked: ")) {
		g_assert_cmpuint(fake_n_mails(f->smtp), ==, 0);
		g_main_context_iteration(NULL, TRUE);
	}
	settle(f);
	g_assert_cmpuint(fake_n_mails(f->smtp), ==, 1);
	g_assert_cmpuint(count(f, "new"), ==, 20);
}

/* What another set's server puts off stays so: a check says nothing of that one. */
static void
test_others_wait(Fixture *f, gconstpointer data)
{
	const char *fetch = data;

	f->pop = fake_server("{" PIPE TWO "}");
	f->smtp = fake_server("{\"replies\": {\"RCPT\": \"450 4.2.0 greylisted\"}}");
	g_autofree char *two =
		g_strdup_printf("%s[server-set two]\nidentities=taro@two.example\nrelay=anywhere\n"
				"smtp=smtp://127.0.0.1:%u\nsmtp-tls=off\n",
			fetch, f->smtp);
	start(f, two, "");
	submit_from(f, "taro@two.example");
	settle(f);
	g_autofree char *before = fake_log(f->smtp);
	g_assert_cmpuint(times(before, "RCPT"), ==, 1);
	check(f);
	g_autofree char *after = fake_log(f->smtp);
	g_assert_cmpuint(times(after, "RCPT"), ==, 1);
}

/* Mail that goes without a POP login waits for none that a check failed to make, in either way to
 * check. */
static void
check_fails(Fixture *f, const char *options, guint n_sent)
{
	f->smtp = fake_server("{}");
	start(f, options, "");
	check(f);
	submit(f);
	settle(f);
	g_assert_cmpuint(fake_n_mails(f->smtp), ==, n_sent);
}

static void
test_refused_check(Fixture *f, gconstpointer data)
{
	f->pop = fake_server("{" PIPE "\"replies\": {\"PASS\": \"-ERR [AUTH] no\"}}");
	check_fails(f, data, 1);
}

static void
test_unreachable_check(Fixture *f, gconstpointer data)
{
	f->pop = 9;
	check_fails(f, data, 1);
}

static void
test_refused_login(Fixture *f, gconstpointer data)
{
	f->pop = fake_server("{" PIPE "\"replies\": {\"PASS\": \"-ERR [AUTH] no\"}}");
	check_fails(f, data, 0);
}

int
main(int argc, char **argv)
{
	int result;

	g_test_init(&argc, &argv, NULL);
	g_unsetenv("DBUS_SESSION_BUS_ADDRESS");
	g_setenv("XDG_RUNTIME_DIR", "/nonexistent", TRUE);
	said = g_string_new(NULL);
	log_before = g_log_set_default_handler(on_log, NULL);
#define ADD(path, func) g_test_add("/check/" path, Fixture, NULL, set_up, func, tear_down)
	g_test_add("/check/twenty", Fixture, "{" PIPE TWENTY "}", set_up, test_twenty, tear_down);
	g_test_add("/check/twenty-in-turn", Fixture, "{\"proto\": \"pop\", " TWENTY "}", set_up,
		test_twenty, tear_down);
	ADD("off", test_off);
	ADD("delete", test_delete);
	ADD("keep-days", test_keep_days);
	ADD("cut", test_cut);
	ADD("max-size", test_max_size);
	ADD("quit-unanswered", test_quit_unanswered);
	ADD("no-messages", test_no_messages);
	ADD("no-top", test_no_top);
	ADD("id-again", test_id_again);
	ADD("id-again-left", test_id_again_left);
	ADD("id-shared", test_id_shared);
	ADD("id-shared-cut", test_id_shared_cut);
	ADD("id-after-doubt", test_id_after_doubt);
	ADD("not-deleted", test_not_deleted);
	ADD("no-uidl", test_no_uidl);
	ADD("one-refused", test_one_refused);
	ADD("mda", test_mda);
	ADD("no-maildir", test_no_maildir);
	ADD("portal", test_portal);
	ADD("parked", test_parked);
	ADD("network-gone", test_network_gone);
	ADD("other-server", test_other_server);
	ADD("two-sets", test_two_sets);
	ADD("sends-beside", test_sends_beside);
	ADD("outlasts-window", test_outlasts_window);
	ADD("locked", test_locked);
	g_test_add("/check/others-wait", Fixture, "fetch=leave\n", set_up, test_others_wait,
		tear_down);
	g_test_add("/check/others-wait-off", Fixture, "", set_up, test_others_wait, tear_down);
#define ADD_FAILS(path, options, func)                                                             \
	g_test_add("/check/fails/" path, Fixture, options, set_up, func, tear_down)
	ADD_FAILS("refused", "relay=anywhere\n", test_refused_check);
	ADD_FAILS("refused-fetch", "relay=anywhere\nfetch=leave\n", test_refused_check);
	ADD_FAILS("unreachable", "relay=anywhere\n", test_unreachable_check);
	ADD_FAILS("unreachable-fetch", "relay=anywhere\nfetch=leave\n", test_unreachable_check);
	ADD_FAILS("refused-login", "fetch=leave\n", test_refused_login);
	result = g_test_run();
	fake_stop();
	g_string_free(said, TRUE);
	return result;
}
