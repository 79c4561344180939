/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "agent-private.h"

/* A lane is one server set's way out of here: at most one session at a time. */

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
	RP_LOAD_READY,   /* is marked, and waits for its turn */
	RP_LOAD_PUSHED,  /* the session has it */
} RpLoadState;

typedef struct {
	RpLane *lane;
	RpLoadState state;
	RpMessageId id;
	RpQueueMessage *message;
	guint n_recipients;
	guint *numbers;         /* of the queue's recipients */
	const char **addresses; /* borrowed from the message */
	char **rules;           /* by which each may go */
} RpLoad;

void rp_load_free(RpLoad *load);

struct RpLane {
	RpAgent *agent;
	char *set_name;
	RpLaneState state;
	gboolean wanted; /* the plan has work for it */

	/* the session */
	const RpServerSet *set; /* of the catalogue below */
	RpCatalogue *catalogue;
	RpPlace *place; /* borrowed mark of where it began; never looked into */
	char *interface;
	RpFamily family;
	RpAddress source;
	gboolean pop_needed;
	GArray *classes; /* gint64: what this session may send */
	RpDelivery *delivery;
	RpPopLogin *pop_login; /* the step before, or the renewal beside */
	RpAddress local;
	char *client_address;
	guint16 port;
	gboolean verified;
	gboolean pop_refused; /* the server asked for a POP login in this session */

	/* what it carries */
	GQueue loads; /* of RpLoad */
	RpQueueCursor cursor;
	gboolean wants;     /* the session could take a message */
	gboolean fetching;  /* a change that marks loads is on its way */
	gboolean exhausted; /* the queue had nothing more */
	guint n_accepted;   /* messages of this session */

	/* between sessions */
	RpTime retry_at;
	RpTime renew_at;
	guint failures;      /* sessions in a row that broke or were put off */
	guint pop_asked;     /* POP-first refusals in a row */
	gboolean force_pop;  /* log in although the plan does not ask for it */
	gboolean check;      /* the user asked for a check of this set */
	RpTime pop_login_at; /* at this place, by this lane */
};

/* lane.c */
void rp_lane_enter(RpLane *lane, RpLaneState state, const char *reason);
/* Goes on not before the time; the loads it still has go back. */
void rp_lane_wait(RpLane *lane, RpTime until, const char *reason);

/* A POP login that this lane made at this place still opens the server. */
gboolean rp_lane_has_fresh_login(const RpLane *lane);

/* haul.c */
/* The session could take a message: gives it one, or fetches some, or ends it. */
void rp_haul_next(RpLane *lane);
/* What was marked and not pushed goes back to the queue, certain not to have been sent; deferred
 * where a time is given (0: not). */
void rp_haul_drop(RpLane *lane, RpTime defer_until);
/* Defers what is next for this lane, so that the queue shows when it will be tried. */
void rp_haul_defer_next(RpLane *lane, RpTime until);

/* outcome.c */
void rp_outcome_message(RpLane *lane, RpLoad *load, const RpSmtpMessageResult *result);
/* What the end of a session means; decides whether and when the lane goes on. */
void rp_outcome_session(RpLane *lane, const RpSessionReport *report);
void rp_outcome_pop_login(RpLane *lane, const RpSessionReport *report);
