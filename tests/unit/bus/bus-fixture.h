/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "private-bus.h"

#include "roampost/bus.h"

/* A service on a private bus whose handlers note what they were called with. */
typedef struct {
	PrivateBus *daemon;
	RpBusService *service;
	GString *log;            /* "Get ('a',);" for every handler that ran */
	RpBusCall *kept;         /* the call that is answered later */
	gboolean keep;           /* keep the next call of Reload */
	GError *fail_with;       /* what Reload fails with, or NULL */
	GVariant *list;          /* what List answers, or NULL for two messages */
	guint states;            /* how often the state changed */
	guint reads;             /* how often a property was asked for */
	const char *read_answer; /* what Sets is, as text; NULL: empty */
} BusFixture;

extern const RpBusEvents bus_fixture_events;

/* Starts the daemon and the service, and waits until the name is owned. */
void bus_fixture_set_up(BusFixture *fixture, gconstpointer data);
void bus_fixture_tear_down(BusFixture *fixture, gconstpointer data);

/* Runs the function in a thread with a main context of its own while the main loop turns here: a
 * synchronous client and the service in one process. At most 10 s. */
gpointer bus_fixture_beside(GThreadFunc func, gpointer data);
