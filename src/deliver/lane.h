/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "convert.h"
#include "roampost/base.h"
#include "roampost/lanes.h"
#include "roampost/pace.h"

/* Shared by the files of this folder, from below:
 *
 *	convert.c           copies for servers that can't be given a message as it is
 *	lane-state.c        what a lane is at
 *	outgoing.c          a message on its way through a lane
 *	put-off.c           recipients that a server has put off
 *	outcome-record.c    what became of one, written down whatever that takes
 *	outcome-observe.c   what an answer teaches about rules that nobody wrote
 *	outcome-learn.c     what a refusal teaches about the set
 *	own-mail.c          mail to the user himself, by which a server tells as what it sees us
 *	outcome-whole.c     what comes of a message of which all is known
 *	outcome.c           what the server's answers mean for a message (tally.h)
 *	concurrency.c       what sessions tell the concurrency controller
 *	waits-kept.c        what it waits for, across restarts of the agent
 *	pace-kept.c         what it has learned, over days
 *	put-back.c          what no session has goes back to the queue
 *	domains.c           which mail suits a session whose server limits their domains
 *	marking.c           what is to be sent is marked on the disk first
 *	feed.c              which messages a lane sends next
 *	server-facts.c      what a lane's server is known for
 *	lane-fail.c         how a lane's round ends, and what failed in it
 *	lane-wait.c         how long a lane waits after a session
 *	session-end.c       what the end of a session means for the lane
 *	pop-login-end.c     the same of a POP login
 *	session.c           one session, with what it carries
 *	elsewhere.c         another address is asked where all sessions hang
 *	silent.c            sessions that hang, while others of the lane are answered
 *	lane.c              one server set's way out: POP login, sessions, waiting
 *	cancel.c            one message stops
 *	lanes.c             all lanes together
 *	prepare.c           sessions before the place is certain */

typedef struct RpLane RpLane;
typedef struct RpLaneSession RpLaneSession;
typedef struct RpElsewhere RpElsewhere;

struct RpLanes {
	const RpGround *ground;
	RpPlanner *planner;
	RpTransport *transport;
	RpLanesEvents events;
	gpointer user;
	GPtrArray *all;     /* of RpLane */
	GHashTable *doubts; /* id (gint64, owned) -> tries in which the server had all of it, and
			       did not answer */
	GHashTable *moved;  /* id (gint64, owned) -> times that it was waited for in a session that
			       hung */
	GHashTable *busy; /* ids (gint64, owned) of messages whose being sent, or being put back, is
			     on its way to the disk or to a server: no lane takes them up */
	GHashTable *put_off; /* put-off.c */
	gint64 copies_most;  /* octets of changed copies that wait in a lane; one always may */
};

/* A lane is one server set's way out of here, with its states and waits. What goes through it goes
 * in sessions, each with the messages that it was given, and there are as many of them as are worth
 * it (concurrency.c). A message is given to one session. */

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
	RP_OUTGOING_MARKING,    /* is being marked `sending` in the queue */
	RP_OUTGOING_CONVERTING, /* is marked, and a copy that the server takes is being made */
	RP_OUTGOING_READY,      /* is marked, and waits for its turn */
	RP_OUTGOING_PUSHED,     /* a session has it */
} RpOutgoingState;

typedef struct {
	RpLane *lane;
	RpOutgoingState state;
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
	guint converted;          /* RpConvertWhat: what is changed in the copy */
	gboolean raw_header;      /* its header can't be said in ASCII: only by SMTPUTF8 */
	gboolean asks;            /* one of its recipients is to find out whether it is taken */
	gboolean was_put_off;     /* one of its recipients was, by this set's server */
	gboolean as_it_is;        /* nor can the rest be changed, and the user has released it */
	guint n_overtaken;        /* messages that went before it, since a session was begun */
	RpConversion *conversion; /* while it is being made */
	RpSmtpProgress progress;  /* as it was asked for last */
} RpOutgoing;

struct RpLaneSession {
	RpLane *lane;
	RpDelivery *delivery;
	GQueue outgoing;     /* of RpOutgoing: pushed, and not yet at their end */
	RpPaceSession *pace; /* NULL: it is being cut, or silent */
	guint n_taken;       /* messages, by the server */
	guint n_refused;     /* or answered otherwise */
	gboolean up;         /* the session was set up */
	gboolean wants;      /* it could take a message */
	gboolean finished;   /* and gets none any more */
	guint16 port;
	gboolean verified;
	RpSmtpCapabilities capabilities;
	GHashTable *domains; /* of the recipients that it was given, where they are limited */
	char *client_address;
	char *server, *greeted; /* its name in the configuration, and in its greeting or NULL */
	RpAddress peer;         /* its address */
};

struct RpLane {
	RpLanes *lanes;
	char *set_name;
	RpLaneState state;
	gboolean wanted; /* the plan has work for it */

	/* what its sessions are made for */
	const RpServerSet *set; /* of the catalogue below */
	RpCatalogue *catalogue;
	char *interface;
	RpFamily family;
	gboolean without_login; /* its sessions, though the set has one */
	RpFamily plan_family;   /* as the plan has it, whatever a login fixed */
	RpAddress source;
	RpAddress local;        /* what a session turned out to use, where `source` left it open */
	gboolean local_default; /* by the default route of then */
	char *place_key;        /* where they began: what they learn is true of that place */
	gboolean pop_needed;
	GArray *classes;         /* gint64: what they may send */
	guint n_ready;           /* messages of them that wait: of the planner's version below */
	guint64 n_ready_version; /* 0: not counted */
	RpPopLogin *pop_login;   /* the step before, or the renewal beside */
	RpLoginOrigin login_origin;
	gboolean pop_refused; /* the server is not open (yet, or any more): see rp_lane_not_open */
	gboolean limited;     /* it has said that it takes no more for now */
	gboolean slowed;      /* or not so much at a time */

	/* what it carries */
	GPtrArray *sessions; /* of RpLaneSession */
	GPtrArray *silent;   /* of RpLaneSession: others have what these can't have, and they wait
				for the answers to what they may; the lane goes on without them */
	RpElsewhere *elsewhere;      /* NULL: no other address is asked */
	gboolean answered_elsewhere; /* it has answered, which is still to be seen */
	GQueue outgoing;             /* of RpOutgoing: for the next session that could take one */
	RpQueueCursor cursor;
	gboolean fetching; /* a change that marks some is on its way */
	RpTime fetched_at; /* when it was begun; its session's beginning, when that came after it */
	guint ahead;       /* so many are marked at a time, at least */
	gboolean exhausted;      /* the queue had nothing more */
	guint n_returning;       /* changes that put some back are on their way */
	gboolean small_segments; /* larger packets seem to get lost on the way from this place */
	gboolean try_again;      /* it was asked for once more while it was connecting */
	gboolean disk_failed;    /* the queue could not be read or written in this round */
	gboolean disk_fails;     /* nor since: it waits until it can */
	gboolean cutting;        /* we end the sessions, not the servers */
	guint n_accepted;        /* messages, since the lane was idle */
	guint n_in_doubt;
	const RpLaneSession *refused_by; /* such mail from this place, since then; only compared */
	RpTime refused_at;
	gint64 takes_most; /* the largest message that one of its hosts says it takes */

	RpPace *pace; /* how many sessions it has */

	/* between sessions */
	RpTime retry_at;
	RpTime renew_at;
	guint failures;         /* sessions in a row that broke or were put off */
	guint n_disk_failed;    /* rounds in a row in which the queue could not be written */
	char *wait_words;       /* why it waits, in the server's words; owned */
	gboolean reached;       /* the server's address has answered since its session was begun */
	RpTime not_open_since;  /* when it was first refused what a POP login is to open; 0: it was
				 * not
				 */
	guint n_not_open;       /* logins since */
	gboolean stays_shut;    /* at this place no login opens it: it was given the time for it */
	guint n_limited;        /* limits in a row */
	gboolean asking;        /* a message is out that asks; the others wait for its answer */
	gboolean probing;       /* one message at a time, until one is taken */
	guint pop_unclear;      /* POP logins in a row that were refused, and nobody knows why */
	gboolean force_pop;     /* log in although the plan does not ask for it */
	RpFamily login_family;  /* the one that is left, after the other did not do; or any */
	gboolean check;         /* the user asked for a check of this set */
	gboolean for_check;     /* it logs in by POP for a check, and not for mail */
	gboolean awaits_check;  /* a login failed while a check fetches: may be for that alone */
	RpTime pop_login_at;    /* at this place, by this lane */
	gboolean quit_unheard;  /* a session's QUIT was not answered, at this place */
	gboolean was_up;        /* a session was, at this place: under the name that is known */
	gboolean gave_password; /* in clear, to a POP server that proved nothing; at this place */
	RpAddress pop_login_from; /* the address that it opened the server for */
};

static inline void
rp_lanes_tell_changed(const RpLanes *lanes)
{
	lanes->events.changed(lanes->user);
}

/* ---- lane-state.c ---- */

/* NULL: the set has none. */
RpLane *rp_lanes_find(const RpLanes *lanes, const char *set_name);
void rp_lane_enter(RpLane *lane, RpLaneState state, const char *reason);
/* It is of a place that is about to be left (rp_whereabouts_is_leaving); its server is not on this
 * machine. */
gboolean rp_lane_is_leaving(const RpLane *lane);
/* It goes out by one. */
gboolean rp_lane_is_modem(const RpLane *lane);
/* For how long a POP login opens its server: as configured, or as long as was seen. */
RpSpan rp_lane_window(const RpLane *lane);
/* A POP login that this lane made at this place still opens the server. */
gboolean rp_lane_has_fresh_login(const RpLane *lane);
void rp_lane_logged_in(RpLane *lane, const RpAddress *from);
/* Where a session is to come from that such a login opened the server for; family "any" where the
 * address is no longer here, or not of that family ("any" is both). */
RpAddress rp_lane_login_source(const RpLane *lane, RpFamily family);
/* A link that it could use has an address of the family. */
gboolean rp_lane_has_family(const RpLane *lane, RpFamily family);
/* For rp_records_failure: of the lane's set, where it began; strings are borrowed. */
RpFailure rp_lane_failure(const RpLane *lane, RpFailureKind kind, const char *detail);
/* The check of the lane that does not fetch is over; NULL: without an error. */
void rp_lane_tell_checked(const RpLane *lane, const char *error);
gboolean rp_lane_sessions_any_up(const RpLane *lane, const RpLaneSession *but);
/* Messages that the sessions have. */
guint rp_lane_sessions_count_outgoing(const RpLane *lane);
/* No more messages for it. */
void rp_lane_session_finish(RpLaneSession *session);
/* For none of them. */
void rp_lane_sessions_finish(RpLane *lane);
/* The server does not take what a POP login is to open: it has none, or does not know of it yet.
 * TRUE: login and attempt are made again, one message at a time; FALSE: it is a refusal like any
 * other. `words`: the server's. */
gboolean rp_lane_not_open(RpLane *lane, const char *words);
/* Its sessions have nothing more to try: the server is not open, or takes no more for now. */
gboolean rp_lane_stops(const RpLane *lane);
/* The next messages are looked for from the beginning of the queue. */
void rp_lane_look_again(RpLane *lane);
/* It has taken a message. */
void rp_lane_is_open(RpLane *lane);
/* Waits begin anew: it is another place, or the user says so. */
void rp_lane_forget_waits(RpLane *lane);
/* That no POP login opened it: true of one place, until it lets something in. */
void rp_lane_forget_shut(RpLane *lane);
void rp_lane_set_wait_words(RpLane *lane, const char *words);

/* ---- waits-kept.c ---- */

/* How often it has waited, until when and why, for the next agent: whenever that has changed. */
void rp_lane_waits_save(const RpLane *lane);
/* Of a new lane: goes on with what it waited for at this place, with the set as it is. */
void rp_lane_waits_load(RpLane *lane);

/* ---- put-off.c ---- */

/* What is remembered of them. */
GHashTable *rp_put_off_new(void);
/* The server has put the recipient off, in these words (may be NULL). Returns when the next try can
 * succeed; 0: that can't be told, and it is an ordinary failure. */
RpTime rp_put_off_note(const RpLane *lane, const char *recipient, const char *words);
/* Others of its message are asked first until then. */
void rp_put_off_set_aside(const RpLane *lane, const char *recipient, RpTime until);
/* Until when; 0: it is not set aside now. */
RpTime rp_put_off_aside(const RpLane *lane, const char *recipient);
/* It has taken it. */
void rp_put_off_forget(const RpLane *lane, const char *recipient);
/* It was put off at the last try: whether it is taken now is to be known before content is sent. */
gboolean rp_put_off_is(const RpLane *lane, const RpQueueRecipient *recipient);

/* ---- outgoing.c ---- */

/* Decides once more, for this very message and this very moment: nothing is sent that the policy
 * does not want sent now. Takes the message; has none of its recipients (n_recipients 0) where
 * nobody's copy goes by this lane. */
RpOutgoing *rp_outgoing_new(RpLane *lane, const RpSituation *situation, RpQueueMessage *message);
void rp_outgoing_free(RpOutgoing *outgoing);
/* Octets that go over the line. */
gint64 rp_outgoing_size(const RpOutgoing *outgoing);
/* As the engine is given it; everything in it is borrowed. */
RpSmtpMessage rp_outgoing_message(RpOutgoing *outgoing);

/* ---- outcome-record.c ---- */

/* What became of a message that a session had. */
typedef struct {
	RpLanes *lanes;
	RpMessageId id;
	char *sender;
	char *set, *provider;
	char *sent_as, *from_as;    /* as RpOutcomeWay's */
	RpRecipientResult *results; /* of all that the session had it for */
	char **texts;               /* their replies, owned; may be NULL */
	guint n_results;
	gboolean maybe_sent;
	gboolean patient; /* others of its lane come to their end soon, and may share its commit */
	gboolean sent;    /* to all its recipients: it leaves the queue */
	RpTime defer_until; /* 0: not deferred */
	char *defer_text;   /* and why */
	gboolean waits;     /* what is left of it waits as its lane does */
	gint hold_reason;   /* or -1 */
	char *hold_text;
	guint n_failed;                           /* those that were refused for good */
	char *failed_recipient, *failed_text;     /* the first of them */
	char *rejected_recipient, *rejected_text; /* one that the user has to decide about */
	gboolean needs_user; /* there is such a recipient, of this session or of an earlier one */
} RpOutcomeRecord;

/* All recipients pending, nothing decided. */
RpOutcomeRecord *rp_outcome_record_new(const RpLane *lane, const RpOutgoing *outgoing);
void rp_outcome_record_free(RpOutcomeRecord *record);
/* Tried again at that time, and why. */
void rp_outcome_record_defer(RpOutcomeRecord *record, RpTime until, const char *why);
/* Takes it, writes it down and tells the world. The message stays busy until then. */
void rp_outcome_record_write(RpOutcomeRecord *record);

/* ---- outcome-learn.c ---- */

/* What the refusal of the i-th recipient says about the set is remembered for the policy; or the
 * lane is to be opened by a POP login first, and the record waits for that. All that is known of
 * the other recipients is in the record already. */
void rp_outcome_learn(const RpLaneSession *session, const RpOutgoing *outgoing,
	RpOutcomeRecord *record, guint i, const RpRecipientReply *said);
/* A message was taken: what another host refused in this round is no reason to ask none for a day.
 */
void rp_outcome_contradict(const RpLaneSession *session);

/* ---- outcome-observe.c ---- */

/* It is one of a set that learns its rules. */
gboolean rp_rule_is_learned(const char *rule);
/* The refusal is about what a rule can ask for: relaying, a POP login, a login. */
gboolean rp_outcome_is_of_rules(const RpReplyVerdict *verdict);
/* Remembers what was said to the i-th recipient, where the set learns from it. */
void rp_outcome_observe(const RpLaneSession *session, const RpOutgoing *outgoing, guint i,
	RpServerSaid said, const RpReply *reply);
/* The same, where it was taken: at RCPT at least. */
void rp_outcome_observe_taken(const RpLaneSession *session, const RpOutgoing *outgoing, guint i,
	const RpSmtpRecipientResult *result, const RpReplyVerdict *verdict);
/* It was refused in words that say nothing. TRUE: the set learns, this is remembered for it, and
 * there is more that can be brought. */
gboolean rp_outcome_try_with_more(
	const RpLaneSession *session, const RpOutgoing *outgoing, guint i, const RpReply *reply);

/* ---- own-mail.c ---- */

/* While its content is still in the queue. */
void rp_own_mail_taken(
	const RpLaneSession *session, RpOutgoing *outgoing, const RpSmtpMessageResult *result);

/* ---- outcome.c ---- */

void rp_outcome_message(
	RpLaneSession *session, RpOutgoing *outgoing, const RpSmtpMessageResult *result);
/* No copy could be made of it: held with the reason, or with -1 put off. */
void rp_outcome_not_converted(RpLane *lane, RpOutgoing *outgoing, gint reason, const char *text);

/* ---- concurrency.c ---- */

/* Sessions that the lane should have now; fewer than it has: idle ones may go. */
guint rp_concurrency_wanted(RpLane *lane);
/* That a lane of this set would begin with, for `n` messages of which nothing has been read, by
 * what `pace` knows. */
guint rp_concurrency_begin_with(const RpServerSet *set, RpPace *pace, guint n, gboolean modem);
/* The session that the next message goes to; NULL: none should have one now. */
RpLaneSession *rp_concurrency_choose(RpLane *lane);
gboolean rp_concurrency_may_take(const RpLaneSession *session);
/* A message of the class has been taken for the lane: it does not wait any more. */
void rp_concurrency_count_out(RpLane *lane, gint64 class_id);
/* What it hears of a session. */
void rp_concurrency_begun(RpLaneSession *session);
/* One that was prepared may have its round trip already: those that are begun with it are behind.
 */
void rp_concurrency_started(RpLaneSession *session);
void rp_concurrency_reached(RpLaneSession *session);
void rp_concurrency_ready(RpLaneSession *session, const RpSessionReport *report);
void rp_concurrency_given(RpLaneSession *session, gint64 octets);
/* The one that hangs while others are answered; NULL: none does. */
RpLaneSession *rp_concurrency_find_silent(const RpLane *lane, RpTime now);
/* When the time without an answer says something; G_MAXINT64: never. */
RpTime rp_concurrency_look_at(const RpLane *lane);
/* When another address is to be asked; G_MAXINT64: never. */
RpTime rp_concurrency_elsewhere_at(const RpLane *lane);
/* Messages wait that no session has. */
gboolean rp_concurrency_any_waits(RpLane *lane);
void rp_concurrency_look(const RpLane *lane, RpTime now);
void rp_concurrency_outcome(RpLaneSession *session, const RpSmtpMessageResult *result);
/* It took something; or refused so many messages that a 421 behind them is about the errors, of
 * which many servers forgive no more in a session (Postfix' smtpd_hard_error_limit). Behind one or
 * two it is the server that wants a pause. */
gboolean rp_concurrency_was_served(const RpLaneSession *session);
void rp_concurrency_closed(RpLaneSession *session, RpPaceEnd end);

/* ---- pace-kept.c ---- */

/* Where nothing is known of this place's line and server: what was, at the last visit. */
void rp_lane_pace_recall(RpLane *lane);
/* The same of another place and of a server set as it is now, into `pace`. */
void rp_lane_pace_recall_of(
	const RpLane *lane, const char *place_key, const char *revision, RpPace *pace);
/* The sessions are over: what they have shown is kept, where that is news. */
void rp_lane_pace_keep(const RpLane *lane);

/* ---- put-back.c ---- */

/* Takes the ids (RpMessageId). They are busy until this is on the disk. The lane may have gone. */
void rp_lanes_put_back(RpLanes *lanes, const char *set_name, GArray *ids, RpTime defer_until);
/* What was marked and not pushed goes back to the queue, certain not to have been sent; deferred
 * where a time is given (0: not). */
void rp_feed_drop(RpLane *lane, RpTime defer_until);
/* Defers what only this lane could send, so that the queue shows when it will be tried. */
void rp_feed_defer_waiting(RpLane *lane, RpTime until);

/* ---- domains.c ---- */

/* Not all of it may be given to the session, where it has recipients of more domains than the
 * server takes in any; but as much as in another. */
gboolean rp_session_suits(const RpLaneSession *session, const RpOutgoing *outgoing);
/* From now on its domains are among the session's. Those that wait before it are overtaken, but for
 * the session's first. */
void rp_session_take_domains(RpLaneSession *session, RpOutgoing *outgoing);
/* What is marked, and suits a session that is there or on its way; all, where all of them end. */
guint rp_lane_count_suited(const RpLane *lane);
/* Nothing of what waits suits one of them. */
gboolean rp_lane_any_lacks(const RpLane *lane);
/* Those end, so that others come, which may have other domains. */
void rp_lane_end_lacking(const RpLane *lane);
/* So does one where a message that suits none was overtaken by many. */
void rp_lane_end_for_others(const RpLane *lane);

/* ---- marking.c ---- */

typedef void (*RpLaneFunc)(RpLane *lane);
/* Takes the next messages out of the queue that go by this lane, of at most `most` that are looked
 * at together, and marks them `sending`. `go_on` is called when that is on the disk or has failed;
 * not, when there were none (`exhausted`), and not for a lane that has gone. */
void rp_lane_mark_next(RpLane *lane, guint most, RpLaneFunc go_on);

/* ---- feed.c ---- */

/* Sessions could take messages: gives them some, or fetches some, or ends them. */
void rp_feed_next(RpLane *lane);
/* A session will soon be up: the first messages are marked meanwhile. */
void rp_feed_prepare(RpLane *lane);

/* ---- server-facts.c ---- */

/* What is known of the server, for a session with it. */
void rp_lane_known_server(const RpLane *lane, RpDeliveryOptions *options);
/* A session has seen that CHUNKING works: the others, and the next ones, need not find out. */
void rp_lane_chunking_works(RpLane *lane);
/* A session is over: a server that can't be trusted with PIPELINING or CHUNKING, or takes only so
 * many recipients at once, is remembered. */
void rp_lane_note_server(RpLane *lane, const RpSessionReport *report);
/* A session is up, or a POP login made: how its server greets is remembered, as a fact of that
 * name.
 */
void rp_lane_note_greeting(RpLane *lane, const char *fact, const RpSessionReport *report);

/* ---- lane-fail.c ---- */

/* What one end means, with the failure that is remembered for it at this place, if it is one. */
typedef void (*RpLaneEnd)(RpLane *lane, const RpSessionReport *report, RpFailureKind kind);
typedef struct {
	RpLaneEnd end;
	RpFailureKind kind;
} RpLaneEndRule;

/* Nothing is left of the round, and the planner decides what comes next. */
void rp_lane_plan_anew(RpLane *lane, const char *reason);
/* Remembered for the set at this place, and told where the user can do something; planned anew. */
void rp_lane_fail(RpLane *lane, const RpSessionReport *report, RpFailureKind kind);
/* It can't be had, and no server was asked: it is tried again by itself. Planned anew. */
void rp_lane_has_no_password(RpLane *lane, const RpSessionReport *report, RpFailureKind kind);
/* The server closed before it said anything, for the first time. */
gboolean rp_lane_is_first_hang_up(const RpLane *lane, const RpSessionReport *report);
/* TRUE: it is of a place that is being left, so that nothing is judged by it. Planned anew. */
gboolean rp_lane_drop_hearsay(RpLane *lane, const RpSessionReport *report);

/* ---- lane-wait.c ---- */

/* All wait: the lane goes on not before `until`, and what it still has goes back to the queue. The
 * first three defer all its mail too; `words` are the server's, or NULL. */
void rp_lane_defer_all(RpLane *lane, RpTime until, const char *reason, const char *words);
void rp_lane_put_off(RpLane *lane, const RpSessionReport *report, RpTime until);
/* The server ended the session because it is too much at a time: by its words, or as it names a
 * time. So it is no number of messages after which the next session may begin at once. */
gboolean rp_lane_is_to_slow_down(const RpSessionReport *report);
/* For as long as its words have it (rp_lane_set_wait_words), else longer from time to time, unless
 * it has taken something before it said so. */
void rp_lane_wait_as_told(RpLane *lane);
/* Longer from session to session, but soon after the first that was lost. */
void rp_lane_wait_growing(RpLane *lane, const RpSessionReport *report);
/* Its news may be on their way, or the address is not one to send from. */
void rp_lane_wait_for_network(RpLane *lane, const RpSessionReport *report, RpFailureKind kind);
void rp_lane_wait_for_disk(RpLane *lane);
/* A line that broke, or a server that wants no more in one session: it works in principle. */
void rp_lane_begin_again_soon(RpLane *lane, const RpSessionReport *report);

/* ---- lane-route.c ---- */

/* Which way it goes from that place; the interface is borrowed from it. */
RpRoute rp_lane_route(const RpPlace *place, const RpRecipientPlan *plan);
/* The lane goes that way from here on. */
void rp_lane_set_route(RpLane *lane, const RpRecipientPlan *best);
/* That of what the lane opens now. Borrowed from it. */
RpRoute rp_lane_own_route(const RpLane *lane);
/* Of a session that has ended: where larger packets seem to get lost, the next ones send small ones
 * until the place changes. */
void rp_lane_note_stall(RpLane *lane, const RpSessionReport *report);
/* Its address is still there; and, before it is up, the way by which it began. */
gboolean rp_lane_route_stands(const RpLane *lane);
/* Looks whether the machine's routes still lead the way of its sessions. */
void rp_lane_look_at_route(RpLane *lane);

/* ---- session-end.c, pop-login-end.c ---- */

/* What the end means; decides whether and when the lane goes on. */
void rp_session_end(RpLane *lane, const RpSessionReport *report);
/* The same where no session has ended, but none is left to it. */
void rp_lane_end_round(RpLane *lane, const char *reason);
void rp_session_end_pop_login(RpLane *lane, const RpSessionReport *report);

/* ---- session.c ---- */

/* The first session, and as many beside it as are known to be worth it. */
void rp_lane_sessions_start(RpLane *lane);
/* As many as are worth it now. */
void rp_lane_sessions_adjust(RpLane *lane);
/* Ends them now: what they have comes to its end. */
void rp_lane_session_cut(RpLaneSession *session, RpPaceEnd end);
void rp_lane_sessions_cut(RpLane *lane);
/* The same of those that it went on without. */
void rp_lane_cut_silent(RpLane *lane);

/* ---- elsewhere.c ---- */

/* It is asked, where it is time, or has answered: what hangs is silent while others are answered.
 */
void rp_lane_look_elsewhere(RpLane *lane, RpTime now);
void rp_lane_end_elsewhere(RpLane *lane);
/* The addresses of its sessions come last from now on. */
void rp_lane_shun(const RpLane *lane);

/* ---- silent.c ---- */

/* Those that hang while others are answered keep what is in doubt alone. */
void rp_lane_sessions_leave_silent(RpLane *lane, RpTime now);

/* ---- lanes.c ---- */

/* The set's lane, made where there is none. */
RpLane *rp_lanes_get(RpLanes *lanes, const char *set_name);

/* ---- lane.c ---- */

RpLane *rp_lane_new(RpLanes *lanes, const char *set_name);
void rp_lane_free(RpLane *lane);
/* The plan has work for it. */
void rp_lane_wake(RpLane *lane);
/* It has none: a session is ended that waited for what was put back alone. */
void rp_lane_go_on(RpLane *lane);
/* Ends what is under way; messages come back by their outcomes. */
void rp_lane_cut(RpLane *lane);
/* A session ends in order, with what it has; what is only on the way to one is cut. */
void rp_lane_leave(RpLane *lane, const char *reason);
/* Does what is due by now. */
void rp_lane_due(RpLane *lane, RpTime now);
/* The user checks mail. */
void rp_lane_check(RpLane *lane, const RpServerSet *set);
