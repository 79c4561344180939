/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "smtp-play.h"

#include <string.h>

static const char *const two[] = {"s@a>r@b,q@c:one\r\n", "t@a>p@d:two\r\n", NULL};
static const char *const one[] = {"s@a>r@b,q@c:one\r\n", NULL};
static const char *const only_four[] = {"s@a>r@b,q@c,p@d,o@e:one\r\n", NULL};
static const char *const four[] = {"s@a>r@b,q@c,p@d,o@e:one\r\n", "t@a>n@f:two\r\n", NULL};

static const char *const three[] = {
	"s@a>r@b:one\r\n", "t@a>q@C:two\r\n", "u@a>p@B,o@c:three\r\n", NULL};

/* The four of `only_four` go one by one, the second by the fifth RCPT of the session. */
#define ONE_AT_A_TIME "RCPT 1=452 4.5.3 no|RCPT 2=452 4.5.3 no|RCPT 3=452 4.5.3 no"

typedef struct {
	const char *name;
	guint can;
	gboolean await_rcpt;
	const char *const *mails;
	const char *script;
	const char *want;
	const char *log; /* NULL: not looked at */
} Row;

/* Each row is played whole, and with all pieces of one octet either way. */
static const Row rows[] = {
	{"in turn", CAN_TURN, FALSE, two, NULL, "accepted, accepted; accepted | quit",
		"MAIL FROM:<s@a>\nRCPT TO:<r@b>\nRCPT TO:<q@c>\nDATA\n[5].\n"
		"MAIL FROM:<t@a>\nRCPT TO:<p@d>\nDATA\n[5].\nQUIT\n"},
	{"pipelined", CAN_PIPE, FALSE, two, NULL, "accepted, accepted; accepted | quit", NULL},
	{"chunks", CAN_BDAT, FALSE, two, NULL, "accepted, accepted; accepted | quit",
		"MAIL FROM:<s@a>\nRCPT TO:<r@b>\nRCPT TO:<q@c>\nBDAT 5 LAST\n[5]\n"
		"RSET\nMAIL FROM:<t@a>\nRCPT TO:<p@d>\nBDAT 5 LAST\n[5]\nQUIT\n"},
	{"chunks, asked first", CAN_BDAT, TRUE, two, NULL, "accepted, accepted; accepted | quit",
		NULL},
	/* MAIL refused */
	{"mail refused in turn", CAN_TURN, FALSE, two, "MAIL 0=550 5.7.1 no",
		"refused mail 550, refused mail 550; accepted | quit",
		"MAIL FROM:<s@a>\nMAIL FROM:<t@a>\nRCPT TO:<p@d>\nDATA\n[5].\nQUIT\n"},
	{"mail refused pipelined", CAN_PIPE, FALSE, two, "MAIL 0=550 5.7.1 no",
		"refused mail 550, refused mail 550; accepted | quit", NULL},
	{"mail refused, chunks", CAN_BDAT, FALSE, two, "MAIL 0=550 5.7.1 no",
		"refused mail 550, refused mail 550; accepted | quit", NULL},
	{"mail later, DATA allowed nevertheless", CAN_PIPE, FALSE, two,
		"MAIL 0=450 later|DATA 0=354 odd",
		"refused mail 450, refused mail 450; accepted | quit", NULL},
	{"a foreign 3xx to MAIL", CAN_TURN, FALSE, one, "MAIL 0=354 what",
		"not-sent, not-sent | protocol", NULL},
	/* a dead recipient among good ones */
	{"dead among good in turn", CAN_TURN, FALSE, two, "RCPT 0=550 5.1.1 no",
		"refused rcpt 550, accepted; accepted | quit", NULL},
	{"dead among good pipelined", CAN_PIPE, FALSE, two, "RCPT 1=451 4.3.0 later",
		"accepted, refused rcpt 451; accepted | quit", NULL},
	{"dead among good, chunks", CAN_BDAT, FALSE, two, "RCPT 1=550 5.1.1 no",
		"accepted, refused rcpt 550; accepted | quit", NULL},
	/* more than the server takes at once */
	{"a limit in turn", CAN_TURN, FALSE, four, "RCPT 2=452 4.5.3 no|RCPT 3=452 4.5.3 no",
		"accepted, accepted, accepted, accepted; accepted | limit 2 quit",
		"MAIL FROM:<s@a>\nRCPT TO:<r@b>\nRCPT TO:<q@c>\nRCPT TO:<p@d>\nRCPT "
		"TO:<o@e>\nDATA\n"
		"[5].\nMAIL FROM:<s@a>\nRCPT TO:<p@d>\nRCPT TO:<o@e>\nDATA\n[5].\n"
		"MAIL FROM:<t@a>\nRCPT TO:<n@f>\nDATA\n[5].\nQUIT\n"},
	{"a limit pipelined", CAN_PIPE, FALSE, four,
		"RCPT 1=550 5.5.3 too many|RCPT 2=550 5.5.3 too many|RCPT 3=550 5.5.3 too many",
		"accepted, accepted, accepted, accepted; accepted | limit 1 quit", NULL},
	{"a limit, chunks", CAN_BDAT, FALSE, four, "RCPT 3=554 too many recipients",
		"accepted, accepted, accepted, accepted; accepted | limit 3 quit", NULL},
	{"a limit, chunks, asked first", CAN_BDAT, TRUE, four, "RCPT 2=452 too many|RCPT 3=452 no",
		"accepted, accepted, accepted, accepted; accepted | limit 2 quit", NULL},
	{"a limit and a dead one", CAN_PIPE, FALSE, four, "RCPT 0=550 5.1.1 no|RCPT 3=452 4.5.3 no",
		"refused rcpt 550, accepted, accepted, accepted; accepted | limit 2 quit", NULL},
	{"a limit after DATA", CAN_PIPE, FALSE, four, "DATA 0=552 5.5.3 too many",
		"accepted, accepted, accepted, accepted; accepted | limit 2 quit", NULL},
	{"a limit after the content", CAN_TURN, FALSE, four, ". 0=552 5.5.3 too many",
		"accepted, accepted, accepted, accepted; accepted | limit 2 quit", NULL},
	{"none, since nothing is taken", CAN_PIPE, FALSE, two,
		"RCPT 0=452 4.5.3 no|RCPT 1=452 4.5.3 no",
		"refused rcpt 452, refused rcpt 452; accepted | quit", NULL},
	{"another 452", CAN_PIPE, FALSE, two, "RCPT 1=452 4.2.2 mailbox full",
		"accepted, refused rcpt 452; accepted | quit", NULL},
	{"no limit, no words", CAN_PIPE, FALSE, two, "RCPT 1=452 insufficient system storage",
		"accepted, refused rcpt 452; accepted | quit", NULL},
	{"the rest refused as a message", CAN_TURN, FALSE, four,
		"RCPT 2=452 4.5.3 no|RCPT 3=452 4.5.3 no|MAIL 1=451 4.7.1 slow down",
		"accepted, accepted, refused mail 451, refused mail 451; accepted | limit 2 quit",
		NULL},
	/* what refuses one transaction says nothing of who is not in it */
	{"all put off, the rest goes on", CAN_PIPE, FALSE, only_four,
		ONE_AT_A_TIME "|RCPT 4=450 4.2.0 later",
		"accepted, refused rcpt 450, accepted, accepted | limit 1 quit", NULL},
	{"all put off in turn, the rest goes on", CAN_TURN, FALSE, only_four,
		ONE_AT_A_TIME "|RCPT 4=450 4.2.0 later",
		"accepted, refused rcpt 450, accepted, accepted | limit 1 quit", NULL},
	{"all put off, chunks, the rest goes on", CAN_BDAT, FALSE, only_four,
		ONE_AT_A_TIME "|RCPT 4=450 4.2.0 later",
		"accepted, refused rcpt 450, accepted, accepted | limit 1 quit", NULL},
	{"all dead, the rest goes on", CAN_PIPE, FALSE, only_four,
		ONE_AT_A_TIME "|RCPT 4=550 5.1.1 no|RCPT 5=550 5.1.1 no",
		"accepted, refused rcpt 550, refused rcpt 550, accepted | limit 1 quit", NULL},
	{"all dead, DATA allowed and refused, the rest goes on", CAN_PIPE, FALSE, only_four,
		ONE_AT_A_TIME "|RCPT 4=550 5.1.1 no|DATA 1=354 odd|. 1=554 5.5.1 nobody",
		"accepted, refused rcpt 550, accepted, accepted | limit 1 quit", NULL},
	{"DATA refused for no known reason, the rest goes on", CAN_PIPE, FALSE, only_four,
		ONE_AT_A_TIME "|DATA 1=554 5.0.0 failed",
		"accepted, refused data 554, accepted, accepted | limit 1 quit", NULL},
	/* but where it is the message, or the moment, the rest is not offered to hear it again */
	{"DATA later, the rest waits", CAN_PIPE, FALSE, only_four,
		ONE_AT_A_TIME "|DATA 1=451 4.3.2 later",
		"accepted, refused data 451, not-sent, not-sent | limit 1 quit", NULL},
	{"the content refused, the rest is not offered it", CAN_TURN, FALSE, only_four,
		ONE_AT_A_TIME "|. 1=554 5.7.1 spam",
		"accepted, refused content 554, not-sent, not-sent | limit 1 quit", NULL},
	{"a chunk refused, the rest is not offered it", CAN_BDAT, FALSE, only_four,
		ONE_AT_A_TIME "|BDAT 1=554 5.7.1 spam",
		"accepted, refused content 554, not-sent, not-sent | limit 1 quit", NULL},
	/* said of single recipients: those behind them are taken */
	{"a limit that is none", CAN_PIPE, FALSE, four,
		"RCPT 1=452 4.5.3 Recipients belong to other regions",
		"accepted, accepted, accepted, accepted; accepted | quit", NULL},
	{"a limit that is none, in turn", CAN_TURN, FALSE, four,
		"RCPT 1=452 4.5.3 Too many recipients|RCPT 3=452 4.5.3 Too many recipients",
		"accepted, accepted, accepted, accepted; accepted | quit", NULL},
	{"one domain", CAN_BDAT, FALSE, four,
		"RCPT 2=451 4.3.0 Multiple destination domains per transaction is unsupported.|"
		"RCPT 3=451 4.3.0 Multiple destination domains per transaction is unsupported.",
		"accepted, accepted, accepted, accepted; accepted | quit", NULL},
	{"one domain, and that alone", CAN_TURN, FALSE, one,
		"RCPT 0=451 4.3.0 Multiple destination domains per transaction is unsupported.",
		"refused rcpt 451, accepted | quit", NULL},
	{"closed behind the limit", CAN_TURN, FALSE, four,
		"RCPT 2=452 4.5.3 no|RCPT 3=421 4.7.0 too many errors",
		"not-sent rcpt 421, not-sent rcpt 421, not-sent rcpt 421, not-sent rcpt 421; "
		"not-sent rcpt 421 | limit 2 421",
		NULL},
	{"closed at the limit", CAN_PIPE, FALSE, four, "RCPT 2=421 4.5.3 too many",
		"not-sent, not-sent, not-sent, not-sent; not-sent | limit 2 421", NULL},
	{"closed, for another reason", CAN_TURN, FALSE, two, "RCPT 1=421 4.3.2 shutting down",
		"not-sent rcpt 421, not-sent rcpt 421; not-sent rcpt 421 | 421", NULL},
	/* all dead */
	{"all dead in turn", CAN_TURN, FALSE, two, "RCPT 0=550 no|RCPT 1=553 no",
		"refused rcpt 550, refused rcpt 553; accepted | quit",
		"MAIL FROM:<s@a>\nRCPT TO:<r@b>\nRCPT TO:<q@c>\n"
		"RSET\nMAIL FROM:<t@a>\nRCPT TO:<p@d>\nDATA\n[5].\nQUIT\n"},
	{"all dead pipelined", CAN_PIPE, FALSE, two, "RCPT 0=550 no|RCPT 1=553 no",
		"refused rcpt 550, refused rcpt 553; accepted | quit",
		"MAIL FROM:<s@a>\nRCPT TO:<r@b>\nRCPT TO:<q@c>\nDATA\n"
		"RSET\nMAIL FROM:<t@a>\nRCPT TO:<p@d>\nDATA\n[5].\nQUIT\n"},
	{"all dead pipelined, DATA allowed nevertheless", CAN_PIPE, FALSE, two,
		"RCPT 0=550 no|RCPT 1=553 no|DATA 0=354 odd",
		"refused rcpt 550, refused rcpt 553; accepted | quit",
		"MAIL FROM:<s@a>\nRCPT TO:<r@b>\nRCPT TO:<q@c>\nDATA\n[0].\n"
		"MAIL FROM:<t@a>\nRCPT TO:<p@d>\nDATA\n[5].\nQUIT\n"},
	{"all dead, chunks: the next one must not join", CAN_BDAT, FALSE, two,
		"RCPT 0=550 no|RCPT 1=553 no",
		"refused rcpt 550, refused rcpt 553; accepted | quit",
		"MAIL FROM:<s@a>\nRCPT TO:<r@b>\nRCPT TO:<q@c>\nBDAT 5 LAST\n[5]\n"
		"RSET\nMAIL FROM:<t@a>\nRCPT TO:<p@d>\nBDAT 5 LAST\n[5]\nQUIT\n"},
	{"all dead, asked first: no content", CAN_BDAT, TRUE, two, "RCPT 0=550 no|RCPT 1=553 no",
		"refused rcpt 550, refused rcpt 553; accepted | quit",
		"MAIL FROM:<s@a>\nRCPT TO:<r@b>\nRCPT TO:<q@c>\n"
		"RSET\nMAIL FROM:<t@a>\nRCPT TO:<p@d>\nBDAT 5 LAST\n[5]\nQUIT\n"},
	/* DATA refused */
	{"data refused in turn", CAN_TURN, FALSE, two, "DATA 0=451 4.3.2 later",
		"refused data 451, refused data 451; accepted | quit",
		"MAIL FROM:<s@a>\nRCPT TO:<r@b>\nRCPT TO:<q@c>\nDATA\n"
		"RSET\nMAIL FROM:<t@a>\nRCPT TO:<p@d>\nDATA\n[5].\nQUIT\n"},
	{"data refused pipelined, one dead", CAN_PIPE, FALSE, two, "RCPT 0=550 no|DATA 0=554 no",
		"refused rcpt 550, refused data 554; accepted | quit", NULL},
	{"250 to DATA", CAN_PIPE, FALSE, two, "DATA 0=250 what",
		"not-sent, not-sent; not-sent | suspect protocol", NULL},
	/* content refused */
	{"content refused in turn", CAN_TURN, FALSE, two, ". 0=554 5.7.1 spam",
		"refused content 554, refused content 554; accepted | quit", NULL},
	{"content refused pipelined", CAN_PIPE, FALSE, two, "RCPT 1=550 no|. 0=451 later",
		"refused content 451, refused rcpt 550; accepted | quit", NULL},
	{"content refused, chunks", CAN_BDAT, FALSE, two, "BDAT 0=552 5.3.4 big",
		"refused content 552, refused content 552; accepted | quit", NULL},
	/* BDAT is not known: what went behind it is in doubt, unless it worked before */
	{"no chunks after all", CAN_BDAT, FALSE, one, "BDAT 0=502 5.5.1 what",
		"not-sent, not-sent | chunking", NULL},
	{"no chunks after all, 503", CAN_BDAT, FALSE, one, "BDAT 0=503 5.5.1 bad sequence",
		"not-sent, not-sent | chunking", NULL},
	{"no chunks after all, 501", CAN_BDAT, FALSE, one, "BDAT 0=501 5.5.4 bad argument",
		"not-sent, not-sent | chunking", NULL},
	{"no chunks after all, 504", CAN_BDAT, FALSE, one, "BDAT 0=504 5.5.4 not implemented",
		"not-sent, not-sent | chunking", NULL},
	{"second refused, chunks", CAN_BDAT, FALSE, two, "BDAT 1=552 5.3.4 big",
		"accepted, accepted; refused content 552 | quit", NULL},
	/* a session that had enough, said by another code */
	{"too many messages", CAN_TURN, FALSE, two,
		"MAIL 1=452 4.5.3 Too many recipients: Too many messages sent",
		"accepted, accepted; not-sent | 421", NULL},
	{"too many messages, pipelined", CAN_PIPE, FALSE, two,
		"MAIL 1=452 4.5.3 Too many recipients: Too many messages sent",
		"accepted, accepted; not-sent | 421", NULL},
	{"too many transactions", CAN_TURN, FALSE, two,
		"MAIL 1=450 4.5.3 number of transactions exceeds allowed maximum",
		"accepted, accepted; not-sent | 421", NULL},
	{"no more transactions", CAN_PIPE, FALSE, two, "RCPT 2=451 4.5.3 No more transactions",
		"accepted, accepted; not-sent | 421", NULL},
	{"too many in an hour", CAN_TURN, FALSE, two, "MAIL 1=452 4.5.3 too many messages per hour",
		"accepted, accepted; refused mail 452 | quit", NULL},
	{"too many recipients of a transaction", CAN_TURN, FALSE, one,
		"RCPT 1=452 4.5.3 recipients of transactions exceed the limit",
		"accepted, accepted | limit 1 quit", NULL},
	{"too many connections", CAN_TURN, FALSE, two,
		"MAIL 0=452 4.3.2 Too many open connections.", "not-sent, not-sent; not-sent | 421",
		"MAIL FROM:<s@a>\nQUIT\n"},
	/* what went behind it may be taken all the same */
	{"too many connections for the first", CAN_BDAT, FALSE, two,
		"BDAT 0=432 4.3.2 Concurrent connections limit exceeded",
		"not-sent, not-sent; accepted | 421", NULL},
	{"too many connections for one recipient", CAN_PIPE, FALSE, one,
		"RCPT 1=452 4.3.2 Too many connections", "accepted, not-sent | 421", NULL},
	{"too many connections to RSET", CAN_TURN, FALSE, two,
		"RCPT 0=550 no|RCPT 1=550 no|RSET 0=452 4.3.2 Too many connections",
		"refused rcpt 550, refused rcpt 550; not-sent | 421", NULL},
	{"its end", CAN_TURN, FALSE, two, "MAIL 1=451 4.4.2 Timeout - closing connection. - gsmtp",
		"accepted, accepted; not-sent | 421", NULL},
	{"its end, of idleness", CAN_PIPE, FALSE, two,
		"MAIL 1=451 4.4.2 Timeout waiting for data from client.",
		"accepted, accepted; not-sent | 421", NULL},
	/* it knows no second message in a session */
	{"nested", CAN_TURN, FALSE, two, "MAIL 1=503 5.5.1 Error: nested MAIL command",
		"accepted, accepted; not-sent | 421", NULL},
	{"nested, pipelined", CAN_PIPE, FALSE, two, "MAIL 1=503 Sender already specified",
		"accepted, accepted; not-sent | 421", NULL},
	{"nested, of the first", CAN_TURN, FALSE, two, "MAIL 0=503 5.5.1 sender already given",
		"refused mail 503, refused mail 503; accepted | quit", NULL},
	{"its end, said of a recipient", CAN_TURN, FALSE, two,
		"RCPT 2=450 4.2.0 greylisted, closing connection",
		"accepted, accepted; refused rcpt 450 | quit", NULL},
	/* 421 at any point */
	{"421 to MAIL", CAN_BDAT, FALSE, two, "MAIL 0=421 bye",
		"not-sent mail 421, not-sent mail 421; not-sent mail 421 | 421", NULL},
	{"421 to RCPT", CAN_PIPE, FALSE, two, "RCPT 1=421 bye",
		"not-sent rcpt 421, not-sent rcpt 421; not-sent rcpt 421 | 421", NULL},
	{"a refusal stands when 421 follows", CAN_TURN, FALSE, one, "RCPT 0=550 no|RCPT 1=421 bye",
		"refused rcpt 550, not-sent rcpt 421 | 421", NULL},
	{"421 to DATA", CAN_TURN, FALSE, one, "DATA 0=421 bye",
		"not-sent data 421, not-sent data 421 | 421", NULL},
	{"421 after the dot", CAN_PIPE, FALSE, two, ". 0=421 bye",
		"not-sent content 421, not-sent content 421; not-sent content 421 | 421", NULL},
	{"421 to the second BDAT", CAN_BDAT, FALSE, two, "BDAT 1=421 bye",
		"accepted, accepted; not-sent content 421 | 421", NULL},
	/* servers that break pipelining */
	{"says pipelining is improper", CAN_PIPE, FALSE, two,
		"RCPT 0=503 5.5.0 improper command pipelining",
		"not-sent, accepted; accepted | suspect quit", NULL},
	{"says so where nothing was sent together", CAN_TURN, FALSE, one,
		"RCPT 0=503 5.5.0 improper command pipelining", "refused rcpt 503, accepted | quit",
		NULL},
	{"wants a login first", CAN_PIPE, FALSE, one, "MAIL *=503 AUTH first;RCPT *=503 AUTH first",
		"refused mail 503, refused mail 503 | quit", NULL},
	{"closes the session for it", CAN_PIPE, FALSE, one,
		"RCPT 0=421 4.7.0 improper pipelining, bye",
		"not-sent rcpt 421, not-sent rcpt 421 | suspect 421", NULL},
	{"wants a login at RCPT", CAN_PIPE, FALSE, one, "RCPT *=503 need EHLO and AUTH",
		"refused rcpt 503, refused rcpt 503 | quit", NULL},
	{"has lost MAIL, and then waits", CAN_PIPE, FALSE, one, "MAIL *=503 5.5.1 need MAIL",
		"not-sent, not-sent | suspect pipelining", NULL},
	{"knows nobody", CAN_TURN, FALSE, one, "MAIL *=503 5.5.1 need EHLO",
		"refused mail 503, refused mail 503 | quit", NULL},
	{"has lost MAIL", CAN_PIPE, FALSE, one, "RCPT *=503 5.5.1 need MAIL",
		"refused rcpt 503, refused rcpt 503 | suspect quit", NULL},
	{"synchronization error", CAN_BDAT, FALSE, one, "MAIL 0=554 SMTP synchronization error",
		"not-sent, not-sent | suspect quit", NULL},
	/* not SMTP */
	{"garbage", CAN_TURN, FALSE, one, "RCPT 0=hello there", "not-sent, not-sent | protocol",
		NULL},
	{"garbage after the dot", CAN_TURN, FALSE, one, ". 0=+OK",
		"in-doubt content 0, in-doubt content 0 | protocol", NULL},
	/* of somebody in between: in turn the answer is still known */
	{"a line beside an answer", CAN_TURN, FALSE, two,
		". 0=*** scanned ***\r\n250 ok|RCPT 2=hello\r\nthere\r\n550 no",
		"accepted, accepted; refused rcpt 550 | quit", NULL},
	{"a line within an answer", CAN_TURN, FALSE, one, ". 0=250-taken\r\n***\r\n250 ok",
		"accepted, accepted | quit", NULL},
	{"lines beside an answer without end", CAN_TURN, FALSE, one,
		". 0=a\r\nb\r\nc\r\nd\r\ne\r\nf\r\ng\r\nh\r\ni\r\n250 ok",
		"in-doubt content 0, in-doubt content 0 | protocol", NULL},
	{"a line beside an answer, pipelined", CAN_PIPE, FALSE, one, "RCPT 0=***\r\n250 ok",
		"not-sent, not-sent | suspect protocol", NULL},
	{"354 after the dot", CAN_TURN, FALSE, one, ". 0=354 go",
		"in-doubt content 354, in-doubt content 354 | protocol", NULL},
	{"garbage after the first of two", CAN_BDAT, FALSE, two, "BDAT 0=hello",
		"in-doubt content 0, in-doubt content 0; in-doubt | suspect protocol", NULL},
	{"a code of two digits", CAN_TURN, FALSE, one, "MAIL 0=25 ok",
		"not-sent, not-sent | protocol", NULL},
	{"two answers to one command", CAN_TURN, FALSE, one, "MAIL 0=250 ok\r\n250 ok",
		"not-sent, not-sent | protocol", NULL},
	{"two answers, pipelined", CAN_PIPE, FALSE, one, "RCPT 0=250 ok\r\n250 ok",
		"not-sent, not-sent | suspect protocol", NULL},
	{"an empty line before an answer", CAN_TURN, FALSE, two, ". 0=\r\n250 ok",
		"accepted, accepted; accepted | quit", NULL},
	{"an empty line, pipelined", CAN_PIPE, FALSE, one, "RCPT 0=\r\n250 ok",
		"not-sent, not-sent | suspect pipelining", NULL},
	{"empty lines without end", CAN_TURN, FALSE, one,
		"MAIL 0=\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n"
		"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n250 ok",
		"not-sent, not-sent | protocol", NULL},
	{"RSET refused", CAN_TURN, FALSE, two, "RCPT 0=550 no|RCPT 1=550 no|RSET 0=500 what",
		"refused rcpt 550, refused rcpt 550; not-sent | protocol", NULL},
	/* the message before it was taken: what went behind it counts */
	{"RSET refused behind a message", CAN_BDAT, FALSE, three, "RSET 0=502 what|RSET 1=502 what",
		"accepted; accepted; accepted, accepted | quit", NULL},
	/* it forgets EHLO with RSET (mofux/mail-io#1) */
	{"RSET forgets EHLO", CAN_BDAT, FALSE, two,
		"MAIL 1=503 5.5.1 Send EHLO first|RCPT 2=503 5.5.1 no|BDAT 1=503 5.5.1 no",
		"accepted, accepted; not-sent | 421", NULL},
	{"EHLO first, of the first", CAN_TURN, FALSE, one, "MAIL 0=503 5.5.1 Send EHLO first",
		"refused mail 503, refused mail 503 | quit", NULL},
	{"lines", CAN_TURN, FALSE, one, "MAIL 0=250-2.1.0 yes\r\n250-2.1.0 indeed\r\n250 2.1.0 ok",
		"accepted, accepted | quit", NULL},
	{"QUIT answered with 500", CAN_TURN, FALSE, one, "QUIT 0=500 what",
		"accepted, accepted | quit", NULL},
	{"QUIT answered with garbage", CAN_TURN, FALSE, one, "QUIT 0=}{",
		"accepted, accepted | protocol", NULL},
};

static void
test_row(gconstpointer data)
{
	const Row *row = data;
	for (gsize piece = 0; piece < 8; piece++) {
		Play play = play_defaults;
		play.can = row->can;
		play.await_rcpt = row->await_rcpt;
		play.mails = row->mails;
		play.script = row->script;
		play.piece_out = piece & 1 ? 1 : piece & 4 ? 7 : 0;
		play.piece_in = piece & 2 ? 1 : piece & 4 ? 7 : 0;
		g_autofree char *log = NULL;
		g_autofree char *got = smtp_play(&play, &log);
		g_assert_cmpstr(got, ==, row->want);
		if (row->log)
			g_assert_cmpstr(log, ==, row->log);
	}
}

/* ---- what the server says it takes in a session ---- */

typedef struct {
	const char *name;
	const char *const *mails;
	guint messages, recipients, domains;
	const char *script;
	const char *want;
	const char *log; /* in turn; NULL: not looked at */
} LimitRow;

static const char *const mixed[] = {"s@a>r@b,q@c:one\r\n", "t@a>p@b:two\r\n", NULL};

static const LimitRow limit_rows[] = {
	/* it ends in order with the last one, and takes no more from its owner */
	{"messages", three, 2, 0, 0, NULL, "accepted; accepted | quit",
		"MAIL FROM:<s@a>\nRCPT TO:<r@b>\nDATA\n[5].\n"
		"MAIL FROM:<t@a>\nRCPT TO:<q@C>\nDATA\n[5].\nQUIT\n"},
	{"what is refused counts", three, 2, 0, 0, "MAIL 0=550 no",
		"refused mail 550; accepted | quit", NULL},
	/* a message's further transactions are some too */
	{"transactions", only_four, 3, 1, 0, NULL, "accepted, accepted, accepted, not-sent | quit",
		NULL},
	{"transactions of two", four, 3, 2, 0, NULL, NULL, NULL},
	{"one", one, 1, 1, 0, NULL, "accepted, not-sent | quit",
		"MAIL FROM:<s@a>\nRCPT TO:<r@b>\nDATA\n[5].\nQUIT\n"},
	/* domains: of the session, not of a transaction; capitals make no other one */
	{"one domain", only_four, 0, 0, 1, NULL, "accepted, not-sent, not-sent, not-sent | quit",
		"MAIL FROM:<s@a>\nRCPT TO:<r@b>\nDATA\n[5].\nQUIT\n"},
	/* what is left of one goes in another session, and this one goes on */
	{"the rest of one domain", mixed, 0, 0, 1, NULL, "accepted, not-sent; accepted | quit",
		"MAIL FROM:<s@a>\nRCPT TO:<r@b>\nDATA\n[5].\n"
		"MAIL FROM:<t@a>\nRCPT TO:<p@b>\nDATA\n[5].\nQUIT\n"},
	{"two domains", three, 0, 0, 2, NULL, "accepted; accepted; accepted, accepted | quit",
		NULL},
	{"two of four domains", four, 0, 0, 2, NULL, NULL,
		"MAIL FROM:<s@a>\nRCPT TO:<r@b>\nRCPT TO:<q@c>\nDATA\n[5].\nQUIT\n"},
};

static void
test_limits(gconstpointer data)
{
	static const guint cans[] = {CAN_TURN, CAN_PIPE, CAN_BDAT};
	const LimitRow *row = data;

	for (gsize i = 0; i < G_N_ELEMENTS(cans) * 4; i++) {
		Play play = play_defaults;
		play.can = cans[i / 4];
		play.mails = row->mails;
		play.session_messages = row->messages;
		play.session_domains = row->domains;
		play.max_recipients = row->recipients;
		play.script = row->script;
		play.piece_out = i & 1;
		play.impatient = (i & 2) != 0;
		g_autofree char *log = NULL;
		g_autofree char *got = smtp_play(&play, &log);
		guint n_mail = 0;
		for (const char *at = log; (at = strstr(at, "MAIL FROM")); at++)
			n_mail++;
		if (row->messages)
			g_assert_cmpuint(n_mail, <=, row->messages);
		g_assert_true(g_str_has_suffix(got, "| quit"));
		if (row->want)
			g_assert_cmpstr(got, ==, row->want);
		if (row->log && play.can == CAN_TURN)
			g_assert_cmpstr(log, ==, row->log);
	}
}

/* ---- every reply at every stage ---- */

static void
test_each_reply(void)
{
	static const char *const verbs[] = {"MAIL", "RCPT", "DATA", ".", "BDAT", "RSET", "QUIT"};
	static const char *const replies[] = {"250 2.0.0 ok", "251 ok", "354 go", "421 4.3.2 bye",
		"450 4.2.0 later", "452 4.5.3 too many", "500 5.5.2 what", "503 5.5.1 order",
		"535 5.7.8 login", "550 5.1.1 unknown", "554 5.7.1 denied", "599", "600 no", "",
		"25", "250-more\r\n550 no"};
	static const guint cans[] = {CAN_TURN, CAN_PIPE, CAN_BDAT};
	guint n = 0;
	for (gsize c = 0; c < G_N_ELEMENTS(cans) * 2; c++) {
		for (gsize v = 0; v < G_N_ELEMENTS(verbs) * 3; v++) {
			for (gsize r = 0; r < G_N_ELEMENTS(replies); r++) {
				static const char *const mails[] = {"s@a>r@b,q@c:one\r\n",
					"t@a>p@d:two\r\n", "u@a>o@e,n@f:three\r\n", NULL};
				g_autofree char *script = g_strdup_printf(
					"%s %zu=%s", verbs[v / 3], v % 3, replies[r]);
				Play play = play_defaults;
				play.can = cans[c / 2];
				play.await_rcpt = c % 2;
				play.mails = mails;
				play.script = script;
				g_test_message("%zu: %s", c, script);
				g_autofree char *got = smtp_play(&play, NULL);
				g_assert_nonnull(strchr(got, '|'));
				n++;
			}
		}
	}
	g_test_message("%u plays", n);
}

/* ---- what goes out together ---- */

typedef struct {
	RpSmtpClient *client;
	GPtrArray *contents;
} Bench;

static gssize
read_text(gpointer source, gint64 offset, guint8 *buffer, gsize size)
{
	const char *text = source;
	gsize n = MIN(size, strlen(text) - (gsize)offset);
	memcpy(buffer, text + offset, n);
	return (gssize)n;
}

static RpSmtpClient *
client_new(guint can, gboolean await_rcpt)
{
	RpSmtpCapabilities capabilities = {.can = can};
	RpSmtpClientOptions options = {.pipelining = TRUE, .await_rcpt = await_rcpt};
	return rp_smtp_client_new(&capabilities, &options);
}

static void
push_text(RpSmtpClient *client, const char *sender, const char *recipient, const char *text)
{
	const char *recipients[] = {recipient};
	RpSmtpMessage message = {.sender = sender,
		.recipients = recipients,
		.n_recipients = 1,
		.size = (gint64)strlen(text),
		.read = read_text,
		.source = (gpointer)text};
	g_assert_true(rp_smtp_client_push(client, &message));
}

static void
expect_output(RpSmtpClient *client, const char *want)
{
	g_autoptr(GString) got = g_string_new(NULL);
	const guint8 *data = NULL;
	gsize size;
	while ((size = rp_smtp_client_output(client, &data)) > 0) {
		g_string_append_len(got, (const char *)data, (gssize)size);
		rp_smtp_client_sent(client, size);
	}
	g_assert_cmpstr(got->str, ==, want);
}

static void
input(RpSmtpClient *client, const char *text)
{
	rp_smtp_client_input(client, (const guint8 *)text, strlen(text));
}

static void
test_groups(void)
{
	g_autoptr(RpSmtpClient) client = client_new(CAN_PIPE, FALSE);
	push_text(client, "a@x", "b@y", ".one\r\n");
	push_text(client, "c@x", "d@y", "two");
	expect_output(client, "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n");
	g_assert_cmpint(rp_smtp_client_wait(client), ==, RP_SMTP_WAIT_MAIL);
	input(client, "250 ok\r\n250 ok\r\n");
	g_assert_cmpint(rp_smtp_client_wait(client), ==, RP_SMTP_WAIT_DATA);
	expect_output(client, "");
	input(client, "354 go\r\n");
	expect_output(client, "..one\r\n.\r\nMAIL FROM:<c@x>\r\nRCPT TO:<d@y>\r\nDATA\r\n");
	g_assert_cmpint(rp_smtp_client_wait(client), ==, RP_SMTP_WAIT_CONTENT);
	input(client, "250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n");
	rp_smtp_client_finish(client);
	expect_output(client, "two\r\n.\r\n");
	input(client, "250 ok\r\n");
	expect_output(client, "QUIT\r\n");
	g_assert_cmpint(rp_smtp_client_wait(client), ==, RP_SMTP_WAIT_QUIT);
}

/* The message that an answer lets in goes out with the content that the same answers let go: in one
 * piece, as long as the connection has seen none of it. */
static void
test_let_in(void)
{
	static const char *const wants[] = {
		"one\r\n.\r\nMAIL FROM:<c@x>\r\nRCPT TO:<d@y>\r\nDATA\r\n", "one\r\n.\r\n"};

	for (guint seen = 0; seen < 2; seen++) {
		g_autoptr(RpSmtpClient) client = client_new(CAN_PIPE, FALSE);
		const guint8 *data;
		gsize size;

		push_text(client, "a@x", "b@y", "one\r\n");
		expect_output(client, "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n");
		input(client, "250 ok\r\n250 ok\r\n354 go\r\n");
		if (seen)
			rp_smtp_client_output(client, &data);
		push_text(client, "c@x", "d@y", "two\r\n");
		size = rp_smtp_client_output(client, &data);
		g_assert_cmpmem(data, size, wants[seen], strlen(wants[seen]));
		rp_smtp_client_sent(client, size);
		expect_output(client, seen ? "MAIL FROM:<c@x>\r\nRCPT TO:<d@y>\r\nDATA\r\n" : "");
	}
}

static void
input_and_send(RpSmtpClient *client, const char *text, const char *want)
{
	input(client, text);
	expect_output(client, want);
}

/* What goes behind a message's content is waited for only shortly, the first time; what the server
 * says of it, or does not, is known apart from the rest of PIPELINING. */
static void
test_content_group(void)
{
	static const struct {
		const char *answers;
		gboolean lost;
		RpSeen seen;
	} cases[] = {
		{"250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n", FALSE, RP_SEEN_WORKS},
		{"250 ok\r\n", FALSE, RP_SEEN_UNTRIED},
		{"250 ok\r\n", TRUE, RP_SEEN_DOUBTED},
		{"", TRUE, RP_SEEN_DOUBTED},
		{"250 ok\r\n421 timeout\r\n", FALSE, RP_SEEN_DOUBTED},
		{"250 ok\r\n503 5.5.1 need MAIL\r\n", FALSE, RP_SEEN_BROKEN},
		{"250 ok\r\n550 5.7.1 improper pipelining\r\n", FALSE, RP_SEEN_BROKEN},
		{"250 ok\r\n550 5.7.1 not you\r\n", FALSE, RP_SEEN_UNTRIED},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(RpSmtpClient) client = client_new(CAN_PIPE, FALSE);

		push_text(client, "a@x", "b@y", "one\r\n");
		push_text(client, "c@x", "d@y", "two\r\n");
		expect_output(client, "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n");
		input_and_send(client, "250 ok\r\n250 ok\r\n354 go\r\n",
			"one\r\n.\r\nMAIL FROM:<c@x>\r\nRCPT TO:<d@y>\r\nDATA\r\n");
		g_assert_cmpint(rp_smtp_client_wait(client), ==, RP_SMTP_WAIT_CONTENT);
		input(client, cases[i].answers);
		if (cases[i].seen == RP_SEEN_UNTRIED && strlen(cases[i].answers) < 10)
			g_assert_cmpint(rp_smtp_client_wait(client), ==, RP_SMTP_WAIT_GROUP);
		if (cases[i].lost)
			rp_smtp_client_lost(client, rp_smtp_client_offset(client));
		g_assert_cmpint(rp_smtp_client_content_group(client), ==, cases[i].seen);
		g_assert_cmpint(rp_smtp_client_pipelining(client), ==, RP_SEEN_WORKS);
	}
}

/* Where that does not work a message's content is alone; its envelope is not. */
static void
test_content_alone(void)
{
	RpSmtpCapabilities capabilities = {.can = CAN_PIPE};
	RpSmtpClientOptions options = {.pipelining = TRUE, .content_alone = TRUE};
	g_autoptr(RpSmtpClient) client = rp_smtp_client_new(&capabilities, &options);

	push_text(client, "a@x", "b@y", "one\r\n");
	push_text(client, "c@x", "d@y", "two\r\n");
	expect_output(client, "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n");
	input_and_send(client, "250 ok\r\n250 ok\r\n354 go\r\n", "one\r\n.\r\n");
	input_and_send(client, "250 ok\r\n", "MAIL FROM:<c@x>\r\nRCPT TO:<d@y>\r\nDATA\r\n");
}

/* Of messages that are asked for one by one as many go out in one piece as there is room for. */
static void
test_top_up(void)
{
	static const char want[] =
		"MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nBDAT 5 LAST\r\none\r\n"
		"RSET\r\nMAIL FROM:<c@x>\r\nRCPT TO:<d@y>\r\nBDAT 5 LAST\r\ntwo\r\n";
	g_autoptr(RpSmtpClient) client = client_new(CAN_BDAT, FALSE);
	const guint8 *data;
	gsize size;

	push_text(client, "a@x", "b@y", "one\r\n");
	g_assert_false(rp_smtp_client_wants_message(client));
	rp_smtp_client_top_up(client);
	g_assert_true(rp_smtp_client_wants_message(client));
	push_text(client, "c@x", "d@y", "two\r\n");
	size = rp_smtp_client_output(client, &data);
	g_assert_cmpmem(data, size, want, strlen(want));
	/* What the connection holds stays as it is. */
	push_text(client, "e@x", "f@y", "three\r\n");
	rp_smtp_client_top_up(client);
	g_assert_false(rp_smtp_client_wants_message(client));
	g_assert_cmpuint(rp_smtp_client_output(client, &data), ==, size);
}

/* But no more than a few segments, where messages need not wait for each other. */
static void
test_top_up_little(void)
{
	static const guint cans[] = {CAN_BDAT, CAN_PIPE};
	g_autofree char *text = g_strnfill(5000, 'x');

	for (gsize i = 0; i < G_N_ELEMENTS(cans); i++) {
		g_autoptr(RpSmtpClient) client = client_new(cans[i], FALSE);
		const guint8 *data;
		gsize size;

		push_text(client, "a@x", "b@y", text);
		if (cans[i] == CAN_PIPE) {
			expect_output(client, "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n");
			input(client, "250 ok\r\n250 ok\r\n354 go\r\n");
		} else {
			rp_smtp_client_top_up(client);
		}
		push_text(client, "c@x", "d@y", "two\r\n");
		size = rp_smtp_client_output(client, &data);
		g_assert_true((g_strstr_len((const char *)data, (gssize)size, "c@x") != NULL) ==
			      (cans[i] == CAN_PIPE));
	}
}

static void
test_chunks(void)
{
	g_autoptr(RpSmtpClient) client = client_new(CAN_BDAT, FALSE);
	push_text(client, "a@x", "b@y", ".one\r\n");
	push_text(client, "c@x", "d@y", "two\r\n");
	expect_output(client, "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nBDAT 6 LAST\r\n.one\r\n"
			      "RSET\r\nMAIL FROM:<c@x>\r\nRCPT TO:<d@y>\r\nBDAT 5 LAST\r\ntwo\r\n");
	input(client, "250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n");
	/* Answered in full: no RSET is needed. */
	push_text(client, "e@x", "f@y", "");
	expect_output(client, "MAIL FROM:<e@x>\r\nRCPT TO:<f@y>\r\nBDAT 0 LAST\r\n");
}

/* Before the next command the second word is passed over; later it would be that one's answer. */
static void
test_taken_twice(void)
{
	static const struct {
		const char *answer;
		gboolean closed;
	} ends[] = {{"250\r\n250 Ok id\r\n", FALSE}, {"250 a\r\n250 b\r\n250 c\r\n", TRUE},
		{"250 a\r\n550 b\r\n", TRUE}, {"550 a\r\n250 b\r\n", TRUE}};

	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autoptr(RpSmtpClient) client = client_new(CAN_TURN, FALSE);

		push_text(client, "a@x", "b@y", "one\r\n");
		expect_output(client, "MAIL FROM:<a@x>\r\n");
		input_and_send(client, "250 ok\r\n", "RCPT TO:<b@y>\r\n");
		input_and_send(client, "250 ok\r\n", "DATA\r\n");
		input_and_send(client, "354 go\r\n", "one\r\n.\r\n");
		input(client, ends[i].answer);
		g_assert_true(rp_smtp_client_is_closed(client) == ends[i].closed);
		if (ends[i].closed)
			continue;
		push_text(client, "c@x", "d@y", "two\r\n");
		expect_output(client, "MAIL FROM:<c@x>\r\n");
	}
}

/* Where there is no RSET the next message waits for the one before it, and is another session's
 * where that was not taken. */
static void
test_without_rset(void)
{
	static const char first_two[] =
		"MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nBDAT 5 LAST\r\none\r\n"
		"RSET\r\nMAIL FROM:<c@x>\r\nRCPT TO:<d@y>\r\nBDAT 5 LAST\r\ntwo\r\n";
	static const struct {
		const char *answer, *then;
	} ends[] = {{"250 ok\r\n", "MAIL FROM:<e@x>\r\nRCPT TO:<f@y>\r\nBDAT 0 LAST\r\n"},
		{"554 no\r\n", "QUIT\r\n"}};

	for (gsize i = 0; i < G_N_ELEMENTS(ends); i++) {
		g_autoptr(RpSmtpClient) client = client_new(CAN_BDAT, FALSE);

		push_text(client, "a@x", "b@y", "one\r\n");
		push_text(client, "c@x", "d@y", "two\r\n");
		expect_output(client, first_two);
		input(client, "250 ok\r\n250 ok\r\n250 ok\r\n502 what\r\n");
		push_text(client, "e@x", "f@y", "");
		expect_output(client, "");
		input(client, "250 ok\r\n250 ok\r\n");
		expect_output(client, "");
		input(client, ends[i].answer);
		expect_output(client, ends[i].then);
	}
}

static void
test_await_rcpt(void)
{
	g_autoptr(RpSmtpClient) client = client_new(CAN_BDAT, TRUE);
	push_text(client, "a@x", "b@y", "one\r\n");
	g_assert_false(rp_smtp_client_wants_message(client));
	expect_output(client, "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\n");
	g_assert_false(rp_smtp_client_wants_message(client));
	input(client, "250 ok\r\n250 ok\r\n");
	g_assert_true(rp_smtp_client_wants_message(client));
	expect_output(client, "BDAT 5 LAST\r\none\r\n");
}

static void
push_put_off(RpSmtpClient *client, const char *sender, const char *text)
{
	const char *recipients[] = {"b@y", "c@y"};
	RpSmtpMessage message = {.sender = sender,
		.recipients = recipients,
		.n_recipients = 2,
		.size = (gint64)strlen(text),
		.await_rcpt = TRUE,
		.read = read_text,
		.source = (gpointer)text};

	g_assert_true(rp_smtp_client_push(client, &message));
}

/* What was put off before: content, and DATA, only when a recipient is accepted. */
static void
test_await_put_off(void)
{
	static const guint cans[] = {CAN_BDAT, CAN_PIPE};

	for (guint i = 0; i < G_N_ELEMENTS(cans); i++) {
		g_autoptr(RpSmtpClient) client = client_new(cans[i], FALSE);

		push_put_off(client, "a@x", "one\r\n");
		expect_output(client, "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\n");
		input(client, "250 ok\r\n450 later\r\n");
		expect_output(client, "");
		input(client, "250 ok\r\n");
		expect_output(client, i ? "DATA\r\n" : "BDAT 5 LAST\r\none\r\n");
		input(client, i ? "354 go\r\n" : "250 ok\r\n");
		expect_output(client, i ? "one\r\n.\r\n" : "");
		if (i)
			input(client, "250 ok\r\n");
		/* All refused: it is not sent. */
		push_put_off(client, "d@x", "two\r\n");
		expect_output(client, "MAIL FROM:<d@x>\r\nRCPT TO:<b@y>\r\nRCPT TO:<c@y>\r\n");
		input(client, "250 ok\r\n450 later\r\n450 later\r\n");
		push_text(client, "e@x", "f@y", "three\r\n");
		expect_output(client, i ? "RSET\r\nMAIL FROM:<e@x>\r\nRCPT TO:<f@y>\r\nDATA\r\n"
					: "RSET\r\nMAIL FROM:<e@x>\r\nRCPT TO:<f@y>\r\n");
	}
}

/* A refusal that comes while chunks go out saves the rest. */
static void
test_chunks_stop(void)
{
	RpSmtpCapabilities capabilities = {.can = CAN_BDAT};
	RpSmtpClientOptions options = {.pipelining = TRUE, .chunk_size = 20000};
	g_autoptr(RpSmtpClient) client = rp_smtp_client_new(&capabilities, &options);
	g_autofree char *text = g_strnfill(100000, 'x');
	push_text(client, "a@x", "b@y", text);
	push_text(client, "c@x", "d@y", "two\r\n");
	const guint8 *data = NULL;
	gsize size = rp_smtp_client_output(client, &data);
	rp_smtp_client_sent(client, size);
	input(client, "250 ok\r\n550 5.1.1 unknown\r\n");
	gsize total = size;
	g_autoptr(GString) last = g_string_new(NULL);
	while ((size = rp_smtp_client_output(client, &data)) > 0) {
		g_string_append_len(last, (const char *)data, (gssize)size);
		rp_smtp_client_sent(client, size);
		total += size;
	}
	g_assert_cmpuint(total, <, 41000);
	g_assert_nonnull(strstr(last->str, "xRSET\r\nMAIL FROM:<c@x>"));
}

/* ---- how far it is ---- */

static void
add_progress(gpointer message, const RpSmtpProgress *progress, gpointer user)
{
	g_string_append_printf(user, "%s %" G_GINT64_FORMAT "/%" G_GINT64_FORMAT "; ",
		rp_smtp_at_name(progress->at), progress->done, progress->total);
}

static void
expect_progress(const RpSmtpClient *client, guint64 missing, const char *want)
{
	g_autoptr(GString) got = g_string_new(NULL);

	rp_smtp_client_each_progress(
		client, rp_smtp_client_offset(client) - missing, add_progress, got);
	g_assert_cmpstr(got->str, ==, want);
}

/* What of the content is written and not there is not done, and nothing else is. */
static void
test_progress(void)
{
	g_autoptr(RpSmtpClient) client = client_new(CAN_PIPE, FALSE);
	g_autofree char *text = g_strnfill(100000, 'x');
	g_autofree char *want = NULL;
	const guint8 *data;
	guint64 commands;
	gsize size;

	push_text(client, "a@x", "b@y", text);
	push_text(client, "c@x", "d@y", "two\r\n");
	expect_progress(client, 0, "waiting 0/100000; waiting 0/5; ");
	expect_output(client, "MAIL FROM:<a@x>\r\nRCPT TO:<b@y>\r\nDATA\r\n");
	expect_progress(client, 0, "envelope 0/100000; waiting 0/5; ");
	input(client, "250 ok\r\n250 ok\r\n354 go on\r\n");
	commands = rp_smtp_client_offset(client);
	rp_smtp_client_output(client, &data);
	expect_progress(client, 0, "content 0/100000; waiting 0/5; ");
	rp_smtp_client_sent(client, 10000);
	expect_progress(client, 0, "content 10000/100000; waiting 0/5; ");
	expect_progress(client, 10000, "content 0/100000; waiting 0/5; ");
	expect_progress(client, 10000 + commands, "content 0/100000; waiting 0/5; ");
	while ((size = rp_smtp_client_output(client, &data)) > 0)
		rp_smtp_client_sent(client, size);
	expect_progress(client, 0, "answer 100000/100000; envelope 0/5; ");
	expect_progress(client, 40000, "content 60038/100000; envelope 0/5; ");
	input(client, "250 taken\r\n");
	expect_progress(client, 0, "envelope 0/5; ");
}

/* Contents and chunks whose ends meet the ends of buffers. */
static void
test_sizes(void)
{
	static const guint sizes[] = {16383, 16384, 16385, 32768, 65535, 65536, 65537, 196608};
	static const guint cans[] = {CAN_TURN, CAN_PIPE, CAN_BDAT};
	for (gsize i = 0; i < G_N_ELEMENTS(sizes) * G_N_ELEMENTS(cans); i++) {
		guint size = sizes[i / G_N_ELEMENTS(cans)];
		g_autofree char *text = g_strnfill(size - 2, 'x');
		g_autofree char *first = g_strdup_printf("s@a>r@b:%s\r\n", text);
		g_autofree char *second = g_strdup_printf("t@a>r@b:y%s\r\n", text);
		const char *mails[] = {first, second, NULL};
		for (gsize piece = 0; piece < 2; piece++) {
			Play play = play_defaults;
			play.can = cans[i % G_N_ELEMENTS(cans)];
			play.mails = mails;
			play.piece_out = piece ? 1000 : 0;
			play.impatient = TRUE;
			g_autofree char *got = smtp_play(&play, NULL);
			g_assert_cmpstr(got, ==, "accepted; accepted | quit");
		}
	}
}

static void
test_parameters(void)
{
	g_autoptr(RpSmtpClient) client = client_new(
		RP_SMTP_CAN_SIZE | RP_SMTP_CAN_8BITMIME | RP_SMTP_CAN_SMTPUTF8 | RP_SMTP_CAN_DSN,
		FALSE);
	const char *recipients[] = {"b@y", "c@y", "d@y"};
	const char *notify[] = {"delay, FAILURE\r\nRSET", "NEVER", NULL};
	const char *original[] = {NULL, "rfc822;c+tag@x=\r\n", "no type\r\nRSET;d@y"};
	RpSmtpMessage message = {.sender = "",
		.recipients = recipients,
		.n_recipients = 3,
		.size = 3,
		.needs_8bitmime = TRUE,
		.needs_smtputf8 = TRUE,
		.dsn_ret = "hdrs",
		.dsn_envid = "a=b+c d\r\nRSET",
		.dsn_notify = notify,
		.dsn_original = original,
		.read = read_text,
		.source = (gpointer) "x\r\n"};
	rp_smtp_client_push(client, &message);
	expect_output(client, "MAIL FROM:<> SIZE=3 BODY=8BITMIME SMTPUTF8 RET=HDRS "
			      "ENVID=a+3Db+2Bc+20d+0D+0ARSET\r\n");
	input(client, "250 ok\r\n");
	expect_output(client, "RCPT TO:<b@y> NOTIFY=DELAY\r\n");
	input(client, "250 ok\r\n");
	expect_output(client, "RCPT TO:<c@y> NOTIFY=NEVER ORCPT=rfc822;c+2Btag@x+3D+0D+0A\r\n");
	input(client, "250 ok\r\n");
	expect_output(client, "RCPT TO:<d@y>\r\n");
}

/* A server that does not know them hears nothing of them (RFC 3461 section 4). */
static void
test_no_dsn(void)
{
	g_autoptr(RpSmtpClient) client = client_new(RP_SMTP_CAN_SIZE, FALSE);
	const char *recipients[] = {"b@y"};
	const char *notify[] = {"NEVER"};
	const char *original[] = {"rfc822;c@x"};
	RpSmtpMessage message = {.sender = "a@x",
		.recipients = recipients,
		.n_recipients = 1,
		.size = 3,
		.dsn_ret = "FULL",
		.dsn_envid = "id",
		.dsn_notify = notify,
		.dsn_original = original,
		.read = read_text,
		.source = (gpointer) "x\r\n"};
	rp_smtp_client_push(client, &message);
	expect_output(client, "MAIL FROM:<a@x> SIZE=3\r\n");
	input(client, "250 ok\r\n");
	expect_output(client, "RCPT TO:<b@y>\r\n");
}

/* On the wire an address is as RFC 5321 has it, however it was stored. */
static void
test_addresses(void)
{
	static const char *const recipients[] = {"a..b@docomo.example", "\"c\"@d",
		"\"e f>\"@[192.0.2.1]",
		"h@b\xc3\xbc"
		"cher.example"};
	const RpSmtpMessage message = {.sender = "s.@docomo.example",
		.recipients = recipients,
		.n_recipients = G_N_ELEMENTS(recipients),
		.size = 1,
		.read = read_text,
		.source = (gpointer) "x"};
	const RpSmtpCapabilities capabilities = {.can = RP_SMTP_CAN_PIPELINING};
	const RpSmtpClientOptions options = {.pipelining = TRUE};
	g_autoptr(RpSmtpClient) client = rp_smtp_client_new(&capabilities, &options);

	g_assert_true(rp_smtp_client_push(client, &message));
	expect_output(client, "MAIL FROM:<\"s.\"@docomo.example>\r\n"
			      "RCPT TO:<\"a..b\"@docomo.example>\r\nRCPT TO:<c@d>\r\n"
			      "RCPT TO:<\"e f>\"@[192.0.2.1]>\r\n"
			      "RCPT TO:<h@xn--bcher-kva.example>\r\nDATA\r\n");
}

static void
test_unfit(void)
{
	static const struct {
		const char *sender;
		const char *recipient;
		guint can;
		gint64 size;
		gboolean eight;
		RpSmtpUnfit want;
		gboolean utf8, lines;
		guint conversion;
	} cases[] = {
		{"a@b", "c@d", 0, 10, FALSE, RP_SMTP_FIT},
		{"a@b", "c@d\r\nRCPT TO:<e@f>", 0, 10, FALSE, RP_SMTP_BAD_ADDRESS},
		{"a@b\nx", "c@d", 0, 10, FALSE, RP_SMTP_BAD_ADDRESS},
		{"a@b> SIZE=1", "c@d", 0, 10, FALSE, RP_SMTP_BAD_ADDRESS},
		{"a@b", "<c@d>", 0, 10, FALSE, RP_SMTP_BAD_ADDRESS},
		{"a@b", "c@d@e", 0, 10, FALSE, RP_SMTP_BAD_ADDRESS},
		{"a@b", "c@d/e", 0, 10, FALSE, RP_SMTP_BAD_ADDRESS},
		{"a@b", "", 0, 10, FALSE, RP_SMTP_BAD_ADDRESS},
		{"a@b", "\"a b\"@d", 0, 10, FALSE, RP_SMTP_FIT},
		{"a@b", "\"a\\\"> b\"@d", 0, 10, FALSE, RP_SMTP_FIT},
		{"a@b", "\"a\\", 0, 10, FALSE, RP_SMTP_BAD_ADDRESS},
		{"a@b", "\"a\\\r\"@d", 0, 10, FALSE, RP_SMTP_BAD_ADDRESS},
		{"a@b", "\"a", 0, 10, FALSE, RP_SMTP_BAD_ADDRESS},
		{"a@b", "\xff@d", RP_SMTP_CAN_SMTPUTF8, 10, FALSE, RP_SMTP_BAD_ADDRESS},
		{"a@b", "\xc3\xa9@d", 0, 10, FALSE, RP_SMTP_UTF8_ADDRESS},
		{"a@b", "\xc3\xa9@d", RP_SMTP_CAN_SMTPUTF8, 10, FALSE, RP_SMTP_FIT},
		{"a@b", "\xc3\xa9@d", 0, 10, TRUE, RP_SMTP_UTF8_ADDRESS, TRUE, TRUE, 0},
		{"a@b", "c@d", 0, 10, TRUE, RP_SMTP_NEEDS_8BITMIME, FALSE, FALSE, RP_CONVERT_8BIT},
		{"a@b", "c@d", RP_SMTP_CAN_8BITMIME, 10, TRUE, RP_SMTP_NEEDS_SMTPUTF8, TRUE, FALSE,
			RP_CONVERT_HEADER},
		{"a@b", "c@d", 0, 10, TRUE, RP_SMTP_NEEDS_SMTPUTF8, TRUE, TRUE,
			RP_CONVERT_HEADER | RP_CONVERT_8BIT | RP_CONVERT_LINES},
		{"a@b", "c@d", RP_SMTP_CAN_8BITMIME | RP_SMTP_CAN_SMTPUTF8, 10, TRUE,
			RP_SMTP_NEEDS_ENCODING, TRUE, TRUE, RP_CONVERT_HEADER | RP_CONVERT_LINES},
		{"a@b", "c@d", RP_SMTP_CAN_8BITMIME | RP_SMTP_CAN_SMTPUTF8, 10, TRUE, RP_SMTP_FIT,
			TRUE, FALSE, RP_CONVERT_HEADER},
		{"a@b", "\xc3\xa9@d", RP_SMTP_CAN_8BITMIME | RP_SMTP_CAN_SMTPUTF8, 10, TRUE,
			RP_SMTP_FIT, TRUE, FALSE, 0},
		{"a@b", "c@d", RP_SMTP_CAN_SIZE, 1001, FALSE, RP_SMTP_TOO_BIG},
		{"a@b", "c@d", RP_SMTP_CAN_SIZE, 1000, FALSE, RP_SMTP_FIT},
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		RpSmtpCapabilities capabilities = {.can = cases[i].can,
			.max_size = cases[i].can & RP_SMTP_CAN_SIZE ? 1000 : 0};
		RpSmtpClientOptions options = {.pipelining = TRUE};
		g_autoptr(RpSmtpClient) client = rp_smtp_client_new(&capabilities, &options);
		const char *recipients[] = {cases[i].recipient};
		RpSmtpMessage message = {.sender = cases[i].sender,
			.recipients = recipients,
			.n_recipients = 1,
			.size = cases[i].size,
			.needs_8bitmime = cases[i].eight,
			.needs_smtputf8 = cases[i].utf8,
			.needs_encoding = cases[i].lines,
			.read = read_text,
			.source = (gpointer) ""};
		g_assert_true(rp_smtp_client_push(client, &message));
		const RpSmtpEvent *event = rp_smtp_client_next_event(client);
		g_assert_cmpint(event ? event->message.unfit : RP_SMTP_FIT, ==, cases[i].want);
		if (event)
			g_assert_cmpint(event->message.recipients[0].outcome, ==, RP_SMTP_UNFIT);
		g_assert_cmpuint(rp_smtp_message_conversion(&message, &capabilities), ==,
			cases[i].conversion);
		g_assert_true(rp_smtp_client_wants_message(client) == (event != NULL));
	}
}

/* ---- content that fails, comes late ---- */

typedef struct {
	gssize result;
	guint calls;
} Source;

static gssize
read_source(gpointer data, gint64 offset, guint8 *buffer, gsize size)
{
	Source *source = data;
	if (source->calls++ == 0 && source->result != RP_SMTP_READ_LATER) {
		memset(buffer, 'y', 3);
		return 3;
	}
	if (source->result > 0)
		memset(buffer, 'z', (gsize)MIN((gsize)source->result, size));
	return source->result;
}

static RpSmtpClient *
client_with_source(guint can, Source *source)
{
	RpSmtpClient *client = client_new(can, FALSE);
	push_text(client, "a@x", "b@y", "one\r\n");
	const char *recipients[] = {"b@y"};
	RpSmtpMessage message = {.sender = "c@x",
		.recipients = recipients,
		.n_recipients = 1,
		.size = 10,
		.read = read_source,
		.source = source};
	g_assert_true(rp_smtp_client_push(client, &message));
	return client;
}

static const RpSmtpEvent *
drain_output(RpSmtpClient *client)
{
	const guint8 *data = NULL;
	gsize size;
	while ((size = rp_smtp_client_output(client, &data)) > 0)
		rp_smtp_client_sent(client, size);
	return rp_smtp_client_next_event(client);
}

static void
test_read_failed(void)
{
	for (guint k = 0; k < 2; k++) {
		Source source = {.result = k == 0 ? 0 : RP_SMTP_READ_FAILED};
		g_autoptr(RpSmtpClient) client = client_with_source(CAN_BDAT, &source);
		g_assert_null(drain_output(client));
		input(client, "250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n250 ok\r\n");
		const RpSmtpEvent *event = drain_output(client);
		g_assert_cmpint(event->message.recipients[0].outcome, ==, RP_SMTP_ACCEPTED);
		event = rp_smtp_client_next_event(client);
		g_assert_cmpint(event->message.recipients[0].outcome, ==, RP_SMTP_UNFIT);
		g_assert_cmpint(event->message.unfit, ==, RP_SMTP_READ_ERROR);
		event = rp_smtp_client_next_event(client);
		g_assert_cmpint(event->end, ==, RP_SMTP_END_LOCAL);
	}
}

static void
test_read_later(void)
{
	Source source = {.result = RP_SMTP_READ_LATER};
	g_autoptr(RpSmtpClient) client = client_with_source(CAN_BDAT, &source);
	g_assert_null(drain_output(client));
	expect_output(client, "");
	source.result = 10;
	rp_smtp_client_content_ready(client);
	expect_output(client, "zzzzzzzzzz");
}

/* ---- the line breaks ---- */

static void
test_lost(void)
{
	for (guint64 missing = 0; missing < 3; missing++) {
		g_autoptr(RpSmtpClient) client = client_new(CAN_BDAT, FALSE);
		push_text(client, "a@x", "b@y", "one\r\n");
		g_assert_null(drain_output(client));
		rp_smtp_client_lost(client, rp_smtp_client_offset(client) - missing);
		const RpSmtpEvent *event = rp_smtp_client_next_event(client);
		g_assert_cmpint(event->message.recipients[0].outcome, ==,
			missing == 0 ? RP_SMTP_IN_DOUBT : RP_SMTP_NOT_SENT);
		event = rp_smtp_client_next_event(client);
		g_assert_cmpint(event->end, ==, RP_SMTP_END_LOST);
		g_assert_null(rp_smtp_client_next_event(client));
		const char *recipients[] = {"b@y"};
		RpSmtpMessage message = {
			.sender = "c@x", .recipients = recipients, .n_recipients = 1};
		g_assert_false(rp_smtp_client_push(client, &message));
	}
}

/* The server closes, or says nothing any more, when so much was answered. */
static void
test_doubts(void)
{
	static const struct {
		guint can;
		const char *answered;
		RpSeen pipelining, chunking;
		RpSmtpOutcome outcome;
	} cases[] = {
		{CAN_PIPE, "", RP_SEEN_DOUBTED, RP_SEEN_UNTRIED, RP_SMTP_NOT_SENT},
		{CAN_PIPE, "250 ok\r\n", RP_SEEN_DOUBTED, RP_SEEN_UNTRIED, RP_SMTP_NOT_SENT},
		{CAN_PIPE, "250 ok\r\n250 ok\r\n", RP_SEEN_DOUBTED, RP_SEEN_UNTRIED,
			RP_SMTP_NOT_SENT},
		{CAN_PIPE, "250 ok\r\n250 ok\r\n354 go\r\n", RP_SEEN_WORKS, RP_SEEN_UNTRIED,
			RP_SMTP_IN_DOUBT},
		{CAN_BDAT, "", RP_SEEN_DOUBTED, RP_SEEN_UNTRIED, RP_SMTP_IN_DOUBT},
		{CAN_BDAT, "250 ok\r\n250 ok\r\n", RP_SEEN_UNTRIED, RP_SEEN_DOUBTED,
			RP_SMTP_IN_DOUBT},
		{CAN_TURN, "", RP_SEEN_UNTRIED, RP_SEEN_UNTRIED, RP_SMTP_NOT_SENT},
		{CAN_TURN, "250 ok\r\n", RP_SEEN_UNTRIED, RP_SEEN_UNTRIED, RP_SMTP_NOT_SENT},
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(RpSmtpClient) client = client_new(cases[i].can, FALSE);
		push_text(client, "a@x", "b@y", "one\r\n");
		drain_output(client);
		input(client, cases[i].answered);
		drain_output(client);
		rp_smtp_client_lost(client, rp_smtp_client_offset(client));
		g_test_message("case %" G_GSIZE_FORMAT, i);
		g_assert_cmpint(rp_smtp_client_pipelining(client), ==, cases[i].pipelining);
		g_assert_cmpint(rp_smtp_client_chunking(client), ==, cases[i].chunking);
		g_assert_cmpint(rp_smtp_client_next_event(client)->message.recipients[0].outcome,
			==, cases[i].outcome);
		g_assert_cmpint(rp_smtp_client_next_event(client)->end, ==, RP_SMTP_END_LOST);
	}
}

/* The server is silent: what it can't have comes back, what it may have is heard to its end, and
 * nothing is said behind that which others are to hear. */
static void
test_take_back(void)
{
	static const struct {
		guint can;
		guint n_back; /* of three */
		const char *said;
	} cases[] = {
		{CAN_PIPE, 2, ""},
		{CAN_BDAT, 0, "QUIT\r\n"},
		{CAN_TURN, 2, "QUIT\r\n"},
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(RpSmtpClient) client = client_new(cases[i].can, FALSE);
		g_test_message("case %" G_GSIZE_FORMAT, i);
		for (guint k = 0; k < 3; k++)
			push_text(client, "a@x", "b@y", "one\r\n");
		for (guint k = 0; k < 3 && cases[i].can != CAN_BDAT; k++) {
			g_assert_null(drain_output(client));
			input(client, k < 2 ? "250 ok\r\n" : "354 go\r\n");
		}
		g_assert_null(drain_output(client));
		g_assert_true(rp_smtp_client_any_in_doubt(client, rp_smtp_client_offset(client)));
		g_assert_false(rp_smtp_client_any_in_doubt(client, 1));
		rp_smtp_client_take_back(client);
		for (guint k = 0; k < cases[i].n_back; k++)
			g_assert_cmpint(
				rp_smtp_client_next_event(client)->message.recipients[0].outcome,
				==, RP_SMTP_NOT_SENT);
		expect_output(client, "");
		for (guint k = 0; cases[i].can == CAN_BDAT && k < 10; k++)
			input(client, "250 ok\r\n");
		input(client, *cases[i].said ? "250 taken\r\n" : "250 taken\r\n250 ok\r\n");
		for (guint k = cases[i].n_back; k < 3; k++)
			g_assert_cmpint(
				rp_smtp_client_next_event(client)->message.recipients[0].outcome,
				==, RP_SMTP_ACCEPTED);
		expect_output(client, cases[i].said);
		if (!*cases[i].said)
			g_assert_cmpint(
				rp_smtp_client_next_event(client)->end, ==, RP_SMTP_END_LOCAL);
	}
}

static void
test_give_up(void)
{
	g_autoptr(RpSmtpClient) client = client_new(CAN_PIPE, FALSE);

	push_text(client, "a@x", "b@y", "one\r\n");
	g_assert_null(drain_output(client));
	rp_smtp_client_give_up(client);
	g_assert_cmpint(rp_smtp_client_next_event(client)->message.recipients[0].outcome, ==,
		RP_SMTP_NOT_SENT);
	g_assert_cmpint(rp_smtp_client_next_event(client)->end, ==, RP_SMTP_END_LOST);
	g_assert_cmpint(rp_smtp_client_pipelining(client), ==, RP_SEEN_UNTRIED);
}

/* One whole, and of the next as much as is certain not to be taken, until a BDAT was answered, in
 * this session or beside it. */
static void
test_untried(void)
{
	for (guint trusted = 0; trusted < 2; trusted++) {
		const RpSmtpCapabilities capabilities = {.can = CAN_BDAT};
		const RpSmtpClientOptions options = {.pipelining = TRUE, .chunking_untried = TRUE};
		g_autoptr(RpSmtpClient) client = rp_smtp_client_new(&capabilities, &options);

		push_text(client, "a@x", "b@y", "one\r\n");
		drain_output(client);
		g_assert_true(rp_smtp_client_wants_message(client));
		push_text(client, "a@x", "b@y", "two\r\n");
		drain_output(client);
		g_assert_false(rp_smtp_client_wants_message(client));
		if (trusted) {
			rp_smtp_client_trust_chunking(client);
			g_assert_true(rp_smtp_client_wants_message(client));
			drain_output(client);
		}
		input(client, "250 ok\r\n250 ok\r\n250 ok\r\n");
		if (!trusted)
			g_assert_cmpint(rp_smtp_client_next_event(client)->kind, ==,
				RP_SMTP_EVENT_CHUNKING_WORKS);
		g_assert_cmpint(rp_smtp_client_next_event(client)->kind, ==, RP_SMTP_EVENT_MESSAGE);
		g_assert_true(rp_smtp_client_wants_message(client));
	}
}

/* All of it: it is little. */
static char *
take_output(RpSmtpClient *client)
{
	const guint8 *data = NULL;
	gsize size = rp_smtp_client_output(client, &data);
	char *taken = g_strndup((const char *)data, size);

	rp_smtp_client_sent(client, size);
	return taken;
}

/* Of a message that has room for it the first chunk is small, and its answer is enough: the next
 * ones need not wait for the message's own. */
static void
test_first_chunk(void)
{
	const RpSmtpCapabilities capabilities = {.can = CAN_BDAT};
	const RpSmtpClientOptions options = {.pipelining = TRUE, .chunking_untried = TRUE};
	g_autoptr(RpSmtpClient) client = rp_smtp_client_new(&capabilities, &options);
	g_autofree char *content = g_strnfill(2000, 'x');
	g_autofree char *sent = NULL, *next = NULL;

	push_text(client, "a@x", "b@y", content);
	sent = take_output(client);
	g_assert_nonnull(strstr(sent, "\r\nBDAT 512\r\nx"));
	g_assert_nonnull(strstr(sent, "xBDAT 1488 LAST\r\nx"));
	input(client, "250 ok\r\n250 ok\r\n");
	g_assert_null(rp_smtp_client_next_event(client));
	input(client, "250 ok\r\n");
	g_assert_cmpint(rp_smtp_client_next_event(client)->kind, ==, RP_SMTP_EVENT_CHUNKING_WORKS);
	g_assert_null(rp_smtp_client_next_event(client));
	g_assert_true(rp_smtp_client_wants_message(client));
	push_text(client, "a@x", "b@y", content);
	next = take_output(client);
	g_assert_nonnull(strstr(next, "\r\nBDAT 2000 LAST\r\nx"));
	input(client, "250 ok\r\n");
	g_assert_cmpint(rp_smtp_client_next_event(client)->kind, ==, RP_SMTP_EVENT_MESSAGE);
}

/* The next one goes ahead but for its end: wherever such a session breaks, one is in doubt. */
static void
test_untried_ahead(void)
{
	const RpSmtpCapabilities capabilities = {.can = CAN_BDAT};
	const RpSmtpClientOptions options = {.pipelining = TRUE, .chunking_untried = TRUE};
	g_autofree char *content = g_strnfill(2000, 'x');

	for (guint breaks = 0; breaks < 2; breaks++) {
		g_autoptr(RpSmtpClient) client = rp_smtp_client_new(&capabilities, &options);
		g_autofree char *sent = NULL, *last = NULL;

		push_text(client, "a@x", "b@y", content);
		push_text(client, "a@x", "b@y", content);
		sent = take_output(client);
		g_assert_nonnull(strstr(sent, "xBDAT 1488 LAST\r\nx"));
		g_assert_nonnull(strstr(sent, "xRSET\r\nMAIL "));
		g_assert_true(g_str_has_suffix(sent, "x"));
		g_assert_nonnull(strstr(sent, "\r\nBDAT 1936\r\nx"));
		if (breaks) {
			rp_smtp_client_lost(client, rp_smtp_client_offset(client));
			g_assert_cmpint(
				rp_smtp_client_next_event(client)->message.recipients[0].outcome,
				==, RP_SMTP_IN_DOUBT);
			g_assert_cmpint(
				rp_smtp_client_next_event(client)->message.recipients[0].outcome,
				==, RP_SMTP_NOT_SENT);
			continue;
		}
		input(client, "250 ok\r\n250 ok\r\n250 ok\r\n");
		last = take_output(client);
		g_assert_true(g_str_has_prefix(last, "BDAT 64 LAST\r\nx"));
	}
}

/* A 2xx that comes before the content is out is no acceptance: in the middle of a long one, and
 * while the dot is written but not yet taken by the connection. */
static void
test_early_replies(void)
{
	static const struct {
		const char *reply;
		guint size;
		RpSmtpOutcome want;
	} cases[] = {
		{"250 ok\r\n", 60000, RP_SMTP_NOT_SENT},
		{"552 too big\r\n", 60000, RP_SMTP_REFUSED},
		{"250 ok\r\n", 2000, RP_SMTP_NOT_SENT},
		{"552 too big\r\n", 2000, RP_SMTP_REFUSED},
	};
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *text = g_strnfill(cases[i].size, 'x');
		g_autoptr(RpSmtpClient) client = client_new(CAN_TURN, FALSE);
		push_text(client, "a@x", "b@y", text);
		for (guint k = 0; k < 3; k++) {
			drain_output(client);
			input(client, k < 2 ? "250 ok\r\n" : "354 go\r\n");
		}
		const guint8 *data = NULL;
		rp_smtp_client_sent(client, MIN(rp_smtp_client_output(client, &data), 1000));
		input(client, cases[i].reply);
		const RpSmtpEvent *event = rp_smtp_client_next_event(client);
		g_assert_cmpint(event->message.recipients[0].outcome, ==, cases[i].want);
		g_assert_cmpint(rp_smtp_client_next_event(client)->end, ==, RP_SMTP_END_PROTOCOL);
	}
}

static void
test_idle_421(void)
{
	g_autoptr(RpSmtpClient) client = client_new(CAN_PIPE, FALSE);
	input(client, "421 4.4.2 idle too long\r\n");
	const RpSmtpEvent *event = rp_smtp_client_next_event(client);
	g_assert_cmpint(event->end, ==, RP_SMTP_END_421);
	g_assert_cmpstr(event->reply->text, ==, "4.4.2 idle too long");
	g_assert_false(rp_smtp_client_wants_message(client));
}

static void
test_capabilities(void)
{
	RpSmtpCapabilities capabilities = {0};
	static const char *const lines[] = {"250-mail.odn.example\r\n", "250-pipelining\r\n",
		"250-SIZE 10240000\r\n", "250-8BITMIME", "250-X-UNKNOWN",
		"250-AUTH PLAIN LOGIN\r\n", "250 CHUNKING\r\n", "220 DSN", "250",
		"250-LIMITS mailmax=20 RCPTMAX=1000\tRCPTDOMAINMAX=1 X NEXT=",
		"250-limits RCPTMAX=0 MAILMAX=12345678 MAILMAX=-1 MAILMAX"};
	for (gsize i = 0; i < G_N_ELEMENTS(lines); i++)
		rp_smtp_capabilities_add_line(&capabilities, lines[i], strlen(lines[i]));
	g_assert_cmpuint(capabilities.can, ==,
		RP_SMTP_CAN_PIPELINING | RP_SMTP_CAN_SIZE | RP_SMTP_CAN_8BITMIME |
			RP_SMTP_CAN_AUTH | RP_SMTP_CAN_CHUNKING);
	g_assert_cmpint(capabilities.max_size, ==, 10240000);
	g_assert_cmpuint(capabilities.max_messages, ==, 20);
	g_assert_cmpuint(capabilities.max_recipients, ==, 1000);
	g_assert_cmpuint(capabilities.max_domains, ==, 1);
	/* said twice */
	rp_smtp_capabilities_add_line(&capabilities, "250-LIMITS MAILMAX=5 MAILMAX=30", 31);
	g_assert_cmpuint(capabilities.max_messages, ==, 5);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/smtp-client/transcript/%s", rows[i].name);
		g_test_add_data_func(path, &rows[i], test_row);
	}
	for (gsize i = 0; i < G_N_ELEMENTS(limit_rows); i++) {
		g_autofree char *path =
			g_strdup_printf("/smtp-client/limits/%s", limit_rows[i].name);
		g_test_add_data_func(path, &limit_rows[i], test_limits);
	}
	g_test_add_func("/smtp-client/progress", test_progress);
	g_test_add_func("/smtp-client/each-reply", test_each_reply);
	g_test_add_func("/smtp-client/groups", test_groups);
	g_test_add_func("/smtp-client/let-in", test_let_in);
	g_test_add_func("/smtp-client/content-group", test_content_group);
	g_test_add_func("/smtp-client/content-alone", test_content_alone);
	g_test_add_func("/smtp-client/top-up", test_top_up);
	g_test_add_func("/smtp-client/top-up-little", test_top_up_little);
	g_test_add_func("/smtp-client/chunks", test_chunks);
	g_test_add_func("/smtp-client/without-rset", test_without_rset);
	g_test_add_func("/smtp-client/taken-twice", test_taken_twice);
	g_test_add_func("/smtp-client/await-rcpt", test_await_rcpt);
	g_test_add_func("/smtp-client/await-put-off", test_await_put_off);
	g_test_add_func("/smtp-client/chunks-stop", test_chunks_stop);
	g_test_add_func("/smtp-client/sizes", test_sizes);
	g_test_add_func("/smtp-client/parameters", test_parameters);
	g_test_add_func("/smtp-client/no-dsn", test_no_dsn);
	g_test_add_func("/smtp-client/addresses", test_addresses);
	g_test_add_func("/smtp-client/unfit", test_unfit);
	g_test_add_func("/smtp-client/read-failed", test_read_failed);
	g_test_add_func("/smtp-client/read-later", test_read_later);
	g_test_add_func("/smtp-client/lost", test_lost);
	g_test_add_func("/smtp-client/untried", test_untried);
	g_test_add_func("/smtp-client/first-chunk", test_first_chunk);
	g_test_add_func("/smtp-client/untried-ahead", test_untried_ahead);
	g_test_add_func("/smtp-client/doubts", test_doubts);
	g_test_add_func("/smtp-client/take-back", test_take_back);
	g_test_add_func("/smtp-client/give-up", test_give_up);
	g_test_add_func("/smtp-client/early-replies", test_early_replies);
	g_test_add_func("/smtp-client/idle-421", test_idle_421);
	g_test_add_func("/smtp-client/capabilities", test_capabilities);
	return g_test_run();
}
