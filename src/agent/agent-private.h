/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "agent.h"
#include "deadline.h"
#include "roampost/listen.h"

#include "roampost/dial.h"

/* Shared by the files of the agent. Who calls whom:
 *
 *	agent.c     hears of changes, keeps the state, asks for a plan
 *	memory.c    what is remembered of servers: POP logins, failures, facts
 *	planner.c   gives every class of messages its verdict, starts lanes
 *	lanes.c     all lanes together
 *	lane.c      one server set's way out: POP login, sessions, waiting
 *	train.c     one session of it, with what it carries
 *	width.c     how many sessions it has
 *	haul.c      which messages a lane sends next
 *	fetch*.c    a check of mail: what is fetched, and where it is put
 *	outcome.c   what the answers mean for a message
 *	settle.c    writes that down, whatever it takes
 *	reports.c   delivery reports into the maildir
 *	insist.c    changes that have to be written, tried until they are
 *	ending.c    what the end of a session means for the lane
 *	announce.c  properties, signals, the desktop notice
 *	service.c   the D-Bus methods
 *	content.c   of them those that hand content over
 *	reconfigure.c  what another configuration means for classes and sessions
 *	listen.c    the local SMTP server
 *	render.c    place, sets, messages as JSON and GVariant */

typedef struct RpLane RpLane;
typedef struct RpReports RpReports;

/* What the plan says of a class of messages, while it holds. */
typedef struct {
	gint64 id;
	RpDecision *decision; /* for the example's recipients; NULL: not planned yet */
	gboolean recorded;    /* the disk has this verdict */
	guint n_ready;
} RpPlannedClass;

struct RpAgent {
	RpAgentParts parts;
	const RpClock *clock;
	RpConfig *config;
	RpQueue *queue;
	RpTransport *transport;
	RpNotifier *notifier;
	RpBusService *bus;
	RpListener *listener;
	RpDeadline *deadline;
	RpDialler *dialler;

	RpPlace *place;
	RpNetwork *network;
	GPtrArray *pop_logins;      /* of RpPopLoginRecord */
	GPtrArray *failures;        /* of RpFailure */
	GPtrArray *facts;           /* of RpSetFact */
	GPtrArray *learned;         /* of RpLearned */
	GHashTable *failure_counts; /* "kind set" -> failures in a row */
	GHashTable *used_sets;      /* names of sets that took a message at this place */
	RpOverride override;

	GHashTable *busy; /* ids (gint64, owned) of messages whose being sent, or being put back, is
			     on its way to the disk or to a server: no lane takes them up */
	GPtrArray *lanes; /* of RpLane */
	gint64 copies_most; /* octets of changed copies that wait in a lane; one always may */
	GHashTable *checks; /* set name -> a check that fetches */
	RpReports *reports;
	GHashTable *planned; /* class id (gint64) -> RpPlannedClass */
	GPtrArray *waiters;  /* of RpWaiter: calls that wait for the plan */
	guint plan_source;
	gboolean plan_all;       /* the situation has changed: every class, not only new ones */
	gboolean plan_writing;   /* a plan is on its way to the disk */
	gboolean plan_again;     /* something changed meanwhile */
	gboolean all_classified; /* no message was without a class when the last ones were given one
				  */
	gboolean reclassified;   /* messages were moved from one class to another */
	guint plan_failures;     /* writes in a row that failed */
	RpTime plan_retry_at;    /* when it is tried again; G_MAXINT64: nothing failed */
	guint *n_beside;         /* (g_rc_box) calls with content that threads work at */
	guint n_writes;          /* changes handed over and not yet on the disk */
	GQueue unwritten;        /* insist.c: changes that the disk did not take */
	RpTime insist_at;        /* when they are tried again; G_MAXINT64: there are none */
	RpSpan insist_pause;
	gboolean bell_rang; /* others changed what is remembered while we were writing */

	GPtrArray *refused_config; /* of strings: why the newest configuration was not taken */
	gboolean network_known;    /* nothing is planned before the first word of the network */
	guint n_networks;          /* words of it */
	GArray *fresh;             /* RpMessageId: classified, and said when the plan holds them */
	char *current_set;
};

static inline RpTime
rp_agent_now(const RpAgent *agent)
{
	return rp_clock_now(agent->clock);
}

/* agent.c */
void rp_agent_situation(const RpAgent *agent, RpSituation *situation);
const RpCatalogue *rp_agent_catalogue(const RpAgent *agent);
const RpServerSet *rp_agent_find_set(const RpAgent *agent, const char *name);
/* Hands a change to the queue's writer; `done` as there, and errors are logged. */
void rp_agent_write(RpAgent *agent, RpQueueChange *change, RpQueueDone done, gpointer user);
/* The same for a change that makes messages ready: a plan follows. */
void rp_agent_write_and_plan(RpAgent *agent, RpQueueChange *change);
/* Sets the one timer to the earliest thing that is to happen. */
void rp_agent_schedule(RpAgent *agent);
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
/* Whether the set is the same in the configuration of now, as far as its server can notice. */
gboolean rp_agent_set_stands(const RpAgent *agent, const RpServerSet *set);

/* memory.c */
void rp_memory_load(RpAgent *agent);
/* Copies what failed and where; when, how often in a row and for how long it counts is worked out.
 */
void rp_memory_failure(RpAgent *agent, const RpFailure *what);
/* Its password can't be had (a command failed, a keyring is locked): tried again by itself. */
void rp_memory_no_credentials(RpAgent *agent, const RpFailure *what);
/* A set answered as it should: what was unreachable is not any more. */
void rp_memory_reached(RpAgent *agent, const char *set);
void rp_memory_forget(RpAgent *agent, const char *set, gint kind);
/* When a login was begun. */
typedef struct {
	char *place_key;
	guint n_networks;
} RpLoginOrigin;
/* A login was made from the address. FALSE: the address is gone, and the login opens nothing. */
gboolean rp_memory_pop_login(RpAgent *agent, const RpServerSet *set, const RpLoginOrigin *origin,
	const RpAddress *local);
void rp_memory_drop_pop_logins(RpAgent *agent, const char *set);
/* The login that opens the set from this source, or NULL. */
const RpPopLoginRecord *rp_memory_find_pop_login(
	const RpAgent *agent, const char *set, const RpAddress *source);
const char *rp_memory_fact(const RpAgent *agent, const char *set, const char *name);
void rp_memory_save_fact(RpAgent *agent, const char *set, const char *name, const char *value);
/* The earliest time at which something remembered ends, or G_MAXINT64. */
RpTime rp_memory_next_deadline(const RpAgent *agent);
/* Removes what has ended; TRUE when there was something. */
gboolean rp_memory_expire(RpAgent *agent);
/* What is only true of the connection that is gone. */
void rp_memory_arrived(RpAgent *agent);

/* insist.c */
/* Makes a change anew for each try. */
typedef RpQueueChange *(*RpMakeChange)(RpAgent *agent, gpointer user);
/* Writes a change that must not be lost: what the disk can't take (it is full, say) is tried again,
 * after growing pauses, until it can. `done` runs once: without an error when it is on the disk,
 * with RP_ERROR_STATE or RP_ERROR_NOT_FOUND when the change is not possible any more, with the last
 * error when the agent ends. */
void rp_insist(RpAgent *agent, RpMakeChange make, RpQueueDone done, gpointer user);
/* Tries again what is due, or all. */
void rp_insist_due(RpAgent *agent, gboolean at_once);
/* The agent ends: tells those that wait. */
void rp_insist_clear(RpAgent *agent);

/* planner.c */
void rp_planner_init(RpAgent *agent);
/* Plans soon: what is new, or everything. The reason is for the log. */
void rp_planner_request(RpAgent *agent, gboolean all, const char *reason);
/* Runs `done` when the plan that has been asked for by now is made and written. */
typedef void (*RpPlannedFunc)(RpAgent *agent, gpointer user);
void rp_planner_wait(RpAgent *agent, RpPlannedFunc done, gpointer user);
/* Something could not be written: planned again, after a growing wait. */
void rp_planner_retry(RpAgent *agent);
RpTime rp_planner_next_deadline(const RpAgent *agent);
void rp_planner_due(RpAgent *agent);
void rp_planner_clear(RpAgent *agent);

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
/* The message being sent now, or 0. */
RpMessageId rp_lanes_sending(const RpAgent *agent);
/* A POP login for `check`; afterwards CheckDone. FALSE: no POP server, or no link. */
gboolean rp_lanes_check(RpAgent *agent, const RpServerSet *set);

/* Whether the link and the address of a session are still there. */
gboolean rp_agent_route_stands(
	const RpAgent *agent, const char *interface, const RpAddress *source);

/* fetch.c */
/* What an earlier agent fetched and did not come to show is shown. */
void rp_checks_init(RpAgent *agent);
gboolean rp_check_is_under_way(const RpAgent *agent, const char *set);
/* Ends those whose link or address is gone, or all; what is fetched is put away. */
void rp_checks_cut(RpAgent *agent, gboolean all);
/* Ends those whose server set is not what it was, or gone. */
void rp_checks_reconfigured(RpAgent *agent);
/* Ends all, and waits until what was fetched is put away. */
void rp_checks_close(RpAgent *agent);

/* reports.c */
/* Goes on with what an earlier agent left. */
void rp_reports_init(RpAgent *agent);
/* Makes those that are due, one after the other. */
void rp_reports_make(RpAgent *agent);
/* When the maildir is tried again; G_MAXINT64: nothing failed. */
RpTime rp_reports_next_deadline(const RpAgent *agent);
void rp_reports_due(RpAgent *agent);
gboolean rp_reports_are_idle(const RpAgent *agent);
/* Begins no more; what is begun may go on until the other, which the queue's writes are over for.
 */
void rp_reports_stop(RpAgent *agent);
void rp_reports_free(RpAgent *agent);

/* announce.c */
/* Counts, the current set, what is being sent: only what has changed goes out. */
void rp_announce_state(RpAgent *agent);
void rp_announce_place(RpAgent *agent);
/* A message that nobody heard of yet. */
void rp_announce_queued(RpAgent *agent, RpMessageId id);
/* The user has put it on hold; the history says so already. */
void rp_announce_user_hold(RpAgent *agent, RpMessageId id);
/* It was not held until now: said with rp_announce_held if the plan holds it. */
void rp_announce_if_held(RpAgent *agent, RpMessageId id);
/* The messages of classes (gint64*) that are held now and were not before, and those that came into
 * a held class. Above 50 at once nothing but the counts. */
void rp_announce_held(RpAgent *agent, const GPtrArray *entered_classes);
/* The one notice for all held mail. */
void rp_announce_notice(RpAgent *agent);
/* Something that happened, told once. */
void rp_announce_once(RpAgent *agent, const RpNotice *notice);

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

/* render.c */
/* A link is usable: not one that is cut off or behind a portal. */
gboolean rp_agent_is_online(const RpAgent *agent);
GVariant *rp_render_place(const RpAgent *agent);
GVariant *rp_render_message(const RpAgent *agent, const RpQueueMessage *message);
char *rp_render_status(RpAgent *agent);
char *rp_render_where(const RpAgent *agent);
char *rp_render_sets(const RpAgent *agent);
char *rp_render_explanation(const RpAgent *agent, const RpQueueMessage *message);
