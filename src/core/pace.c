/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pace-private.h"

/* The concurrency controller: what happens to its sessions. What that says of line and server is
 * in pace-measure.c, what follows from it in pace-width.c and pace-choose.c. */

/* Sessions in a row that end by the hint of how many messages there may be. */
#define SPENT_MOST 8
/* What EHLO and its answer have beside the answer's octets, and more than a connection's begin. */
#define GREETING 40

RpPace *
rp_pace_new(void)
{
	RpPace *pace = g_new0(RpPace, 1);

	pace->sessions = g_ptr_array_new();
	return pace;
}

void
rp_pace_free(RpPace *pace)
{
	if (!pace)
		return;
	g_ptr_array_unref(pace->sessions);
	g_free(pace);
}

void
rp_pace_forget(RpPace *pace)
{
	RpPace fresh = {.sessions = pace->sessions};

	*pace = fresh;
}

/* A line that breaks for all of its sessions says nothing of the server. */
static void
begin(RpPace *pace)
{
	pace->limit_before = pace->limit;
	pace->limit_told = 0;
	pace->n_hints_before = pace->n_hints;
	pace->n_answers_before = pace->n_answers;
	pace->any_up = FALSE;
	pace->again = pace->n_answers && rp_pace_server_is_limit(pace) && rp_pace_scales(pace);
	pace->sample_at = 0;
	pace->silent = pace->look_at = 0;
	pace->handshakes = (RpPaceHandshakes){0};
	pace->n_reached = 0;
	pace->most_silent = 0;
	pace->share_first = pace->share_late = 0;
	pace->any_prepared = FALSE;
	pace->waited_before = MAX(pace->waited, pace->waited_before / 2);
	pace->waited = 0;
	pace->asked_elsewhere = FALSE;
	pace->elsewhere_from = 0;
	pace->beside = pace->n_beside = 0;
	pace->beside_at = 0;
}

RpPaceSession *
rp_pace_begun(RpPace *pace, gint64 now, gpointer owner)
{
	RpPaceSession *session = g_new0(RpPaceSession, 1);

	if (!pace->sessions->len)
		begin(pace);
	session->pace = pace;
	session->owner = owner;
	session->begun_at = now;
	session->is_first = !pace->n_reached && !pace->any_prepared;
	g_queue_init(&session->given);
	g_ptr_array_add(pace->sessions, session);
	rp_pace_hear_begin(pace);
	return session;
}

void
rp_pace_prepared(RpPaceSession *session)
{
	session->pace->any_prepared = session->is_first = TRUE;
}

void
rp_pace_reached(RpPaceSession *session, gint64 rtt)
{
	RpPace *pace = session->pace;

	if (rtt > 0)
		pace->rtt = pace->rtt ? MIN(pace->rtt, rtt) : rtt;
	if (session->up || session->reached)
		return;
	session->reached = TRUE;
	session->handshake = rtt;
	pace->n_reached++;
	if (session->is_first)
		rp_pace_note_handshakes(pace);
}

void
rp_pace_greeted(RpPaceSession *session, gint64 took, guint octets)
{
	RpPace *pace = session->pace;
	gint64 on_line = (gint64)(octets + GREETING) * G_TIME_SPAN_MILLISECOND / PACE_THIN;

	pace->thin = took > 0 && pace->rtt > 0 && took - pace->rtt > on_line;
}

void
rp_pace_ready(RpPaceSession *session, gint64 now, guint trips)
{
	RpPace *pace = session->pace;
	gint64 took = now - session->begun_at;

	session->up = pace->any_up = TRUE;
	session->heard_at = now;
	session->streams = !trips;
	pace->set_up = pace->set_up ? (pace->set_up + took) / 2 : took;
	if (trips && !pace->n_answers)
		rp_pace_expect_round_trips(pace, trips);
	rp_pace_begin_level(pace);
}

void
rp_pace_could_take(RpPaceSession *session, gboolean could)
{
	session->could_take = could;
}

void
rp_pace_given(RpPaceSession *session, gint64 now, gint64 octets)
{
	RpPaceMessage *message = g_new(RpPaceMessage, 1);

	*message = (RpPaceMessage){octets, now};
	rp_pace_begin_sample(session->pace, now);
	if (session->n_given == 0)
		rp_pace_begin_look(session->pace, now);
	if (!session->given.length)
		session->heard_at = MAX(session->heard_at, now);
	g_queue_push_tail(&session->given, message);
	session->given_since += (guint64)MAX(octets, 0);
	session->given_since_answer += (guint64)MAX(octets, 0);
	session->n_given++;
	session->could_take = FALSE;
}

/* What is sent again, and nothing has come of it: it lies with us, not on the line. */
static void
note_stuck(RpPaceSession *session, const RpPaceLine *line)
{
	if (line->arrived > session->line.arrived)
		session->stuck = FALSE;
	else if (line->retransmitted > session->line.retransmitted)
		session->stuck = TRUE;
}

void
rp_pace_line(RpPaceSession *session, const RpPaceLine *line)
{
	RpPace *pace = session->pace;

	rp_pace_reached(session, line->rtt);
	pace->carried += line->arrived - MIN(line->arrived, session->line.arrived);
	pace->retransmitted +=
		line->retransmitted - MIN(line->retransmitted, session->line.retransmitted);
	note_stuck(session, line);
	rp_pace_hear_line(session, line);
	session->line = *line;
	session->given_since = 0;
	session->had_all |= session->given.length && !line->unarrived;
	pace->rate = MAX(pace->rate, (double)line->rate / G_USEC_PER_SEC);
}

/* Than one that ended, of which no other is known that ended so soon. */
static gboolean
takes_more(const RpPaceSession *session)
{
	const RpPace *pace = session->pace;

	if (session->n_answered <= pace->doubted)
		return FALSE;
	return !pace->n_hints || (pace->n_hints == 1 && session->n_taken > pace->hints[0] + 1);
}

void
rp_pace_answered(RpPaceSession *session, gint64 now, guint64 end, guint64 arrived, gboolean taken)
{
	g_autofree RpPaceMessage *message = g_queue_pop_head(&session->given);

	if (!message)
		return;
	session->n_answered++;
	session->n_taken += taken;
	session->pace->n_answers++;
	session->pace->proven = MAX(session->pace->proven, session->n_answered);
	session->pace->recalled = FALSE;
	if (session->n_taken > session->pace->cut_at)
		session->pace->cut_at = 0;
	if (takes_more(session))
		session->pace->n_hints = session->pace->hint_at = session->pace->doubted = 0;
	rp_pace_hear_answer(session, now);
	rp_pace_measure_line(session->pace, now);
	rp_pace_measure_answer(session, message, now, end, arrived);
}

void
rp_pace_taken_back(RpPaceSession *session)
{
	g_free(g_queue_pop_tail(&session->given));
}

/* What the hint's proof may cost is a set-up for one message: not of the last ones. */
static gboolean
tries_hint(const RpPace *pace)
{
	return !pace->told && pace->n_spent >= SPENT_MOST &&
	       pace->n_waiting > 2 * pace->sessions->len;
}

gboolean
rp_pace_is_spent(const RpPaceSession *session)
{
	guint each = rp_pace_messages_each(session->pace);

	return each && session->n_given >= each + tries_hint(session->pace);
}

gboolean
rp_pace_is_unheard(const RpPaceSession *session)
{
	return session->n_given > 1 && !session->n_answered;
}

static void
note_messages_each(RpPace *pace, guint n)
{
	pace->hints[pace->hint_at] = n;
	pace->hint_at = (pace->hint_at + 1) % PACE_HINTS;
	pace->n_hints = MIN(pace->n_hints + 1, PACE_HINTS);
	pace->n_spent = 0;
	pace->told = FALSE;
	pace->proven = MIN(pace->proven, n);
}

/* Where it ended one sooner, that holds; what it said before does not. */
void
rp_pace_told_messages(RpPace *pace, guint most)
{
	if (pace->told)
		pace->n_hints = pace->hint_at = pace->n_spent = 0;
	pace->told = FALSE;
	if (!most || (pace->n_hints && rp_pace_messages_careful(pace) <= most))
		return;
	for (guint i = 0; i < PACE_HINTS; i++)
		note_messages_each(pace, most);
	pace->told = TRUE;
}

/* Sessions that ended by the hint don't show whether it still holds: now and then one is given one
 * more, with nothing behind it. Where that is taken, it does not. */
static void
note_spent(RpPace *pace, const RpPaceSession *session)
{
	guint each = rp_pace_messages_each(pace);

	if (!each || session->n_taken < each)
		return;
	pace->n_spent++;
	if (session->n_taken == each)
		return;
	pace->n_hints = pace->hint_at = pace->n_spent = 0;
}

/* Where none of them came up those before were not too many: nobody is let in. */
static void
note_refused(RpPace *pace)
{
	if (pace->sessions->len) {
		pace->limit = pace->sessions->len;
		pace->limit_recalled = FALSE;
	} else if (!pace->any_up) {
		pace->limit = pace->limit_before;
		pace->limit_recalled = pace->recalled && pace->limit;
	}
}

static void
note_lost(RpPace *pace)
{
	if (pace->sessions->len)
		return;
	pace->limit = pace->limit_told && pace->any_up ? pace->limit_told : pace->limit_before;
	pace->n_hints = MIN(pace->n_hints, pace->n_hints_before);
}

gboolean
rp_pace_is_at_limit(const RpPaceSession *session)
{
	const RpPace *pace = session->pace;

	return session->n_taken && session->n_given > session->n_answered &&
	       (session->n_taken == pace->cut_at ||
		       session->n_taken == rp_pace_messages_each(pace));
}

/* A line that breaks twice at the same number of messages is none: so many the server takes, and
 * what it had answered behind them was thrown away. */
static void
note_cut(RpPace *pace, const RpPaceSession *session)
{
	gboolean again = rp_pace_is_at_limit(session);

	if (session->n_given == session->n_answered)
		return; /* nothing was there to be ended by it */
	for (guint i = 0; again && i < PACE_HINTS; i++)
		note_messages_each(pace, session->n_taken);
	pace->cut_at = session->n_taken;
}

void
rp_pace_closed(RpPaceSession *session, RpPaceEnd end)
{
	RpPace *pace = session->pace;

	g_ptr_array_remove_fast(pace->sessions, session);
	rp_pace_hear_end(session, end);
	switch (end) {
	case RP_PACE_LIMIT:
		note_messages_each(pace, session->n_taken);
		pace->doubted = MAX(pace->doubted, session->n_given);
		break;
	case RP_PACE_REFUSED:
		note_refused(pace);
		break;
	case RP_PACE_TOLD:
		pace->limit_told = pace->sessions->len;
		note_refused(pace);
		break;
	case RP_PACE_DONE:
		note_spent(pace, session);
		break;
	case RP_PACE_UNHEARD:
		pace->doubted = MAX(pace->doubted, session->n_given);
		break;
	case RP_PACE_SILENT:
		break;
	case RP_PACE_CUT:
		note_lost(pace);
		note_cut(pace, session);
		break;
	case RP_PACE_LOST:
		note_lost(pace);
		break;
	}
	g_queue_clear_full(&session->given, g_free);
	g_free(session);
}

gpointer
rp_pace_owner(const RpPaceSession *session)
{
	return session->owner;
}

gint64
rp_pace_rtt(const RpPace *pace)
{
	return pace->rtt;
}

guint64
rp_pace_rate(const RpPace *pace)
{
	return (guint64)(pace->rate * G_USEC_PER_SEC);
}

gboolean
rp_pace_is_idle(const RpPaceSession *session)
{
	return session->up && g_queue_is_empty((GQueue *)&session->given);
}
