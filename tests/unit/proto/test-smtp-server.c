/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/smtp-server.h"

#include <string.h>

/* Transcripts: what a client sends, and what the server answers and reports. Each is played in one
 * piece, octet by octet, and cut in two at every place; the outcome must be the same. */

typedef struct {
	RpSmtpServer *server;
	GString *replies;
	GString *log; /* events: "begin a@b -> c@d,e@f; 12 octets; end; abort; close" */
	GString *content;
	gboolean keep_waiting; /* an END is not answered by itself */
	RpSmtpServerAnswer answer;
	const char *words;
} Play;

static RpSmtpServerOptions options = {
	.name = "test", .max_size = 1000, .max_recipients = 3, .max_errors = 5};

static void
play_init(Play *play)
{
	*play = (Play){.server = rp_smtp_server_new(&options),
		.replies = g_string_new(NULL),
		.log = g_string_new(NULL),
		.content = g_string_new(NULL)};
}

static void
play_clear(Play *play)
{
	rp_smtp_server_free(play->server);
	g_string_free(play->replies, TRUE);
	g_string_free(play->log, TRUE);
	g_string_free(play->content, TRUE);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Play, play_clear)

static void
log_begin(Play *play, const RpSmtpServerEnvelope *envelope)
{
	g_string_append_printf(play->log, "begin %s ->", envelope->sender);
	for (guint i = 0; i < envelope->n_recipients; i++) {
		g_string_append_printf(play->log, " %s", envelope->recipients[i]);
		if (envelope->dsn_notify[i])
			g_string_append_printf(play->log, " notify=%s", envelope->dsn_notify[i]);
		if (envelope->dsn_original[i])
			g_string_append_printf(play->log, " orcpt=%s", envelope->dsn_original[i]);
	}
	g_assert_null(envelope->recipients[envelope->n_recipients]);
	if (envelope->eight_bit)
		g_string_append(play->log, " 8bit");
	if (envelope->utf8)
		g_string_append(play->log, " utf8");
	if (envelope->dsn_ret)
		g_string_append_printf(play->log, " ret=%s", envelope->dsn_ret);
	if (envelope->dsn_envid)
		g_string_append_printf(play->log, " envid=%s", envelope->dsn_envid);
	g_string_append(play->log, "; ");
	g_string_set_size(play->content, 0);
}

static void
take_event(Play *play, const RpSmtpServerEvent *event)
{
	switch (event->kind) {
	case RP_SMTP_SERVER_BEGIN:
		log_begin(play, event->envelope);
		return;
	case RP_SMTP_SERVER_CONTENT:
		g_assert_cmpuint(event->size, >, 0);
		g_string_append_len(play->content, (const char *)event->data, event->size);
		return;
	case RP_SMTP_SERVER_END:
		g_assert_true(rp_smtp_server_is_waiting(play->server));
		g_string_append_printf(
			play->log, "%" G_GSIZE_FORMAT " octets; end; ", play->content->len);
		if (!play->keep_waiting)
			rp_smtp_server_answer(play->server, play->answer, play->words);
		return;
	case RP_SMTP_SERVER_ABORT:
		g_string_append(play->log, "abort; ");
		return;
	case RP_SMTP_SERVER_CLOSE:
		g_string_append(play->log, "close; ");
		return;
	}
	g_assert_not_reached();
}

static void
pump(Play *play)
{
	const RpSmtpServerEvent *event;
	const guint8 *data;
	gsize size;

	while ((event = rp_smtp_server_next_event(play->server)))
		take_event(play, event);
	size = rp_smtp_server_output(play->server, &data);
	g_string_append_len(play->replies, (const char *)data, size);
	rp_smtp_server_sent(play->server, size);
}

static void
feed(Play *play, const char *data, gsize size)
{
	while (size > 0) {
		gsize space;
		guint8 *into = rp_smtp_server_space(play->server, &space);
		gsize n = MIN(space, size);

		if (n == 0)
			return; /* closed */
		memcpy(into, data, n);
		rp_smtp_server_received(play->server, n);
		data += n;
		size -= n;
		pump(play);
	}
}

static void
feed_text(Play *play, const char *text)
{
	feed(play, text, strlen(text));
}

/* "250 2.0.0 done\r\n250-a\r\n..": the codes alone, "250 250 ..", a reply's last line counts. */
static char *
codes(const char *replies)
{
	g_auto(GStrv) lines = g_strsplit(replies, "\r\n", -1);
	GString *out = g_string_new(NULL);

	for (char **line = lines; *line && **line; line++) {
		g_assert_cmpuint(strlen(*line), >=, 4);
		if ((*line)[3] == ' ')
			g_string_append_printf(out, "%s%.3s", out->len ? " " : "", *line);
	}
	return g_string_free(out, FALSE);
}

typedef struct {
	const char *name;
	const char *input;
	const char *codes;
	const char *log;
	const char *content; /* of the last message; NULL: none */
} Transcript;

#define HI "EHLO me\r\n"
#define MAIL "MAIL FROM:<a@b>\r\n"
#define RCPT "RCPT TO:<c@d>\r\n"
#define OPEN HI MAIL RCPT

static const Transcript transcripts[] = {
	{"a mail", OPEN "DATA\r\nSubject: x\r\n\r\nhello\r\n.\r\nQUIT\r\n",
		"220 250 250 250 354 250 221", "begin a@b -> c@d; 21 octets; end; close; ",
		"Subject: x\r\n\r\nhello\r\n"},
	{"HELO", "HELO me\r\n" MAIL RCPT "DATA\r\n.\r\n", "220 250 250 250 354 250",
		"begin a@b -> c@d; 0 octets; end; ", ""},
	{"two mails", OPEN "DATA\r\n1\r\n.\r\n" MAIL RCPT "DATA\r\n2\r\n.\r\n",
		"220 250 250 250 354 250 250 250 354 250",
		"begin a@b -> c@d; 3 octets; end; begin a@b -> c@d; 3 octets; end; ", "2\r\n"},
	{"lower case, blanks, no brackets",
		"ehlo me\r\nmail from: a@b\r\nrcpt to: c@d \r\ndata \r\nx\r\n.\r\nquit\r\n",
		"220 250 250 250 354 250 221", "begin a@b -> c@d; 3 octets; end; close; ", "x\r\n"},
	{"commands that end in LF", "EHLO me\nNOOP\nMAIL FROM:<a@b>\nRCPT TO:<c@d>\nQUIT\n",
		"220 250 250 250 250 221", "close; ", NULL},
	{"empty sender, local names, quotes, literals, routes",
		HI "MAIL FROM:<>\r\nRCPT TO:<root>\r\nRCPT TO:<\"a b\\\"@x>y\"@[192.0.2.1]>\r\n"
		   "RCPT TO:<@r1,@r2:u@h>\r\nDATA\r\n.\r\n",
		"220 250 250 250 250 250 354 250",
		"begin  -> root \"a b\\\"@x>y\"@[192.0.2.1] u@h; 0 octets; end; ", ""},
	{"quotation marks where they are needed",
		HI MAIL "RCPT TO:<a..b@docomo.example>\r\nRCPT TO:<\"c\"@d>\r\nDATA\r\n.\r\n",
		"220 250 250 250 250 354 250",
		"begin a@b -> \"a..b\"@docomo.example c@d; 0 octets; end; ", ""},
	{"dots", OPEN "DATA\r\n..\r\n...x\r\n.x\r\na.\r\n\r\n..\r\n.\r\n",
		"220 250 250 250 354 250", "begin a@b -> c@d; 20 octets; end; ",
		".\r\n..x\r\nx\r\na.\r\n\r\n.\r\n"},
	/* None of these ends the data (smuggling): all of it is one mail's. */
	{"LF . LF", OPEN "DATA\r\nx\n.\nMAIL FROM:<e@f>\n\r\n.\r\n", "220 250 250 250 354 250",
		"begin a@b -> c@d; 22 octets; end; ", "x\n.\nMAIL FROM:<e@f>\n\r\n"},
	{"LF . CR LF", OPEN "DATA\r\nx\n.\r\nMAIL FROM:<e@f>\r\n.\r\n", "220 250 250 250 354 250",
		"begin a@b -> c@d; 22 octets; end; ", "x\n.\r\nMAIL FROM:<e@f>\r\n"},
	{"CR LF . LF", OPEN "DATA\r\nx\r\n.\nMAIL FROM:<e@f>\r\n.\r\n", "220 250 250 250 354 250",
		"begin a@b -> c@d; 21 octets; end; ", "x\r\n\nMAIL FROM:<e@f>\r\n"},
	{"CR . CR", OPEN "DATA\r\nx\r.\rMAIL FROM:<e@f>\r\n.\r\n", "220 250 250 250 354 250",
		"begin a@b -> c@d; 21 octets; end; ", "x\r.\rMAIL FROM:<e@f>\r\n"},
	{"CR LF . CR", OPEN "DATA\r\nx\r\n.\rMAIL FROM:<e@f>\r\n.\r\n", "220 250 250 250 354 250",
		"begin a@b -> c@d; 21 octets; end; ", "x\r\n\rMAIL FROM:<e@f>\r\n"},
	{"CR LF . CR CR LF", OPEN "DATA\r\nx\r\n.\r\r\nMAIL FROM:<e@f>\r\n.\r\n",
		"220 250 250 250 354 250", "begin a@b -> c@d; 23 octets; end; ",
		"x\r\n\r\r\nMAIL FROM:<e@f>\r\n"},
	{"CR CR LF . CR LF", OPEN "DATA\r\nx\r\r\n.\r\nQUIT\r\n", "220 250 250 250 354 250 221",
		"begin a@b -> c@d; 4 octets; end; close; ", "x\r\r\n"},
	{"no line end before the dot", OPEN "DATA\r\nx.\r\n.\r\n", "220 250 250 250 354 250",
		"begin a@b -> c@d; 4 octets; end; ", "x.\r\n"},
	/* RFC 3030. */
	{"BDAT", OPEN "BDAT 3\r\n.\r\nBDAT 0\r\nBDAT 5 LAST\r\n.\r\n.xQUIT\r\n",
		"220 250 250 250 250 250 250 221", "begin a@b -> c@d; 8 octets; end; close; ",
		".\r\n.\r\n.x"},
	{"BDAT 0 LAST", OPEN "BDAT 2\r\nhiBDAT 0 LAST\r\nQUIT\r\n", "220 250 250 250 250 250 221",
		"begin a@b -> c@d; 2 octets; end; close; ", "hi"},
	{"BDAT 0 LAST alone", OPEN "bdat 0  last\r\nQUIT\r\n", "220 250 250 250 250 221",
		"begin a@b -> c@d; 0 octets; end; close; ", ""},
	{"BDAT twice", OPEN "BDAT 2 LAST\r\nhi" MAIL RCPT "BDAT 3 LAST\r\nyou",
		"220 250 250 250 250 250 250 250",
		"begin a@b -> c@d; 2 octets; end; begin a@b -> c@d; 3 octets; end; ", "you"},
	{"BDAT without MAIL", HI "BDAT 6 LAST\r\nQUIT\r\nQUIT\r\n", "220 250 503 221", "close; ",
		NULL},
	{"BDAT before EHLO", "BDAT 6\r\nQUIT\r\nQUIT\r\n", "220 503 221", "close; ", NULL},
	{"BDAT without RCPT", HI MAIL "BDAT 4\r\nRSETBDAT 2 LAST\r\nxx" MAIL "QUIT\r\n",
		"220 250 250 554 503 250 221", "close; ", NULL},
	{"BDAT after a refused one",
		OPEN "BDAT 2000\r\n"
		     "01234567890123456789012345678901234567890123456789"
		     "01234567890123456789012345678901234567890123456789"
		     "QUIT\r\n",
		"220 250 250 250", "", NULL}, /* still within the chunk */
	{"BDAT too big in the middle",
		OPEN "BDAT 3\r\nabcBDAT 998\r\n"
		     "0123456789012345678901234567890123456789012345678901234567890123456789\r\n"
		     "QUIT\r\n",
		"220 250 250 250 250", "begin a@b -> c@d; abort; ", NULL},
	{"BDAT and RSET", OPEN "BDAT 3\r\nabcRSET\r\nBDAT 1 LAST\r\nx" MAIL,
		"220 250 250 250 250 250 503 250", "begin a@b -> c@d; abort; ", NULL},
	{"BDAT and QUIT", OPEN "BDAT 3\r\nabcQUIT\r\n", "220 250 250 250 250 221",
		"begin a@b -> c@d; abort; close; ", NULL},
	{"BDAT, then DATA, RCPT, MAIL", OPEN "BDAT 3\r\nabcDATA\r\n" RCPT MAIL "BDAT 0 LAST\r\n",
		"220 250 250 250 250 503 503 503 250", "begin a@b -> c@d; 3 octets; end; ", "abc"},
	{"BDAT with a size that is none", OPEN "BDAT 5x\r\nMAIL FROM:<e@f>\r\n",
		"220 250 250 250 501", "close; ", NULL},
	{"BDAT with a size beyond all", OPEN "BDAT 99999999999999999999999 LAST\r\nNOOP\r\n",
		"220 250 250 250 501", "close; ", NULL},
	{"BDAT negative", OPEN "BDAT -1 LAST\r\nNOOP\r\n", "220 250 250 250 501", "close; ", NULL},
	{"BDAT FIRST", OPEN "BDAT 1 FIRST\r\nx", "220 250 250 250 501", "close; ", NULL},
	{"BDAT 1 LAST LAST", OPEN "BDAT 1 LAST LAST\r\nx", "220 250 250 250 501", "close; ", NULL},
	{"BDAT bare", OPEN "BDAT\r\nx", "220 250 250 250 501", "close; ", NULL},
	/* Order. */
	{"MAIL before EHLO", MAIL RCPT "DATA\r\nQUIT\r\n", "220 503 503 503 221", "close; ", NULL},
	{"RCPT and DATA before MAIL", HI RCPT "DATA\r\n", "220 250 503 503", "", NULL},
	{"DATA before RCPT", HI MAIL "DATA\r\nNOOP\r\n", "220 250 250 554 250", "", NULL},
	{"MAIL twice", HI MAIL MAIL, "220 250 250 503", "", NULL},
	{"RSET", OPEN "RSET\r\nDATA\r\n" MAIL, "220 250 250 250 250 503 250", "", NULL},
	{"EHLO resets", OPEN HI "DATA\r\n" MAIL, "220 250 250 250 250 503 250", "", NULL},
	{"a message ends the transaction", OPEN "DATA\r\n.\r\nDATA\r\n",
		"220 250 250 250 354 250 503", "begin a@b -> c@d; 0 octets; end; ", ""},
	/* Arguments. */
	{"arguments", "EHLO\r\nHELO\r\nNOOP x y\r\nHELP x\r\nVRFY root\r\n",
		"220 501 501 250 214 252", "", NULL},
	{"more arguments", "RSET x\r\nQUIT x\r\nVRFY\r\n", "220 501 501 501", "", NULL},
	{"not offered", "EXPN x\r\nSTARTTLS\r\nETRN x\r\nTURN\r\n", "220 502 502 502 502", "",
		NULL},
	{"unknown", "FOO\r\n\r\nMAILFROM:<a@b>\r\n", "220 500 500 500", "", NULL},
	{"MAIL without a path",
		HI "MAIL a@b\r\nMAIL FROM:<a@b\r\nMAIL FROM:<a@b>x\r\nMAIL FROM:\r\n",
		"220 250 501 501 501 501", "", NULL},
	{"MAIL, not addresses",
		HI "MAIL FROM:<a b@c>\r\nMAIL FROM:<a@>\r\nMAIL FROM:<@b>\r\n"
		   "MAIL FROM:<a\x01@b>\r\nMAIL FROM:<a@b c>\r\n",
		"220 250 553 553 553 553 553", "", NULL},
	{"RCPT, not addresses", HI MAIL "RCPT TO:<>\r\nRCPT TO:<a@>\r\nRCPT TO:\r\nRCPT x\r\n",
		"220 250 250 553 553 501 501", "", NULL},
	{"too many recipients", OPEN RCPT RCPT RCPT "DATA\r\n.\r\n",
		"220 250 250 250 250 250 452 354 250", "begin a@b -> c@d c@d c@d; 0 octets; end; ",
		""},
	/* Parameters. */
	{"parameters of MAIL",
		HI "MAIL FROM:<a@b> SIZE=1000 BODY=8BITMIME SMTPUTF8 RET=hdrs ENVID=x+2By "
		   "AUTH=<>\r\n" RCPT "DATA\r\n.\r\n",
		"220 250 250 250 354 250",
		"begin a@b -> c@d 8bit utf8 ret=HDRS envid=x+y; 0 octets; end; ", ""},
	{"parameters of RCPT",
		HI MAIL "RCPT TO:<c@d> NOTIFY=success,DELAY ORCPT=rfc822;c+2Bx@d\r\n"
			"RCPT TO:<e@f>\r\nRCPT TO:<g@h> NOTIFY=never\r\nDATA\r\n.\r\n",
		"220 250 250 250 250 250 354 250",
		"begin a@b -> c@d notify=SUCCESS,DELAY orcpt=rfc822;c+x@d e@f g@h notify=NEVER; "
		"0 octets; end; ",
		""},
	{"a refused recipient leaves no parameters",
		HI MAIL "RCPT TO:<c@d> NOTIFY=NEVER X=1\r\nRCPT TO:<e@f>\r\nDATA\r\n.\r\n",
		"220 250 250 555 250 354 250", "begin a@b -> e@f; 0 octets; end; ", ""},
	{"a refused MAIL leaves no parameters",
		HI "MAIL FROM:<a@b> BODY=8BITMIME RET=FULL X=1\r\n" MAIL RCPT "DATA\r\n.\r\n",
		"220 250 555 250 250 354 250", "begin a@b -> c@d; 0 octets; end; ", ""},
	{"wrong values of MAIL",
		HI "MAIL FROM:<a@b> BODY=BINARYMIME\r\nMAIL FROM:<a@b> RET=x\r\n"
		   "MAIL FROM:<a@b> ENVID=+zz\r\nMAIL FROM:<a@b> SIZE=x\r\n",
		"220 250 501 501 501 501", "", NULL},
	{"more wrong values of MAIL",
		HI "MAIL FROM:<a@b> SMTPUTF8=1\r\nMAIL FROM:<a@b> SIZE=1 SIZE=2\r\n"
		   "MAIL FROM:<a@b> FOO=1\r\nMAIL FROM:<a@b> ENVID=\r\n",
		"220 250 501 501 555 501", "", NULL},
	{"wrong values of RCPT",
		HI MAIL "RCPT TO:<c@d> NOTIFY=NEVER,DELAY\r\nRCPT TO:<c@d> NOTIFY=\r\n"
			"RCPT TO:<c@d> ORCPT=x\r\nRCPT TO:<c@d> ORCPT=rfc822;+0Ax\r\n",
		"220 250 250 501 501 501 501", "", NULL},
	{"SIZE over the limit", HI "MAIL FROM:<a@b> SIZE=1001\r\n" MAIL, "220 250 552 250", "",
		NULL},
	{"UTF-8 with SMTPUTF8",
		HI "MAIL FROM:<\xc3\xbc@b> SMTPUTF8\r\n"
		   "RCPT TO:<\xe5\xa4\xaa\xe9\x83\x8e@d>\r\nRCPT TO:<\xfc@d>\r\nDATA\r\n.\r\n",
		"220 250 250 250 553 354 250",
		"begin \xc3\xbc@b -> \xe5\xa4\xaa\xe9\x83\x8e@d utf8; 0 octets; end; ", ""},
	{"UTF-8 without",
		HI "MAIL FROM:<\xc3\xbc@b>\r\nRCPT TO:<\xc3\xbc@d>\r\n"
		   "RCPT TO:<b@b\xc3\xbc"
		   "cher.example>\r\nDATA\r\n.\r\n",
		"220 250 250 250 250 354 250",
		"begin \xc3\xbc@b -> \xc3\xbc@d b@xn--bcher-kva.example; 0 octets; end; ", ""},
	/* Logins: anything goes. */
	{"AUTH PLAIN at once", HI "AUTH PLAIN AHRhcm8Ac2VjcmV0\r\n" MAIL, "220 250 235 250", "",
		NULL},
	{"AUTH PLAIN in two steps", HI "auth plain\r\nAHRhcm8Ac2VjcmV0\r\n", "220 250 334 235", "",
		NULL},
	{"AUTH PLAIN =", HI "AUTH PLAIN =\r\n", "220 250 235", "", NULL},
	{"AUTH LOGIN", HI "AUTH LOGIN\r\ndGFybw==\r\nc2VjcmV0\r\nNOOP\r\n",
		"220 250 334 334 235 250", "", NULL},
	{"AUTH LOGIN with a name", HI "AUTH LOGIN dGFybw==\r\nc2VjcmV0\r\n", "220 250 334 235", "",
		NULL},
	{"AUTH called off", HI "AUTH LOGIN\r\n*\r\nNOOP\r\n", "220 250 334 501 250", "", NULL},
	{"AUTH that is no base64", HI "AUTH PLAIN ?\r\nAUTH LOGIN\r\nQUIT!\r\nNOOP\r\n",
		"220 250 501 334 501 250", "", NULL},
	{"AUTH otherwise", HI "AUTH CRAM-MD5\r\nAUTH\r\n", "220 250 504 501", "", NULL},
	{"AUTH before EHLO", "AUTH PLAIN =\r\n", "220 503", "", NULL},
	{"AUTH twice", HI "AUTH PLAIN =\r\nAUTH PLAIN =\r\n", "220 250 235 503", "", NULL},
	{"AUTH in a transaction", HI MAIL "AUTH PLAIN =\r\n", "220 250 250 503", "", NULL},
	/* What is not for us. */
	{"a browser", "POST / HTTP/1.1\r\nHost: localhost\r\n\r\nEHLO x\r\nMAIL FROM:<a@b>\r\n",
		"220 521", "close; ", NULL},
	{"a browser, later", HI "GET / HTTP/1.1\r\nNOOP\r\n", "220 250 521", "close; ", NULL},
	{"TLS", "\x16\x03\x01", "220 521", "close; ", NULL},
	{"odd characters", "\x80\x01x\r\nNOOP\r\n", "220 521", "close; ", NULL},
	{"too many errors", "A\r\nB\r\nC\r\nD\r\nE\r\nNOOP\r\n", "220 500 500 500 500 500 421",
		"close; ", NULL},
	{"refused recipients are no errors",
		HI MAIL "RCPT TO:<a@>\r\nRCPT TO:<a@>\r\nRCPT TO:<a@>\r\nRCPT TO:<a@>\r\n"
			"RCPT TO:<a@>\r\nRCPT TO:<a@>\r\n" RCPT,
		"220 250 250 553 553 553 553 553 553 250", "", NULL},
	{"a lone CR in a command", "NOOP\rNOOP\r\nNOOP\r\n", "220 500 250", "", NULL},
};

static void
check(Play *play, const Transcript *t, const char *how, gsize at)
{
	g_autofree char *got = codes(play->replies->str);
	g_autofree char *where = g_strdup_printf("%s, %s %" G_GSIZE_FORMAT, t->name, how, at);

	if (g_strcmp0(got, t->codes) != 0)
		g_error("%s: replies\n got %s\nwant %s\n%s", where, got, t->codes,
			play->replies->str);
	if (g_strcmp0(play->log->str, t->log) != 0)
		g_error("%s: events\n got %s\nwant %s", where, play->log->str, t->log);
	if (t->content && g_strcmp0(play->content->str, t->content) != 0)
		g_error("%s: content\n got %s\nwant %s", where, play->content->str, t->content);
}

static void
test_transcript(gconstpointer data)
{
	const Transcript *t = data;
	gsize size = strlen(t->input);

	for (gsize cut = 0; cut <= size; cut++) {
		g_auto(Play) play = {0};
		play_init(&play);
		feed(&play, t->input, cut);
		feed(&play, t->input + cut, size - cut);
		pump(&play);
		check(&play, t, "cut at", cut);
	}
	g_auto(Play) play = {0};
	play_init(&play);
	for (gsize i = 0; i < size; i++)
		feed(&play, t->input + i, 1);
	check(&play, t, "octet by octet", 0);
}

/* ---- what a table can't say ---- */

static void
assert_replies(Play *play, const char *want)
{
	g_autofree char *got = codes(play->replies->str);
	g_assert_cmpstr(got, ==, want);
}

static void
test_ehlo(void)
{
	g_auto(Play) play = {0};
	play_init(&play);

	feed_text(&play, HI);
	g_assert_cmpstr(play.replies->str, ==,
		"220 test ESMTP roampost\r\n"
		"250-test\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250-AUTH PLAIN LOGIN\r\n"
		"250-ENHANCEDSTATUSCODES\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-DSN\r\n"
		"250 CHUNKING\r\n");
}

/* RFC 2034: every reply but to EHLO, HELO and the 3xx ones begins with a code of the same class. */
static void
test_enhanced(void)
{
	for (guint i = 0; i < G_N_ELEMENTS(transcripts); i++) {
		g_auto(Play) play = {0};
		play_init(&play);
		feed_text(&play, transcripts[i].input);
		g_auto(GStrv) lines = g_strsplit(play.replies->str, "\r\n", -1);
		for (char **line = lines; *line && **line; line++) {
			gboolean plain = (*line)[0] == '3' || g_str_has_prefix(*line, "220 ") ||
					 (*line)[3] == '-' || g_str_has_suffix(*line, " test") ||
					 g_str_has_suffix(*line, " CHUNKING");
			if (!plain && ((*line)[4] != (*line)[0] || (*line)[5] != '.'))
				g_error("no enhanced code: %s", *line);
		}
	}
}

/* Nothing that was sent ahead is looked at before the answer, and then all of it is. */
static void
test_waiting(void)
{
	g_auto(Play) play = {0};
	play_init(&play);

	play.keep_waiting = TRUE;
	feed_text(&play,
		OPEN "DATA\r\nx\r\n.\r\n" MAIL "RCPT TO:<e@f>\r\nDATA\r\ny\r\n.\r\nQUIT\r\n");
	assert_replies(&play, "220 250 250 250 354");
	g_assert_cmpstr(play.log->str, ==, "begin a@b -> c@d; 3 octets; end; ");
	rp_smtp_server_answer(play.server, RP_SMTP_SERVER_STORED, "queued as X");
	pump(&play);
	assert_replies(&play, "220 250 250 250 354 250 250 250 354");
	g_assert_nonnull(strstr(play.replies->str, "250 2.0.0 queued as X\r\n"));
	rp_smtp_server_answer(play.server, RP_SMTP_SERVER_NOT_STORED, NULL);
	rp_smtp_server_answer(play.server, RP_SMTP_SERVER_STORED, NULL); /* once is enough */
	pump(&play);
	assert_replies(&play, "220 250 250 250 354 250 250 250 354 451 221");
}

static void
test_answers(void)
{
	static const struct {
		RpSmtpServerAnswer answer;
		const char *words;
		const char *reply;
	} table[] = {
		{RP_SMTP_SERVER_STORED, NULL, "250 2.0.0 queued\r\n"},
		{RP_SMTP_SERVER_NO_ROOM, "the disk is full", "452 4.3.1 the disk is full\r\n"},
		{RP_SMTP_SERVER_TOO_BIG, NULL, "552 5.3.4 the message is too big\r\n"},
		{RP_SMTP_SERVER_BAD, "two\r\nlines", "554 5.6.0 two  lines\r\n"},
		{RP_SMTP_SERVER_NOT_STORED, "", "451 4.3.0 it could not be stored\r\n"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(table); i++) {
		g_auto(Play) play = {0};
		play_init(&play);
		play.answer = table[i].answer;
		play.words = table[i].words;
		feed_text(&play, OPEN "DATA\r\n.\r\n");
		g_assert_true(g_str_has_suffix(play.replies->str, table[i].reply));
	}
}

static void
test_too_big(void)
{
	g_auto(Play) play = {0};
	g_autofree char *line = g_strnfill(998, 'x');
	play_init(&play);

	/* 1000 octets are allowed, 1001 not. The next mail is heard of again. */
	feed_text(&play, OPEN "DATA\r\n");
	feed_text(&play, line);
	feed_text(&play, "\r\n.\r\n" MAIL RCPT "DATA\r\n");
	feed_text(&play, line);
	feed_text(&play, "x\r\n.\r\nNOOP\r\n" MAIL RCPT "DATA\r\n.\r\n");
	assert_replies(&play, "220 250 250 250 354 250 250 250 354 552 250 250 250 354 250");
	g_assert_cmpstr(play.log->str, ==,
		"begin a@b -> c@d; 1000 octets; end; begin a@b -> c@d; abort; "
		"begin a@b -> c@d; 0 octets; end; ");
}

/* Chunks behind one that was refused are passed over as a whole and refused, to the last. */
static void
test_refused_chunks(void)
{
	g_auto(Play) play = {0};
	g_autofree char *fill = g_strnfill(2000, '\n');
	play_init(&play);

	feed_text(&play, OPEN "BDAT 2000\r\n");
	feed_text(&play, fill);
	feed_text(&play, "BDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\n" MAIL "QUIT\r\n");
	assert_replies(&play, "220 250 250 250 552 503 503 250 221");
	g_assert_cmpstr(play.log->str, ==, "close; ");
}

static void
test_long_lines(void)
{
	g_auto(Play) play = {0};
	g_autofree char *fill = g_strnfill(70000, 'x');
	g_autofree char *secret = g_strnfill(12000, 'A');
	play_init(&play);

	feed_text(&play, HI "NOOP ");
	feed_text(&play, fill);
	feed_text(&play, "\r\nNOOP\r\nAUTH PLAIN ");
	feed_text(&play, secret);
	feed_text(&play, "\r\nNOOP ");
	feed(&play, fill, 4000);
	feed_text(&play, "\r\n");
	feed(&play, "NO\0OP\r\n", 7);
	assert_replies(&play, "220 250 500 250 235 250 500");
}

/* What a login says is nowhere in the engine's memory once its line has been read. */
static void
test_no_secrets(void)
{
	g_auto(Play) play = {0};
	gsize space;
	play_init(&play);

	guint8 *input = rp_smtp_server_space(play.server, &space);
	feed_text(&play, HI "AUTH LOGIN\r\nc2VjcmV0\r\nYQ==");
	g_assert_null(g_strstr_len((char *)input, space, "c2VjcmV0"));
	feed_text(&play, "\r\nRSET\r\n");
	for (gsize i = 0; i + 4 <= space; i++)
		g_assert_true(memcmp(input + i, "YQ==", 4) != 0);
}

static void
test_refused(void)
{
	g_auto(Play) play = {0};
	RpSmtpServerOptions refuse = options;

	refuse.refusal = "this is the mail service of user 1000 alone";
	play_init(&play);
	rp_smtp_server_free(play.server);
	play.server = rp_smtp_server_new(&refuse);
	feed_text(&play, HI MAIL "QUIT\r\n");
	assert_replies(&play, "554 503 503 221");
	g_assert_nonnull(strstr(play.replies->str, "user 1000 alone"));
	g_assert_cmpstr(play.log->str, ==, "close; ");
}

static char *
refuse_names(const char *recipient)
{
	return strchr(recipient, '@') ? NULL : g_strdup_printf("%s is nobody here", recipient);
}

static void
test_refused_recipient(void)
{
	g_auto(Play) play = {0};
	RpSmtpServerOptions names = options;

	names.refuse_recipient = refuse_names;
	play_init(&play);
	rp_smtp_server_free(play.server);
	play.server = rp_smtp_server_new(&names);
	feed_text(
		&play, HI MAIL "RCPT TO:<roto> NOTIFY=NEVER\r\nRCPT TO:<c@d>\r\nDATA\r\n\r\n.\r\n");
	assert_replies(&play, "220 250 250 550 250 354 250");
	g_assert_nonnull(strstr(play.replies->str, "550 5.1.1 not taken: roto is nobody here\r\n"));
	g_assert_cmpstr(play.log->str, ==, "begin a@b -> c@d; 2 octets; end; ");
}

static void
test_refused_talks_on(void)
{
	g_auto(Play) play = {0};
	RpSmtpServerOptions refuse = options;

	refuse.refusal = "no";
	play_init(&play);
	rp_smtp_server_free(play.server);
	play.server = rp_smtp_server_new(&refuse);
	feed_text(&play, OPEN "DATA\r\nx\r\n.\r\n");
	assert_replies(&play, "554 503 503 503 421");
	g_assert_cmpstr(play.log->str, ==, "close; ");
}

static void
test_stop(void)
{
	static const RpSmtpServerStop reasons[] = {
		RP_SMTP_SERVER_SILENCE, RP_SMTP_SERVER_SHUTDOWN, RP_SMTP_SERVER_BUSY};
	static const char *const replies[] = {
		"220 250 250 250 250 421", "220 250 250 250 250 421", "220 250 250 250 250 421"};

	for (guint i = 0; i < G_N_ELEMENTS(reasons); i++) {
		g_auto(Play) play = {0};
		play_init(&play);
		feed_text(&play, OPEN "BDAT 1\r\nx");
		rp_smtp_server_stop(play.server, reasons[i]);
		rp_smtp_server_stop(play.server, reasons[i]);
		pump(&play);
		assert_replies(&play, replies[i]);
		g_assert_cmpstr(play.log->str, ==, "begin a@b -> c@d; abort; close; ");
		feed_text(&play, "NOOP\r\n");
		assert_replies(&play, replies[i]);
	}
	/* Too many connections: that is the banner. */
	g_auto(Play) play = {0};
	play_init(&play);
	rp_smtp_server_stop(play.server, RP_SMTP_SERVER_BUSY);
	pump(&play);
	assert_replies(&play, "421");
}

/* A client that sends and does not read is not listened to for ever. */
static void
test_no_reader(void)
{
	g_autoptr(RpSmtpServer) server = rp_smtp_server_new(&options);
	const guint8 *data;
	gsize space = 1, total = 0;

	while (space > 0 && total < 10 * 1024 * 1024) {
		guint8 *into = rp_smtp_server_space(server, &space);
		gsize n = space / 6 * 6;

		for (gsize i = 0; i < n; i += 6)
			memcpy(into + i, "NOOP\r\n", 6);
		if (n == 0)
			break;
		rp_smtp_server_received(server, n);
		total += n;
		while (rp_smtp_server_next_event(server))
			;
	}
	g_assert_cmpuint(total, <, 1024 * 1024);
	g_assert_cmpuint(rp_smtp_server_output(server, &data), <, 128 * 1024);
}

/* Large content comes through as it is, by both ways. */
static void
test_large(void)
{
	g_autofree char *text = g_malloc(300000);
	RpSmtpServerOptions large = options;

	large.max_size = 0;
	for (gsize i = 0; i < 300000; i++)
		text[i] = i % 61 == 60 ? '\n' : i % 61 == 59 ? '\r' : (char)('0' + i % 47);
	for (guint chunked = 0; chunked < 2; chunked++) {
		g_auto(Play) play = {0};
		play_init(&play);
		rp_smtp_server_free(play.server);
		play.server = rp_smtp_server_new(&large);
		feed_text(&play, OPEN);
		feed_text(&play, chunked ? "BDAT 300000 LAST\r\n" : "DATA\r\n");
		feed(&play, text, 300000);
		feed_text(&play, chunked ? "" : "\r\n.\r\n");
		g_assert_cmpuint(play.content->len, ==, chunked ? 300000 : 300002);
		g_assert_true(memcmp(play.content->str, text, 300000) == 0);
		g_assert_nonnull(strstr(play.log->str, "end; "));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(transcripts); i++) {
		g_autofree char *path = g_strdelimit(g_strdup(transcripts[i].name), "/", '-');
		g_autofree char *name = g_strdup_printf("/smtp-server/transcript/%s", path);
		g_test_add_data_func(name, &transcripts[i], test_transcript);
	}
	g_test_add_func("/smtp-server/ehlo", test_ehlo);
	g_test_add_func("/smtp-server/enhanced-codes", test_enhanced);
	g_test_add_func("/smtp-server/waiting", test_waiting);
	g_test_add_func("/smtp-server/answers", test_answers);
	g_test_add_func("/smtp-server/too-big", test_too_big);
	g_test_add_func("/smtp-server/refused-chunks", test_refused_chunks);
	g_test_add_func("/smtp-server/long-lines", test_long_lines);
	g_test_add_func("/smtp-server/no-secrets", test_no_secrets);
	g_test_add_func("/smtp-server/refused", test_refused);
	g_test_add_func("/smtp-server/refused-talks-on", test_refused_talks_on);
	g_test_add_func("/smtp-server/refused-recipient", test_refused_recipient);
	g_test_add_func("/smtp-server/stop", test_stop);
	g_test_add_func("/smtp-server/no-reader", test_no_reader);
	g_test_add_func("/smtp-server/large", test_large);
	return g_test_run();
}
