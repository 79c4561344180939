/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/pace.h"

/* Shared by pace.c (what happens), pace-measure.c (what it says of line and server) and
 * pace-decide.c (what to do). */

/* The median of so many says what a message takes. */
#define PACE_TURNS 9
#define PACE_HINTS 3

typedef struct {
	gint64 turns[PACE_TURNS];
	guint n, at;
} RpPaceTurns;

typedef struct {
	gint64 octets;
	gint64 at; /* given */
} RpPaceMessage;

struct RpPaceSession {
	RpPace *pace;
	gpointer owner;
	gint64 begun_at;
	gboolean up;
	gboolean could_take;
	gboolean streams;
	guint n_given, n_answered, n_taken;
	GQueue given;       /* of RpPaceMessage: not answered */
	gint64 answered_at; /* the last answer; 0: none */
	guint64 arrived;    /* then: up to where octets were acknowledged */
	RpPaceLine line;
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

	/* the server */
	RpPaceTurns turns;   /* of messages that had arrived when the one before was answered */
	RpPaceTurns guesses; /* of others: with what the line took */
	gint64 least;        /* the shortest that is usual */
	guint limit;         /* connections; 0: none was seen */
	guint limit_before;  /* the same, when the first of these sessions was begun */
	guint hints[PACE_HINTS];
	guint n_hints, hint_at;
	guint n_hints_before; /* when the first of these sessions was begun */
	guint n_spent;        /* sessions in a row that ended by them */

	/* since the last session came up */
	guint level_answers;
	guint level_waited; /* of these: waited for the server */
	gint64 level_span;  /* between the answers of a session, summed up */
	gboolean was_limit; /* the server was, before that */

	guint target;
	guint n_answers;
};

/* ---- pace-measure.c ---- */

void rp_pace_turns_add(RpPaceTurns *turns, gint64 turn);
/* 0: none. */
gint64 rp_pace_turns_median(const RpPaceTurns *turns);
/* What a message waits for beside the line; *sure: it was seen, not guessed. */
gint64 rp_pace_turn(const RpPace *pace, gboolean *sure);
void rp_pace_measure_answer(
	RpPaceSession *session, const RpPaceMessage *message, gint64 now, guint64 end);
void rp_pace_measure_line(RpPace *pace, gint64 now);
/* What of a session's set-up falls to a message, where the server limits their number. */
gint64 rp_pace_set_up_each(const RpPace *pace);
/* That is more than what the message itself takes. */
gboolean rp_pace_sets_up_often(const RpPace *pace);
/* A session came up: what is measured now is of so many. */
void rp_pace_begin_level(RpPace *pace);
/* Octets wait on it, and it carries about as much as it ever did. */
gboolean rp_pace_line_is_full(const RpPace *pace);
/* The server, not the line, is what the last answers waited for. */
gboolean rp_pace_server_is_limit(const RpPace *pace);
/* And more sessions do more: it does not serve them in turn. */
gboolean rp_pace_scales(const RpPace *pace);
