/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampostd"
#include "opening.h"

#include "roampost/bus.h"
#include "roampost/succession.h"
#include "waiting.h"

/* Opens the queue, however long that takes: who gives up for what passes is not started again for
 * ever. */

/* Milliseconds between two tries on a full disk. */
#define FIRST_PAUSE 1000
#define LONGEST_PAUSE 15000

typedef struct {
	GMainLoop *loop;
	const gboolean *ends;
	RpWaiting *waiting; /* for another agent's queue; NULL: nobody else had it so far */
	RpSuccession *room; /* says that it waits for a disk; NULL: it does not, or can't say so */
	guint pause;        /* for a disk */
	guint source;       /* while it pauses */
} RpOpening;

static gboolean
on_pause_over(gpointer user)
{
	RpOpening *opening = user;

	opening->source = 0;
	g_main_loop_quit(opening->loop);
	return G_SOURCE_REMOVE;
}

/* FALSE: it was told to end. */
static gboolean
pause_for(RpOpening *opening, guint ms)
{
	opening->source = g_timeout_add(ms, on_pause_over, opening);
	g_main_loop_run(opening->loop);
	g_clear_handle_id(&opening->source, g_source_remove);
	return !*opening->ends;
}

/* As it is asked by `status`, which finds no agent yet. */
static void
mark_wait_for_room(RpOpening *opening, gboolean waits)
{
	if (!waits)
		g_clear_pointer(&opening->room, rp_succession_free);
	else if (!opening->room && (opening->room = rp_succession_open(NULL, TRUE)))
		rp_succession_mark(opening->room, RP_MARK_WAITS_FOR_ROOM, TRUE);
}

/* Milliseconds to wait; 0: what failed is no better later. */
static guint
pause_after(RpOpening *opening, const GError *failure, const char *state_dir)
{
	mark_wait_for_room(opening, g_error_matches(failure, RP_ERROR, RP_ERROR_FULL));
	if (g_error_matches(failure, RP_ERROR, RP_ERROR_FULL)) {
		opening->pause = MIN(2 * opening->pause, LONGEST_PAUSE);
		g_warning("%s: it is tried again in %u s", failure->message, opening->pause / 1000);
		rp_supervisor_ready(); /* it is there, and waits */
		return opening->pause;
	}
	if (!g_error_matches(failure, RP_ERROR, RP_ERROR_BUSY) || !state_dir ||
		!rp_queue_dir_has_agent(state_dir))
		return 0;
	if (!opening->waiting)
		opening->waiting = rp_waiting_new();
	rp_supervisor_ready();
	return rp_waiting_look(opening->waiting);
}

RpQueue *
rp_opening_run(GMainLoop *loop, const gboolean *ends, guint *n_maybe_sent, GError **error)
{
	RpOpening opening = {.loop = loop, .ends = ends, .pause = FIRST_PAUSE / 2};
	g_autofree char *state_dir = rp_queue_state_dir(NULL);
	g_autoptr(GError) failure = NULL;
	RpQueue *queue;

	for (;;) {
		queue = rp_queue_open(NULL, RP_QUEUE_AGENT, &failure);
		if (queue && rp_queue_recover(queue, n_maybe_sent, &failure))
			break;
		g_clear_pointer(&queue, rp_queue_close);
		guint pause = pause_after(&opening, failure, state_dir);
		if (!pause || !pause_for(&opening, pause))
			break;
		g_clear_error(&failure);
	}
	if (!queue)
		g_propagate_error(error, g_steal_pointer(&failure));
	mark_wait_for_room(&opening, FALSE);
	rp_waiting_free(opening.waiting);
	return queue;
}
