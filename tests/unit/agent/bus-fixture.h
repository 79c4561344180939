/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "fixture.h"

#include "private-bus.h"

#include <gio/gio.h>

/* An agent on a bus of the test's own, as its callers meet it. */
typedef struct {
	Fixture agent; /* the first member: the fixture's functions take it */
	PrivateBus *daemon;
	GDBusConnection *caller;
} BusFixture;

void set_up_bus(BusFixture *t, gconstpointer data);
void tear_down_bus(BusFixture *t, gconstpointer data);

/* One more caller. */
GDBusConnection *connect_caller(BusFixture *t);

typedef struct {
	gboolean done;
	GVariant *reply; /* owned, as the error */
	GError *error;
} Answer;

/* Calls a method with arguments in GVariant's text form ("" for none); %s in it is the message's
 * id. A descriptor is that of a small message. The answer must last until it is done. */
void begin_call(
	BusFixture *t, const char *method, const char *arguments, RpMessageId id, Answer *answer);
Answer call(BusFixture *t, const char *method, const char *arguments, RpMessageId id);
/* The reply as text. */
char *reply_to(BusFixture *t, const char *method, const char *arguments, RpMessageId id);
/* A property as text. */
char *property(BusFixture *t, const char *name);

/* Submits without waiting for it to be sent, and returns when it is on its way; the servers stall.
 */
RpMessageId submit_stalled(BusFixture *t, const char *from, const char *to);
