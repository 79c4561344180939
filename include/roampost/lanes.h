/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/notice.h"
#include "roampost/planner.h"
#include "roampost/received.h"
#include "roampost/transport.h"

/* Delivery: one lane a server set, which is its way out of here, with POP login, sessions and
 * waits. Lanes take up what the plan has for them, decide once more for each message (nothing is
 * sent that the policy does not want sent now), mark it `sending` on the disk before its first
 * octet, and write down what became of it, whatever that takes. */
typedef struct RpLanes RpLanes;

/* What became of a message that a session had, as it stands in the queue now. */
typedef struct {
	RpMessageId id;
	const char *set;
	gboolean sent;  /* to all its recipients: it has left the queue */
	guint n_failed; /* recipients that were refused for good */
	const char *failed_recipient, *failed_text; /* the first of them */
	gint hold_reason; /* RpReason, or -1: the whole message is not held */
	const char *hold_text;
	gboolean needs_user; /* there is a recipient that the user has to decide about, of this
			  session or of an earlier one */
	const char *rejected_recipient, *rejected_text; /* one of this session, or NULL */
} RpDeliveryOutcome;

/* What a check that fetches is made for; strings and the catalogue are borrowed for the call. */
typedef struct {
	RpCatalogue *catalogue;
	const RpServerSet *set; /* of that catalogue */
	RpRoute route;
} RpLaneCheck;

/* All run on the default main context; strings are borrowed for the call. */
typedef struct {
	/* What became of a message is on the disk. */
	void (*outcome)(const RpDeliveryOutcome *outcome, gpointer user);
	/* A set stopped as a whole: its login was refused, or somebody poses as its server. */
	void (*notice)(const RpNotice *notice, gpointer user);
	/* Something here answered in place of the set's server (`detail`: in what way). */
	void (*intercepted)(const char *set, const char *detail, gpointer user);
	/* The set's server answered as it is known to, by its greeting or by TLS. */
	void (*proven)(const char *set, gpointer user);
	/* A server would not relay for us: it takes us for outside. */
	void (*kept_out)(gpointer user);
	/* Counts, or the message being sent, are not what they were. */
	void (*changed)(gpointer user);
	/* A check that does not fetch is over; without `error` its login opens the set from now on.
	 */
	void (*checked)(const char *set, const char *error, gpointer user);
	/* A check that fetches is to begin: rp_lanes_check_login, then rp_lanes_check_done follow.
	 */
	void (*fetch)(const RpLaneCheck *check, gpointer user);
	/* Whether one that fetches is under way. */
	gboolean (*is_fetching)(const char *set, gpointer user);
	/* Whether it matters how a server sees a session from this address of ours. */
	gboolean (*wants_taken)(const RpAddress *local, gpointer user);
	/* If so: a mail to the user himself was taken. Before `outcome`. */
	void (*taken)(const RpTaken *taken, gpointer user);
	/* A binding failed: the network may not be what it was. */
	void (*rescan)(gpointer user);
} RpLanesEvents;

/* All are borrowed: the ground, the planner and the transport until rp_lanes_close, after which
 * nothing is asked of them. */
RpLanes *rp_lanes_new(const RpGround *ground, RpPlanner *planner, RpTransport *transport,
	const RpLanesEvents *events, gpointer user);
/* Begins nothing new: what no session has goes back, what one has is sent to its end, then QUIT.
 * What is only being connected or logged in to is cut. A plan may begin them again. */
void rp_lanes_leave(RpLanes *lanes, const char *reason);
/* Ends all; what sessions have comes to its end and is handed to be written. */
void rp_lanes_close(RpLanes *lanes);
/* After rp_lanes_close, without which lanes would be left over. */
void rp_lanes_free(RpLanes *lanes);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpLanes, rp_lanes_free)

/* ---- what the agent tells them ---- */

/* Makes and wakes the lanes that the plan has work for. */
void rp_lanes_update(RpLanes *lanes);
/* Ends waits, of this set or (NULL) of all: the next plan wakes what waited. */
void rp_lanes_try_now(RpLanes *lanes, const char *set);
/* Cuts those whose server set is not what it was, or gone, and ends their waits; others go on. */
void rp_lanes_reconfigured(RpLanes *lanes);
/* What may be sent from here has changed: what no session has yet is decided anew. */
void rp_lanes_reconsider(RpLanes *lanes);
/* It is another place: what connects or logs in is ended, what sends ends in order after the
 * messages that it has, waits are over, and names and POP logins of before count no more. */
void rp_lanes_arrived(RpLanes *lanes);
/* There is a way out again, at the same place: waits are over, and a login of ours may have been
 * from an address that is another now. */
void rp_lanes_came_back(RpLanes *lanes);
/* It may soon be this place: sessions are begun that would be wanted there
 * (rp_transport_prepare), in the place of those that were begun for another one. NULL: none are
 * wanted any more, those that the lanes have found are theirs. */
void rp_lanes_prepare(RpLanes *lanes, const RpPlace *place);
/* Cuts the sessions whose address is gone, or all. */
void rp_lanes_cut(RpLanes *lanes, gboolean all);
/* G_MAXINT64: nothing is due. */
RpTime rp_lanes_next_deadline(const RpLanes *lanes);
void rp_lanes_due(RpLanes *lanes);

typedef enum {
	RP_LANES_CANCELLED, /* it is on its way back into the queue, certain not to have arrived */
	RP_LANES_NOT_SENDING,
	RP_LANES_TOO_LATE, /* a server has all of it, and may have taken it */
	RP_LANES_SHARED,   /* that is so of another message in its lane */
} RpLanesCancelled;
/* Stops the sending of a message: where a session has it, those of its lane are cut, and what else
 * they had goes back too and is sent anew. Who asks keeps it from being so by a change that is
 * handed over in this turn. */
RpLanesCancelled rp_lanes_cancel(RpLanes *lanes, RpMessageId id);

/* A POP login for `check`, or the fetch that the set wants, unless one is under way already. FALSE:
 * no POP server, or no link. */
gboolean rp_lanes_check(RpLanes *lanes, const RpServerSet *set);
/* A check that fetches (there was a `fetch` event for the set) made its login, or did not; the lane
 * hears of it as of its own. */
void rp_lanes_check_login(RpLanes *lanes, const char *set, const RpSessionReport *report);
/* It is over. TRUE: the lane was not let in meanwhile, and the set is to be tried again. */
gboolean rp_lanes_check_done(RpLanes *lanes, const char *set);

/* ---- what they are at ---- */

gboolean rp_lanes_are_idle(const RpLanes *lanes);
/* Mail waits because the queue can't be written, or read: that is tried again by itself. */
gboolean rp_lanes_disk_fails(const RpLanes *lanes);
/* A check of the set that does not fetch is under way. */
gboolean rp_lanes_is_checking(const RpLanes *lanes, const char *set);
/* What the set waits for now, as a sentence ("It said: 421 ..."), or NULL: nothing. Free with
 * g_free. */
char *rp_lanes_waiting(const RpLanes *lanes, const char *set);
/* A message that a session has, and how far it is (RpSmtpProgress); strings are lent for the call.
 */
typedef struct {
	RpMessageId id;
	const char *set;
	const char *stage; /* "waiting", "envelope", "content", "answer" */
	guint64 done;
	guint64 total;
} RpActive;
/* Runs `func` for each. */
typedef void (*RpActiveFunc)(const RpActive *active, gpointer user);
void rp_lanes_each_active(const RpLanes *lanes, RpActiveFunc func, gpointer user);
