/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-daemon.h"
#include "private-bus.h"

#include "roampost/notifier.h"

#include <string.h>

/* One notification for held mail, whatever the daemon and its user do. */

static const char *const full[] = {"body", "body-markup", "actions", NULL};

typedef struct {
	PrivateBus *bus;
	FakeDaemon *daemon;
	RpNotifier *notifier;
} Fixture;

static void
set_up(Fixture *fixture, gconstpointer capabilities)
{
	fixture->bus = private_bus_new(NULL);
	private_bus_start(fixture->bus);
	g_setenv("DBUS_SESSION_BUS_ADDRESS", private_bus_address(fixture->bus), TRUE);
	if (capabilities != NULL)
		fixture->daemon = fake_daemon_new(capabilities);
	fixture->notifier = rp_desktop_notifier_new();
}

static void
tear_down(Fixture *fixture, gconstpointer capabilities)
{
	rp_notifier_free(fixture->notifier);
	fake_daemon_free(fixture->daemon);
	private_bus_free(fixture->bus);
}

static void
show(Fixture *fixture, const char *summary, const char *body)
{
	RpNotice notice = {
		.summary = (char *)summary, .body = (char *)body, .urgency = RP_URGENCY_NORMAL};
	rp_notifier_show(fixture->notifier, &notice);
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
		run_for(20);                                                                       \
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
	rp_notifier_close(fixture->notifier);
	expect(fixture, "close 1;");
	rp_notifier_close(fixture->notifier);
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
	run_for(20);
	show(fixture, "1 held", "a");
	expect(fixture, "notify 1 1 held|a;");
	fake_daemon_close(fixture->daemon, 1, 2);
	run_for(20);
	show(fixture, "1 held", "a");
	expect(fixture, "");
	show(fixture, "2 held", "b");
	expect(fixture, "notify 0 2 held|b;");
	fake_daemon_close(fixture->daemon, 2, 1); /* its time was over */
	run_for(20);
	show(fixture, "2 held", "b");
	expect(fixture, "");
	rp_notifier_close(fixture->notifier);
	expect(fixture, ""); /* it is closed already */
	show(fixture, "2 held", "b");
	expect(fixture, "notify 0 2 held|b;"); /* held anew */
}

static void
test_in_flight(Fixture *fixture, gconstpointer data)
{
	fixture->daemon->slow = TRUE;
	show(fixture, "1 held", "a");
	run_until(fixture->daemon->kept != NULL);
	rp_notifier_close(fixture->notifier); /* the mail left before the answer */
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
	run_for(20);
	show(fixture, "1 held", "a"); /* nobody is there, and nobody is asked */
	fixture->daemon = fake_daemon_new(full);
	expect(fixture, "notify 0 1 held|a;"); /* the old id is forgotten */

	fake_daemon_close(fixture->daemon, 1, 2);
	run_for(20);
	fake_daemon_free(g_steal_pointer(&fixture->daemon));
	run_for(20);
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
	rp_notifier_close(fixture->notifier);
	expect(fixture, "close 3;");
}

/* ---- daemons of other kinds ---- */

static const char *const plain[] = {"body", NULL};
static const char *const no_body[] = {"actions", NULL};

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
	run_for(100);
	g_assert_true(loop_is_asleep()); /* nothing is tried again by itself */
	show(fixture, "2 held", "b");
	run_for(20);
	fixture->daemon = fake_daemon_new(full);
	expect(fixture, "notify 0 2 held|b;");
}

static void
test_none_and_gone(Fixture *fixture, gconstpointer data)
{
	show(fixture, "1 held", "a");
	run_for(50);
	rp_notifier_close(fixture->notifier);
	fixture->daemon = fake_daemon_new(full);
	expect(fixture, "");
}

static void
test_no_bus(void)
{
	g_setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent/bus", TRUE);
	Fixture fixture = {.notifier = rp_desktop_notifier_new()};
	show(&fixture, "1 held", "a");
	run_for(20);
	rp_notifier_close(fixture.notifier);
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
	TEST("in-flight", full, test_in_flight);
	TEST("restart", full, test_restart);
	TEST("restart-in-flight", full, test_restart_in_flight);
	TEST("bus-restart", full, test_bus_restart);
	TEST("refused", full, test_refused);
	TEST("announce", full, test_announce);
	TEST("plain", plain, test_plain);
	TEST("no-body", no_body, test_no_body);
	TEST("none", NULL, test_none);
	TEST("none-and-gone", NULL, test_none_and_gone);
	return g_test_run();
}
