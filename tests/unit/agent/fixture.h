/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "agent.h"
#include "fake-transport.h"

#include "roampost/queue-change.h"

/* An agent with a real queue and a real configuration; a network, servers and a notifier by script,
 * and a clock that the test sets. */

extern RpTime test_time;
extern guint settle_limit; /* seconds */

/* A notifier that remembers. */
typedef struct {
	RpNotifier parent;
	char *shown;        /* of held mail */
	GHashTable *others; /* cause -> body */
	guint n_held;       /* how often one of held mail came, or another text of it */
	guint n_announced;  /* the same of others */
	guint n_sent;       /* how often it was said that what waited has been sent */
} TestNotifier;

typedef struct {
	char *dir;
	RpAgent *agent;
	FakeTransport *fake;
	TestNotifier *notifier;
	RpQueue *reader;
	guint n_rescans;
	guint patience_ms;         /* of the next agent */
	gboolean config_is_broken; /* when it is read again */
} Fixture;

/* Starts another agent on the same queue; the last one must be freed. */
void start(Fixture *f);
void start_with(Fixture *f, const char *more_config);
/* The same with another transport than the one by script: `fake` is NULL. */
void start_on(Fixture *f, const char *more_config, RpTransport *transport);
void set_up(Fixture *f, gconstpointer data);
void tear_down(Fixture *f, gconstpointer data);
/* Runs the loop until the agent has nothing more to do. */
void settle(Fixture *f);
/* As another program does it, and settles. Takes the change. */
void apply(Fixture *f, RpQueueChange *change);
/* As `forget failures` does, and settles. */
void forget_failures(Fixture *f);
/* The only link is a PPP line with this address; NULL: there is none. */
void network(Fixture *f, const char *address);
/* The same, without what follows. */
void network_only(Fixture *f, const char *address);
/* The test's configuration, and more of it (NULL: none). */
RpConfig *load_config(Fixture *f, const char *more);
/* A small message; `to` is a list with commas. */
RpMessageId submit_only(Fixture *f, const char *from, const char *to);
/* The same, and what the agent does about it. */
RpMessageId submit(Fixture *f, const char *from, const char *to);
char *state_of(Fixture *f, RpMessageId id);
/* How many messages are being sent. */
guint n_active(Fixture *f);
/* What the servers have accepted, "set: recipient, set: recipient". */
void assert_sent(Fixture *f, const char *want);
void pass_time(Fixture *f, RpSpan span);
/* The notice of held mail, when that has lasted; NULL: none. */
const char *held_notice(Fixture *f);
/* Whether there is one of this cause beside it. */
gboolean has_notice(Fixture *f, const char *cause);
/* How the sessions of a set end. */
void script(GHashTable *results, const char *set, RpSessionResult result);
void reply(FakeTransport *fake, const char *recipient, const char *text);

/* g_test_init, and nothing of the surroundings. */
void fixture_init(int *argc, char ***argv);
#define ADD(path, func) g_test_add("/" path, Fixture, NULL, set_up, func, tear_down)

#define assert_state(f, id, want)                                                                  \
	G_STMT_START                                                                               \
	{                                                                                          \
		g_autofree char *got_ = state_of(f, id);                                           \
		g_assert_cmpstr(got_, ==, want);                                                   \
	}                                                                                          \
	G_STMT_END
