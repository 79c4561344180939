/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "debounce-private.h"

#include <string.h>

/* Stories of links on a clock that only the test moves.
 *
 * A story is a list of "TIME WHAT..." separated by ";" (milliseconds). WHAT are the links that the
 * sources then show: NAME, NAME/UUID for a connection, NAME+ for another address; NAME? while its
 * verdict is awaited, NAME=portal when it is there. "-" is no link at all, "..." a source that has
 * not looked yet, and "rescan" a resume. What is delivered is written the same way. */

typedef struct {
	const char *what;
	const char *story;
	const char *want;
} Row;

static const Row rows[] = {
	{"links up at the start are seen at once", "0 a", "0 a"},
	{"no link at the start is said at once", "0 -", "0 -"},
	{"the start waits for the sources", "0 ...; 40 a", "40 a"},
	{"but not for ever", "0 ...", "1000 -"},
	{"a source that is late", "0 ...; 1500 a", "1000 -; 1800 a"},
	{"the start waits for a verdict", "0 a?; 200 a=portal", "200 a=portal"},
	{"the start waits 5 s for it", "0 a?", "5000 a"},
	{"one link of two is enough to be delivered late", "0 a b?", "5000 a b"},
	{"nothing changes", "0 a; 100 a; 2000 a", "0 a"},
	{"a link comes up", "0 -; 1000 a", "0 -; 1300 a"},
	{"a link goes down", "0 a; 1000 -", "0 a; 1300 -"},
	{"a switch, bit by bit", "0 a; 1000 -; 1100 b; 1200 b+", "0 a; 1500 b+"},
	{"gone and back is nothing", "0 a; 1000 -; 1200 a", "0 a"},
	{"another change starts the quiet anew", "0 -; 1000 a; 1290 a+", "0 -; 1590 a+"},
	{"restless for long: after 1 s all the same",
		"0 -; 1000 a; 1250 a b; 1500 a; 1750 a b; 1990 a; 2200 a b",
		"0 -; 2000 a; 2500 a b"},
	{"flapping makes no storm",
		"0 a; 1000 -; 1100 a; 1200 -; 1300 a; 1400 -; 1500 a; 1600 -; 1700 a; 1800 -; 1900 "
		"a; "
		"1950 -; 2100 a; 2200 -; 2300 a",
		"0 a; 2000 -; 2600 a"},
	{"an address changes", "0 a; 1000 a+", "0 a; 1300 a+"},
	{"a verdict is waited for", "0 -; 1000 a?; 1100 a=full", "0 -; 1300 a=full"},
	{"a late verdict counts at once", "0 -; 1000 a?; 2500 a=full", "0 -; 1300 -; 2500 a=full"},
	{"no verdict: after 5 s", "0 -; 1000 a?", "0 -; 1300 -; 6000 a"},
	{"no verdict ever, then it comes", "0 -; 1000 a?; 9000 a=portal",
		"0 -; 1300 -; 6000 a; 9000 a=portal"},
	{"gone before its verdict", "0 -; 1000 a?; 1500 -", "0 -; 1300 -; 1500 -"},
	{"a lost link is not kept for another's verdict", "0 a; 1000 b?; 3000 b=full",
		"0 a; 1300 -; 3000 b=full"},
	{"a verdict that is quick keeps the switch in one", "0 a; 1000 b?; 1200 b=full",
		"0 a; 1300 b=full"},
	{"an old link is checked anew: it stays", "0 a/1; 1000 a/1?; 2000 a/1=full",
		"0 a/1; 2000 a/1=full"},
	{"another connection on the same interface is a new link",
		"0 a/1; 1000 a/2?; 2000 a/2=full", "0 a/1; 1300 -; 2000 a/2=full"},
	{"a portal opens", "0 a=portal; 5000 a=full", "0 a=portal; 5300 a=full"},
	{"the old link's news go out meanwhile", "0 a; 1000 a b?; 1500 a+ b?",
		"0 a; 1300 a; 1800 a+; 6000 a+ b"},
	{"resume: delivered again though nothing changed", "0 a; 1000 rescan", "0 a; 1300 a"},
	{"resume somewhere else", "0 a; 1000 rescan; 1200 b", "0 a; 1500 b"},
	{"resume, then sleep again", "0 a; 1000 rescan; 5000 a", "0 a; 1300 a"},
};

typedef struct {
	RpNetwork *network;
	GPtrArray *awaited;
	gboolean complete;
	gboolean rescan;
} Input;

static void
add_word(Input *input, const char *word)
{
	static const char first_digits[] = "192.0.2.1", second_digits[] = "192.0.2.2";
	if (strcmp(word, "-") == 0)
		return;
	if (strcmp(word, "...") == 0) {
		input->complete = FALSE;
		return;
	}
	if (strcmp(word, "rescan") == 0) {
		input->rescan = TRUE;
		return;
	}
	g_auto(GStrv) verdict = g_strsplit(word, "=", 2);
	gboolean awaited = strchr(word, '?') != NULL, other = strchr(word, '+') != NULL;
	g_strdelimit(verdict[0], "?+", ' ');
	g_auto(GStrv) parts = g_strsplit(g_strstrip(verdict[0]), "/", 2);
	RpLink *link = rp_link_new(parts[0], RP_LINK_ETHERNET);
	RpAddress address;
	link->connection_uuid = g_strdup(parts[1]);
	g_assert_true(rp_address_parse(other ? second_digits : first_digits, &address));
	rp_link_add_address(link, &address);
	if (verdict[1])
		g_assert_true(rp_connectivity_from_name(verdict[1], &link->connectivity));
	if (awaited)
		g_ptr_array_add(input->awaited, g_strdup(link->interface));
	rp_network_add_link(input->network, link);
}

static void
append_network(GString *out, gint64 now, const RpNetwork *network)
{
	g_string_append_printf(out, "%s%d", out->len ? "; " : "", (int)(now / 1000));
	for (guint i = 0; i < network->links->len; i++) {
		const RpLink *link = g_ptr_array_index(network->links, i);
		g_string_append_printf(out, " %s", link->interface);
		if (link->connection_uuid)
			g_string_append_printf(out, "/%s", link->connection_uuid);
		if (g_array_index(link->addresses, RpAddress, 0).bytes[3] == 2)
			g_string_append_c(out, '+');
		if (link->connectivity != RP_CONNECTIVITY_UNKNOWN)
			g_string_append_printf(
				out, "=%s", rp_connectivity_name(link->connectivity));
	}
	if (!network->links->len)
		g_string_append(out, " -");
}

/* Lets the timer ring until `until`, as the monitor does. */
static void
run_clock(RpDebounce *debounce, gint64 *now, gint64 until, GString *out)
{
	for (guint rings = 0;; rings++) {
		gint64 deadline = rp_debounce_deadline(debounce);
		if (deadline < 0 || deadline >= until)
			return;
		*now = MAX(*now, deadline);
		const RpNetwork *network = rp_debounce_take(debounce, *now);
		if (network)
			append_network(out, *now, network);
		g_assert_cmpuint(rings, <, 20); /* a timer that rings for nothing */
	}
}

static void
apply(RpDebounce *debounce, gint64 now, char **words)
{
	Input input = {rp_network_new(), g_ptr_array_new_with_free_func(g_free), TRUE, FALSE};
	for (; *words; words++)
		add_word(&input, *words);
	if (input.rescan)
		rp_debounce_force(debounce, now);
	else
		rp_debounce_input(debounce, now, input.network, input.awaited, input.complete);
	rp_network_free(input.network);
	g_ptr_array_unref(input.awaited);
}

static void
test_story(gconstpointer data)
{
	const Row *row = data;
	g_autoptr(RpDebounce) debounce = rp_debounce_new(0);
	g_autoptr(GString) got = g_string_new(NULL);
	gint64 now = 0;
	g_auto(GStrv) steps = g_strsplit(row->story, "; ", -1);
	for (char **step = steps; *step; step++) {
		g_auto(GStrv) words = g_strsplit(*step, " ", -1);
		gint64 then = g_ascii_strtoll(words[0], NULL, 10) * 1000;
		run_clock(debounce, &now, then, got);
		now = then;
		apply(debounce, now, words + 1);
	}
	run_clock(debounce, &now, G_MAXINT64, got);
	g_assert_cmpstr(got->str, ==, row->want);
	g_assert_cmpint(rp_debounce_deadline(debounce), ==, -1); /* asleep */
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/link/debounce/%s", rows[i].what);
		g_test_add_data_func(path, &rows[i], test_story);
	}
	return g_test_run();
}
