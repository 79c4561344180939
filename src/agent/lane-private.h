/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "agent-private.h"
#include "roampost/base.h"
#include "width-rule.h"

/* A lane is one server set's way out of here, with its states and waits. What goes through it goes
 * in trains: each is one session with the loads that it was given, and as many are on their way as
 * the line is worth (width.c). A load is given to one train. */

typedef enum {
	RP_LANE_IDLE,       /* nothing to do, or nothing begun */
	RP_LANE_LOGGING_IN, /* the POP login that opens the SMTP server */
	RP_LANE_CONNECTING,
	RP_LANE_SENDING,
	RP_LANE_LEAVING, /* QUIT is on its way */
	RP_LANE_WAITING, /* until `retry_at`: the server asked to, or the line broke */
} RpLaneState;

/* A message on its way through a lane. */
typedef enum {
	RP_LOAD_MARKING, /* is being marked `sending` in the queue */
	RP_LOAD_MENDING, /* is marked, and a copy that the server takes is being made */
	RP_LOAD_READY,   /* is marked, and waits for its turn */
	RP_LOAD_PUSHED,  /* a session has it */
} RpLoadState;

typedef struct RpTrain RpTrain;
typedef struct RpMending RpMending;

typedef struct {
	RpLane *lane;
	RpLoadState state;
	RpMessageId id;
	RpQueueMessage *message;
	guint n_recipients;
	guint *numbers;         /* of the queue's recipients */
	const char **addresses; /* borrowed from the message, like the next two */
	const char **dsn_notify;
	const char **dsn_original;
	char **rules; /* by which each may go */
	char *sender; /* of the envelope, if the set has another for it; NULL: it stays */
	char *from;   /* what From's address becomes; NULL: it stays */
	RpFd copy;    /* what is sent instead of the queue's own; -1: that one */
	gint64 copy_size;
	guint mended;       /* RpConvertWhat: what is changed in the copy */
	RpMending *mending; /* while it is being made */
} RpLoad;

void rp_load_free(RpLoad *load);
/* Octets that go over the line. */
gint64 rp_load_size(const RpLoad *load);

/* mend.c */
/* The load waits in its lane until a copy is made of it with so much changed (RpConvertWhat),
 * beside what was changed in the one before. What can't be changed is held. */
void rp_load_mend(RpLoad *load, guint what);
void rp_load_stop_mending(RpLoad *load);

struct RpTrain {
	RpLane *lane;
	RpDelivery *delivery;
	GQueue loads;   /* of RpLoad: pushed, and not yet at their end */
	gboolean up;    /* the session was set up */
	gboolean wants; /* it could take a message */
	guint16 port;
	gboolean verified;
	RpSmtpCapabilities capabilities;
	char *client_address;
};

struct RpLane {
	RpAgent *agent;
	char *set_name;
	RpLaneState state;
	gboolean wanted; /* the plan has work for it */

	/* what its sessions are made for */
	const RpServerSet *set; /* of the catalogue below */
	RpCatalogue *catalogue;
	char *interface;
	RpFamily family;
	RpAddress source;
	RpAddress local; /* what a session turned out to use, where `source` left it open */
	char *place_key; /* where they began: what they learn is true of that place */
	gboolean pop_needed;
	GArray *classes;       /* gint64: what they may send */
	RpPopLogin *pop_login; /* the step before, or the renewal beside */
	RpLoginOrigin login_origin;
	gboolean pop_refused; /* the server asked for a POP login in one of them */

	/* what it carries */
	GPtrArray *trains; /* of RpTrain */
	GQueue loads;      /* of RpLoad: for the next train that could take one */
	RpQueueCursor cursor;
	gboolean fetching;    /* a change that marks loads is on its way */
	gboolean exhausted;   /* the queue had nothing more */
	guint n_returning;    /* changes that put loads back are on their way */
	gboolean disk_failed; /* the queue could not be read or written */
	gboolean cutting;     /* we end the sessions, not the servers */
	guint n_accepted;     /* messages, since the lane was idle */
	guint n_in_doubt;

	/* how wide it is: width.c */
	gint64 rtt; /* the line's round trip, in microseconds; 0: not known here */
	gboolean rtt_sure;
	guint64 rate; /* octets a second; 0: not known here */
	RpChunking chunking;
	guint most;        /* sessions that the server lets us have; 0: no less than configured */
	guint most_before; /* the same, when the first of these sessions was begun */
	guint worth;       /* sessions that fill the line, as measured; 0: not yet */
	RpTime sample_at;
	guint n_sampled;
	gint64 octets_sampled;
	RpWidthSample sample; /* the one before */
	gboolean settled;     /* more sessions do not pay */

	/* between sessions */
	RpTime retry_at;
	RpTime renew_at;
	guint failures;        /* sessions in a row that broke or were put off */
	guint pop_asked;       /* POP-first refusals in a row */
	gboolean force_pop;    /* log in although the plan does not ask for it */
	RpFamily login_family; /* the one that is left, after the other did not do; or any */
	gboolean check;        /* the user asked for a check of this set */
	gboolean awaits_check; /* a login failed while a check fetches: may be for that alone */
	RpTime pop_login_at;   /* at this place, by this lane */
};

/* lanes.c */
/* NULL: the set has none. */
RpLane *rp_lanes_find(const RpAgent *agent, const char *set_name);

/* lane.c */
RpLane *rp_lane_new(RpAgent *agent, const char *set_name);
void rp_lane_free(RpLane *lane);
/* The plan has work for it. */
void rp_lane_wake(RpLane *lane);
/* Ends what is under way; messages come back by their outcomes. */
void rp_lane_cut(RpLane *lane);
/* What was begun at the place before: a session ends in order, and the next is begun from here. */
void rp_lane_leave_place(RpLane *lane);
/* Its link and its address are still there. */
gboolean rp_lane_route_stands(const RpLane *lane);
/* Does what is due by now. */
void rp_lane_due(RpLane *lane, RpTime now);
/* The user checks mail. */
void rp_lane_check(RpLane *lane, const RpServerSet *set);
void rp_lane_enter(RpLane *lane, RpLaneState state, const char *reason);
/* Goes on not before the time; the loads it still has go back. */
void rp_lane_wait(RpLane *lane, RpTime until, const char *reason);

/* It goes out by one. */
gboolean rp_lane_is_modem(const RpLane *lane);
/* A POP login that this lane made at this place still opens the server. */
gboolean rp_lane_has_fresh_login(const RpLane *lane);
/* A link that it could use has an address of the family, or this address. */
gboolean rp_lane_has_family(const RpLane *lane, RpFamily family);
gboolean rp_lane_has_address(const RpLane *lane, const RpAddress *address);
/* For rp_memory_failure: of the lane's set, where it began; strings are borrowed. */
RpFailure rp_lane_failure(const RpLane *lane, RpFailureKind kind, const char *detail);

/* train.c */
void rp_train_start(RpLane *lane);
gboolean rp_trains_any_up(const RpLane *lane, const RpTrain *but);
/* Loads that the sessions have. */
guint rp_trains_count_loads(const RpLane *lane);
/* No more messages. */
void rp_trains_finish(RpLane *lane);
/* Ends them now: the loads come to their end. */
void rp_trains_cut(RpLane *lane);

/* width.c */
/* The first session, and as many beside it as it is known that the line is worth. */
void rp_width_start(RpLane *lane);
/* What it hears of a session; more may be started. */
void rp_width_reached(RpTrain *train);
void rp_width_ready(RpTrain *train, const RpSmtpCapabilities *capabilities);
/* A message was answered. */
void rp_width_outcome(RpTrain *train, gint64 octets);
void rp_width_closed(RpTrain *train);
/* Another place: nothing is known of the line. */
void rp_width_arrived(RpLane *lane);

/* haul.c */
/* Sessions could take messages: gives them some, or fetches some, or ends them. */
void rp_haul_next(RpLane *lane);
/* A session will soon be up: the first loads are marked meanwhile. */
void rp_haul_prepare(RpLane *lane);
/* What was marked and not pushed goes back to the queue, certain not to have been sent; deferred
 * where a time is given (0: not). */
void rp_haul_drop(RpLane *lane, RpTime defer_until);
/* Defers what only this lane could send, so that the queue shows when it will be tried. */
void rp_haul_defer_waiting(RpLane *lane, RpTime until);

/* settle.c */
/* What became of a message that a session had. */
typedef struct {
	RpAgent *agent;
	RpMessageId id;
	char *sender;
	char *set, *provider;
	RpRecipientResult *results; /* of all that the session had it for */
	char **texts;               /* their replies, owned; may be NULL */
	guint n_results;
	gboolean maybe_sent;
	gboolean sent;      /* to all its recipients: it leaves the queue */
	RpTime defer_until; /* 0: not deferred */
	gint hold_reason;   /* or -1 */
	char *hold_text;
	guint n_failed;                           /* those that were refused for good */
	char *failed_recipient, *failed_text;     /* the first of them */
	char *rejected_recipient, *rejected_text; /* one that the user has to decide about */
	gboolean asks; /* there is such a recipient, of this session or of an earlier one */
} RpSettlement;

/* All recipients pending, nothing decided. */
RpSettlement *rp_settlement_new(const RpLane *lane, const RpLoad *load);
void rp_settlement_free(RpSettlement *settlement);
/* Takes it, writes it down and tells the world. The message stays busy until then. */
void rp_settle(RpSettlement *settlement);

/* outcome.c */
void rp_outcome_message(RpTrain *train, RpLoad *load, const RpSmtpMessageResult *result);
/* No copy could be made of it: held with the reason, or with -1 put off. */
void rp_outcome_not_mended(RpLane *lane, RpLoad *load, gint reason, const char *text);

/* ending.c */
/* The server asks for a POP login: one login and one retry; then it is a refusal like any other.
 * TRUE when it will be retried. */
gboolean rp_lane_answer_pop_first(RpLane *lane);
/* A server that can't be trusted with PIPELINING is remembered. */
void rp_outcome_suspect(RpLane *lane, const RpSessionReport *report);
/* What the end of a session means; decides whether and when the lane goes on. */
void rp_outcome_session(RpLane *lane, const RpSessionReport *report);
void rp_outcome_pop_login(RpLane *lane, const RpSessionReport *report);

/* fetch.c */
/* A check that fetches, by the lane's set and route; the lane hears of its login as of any other.
 */
void rp_check_start(RpLane *lane);
