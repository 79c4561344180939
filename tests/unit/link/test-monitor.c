/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/link.h"

#include "private-bus.h"

#include <string.h>

/* The monitor with sources that the test speaks for: when it delivers, and that it sleeps. */

typedef struct {
	RpLinkSource source;
	guint starts;
	guint rescans;
	guint *freed;
} FakeSource;

static void
fake_start(RpLinkSource *source)
{
	((FakeSource *)source)->starts++;
}

static void
fake_rescan(RpLinkSource *source)
{
	((FakeSource *)source)->rescans++;
}

static void
fake_free(RpLinkSource *source)
{
	FakeSource *fake = (FakeSource *)source;
	(*fake->freed)++;
	g_free(fake);
}

static const RpLinkSourceClass fake_class = {"fake", fake_start, fake_rescan, fake_free};

typedef struct {
	FakeSource *sources[2];
	RpLinkMonitor *monitor;
	GString *seen;
	gint64 started;
	gint64 last; /* when the last was delivered, since the start */
	guint freed;
	gboolean suicide;
	GString *coming;
} Fixture;

static void
on_network(const RpNetwork *network, gpointer user_data)
{
	Fixture *fixture = user_data;
	g_string_append_c(fixture->seen, '(');
	for (guint i = 0; i < network->links->len; i++) {
		const RpLink *link = g_ptr_array_index(network->links, i);
		g_string_append(fixture->seen, link->interface);
	}
	g_string_append_c(fixture->seen, ')');
	fixture->last = g_get_monotonic_time() - fixture->started;
	if (fixture->suicide)
		g_clear_pointer(&fixture->monitor, rp_link_monitor_free);
}

static void
say(Fixture *fixture, guint source, const char *interface)
{
	RpLinkView *view = rp_link_view_new();
	RpAddress address;
	if (interface) {
		RpLink *link = rp_link_new(interface, RP_LINK_ETHERNET);
		g_assert_true(rp_address_parse("192.0.2.1", &address));
		rp_link_add_address(link, &address);
		rp_network_add_link(view->network, link);
	}
	view->complete = TRUE;
	RpLinkSource *of = &fixture->sources[source]->source;
	of->report(of, view, of->report_data);
}

static void
set_up(Fixture *fixture, gconstpointer data)
{
	RpLinkSource *sources[2];
	for (guint i = 0; i < 2; i++) {
		fixture->sources[i] = g_new0(FakeSource, 1);
		fixture->sources[i]->source.class = &fake_class;
		fixture->sources[i]->freed = &fixture->freed;
		sources[i] = &fixture->sources[i]->source;
	}
	fixture->seen = g_string_new(NULL);
	fixture->monitor = rp_link_monitor_new(sources, 2, on_network, fixture);
	fixture->started = g_get_monotonic_time();
	rp_link_monitor_start(fixture->monitor);
	g_assert_cmpuint(fixture->sources[0]->starts + fixture->sources[1]->starts, ==, 2);
}

static void
tear_down(Fixture *fixture, gconstpointer data)
{
	rp_link_monitor_free(fixture->monitor);
	g_assert_cmpuint(fixture->freed, ==, 2);
	g_string_free(fixture->seen, TRUE);
}

static void
test_stream(Fixture *fixture, gconstpointer data)
{
	say(fixture, 0, "a");
	g_assert_cmpstr(fixture->seen->str, ==, "");
	say(fixture, 1, NULL);
	g_assert_cmpstr(fixture->seen->str, ==, ""); /* never inside a report */
	/* it did not wait for quiet, nor does it now: no timer is set */
	g_assert_true(loop_is_asleep());
	g_assert_cmpstr(fixture->seen->str, ==, "(a)");

	gint64 began = g_get_monotonic_time() - fixture->started;
	say(fixture, 1, "b");
	run_until(fixture->seen->len > 3);
	g_assert_cmpstr(fixture->seen->str, ==, "(a)(ab)");
	g_assert_cmpint(fixture->last - began, >=, 300000);
	g_assert_true(loop_is_asleep());
	say(fixture, 1, "b");
	g_assert_true(loop_is_asleep()); /* nothing new */

	rp_link_monitor_rescan(fixture->monitor);
	g_assert_cmpuint(fixture->sources[0]->rescans + fixture->sources[1]->rescans, ==, 2);
	run_until(fixture->seen->len > 7);
	g_assert_cmpstr(fixture->seen->str, ==, "(a)(ab)(ab)");
	g_assert_true(loop_is_asleep());
}

static void
on_coming(const RpNetwork *network, gpointer user_data)
{
	Fixture *fixture = user_data;

	g_string_append_c(fixture->coming, '(');
	for (guint i = 0; i < network->links->len; i++)
		g_string_append(fixture->coming,
			((RpLink *)g_ptr_array_index(network->links, i))->interface);
	g_string_append_c(fixture->coming, ')');
}

/* Each is told at once, also that it has gone; what has settled is delivered as ever. */
static void
test_coming(Fixture *fixture, gconstpointer data)
{
	fixture->coming = g_string_new(NULL);
	rp_link_monitor_set_coming(fixture->monitor, on_coming);
	say(fixture, 0, "a");
	g_assert_false(g_main_context_iteration(NULL, FALSE)); /* half a network is none */
	say(fixture, 1, NULL);
	g_assert_cmpstr(fixture->coming->str, ==, ""); /* never inside a report */
	run_until(fixture->seen->len);
	g_assert_cmpstr(fixture->coming->str, ==, "(a)");

	say(fixture, 1, "b");
	run_until(fixture->coming->len > 3);
	g_assert_cmpstr(fixture->coming->str, ==, "(a)(ab)");
	g_assert_cmpstr(fixture->seen->str, ==, "(a)");
	say(fixture, 1, NULL);
	run_until(fixture->coming->len > 7);
	g_assert_cmpstr(fixture->coming->str, ==, "(a)(ab)(a)");
	say(fixture, 1, "c");
	run_until(fixture->seen->len > 3);
	g_assert_cmpstr(fixture->coming->str, ==, "(a)(ab)(a)(ac)");
	g_assert_cmpstr(fixture->seen->str, ==, "(a)(ac)");
	g_assert_true(loop_is_asleep());
	g_string_free(fixture->coming, TRUE);
}

static void
test_silent_source(Fixture *fixture, gconstpointer data)
{
	say(fixture, 0, "a");
	run_until(fixture->seen->len);
	g_assert_cmpstr(fixture->seen->str, ==, "(a)");
	g_assert_cmpint(fixture->last, >=, 1000000);
	g_assert_true(loop_is_asleep());
}

static void
test_freed_in_callback(Fixture *fixture, gconstpointer data)
{
	fixture->suicide = TRUE;
	say(fixture, 0, "a");
	say(fixture, 1, "b");
	run_until(fixture->seen->len);
	g_assert_null(fixture->monitor);
	g_assert_true(loop_is_asleep());
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add("/link/monitor/stream", Fixture, NULL, set_up, test_stream, tear_down);
	g_test_add("/link/monitor/coming", Fixture, NULL, set_up, test_coming, tear_down);
	g_test_add("/link/monitor/silent-source", Fixture, NULL, set_up, test_silent_source,
		tear_down);
	g_test_add("/link/monitor/freed-in-callback", Fixture, NULL, set_up, test_freed_in_callback,
		tear_down);
	return g_test_run();
}
