/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "agent.h"
#include "roampost/checks.h"
#include "roampost/dial.h"
#include "roampost/ground.h"
#include "roampost/listen.h"
#include "roampost/planner.h"
#include "roampost/reports.h"
#include "roampost/tell.h"

/* Shared by the files of the agent. Who calls whom:
 *
 *	agent.c     hears of changes, keeps the state, asks for a plan
 *	lanes.c     all lanes together
 *	lane.c      one server set's way out: POP login, sessions, waiting
 *	train.c     one session of it, with what it carries
 *	width.c     how many sessions it has
 *	haul.c      which messages a lane sends next
 *	fetch*.c    a check of mail: what is fetched, and where it is put
 *	outcome.c   what the answers mean for a message
 *	settle.c    writes that down, whatever it takes
 *	reports.c   delivery reports into the maildir
 *	ending.c    what the end of a session means for the lane
 *	service.c   the D-Bus methods
 *	content.c   of them those that hand content over
 *	reconfigure.c  what another configuration means for classes and sessions
 *	listen.c    the local SMTP server */

typedef struct RpLane RpLane;

struct RpAgent {
	RpAgentParts parts;
	RpGround ground;
	RpWhereabouts *whereabouts; /* the ground's, which the agent alone may change */
	RpTransport *transport;
	RpNotifier *notifier;
	RpBusService *bus;
	RpListener *listener;
	RpDialler *dialler;

	GHashTable *busy; /* ids (gint64, owned) of messages whose being sent, or being put back, is
			     on its way to the disk or to a server: no lane takes them up */
	GPtrArray *lanes; /* of RpLane */
	gint64 copies_most; /* octets of changed copies that wait in a lane; one always may */
	RpChecks *checks;
	RpReports *reports;
	RpPlanner *planner;
	RpTell *tell;
	guint *n_beside;    /* (g_rc_box) calls with content that threads work at */
	gboolean bell_rang; /* others changed what is remembered while we were writing */
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

static inline void
rp_announce_state(RpAgent *agent)
{
	rp_tell_state(agent->tell);
}

static inline void
rp_announce_once(RpAgent *agent, const RpNotice *notice)
{
	rp_tell_once(agent->tell, notice);
}

/* agent.c */
/* What the user taught us, or the configuration, may have made it another place. */
void rp_agent_place_taught(RpAgent *agent);
/* NULL set: the automatic choice. */
void rp_agent_use(RpAgent *agent, const char *set, gboolean keep);
/* Lets everything be tried at once that waits for a time. */
void rp_agent_try_now(RpAgent *agent);
/* The same for what the plan has for a set, or holds because of it; others' waits go on. */
void rp_agent_try_set(RpAgent *agent, const char *set);
/* The same for these messages (RpMessageId), and for the server sets that they wait for. */
void rp_agent_try_messages(RpAgent *agent, const GArray *ids);

/* reconfigure.c */
/* At start: classes that another configuration, or another version, made are made anew. */
void rp_agent_check_classes(RpAgent *agent);
/* lanes.c */
void rp_lanes_init(RpAgent *agent);
/* Ends all. */
void rp_lanes_clear(RpAgent *agent);
/* Makes and wakes the lanes that the plan has work for. */
void rp_lanes_update(RpAgent *agent);
/* Ends waits, of this set or (NULL) of all: the user, or a new place, wants everything tried. */
void rp_lanes_try_now(RpAgent *agent, const char *set);
/* Cuts those whose server set is not what it was, or gone, and ends their waits; others go on. */
void rp_lanes_reconfigured(RpAgent *agent);
/* What may be sent from here has changed: what no session has yet is decided anew. */
void rp_lanes_reconsider(RpAgent *agent);
/* It is another place: the same, and names and POP logins of before count no more. */
void rp_lanes_arrived(RpAgent *agent);
/* Cuts the sessions whose link or address is gone, or all. */
void rp_lanes_cut(RpAgent *agent, gboolean all);
RpTime rp_lanes_next_deadline(const RpAgent *agent);
void rp_lanes_due(RpAgent *agent);
gboolean rp_lanes_are_idle(const RpAgent *agent);
/* The messages that are being sent now. */
void rp_lanes_each_active(const RpAgent *agent, RpActiveFunc func, gpointer user);
/* A POP login for `check`; afterwards CheckDone. FALSE: no POP server, or no link. */
gboolean rp_lanes_check(RpAgent *agent, const RpServerSet *set);

/* check-events.c */
/* What the agent does about a check's login and its end. */
extern const RpCheckEvents rp_agent_check_events;

/* listen.c */
/* Opens and closes what the configuration says. */
void rp_agent_listen(RpAgent *agent);

/* service.c */
extern const RpBusHandlers rp_service_handlers;
/* FALSE: the call is answered with what is wrong. */
gboolean rp_service_resolve(RpAgent *agent, RpBusCall *call, const char *id, RpMessageId *out);
gboolean rp_service_has_set(RpAgent *agent, RpBusCall *call, const char *set);

/* content.c */
void rp_service_submit(RpBusCall *call, RpFd message, const char *sender,
	const char *const *recipients, GVariant *options, gpointer data);
void rp_service_open(RpBusCall *call, const char *id, gpointer data);
