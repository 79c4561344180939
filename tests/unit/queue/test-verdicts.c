/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <string.h>

/* What was decided, one row for many classes: its text for each of them, and what follows when it
 * becomes another. */

/* ---- the text ---- */

static const struct {
	const char *said; /* a recipient each: "SET:REASONS", "*" before it: not told apart */
	const char *text;
	const char *recipients;
	const char *of;
} texts[] = {
	{"odn:[]", "0\todn\t[]\n", "a@X.example", "x.example\todn\t[]\n"},
	{"*:[1]", "0*\t\t[1]\n", "a@x.example", "*\t\t[1]\n"},
	{"odn:[] odn:[] odn:[]", "0-2\todn\t[]\n", "a@x\nb@y\nc@x", "x\todn\t[]\ny\todn\t[]\n"},
	/* of those that are not told apart the first speaks */
	{"*:[1] *:[2] odn:[]", "0*\t\t[1]\n2\todn\t[]\n", "a@x\nb@y\nc@z",
		"*\t\t[1]\nz\todn\t[]\n"},
	/* in the order of the recipients, whatever line they are in */
	{"a:[] b:[] a:[] a:[] b:[] *a:[] a:[]", "0,2-3,5*,6\ta\t[]\n1,4\tb\t[]\n",
		"1@p\n2@q\n3@r\n4@s\n5@t\n6@u\n7@v",
		"p\ta\t[]\nq\tb\t[]\nr\ta\t[]\ns\ta\t[]\nt\tb\t[]\n*\ta\t[]\nv\ta\t[]\n"},
	{":[1] odn:[]", "0\t\t[1]\n1\todn\t[]\n", "postmaster\na@x", "\t\t[1]\nx\todn\t[]\n"},
};

static guint
read_said(char **words, RpClassSaid *said)
{
	guint n = 0;

	for (; words[n]; n++) {
		char *word = words[n];
		char *colon = strchr(word, ':');

		*colon = '\0';
		said[n].told_apart = *word != '*';
		word += *word == '*';
		said[n].set = *word ? word : NULL;
		said[n].reasons_json = colon + 1;
	}
	return n;
}

static void
test_text(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(texts); i++) {
		RpClassSaid said[8];
		g_auto(GStrv) words = g_strsplit(texts[i].said, " ", -1);
		g_autofree char *text = rp_class_text_write(said, read_said(words, said));
		g_autofree char *of = rp_class_text_of(text, texts[i].recipients);

		g_assert_cmpstr(text, ==, texts[i].text);
		g_assert_cmpstr(of, ==, texts[i].of);
	}
	g_assert_null(rp_class_text_of(NULL, "a@x"));
	/* Numbers that nobody has, and what is no line. */
	g_autofree char *more = rp_class_text_of("0-99999999999\todn\t[]\n", "a@x");
	g_assert_cmpstr(more, ==, "x\todn\t[]\n");
	g_autofree char *none = rp_class_text_of("x\todn\t[]\n7\todn\t[]\n0\todn", "a@x");
	g_assert_cmpstr(none, ==, "");
}

/* A line for each domain, and one for all that are not told apart, as they come. */
static char *
plainly(const RpClassSaid *said, char **recipients, guint n)
{
	g_autoptr(GHashTable) seen = g_hash_table_new(g_str_hash, g_str_equal);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < n; i++) {
		const char *domain = said[i].told_apart ? strchr(recipients[i], '@') + 1 : "*";

		if (g_hash_table_add(seen, (gpointer)domain))
			g_string_append_printf(text, "%s\t%s\t%s\n", domain,
				said[i].set ? said[i].set : "", said[i].reasons_json);
	}
	return g_string_free(text, FALSE);
}

static void
test_text_random(void)
{
	static const char *const sets[] = {NULL, "odn", "sonet"}, *const reasons[] = {"[]", "[1]"};

	for (guint i = 0; i < 2000; i++) {
		RpClassSaid said[40];
		g_autoptr(GPtrArray) recipients = g_ptr_array_new_with_free_func(g_free);
		guint n = (guint)g_test_rand_int_range(1, G_N_ELEMENTS(said) + 1);

		for (guint k = 0; k < n; k++) {
			said[k] = (RpClassSaid){sets[g_test_rand_int_range(0, 3)],
				reasons[g_test_rand_int_range(0, 2)], g_test_rand_bit()};
			g_ptr_array_add(
				recipients, g_strdup_printf("r@d%d", g_test_rand_int_range(0, 20)));
		}
		g_ptr_array_add(recipients, NULL);
		g_autofree char *lines = g_strjoinv("\n", (char **)recipients->pdata);
		g_autofree char *text = rp_class_text_write(said, n);
		g_autofree char *got = rp_class_text_of(text, lines);
		g_autofree char *want = plainly(said, (char **)recipients->pdata, n);
		g_assert_cmpstr(got, ==, want);
	}
}

/* ---- the rows ---- */

static void
assert_said(Fixture *f, RpMessageId id, RpMessageState state, const char *reasons)
{
	g_autoptr(RpQueueMessage) message = rp_queue_get(f->agent, id, NULL);

	g_assert_cmpint(message->state, ==, state);
	g_assert_cmpstr(message->class_reasons, ==, reasons);
}

static void
count_verdict(const RpQueueVerdict *verdict, gpointer n)
{
	*(guint *)n += !verdict->kept;
}

static guint
n_verdicts(Fixture *f)
{
	guint n = 0;

	g_assert_true(rp_queue_foreach_verdict(f->agent, count_verdict, &n, NULL));
	return n;
}

static void
test_shared(Fixture *f, gconstpointer data)
{
	RpMessageId one = fixture_submit(f, "a@b", "c@x", 100);
	gint64 class_one = fixture_plan(f, "k1", RP_CLASS_SEND);
	RpMessageId two = fixture_submit(f, "a@b", "c@y", 100);
	gint64 class_two = fixture_plan(f, "k2", RP_CLASS_SEND);
	RpQueueChange *change = fixture_change();

	rp_change_write_verdict(change, 7, RP_CLASS_SEND, "odn", "0\todn\t[]\n");
	rp_change_give_verdict(change, class_one, 7);
	rp_change_give_verdict(change, class_two, 7);
	rp_change_prune_classes(change);
	fixture_apply(f, change);
	g_assert_cmpuint(n_verdicts(f), ==, 1);
	assert_said(f, one, RP_MESSAGE_QUEUED, "x\todn\t[]\n");
	assert_said(f, two, RP_MESSAGE_QUEUED, "y\todn\t[]\n");
	fixture_check_counters(f);
	/* It becomes another for both, and the counters follow. */
	change = fixture_change();
	rp_change_write_verdict(change, 7, RP_CLASS_HOLD, NULL, "0\t\t[1]\n");
	fixture_apply(f, change);
	assert_said(f, one, RP_MESSAGE_HELD, "x\t\t[1]\n");
	assert_said(f, two, RP_MESSAGE_HELD, "y\t\t[1]\n");
	fixture_check_counters(f);
	/* What is worked out again says what it said, for people to see. */
	change = fixture_change();
	rp_change_reclass_all(change);
	fixture_apply(f, change);
	change = fixture_change();
	rp_change_write_verdict(change, 7, RP_CLASS_SEND, "odn", "0\todn\t[]\n");
	fixture_apply(f, change);
	assert_said(f, one, RP_MESSAGE_HELD, "x\t\t[1]\n");
	fixture_check_counters(f);
	/* And goes when nothing has it any more. */
	fixture_plan(f, "k3", RP_CLASS_SEND);
	change = fixture_change();
	rp_change_prune_classes(change);
	fixture_apply(f, change);
	g_assert_cmpuint(n_verdicts(f), ==, 1);
	g_assert_cmpint(fixture_state(f, one), ==, RP_MESSAGE_QUEUED);
	fixture_check_counters(f);
}

/* A part that fails takes back what it has added up. */
static void
test_taken_back(Fixture *f, gconstpointer data)
{
	RpMessageId id = fixture_submit(f, "a@b", "c@x", 100);
	gint64 class_id = fixture_plan(f, "k", RP_CLASS_SEND);
	RpQueueChange *change = fixture_change();

	rp_change_write_verdict(change, 7, RP_CLASS_HOLD, NULL, "0\t\t[1]\n");
	rp_change_give_verdict(change, class_id, 7);
	rp_change_hold(change, id + 1000);
	fixture_refused(f, change, RP_ERROR_NOT_FOUND);
	assert_said(f, id, RP_MESSAGE_QUEUED, "x\todn\t[]\n");
	fixture_check_counters(f);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/queue/verdicts/text", test_text);
	g_test_add_func("/queue/verdicts/text-random", test_text_random);
	g_test_add("/queue/verdicts/shared", Fixture, NULL, fixture_set_up, test_shared,
		fixture_tear_down);
	g_test_add("/queue/verdicts/taken-back", Fixture, NULL, fixture_set_up, test_taken_back,
		fixture_tear_down);
	return g_test_run();
}
