/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pace-private.h"

/* A host that hangs, told from a server that is slow: by what its fellows do meanwhile. */

/* Nobody is given up sooner, however fast the others are. */
#define SILENT_LEAST (30 * G_TIME_SPAN_SECOND)
/* Nor is another asked sooner beside one that does not come up: by then it has gone on to the next
 * server, or to the addresses of the other family, if it has any. */
#define BESIDE_LEAST (40 * G_TIME_SPAN_SECOND)
/* And than so many times the longest that an answer was waited for. */
#define SILENT_TIMES 5
/* In a row, with nobody beside them: the server may be slow after all. */
#define ALONE_MOST 2

static gint64
patience(const RpPace *pace)
{
	return MAX(SILENT_LEAST, SILENT_TIMES * pace->waited);
}

static gboolean
owes(const RpPaceSession *session)
{
	return session->up && session->given.length;
}

/* It does not come up, though others did, and were answered, since it was last heard; none of them
 * is left. */
static gboolean
is_passed(const RpPaceSession *session)
{
	const RpPace *pace = session->pace;

	return session->reached && !session->up && !rp_pace_count_up(pace) &&
	       pace->heard_at > MAX(session->begun_at, session->heard_at);
}

static gint64
passed_at(const RpPaceSession *session)
{
	return MAX(session->begun_at, session->heard_at) +
	       MAX(BESIDE_LEAST, SILENT_TIMES * session->pace->set_up);
}

/* ---- what is heard ---- */

void
rp_pace_hear_begin(RpPace *pace)
{
	if (pace->sessions->len >= pace->beside)
		pace->beside = 0;
}

/* Octets go out as long as those before them arrive, but for as many as the line holds. */
void
rp_pace_hear_line(RpPaceSession *session, const RpPaceLine *line)
{
	RpPace *pace = session->pace;

	pace->waited = MAX(pace->waited, line->waited);
	if (line->at)
		session->heard_at = MAX(session->heard_at, line->at - line->quiet);
}

void
rp_pace_hear_answer(RpPaceSession *session, gint64 now)
{
	session->heard_at = now;
	session->pace->heard_at = now;
	session->pace->heard_from = session;
	session->pace->heard_elsewhere = session->pace->asked_elsewhere = FALSE;
	session->pace->n_alone = 0;
}

void
rp_pace_hear_end(const RpPaceSession *session, RpPaceEnd end)
{
	RpPace *pace = session->pace;
	gboolean broke = end == RP_PACE_LOST || end == RP_PACE_CUT || end == RP_PACE_UNHEARD;

	pace->beside = 0;
	if (end == RP_PACE_SILENT && pace->heard_at > session->heard_at)
		pace->hosts_differ |= !pace->heard_elsewhere;
	else if (end == RP_PACE_SILENT)
		pace->n_alone++;
	if (pace->heard_from != session)
		return;
	pace->heard_from = NULL;
	if (broke)
		pace->heard_at = 0;
}

/* ---- who is silent ---- */

/* Whoever was heard last may have fallen silent with it. */
static gboolean
others_go_on(const RpPaceSession *session, gint64 now)
{
	const RpPace *pace = session->pace;
	const RpPaceSession *last = pace->heard_from;

	if (pace->heard_at <= session->heard_at)
		return pace->hosts_differ && pace->n_alone < ALONE_MOST;
	return !last || !owes(last) || now - last->heard_at < patience(pace) / 2;
}

/* None of them is up. */
static void
look_beside(RpPace *pace, gint64 now)
{
	gint64 due = rp_pace_silent_at(pace);

	if (rp_pace_count_up(pace) || !due || due > now)
		return;
	pace->beside = pace->sessions->len + 1;
	pace->n_beside++;
	pace->beside_at = now;
}

void
rp_pace_excuse(RpPaceSession *session)
{
	session->excused = TRUE;
	session->excused_at = session->pace->heard_at;
}

static gboolean
is_excused(const RpPaceSession *session)
{
	return session->excused && session->excused_at == session->pace->heard_at;
}

RpPaceSession *
rp_pace_find_silent(RpPace *pace, gint64 now)
{
	look_beside(pace, now);
	for (guint i = 0; i < pace->sessions->len; i++) {
		RpPaceSession *session = pace->sessions->pdata[i];

		if (is_passed(session) && now >= passed_at(session))
			return session;
		if (!owes(session) || is_excused(session) ||
			now - session->heard_at < patience(pace))
			continue;
		if (others_go_on(session, now))
			return session;
		rp_pace_excuse(session);
	}
	return NULL;
}

guint
rp_pace_beside(const RpPace *pace)
{
	return rp_pace_count_up(pace) ? 0 : pace->beside;
}

/* ---- when ---- */

/* Somebody was heard since, and not before it was last asked whether anybody was. */
static gboolean
is_worth_a_look(const RpPaceSession *session)
{
	const RpPace *pace = session->pace;

	if (!owes(session) || is_excused(session))
		return FALSE;
	return pace->heard_at > session->heard_at ||
	       (pace->hosts_differ && pace->n_alone < ALONE_MOST);
}

/* None of them comes any further. Later each time, whatever became of those that were begun so. */
static gint64
beside_at(const RpPace *pace)
{
	gint64 last = pace->beside_at;

	for (guint i = 0; i < pace->sessions->len; i++) {
		const RpPaceSession *session = pace->sessions->pdata[i];

		if (!session->reached)
			return 0;
		last = MAX(last, MAX(session->begun_at, session->heard_at));
	}
	return last ? last + (1 + pace->n_beside) * BESIDE_LEAST : 0;
}

/* None of them is up. */
static gint64
passed_or_beside_at(const RpPace *pace)
{
	gint64 at = beside_at(pace);

	for (guint i = 0; i < pace->sessions->len; i++) {
		const RpPaceSession *session = pace->sessions->pdata[i];

		if (is_passed(session))
			at = at ? MIN(at, passed_at(session)) : passed_at(session);
	}
	return at;
}

gint64
rp_pace_silent_at(const RpPace *pace)
{
	gint64 at = 0;

	if (!rp_pace_count_up(pace))
		return passed_or_beside_at(pace);
	for (guint i = 0; i < pace->sessions->len; i++) {
		const RpPaceSession *session = pace->sessions->pdata[i];
		gint64 due = session->heard_at + patience(pace);

		if (is_worth_a_look(session))
			at = at ? MIN(at, due) : due;
	}
	return at;
}

/* ---- another address ---- */

/* The last of them to be heard; 0: one has come further, or owes nothing. */
static gint64
stuck_since(const RpPace *pace)
{
	gint64 last = 0;

	for (guint i = 0; i < pace->sessions->len; i++) {
		const RpPaceSession *session = pace->sessions->pdata[i];

		if (!session->reached || (session->up && !owes(session)))
			return 0;
		last = MAX(last, MAX(session->begun_at, session->heard_at));
	}
	return last;
}

gint64
rp_pace_elsewhere_at(const RpPace *pace, gboolean full)
{
	gint64 since = stuck_since(pace);
	gint64 waited = MAX(pace->waited, pace->waited_before);

	if (!since || pace->asked_elsewhere || (!full && !rp_pace_count_up(pace)))
		return 0;
	return MAX(since + MAX(BESIDE_LEAST, SILENT_TIMES * waited), pace->elsewhere_from);
}

static gboolean
any_on_way(const RpPace *pace)
{
	for (guint i = 0; i < pace->sessions->len; i++)
		if (((const RpPaceSession *)pace->sessions->pdata[i])->line.unarrived)
			return TRUE;
	return FALSE;
}

gboolean
rp_pace_asks_elsewhere(RpPace *pace, gint64 now, gboolean gains)
{
	pace->asked_elsewhere = gains && !any_on_way(pace);
	pace->elsewhere_from = now + BESIDE_LEAST;
	return pace->asked_elsewhere;
}

void
rp_pace_heard_elsewhere(RpPace *pace, gint64 now)
{
	pace->heard_at = now;
	pace->heard_from = NULL;
	pace->heard_elsewhere = TRUE;
}
