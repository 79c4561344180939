/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "watch.h"

#include <signal.h>

/* The view: what is heard goes into the state, and that onto the terminal, until somebody ends it.
 */

#define LIST_PAUSE (G_USEC_PER_SEC / 2) /* between two readings of the queue */
#define BUSY_MS 1000                    /* a message that stands still gets slower */
#define QUIET_MS 30000                  /* what is said of next tries gets old */
#define MOST_ROWS 200

typedef struct {
	RpCli *cli;
	RpBusClient *client;
	RpWatchState *state;
	gint64 listed; /* when */
	gboolean is_over;
	int signal;      /* that it ends by; 0: by a key */
	gboolean redraw; /* all of it */
} View;

/* ---- asking the agent ---- */

/* Messages of these states; NULL: there is no agent to ask. */
static GVariant *
list(View *view, const char *const *states)
{
	g_autoptr(GVariant) reply = rp_bus_client_call(view->client, "List",
		g_variant_new("(^assu)", states, "", (guint32)MOST_ROWS), "(aa{sv})", NULL);

	return reply ? g_variant_get_child_value(reply, 0) : NULL;
}

static void
list_messages(View *view, gint64 now)
{
	static const char *const waiting[] = {"held", "failed", "deferred", "queued", NULL};
	static const char *const sending[] = {"sending", NULL};
	g_autoptr(GVariant) first = list(view, waiting);
	g_autoptr(GVariant) second = first ? list(view, sending) : NULL;

	view->listed = now;
	if (second)
		rp_watch_state_list(view->state, first, second);
}

/* All of it, and from now on how far things are. FALSE: there is no agent. */
static gboolean
ask(View *view, GError **error)
{
	g_autoptr(GVariant) properties = rp_bus_client_get_all(view->client, error);
	g_autoptr(GVariant) watched = NULL;

	if (!properties)
		return FALSE;
	/* One that can't do that shows less. */
	watched = rp_bus_client_call(view->client, "Watch", g_variant_new("(b)", TRUE), "()", NULL);
	rp_watch_state_set(view->state, properties, g_get_real_time());
	view->state->is_stale = TRUE;
	return TRUE;
}

/* ---- what is heard ---- */

/* FALSE: the time is over, or there is an error. */
static gboolean
hear(View *view, int timeout_ms, GError **error)
{
	g_autoptr(GVariant) arguments = NULL;
	g_autofree char *name = rp_bus_client_next(view->client, timeout_ms, &arguments, error);
	gboolean was_gone = view->state->is_gone;

	if (!name)
		return FALSE;
	rp_watch_state_hear(view->state, name, arguments, g_get_real_time());
	if (was_gone && !view->state->is_gone)
		view->state->is_gone = !ask(view, NULL);
	return TRUE;
}

static void
on_key(char key, gpointer user)
{
	View *view = user;

	view->is_over |= key == 'q' || key == 'Q';
	view->redraw |= key == '\f'; /* Ctrl-L */
	rp_bus_client_wake(view->client);
}

static void
on_resized(gpointer user)
{
	rp_bus_client_wake(((View *)user)->client);
}

static void
on_ended(int number, gpointer user)
{
	View *view = user;

	view->is_over = TRUE;
	view->signal = number;
	rp_bus_client_wake(view->client);
}

static const RpWatchTerminalEvents events = {on_key, on_resized, on_ended};

/* ---- drawing ---- */

static void
draw(View *view, RpWatchTerminal *terminal)
{
	guint width, height;

	rp_watch_terminal_size(terminal, &width, &height);
	g_autoptr(GPtrArray) lines =
		rp_watch_draw(view->cli, view->state, width, height, g_get_real_time());
	if (view->redraw)
		rp_watch_terminal_redraw(terminal);
	view->redraw = FALSE;
	rp_watch_terminal_show(terminal, lines);
}

/* How long nothing has to be done when nothing is heard. */
static int
patience(const View *view, gint64 now)
{
	gint64 due = view->listed + LIST_PAUSE - now;

	if (view->state->is_stale && !view->state->is_gone)
		return (int)(MAX(due, 0) / 1000 + 1);
	return rp_watch_state_is_busy(view->state) ? BUSY_MS : QUIET_MS;
}

static gboolean
turn(View *view, RpWatchTerminal *terminal, GError **error)
{
	gint64 now = g_get_monotonic_time();

	if (view->state->is_stale && !view->state->is_gone && now >= view->listed + LIST_PAUSE)
		list_messages(view, now);
	draw(view, terminal);
	/* What has come together is drawn together. */
	if (hear(view, patience(view, g_get_monotonic_time()), error))
		while (!*error && !view->is_over && hear(view, 0, error))
			;
	return !*error && !view->is_over;
}

int
rp_watch_view(RpCli *cli, RpBusClient *client)
{
	g_autoptr(RpWatchState) state = rp_watch_state_new();
	View view = {.cli = cli, .client = client, .state = state};
	g_autoptr(GError) error = NULL;
	RpWatchTerminal *terminal;

	if (!ask(&view, &error))
		return rp_cli_fail_error(cli, error);
	view.listed = g_get_monotonic_time() - LIST_PAUSE;
	terminal = rp_watch_terminal_new(&events, &view);
	while (turn(&view, terminal, &error))
		;
	rp_watch_terminal_free(terminal);
	if (error)
		return rp_cli_fail_error(cli, error);
	if (view.signal)
		raise(view.signal); /* as if it had not been caught: a shell wants to know */
	return RP_EXIT_DONE;
}
