/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/pace.h"

/* Shared by pace.c (what happens), pace-line.c and pace-measure.c (what it says of line and
 * server), pace-width.c (how many sessions), pace-choose.c (which one a message goes to),
 * pace-silence.c (which one hangs) and pace-memory.c (what is kept of it). */

/* The median of so many says what a message takes. */
#define PACE_TURNS 9
#define PACE_HINTS 3
/* A round trip from which on a line is long: a satellite's, or a telephone's of the first kind. */
#define PACE_LONG_LINE (300 * G_TIME_SPAN_MILLISECOND)
/* A line that carries less, in octets a millisecond, is thin: twice a modem's. */
#define PACE_THIN 16

/* From this round trip on a line may be a modem's: it has no room for four handshakes and four
 * times what TCP begins with. The first session shows whether it is. */
#define PACE_MAY_BE_THIN (150 * G_TIME_SPAN_MILLISECOND)

/* What TCP begins with. */
#define PACE_WINDOW_FIRST 14600
/* Round trips that no session is begun for. */
#define PACE_SHORT_TRIP (50 * G_TIME_SPAN_MILLISECOND)

typedef struct {
	gint64 time;
	gboolean seen; /* the server's; else no more than that it took */
} RpPaceTurn;

typedef struct {
	RpPaceTurn turns[PACE_TURNS];
	guint n, at;
} RpPaceTurns;

typedef struct {
	gint64 octets;
	gint64 at; /* given */
} RpPaceMessage;

/* Of sessions that were begun together. */
typedef struct {
	guint n;     /* addresses that have answered */
	double rate; /* octets a microsecond that they show; 0: they don't */
} RpPaceHandshakes;

struct RpPaceSession {
	RpPace *pace;
	gpointer owner;
	gint64 begun_at;
	gboolean is_first; /* prepared; or none was, nor reached, when it was begun */
	gboolean reached;  /* the server's address has answered */
	gint64 handshake;  /* in so long */
	gboolean up;
	gboolean could_take;
	gboolean streams;
	guint n_given, n_answered, n_taken;
	GQueue given;       /* of RpPaceMessage: not answered */
	gint64 answered_at; /* the first of the last answers that came together; 0: none */
	guint64 arrived;    /* then: up to where octets were acknowledged */
	guint n_bundle;     /* that came together */
	guint n_bundles;
	gint64 answered_before_at;                   /* the same of those before; 0: none */
	guint64 arrived_before, arrived_long_before; /* and of those before them */
	RpPaceLine line;
	guint64 given_since; /* octets, since the line was told */
	guint64 given_since_answer;
	gboolean stuck;   /* what it has is sent again and again */
	gboolean had_all; /* the server, of what it was given first, and more was given later */
	gint64 quiet_at;  /* seen first: all of it had arrived; 0: it has not */
	guint64 quiet_arrived;
	gint64 heard_at;  /* octets went out or an answer came; or it was given what it owes */
	gboolean excused; /* it is silent, and is not left for that, until somebody else is heard */
	gint64 excused_at; /* when somebody was, the last time */
};

struct RpPace {
	GPtrArray *sessions; /* of RpPaceSession */

	/* the line */
	gint64 rtt;
	gint64 set_up; /* from a connection's begin until it takes messages */
	gint64 sample_at;
	guint64 carried,
		sample_carried; /* octets acknowledged, by all sessions ever; at sample_at */
	double rate;            /* octets a microsecond: the best that was seen */
	double rate_now;
	guint64 retransmitted, sample_retransmitted;
	gboolean waits; /* octets wait on the line */
	gboolean loses; /* octets are lost on it */
	gboolean thin;  /* EHLO took long on it */
	RpPaceHandshakes handshakes;
	guint n_reached; /* connections that it did for, since the first of these was begun */

	/* the server */
	RpPaceTurns turns;  /* of the last messages */
	gint64 least;       /* the shortest that is usual */
	guint limit;        /* connections; 0: none was seen */
	guint limit_before; /* the same, when the first of these sessions was begun */
	guint limit_told;   /* since then, in words; 0: none */
	guint hints[PACE_HINTS];
	guint n_hints, hint_at;
	guint n_hints_before; /* when the first of these sessions was begun */
	gboolean told;        /* they are what the server says */
	guint n_spent;        /* sessions in a row that ended by them */
	guint proven;         /* messages that it answered in one session, at the most */
	guint doubted;        /* given to one that ended: how many of them it takes is not known */
	guint cut_at; /* messages that the last one had taken whose end may be a limit; 0: none */
	guint n_waiting; /* messages that no session has, when it was last asked */

	/* before anything was answered */
	guint share_first, share_late; /* of the messages, on a long line; 0: the same for all */
	gint64 silent; /* the server takes so long at the least; 0: it may take no time */
	gint64 look_at, look_span;
	guint64 look_carried; /* when it was looked at */
	guint most_silent;    /* sessions that this is reason for */

	/* since the last session came up */
	guint level_answers;
	guint level_waited; /* of these: waited for the server */
	gint64 level_span;  /* between the answers of a session, summed up */
	gboolean was_limit; /* the server was, before that */

	gboolean any_up;       /* of these sessions, ever */
	gboolean any_prepared; /* likewise */
	gboolean again; /* the server was what was waited for, when these sessions were begun */
	guint target;
	guint n_answers;
	guint n_answers_before; /* when the first of these sessions was begun */

	/* who hangs */
	gint64 heard_at;           /* an answer to a message */
	RpPaceSession *heard_from; /* it was this one's; NULL: it is over */
	gint64 waited;             /* for an answer, since the first of these was begun */
	gboolean hosts_differ;     /* one hung, while others were heard */
	guint n_alone;             /* that hung with nobody beside them, since an answer */
	guint beside;     /* sessions, as none has come up for long; 0: as many as there are */
	guint n_beside;   /* times that it was so, since the first of these was begun */
	gint64 beside_at; /* the last time */

	gint64 waited_before;     /* for an answer, by those before; less with each time */
	gboolean heard_elsewhere; /* `heard_at` is of another address, which was asked */
	gboolean asked_elsewhere; /* it was, and nothing was answered since */
	gint64 elsewhere_from;    /* not before */

	gboolean recalled;       /* all of it is of an earlier visit: nothing has been answered */
	gboolean limit_recalled; /* the connections are */
};

/* ---- pace-line.c ---- */

guint rp_pace_count_up(const RpPace *pace);
/* Messages are given to it without waiting for answers. */
gboolean rp_pace_streams(const RpPace *pace);
/* A message is given: what is acknowledged is seen from a round trip later on. */
void rp_pace_begin_sample(RpPace *pace, gint64 now);
void rp_pace_measure_line(RpPace *pace, gint64 now);
/* Octets wait on it: round trips are longer than the way is. */
gboolean rp_pace_line_is_waited_on(const RpPace *pace);
/* One of those that were begun first has come: over a thin line they do so one by one, each as much
 * later than the one before it. */
void rp_pace_note_handshakes(RpPace *pace);
/* Little goes over it: EHLO took its time, and handshakes, if there are several, came one by one.
 */
gboolean rp_pace_looks_thin(const RpPace *pace);
/* Octets that are not known to have arrived; and with those that were handed over since. */
double rp_pace_octets_on_line(const RpPace *pace);
double rp_pace_octets_given(const RpPace *pace);
/* Octets wait on it, and so many that it has enough to do until well after the next answer. */
gboolean rp_pace_line_has_enough(const RpPace *pace);
gboolean rp_pace_line_is_supplied(const RpPace *pace);
/* Octets wait on it, and it carries about as much as it ever did. */
gboolean rp_pace_line_is_full(const RpPace *pace);
/* The round trip is not long, and little goes over it, or may do so as nobody has seen it. */
gboolean rp_pace_line_is_thin(const RpPace *pace);
/* The round trip is long and little goes over it: connections that were begun together came one
 * after the other, and the greeting took its time. */
gboolean rp_pace_is_long_and_thin(const RpPace *pace);

/* ---- pace-measure.c ---- */

/* What a message waits for beside the line; *sure: it was seen, not guessed. */
gint64 rp_pace_turn(const RpPace *pace, gboolean *sure);
/* What a message took of the server. */
void rp_pace_note_turn(RpPace *pace, gint64 turn, gboolean seen);
/* `end`: of the message's octets, `arrived`: up to where they are acknowledged now. */
void rp_pace_measure_answer(RpPaceSession *session, const RpPaceMessage *message, gint64 now,
	guint64 end, guint64 arrived);
/* Nothing has been answered, and each message will wait for round trips of its own. */
void rp_pace_expect_round_trips(RpPace *pace, guint trips);
/* A message is given: from when on its missing answer says something. */
void rp_pace_begin_look(RpPace *pace, gint64 now);
/* From so many on each message of a session has to be alone: once was seen that the server takes no
 * more; 0: never. */
guint rp_pace_messages_careful(const RpPace *pace);
/* What of a session's set-up falls to a message, where the server limits their number. */
gint64 rp_pace_set_up_each(const RpPace *pace);
/* That is more than what the message itself takes. */
gboolean rp_pace_sets_up_often(const RpPace *pace);
/* A session came up: what is measured now is of so many. */
void rp_pace_begin_level(RpPace *pace);
/* The server, not the line, is what the last answers waited for. */
gboolean rp_pace_server_is_limit(const RpPace *pace);
/* And more sessions do more: it does not serve them in turn. */
gboolean rp_pace_scales(const RpPace *pace);
/* The line looked thin when the server greeted, and carries no more since; the server is not known
 * to be what is waited for. */
gboolean rp_pace_line_is_slow(const RpPace *pace);
/* Such a line, or one that nobody has seen, goes on with what it was given. */
gboolean rp_pace_thin_line_has_enough(const RpPace *pace);

/* ---- pace-width.c ---- */

/* What has no answer yet, handed over or not. */
typedef struct {
	guint n;
	double octets;
} RpPaceLeft;

RpPaceLeft rp_pace_count_left(const RpPace *pace, const RpPaceWork *work);
/* On a thin line one session has all, before anything is answered; but where each message waits for
 * round trips there is something to do for the others soon. */
gboolean rp_pace_is_superfluous(const RpPaceSession *session);

/* ---- pace-silence.c ---- */

void rp_pace_hear_line(RpPaceSession *session, const RpPaceLine *line);
void rp_pace_hear_begin(RpPace *pace);
void rp_pace_hear_answer(RpPaceSession *session, gint64 now);
void rp_pace_hear_end(const RpPaceSession *session, RpPaceEnd end);

/* ---- pace-begin.c ---- */

/* Messages that lie in a session of a long line before anything was answered. */
guint rp_pace_ahead_unanswered(const RpPaceLeft *left);
/* Sessions for what is left, where so many at the least are begun before the round trip is known.
 */
guint rp_pace_begin_on_long_line(RpPace *pace, const RpPaceLeft *left, guint least);
/* Messages that it may have had, as long as others have not had theirs; 0: the same as they. */
guint rp_pace_share_at_beginning(const RpPaceSession *session);
