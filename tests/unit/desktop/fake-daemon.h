/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/dbusloop.h"

/* A notification daemon on the session bus that notes what it is told. */
typedef struct {
	RpDBus *bus;
	RpDBusObject *object;
	RpDBusName *name;
	const char *const *capabilities;
	const char *calls_itself; /* NULL: fake */
	GString *log;             /* "notify REPLACES SUMMARY|BODY[ KEY...];" "close ID;" */
	guint next_id;            /* counts up from 1 */
	gboolean owned;
	gboolean slow;        /* keep the next Notify unanswered */
	DBusMessage *kept;    /* that one */
	gboolean refuse;      /* answer Notify with an error */
	gboolean renumbers;   /* give another id when something is replaced */
	gboolean notes_hints; /* category and sound, too */
} FakeDaemon;

FakeDaemon *fake_daemon_new(const char *const *capabilities);
void fake_daemon_free(FakeDaemon *daemon);
/* As if the user had chosen an action. */
void fake_daemon_act(FakeDaemon *daemon, guint id, const char *action);
/* Signals of other types than the specification has (Deepin's). */
void fake_daemon_babble(FakeDaemon *daemon);
/* Answers the Notify that was kept. */
void fake_daemon_answer(FakeDaemon *daemon);
/* As if the user (2), time (1) or a call (3) had closed it. */
void fake_daemon_close(FakeDaemon *daemon, guint id, guint reason);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeDaemon, fake_daemon_free)
