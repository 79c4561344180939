/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-agent.h"
#include "fake-daemon.h"
#include "private-bus.h"

#include "roampost/notifier.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* One notification for held mail, whatever the daemon and its user do. */

static const char *const full[] = {"body", "body-markup", "actions", NULL};

typedef struct {
	PrivateBus *bus;
	FakeDaemon *daemon;
	RpNotifier *notifier;
	char *memory;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer capabilities)
{
	fixture->bus = private_bus_new(NULL);
	private_bus_start(fixture->bus);
	g_setenv("DBUS_SESSION_BUS_ADDRESS", private_bus_address(fixture->bus), TRUE);
	if (capabilities != NULL)
		fixture->daemon = fake_daemon_new(capabilities);
	fixture->memory = g_build_filename(g_get_tmp_dir(), "rp-notices-XXXXXX", NULL);
	close(g_mkstemp(fixture->memory));
	fixture->notifier = rp_desktop_notifier_new(fixture->memory);
}

static void
tear_down(Fixture *fixture, gconstpointer capabilities)
{
	rp_notifier_free(fixture->notifier);
	fake_daemon_free(fixture->daemon);
	private_bus_free(fixture->bus);
	g_unlink(fixture->memory);
	g_free(fixture->memory);
}

/* Notices by cause: "held|summary|body", and so on. */
static void
show_all(Fixture *fixture, const char *const *lines)
{
	g_autoptr(GPtrArray) screen =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_notice_free);
	for (; *lines != NULL; lines++) {
		g_auto(GStrv) texts = g_strsplit(*lines, "|", 3);
		RpNotice notice = {.cause = texts[0],
			.summary = texts[1],
			.body = texts[2],
			.urgency = RP_URGENCY_NORMAL};
		g_ptr_array_add(screen, rp_notice_copy(&notice));
	}
	rp_notifier_show(fixture->notifier, screen);
}

static void
show(Fixture *fixture, const char *summary, const char *body)
{
	g_autofree char *line = g_strdup_printf("held|%s|%s", summary, body);
	show_all(fixture, (const char *const[]){line, NULL});
}

static void
close_all(Fixture *fixture)
{
	show_all(fixture, (const char *const[]){NULL});
}

static void
announce(Fixture *fixture, const char *summary, const char *body)
{
	RpNotice notice = {
		.summary = (char *)summary, .body = (char *)body, .urgency = RP_URGENCY_CRITICAL};
	rp_notifier_announce(fixture->notifier, &notice);
}

/* What the daemon was told until nothing more comes. */
#define expect(fixture, want)                                                                      \
	G_STMT_START                                                                               \
	{                                                                                          \
		run_until((fixture)->daemon->log->len >= strlen(want));                            \
		private_bus_settle((fixture)->bus);                                                \
		g_assert_cmpstr((fixture)->daemon->log->str, ==, want);                            \
		g_string_truncate((fixture)->daemon->log, 0);                                      \
	}                                                                                          \
	G_STMT_END

static void
test_replace(Fixture *fixture, gconstpointer data)
{
	show(fixture, "1 held", "a <b> & c");
	expect(fixture, "notify 0 1 held|a &lt;b&gt; &amp; c;");
	show(fixture, "1 held", "a <b> & c");
	expect(fixture, "");
	show(fixture, "2 held", "d");
	show(fixture, "3 held", "e");
	show(fixture, "4 held", "f");
	expect(fixture, "notify 1 2 held|d;notify 1 4 held|f;");
	close_all(fixture);
	expect(fixture, "close 1;");
	close_all(fixture);
	expect(fixture, "");
	show(fixture, "4 held", "f");
	expect(fixture, "notify 0 4 held|f;");
	g_assert_true(loop_is_asleep());
}

static void
test_closed_by_user(Fixture *fixture, gconstpointer data)
{
	show(fixture, "1 held", "z");
	expect(fixture, "notify 0 1 held|z;");
	fake_daemon_close(fixture->daemon, 7, 2); /* somebody else's */
	private_bus_settle(fixture->bus);
	show(fixture, "1 held", "a");
	expect(fixture, "notify 1 1 held|a;");
	fake_daemon_close(fixture->daemon, 1, 2);
	private_bus_settle(fixture->bus);
	show(fixture, "1 held", "a");
	expect(fixture, "");
	show(fixture, "2 held", "b");
	expect(fixture, "notify 0 2 held|b;");
	fake_daemon_close(fixture->daemon, 2, 1); /* its time was over */
	private_bus_settle(fixture->bus);
	show(fixture, "2 held", "b");
	expect(fixture, "");
	close_all(fixture);
	expect(fixture, ""); /* it is closed already */
	show(fixture, "2 held", "b");
	expect(fixture, "notify 0 2 held|b;"); /* held anew */
}

/* Against the specification, and so there may be two. */
static void
test_renumbered(Fixture *fixture, gconstpointer data)
{
	fixture->daemon->renumbers = TRUE;
	show(fixture, "1 held", "a");
	expect(fixture, "notify 0 1 held|a;");
	show(fixture, "2 held", "b");
	expect(fixture, "notify 1 2 held|b;close 1;");
	show(fixture, "3 held", "c");
	expect(fixture, "notify 2 3 held|c;close 2;");
	close_all(fixture);
	expect(fixture, "close 3;");
}

static void
test_in_flight(Fixture *fixture, gconstpointer data)
{
	fixture->daemon->slow = TRUE;
	show(fixture, "1 held", "a");
	run_until(fixture->daemon->kept != NULL);
	close_all(fixture); /* the mail left before the answer */
	expect(fixture, "notify 0 1 held|a;");
	fake_daemon_answer(fixture->daemon);
	expect(fixture, "close 1;");

	fixture->daemon->slow = TRUE;
	show(fixture, "2 held", "b");
	run_until(fixture->daemon->kept != NULL);
	rp_notifier_free(g_steal_pointer(&fixture->notifier)); /* nothing runs after this */
	expect(fixture, "notify 0 2 held|b;");
	fake_daemon_answer(fixture->daemon);
	expect(fixture, "");
}

static void
test_restart(Fixture *fixture, gconstpointer data)
{
	show(fixture, "1 held", "a");
	expect(fixture, "notify 0 1 held|a;");
	fake_daemon_free(g_steal_pointer(&fixture->daemon));
	private_bus_settle(fixture->bus);
	show(fixture, "1 held", "a"); /* nobody is there, and nobody is asked */
	fixture->daemon = fake_daemon_new(full);
	expect(fixture, "notify 0 1 held|a;"); /* the old id is forgotten */

	fake_daemon_close(fixture->daemon, 1, 2);
	private_bus_settle(fixture->bus);
	fake_daemon_free(g_steal_pointer(&fixture->daemon));
	private_bus_settle(fixture->bus);
	fixture->daemon = fake_daemon_new(full);
	expect(fixture, ""); /* the user had closed it */
}

static void
test_restart_in_flight(Fixture *fixture, gconstpointer data)
{
	fixture->daemon->slow = TRUE;
	show(fixture, "1 held", "a");
	run_until(fixture->daemon->kept != NULL);
	fake_daemon_free(g_steal_pointer(&fixture->daemon));
	fixture->daemon = fake_daemon_new(full);
	expect(fixture, "notify 0 1 held|a;");
}

static void
test_bus_restart(Fixture *fixture, gconstpointer data)
{
	show(fixture, "1 held", "a");
	expect(fixture, "notify 0 1 held|a;");
	private_bus_stop(fixture->bus);
	run_until(!fixture->daemon->owned);
	show(fixture, "2 held", "b");
	private_bus_start(fixture->bus);
	run_until(fixture->daemon->owned);
	expect(fixture, "notify 0 2 held|b;");
}

static void
test_refused(Fixture *fixture, gconstpointer data)
{
	fixture->daemon->refuse = TRUE;
	show(fixture, "1 held", "a");
	show(fixture, "1 held", "a");
	expect(fixture, "notify 0 1 held|a;");
	fixture->daemon->refuse = FALSE;
	show(fixture, "1 held", "a");
	expect(fixture, ""); /* not again and again */
	show(fixture, "2 held", "b");
	expect(fixture, "notify 0 2 held|b;");
}

static void
test_announce(Fixture *fixture, gconstpointer data)
{
	announce(fixture, "failed", "x & y");
	show(fixture, "1 held", "a");
	announce(fixture, "failed", "z");
	show(fixture, "2 held", "b");
	expect(fixture, "notify 0 failed|x &amp; y;notify 0 failed|z;notify 0 2 held|b;");
	close_all(fixture);
	expect(fixture, "close 3;");
}

/* GNOME keeps each in its list, and takes away the oldest of more than three. */
static void
test_over(Fixture *fixture, gconstpointer data)
{
	RpNotice notice = {
		.summary = (char *)"sent", .body = (char *)"", .urgency = RP_URGENCY_LOW};

	show(fixture, "1 held", "a");
	expect(fixture, "notify 0 1 held|a;");
	rp_notifier_announce(fixture->notifier, &notice);
	expect(fixture, "notify 0 sent|;");
	rp_notifier_announce(fixture->notifier, &notice);
	expect(fixture, "notify 2 sent|;");
	fake_daemon_close(fixture->daemon, 2, 1);
	private_bus_settle(fixture->bus);
	rp_notifier_announce(fixture->notifier, &notice);
	expect(fixture, "notify 0 sent|;");
}

static void
test_causes(Fixture *fixture, gconstpointer data)
{
	show_all(fixture, (const char *const[]){"held|1 held|a", "login|refused|b", NULL});
	expect(fixture, "notify 0 1 held|a;notify 0 refused|b;");
	show_all(fixture, (const char *const[]){"login|refused|c", "held|1 held|a", NULL});
	expect(fixture, "notify 2 refused|c;");
	show_all(fixture, (const char *const[]){"held|1 held|a", NULL});
	expect(fixture, "close 2;");
	show_all(fixture, (const char *const[]){"held|1 held|a", "login|refused|c", NULL});
	expect(fixture, "notify 0 refused|c;"); /* it came anew */
	close_all(fixture);
	expect(fixture, "close 3;close 1;");
	g_assert_false(rp_notifier_was_seen(fixture->notifier, "held"));
}

/* ---- one agent after another ---- */

static void
next_agent(Fixture *fixture)
{
	rp_notifier_free(fixture->notifier);
	fixture->notifier = rp_desktop_notifier_new(fixture->memory);
}

/* What a killed agent leaves: the file as it is now, and all on the screen. */
static void
kill_agent(Fixture *fixture)
{
	g_autofree char *left = NULL;
	gsize length;

	g_assert_true(g_file_get_contents(fixture->memory, &left, &length, NULL));
	g_assert_cmpuint(length, >, 0);
	rp_notifier_free(fixture->notifier);
	private_bus_settle(fixture->bus);
	g_string_truncate(fixture->daemon->log, 0);
	g_assert_true(g_file_set_contents(fixture->memory, left, (gssize)length, NULL));
	fixture->notifier = rp_desktop_notifier_new(fixture->memory);
}

static void
test_next_agent(Fixture *fixture, gconstpointer data)
{
	show(fixture, "1 held", "a");
	expect(fixture, "notify 0 1 held|a;");
	next_agent(fixture);
	expect(fixture, "close 1;"); /* nobody would take it away */
	g_assert_true(rp_notifier_was_seen(fixture->notifier, "held"));
	show(fixture, "1 held", "a");
	expect(fixture, "notify 0 1 held|a;");
	fake_daemon_close(fixture->daemon, 2, 2);
	private_bus_settle(fixture->bus);
	next_agent(fixture);
	show(fixture, "1 held", "a");
	expect(fixture, ""); /* the user had closed it */
	show(fixture, "2 held", "b");
	expect(fixture, "notify 0 2 held|b;");
}

static void
test_after_a_killed_one(Fixture *fixture, gconstpointer data)
{
	show_all(fixture, (const char *const[]){"held|1 held|a", "login|refused|b", NULL});
	expect(fixture, "notify 0 1 held|a;notify 0 refused|b;");
	kill_agent(fixture);
	expect(fixture, ""); /* until it is known what is so now */
	show(fixture, "1 held", "a");
	expect(fixture, "close 2;");
	kill_agent(fixture);
	close_all(fixture);
	expect(fixture, "close 1;");
}

/* Its numbers mean nothing to another daemon. */
static void
test_after_another_daemon(Fixture *fixture, gconstpointer data)
{
	show(fixture, "1 held", "a");
	expect(fixture, "notify 0 1 held|a;");
	kill_agent(fixture);
	fake_daemon_free(g_steal_pointer(&fixture->daemon));
	private_bus_settle(fixture->bus);
	fixture->daemon = fake_daemon_new(full);
	show(fixture, "1 held", "a");
	expect(fixture, "notify 0 1 held|a;");
	kill_agent(fixture);
	fake_daemon_free(g_steal_pointer(&fixture->daemon));
	fixture->daemon = fake_daemon_new(full);
	close_all(fixture);
	expect(fixture, "");
}

/* ---- daemons of other kinds ---- */

static const char *const plain[] = {"body", NULL};
static const char *const no_body[] = {"actions", NULL};

/* An xdg-open that notes what it is to open. */
static char *
make_opener(char **noted)
{
	char *folder = g_dir_make_tmp("rp-open-XXXXXX", NULL);
	g_autofree char *program = g_build_filename(folder, "xdg-open", NULL);
	g_autofree char *path = g_strconcat(folder, ":", g_getenv("PATH"), NULL);

	*noted = g_build_filename(folder, "noted", NULL);
	g_autofree char *script = g_strdup_printf("#!/bin/sh\nprintf '%%s %%s' \"$1\" "
						  "\"$XDG_ACTIVATION_TOKEN\" >'%s.new'\n"
						  "mv '%s.new' '%s'\n",
		*noted, *noted, *noted);
	g_assert_true(g_file_set_contents(program, script, -1, NULL));
	g_assert_cmpint(g_chmod(program, 0700), ==, 0);
	g_setenv("PATH", path, TRUE);
	return folder;
}

static void
show_action(Fixture *fixture, RpDesktopVerb verb, const char *subject)
{
	RpNotice notice = {.cause = (char *)"held",
		.summary = (char *)"portal",
		.body = (char *)"",
		.urgency = RP_URGENCY_NORMAL,
		.category = "email",
		.actions = rp_desktop_actions_new()};
	g_autoptr(GPtrArray) screen = g_ptr_array_new();

	if (subject != NULL)
		rp_desktop_actions_add(notice.actions, verb, subject, NULL);
	g_ptr_array_add(screen, &notice);
	rp_notifier_show(fixture->notifier, screen);
	g_ptr_array_unref(notice.actions);
}

static void
show_page(Fixture *fixture, const char *url)
{
	show_action(fixture, RP_DO_OPEN_PAGE, url);
}

/* A file is no event of the loop's. */
static gboolean
on_tick(gpointer user)
{
	return G_SOURCE_CONTINUE;
}

static void
test_open_page(Fixture *fixture, gconstpointer data)
{
	static const char *const keys[] = {"default", "open-page http://portal.example/a b"};
	g_autofree char *noted = NULL, *folder = make_opener(&noted), *text = NULL;

	show_page(fixture, "http://portal.example/a b");
	expect(fixture, "notify 0 portal| [default: Open page] [open-page http://portal.example/a "
			"b: Open page];");
	fake_daemon_act(fixture->daemon, 7, "default"); /* somebody else's */
	fake_daemon_act(fixture->daemon, 1, "frob");
	fake_daemon_babble(fixture->daemon);
	private_bus_settle(fixture->bus);
	guint ticker = g_timeout_add(20, on_tick, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(keys); i++) {
		fake_daemon_act(fixture->daemon, 1, keys[i]);
		run_until(g_file_test(noted, G_FILE_TEST_EXISTS));
		g_assert_true(g_file_get_contents(noted, &text, NULL, NULL));
		g_assert_cmpstr(text, ==, "http://portal.example/a b token-7");
		g_clear_pointer(&text, g_free);
		g_unlink(noted);
	}
	g_source_remove(ticker);
	/* told after it was closed */
	fake_daemon_close(fixture->daemon, 1, 2);
	fake_daemon_act(fixture->daemon, 1, keys[1]);
	ticker = g_timeout_add(20, on_tick, NULL);
	run_until(g_file_test(noted, G_FILE_TEST_EXISTS));
	g_source_remove(ticker);
	g_unlink(noted);
	/* nothing but a page is opened */
	show_page(fixture, "file:///etc/passwd");
	expect(fixture,
		"notify 0 portal| [default: Open page] [open-page file:///etc/passwd: Open page];");
	fake_daemon_act(fixture->daemon, 1, "default");
	fake_daemon_act(fixture->daemon, 2, "default");
	private_bus_settle(fixture->bus);
	show_page(fixture, NULL);
	expect(fixture, "notify 2 portal|;");
	fake_daemon_act(fixture->daemon, 2, "default");
	private_bus_settle(fixture->bus);
	g_assert_false(g_file_test(noted, G_FILE_TEST_EXISTS));
	g_autofree char *program = g_build_filename(folder, "xdg-open", NULL);
	g_unlink(program);
	g_rmdir(folder);
}

/* Where the daemon lists what a click on the notice does it is not listed twice. */
static void
test_listed_once(Fixture *fixture, gconstpointer data)
{
	fixture->daemon->calls_itself = "Xfce Notify Daemon";
	show_page(fixture, "http://portal.example/");
	expect(fixture, "notify 0 portal| [open-page http://portal.example/: Open page];");
}

/* What the agent is asked for, and what it says when it refuses. */
static void
test_agent_actions(Fixture *fixture, gconstpointer data)
{
	static const struct {
		RpDesktopVerb verb;
		const char *subject, *key, *want;
	} rows[] = {
		{RP_DO_DIAL, "odn", "dial odn", "Dial odn;"},
		{RP_DO_CHECK_MAIL, "odn", "check odn", "Check odn;"},
		{RP_DO_USE_SET, "auto", "use auto", "UseSet auto;"},
		{RP_DO_HANG_UP, "", "hang-up", "HangUp ;"},
		{RP_DO_FLUSH, "", "flush", "Change flush;"},
		{RP_DO_PAUSE, "", "pause", "Pause true;"},
		{RP_DO_RESUME, "", "resume", "Pause false;"},
		{RP_DO_PIN, "aa odn", "pin aa odn", "Change pin aa odn;"},
	};
	g_autoptr(FakeAgent) agent = fake_agent_new();

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		show_action(fixture, rows[i].verb, rows[i].subject);
		run_until(fixture->daemon->log->len > 0);
		fake_daemon_act(fixture->daemon, 1, "default"); /* changes nothing */
		fake_daemon_act(fixture->daemon, 1, rows[i].key);
		run_until(agent->log->len > 0);
		private_bus_settle(fixture->bus);
		g_assert_cmpstr(agent->log->str, ==, rows[i].want);
		g_string_truncate(agent->log, 0);
		g_string_truncate(fixture->daemon->log, 0);
	}
	agent->refusal = "no usable link is up";
	fake_daemon_act(fixture->daemon, 1, "pin aa odn");
	expect(fixture, "notify 0 aa odn: not done|No usable link is up.;");
}

/* The window is shown where the bus knows how to start it: a file says so, as its package has it.
 */
static void
test_show_outbox(void)
{
	Fixture fixture = {.bus = private_bus_new("<servicedir>services</servicedir>")};
	g_autofree char *services =
		g_build_filename(private_bus_directory(fixture.bus), "services", NULL);
	g_autofree char *file = g_build_filename(services, "org.roampost.Outbox.service", NULL);

	g_assert_cmpint(g_mkdir(services, 0755), ==, 0);
	g_assert_true(g_file_set_contents(
		file, "[D-BUS Service]\nName=org.roampost.Outbox\nExec=/bin/false\n", -1, NULL));
	private_bus_start(fixture.bus);
	g_setenv("DBUS_SESSION_BUS_ADDRESS", private_bus_address(fixture.bus), TRUE);
	FakeAgent *window = fake_agent_new();
	fixture.daemon = fake_daemon_new(full);
	fixture.notifier = rp_desktop_notifier_new(NULL);
	show_action(&fixture, RP_DO_SHOW_OUTBOX, "");
	expect(&fixture, "notify 0 portal| [default: Show outbox] [show: Show outbox];");
	fake_daemon_act(fixture.daemon, 1, "default");
	run_until(window->log->len > 0);
	g_assert_cmpstr(window->log->str, ==, "Activate token-7;");
	/* a click on a button that is told of as one on the notification, too */
	g_string_truncate(window->log, 0);
	fake_daemon_act(fixture.daemon, 1, "show");
	fake_daemon_act(fixture.daemon, 1, "default");
	fake_daemon_act(fixture.daemon, 1, "show");
	private_bus_settle(fixture.bus);
	run_until(strlen(window->log->str) >= 2 * strlen("Activate token-7;"));
	g_assert_cmpstr(window->log->str, ==, "Activate token-7;Activate token-7;");
	rp_notifier_free(fixture.notifier);
	fake_daemon_free(fixture.daemon);
	fake_agent_free(window);
	g_unlink(file);
	g_rmdir(services);
	private_bus_free(fixture.bus);
}

/* ... and not offered where it does not. */
static void
test_no_outbox(Fixture *fixture, gconstpointer data)
{
	show_action(fixture, RP_DO_SHOW_OUTBOX, "");
	expect(fixture, "notify 0 portal|;");
}

static void
test_sound(Fixture *fixture, gconstpointer data)
{
	fixture->daemon->notes_hints = TRUE;
	show_action(fixture, RP_DO_DIAL, NULL);
	expect(fixture, "notify 0 portal| (email);");
	show_action(fixture, RP_DO_DIAL, "odn"); /* the same cause has made its sound */
	expect(fixture, "notify 1 portal| [dial odn: Connect to odn] (email) quiet;");
}

static void
test_no_actions(Fixture *fixture, gconstpointer data)
{
	show_page(fixture, "http://portal.example/");
	expect(fixture, "notify 0 portal|;");
}

static void
test_plain(Fixture *fixture, gconstpointer data)
{
	show(fixture, "1 held", "a <b>\nc");
	expect(fixture, "notify 0 1 held|a <b>\nc;");
}

static void
test_no_body(Fixture *fixture, gconstpointer data)
{
	show(fixture, "1 held", "a <b>\nc");
	expect(fixture, "notify 0 1 held: a <b>|;");
}

static void
test_none(Fixture *fixture, gconstpointer data)
{
	show(fixture, "1 held", "a");
	announce(fixture, "failed", "x");
	private_bus_settle(fixture->bus);
	g_assert_true(loop_is_asleep()); /* nothing is tried again by itself */
	show(fixture, "2 held", "b");
	private_bus_settle(fixture->bus);
	fixture->daemon = fake_daemon_new(full);
	expect(fixture, "notify 0 2 held|b;");
}

static void
test_none_and_gone(Fixture *fixture, gconstpointer data)
{
	show(fixture, "1 held", "a");
	private_bus_settle(fixture->bus);
	close_all(fixture);
	fixture->daemon = fake_daemon_new(full);
	expect(fixture, "");
}

static void
test_no_bus(void)
{
	g_setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
	Fixture fixture = {.notifier = rp_desktop_notifier_new(NULL)};
	show(&fixture, "1 held", "a");
	run_for(20);
	close_all(&fixture);
	run_for(20);
	rp_notifier_free(fixture.notifier);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/desktop/notifier/no-bus", test_no_bus);
#define TEST(name, capabilities, func)                                                             \
	g_test_add("/desktop/notifier/" name, Fixture, capabilities, set_up, func, tear_down)
	TEST("replace", full, test_replace);
	TEST("closed-by-user", full, test_closed_by_user);
	TEST("renumbered", full, test_renumbered);
	TEST("in-flight", full, test_in_flight);
	TEST("restart", full, test_restart);
	TEST("restart-in-flight", full, test_restart_in_flight);
	TEST("bus-restart", full, test_bus_restart);
	TEST("refused", full, test_refused);
	TEST("announce", full, test_announce);
	TEST("over", full, test_over);
	TEST("causes", full, test_causes);
	TEST("next-agent", full, test_next_agent);
	TEST("after-a-killed-one", full, test_after_a_killed_one);
	TEST("after-another-daemon", full, test_after_another_daemon);
	TEST("open-page", full, test_open_page);
	TEST("listed-once", full, test_listed_once);
	TEST("agent-actions", full, test_agent_actions);
	g_test_add_func("/desktop/notifier/show-outbox", test_show_outbox);
	TEST("no-outbox", full, test_no_outbox);
	TEST("sound", full, test_sound);
	TEST("no-actions", plain, test_no_actions);
	TEST("plain", plain, test_plain);
	TEST("no-body", no_body, test_no_body);
	TEST("none", NULL, test_none);
	TEST("none-and-gone", NULL, test_none_and_gone);
	return g_test_run();
}
