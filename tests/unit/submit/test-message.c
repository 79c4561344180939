/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <string.h>
#include "roampost/message.h"

#define ADDED                                                                                      \
	"Date: D\r\n"                                                                              \
	"From: Taro <taro@odn.example>\r\n"                                                        \
	"Message-ID: <M@odn.example>\r\n"

typedef struct {
	const char *name;
	const char *input;
	gssize input_size; /* -1: strlen */
	gboolean dot_ends;
	const char *want;
	const char *from;       /* header_from */
	const char *recipients; /* joined by | */
	guint notes;
} Case;

#define HEADER "Date: d\nFrom: a@b.example\nMessage-ID: <m>\n"
#define WIRE "Date: d\r\nFrom: a@b.example\r\nMessage-ID: <m>\r\n"
#define COMPLETE (RP_SCAN_HAS_DATE | RP_SCAN_HAS_FROM | RP_SCAN_HAS_MESSAGE_ID)

static const Case cases[] = {
	{"empty", "", -1, FALSE, ADDED "\r\n", "taro@odn.example", "", 0},
	{"lf", HEADER "\nx\ny\n", -1, FALSE, WIRE "\r\nx\r\ny\r\n", "a@b.example", "", COMPLETE},
	{"crlf", "Date: d\r\nFrom: a@b.example\r\nMessage-ID: <m>\r\n\r\nx\r\n", -1, FALSE,
		WIRE "\r\nx\r\n", "a@b.example", "", COMPLETE},
	{"lone cr", "Date: d\rFrom: a@b.example\rMessage-ID: <m>\r\rx\ry", -1, FALSE,
		WIRE "\r\nx\r\ny\r\n", "a@b.example", "", COMPLETE},
	{"no final newline", HEADER "\nx", -1, FALSE, WIRE "\r\nx\r\n", "a@b.example", "",
		COMPLETE},
	{"final cr", HEADER "\nx\r", -1, FALSE, WIRE "\r\nx\r\n", "a@b.example", "", COMPLETE},
	{"no body", HEADER, -1, FALSE, WIRE "\r\n", "a@b.example", "", COMPLETE},
	{"header without newline", "Date: d\nFrom: a@b.example\nMessage-ID: <m>", -1, FALSE,
		WIRE "\r\n", "a@b.example", "", COMPLETE},
	{"no header", "hello\nworld\n", -1, FALSE, ADDED "\r\nhello\r\nworld\r\n",
		"taro@odn.example", "", 0},
	{"blank first line", "\nhello\n", -1, FALSE, ADDED "\r\nhello\r\n", "taro@odn.example", "",
		0},
	{"header ends without a blank line", HEADER "no header this\nx\n", -1, FALSE,
		WIRE "\r\nno header this\r\nx\r\n", "a@b.example", "", COMPLETE},
	{"blanks alone begin the body", "  x\n", -1, FALSE, ADDED "\r\n  x\r\n", "taro@odn.example",
		"", 0},
	{"bcc", "Bcc: x@y\nTo: q@r\n" HEADER "BCC: u@v,\n\tw@x\nX: 1\n\nx\n", -1, FALSE,
		"To: q@r\r\n" WIRE "X: 1\r\n\r\nx\r\n", "a@b.example", "x@y|q@r|u@v,\tw@x",
		COMPLETE},
	{"blank before the colon", "Bcc : x@y\n" HEADER "\n", -1, FALSE, WIRE "\r\n", "a@b.example",
		"x@y", COMPLETE},
	{"resent", "To: q@r\nResent-To: s@t\nResent-Bcc: u@v\n" HEADER "\n", -1, FALSE,
		"To: q@r\r\nResent-To: s@t\r\n" WIRE "\r\n", "a@b.example", "s@t|u@v",
		COMPLETE | RP_SCAN_HAS_RESENT},
	{"bcc in the body stays", HEADER "\nBcc: x@y\n", -1, FALSE, WIRE "\r\nBcc: x@y\r\n",
		"a@b.example", "", COMPLETE},
	{"folded from", "From: \"Yamada, Taro\"\n <t@o.example>, x@y\nDate: d\nMessage-Id: <m>\n\n",
		-1, FALSE,
		"From: \"Yamada, Taro\"\r\n <t@o.example>, x@y\r\nDate: d\r\nMessage-Id: "
		"<m>\r\n\r\n",
		"t@o.example", "", COMPLETE},
	{"bare from", "From: root (Cron Daemon)\nDate: d\nMessage-Id: <m>\n\n", -1, FALSE,
		"From: bare@odn.example (Cron Daemon)\r\nDate: d\r\nMessage-Id: <m>\r\n\r\n",
		"bare@odn.example", "", COMPLETE},
	{"mailbox line", "From taro Tue Nov 24 05:00:00 2026\n" HEADER "\nx\n", -1, FALSE,
		WIRE "\r\nx\r\n", "a@b.example", "", COMPLETE},
	{"quoted mailbox line", ">From taro Tue Nov 24\n" HEADER "\nx\n", -1, FALSE,
		WIRE "\r\nx\r\n", "a@b.example", "", COMPLETE},
	{"dot kept", HEADER "\nx\n.\ny\n", -1, FALSE, WIRE "\r\nx\r\n.\r\ny\r\n", "a@b.example", "",
		COMPLETE},
	{"dot ends", HEADER "\nx\n.\ny\n", -1, TRUE, WIRE "\r\nx\r\n", "a@b.example", "", COMPLETE},
	{"dot ends with crlf", HEADER "\nx\r\n.\r\ny\r\n", -1, TRUE, WIRE "\r\nx\r\n",
		"a@b.example", "", COMPLETE},
	{"dot at the end of input", HEADER "\nx\n.", -1, TRUE, WIRE "\r\nx\r\n", "a@b.example", "",
		COMPLETE},
	{"two dots", HEADER "\n..\n.x\n.\n", -1, TRUE, WIRE "\r\n..\r\n.x\r\n", "a@b.example", "",
		COMPLETE},
	{"dot in the header", HEADER ".\nx\n", -1, TRUE, WIRE "\r\n", "a@b.example", "", COMPLETE},
	{"nul and 8-bit", HEADER "\na\0b\xe9\n", sizeof(HEADER "\na\0b\xe9\n") - 1, FALSE,
		WIRE "\r\na\0b\xe9\r\n", "a@b.example", "",
		COMPLETE | RP_SCAN_HAS_NUL | RP_SCAN_HAS_8BIT_BODY},
	{"8-bit header", HEADER "Subject: \xe9\n\nx\n", -1, FALSE,
		WIRE "Subject: \xe9\r\n\r\nx\r\n", "a@b.example", "",
		COMPLETE | RP_SCAN_HAS_8BIT_HEADER | RP_SCAN_NOT_UTF8_HEADER},
	{"utf-8 header", HEADER "Subject: \xc3\xa9\n\nx\n", -1, FALSE,
		WIRE "Subject: \xc3\xa9\r\n\r\nx\r\n", "a@b.example", "",
		COMPLETE | RP_SCAN_HAS_8BIT_HEADER},
	{"cr in the header", HEADER "X: 10%\r100%\nBcc: b@x\n\nx\n", -1, FALSE,
		WIRE "X: 10% 100%\r\n\r\nx\r\n", "a@b.example", "b@x", COMPLETE},
	{"field behind a cr", HEADER "\rX: y\n\nx\n", -1, FALSE, WIRE " X: y\r\n\r\nx\r\n",
		"a@b.example", "", COMPLETE},
	{"cr in the body", HEADER "\nx\ry\r\rz\r\n", -1, FALSE, WIRE "\r\nx\ry\r\rz\r\n",
		"a@b.example", "", COMPLETE | RP_SCAN_HAS_LONE_CR},
	{"many crs", "Date: d\r\r\nFrom: a@b.example\r\r\nMessage-ID: <m>\r\r\n\r\r\nx\r\r\r\n", -1,
		FALSE, WIRE "\r\nx\r\n", "a@b.example", "", COMPLETE},
	{"dot and crs", HEADER "\nx\n.\r\r\ny\n", -1, TRUE, WIRE "\r\nx\r\n", "a@b.example", "",
		COMPLETE},
	{"dot and text behind a cr", HEADER "\n.\ry\n", -1, TRUE, WIRE "\r\n.\ry\r\n",
		"a@b.example", "", COMPLETE | RP_SCAN_HAS_LONE_CR},
	{"mailbox lines", "From taro Tue\n>From root Wed\nFrom x\n" HEADER "\nx\n", -1, FALSE,
		WIRE "\r\nx\r\n", "a@b.example", "", COMPLETE},
	{"mailbox line alone", "From taro Tue\n", -1, FALSE, ADDED "\r\n", "taro@odn.example", "",
		0},
	{"crs alone and a mailbox line", "From t\rDate: d\rFrom: a@b.example\rMessage-ID: <m>\r\rx",
		-1, FALSE, WIRE "\r\nx\r\n", "a@b.example", "", COMPLETE},
};

typedef struct {
	GByteArray *out;
	guint notes;
	char *from;
	char *recipients;
	gint64 size;
	gboolean ended;
} Got;

static void
got_clear(Got *got)
{
	g_byte_array_unref(got->out);
	g_free(got->from);
	g_free(got->recipients);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Got, got_clear)

static char *
from(gboolean address_only, gpointer data)
{
	return g_strdup(address_only ? "bare@odn.example" : "Taro <taro@odn.example>");
}

/* The values without the blanks around them; ? is a NUL. */
static char *
recipients_of(const RpMessageScanResult *result)
{
	g_autoptr(GString) all = g_string_new(NULL);

	for (guint i = 0; i < result->recipient_fields->len; i++) {
		const RpMessageField *field = result->recipient_fields->pdata[i];

		g_autofree char *shown = g_memdup2(field->value, field->length + 1);
		for (gsize at = 0; at < field->length; at++)
			shown[at] = shown[at] ? shown[at] : '?';
		g_string_append(all, i > 0 ? "|" : "");
		g_string_append(all, g_strstrip(shown));
	}
	return g_strdup(all->str);
}

/* `cut` gives the size of the next piece. */
static Got
scan(const char *input, gsize size, gboolean dot_ends, gsize (*cut)(gpointer), gpointer data)
{
	const RpMessageScanOptions options = {
		.dot_ends = dot_ends,
		.collect_recipients = TRUE,
		.date = "D",
		.unique = "M",
		.host = "host",
		.from = from,
	};
	g_autoptr(RpMessageScan) scanner = rp_message_scan_new(&options);
	Got got = {.out = g_byte_array_new()};

	for (gsize at = 0; at < size && !got.ended;) {
		gsize n = cut(data);
		n = MIN(n, size - at);
		/* A copy of its own, so that reading past the piece is seen. */
		g_autofree char *piece = g_memdup2(input + at, n);
		got.ended = !rp_message_scan_feed(scanner, piece, n, got.out);
		at += n;
	}
	const RpMessageScanResult *result = rp_message_scan_finish(scanner, got.out);
	got.notes = result->notes;
	got.from = g_strdup(result->header_from);
	got.recipients = recipients_of(result);
	got.size = result->size;
	return got;
}

static gsize
whole(gpointer data)
{
	return G_MAXSIZE;
}

static gsize
fixed(gpointer data)
{
	return GPOINTER_TO_SIZE(data);
}

static gsize
drawn(gpointer data)
{
	return g_rand_int_range(data, 1, 40);
}

static gsize
want_size(const Case *c)
{
	/* The one case with a NUL is as long as its literal. */
	return c->input_size < 0 ? strlen(c->want) : strlen(c->want) + 1 + strlen("b\xe9\r\n");
}

static void
check(const Case *c, const Got *got)
{
	g_test_message("%s", c->name);
	g_assert_cmpmem(got->out->data, got->out->len, c->want, want_size(c));
	g_assert_cmpint(got->size, ==, got->out->len);
	g_assert_cmpstr(got->from, ==, c->from);
	g_assert_cmpstr(got->recipients, ==, c->recipients);
	g_assert_cmphex(got->notes, ==, c->notes);
}

static void
test_cases(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		const Case *c = &cases[i];
		gsize size = c->input_size < 0 ? strlen(c->input) : (gsize)c->input_size;
		g_auto(Got) at_once = scan(c->input, size, c->dot_ends, whole, NULL);
		check(c, &at_once);
		for (gsize n = 1; n < 8; n++) {
			g_auto(Got) pieces =
				scan(c->input, size, c->dot_ends, fixed, GSIZE_TO_POINTER(n));
			check(c, &pieces);
		}
	}
}

static char *
random_input(GRand *rand, gsize *size)
{
	static const char *const parts[] = {"\n", "\r\n", "\r", ".", "\n.\n", "Bcc: x@y",
		"Bcc:", "From: ", "To: a@b", "Date: d\n", "Message-ID:", "Resent-To: z@z\n", " ",
		"\t", ":", "x", "From x\n", ">From ", "\xc3\xa9", "\n\n", "(", "\"", "<a@b>", ",",
		";"};
	GString *input = g_string_new(NULL);

	for (int n = g_rand_int_range(rand, 0, 40); n > 0; n--) {
		g_string_append(input, parts[g_rand_int_range(rand, 0, G_N_ELEMENTS(parts))]);
		if (g_rand_int_range(rand, 0, 20) == 0)
			g_string_append_c(input, '\0');
	}
	*size = input->len;
	return g_string_free(input, FALSE);
}

/* However the input is cut, the same comes out; and what comes out is in wire format. */
static void
test_cuts(void)
{
	g_autoptr(GRand) rand = g_rand_new_with_seed(1999);

	for (int i = 0; i < 4000; i++) {
		gsize size;
		g_autofree char *input = random_input(rand, &size);
		g_auto(Got) a = scan(input, size, i & 1, whole, NULL);
		g_auto(Got) b = scan(input, size, i & 1, drawn, rand);
		g_auto(Got) c = scan(input, size, i & 1, fixed, GSIZE_TO_POINTER(1));
		g_autofree char *shown = g_uri_escape_bytes((guint8 *)input, size, NULL);
		g_test_message("%s%s", shown, i & 1 ? " (dots end)" : "");
		g_assert_cmpmem(a.out->data, a.out->len, b.out->data, b.out->len);
		g_assert_cmpmem(a.out->data, a.out->len, c.out->data, c.out->len);
		g_assert_cmphex(a.notes, ==, b.notes);
		g_assert_cmpstr(a.recipients, ==, c.recipients);
		g_assert_cmpstr(a.from, ==, c.from);
		g_assert_cmpint(a.ended, ==, c.ended);
		for (guint at = 0; at < a.out->len; at++) {
			if (a.out->data[at] == '\n')
				g_assert_true(at > 0 && a.out->data[at - 1] == '\r');
			if (a.out->data[at] == '\r' && !(a.notes & RP_SCAN_HAS_LONE_CR))
				g_assert_true(at + 1 < a.out->len && a.out->data[at + 1] == '\n');
		}
	}
}

static void
append_many(GString *input, const char *text, guint times)
{
	while (times-- > 0)
		g_string_append(input, text);
}

/* Fields over 1 MiB are kept or taken out like others, in bounded memory. */
static void
test_large_fields(void)
{
	static const struct {
		const char *before;
		const char *piece;
		guint times;
		const char *after;
		gboolean kept;
		guint notes;
	} large[] = {
		{"X-Big: ", "0123456789abcdef", 100000, "\n", TRUE, RP_SCAN_HAS_LONG_LINES},
		{"X-Big: x", "\n 0123456789abcdef", 100000, "\n", TRUE, 0},
		{"Bcc: ", "0123456789abcdef", 100000, "\n", FALSE, RP_SCAN_TOO_MANY_RECIPIENTS},
		{"Bcc: x@y", ",\n 0123456789abc@d", 100000, "\n", FALSE,
			RP_SCAN_TOO_MANY_RECIPIENTS},
		{"To: x@y", ",\n 0123456789abc@d", 100000, "\n", TRUE, RP_SCAN_TOO_MANY_RECIPIENTS},
	};

	for (guint i = 0; i < G_N_ELEMENTS(large); i++) {
		g_autoptr(GString) input = g_string_new(HEADER);
		g_string_append(input, large[i].before);
		append_many(input, large[i].piece, large[i].times);
		g_string_append(input, large[i].after);
		g_string_append(input, "Subject: s\n\nbody\n");
		g_auto(Got) a = scan(input->str, input->len, FALSE, whole, NULL);
		g_auto(Got) b = scan(input->str, input->len, FALSE, fixed, GSIZE_TO_POINTER(4093));
		g_assert_cmpmem(a.out->data, a.out->len, b.out->data, b.out->len);
		g_assert_cmphex(a.notes, ==, large[i].notes | COMPLETE);
		if (large[i].kept)
			g_assert_cmpint(a.out->len, >=, input->len);
		else
			g_assert_cmpmem(a.out->data, a.out->len, WIRE "Subject: s\r\n\r\nbody\r\n",
				strlen(WIRE "Subject: s\r\n\r\nbody\r\n"));
		g_assert_cmpmem(a.out->data, strlen(WIRE), WIRE, strlen(WIRE));
		g_assert_cmpmem(
			a.out->data + a.out->len - 22, 22, "\r\nSubject: s\r\n\r\nbody\r\n", 22);
	}
}

static void
test_long_lines(void)
{
	for (gsize length = 997; length <= 999; length++) {
		g_autoptr(GString) input = g_string_new(HEADER "\n");
		for (gsize i = 0; i < length; i++)
			g_string_append_c(input, 'x');
		g_string_append(input, "\n");
		g_auto(Got) got = scan(input->str, input->len, FALSE, fixed, GSIZE_TO_POINTER(100));
		g_assert_cmphex(got.notes & RP_SCAN_HAS_LONG_LINES, ==,
			length > 998 ? RP_SCAN_HAS_LONG_LINES : 0);
		g_assert_cmpint(got.out->len, ==, strlen(WIRE) + 2 + length + 2);
	}
}

/* Whoever reads the lists is given all of a field, and its name as it was written. */
static void
test_recipient_fields(void)
{
	static const char input[] = "tO: a@b\0,\r\n c@d\nCc :e@f\n\n";
	const RpMessageScanOptions options = {.collect_recipients = TRUE};
	g_autoptr(RpMessageScan) scanner = rp_message_scan_new(&options);
	g_autoptr(GByteArray) out = g_byte_array_new();

	rp_message_scan_feed(scanner, input, sizeof input - 1, out);
	const GPtrArray *fields = rp_message_scan_header(scanner)->recipient_fields;
	const RpMessageField *to = fields->pdata[0], *cc = fields->pdata[1];
	g_assert_cmpuint(fields->len, ==, 2);
	g_assert_cmpstr(to->name, ==, "tO");
	g_assert_cmpmem(to->value, to->length, " a@b\0, c@d", 10);
	g_assert_cmpstr(cc->name, ==, "Cc");
	g_assert_cmpstr(cc->value, ==, "e@f");
}

static void
test_replace_from(void)
{
	static const struct {
		const char *data;
		const char *want; /* NULL: refused */
	} rows[] = {
		{"A: b\r\nFrom: Taro <a@b>\r\nC: d\r\n\r\nx",
			"A: b\r\nFrom: Taro <n@e>\r\nC: d\r\n\r\nx"},
		{"From: a@b\r\n (Taro)\r\n\r\n", "From: n@e (Taro)\r\n\r\n"},
		{"A: b\r\n\r\nFrom: a@b\r\n", "From: n@e\r\nA: b\r\n\r\nFrom: a@b\r\n"},
		{"From: Taro Yamada\r\n\r\n", "From: n@e\r\n\r\n"},
		{"FROM:a@b\r\nFrom: c@d\r\n\r\n", "From: n@e\r\nFrom: c@d\r\n\r\n"},
		{"From: a@b\r\nA: b\r\n", NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GByteArray) data = g_byte_array_new();
		g_byte_array_append(data, (const guint8 *)rows[i].data, strlen(rows[i].data));
		gboolean done = rp_message_replace_from(data, "n@e");
		g_assert_cmpint(done, ==, rows[i].want != NULL);
		const char *want = rows[i].want ? rows[i].want : rows[i].data;
		g_assert_cmpmem(data->data, data->len, want, strlen(want));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/message/cases", test_cases);
	g_test_add_func("/message/cuts", test_cuts);
	g_test_add_func("/message/large-fields", test_large_fields);
	g_test_add_func("/message/long-lines", test_long_lines);
	g_test_add_func("/message/recipient-fields", test_recipient_fields);
	g_test_add_func("/message/replace-from", test_replace_from);
	return g_test_run();
}
