/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/dbusloop.h"
#include "roampost/link.h"

#include "private-bus.h"

#include <glib/gstdio.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

/* The hook's signals: from root they count, from anybody else they do not. As another user than
 * root, the test's own signals are the forged ones. $ROAMPOST_PPP_HOOK is the program that pppd
 * runs. */

typedef struct {
	PrivateBus *daemon;
	RpLinkSource *source;
	RpLinkView *view; /* the last report */
	guint reports;
	RpDBus *sender;
} Fixture;

static void
on_report(RpLinkSource *source, RpLinkView *view, gpointer user_data)
{
	Fixture *fixture = user_data;
	rp_link_view_free(fixture->view);
	fixture->view = view;
	fixture->reports++;
}

static RpLinkSource *
new_source(Fixture *fixture)
{
	RpLinkSource *source = rp_link_source_ppp_new(private_bus_address(fixture->daemon));
	source->report = on_report;
	source->report_data = fixture;
	source->class->start(source);
	return source;
}

static void
set_up(Fixture *fixture, gconstpointer policy)
{
	fixture->daemon = private_bus_new(policy);
	private_bus_start(fixture->daemon);
	fixture->source = new_source(fixture);
	fixture->sender = rp_dbus_new_address(private_bus_address(fixture->daemon));
	g_assert_true(fixture->view->complete);
	g_assert_cmpuint(fixture->view->network->links->len, ==, 0);
	run_until(rp_dbus_is_connected(fixture->sender));
	private_bus_settle(fixture->daemon); /* the source has subscribed by then */
}

static void
tear_down(Fixture *fixture, gconstpointer policy)
{
	rp_link_source_free(fixture->source);
	rp_link_view_free(fixture->view);
	rp_dbus_unref(fixture->sender);
	private_bus_free(fixture->daemon);
}

static const RpLink *
the_link(const Fixture *fixture)
{
	return fixture->view->network->links->len
		       ? g_ptr_array_index(fixture->view->network->links, 0)
		       : NULL;
}

static DBusMessage *
link_up(const char *interface, const char *local, const char *ipparam)
{
	const char *remote = "192.0.2.1", *servers[] = {"192.0.2.53"};
	const char *const *dns = servers;
	DBusMessage *signal =
		dbus_message_new_signal("/org/roampost/Ppp1", "org.roampost.Ppp1", "LinkUp");
	dbus_message_append_args(signal, DBUS_TYPE_STRING, &interface, DBUS_TYPE_STRING, &local,
		DBUS_TYPE_STRING, &remote, DBUS_TYPE_STRING, &ipparam, DBUS_TYPE_ARRAY,
		DBUS_TYPE_STRING, &dns, 1, DBUS_TYPE_INVALID);
	return signal;
}

static DBusMessage *
link_down(const char *interface)
{
	DBusMessage *signal =
		dbus_message_new_signal("/org/roampost/Ppp1", "org.roampost.Ppp1", "LinkDown");
	dbus_message_append_args(signal, DBUS_TYPE_STRING, &interface, DBUS_TYPE_INVALID);
	return signal;
}

static gboolean
is_root(void)
{
	if (geteuid() == 0)
		return TRUE;
	g_test_skip("only root's signals count");
	return FALSE;
}

static void
test_signals(Fixture *fixture, gconstpointer policy)
{
	static const struct {
		const char *interface;
		const char *local;
		const char *ipparam;
		gboolean up;
		const char *peer;
		guint addresses;
	} rows[] = {
		{"ppp0", "192.0.2.7", "odn", TRUE, "odn", 1},
		{"ppp0", "192.0.2.7", "", TRUE, NULL, 1},
		{"ppp0", "fe80::1", "six", TRUE, "six", 0},
		{"ppp0", "", "", TRUE, NULL, 0},
		{"ppp0", "192.0.2.7", "/org/freedesktop/NetworkManager/PPP/1", TRUE, NULL, 1},
		{"", "192.0.2.7", "odn", FALSE, NULL, 0},
		{"../../etc/passwd", "192.0.2.7", "odn", FALSE, NULL, 0},
		{"much-too-long-a-name", "192.0.2.7", "odn", FALSE, NULL, 0},
	};
	if (!is_root())
		return;
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		rp_dbus_send(fixture->sender,
			link_up(rows[i].interface, rows[i].local, rows[i].ipparam));
		if (!rows[i].up) {
			private_bus_settle(fixture->daemon);
			g_assert_null(the_link(fixture));
			continue;
		}
		run_until(the_link(fixture));
		g_assert_cmpint(the_link(fixture)->kind, ==, RP_LINK_PPP);
		g_assert_cmpstr(the_link(fixture)->ppp_peer, ==, rows[i].peer);
		g_assert_cmpuint(the_link(fixture)->addresses->len, ==, rows[i].addresses);
		rp_dbus_send(fixture->sender, link_down(rows[i].interface));
		run_until(!the_link(fixture));
	}
	g_assert_true(loop_is_asleep());
}

static void
test_malformed(Fixture *fixture, gconstpointer policy)
{
	static const char *const members[] = {"LinkUp", "LinkDown", "Other"};
	guint before = fixture->reports;
	const char *text = "ppp0";
	for (guint i = 0; i < G_N_ELEMENTS(members); i++) {
		rp_dbus_send(fixture->sender, dbus_message_new_signal("/org/roampost/Ppp1",
						      "org.roampost.Ppp1", members[i]));
		DBusMessage *half = dbus_message_new_signal(
			"/org/roampost/Ppp1", "org.roampost.Ppp1", members[i]);
		dbus_message_append_args(half, DBUS_TYPE_STRING, &text, DBUS_TYPE_INVALID);
		rp_dbus_send(fixture->sender, half);
	}
	private_bus_settle(fixture->daemon);
	g_assert_cmpuint(fixture->reports, ==, before);
}

static void
test_bus_restart(Fixture *fixture, gconstpointer policy)
{
	if (!is_root())
		return;
	rp_dbus_send(fixture->sender, link_up("ppp0", "192.0.2.7", "odn"));
	run_until(the_link(fixture));
	private_bus_stop(fixture->daemon);
	run_until(!rp_dbus_is_connected(fixture->sender));
	g_assert_nonnull(the_link(fixture)); /* the line is still up */
	private_bus_start(fixture->daemon);
	run_until(rp_dbus_is_connected(fixture->sender));
	private_bus_settle(fixture->daemon);
	rp_dbus_send(fixture->sender, link_down("ppp0"));
	run_until(!the_link(fixture));
}

static guint
count_sockets(void)
{
	g_autoptr(GDir) dir = g_dir_open("/proc/self/fd", 0, NULL);
	const char *name;
	guint n = 0;
	while ((name = g_dir_read_name(dir))) {
		g_autofree char *path = g_build_filename("/proc/self/fd", name, NULL);
		g_autofree char *target = g_file_read_link(path, NULL);
		n += target && g_str_has_prefix(target, "socket:");
	}
	return n;
}

static gboolean
run_ip(const char *command)
{
	g_autofree char *line = g_strconcat("ip link ", command, NULL);
	int status = -1;
	return g_spawn_command_line_sync(line, NULL, NULL, &status, NULL) && status == 0;
}

/* A line whose interface goes without a word goes too; while there is no line, the kernel's talk of
 * all interfaces does not wake us. In a network namespace of its own, which the rest of the program
 * keeps. */
static void
test_interface_gone(Fixture *fixture, gconstpointer policy)
{
	guint before;
	if (geteuid() != 0 || unshare(CLONE_NEWNET) != 0 ||
		!run_ip("add ppp0 type veth peer far0") ||
		!run_ip("add ppp1 type veth peer far1")) {
		g_test_skip("no network namespace can be made");
		return;
	}
	before = count_sockets();
	rp_dbus_send(fixture->sender, link_up("ppp0", "192.0.2.7", "odn"));
	rp_dbus_send(fixture->sender, link_up("ppp1", "192.0.2.8", "odn"));
	run_until(fixture->view->network->links->len == 2);
	g_assert_cmpuint(count_sockets(), ==, before + 1);
	g_assert_true(run_ip("del ppp0"));
	run_until(fixture->view->network->links->len == 1);
	g_assert_cmpuint(count_sockets(), ==, before + 1);
	g_assert_true(run_ip("del ppp1"));
	run_until(!the_link(fixture));
	run_until(count_sockets() == before);
	rp_dbus_send(fixture->sender, link_up("ppp0", "192.0.2.7", "odn"));
	run_until(the_link(fixture) != NULL); /* and once more */
	g_assert_cmpuint(count_sockets(), ==, before + 1);
}

/* ---- Others than root ---- */

static gboolean
become_other_user(void)
{
	enum { NOBODY = 65534 };
	return geteuid() != 0 ||
	       (setgroups(0, NULL) == 0 && setgid(NOBODY) == 0 && setuid(NOBODY) == 0);
}

typedef struct {
	pid_t pid;
	int told; /* it has sent when there is an octet; it ends when this is closed */
} Forger;

/* Sends LinkUp and stays to be asked, until it is let go. */
static int
forge(const char *address, int told)
{
	char octet = 0;

	alarm(100);
	if (!become_other_user())
		return 1;
	g_autoptr(RpDBus) bus = rp_dbus_new_address(address);
	if (!rp_dbus_connect_sync(bus, 60000, NULL) ||
		!rp_dbus_send(bus, link_up("ppp0", "192.0.2.66", "forged")))
		return 2;
	rp_dbus_flush(bus);
	return write(told, "", 1) == 1 && read(told, &octet, 1) == 0 ? 0 : 3;
}

/* A child of another uid, whose signal has been dealt with when this returns. */
static Forger
start_forger(const Fixture *fixture)
{
	int ends[2];
	Forger forger;
	char octet;

	g_assert_cmpint(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), ==, 0);
	forger = (Forger){fork(), ends[0]};
	if (forger.pid == 0) {
		close(ends[0]);
		_exit(forge(private_bus_address(fixture->daemon), ends[1]));
	}
	close(ends[1]);
	g_assert_cmpint(read(forger.told, &octet, 1), ==, 1);
	private_bus_settle(fixture->daemon);
	return forger;
}

static void
end_forger(const Forger *forger)
{
	int status = -1;

	close(forger->told);
	g_assert_cmpint(waitpid(forger->pid, &status, 0), ==, forger->pid);
	g_assert_cmpint(status, ==, 0);
}

/* Without the policy: the signal arrives, and its sender is asked for. */
static void
test_forged(Fixture *fixture, gconstpointer policy)
{
	guint before = fixture->reports;
	Forger forger = start_forger(fixture);
	end_forger(&forger);
	g_assert_cmpuint(fixture->reports, ==, before);
}

/* A sender that is gone before it can be asked counts for nothing either. */
static void
test_vanished(Fixture *fixture, gconstpointer policy)
{
	guint before = fixture->reports;
	rp_dbus_send(fixture->sender, link_up("ppp0", "192.0.2.7", "odn"));
	rp_dbus_flush(fixture->sender);
	g_clear_pointer(&fixture->sender, rp_dbus_unref); /* the source has not even read it yet */
	private_bus_catch_up(fixture->daemon); /* it has seen the end of the connection */
	private_bus_settle(fixture->daemon);
	g_assert_cmpuint(fixture->reports, ==, before);
}

/* With the policy file that is installed, not even a monitor would see it. */
static void
count_signal(DBusMessage *signal, gpointer user_data)
{
	(*(guint *)user_data)++;
}

static char *
read_policy(void)
{
	g_autofree char *text = NULL;
	g_assert_true(g_file_get_contents(g_getenv("ROAMPOST_PPP_POLICY"), &text, NULL, NULL));
	char *begin = strstr(text, "<busconfig>") + strlen("<busconfig>");
	return g_strndup(begin, (gsize)(strstr(begin, "</busconfig>") - begin));
}

static void
test_policy(void)
{
	g_autofree char *policy = read_policy();
	Fixture fixture = {0};
	guint seen = 0;
	RpDBusMatch match = {.interface = "org.roampost.Ppp1"};
	set_up(&fixture, policy);
	g_autoptr(RpDBusSubscription) subscription =
		rp_dbus_subscribe(fixture.sender, &match, count_signal, &seen);
	private_bus_settle(fixture.daemon);
	Forger forger = start_forger(&fixture);
	end_forger(&forger);
	g_assert_cmpuint(seen, ==, 0);
	if (geteuid() == 0) {
		rp_dbus_send(fixture.sender, link_up("ppp0", "192.0.2.7", "odn"));
		run_until(seen == 1 && the_link(&fixture));
	}
	g_clear_pointer(&subscription, rp_dbus_subscription_free);
	tear_down(&fixture, NULL);
}

/* ---- The hook program ---- */

/* How long it took. */
static gint64
time_hook(const char *bus_address, const char *const *argv, const char *const *variables)
{
	g_autoptr(GPtrArray) arguments = g_ptr_array_new();
	g_autofree char *bus = g_strconcat("DBUS_SYSTEM_BUS_ADDRESS=", bus_address, NULL);
	g_autoptr(GPtrArray) environment = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	gint64 started = g_get_monotonic_time();
	int status = -1;
	g_ptr_array_add(arguments, (gpointer)g_getenv("ROAMPOST_PPP_HOOK"));
	for (; *argv; argv++)
		g_ptr_array_add(arguments, (gpointer)*argv);
	g_ptr_array_add(arguments, NULL);
	g_ptr_array_add(environment, bus);
	g_autofree char *run = g_strconcat("ROAMPOST_RUN=", g_getenv("ROAMPOST_RUN"), NULL);
	g_ptr_array_add(environment, run);
	g_ptr_array_add(environment, (gpointer) "ASAN_OPTIONS=detect_leaks=0");
	for (; *variables; variables++)
		g_ptr_array_add(environment, (gpointer)*variables);
	g_ptr_array_add(environment, NULL);
	g_spawn_sync(NULL, (char **)arguments->pdata, (char **)environment->pdata, 0, NULL, NULL,
		NULL, NULL, &status, &error);
	g_assert_no_error(error);
	g_assert_cmpint(status, ==, 0);
	return g_get_monotonic_time() - started;
}

/* The child stays for two seconds, not pppd. What else keeps a busy machine from it does not do so
 * ten times; to be told twice is as good as once. */
static void
run_hook(const char *bus_address, const char *const *argv, const char *const *variables)
{
	for (guint n = 1; time_hook(bus_address, argv, variables) >= 1900000; n++)
		g_assert_cmpuint(n, <, 10);
}

static const char *const none[] = {NULL};

static void
test_hook(Fixture *fixture, gconstpointer policy)
{
	static const char *const up[] = {"up", NULL}, *const down[] = {"down", "ppp3", NULL};
	static const char *const arguments[] = {
		"up", "ppp3", "/dev/modem", "115200", "192.0.2.9", "192.0.2.1", "iij", NULL};
	static const char *const exported[] = {"PPP_IFACE=ppp3", "PPP_LOCAL=192.0.2.8",
		"PPP_REMOTE=192.0.2.1", "PPP_IPPARAM=odn", "DNS1=192.0.2.53", "DNS2=192.0.2.54",
		NULL};
	static const char *const own[] = {
		"IFNAME=ppp3", "IPLOCAL=192.0.2.10", "IPREMOTE=192.0.2.1", NULL};
	const struct {
		const char *const *argv;
		const char *const *variables;
		const char *peer;
		guint8 host;
	} rows[] = {
		{up, exported, "odn", 8},
		{arguments, none, "iij", 9},
		{arguments, exported, "iij", 9},
		{up, own, NULL, 10},
	};
	const char *address = private_bus_address(fixture->daemon);
	if (!is_root())
		return;
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		run_hook(address, rows[i].argv, rows[i].variables);
		run_until(the_link(fixture));
		g_assert_cmpstr(the_link(fixture)->interface, ==, "ppp3");
		g_assert_cmpstr(the_link(fixture)->ppp_peer, ==, rows[i].peer);
		g_assert_cmpuint(g_array_index(the_link(fixture)->addresses, RpAddress, 0).bytes[3],
			==, rows[i].host);
		run_hook(address, down, none);
		run_until(!the_link(fixture));
	}
}

/* With pppd's process, as the hook sends them. */
static void
send_up(Fixture *fixture, const char *interface, const char *local, const char *process)
{
	DBusMessage *signal = link_up(interface, local, "odn");

	dbus_message_append_args(signal, DBUS_TYPE_STRING, &process, DBUS_TYPE_INVALID);
	rp_dbus_send(fixture->sender, signal);
	private_bus_settle(fixture->daemon);
}

static void
send_down(Fixture *fixture, const char *interface, const char *local, const char *process)
{
	DBusMessage *signal = link_down(interface);

	dbus_message_append_args(
		signal, DBUS_TYPE_STRING, &local, DBUS_TYPE_STRING, &process, DBUS_TYPE_INVALID);
	rp_dbus_send(fixture->sender, signal);
	private_bus_settle(fixture->daemon);
}

/* The ip-down of the line before may come when the next one is up. */
static void
test_late_down(Fixture *fixture, gconstpointer policy)
{
	if (!is_root())
		return;
	send_up(fixture, "ppp0", "192.0.2.7", "100");
	send_up(fixture, "ppp0", "192.0.2.7", "200");
	send_down(fixture, "ppp0", "192.0.2.7", "100");
	g_assert_nonnull(the_link(fixture));
	g_assert_cmpstr(the_link(fixture)->ppp_peer, ==, "odn");
	send_down(fixture, "ppp0", "192.0.2.7", "200");
	g_assert_null(the_link(fixture));
}

/* One line, two families: it is down when both are. */
static void
test_ipv6_hooks(Fixture *fixture, gconstpointer policy)
{
	if (!is_root())
		return;
	send_up(fixture, "ppp0", "192.0.2.7", "100");
	send_up(fixture, "ppp0", "fe80::7", "100");
	g_assert_cmpuint(the_link(fixture)->addresses->len, ==, 1);
	send_down(fixture, "ppp0", "fe80::7", "100");
	g_assert_nonnull(the_link(fixture));
	send_up(fixture, "ppp0", "fe80::7", "100");
	send_down(fixture, "ppp0", "192.0.2.7", "100");
	g_assert_nonnull(the_link(fixture));
	g_assert_cmpuint(the_link(fixture)->addresses->len, ==, 0);
	send_down(fixture, "ppp0", "fe80::7", "100");
	g_assert_null(the_link(fixture));
}

/* Its interface stays: a line on demand. What it was is no evidence any more. */
static void
test_hung_up(Fixture *fixture, gconstpointer policy)
{
	if (!is_root())
		return;
	send_up(fixture, "lo", "192.0.2.7", "100");
	g_assert_false(the_link(fixture)->idle);
	send_down(fixture, "lo", "192.0.2.7", "100");
	g_assert_true(the_link(fixture)->idle);
	g_assert_null(the_link(fixture)->ppp_peer);
	send_up(fixture, "lo", "192.0.2.8", "100");
	g_assert_false(the_link(fixture)->idle);
	g_assert_cmpstr(the_link(fixture)->ppp_peer, ==, "odn");
}

/* Of a VPN's pppd. */
static void
test_vpn(Fixture *fixture, gconstpointer policy)
{
	if (!is_root())
		return;
	DBusMessage *signal = link_up("ppp0", "10.8.0.2", "nm-l2tp-service-1");
	rp_dbus_send(fixture->sender, signal);
	private_bus_settle(fixture->daemon);
	g_assert_cmpint(the_link(fixture)->kind, ==, RP_LINK_VPN);
	g_assert_null(the_link(fixture)->ppp_peer);
}

/* An agent that is started while the line is up finds the hook's note; "lo" is an interface that is
 * there. A note that is not root's, or of an interface that is gone, counts for nothing. */
static void
test_notes(Fixture *fixture, gconstpointer policy)
{
	static const char *const up[] = {"up", "lo", "", "", "192.0.2.9", "192.0.2.1", "iij", NULL};
	static const char *const stale[] = {"up", "ppp9", "", "", "192.0.2.9", "", "iij", NULL};
	static const char *const down[] = {"down", "lo", NULL}, *const gone[] = {
									"down", "ppp9", NULL};
	const char *address = private_bus_address(fixture->daemon);
	g_autofree char *note = g_build_filename(g_getenv("ROAMPOST_RUN"), "ppp", "lo", NULL);
	if (!is_root())
		return;
	for (guint writable = 0; writable < 2; writable++) {
		run_hook(address, up, none);
		run_hook(address, stale, none);
		if (writable)
			g_assert_cmpint(g_chmod(note, 0666), ==, 0);
		rp_link_source_free(fixture->source);
		fixture->source = new_source(fixture);
		g_assert_cmpuint(fixture->view->network->links->len, ==, writable ? 0 : 1);
		if (!writable) {
			g_assert_cmpstr(the_link(fixture)->interface, ==, "lo");
			g_assert_cmpstr(the_link(fixture)->ppp_peer, ==, "iij");
		}
		run_hook(address, down, none);
		run_hook(address, gone, none);
		g_assert_false(g_file_test(note, G_FILE_TEST_EXISTS));
	}
}

/* A line that comes up, and goes, when there is no bus to say so. */
static void
test_notes_later(Fixture *fixture, gconstpointer policy)
{
	static const char *const up[] = {"up", "lo", "", "", "192.0.2.9", "192.0.2.1", "iij", NULL};
	static const char *const down[] = {"down", "lo", "", "", "192.0.2.9", NULL};
	if (!is_root())
		return;
	run_hook("unix:path=/nonexistent/bus", up, none);
	run_until(the_link(fixture) && the_link(fixture)->ppp_peer);
	g_assert_cmpstr(the_link(fixture)->ppp_peer, ==, "iij");
	run_hook("unix:path=/nonexistent/bus", down, none);
	run_until(the_link(fixture)->idle);
}

/* pppd's own business goes on whatever becomes of us. */
static void
test_hook_without_bus(void)
{
	static const char *const up[] = {"up", "ppp3", NULL}, *const no_name[] = {"down", NULL};
	static const char *const strange[] = {"PPP_IPPARAM=\xff\xfe", NULL};
	g_autoptr(PrivateBus) daemon = private_bus_new(NULL);
	run_hook(private_bus_address(daemon), up, none);
	run_hook(private_bus_address(daemon), no_name, none);
	private_bus_start(daemon);
	run_hook(private_bus_address(daemon), up, strange);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_autofree char *run = g_dir_make_tmp("roampost-run-XXXXXX", NULL);
	g_setenv("ROAMPOST_RUN", run, TRUE);
	static const struct {
		const char *path;
		void (*func)(Fixture *fixture, gconstpointer data);
	} tests[] = {
		{"/link/ppp/signals", test_signals},
		{"/link/ppp/malformed", test_malformed},
		{"/link/ppp/bus-restart", test_bus_restart},
		{"/link/ppp/forged", test_forged},
		{"/link/ppp/vanished", test_vanished},
		{"/link/ppp/hook", test_hook},
		{"/link/ppp/notes", test_notes},
		{"/link/ppp/notes-later", test_notes_later},
		{"/link/ppp/late-down", test_late_down},
		{"/link/ppp/ipv6-hooks", test_ipv6_hooks},
		{"/link/ppp/hung-up", test_hung_up},
		{"/link/ppp/vpn", test_vpn},
		{"/link/ppp/interface-gone", test_interface_gone},
	};
	for (guint i = 0; i < G_N_ELEMENTS(tests); i++)
		g_test_add(tests[i].path, Fixture, NULL, set_up, tests[i].func, tear_down);
	g_test_add_func("/link/ppp/policy", test_policy);
	g_test_add_func("/link/ppp/hook-without-bus", test_hook_without_bus);
	int status = g_test_run();
	g_autofree char *notes = g_build_filename(run, "ppp", NULL);
	g_autofree char *left = g_build_filename(notes, "ppp3", NULL);
	g_unlink(left);
	g_rmdir(notes);
	g_rmdir(run);
	return status;
}
