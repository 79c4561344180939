/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fetch-private.h"

#include <string.h>

/* What is done with a maildrop, as tables. */

#define DAY G_TIME_SPAN_DAY
#define NOW (1000 * DAY)

typedef struct {
	const char *name;
	RpFetch fetch;
	guint keep_days;
	gint64 max_size;
	const char *list; /* "UIDL:SIZE ..."; no UIDL where it is "-" */
	gboolean odd;
	const char *known; /* "UIDL[:SIZE][:h][:p][:m][:d][:c][:old][:veryold]": header, parked,
			      missing, doubt, cut, age */
	gboolean trusted;
	const char *want; /* "+UIDL" fetch, "hUIDL" header; with "=" to be compared, "&" since the
			     id is listed twice, "!" to be deleted then; "-N" delete, "fUIDL"
			     forget, "mUIDL" missing, "bUIDL" back, "tUIDL" twice, "?N" without */
} Case;

static const Case cases[] = {
	{"new", RP_FETCH_LEAVE, .list = "a:10 b:20", .known = "", .want = "+a +b "},
	{"known", RP_FETCH_LEAVE, .list = "a:10 b:20", .known = "a", .want = "+b "},
	{"copies", RP_FETCH_DELETE, .list = "a:10 a:10 b:20", .known = "b",
		.want = "+a&! +a&! -3 "},
	{"without", RP_FETCH_LEAVE, .list = "a:10 -:20", .odd = TRUE, .known = "",
		.want = "+a ?1 "},
	{"deleted", RP_FETCH_DELETE, .list = "a:10 b:20", .known = "a b", .want = "-1 -2 "},
	{"kept", RP_FETCH_DELETE, 5, .list = "a:10 b:20", .known = "a b:old", .want = "-2 "},
	{"left", RP_FETCH_LEAVE, 5, .list = "a:10 b:20", .known = "a b:old", .want = ""},
	{"large", RP_FETCH_DELETE, 0, 15, "a:10 b:20", .known = "", .want = "+a! hb "},
	{"large, known", RP_FETCH_DELETE, 0, 15, "a:10 b:20", .known = "b:h:old", .want = "+a! "},
	{"large, now whole", RP_FETCH_DELETE, 0, 25, "a:10 b:20", .known = "b:h:old",
		.want = "+a! +b! "},
	/* a unique id that may come again */
	{"to be deleted later", RP_FETCH_DELETE, 5, .list = "a:10", .known = "", .want = "+a "},
	{"deletion was asked for", RP_FETCH_DELETE, .list = "a:10 b:20", .known = "a:10:d b:20",
		.want = "+a=! -2 "},
	{"deletion was asked for, other days", RP_FETCH_DELETE, 5, .list = "a:10 b:20",
		.known = "a:d b:d:old", .want = "+a= +b=! "},
	{"deletion was asked for, left now", RP_FETCH_LEAVE, .list = "a:10", .known = "a:d",
		.want = "+a= "},
	{"deletion was asked for, gone", RP_FETCH_DELETE, .list = "b:20", .known = "a:d b",
		.want = "-1 fa "},
	{"deletion was asked for, too large now", RP_FETCH_DELETE, 0, 15, "b:20", .known = "b:20:d",
		.want = "+b=! "},
	{"another size", RP_FETCH_LEAVE, .list = "a:5000 b:5000 c:2000",
		.known = "a:100 b:3000 c:5000", .want = "+a= "},
	{"another size, smaller", RP_FETCH_DELETE, .list = "a:100 b:3000", .known = "a:5000 b:5000",
		.want = "+a=! -2 "},
	{"another size of a header", RP_FETCH_DELETE, 0, 15, "a:9000", .known = "a:20:h",
		.want = "ha= "},
	{"size was a guess", RP_FETCH_LEAVE, .list = "a:1 b:9000", .known = "a:1 b:-1", .want = ""},
	{"twice", RP_FETCH_LEAVE, .list = "a:10 a:10", .known = "a:10", .want = "+a& +a& ta "},
	{"twice, kept", RP_FETCH_DELETE, 5, .list = "a:10 a:10 b:1 b:1", .known = "b:old",
		.want = "+a& +a& +b&! +b&! tb "},
	{"twice, known twice", RP_FETCH_LEAVE, .list = "b:1", .known = "a:10 a:10 b",
		.trusted = TRUE, .want = "fa "},
	{"no size", RP_FETCH_LEAVE, 0, 15, "a:-1", .known = "", .want = "+a "},
	{"cut", RP_FETCH_DELETE, .list = "a:10 b:9000 x:1", .known = "a:10:c b:10:c x:1 y:c",
		.trusted = TRUE, .want = "-3 fy "},
	{"parked", RP_FETCH_DELETE, .list = "a:10", .known = "a:p b:p", .trusted = TRUE,
		.want = ""},
	{"gone", RP_FETCH_LEAVE, .list = "a:10", .known = "a b", .trusted = TRUE, .want = "fb "},
	{"gone, known by another", RP_FETCH_LEAVE, .list = "a:10", .known = "a b", .want = "fb "},
	{"empty, believed", RP_FETCH_LEAVE, .list = "", .known = "a b", .trusted = TRUE,
		.want = "fa fb "},
	{"empty, from anybody", RP_FETCH_LEAVE, .list = "", .known = "a b", .want = "ma mb "},
	{"foreign, from anybody", RP_FETCH_LEAVE, .list = "x:1", .known = "a b",
		.want = "+x ma mb "},
	{"empty again", RP_FETCH_LEAVE, .list = "", .known = "a:m b:m:veryold", .want = "fb "},
	{"back", RP_FETCH_LEAVE, .list = "a:1 b:1", .known = "a:m b:m:veryold", .want = "ba bb "},
	{"odd", RP_FETCH_LEAVE, .list = "a:1", .odd = TRUE, .known = "a b", .trusted = TRUE,
		.want = ""},
};

static GArray *
make_items(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	GArray *items = g_array_new(FALSE, FALSE, sizeof(RpPopItem));

	for (guint i = 0; words[i] && *words[i]; i++) {
		g_auto(GStrv) parts = g_strsplit(words[i], ":", 2);
		RpPopItem item = {.number = i + 1,
			.size = g_ascii_strtoll(parts[1], NULL, 10),
			.uidl = *parts[0] == '-' ? NULL : g_intern_string(parts[0])};

		g_array_append_val(items, item);
	}
	return items;
}

static GPtrArray *
make_known(const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	GPtrArray *known = g_ptr_array_new_with_free_func((GDestroyNotify)rp_fetched_free);

	for (char **word = words; *word && **word; word++) {
		g_auto(GStrv) parts = g_strsplit(*word, ":", -1);
		const char *const *marks = (const char *const *)parts;
		RpFetched *fetched = g_new0(RpFetched, 1);

		fetched->uidl = g_strdup(parts[0]);
		fetched->digest = g_strdup("");
		fetched->size = marks[1] && g_ascii_isdigit(*marks[1])
					? g_ascii_strtoll(marks[1], NULL, 10)
					: -1;
		fetched->doubt = g_strv_contains(marks, "d");
		fetched->cut = g_strv_contains(marks, "c");
		fetched->at = g_strv_contains(marks, "old") ? NOW - 6 * DAY : NOW - 4 * DAY;
		fetched->header_only = g_strv_contains(marks, "h");
		fetched->file = g_strv_contains(marks, "p") ? g_strdup("/m/tmp/x") : NULL;
		if (g_strv_contains(marks, "m"))
			fetched->missing_since = NOW - DAY;
		if (g_strv_contains(marks, "veryold"))
			fetched->missing_since = NOW - 31 * DAY;
		g_ptr_array_add(known, fetched);
	}
	return known;
}

static void
append(GString *got, char mark, const GPtrArray *uidls)
{
	for (guint i = 0; i < uidls->len; i++)
		g_string_append_printf(got, "%c%s ", mark, (const char *)uidls->pdata[i]);
}

static char *
describe(const RpFetchPlan *plan)
{
	GString *got = g_string_new(NULL);

	for (guint i = 0; i < plan->fetch->len; i++) {
		const RpMail *mail = plan->fetch->pdata[i];

		g_string_append_printf(got, "%c%s%s%s ", mail->header_only ? 'h' : '+', mail->uidl,
			!mail->compare ? ""
			: mail->beside ? "&"
				       : "=",
			mail->due ? "!" : "");
	}
	for (guint i = 0; i < plan->delete->len; i++)
		g_string_append_printf(got, "-%u ", ((RpMail *)plan->delete->pdata[i])->number);
	append(got, 'f', plan->forget);
	append(got, 'm', plan->missing);
	append(got, 'b', plan->back);
	append(got, 't', plan->twice);
	if (plan->n_without_uidl)
		g_string_append_printf(got, "?%u ", plan->n_without_uidl);
	return g_string_free(got, FALSE);
}

static void
test_case(gconstpointer data)
{
	const Case *c = data;
	g_autoptr(RpServerSet) set = rp_server_set_new("odn");
	g_autoptr(GArray) items = make_items(c->list);
	g_autoptr(GPtrArray) known = make_known(c->known);
	RpPopListing listing = {.items = (const RpPopItem *)(gpointer)items->data,
		.n_items = items->len,
		.has_uidl = TRUE,
		.odd = c->odd};
	RpFetchPlan plan;

	set->fetch = c->fetch;
	set->keep_days = c->keep_days;
	set->max_size = c->max_size;
	rp_fetch_plan_make(&plan, set, &listing, known, c->trusted, NOW);
	g_autofree char *got = describe(&plan);
	g_assert_cmpstr(got, ==, c->want);
	rp_fetch_plan_clear(&plan);
}

/* ---- what a server is called ---- */

static void
test_server(void)
{
	static const struct {
		const char *url, *want;
	} servers[] = {
		{"pop3://pop.odn.example", "pop.odn.example"},
		{"pop3s://POP.odn.example", "pop.odn.example"},
		{"pop3s://pop.odn.example:110", "pop.odn.example"},
		{"pop3://pop.odn.example:1110", "pop.odn.example port 1110"},
		{"pop3://127.0.0.1:1111", "127.0.0.1 port 1111"},
		{"pop3://[2001:db8::1]", "2001:db8::1"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(servers); i++) {
		RpEndpoint *pop = rp_endpoint_parse(servers[i].url, "pop3", NULL);
		g_autofree char *got = rp_fetch_server(pop);

		g_assert_cmpstr(got, ==, servers[i].want);
		rp_endpoint_free(pop);
	}
}

/* ---- the note ---- */

static void
test_note(void)
{
	static const struct {
		const char *header, *want; /* its beginning */
	} notes[] = {
		{"Subject: x\r\n\r\n", "Subject: x\r\nX-Roampost-Note: "},
		{"Subject: x\r\n\r\nbody\r\n", "Subject: x\r\nX-Roampost-Note: "},
		{"Subject: x", "Subject: x\r\nX-Roampost-Note: "},
		{"", "X-Roampost-Note: "},
		{"MIME-Version: 1.0\r\nContent-Type: multipart/mixed;\r\n\tboundary=x\r\n\r\n",
			"X-Original-MIME-Version: 1.0\r\nX-Original-Content-Type: "
			"multipart/mixed;\r\n\tboundary=x\r\nX-Roampost-Note: "},
		{"content-transfer-encoding: base64\r\nContentment: y\r\n\r\n",
			"X-Original-content-transfer-encoding: base64\r\nContentment: y\r\nX-R"},
	};
	g_autoptr(RpServerSet) set = rp_server_set_new("odn");

	set->max_size = 500 * 1024;
	for (gsize i = 0; i < G_N_ELEMENTS(notes); i++) {
		GString *note = rp_fetch_note(
			notes[i].header, strlen(notes[i].header), 12 * 1024 * 1024, set);

		g_assert_true(g_str_has_prefix(note->str, notes[i].want));
		g_assert_nonnull(strstr(note->str, "12.0 MiB, more than\r\nmax-size=500K"));
		g_assert_nonnull(strstr(note->str, "roampost check odn"));
		g_assert_true(g_str_is_ascii(note->str));
		g_string_free(note, TRUE);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/fetch-plan/%s", cases[i].name);

		g_test_add_data_func(path, &cases[i], test_case);
	}
	g_test_add_func("/fetch-note", test_note);
	g_test_add_func("/fetch-server", test_server);
	return g_test_run();
}
