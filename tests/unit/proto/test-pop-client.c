/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/pop-client.h"

#include <string.h>

/* The engine against a maildrop by script. The server checks what must never happen: QUIT or DELE
 * ahead of what was read, and commands ahead of answers where that was not announced. */

#define ALL (RP_POP_CAN_PIPELINING | RP_POP_CAN_UIDL | RP_POP_CAN_TOP)
#define CAPA_ALL "+OK\r\nTOP\r\nUIDL\r\nPIPELINING\r\n.\r\n"
#define CAPA_TURN "+OK\r\nTOP\r\nUIDL\r\n.\r\n"

typedef struct {
	guint can;               /* before the login */
	const char *capa;        /* the whole answer */
	const char *const *mail; /* contents; NULL-terminated */
	const char *script;      /* "RETR 2=-ERR no|UIDL=-ERR what" */
	gboolean off, headers, delete;
	gint64 max_octets;
	gsize split; /* the first piece of what the server says; 0: all at once; then `piece` */
	gsize piece; /* 0: all */
	gint64 cut;  /* after so many octets of the server's; 0: never */
} Play;

typedef struct {
	const Play *play;
	RpPopClient *client;
	GString *in, *wire, *commands, *got, *content;
	gsize given; /* of wire */
	gsize taken; /* of what the client had written */
	gboolean dele[32];
	gboolean whole[32];
	guint n_asked, n_ended, n_waiting;
	guint most; /* commands unanswered at once */
	gboolean closed;
} Run;

/* ---- the server ---- */

static const char *
scripted(const Run *run, const char *command, char **copy)
{
	g_auto(GStrv) rules = g_strsplit(run->play->script ? run->play->script : "", "|", -1);
	for (char **rule = rules; *rule; rule++) {
		char *is = strchr(*rule, '=');
		if (!is || strlen(command) != (gsize)(is - *rule) ||
			!g_str_has_prefix(*rule, command))
			continue;
		*copy = g_strcompress(is + 1);
		return *copy;
	}
	return NULL;
}

static void
say_message(Run *run, const char *text, gboolean header)
{
	g_auto(GStrv) lines = g_strsplit(text, "\r\n", -1);
	guint n = g_strv_length(lines);
	g_string_append(run->wire, "+OK\r\n");
	for (guint i = 0; i < n; i++) {
		if (i + 1 == n && !*lines[i])
			break; /* the text ended with a line's end */
		g_string_append_printf(
			run->wire, "%s%s\r\n", *lines[i] == '.' ? "." : "", lines[i]);
		if (header && !*lines[i])
			break;
	}
	g_string_append(run->wire, ".\r\n");
}

static void
say_list(Run *run, gboolean uidl)
{
	g_string_append(run->wire, "+OK\r\n");
	for (guint i = 0; run->play->mail[i]; i++) {
		if (uidl)
			g_string_append_printf(run->wire, "%u uid-%u\r\n", i + 1, i + 1);
		else
			g_string_append_printf(
				run->wire, "%u %zu\r\n", i + 1, strlen(run->play->mail[i]));
	}
	g_string_append(run->wire, ".\r\n");
}

static void
serve(Run *run, const char *command)
{
	const Play *play = run->play;
	g_autofree char *told = NULL;
	/* A server by script may say more than it was asked for. */
	gboolean unread = !play->script && run->given < run->wire->len;
	guint number = 0;
	const char *blank = strchr(command, ' ');
	if (blank)
		number = (guint)g_ascii_strtoull(blank + 1, NULL, 10);
	g_string_append_printf(run->commands, "%s;", command);
	if (!(play->can & RP_POP_CAN_PIPELINING) && play->capa &&
		!strcasestr(play->capa, "PIPELINING"))
		g_assert_false(unread);
	if (scripted(run, command, &told)) {
		g_string_append(run->wire, told);
	} else if (g_str_equal(command, "CAPA")) {
		g_string_append(run->wire, play->capa ? play->capa : CAPA_ALL);
	} else if (g_str_equal(command, "UIDL") || g_str_equal(command, "LIST")) {
		say_list(run, *command == 'U');
	} else if (g_str_has_prefix(command, "RETR") || g_str_has_prefix(command, "TOP")) {
		say_message(run, play->mail[number - 1], *command == 'T');
	} else if (g_str_has_prefix(command, "DELE")) {
		g_assert_true(run->whole[number]);
		g_string_append(run->wire, "+OK\r\n");
	} else {
		g_assert_cmpstr(command, ==, "QUIT");
		g_assert_false(unread);
		g_assert_cmpuint(run->n_ended, ==, run->n_asked);
		g_string_append(run->wire, "+OK bye\r\n");
	}
}

/* ---- the owner ---- */

static const char *const outcomes[] = {"", "refused", "broken"};
static const char *const ends[] = {
	[RP_POP_END_QUIT] = "quit",
	[RP_POP_END_UNANSWERED] = "unanswered",
	[RP_POP_END_REFUSED] = "refused",
	[RP_POP_END_LOST] = "lost",
	[RP_POP_END_PROTOCOL] = "protocol",
};

static void
on_listed(Run *run, const RpPopListing *listing)
{
	g_string_append_printf(
		run->got, "%s%s", listing->has_uidl ? "" : "no-uidl ", listing->odd ? "odd " : "");
	if (listing->refusal)
		g_string_append_printf(run->got, "(%s) ", listing->refusal);
	for (guint i = 0; i < listing->n_items; i++) {
		const RpPopItem *item = &listing->items[i];
		if (!item->uidl)
			g_string_append_printf(run->got, "%u? ", item->number);
		else if (rp_pop_client_fetch(run->client, item->number, run->play->headers,
				 GUINT_TO_POINTER(item->number)))
			run->n_asked++;
	}
	g_assert_false(rp_pop_client_fetch(run->client, 77, FALSE, NULL));
	if (run->n_asked == 0)
		rp_pop_client_finish(run->client);
}

static void
on_message(Run *run, const RpPopEvent *event)
{
	run->n_ended++;
	g_assert_cmpuint(GPOINTER_TO_UINT(event->user), ==, event->number);
	if (event->outcome == RP_POP_WHOLE) {
		g_string_append_printf(run->got, "%u=%s ", event->number, run->content->str);
		run->whole[event->number] = TRUE;
	} else {
		g_string_append_printf(run->got, "%u %s%s%s ", event->number,
			outcomes[event->outcome], event->text ? ": " : "",
			event->text ? event->text : "");
	}
	g_string_truncate(run->content, 0);
	if (event->outcome == RP_POP_WHOLE && run->play->delete)
		g_assert_true(rp_pop_client_delete(run->client, event->number, NULL));
	if (run->n_ended == run->n_asked)
		rp_pop_client_finish(run->client);
}

static void
drain(Run *run)
{
	const RpPopEvent *event;
	while ((event = rp_pop_client_next_event(run->client))) {
		g_assert_false(run->closed);
		switch (event->kind) {
		case RP_POP_EVENT_LISTED:
			on_listed(run, event->listing);
			break;
		case RP_POP_EVENT_DATA:
			g_assert_cmpuint(GPOINTER_TO_UINT(event->user), ==, event->number);
			g_string_append_len(
				run->content, (const char *)event->data, (gssize)event->size);
			break;
		case RP_POP_EVENT_MESSAGE:
			on_message(run, event);
			break;
		case RP_POP_EVENT_DELETED:
			g_string_append_printf(run->got, "-%u%s ", event->number,
				event->outcome == RP_POP_WHOLE ? "" : "!");
			break;
		case RP_POP_EVENT_CUT:
			g_assert_cmpuint(GPOINTER_TO_UINT(event->user), ==, event->number);
			g_string_append_printf(run->got, "%u cut ", event->number);
			break;
		case RP_POP_EVENT_CLOSED:
			run->closed = TRUE;
			g_string_append_printf(run->got, "| %s%s%s", ends[event->end],
				event->text ? ": " : "", event->text ? event->text : "");
			break;
		}
	}
}

static gboolean
client_to_server(Run *run)
{
	const guint8 *data = NULL;
	gsize size = rp_pop_client_output(run->client, &data);
	if (size == 0)
		return FALSE;
	g_string_append_len(run->in, (const char *)data, (gssize)size);
	rp_pop_client_sent(run->client, size);
	for (char *end; (end = strstr(run->in->str, "\r\n"));) {
		*end = '\0';
		serve(run, run->in->str);
		g_string_erase(run->in, 0, end - run->in->str + 2);
	}
	return TRUE;
}

static gboolean
server_to_client(Run *run)
{
	const Play *play = run->play;
	gsize size = run->wire->len - run->given;
	if (play->split > run->given)
		size = MIN(size, play->split - run->given);
	else if (play->piece)
		size = MIN(size, play->piece);
	if (play->cut)
		size = MIN(size, (gsize)play->cut - run->given);
	if (size > 0) {
		/* A copy of its own size, so that a sanitizer sees what is read beyond. */
		g_autofree guint8 *piece = g_memdup2(run->wire->str + run->given, size);
		run->given += size;
		rp_pop_client_input(run->client, piece, size);
		return TRUE;
	}
	if (play->cut && run->given == (gsize)play->cut)
		rp_pop_client_lost(run->client);
	return FALSE;
}

static gsize wire_length;

/* What was reported, as text; the commands in `commands` where it is not NULL. */
static char *
pop_play(const Play *play, char **commands)
{
	RpPopClientOptions options = {
		.can = play->can, .pipelining = !play->off, .max_octets = play->max_octets};
	Run run = {.play = play,
		.client = rp_pop_client_new(&options),
		.in = g_string_new(NULL),
		.wire = g_string_new(NULL),
		.commands = g_string_new(NULL),
		.got = g_string_new(NULL),
		.content = g_string_new(NULL)};
	gboolean more = TRUE;
	while (more && !run.closed) {
		more = FALSE;
		while (client_to_server(&run))
			more = TRUE;
		more |= server_to_client(&run);
		drain(&run);
	}
	if (!run.closed)
		g_string_append(run.got, "| stuck");
	wire_length = run.wire->len;
	rp_pop_client_free(run.client);
	g_string_free(run.in, TRUE);
	g_string_free(run.wire, TRUE);
	g_string_free(run.content, TRUE);
	if (commands)
		*commands = g_string_free(run.commands, FALSE);
	else
		g_string_free(run.commands, TRUE);
	return g_string_free(run.got, FALSE);
}

/* ---- tables ---- */

static const char *const three[] = {
	"A: 1\r\n\r\n.\r\n..x\r\nend\r\n", "B: 2\r\n\r\n", "C: 3\r\n\r\nlast\r\n", NULL};
static const char *const odd_ends[] = {
	"\r\n", "bare\nlf\r\n.\n\r\n", "cr\rcr\r\r\n.\r.\r\n", "", NULL};
static const char *const none[] = {NULL};
/* As servers by script give them. */
static const char *const lf_ends[] = {
	"A: 1\n\n.x\n.\n.\nend\n", "B: 2\n\nend\n\r\n", "C: 3\nx\r\n.\n.\r\n", NULL};
static const char *const lf_only[] = {"A: 1\n\n.x\nend\n", "", "C: 3\n\nend\n", NULL};

#define GOT_THREE "1=A: 1\r\n\r\n.\r\n..x\r\nend\r\n 2=B: 2\r\n\r\n 3=C: 3\r\n\r\nlast\r\n "

typedef struct {
	const char *name;
	Play play;
	const char *want;
	const char *commands; /* NULL: not looked at */
} Case;

static const Case cases[] = {
	{"pipelined", {.can = ALL, .mail = three}, GOT_THREE "| quit: bye",
		"CAPA;UIDL;LIST;RETR 1;RETR 2;RETR 3;QUIT;"},
	{"in turn", {.capa = CAPA_TURN, .mail = three}, GOT_THREE "| quit: bye",
		"CAPA;UIDL;LIST;RETR 1;RETR 2;RETR 3;QUIT;"},
	{"no CAPA", {.capa = "-ERR what?\r\n", .mail = three}, GOT_THREE "| quit: bye", NULL},
	{"announced after the login", {.mail = three}, GOT_THREE "| quit: bye", NULL},
	{"no longer announced", {.can = ALL, .capa = CAPA_TURN, .mail = three},
		GOT_THREE "| quit: bye", NULL},
	{"switched off", {.can = ALL, .off = TRUE, .mail = three}, GOT_THREE "| quit: bye", NULL},
	{"deleted", {.can = ALL, .delete = TRUE, .mail = three}, GOT_THREE "-1 -2 -3 | quit: bye",
		NULL},
	{"deleted in turn", {.capa = CAPA_TURN, .delete = TRUE, .mail = three},
		"1=A: 1\r\n\r\n.\r\n..x\r\nend\r\n -1 2=B: 2\r\n\r\n -2 3=C: 3\r\n\r\nlast\r\n "
		"-3 | quit: bye",
		"CAPA;UIDL;LIST;RETR 1;DELE 1;RETR 2;DELE 2;RETR 3;DELE 3;QUIT;"},
	{"headers", {.can = ALL, .headers = TRUE, .mail = three},
		"1=A: 1\r\n\r\n 2=B: 2\r\n\r\n 3=C: 3\r\n\r\n | quit: bye",
		"CAPA;UIDL;LIST;TOP 1 0;TOP 2 0;TOP 3 0;QUIT;"},
	{"line ends and dots", {.can = ALL, .mail = odd_ends},
		"1=\r\n 2=bare\nlf\r\n.\n\r\n 3=cr\rcr\r\r\n.\r.\r\n 4= | quit: bye", NULL},
	{"empty", {.can = ALL, .mail = none}, "| quit: bye", "CAPA;UIDL;LIST;QUIT;"},
	{"one refused", {.can = ALL, .mail = three, .script = "RETR 2=-ERR gone\\r\\n"},
		"1=A: 1\r\n\r\n.\r\n..x\r\nend\r\n 2 refused: gone 3=C: 3\r\n\r\nlast\r\n "
		"| quit: bye",
		NULL},
	{"DELE refused",
		{.can = ALL, .delete = TRUE, .mail = three, .script = "DELE 2=-ERR no\\r\\n"},
		GOT_THREE "-1 -2! -3 | quit: bye", NULL},
	{"QUIT refused", {.can = ALL, .mail = none, .script = "QUIT=-ERR not all\\r\\n"},
		"| refused: not all", NULL},
	{"no UIDL", {.can = ALL, .mail = three, .script = "UIDL=-ERR what?\\r\\n"},
		"no-uidl odd (what?) 1? 2? 3? | quit: bye", NULL},
	{"no LIST", {.can = ALL, .mail = three, .script = "LIST=-ERR [SYS/TEMP] no\\r\\n"},
		"odd ([SYS/TEMP] no) " GOT_THREE "| quit: bye", NULL},
	{"no UIDL of no mail", {.can = ALL, .mail = none, .script = "UIDL=-ERR what?\\r\\n"},
		"| quit: bye", NULL},
	{"no messages, says UIDL",
		{.can = ALL, .mail = none, .script = "UIDL=-ERR no messages\\r\\n"}, "| quit: bye",
		NULL},
	{"no mail, say both",
		{.can = ALL,
			.mail = none,
			.script = "UIDL=-ERR You have no  new mail.\\r\\n|"
				  "LIST=-ERR Mailbox is empty\\r\\n"},
		"odd | quit: bye", NULL},
	{"no messages, says LIST",
		{.can = ALL, .mail = none, .script = "LIST=-ERR 0 messages\\r\\n"},
		"odd | quit: bye", NULL},
	{"no mailbox, say both",
		{.can = ALL,
			.mail = none,
			.script = "UIDL=-ERR no such mailbox\\r\\n|LIST=-ERR no mailbox\\r\\n"},
		"no-uidl odd (no such mailbox) | quit: bye", NULL},
	{"trouble, say both",
		{.can = ALL,
			.mail = none,
			.script = "UIDL=-ERR [SYS/TEMP] no mail now\\r\\n|"
				  "LIST=-ERR [SYS/TEMP] no mail now\\r\\n"},
		"no-uidl odd ([SYS/TEMP] no mail now) | quit: bye", NULL},
	{"no messages, but there are",
		{.can = ALL, .mail = three, .script = "UIDL=-ERR no messages\\r\\n"},
		"no-uidl odd (no messages) 1? 2? 3? | quit: bye", NULL},
	{"one UIDL missing",
		{.can = ALL, .mail = three, .script = "UIDL=+OK\\r\\n1 a\\r\\n3 c\\r\\n.\\r\\n"},
		"odd 2? 1=A: 1\r\n\r\n.\r\n..x\r\nend\r\n 3=C: 3\r\n\r\nlast\r\n | quit: bye",
		NULL},
	{"a number twice",
		{.can = ALL,
			.mail = three,
			.script = "UIDL=+OK\\r\\n1 a\\r\\n1 b\\r\\n2 c\\r\\n3 d\\r\\n.\\r\\n"},
		"odd " GOT_THREE "| quit: bye", NULL},
	{"no uidl at all",
		{.can = ALL,
			.mail = three,
			.script = "UIDL=+OK\\r\\n1 \\r\\n2 b c\\r\\n3 \\001\\r\\nx\\r\\n.\\r\\n"},
		"odd 1? 2? 3? | quit: bye", NULL},
	{"white space",
		{.can = ALL,
			.mail = three,
			.script = "UIDL=+OK\\t3 mails\\r\\n1   a\\r\\n 2\\tb \\t\\r\\n3 "
				  "\\tc\\r\\n.\\r\\n|"
				  "LIST=+OK\\r\\n1  30\\r\\n2\\t8\\r\\n\\t3 15\\tx\\r\\n.\\r\\n"},
		GOT_THREE "| quit: bye", NULL},
	{"capabilities in lower case, and with white space",
		{.capa = "+OK\r\n top\r\nuidl\t\r\nPipelining \tx\r\n.\r\n", .mail = three},
		GOT_THREE "| quit: bye", "CAPA;UIDL;LIST;RETR 1;RETR 2;RETR 3;QUIT;"},
	{"sizes that are none",
		{.can = ALL,
			.mail = three,
			.script = "LIST=+OK\\r\\n1 -1\\r\\n2 99999999999999999999\\r\\n3 9 x\\r\\n"
				  ".\\r\\n"},
		"odd " GOT_THREE "| quit: bye", NULL},
	{"lines that end in LF",
		{.can = ALL,
			.mail = lf_ends,
			.script = "RETR 1=+OK\\r\\nA: 1\\n\\n.x\\n..\\n.\\nend\\n.\\r\\n|"
				  "RETR 2=+OK\\r\\nB: 2\\n\\nend\\n\\r\\n.\\r\\n|"
				  "RETR 3=+OK\\r\\nC: 3\\nx\\r\\n..\\n.\\r\\n.\\r\\n"},
		"1=A: 1\n\n.x\n.\n.\nend\n 2=B: 2\n\nend\n\r\n 3=C: 3\nx\r\n.\n.\r\n "
		"| quit: bye",
		NULL},
	{"a server that ends all in LF",
		{.capa = "+OK\nUIDL\n.\n",
			.mail = lf_only,
			.script = "UIDL=+OK\\n1 a\\n2 b\\n3 c\\n.\\n|LIST=+OK\\n1 9\\n2 9\\n3 "
				  "9\\n.\\n|"
				  "RETR 1=+OK\\nA: 1\\n\\n..x\\nend\\n.\\n|RETR 2=+OK\\n.\\n|"
				  "RETR 3=+OK\\nC: 3\\n\\nend\\n.\\n|QUIT=+OK bye\\n"},
		"1=A: 1\n\n.x\nend\n 2= 3=C: 3\n\nend\n | quit: bye", NULL},
	{"not POP3", {.can = ALL, .mail = three, .script = "CAPA=220 smtp.x ESMTP\\r\\n"},
		"| protocol: 220 smtp.x ESMTP", NULL},
	{"a web page", {.mail = three, .script = "CAPA=<html>\\r\\n"}, "| protocol: <html>", NULL},
	{"an answer to nothing",
		{.capa = CAPA_TURN, .mail = none, .script = "LIST=+OK\\r\\n.\\r\\noh\\r\\n"},
		"| protocol: oh", NULL},
	{"NUL", {.can = ALL, .mail = none, .script = "UIDL=+OK\\r\\n1 a\\000b\\r\\n.\\r\\n"},
		"| stuck", NULL},
	{"+OKAY", {.can = ALL, .mail = none, .script = "CAPA=+OKAY\\r\\n"}, "| protocol: +OKAY",
		NULL},
	{"lower case", {.can = ALL, .mail = none, .script = "LIST=+ok\\r\\n.\\r\\n"}, "| quit: bye",
		NULL},
};

static void
test_case(gconstpointer data)
{
	const Case *c = data;
	g_autofree char *commands = NULL;
	g_autofree char *got = pop_play(&c->play, &commands);
	g_assert_cmpstr(got, ==, c->want);
	if (c->commands)
		g_assert_cmpstr(commands, ==, c->commands);
}

/* Every reply split at every octet, and octet by octet, gives the same. Deletions may come at
 * another moment: they are asked for when a message is whole. */
static void
test_split(gconstpointer data)
{
	const Case *c = data;
	Play play = c->play;
	g_free(pop_play(&play, NULL));
	gsize length = wire_length;
	for (gsize at = 1; at <= length; at++) {
		play.split = at;
		g_autofree char *got = pop_play(&play, NULL);
		if (!play.delete)
			g_assert_cmpstr(got, ==, c->want);
		g_assert_nonnull(strstr(got, strrchr(c->want, '|')));
	}
	for (gsize piece = 1; piece < 8; piece++) {
		play.piece = piece;
		g_autofree char *got = pop_play(&play, NULL);
		if (!play.delete)
			g_assert_cmpstr(got, ==, c->want);
	}
}

/* The line cut behind every octet: every message has one end, and what is whole is whole. */
static void
test_cut(gconstpointer data)
{
	const Case *c = data;
	Play play = c->play;
	g_free(pop_play(&play, NULL));
	gsize length = wire_length;
	for (gsize at = 1; at < length; at++) {
		play.cut = (gint64)at;
		g_autofree char *commands = NULL;
		g_autofree char *got = pop_play(&play, &commands);
		const char *end = g_str_has_suffix(commands, "QUIT;") ? "| unanswered" : "| lost";

		g_assert_true(g_str_has_suffix(got, end));
		for (const char *whole = got; !play.headers && (whole = strchr(whole, '='));) {
			whole++;
			gboolean known = FALSE;
			for (guint i = 0; play.mail[i]; i++)
				known |= g_str_has_prefix(whole, play.mail[i]) &&
					 whole[strlen(play.mail[i])] == ' ';
			g_assert_true(known);
		}
	}
}

/* ---- what no table shows ---- */

static RpPopClient *
listed(const RpPopClientOptions *options, const char *uidl, const char *list)
{
	RpPopClient *client = rp_pop_client_new(options);
	const guint8 *out;
	rp_pop_client_sent(client, rp_pop_client_output(client, &out));
	g_autofree char *all = g_strconcat(CAPA_ALL, uidl, list, NULL);
	rp_pop_client_input(client, (const guint8 *)all, strlen(all));
	while (rp_pop_client_next_event(client))
		;
	return client;
}

static char *
take_output(RpPopClient *client)
{
	const guint8 *out = NULL;
	gsize size = rp_pop_client_output(client, &out);
	char *text = g_strndup((const char *)out, size);
	rp_pop_client_sent(client, size);
	return text;
}

#define UIDL4 "+OK\r\n1 a\r\n2 b\r\n3 c\r\n4 d\r\n.\r\n"
#define LIST4 "+OK\r\n1 100\r\n2 100\r\n3 100\r\n4 100\r\n.\r\n"
#define SAY(client, text) rp_pop_client_input(client, (const guint8 *)(text), sizeof(text) - 1)

/* So many octets are asked for ahead and no more, in groups; one message always may. */
static void
test_bound(void)
{
	RpPopClientOptions options = {.can = ALL, .pipelining = TRUE, .max_octets = 250};
	g_autoptr(RpPopClient) client = listed(&options, UIDL4, LIST4);
	for (guint i = 1; i <= 4; i++)
		rp_pop_client_fetch(client, i, FALSE, NULL);
	g_autofree char *first = take_output(client);
	g_assert_cmpstr(first, ==, "RETR 1\r\nRETR 2\r\n");
	SAY(client, "+OK\r\nx\r\n.\r\n");
	g_autofree char *second = take_output(client);
	g_assert_cmpstr(second, ==, "RETR 3\r\n");
	options.max_octets = 10;
	g_autoptr(RpPopClient) small = listed(&options, UIDL4, LIST4);
	rp_pop_client_fetch(small, 4, FALSE, NULL);
	rp_pop_client_fetch(small, 1, FALSE, NULL);
	g_autofree char *one = take_output(small);
	g_assert_cmpstr(one, ==, "RETR 4\r\n");
}

/* In the middle of mails, and not where a short answer, or their end, is next. */
static void
test_expects_much(void)
{
	RpPopClientOptions options = {.can = ALL, .pipelining = TRUE};
	g_autoptr(RpPopClient) client = listed(&options, UIDL4, "+OK\r\n1 20000\r\n2 100\r\n.\r\n");
	g_autofree char *most = g_strnfill(15000, 'x');

	g_assert_false(rp_pop_client_expects_much(client));
	rp_pop_client_fetch(client, 1, FALSE, NULL);
	rp_pop_client_fetch(client, 2, FALSE, NULL);
	g_free(take_output(client));
	g_assert_true(rp_pop_client_expects_much(client));
	SAY(client, "+OK\r\nx\r\n");
	g_assert_true(rp_pop_client_expects_much(client));
	rp_pop_client_input(client, (const guint8 *)most, 15000);
	SAY(client, "\r\n");
	g_assert_false(rp_pop_client_expects_much(client));
	SAY(client, ".\r\n");
	g_assert_false(rp_pop_client_expects_much(client));
}

/* However small they are. */
static void
test_bound_commands(void)
{
	RpPopClientOptions options = {.can = ALL, .pipelining = TRUE, .max_commands = 3};
	g_autoptr(RpPopClient) client = listed(&options, UIDL4, LIST4);
	for (guint i = 1; i <= 4; i++)
		rp_pop_client_fetch(client, i, FALSE, NULL);
	g_autofree char *first = take_output(client);
	g_assert_cmpstr(first, ==, "RETR 1\r\nRETR 2\r\nRETR 3\r\n");
	SAY(client, "+OK\r\nx\r\n.\r\n");
	g_autofree char *nothing = take_output(client);
	g_assert_cmpstr(nothing, ==, "");
	SAY(client, "+OK\r\nx\r\n.\r\n");
	g_autofree char *second = take_output(client);
	g_assert_cmpstr(second, ==, "RETR 4\r\n");
}

/* An answer that comes before the question is not one. */
static void
test_too_early(void)
{
	RpPopClientOptions options = {.can = ALL, .pipelining = TRUE};
	g_autoptr(RpPopClient) client = listed(&options, UIDL4, LIST4);
	const guint8 *out;
	rp_pop_client_fetch(client, 1, FALSE, NULL);
	rp_pop_client_fetch(client, 2, FALSE, NULL);
	g_assert_cmpuint(rp_pop_client_output(client, &out), ==, 16);
	rp_pop_client_sent(client, 8);
	SAY(client, "+OK\r\nx\r\n.\r\n+OK\r\n");
	const RpPopEvent *event;
	GString *kinds = g_string_new(NULL);
	while ((event = rp_pop_client_next_event(client)))
		g_string_append_printf(kinds, "%d ", event->kind);
	g_assert_cmpstr(kinds->str, ==, "1 2 2 5 ");
	g_string_free(kinds, TRUE);
}

static RpPopEnd
end_after(RpPopClient *client)
{
	const RpPopEvent *event;
	RpPopEnd end = RP_POP_END_QUIT;
	gboolean closed = FALSE;
	while ((event = rp_pop_client_next_event(client))) {
		closed = event->kind == RP_POP_EVENT_CLOSED;
		end = event->end;
	}
	g_assert_true(closed);
	return end;
}

/* What does not end is ended: a line, a list, a message. */
static void
test_endless(void)
{
	RpPopClientOptions options = {.can = ALL, .pipelining = TRUE};
	g_autofree char *x = g_strnfill(64 * 1024, 'x');
	{
		g_autoptr(RpPopClient) client = listed(&options, "+OK\r\n1 a\r\n.\r\n", "+OK\r\n");
		rp_pop_client_input(client, (const guint8 *)x, 64 * 1024);
		g_assert_cmpint(end_after(client), ==, RP_POP_END_PROTOCOL);
	}
	{
		g_autoptr(RpPopClient) client = listed(&options, "+OK\r\n1 a\r\n.\r\n", "+OK\r\n");
		for (guint i = 0; i < 1100000; i++)
			SAY(client, "1 1\r\n");
		g_assert_cmpint(end_after(client), ==, RP_POP_END_PROTOCOL);
	}
	options.max_message = 1024 * 1024;
	{
		g_autoptr(RpPopClient) client = listed(&options, UIDL4, LIST4);
		rp_pop_client_fetch(client, 1, FALSE, NULL);
		g_free(take_output(client));
		SAY(client, "+OK\r\n");
		for (guint i = 0; i < 17; i++)
			rp_pop_client_input(client, (const guint8 *)x, 64 * 1024);
		g_assert_cmpint(end_after(client), ==, RP_POP_END_PROTOCOL);
	}
}

/* A mail of 2.6 MB that the list says has 1 octet, and those behind it (seen in the field). */
static void
test_size_hint(void)
{
	RpPopClientOptions options = {.can = ALL, .pipelining = TRUE};
	g_autoptr(RpPopClient) client =
		listed(&options, UIDL4, "+OK\r\n1 1\r\n2 0\r\n3 1\r\n4 1\r\n.\r\n");
	g_autofree char *line = g_strnfill(100, 'x');
	const RpPopEvent *event;
	guint n_whole = 0;
	for (guint i = 1; i <= 4; i++)
		rp_pop_client_fetch(client, i, FALSE, NULL);
	g_free(take_output(client));
	SAY(client, "+OK\r\n");
	for (guint i = 0; i < 26000; i++) {
		rp_pop_client_input(client, (const guint8 *)line, 100);
		SAY(client, "\r\n");
	}
	SAY(client, ".\r\n+OK\r\n.\r\n+OK\r\nx\r\n.\r\n+OK\r\n.\r\n");
	while ((event = rp_pop_client_next_event(client))) {
		g_assert_cmpint(event->kind, !=, RP_POP_EVENT_CLOSED);
		n_whole += event->kind == RP_POP_EVENT_MESSAGE && event->outcome == RP_POP_WHOLE;
	}
	g_assert_cmpuint(n_whole, ==, 4);
}

static void
test_waits(void)
{
	RpPopClientOptions options = {.can = ALL, .pipelining = TRUE};
	g_autoptr(RpPopClient) client = listed(&options, UIDL4, LIST4);
	g_assert_cmpint(rp_pop_client_wait(client), ==, RP_POP_WAIT_NOTHING);
	rp_pop_client_fetch(client, 1, FALSE, NULL);
	g_free(take_output(client));
	g_assert_cmpint(rp_pop_client_wait(client), ==, RP_POP_WAIT_REPLY);
	SAY(client, "+OK\r\n.\r\n");
	rp_pop_client_delete(client, 1, NULL);
	g_free(take_output(client));
	SAY(client, "+OK\r\n");
	rp_pop_client_finish(client);
	g_free(take_output(client));
	g_assert_cmpint(rp_pop_client_wait(client), ==, RP_POP_WAIT_DELETION);
	SAY(client, "+OK\r\n");
	g_assert_cmpint(end_after(client), ==, RP_POP_END_QUIT);
	g_assert_cmpint(rp_pop_client_pipelining(client), !=, RP_SEEN_BROKEN);
}

/* Commands that were sent ahead and got lost. */
static void
test_suspect(void)
{
	RpPopClientOptions options = {.can = ALL, .pipelining = TRUE};
	g_autoptr(RpPopClient) client = listed(&options, UIDL4, LIST4);
	rp_pop_client_fetch(client, 1, FALSE, NULL);
	rp_pop_client_fetch(client, 2, FALSE, NULL);
	g_free(take_output(client));
	SAY(client, "what?\r\n");
	g_assert_cmpint(end_after(client), ==, RP_POP_END_PROTOCOL);
	g_assert_cmpint(rp_pop_client_pipelining(client), ==, RP_SEEN_BROKEN);
}

/* The server is gone when so much was answered of a listing and two mails. */
static void
test_doubts(void)
{
	static const struct {
		gboolean pipelining;
		const char *answered;
		RpSeen want;
	} ends_at[] = {
		{TRUE, "", RP_SEEN_DOUBTED},
		{FALSE, "", RP_SEEN_UNTRIED},
		/* in the middle of a mail it is the line, or the mail */
		{TRUE, "+OK\r\nA: 1\r\n", RP_SEEN_UNTRIED},
		{TRUE, "+O", RP_SEEN_DOUBTED},
		/* it closes behind the first */
		{TRUE, "+OK\r\nA: 1\r\n\r\nfirst\r\n.\r\n", RP_SEEN_DOUBTED},
		{TRUE, "+OK\r\nA: 1\r\n\r\nfirst\r\n.\r\n+OK\r\nA: 2\r\n\r\n.\r\n", RP_SEEN_WORKS},
	};
	for (gsize i = 0; i < G_N_ELEMENTS(ends_at); i++) {
		RpPopClientOptions options = {.can = ALL, .pipelining = ends_at[i].pipelining};
		g_autoptr(RpPopClient) client = listed(&options, UIDL4, LIST4);
		rp_pop_client_fetch(client, 1, FALSE, NULL);
		rp_pop_client_fetch(client, 2, FALSE, NULL);
		g_free(take_output(client));
		rp_pop_client_input(
			client, (const guint8 *)ends_at[i].answered, strlen(ends_at[i].answered));
		g_free(take_output(client));
		rp_pop_client_lost(client);
		g_test_message("case %" G_GSIZE_FORMAT, i);
		g_assert_cmpint(rp_pop_client_pipelining(client), ==, ends_at[i].want);
	}
}

/* What goes on behind its dot, when QUIT is on its way already: nothing was sent ahead. */
static void
test_goes_on_at_quit(void)
{
	RpPopClientOptions options = {.can = ALL, .pipelining = TRUE};
	g_autoptr(RpPopClient) client = listed(&options, UIDL4, LIST4);
	rp_pop_client_fetch(client, 1, FALSE, NULL);
	rp_pop_client_finish(client);
	g_free(take_output(client));
	SAY(client, "+OK\r\nA: 1\r\n\r\nfirst\r\n.\r\n");
	g_free(take_output(client));
	SAY(client, "private\r\n.\r\n");
	g_assert_cmpint(end_after(client), ==, RP_POP_END_PROTOCOL);
	g_assert_cmpint(rp_pop_client_pipelining(client), ==, RP_SEEN_UNTRIED);
}

/* Where dots are not doubled a message ends too early: what follows is no answer, and private. */
static void
test_goes_on(void)
{
	RpPopClientOptions options = {.can = ALL, .pipelining = TRUE};
	g_autoptr(RpPopClient) client = listed(&options, UIDL4, LIST4);
	const RpPopEvent *event;
	guint n_cut = 0;
	gpointer user = &options;
	rp_pop_client_fetch(client, 1, FALSE, user);
	g_free(take_output(client));
	SAY(client, "+OK\r\nA: 1\r\n\r\nfirst\r\n.\r\nprivate\r\n.\r\n");
	while ((event = rp_pop_client_next_event(client))) {
		if (event->kind == RP_POP_EVENT_CUT) {
			n_cut++;
			g_assert_cmpuint(event->number, ==, 1);
			g_assert_true(event->user == user);
		}
		if (event->kind == RP_POP_EVENT_CLOSED) {
			g_assert_cmpint(event->end, ==, RP_POP_END_PROTOCOL);
			g_assert_cmpstr(
				event->text, ==, "message 1 goes on behind the dot that ends it");
		}
	}
	g_assert_cmpuint(n_cut, ==, 1);
	g_assert_cmpint(rp_pop_client_pipelining(client), !=, RP_SEEN_BROKEN);
}

static void
add(const char *kind, const Case *c, GTestDataFunc func)
{
	g_autofree char *path = g_strdup_printf("/pop-client/%s/%s", kind, c->name);
	g_test_add_data_func(path, c, func);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		add("whole", &cases[i], test_case);
		add("split", &cases[i], test_split);
		if (strstr(cases[i].want, "| quit"))
			add("cut", &cases[i], test_cut);
	}
	g_test_add_func("/pop-client/bound", test_bound);
	g_test_add_func("/pop-client/expects-much", test_expects_much);
	g_test_add_func("/pop-client/bound-commands", test_bound_commands);
	g_test_add_func("/pop-client/too-early", test_too_early);
	g_test_add_func("/pop-client/endless", test_endless);
	g_test_add_func("/pop-client/size-hint", test_size_hint);
	g_test_add_func("/pop-client/waits", test_waits);
	g_test_add_func("/pop-client/suspect", test_suspect);
	g_test_add_func("/pop-client/doubts", test_doubts);
	g_test_add_func("/pop-client/goes-on-at-quit", test_goes_on_at_quit);
	g_test_add_func("/pop-client/goes-on", test_goes_on);
	return g_test_run();
}
