/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"
#include "roampost/asn-file.h"
#include "roampost/asn-rows.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* What a table of AS numbers makes of a place, and what hangs on it; and the file that it is in. */

static const char table_text[] =
	"203.0.113.0/24,64496,Example\n2001:db8::/32,64497,Six\n192.168.0.0/16,64496,leaked\n";

static GByteArray *
compile(const char *text)
{
	g_autoptr(RpAsnRows) rows = rp_asn_rows_new();

	g_assert_true(rp_asn_rows_read(rows, (const guint8 *)text, strlen(text), NULL));
	return rp_asn_rows_compile(rows, 0, NULL);
}

#define SET(words) "provider p asn=64496,64497\nset s provider=p relay=inside ids=a@p.example" words

/* `by`: "EVIDENCE/FAMILY" of all by which it is inside; `sends`: over a server set as it says,
 * from the address `from`. */
static const struct {
	const char *what, *config, *place, *by, *sends, *from;
} rows[] = {
	{"an own address", SET(""), "e ethernet 203.0.113.7", "asn/ipv4", "send s/inside/ipv4"},
	{"an own IPv6 address", SET(""), "e wifi 192.168.1.5 2001:db8:5::7", "asn/ipv6",
		"send s/inside/ipv6"},
	{"elsewhere", SET(""), "e ethernet 198.51.100.7 2001:db9::1", "",
		"hold hold s:outside(enter=p)"},
	{"behind a NAT", SET(""), "e wifi 192.168.1.5 public=203.0.113.7", "asn/ipv4",
		"send s/inside/ipv4"},
	{"a private address is nobody's, whatever the table says", SET(""), "e wifi 192.168.1.5",
		"", "hold hold s:outside(enter=p)[the public address is not known]"},
	{"hearsay shows no password", SET(" user=a tls=off smtp=smtp://m.p.example"),
		"e wifi 192.168.1.5 public=203.0.113.7", "asn/ipv4",
		"hold hold s:outside(enter=p)[anybody could make up what says so]"},
	{"under TLS there is none to be seen", SET(" user=a"),
		"e wifi 192.168.1.5 public=203.0.113.7", "asn/ipv4", "send s/inside/ipv4"},
	{"an own address is no hearsay", SET(" user=a tls=off smtp=smtp://m.p.example"),
		"e ethernet 203.0.113.7", "asn/ipv4", "send s/inside/ipv4"},
	{"nor where hearsay says the same of its family",
		SET(" user=a tls=off smtp=smtp://m.p.example"),
		"e ethernet 203.0.113.7 public=203.0.113.7", "asn/ipv4", "send s/inside/ipv4"},
	{"nor a prefix of hearsay's",
		"provider p asn=64496 net=203.0.113.0/25\n"
		"set s provider=p relay=inside ids=a@p.example user=a tls=off "
		"smtp=smtp://m.p.example",
		"e ethernet 203.0.113.200 public=203.0.113.7", "asn/ipv4", "send s/inside/ipv4"},
	{"the address that the AS announces, of two", SET(""),
		"e ethernet 2001:db7::5 2001:db8:5::7 pref=2001:db7::5", "asn/ipv6",
		"send s/inside/ipv6", "2001:db8:5::7"},
	{"the preferred one, of two that it does", SET(""),
		"e ethernet 2001:db8:4::5 2001:db8:5::7 pref=2001:db8:5::7", "asn/ipv6",
		"send s/inside/ipv6", "2001:db8:5::7"},
	{"a prefix is said first",
		"provider p asn=64496 net=203.0.113.0/24\nset s provider=p relay=inside",
		"e ethernet 203.0.113.7", "prefix/ipv4", NULL},
};

static char *
by_text(const RpPlace *place)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < place->inside->len; i++) {
		const RpInside *inside = &g_array_index(place->inside, RpInside, i);

		g_string_append_printf(text, "%s%s/%s", i ? " " : "",
			rp_evidence_name(inside->evidence), rp_family_name(inside->family));
	}
	return g_string_free(text, FALSE);
}

static void
test_places(void)
{
	g_autoptr(GByteArray) octets = compile(table_text);
	g_autoptr(RpAsnTable) table = rp_asn_table_new(octets->data, octets->len, NULL);

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		FxRow row = {.config = rows[i].config,
			.place = rows[i].place,
			.from = "a@p.example",
			.to = "b@other.example"};
		FxCase c;

		g_test_message("%s", rows[i].what);
		fx_case_init(&c, &row);
		g_autoptr(RpNetwork) network = fx_network(rows[i].place);
		rp_place_free(c.place);
		c.place = rp_place_new_learned(network, c.catalogue, NULL, table);
		c.situation.place = c.place;
		g_autofree char *by = by_text(c.place);
		g_assert_cmpstr(by, ==, rows[i].by);
		g_autoptr(RpDecision) decision = rp_policy_decide(&c.situation, &c.message);
		g_autofree char *sends = fx_decision_text(decision, c.catalogue, c.place);
		if (rows[i].sends)
			g_assert_cmpstr(sends, ==, rows[i].sends);
		g_autofree char *from = rp_address_format(&decision->recipients[0].bind);
		if (rows[i].from)
			g_assert_cmpstr(from, ==, rows[i].from);
		fx_case_clear(&c);
	}
}

/* ---- the file ---- */

typedef struct {
	char *folder, *path;
	guint n_changes;
} Folder;

static void
set_up(Folder *f, gconstpointer none)
{
	f->folder = g_dir_make_tmp("roampost-asn-XXXXXX", NULL);
	f->path = g_build_filename(f->folder, "asn.table", NULL);
}

static void
tear_down(Folder *f, gconstpointer none)
{
	g_unlink(f->path);
	g_rmdir(f->folder);
	g_free(f->folder);
	g_free(f->path);
}

static void
replace(const Folder *f, const char *text)
{
	g_autoptr(GByteArray) octets = compile(text);
	g_autoptr(GError) error = NULL;

	g_assert_true(rp_asn_file_replace(f->path, octets, &error));
	g_assert_no_error(error);
}

static guint32
ask(RpAsnFile *file)
{
	RpAsnTable *table = rp_asn_file_table(file);
	RpAddress address;
	guint32 asn = 0;

	g_assert_true(rp_address_parse("203.0.113.7", &address));
	if (table)
		rp_asn_table_look_up(table, &address, &asn);
	return asn;
}

static void
on_changed(gpointer user)
{
	((Folder *)user)->n_changes++;
}

static void
wait_change(Folder *f)
{
	guint before = f->n_changes;

	while (f->n_changes == before)
		g_main_context_iteration(NULL, TRUE);
}

static void
test_replaced(Folder *f, gconstpointer none)
{
	g_autoptr(RpAsnFile) file = rp_asn_file_new(f->path, on_changed, f);

	g_assert_cmpuint(ask(file), ==, 0);
	replace(f, "203.0.113.0/24,64496,a\n");
	wait_change(f);
	g_assert_cmpuint(ask(file), ==, 64496);
	replace(f, "203.0.113.0/24,64497,a\n");
	wait_change(f);
	g_assert_cmpuint(ask(file), ==, 64497);
	g_unlink(f->path);
	wait_change(f);
	g_assert_cmpuint(ask(file), ==, 0);
}

/* A copy over it cuts the file that is mapped: reading on would be the program's end. */
static void
test_cut_under_us(Folder *f, gconstpointer none)
{
	g_autoptr(RpAsnFile) file = rp_asn_file_new(f->path, NULL, NULL);

	replace(f, "203.0.113.0/24,64496,a\n");
	g_assert_cmpuint(ask(file), ==, 64496);
	g_assert_cmpint(truncate(f->path, 100), ==, 0);
	g_test_expect_message("roampost-asn", G_LOG_LEVEL_WARNING, "*is not used*");
	g_assert_cmpuint(ask(file), ==, 0);
	g_assert_cmpint(truncate(f->path, 0), ==, 0);
	g_test_expect_message("roampost-asn", G_LOG_LEVEL_WARNING, "*it is empty*");
	g_assert_cmpuint(ask(file), ==, 0);
	g_assert_cmpuint(ask(file), ==, 0); /* said once */
	g_test_assert_expected_messages();
}

static void
test_not_trusted(Folder *f, gconstpointer none)
{
	g_autoptr(RpAsnFile) file = rp_asn_file_new(f->path, NULL, NULL);

	replace(f, "203.0.113.0/24,64496,a\n");
	g_assert_cmpint(chmod(f->path, 0666), ==, 0);
	g_test_expect_message("roampost-asn", G_LOG_LEVEL_WARNING, "*others may write it*");
	g_assert_cmpuint(ask(file), ==, 0);
	g_test_assert_expected_messages();
	g_assert_cmpint(chmod(f->path, 0644), ==, 0);
	g_assert_cmpuint(ask(file), ==, 64496);
	g_unlink(f->path);
	g_assert_cmpint(mkfifo(f->path, 0600), ==, 0);
	g_test_expect_message("roampost-asn", G_LOG_LEVEL_WARNING, "*it is no file*");
	g_assert_cmpuint(ask(file), ==, 0);
	g_test_assert_expected_messages();
}

static void
test_not_replaced(Folder *f, gconstpointer none)
{
	g_autofree char *below = g_build_filename(f->path, "file", NULL);
	g_autoptr(GByteArray) octets = compile("203.0.113.0/24,64496,a\n");
	g_autoptr(GError) error = NULL;

	replace(f, "203.0.113.0/24,64496,a\n");
	g_assert_false(rp_asn_file_replace(below, octets, &error));
	g_assert_nonnull(strstr(error->message, f->path));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/asn/places", test_places);
	g_test_add("/asn/file/replaced", Folder, NULL, set_up, test_replaced, tear_down);
	g_test_add("/asn/file/cut-under-us", Folder, NULL, set_up, test_cut_under_us, tear_down);
	g_test_add("/asn/file/not-trusted", Folder, NULL, set_up, test_not_trusted, tear_down);
	g_test_add("/asn/file/not-replaced", Folder, NULL, set_up, test_not_replaced, tear_down);
	return g_test_run();
}
