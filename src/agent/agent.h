/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/bus.h"
#include "roampost/clock.h"
#include "roampost/config.h"
#include "roampost/notifier.h"
#include "roampost/queue.h"
#include "roampost/transport.h"

/* The agent: the only place where the modules meet. It hears of changes (the network, the queue,
 * the configuration, the user, the clock), plans, and has lanes send what may go. Everything runs
 * on the default main context. */
typedef struct RpAgent RpAgent;

/* What it is made of; all are taken. The bus service is the agent's own. */
typedef struct {
	const RpClock *clock; /* borrowed */
	RpConfig *config;     /* never NULL */
	RpQueue *queue;       /* opened as RP_QUEUE_AGENT and recovered */
	RpTransport *transport;
	RpNotifier *notifier;
	void (*rescan)(
		gpointer user); /* look at the network again: a binding failed, or a resume */
	gboolean (*reload)(gpointer user, GError **error); /* read the configuration again */
	void (*quit)(gpointer user);                       /* another agent has the bus name */
	/* Another agent waits for the queue, and is better placed; NULL: it waits on. */
	void (*give_way)(gpointer user);
	void (*bell)(gpointer user); /* another program has changed the queue; may be NULL */
	void (*lost)(gpointer user); /* the queue's files are no longer those that others use */
	void (*busy)(gboolean busy, gpointer user); /* something is being sent, or not any more */
	const char *state_dir; /* borrowed; NULL: no table of AS numbers beside the queue */
	guint patience_ms;     /* for what is being sent when it ends; 0: that is cut */
	gpointer user;
} RpAgentParts;

RpAgent *rp_agent_new(const RpAgentParts *parts);
/* Begins nothing new, lets what is being sent come to its end for `patience_ms`, cuts the rest (it
 * goes back to the queue) and writes what is to be written. The main
 * loop turns meanwhile: what main tells an agent must not be told to one that ends; `rescan` may
 * still be called, `reload` and `quit` are not. */
void rp_agent_free(RpAgent *agent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpAgent, rp_agent_free)

/* What main tells it. */
void rp_agent_set_network(RpAgent *agent, const RpNetwork *network);
/* That it may soon be this network (rp_link_monitor_set_coming): sessions that would be wanted
 * there are begun, and no mail. */
void rp_agent_network_coming(RpAgent *agent, const RpNetwork *network);
/* Sessions with servers that it does not concern go on. */
void rp_agent_set_config(RpAgent *agent, RpConfig *config);
/* A new configuration was refused: the last good one stays, and the user hears of it. */
void rp_agent_config_refused(RpAgent *agent, const GPtrArray *problems);
/* For the log: nothing can be sent where there is no server set. */
void rp_agent_note_sets(const RpAgent *agent);
/* It began without one, for these reasons: the user hears of it. */
void rp_agent_config_lacking(RpAgent *agent, const GPtrArray *problems);
/* The machine has woken from a suspend: connections of before are dead. */
/* The machine is about to sleep: nothing new is begun until it has resumed. */
void rp_agent_suspends(RpAgent *agent);
void rp_agent_resumed(RpAgent *agent);

/* The system's resolver has changed: names that had no address are asked for again at once. */
void rp_agent_resolver_changed(RpAgent *agent);
/* Passwords that could not be had may be there now: those who wait for one try again at once. */
void rp_agent_passwords_changed(RpAgent *agent);
/* The time has come to something, or the clock was set, by `jump`: everything that is due now is
 * done. (For tests; the agent's own timer does this.) */
void rp_agent_clock_changed(RpAgent *agent, RpSpan jump);

/* For tests: nothing is planned, written, sent or waiting to be. */
gboolean rp_agent_is_idle(const RpAgent *agent);
