/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "agent.h"
#include "roampost/asn-file.h"
#include "roampost/checks.h"
#include "roampost/dial.h"
#include "roampost/ground.h"
#include "roampost/lanes.h"
#include "roampost/listen.h"
#include "roampost/locator.h"
#include "roampost/planner.h"
#include "roampost/reports.h"
#include "roampost/tell.h"

/* Shared by the files of the agent, from below:
 *
 *	retry-now.c    what waits for a time is tried at once
 *	place.c        where we are, and the set that the user chose
 *	coming.c       where we may soon be
 *	asns.c         the table of AS numbers
 *	dial.c         lines that come up and go by the user's word
 *	listen.c       the local SMTP server
 *	reconfigure.c  what another configuration means for classes and sessions
 *	bell.c         other programs change the queue
 *	yielding.c     another agent is better placed
 *	due.c          the one timer
 *	events.c       where the rooms meet
 *	service*.c     the D-Bus methods
 *	content.c      of them those that hand content over
 *	beside.c       the threads that these have
 *	agent.c        makes and ends all of it */

typedef struct RpArrival RpArrival;
typedef struct RpYielding RpYielding;

struct RpAgent {
	RpAgentParts parts;
	RpGround ground;
	RpWhereabouts *whereabouts; /* the ground's, which the agent alone may change */
	RpTransport *transport;
	RpNotifier *notifier;
	RpBusService *bus;
	RpListener *listener;
	RpDialler *dialler;
	RpLocator *locator;
	GPtrArray *arrivals; /* of RpArrival: who has dialled, and waits for the place */
	RpTime quiet_since;  /* nothing was under way while a line was dialled; 0: it is, or none is
			      */

	RpLanes *lanes;
	RpChecks *checks;
	RpReports *reports;
	RpPlanner *planner;
	RpTell *tell;
	RpYielding *yielding;
	struct RpBeside *beside; /* calls with content, that threads work at */
	gboolean busy;           /* as main was told */
	gboolean asking;         /* where we are; or what was told is not planned for yet */
	gboolean suspends;       /* until the machine has resumed */
	gboolean lacks_config;   /* it began with a broken one, and has had none since */
	char *asns_path;         /* where the table of AS numbers is looked for, or NULL */
	RpTime prepared_until; /* sessions for a place that may come; G_MAXINT64: there are none */
	gboolean bell_rang;    /* others changed what is remembered while we were writing */
};

static inline RpTime
rp_agent_now(const RpAgent *agent)
{
	return rp_ground_now(&agent->ground);
}

static inline void
rp_agent_situation(const RpAgent *agent, RpSituation *situation)
{
	rp_ground_situation(&agent->ground, situation);
}

static inline const RpCatalogue *
rp_agent_catalogue(const RpAgent *agent)
{
	return rp_ground_catalogue(&agent->ground);
}

static inline const RpServerSet *
rp_agent_find_set(const RpAgent *agent, const char *name)
{
	return rp_ground_find_set(&agent->ground, name);
}

static inline void
rp_agent_write(RpAgent *agent, RpQueueChange *change, RpQueueDone done, gpointer user)
{
	rp_writes_apply(agent->ground.writes, change, done, user);
}

static inline void
rp_agent_write_and_plan(RpAgent *agent, RpQueueChange *change)
{
	rp_writes_apply_ready(agent->ground.writes, change);
}

static inline void
rp_agent_schedule(RpAgent *agent)
{
	rp_timer_changed(agent->ground.timer);
}

/* dial.c */
/* Dials, and answers the call when the place is inside the provider: at the latest 10 s after the
 * line is up. */
void rp_agent_dial(RpAgent *agent, RpBusCall *call, const RpProvider *provider);
void rp_arrival_free(gpointer data);
/* What was dialled is remembered, and is hung up by the next agent if this one ends before. */
void rp_agent_dialled_changed(const char *dialled, gpointer agent);
void rp_agent_recall_dialled(RpAgent *agent);
void rp_agent_look_for_arrivals(RpAgent *agent); /* after the place was worked out */
/* What is under way may have begun or ended. */
void rp_agent_look_quiet(RpAgent *agent);
RpTime rp_agent_dial_deadline(const RpAgent *agent); /* G_MAXINT64: nothing is due */
void rp_agent_dial_due(RpAgent *agent);

/* place.c */
/* Questions of where we are run, or the plan for what they told is not written yet. */
gboolean rp_agent_is_asking(RpAgent *agent);
/* By the network and the configuration of now; TRUE when it is another place than before. */
gboolean rp_agent_work_out_place(RpAgent *agent);
/* Another file, if the configuration names another; it is looked at with the next place. */
void rp_agent_open_asns(RpAgent *agent);
/* What the user taught us, or the configuration, may have made it another place. */
void rp_agent_place_taught(RpAgent *agent);
/* No way out, but a page to log in at. */
gboolean rp_agent_is_at_portal(const RpAgent *agent);
/* Who answered for others does so no longer. */
void rp_agent_forget_intercepted(RpAgent *agent);
/* There is a way out again, at the same place. */
void rp_agent_came_back(RpAgent *agent);
/* NULL set: the automatic choice. */
void rp_agent_use(RpAgent *agent, const char *set, gboolean keep);
void rp_agent_load_override(RpAgent *agent);
/* The user has said that nothing is to be sent, or that it is again. */
void rp_agent_pause_changed(RpAgent *agent);

/* coming.c */
/* The names of servers may have led elsewhere than they do now. */
void rp_agent_coming_names_changed(RpAgent *agent);
RpTime rp_agent_coming_deadline(const RpAgent *agent); /* G_MAXINT64: nothing is due */
void rp_agent_coming_due(RpAgent *agent);

/* portal.c */
/* Something answers here in place of the set's server; `detail`: in what way, or NULL. */
void rp_agent_intercepted(RpAgent *agent, const char *set, const char *detail);
/* The set's server answers here as it is known to: it is no portal. */
void rp_agent_proven(RpAgent *agent, const char *set);
/* What looked like a portal is tried again, once, if that is due by then (G_MAXINT64: in any case).
 * FALSE: nothing did. */
gboolean rp_agent_portal_over(RpAgent *agent, RpTime due);
/* The place is kept, or taken for a portal's, no longer than its time. */
void rp_agent_place_due(RpAgent *agent);

/* due.c */
/* Where that was not done for a day: forgets what the history is not to keep any longer. */
void rp_agent_prune_history(RpAgent *agent);

/* retry-now.c */
/* Lets everything be tried at once that waits for a time. */
void rp_agent_try_now(RpAgent *agent);
/* The same for what the plan has for a set, or holds because of it; others' waits go on. */
void rp_agent_try_set(RpAgent *agent, const char *set);
/* The same; and a login was made that opens its server: what was refused without one counts no
 * more.
 */
void rp_agent_set_opened(RpAgent *agent, const char *set);
/* The same for these messages (RpMessageId), and for the server sets that they wait for. */
void rp_agent_try_messages(RpAgent *agent, const GArray *ids);

/* bell.c */
/* What is remembered is read anew, and counts. */
void rp_agent_reload_records(RpAgent *agent);
/* For the queue. Somebody has changed it: new mail, or a user's word, which may have been that what
 * failed is to be forgotten. */
void rp_agent_bell(gpointer agent);

/* yielding.c */
RpYielding *rp_yielding_new(RpAgent *agent);
/* Until then the one that waits sees that it is waited for: freed when the queue is closed. NULL is
 * fine. */
void rp_yielding_free(RpYielding *yielding);
/* Our name on the session bus is ours, or is so no longer. */
void rp_yielding_bus(RpYielding *yielding, gboolean there);
/* Who waits rings. */
void rp_yielding_rung(RpYielding *yielding);

/* due.c */
/* A server has part of a message. */
gboolean rp_agent_is_sending(const RpAgent *agent);
/* Tells main when that, or that something is begun, has changed. */
void rp_agent_tell_busy(RpAgent *agent);
extern const RpTimerEvents rp_agent_timer_events;

/* reconfigure.c */
/* At start: classes that another configuration, or another version, made are made anew. */
void rp_agent_check_classes(RpAgent *agent);
/* events.c */
extern const RpWritesEvents rp_agent_writes_events;
extern const RpRecordsEvents rp_agent_records_events;
extern const RpPlannerEvents rp_agent_planner_events;
extern const RpLanesEvents rp_agent_lanes_events;
extern const RpCheckEvents rp_agent_check_events;
extern const RpTellQueries rp_agent_tell_queries;
extern const RpLocatorEvents rp_agent_locator_events;

/* listen.c */
/* Opens and closes what the configuration says. */
void rp_agent_listen(RpAgent *agent);

/* service.c */
extern const RpBusHandler rp_service_handlers[];
