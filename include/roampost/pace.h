/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"

/* The concurrency controller: how many SMTP sessions a queue goes through, and how much lies ahead
 * in each. It is told what happens and says what to do; it does no I/O and reads no clock: every
 * time is an argument, in microseconds, and never goes back.
 *
 * Three things are measured apart. The line: its round trip, what it carries, whether octets wait
 * or are lost on it. The server: what an answer waits for beside the line, how many connections it
 * lets us have, how many messages it takes in one of them. And what is left. Nothing is settled for
 * good: each answer is another measurement. */

typedef struct RpPace RpPace;
typedef struct RpPaceSession RpPaceSession;

/* `connections=auto`: so many at most, and no more than the second (on a line with a long round
 * trip the third) unless answers show that the server, not the line, is what is waited for; or that
 * none comes, though all that was sent has arrived; or where each message waits for round trips of
 * its own. */
#define RP_PACE_MOST 20
#define RP_PACE_MOST_UNPROVEN 4
#define RP_PACE_MOST_LONG_LINE 15

/* What is there to do. */
typedef struct {
	guint n;       /* messages that no session has */
	gint64 octets; /* of these, as far as is known */
	guint most;    /* sessions that the configuration allows; 0: it leaves it to us */
	gboolean slow; /* the line is known to carry little (a modem): one session fills it */
} RpPaceWork;

/* What TCP knows of a session's line; zeroes where it is not known. */
typedef struct {
	gint64 rtt;            /* the shortest */
	gint64 rtt_now;        /* smoothed: longer where octets wait on the line */
	guint64 arrived;       /* octets that are known to have arrived, since the session is up */
	guint64 unarrived;     /* octets that are not, of those that it was given */
	guint64 window;        /* octets that TCP would have on their way */
	guint64 rate;          /* octets a second, as they were last seen acknowledged */
	guint64 retransmitted; /* octets */
	gint64 at;             /* when that was so; 0: not known */
	gint64 quiet;          /* since octets went out or an answer came */
	gint64 waited;         /* so long an answer was waited for, at the longest */
} RpPaceLine;

typedef enum {
	RP_PACE_DONE,  /* in order, by our will */
	RP_PACE_LIMIT, /* the server closed it after it had taken messages: it wants no more in one
			  session */
	RP_PACE_REFUSED, /* it was turned away: so many as there are beside it the server lets us
			    have; unless those come to nothing too */
	RP_PACE_TOLD,    /* the same, in the server's words: whatever the line does, it stands */
	RP_PACE_UNHEARD, /* it ended without a word, and of several messages none was answered: the
			    server may take fewer, and its answers were thrown away */
	RP_PACE_CUT,     /* the only one ended without a word, and was not waited for: the line
			    broke, or, where the next one ends at the same number of messages, it is
			    the server's limit */
	RP_PACE_SILENT,  /* see rp_pace_find_silent() */
	RP_PACE_LOST,    /* the line broke. Where it did so for all of them, those that went before
			    were no refusals either */
} RpPaceEnd;

RpPace *rp_pace_new(void);
/* Its sessions are closed before. NULL is fine. */
void rp_pace_free(RpPace *pace);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpPace, rp_pace_free)
/* Another place: what was learned counts no more. */
void rp_pace_forget(RpPace *pace);
/* What is worth keeping of this line and server for a later visit, in one line; NULL: nothing has
 * been answered since the begin, or since it was recalled. A limit of connections is kept for one
 * visit: the one after it sees whether it still holds. Free with g_free. */
char *rp_pace_memory(const RpPace *pace);
/* Whether the second says something else than the first, beyond what varies from day to day. */
gboolean rp_pace_memory_is_news(const char *before, const char *now);
/* Begins with that, before the first session. FALSE: it can't be read, or is not the first; nothing
 * has changed. */
gboolean rp_pace_recall(RpPace *pace, const char *memory);

/* ---- what happens ---- */

/* A connection is begun. Lives until rp_pace_closed(). `owner` comes back from rp_pace_owner(). */
RpPaceSession *rp_pace_begun(RpPace *pace, gint64 now, gpointer owner);
/* This one's connection was made before there was anybody for it: others that are begun together
 * with it are behind. */
void rp_pace_prepared(RpPaceSession *session);
/* The server's address has answered. */
void rp_pace_reached(RpPaceSession *session, gint64 rtt);
/* EHLO and its answer, of so many octets, took so long: of the first that comes up. */
void rp_pace_greeted(RpPaceSession *session, gint64 took, guint octets);
/* It takes messages. `trips`: round trips that each of them waits for, behind the one before it; 0:
 * none, they are handed over without waiting for answers (PIPELINING and CHUNKING). */
void rp_pace_ready(RpPaceSession *session, gint64 now, guint trips);
/* The server says that it takes so many messages in a session; 0: it says nothing of it. Of each
 * that comes up: the last one's word counts. */
void rp_pace_told_messages(RpPace *pace, guint most);
/* It could take a message, until it is given one; FALSE: it takes none any more. */
void rp_pace_could_take(RpPaceSession *session, gboolean could);
/* A message was handed to it. */
void rp_pace_given(RpPaceSession *session, gint64 now, gint64 octets);
/* What TCP knows: of each session, before an answer is told, and before who is silent is asked. */
void rp_pace_line(RpPaceSession *session, const RpPaceLine *line);
/* The oldest one that was handed over has its answer. `end`: where its octets ended in the session,
 * `arrived`: up to where they are acknowledged now; `taken`: by the server. */
void rp_pace_answered(
	RpPaceSession *session, gint64 now, guint64 end, guint64 arrived, gboolean taken);
/* Time has passed, and rp_pace_line() was told: what has arrived and has no answer says how long
 * the server takes, at the least. At rp_pace_look_at(), and whenever. */
void rp_pace_waited(RpPace *pace, gint64 now);
/* The newest one comes back without an answer. */
void rp_pace_taken_back(RpPaceSession *session);
/* Frees it. What it had and was not answered is not its any more. */
void rp_pace_closed(RpPaceSession *session, RpPaceEnd end);

/* ---- what to do ---- */

/* When rp_pace_waited() says more than now; 0: never. */
gint64 rp_pace_look_at(const RpPace *pace);
/* Sessions that there should be now, those that are coming up counted. Nobody knows the line before
 * a connection is begun: as many as are worth it on most lines are begun at once, so that none
 * waits for the round trip of another. Fewer than there are: of those without a message as many may
 * go (rp_pace_is_idle). Never so while messages wait, but where the line turns out to be a modem's.
 */
guint rp_pace_wanted(RpPace *pace, const RpPaceWork *work);
/* The session that the next message goes to, or NULL: none should have one now. */
RpPaceSession *rp_pace_choose(const RpPace *pace, const RpPaceWork *work);
/* It may have one now. */
gboolean rp_pace_may_take(const RpPaceSession *session, const RpPaceWork *work);
gpointer rp_pace_owner(const RpPaceSession *session);
/* It has had as many as its server takes in a session: to be ended in order. */
gboolean rp_pace_is_spent(const RpPaceSession *session);
/* It has taken as many messages as the server does, as far as is known, or as the one did that
 * ended before it, and was given more: where it ends so, that is no fault of the line's. */
gboolean rp_pace_is_at_limit(const RpPaceSession *session);
/* It was given several messages, and has answered none. */
gboolean rp_pace_is_unheard(const RpPaceSession *session);
/* It is up and nothing in it waits for an answer. */
gboolean rp_pace_is_idle(const RpPaceSession *session);

/* ---- who is silent ---- */

/* Behind one name there may be several hosts, and one of them may hang while the others serve: one
 * that owes answers, and has been silent for half a minute and five times as long as any answer
 * took, though others were heard since; or, where that was seen here, though it is alone. Of a
 * server that is as slow to all there is none. So does one that does not come up, for 40 s and five
 * times as long as others took for it, where those were answered since and none of them is left. It
 * is to be closed as RP_PACE_SILENT. NULL: there is none. */
RpPaceSession *rp_pace_find_silent(RpPace *pace, gint64 now);
/* It is not closed, for reasons of its owner's, and is none until somebody is heard. */
void rp_pace_excuse(RpPaceSession *session);
/* Where none has come up, and none comes further: so many there should be by now, that another host
 * is asked beside those that say nothing; 0: that is not so. At rp_pace_silent_at() they change. */
guint rp_pace_beside(const RpPace *pace);
/* When the next one may be; 0: never. */
gint64 rp_pace_silent_at(const RpPace *pace);

/* None of them is answered, those that are up included, for as long: another of the server's
 * addresses is to be asked. When; 0: never, or it was, and nothing was answered since. `full`:
 * there may be no more sessions; else where none is up one is begun beside them. */
gint64 rp_pace_elsewhere_at(const RpPace *pace, gboolean full);
/* It is time: it is asked now. FALSE: not yet; there is nothing to gain by it, or what was sent has
 * not arrived, and it is the line that hangs. */
gboolean rp_pace_asks_elsewhere(RpPace *pace, gint64 now, gboolean gains);
/* It has answered: those that hang are silent while others are answered. */
void rp_pace_heard_elsewhere(RpPace *pace, gint64 now);

/* ---- what is known ---- */

/* The line's round trip in microseconds, and what it was seen to carry, in octets a second; 0: not
 * known. */
gint64 rp_pace_rtt(const RpPace *pace);
guint64 rp_pace_rate(const RpPace *pace);
/* Microseconds that the server takes for a message; 0: not known. */
gint64 rp_pace_server_time(const RpPace *pace);
/* Messages that the server takes in a session; 0: no limit was seen. */
guint rp_pace_messages_each(const RpPace *pace);
