/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli.h"

#include "roampost/bus.h"
#include "roampost/meter.h"

/* `roampost watch`: what the agent does, as it does it. As lines (watch-lines.c) where nobody looks
 * at a terminal; else as a view: what is known (watch-state.c), drawn for a terminal of any size
 * (watch-draw.c), on one that is as before when it ends (watch-terminal.c). */

/* ---- lines ---- */

/* What a signal says, a call for each line; `state` is for its colour, or says that these are the
 * numbers of the queue. An empty signal: the agent has gone. */
#define RP_WATCH_COUNTS "counts"
typedef void (*RpWatchLine)(const char *state, const char *text, gpointer user);
void rp_watch_lines(const char *signal, GVariant *arguments, RpWatchLine line, gpointer user);
/* "inside odn", "offline": the property Place. Free with g_free. */
char *rp_watch_place(GVariant *place);
/* "2 held, 1 queued", "empty": the property Counts. Free with g_free. */
char *rp_watch_counts(GVariant *counts);

/* ---- what is known ---- */

typedef struct {
	gint64 time;
	char *state; /* for its colour */
	char *text;
} RpWatchEvent;

typedef struct {
	GHashTable *properties; /* name -> GVariant */
	GVariant *waiting;      /* aa{sv}: the first messages that are not being sent */
	GVariant *sending;      /* aa{sv} */
	GHashTable *subjects;   /* message id -> "“Lunch”" */
	GQueue events;          /* of RpWatchEvent, the newest first */
	RpMeter *meter;         /* by message id */
	gboolean is_gone;       /* there is no agent any more */
	gboolean is_stale;      /* the lists of messages are */
} RpWatchState;

RpWatchState *rp_watch_state_new(void);
void rp_watch_state_free(RpWatchState *state);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpWatchState, rp_watch_state_free)
/* All properties, a{sv}. */
void rp_watch_state_set(RpWatchState *state, GVariant *properties, gint64 now);
/* Lists of messages, aa{sv}. */
void rp_watch_state_list(RpWatchState *state, GVariant *waiting, GVariant *sending);
void rp_watch_state_hear(RpWatchState *state, const char *signal, GVariant *arguments, gint64 now);
/* A property as it was told last; NULL: not known, or of another type. Borrowed. */
GVariant *rp_watch_state_get(const RpWatchState *state, const char *name, const char *type);
/* What goes on goes on in time, too: to be drawn again soon. */
gboolean rp_watch_state_is_busy(const RpWatchState *state);

/* ---- drawn ---- */

/* At most `height` lines of at most `width` columns, without ends of lines. Of char *. */
GPtrArray *rp_watch_draw(
	RpCli *cli, const RpWatchState *state, guint width, guint height, gint64 now);

/* ---- on a terminal ---- */

typedef struct RpWatchTerminal RpWatchTerminal;

typedef struct {
	void (*key)(char key, gpointer user);
	void (*resized)(gpointer user);
	/* It is to end: a signal, whose number is told, or 0: the terminal is gone. */
	void (*ended)(int signal, gpointer user);
} RpWatchTerminalEvents;

/* Standard input and output are a terminal that can be drawn on. */
gboolean rp_watch_terminal_is_there(void);
/* Takes it over: another screen, no echo. Callbacks run on the main context. */
RpWatchTerminal *rp_watch_terminal_new(const RpWatchTerminalEvents *events, gpointer user);
/* Gives it back as it was. */
void rp_watch_terminal_free(RpWatchTerminal *terminal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpWatchTerminal, rp_watch_terminal_free)
void rp_watch_terminal_size(const RpWatchTerminal *terminal, guint *width, guint *height);
/* The next lines are written all of them: something else wrote on it. */
void rp_watch_terminal_redraw(RpWatchTerminal *terminal);
/* Only lines that are others than before are written. */
void rp_watch_terminal_show(RpWatchTerminal *terminal, const GPtrArray *lines);

/* The view, until it is ended by a key or a signal. The client is subscribed. The exit status. */
int rp_watch_view(RpCli *cli, RpBusClient *client);
