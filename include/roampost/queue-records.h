/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/learning.h"
#include "roampost/queue-change.h"

/* What stands beside the messages in the queue's database and must outlive the agent: POP logins,
 * failures, what was learned, facts about sets, fetched mail, reports, the override, the history. A
 * change writes it, each in a step of its own; a handle reads it. */

/* One record a (set, place, source): the last login. */
void rp_change_save_pop_login(RpQueueChange *change, const RpPopLoginRecord *record);
/* Those of the set, at all places: its server does not know of them. */
void rp_change_forget_pop_logins(RpQueueChange *change, const char *set);
/* One record a (kind, set, rule, place, sender, recipient domain); replaces. */
void rp_change_save_failure(RpQueueChange *change, const RpFailure *failure);
/* Of the set (NULL: of all), of the kind (-1: of all). */
void rp_change_forget_failures(RpQueueChange *change, const char *set, gint kind);
/* Removes failures whose `until` has passed, and logins older than `logins_before`. */
void rp_change_expire(RpQueueChange *change, RpTime logins_before);
/* Arrays that free themselves. */
GPtrArray *rp_queue_load_pop_logins(RpQueue *queue, GError **error);
GPtrArray *rp_queue_load_failures(RpQueue *queue, GError **error);

/* What the user taught us about places: one record a (provider, connection, gateway, prefix). */
void rp_change_learn(RpQueueChange *change, const RpLearned *learned);
void rp_change_unlearn(RpQueueChange *change, const char *provider);
GPtrArray *rp_queue_load_learned(RpQueue *queue, GError **error); /* of RpLearned */

/* What servers were observed to do: one record a (set, class, vector, recipient domain, answer). */
void rp_change_save_observation(RpQueueChange *change, const RpObservation *observation);
void rp_change_drop_observation(RpQueueChange *change, const RpObservation *observation);
void rp_change_forget_observations(RpQueueChange *change, const char *set);
RpObservations *rp_queue_load_observations(RpQueue *queue, GError **error);

/* What was noticed about a set: ("banner-domain", "odn.example"), ("pipelining", "broken"). */
typedef struct {
	char *set;
	char *name;
	char *value;
} RpSetFact;

/* Of no set (""): when a message was last deferred, which every deferral writes down. */
#define RP_FACT_DEFERRED_AT "deferred-at"
/* Of no set: the user wants nothing sent (any value). */
#define RP_FACT_PAUSED "paused"
/* In whose names the set's servers greet (roampost/greeting.h). */
#define RP_FACT_GREETINGS "banner-domain"
#define RP_FACT_POP_GREETINGS "pop-banner-domain"

void rp_set_fact_free(RpSetFact *fact);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpSetFact, rp_set_fact_free)
/* NULL value: forget it. */
void rp_change_save_set_fact(
	RpQueueChange *change, const char *set, const char *name, const char *value);
GPtrArray *rp_queue_load_set_facts(RpQueue *queue, GError **error);

/* A mailbox that is fetched from. UIDLs are the server's own: another one may give the same to
 * another mail. */
typedef struct {
	const char *server; /* no two servers have the same text here */
	const char *user;
	const char *set; /* under its name are the records of before servers were told apart */
} RpMaildrop;

/* A mail that was fetched by POP. There may be several of one (server, user, UIDL): an id is free
 * for another mail once the one before is deleted (RFC 1939 section 7), and some servers give two
 * mails the same. */
typedef struct {
	char *uidl;
	char *digest; /* SHA-256 of what came, in hexadecimal; "": not known, of an older version */
	RpTime at;    /* of the fetch */
	gint64 size;  /* octets, as the server listed it; -1: not known */
	gboolean header_only;
	char *file;           /* it is parked there and not yet shown (mail-file.h); NULL: it is */
	RpTime missing_since; /* the server did not list it, without being believed; 0: it does */
	gboolean doubt;       /* its deletion was asked for: what has its id may be another mail */
	gboolean cut; /* what came is not all of it: it is neither deleted nor fetched any more */
} RpFetched;

void rp_fetched_free(RpFetched *fetched);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpFetched, rp_fetched_free)
/* `at` is the change's, and the mail is not missing. It takes the place of those with its UIDL, but
 * for what is parked; `beside` them (of the one with the same digest only) it stays in doubt. */
void rp_change_save_fetched(
	RpQueueChange *change, const RpMaildrop *drop, const RpFetched *fetched, gboolean beside);
/* What is listed under the UIDL may be another mail than those that are remembered. */
void rp_change_doubt_fetched(RpQueueChange *change, const RpMaildrop *drop, const char *uidl);
/* What came under the UIDL is not all that there is, nor ever will be. */
void rp_change_cut_fetched(RpQueueChange *change, const RpMaildrop *drop, const char *uidl);
/* It is the one with that digest and no other, listed with this size; NULL: what is remembered is
 * in doubt no more. */
void rp_change_recognise_fetched(RpQueueChange *change, const RpMaildrop *drop, const char *uidl,
	const char *digest, gint64 size);
/* What is parked in the file is shown now. */
void rp_change_fetched_shown(RpQueueChange *change, const char *file);
/* But what is parked. */
void rp_change_forget_fetched(RpQueueChange *change, const RpMaildrop *drop, const char *uidl);
void rp_change_miss_fetched(
	RpQueueChange *change, const RpMaildrop *drop, const char *uidl, gboolean missing);
/* Records that an older version left under the set's name are this server's from now on. */
void rp_change_adopt_fetched(RpQueueChange *change, const RpMaildrop *drop);
/* With those; the last fetched of a UIDL comes last. */
GPtrArray *rp_queue_load_fetched(RpQueue *queue, const RpMaildrop *drop, GError **error);
/* The files (char *) of what an earlier agent parked and did not show. */
GPtrArray *rp_queue_load_parked(RpQueue *queue, GError **error);

/* Recipients that were refused for good and of whom the sender is to get a report: due from their
 * outcome on, until it is done; or until the message is deleted, retried or edited before it is
 * begun. */
typedef struct {
	gint64 number; /* of this refusal: none has had it before, and none will again */
	RpMessageId id;
	guint recipient; /* RpQueueRecipient's number */
	char *file;      /* the report is parked there and not yet shown (mail-file.h); or NULL */
} RpReportDue;

void rp_report_due_free(RpReportDue *due);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpReportDue, rp_report_due_free)
/* By message, and the earlier first; an array that frees itself. */
GPtrArray *rp_queue_load_reports(RpQueue *queue, GError **error);
/* Of one that is due no more: nothing. */
void rp_change_report_parked(RpQueueChange *change, gint64 number, const char *file);
void rp_change_report_done(RpQueueChange *change, gint64 number);
/* What is parked in the file is shown: done, for all its recipients. */
void rp_change_report_shown(RpQueueChange *change, const char *file);

/* `roampost use`. */
typedef struct {
	char *set; /* NULL: no override */
	gboolean keep;
	char *place_key; /* where it was said; NULL while there is none */
} RpOverride;

void rp_override_clear(RpOverride *override); /* frees the strings */
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpOverride, rp_override_clear)
/* A NULL set takes the override away. */
void rp_change_save_override(
	RpQueueChange *change, const char *set, gboolean keep, const char *place_key);
gboolean rp_queue_load_override(RpQueue *queue, RpOverride *override, GError **error);

typedef enum {
	RP_HISTORY_SENT,
	RP_HISTORY_HELD,
	RP_HISTORY_FAILED,
	RP_HISTORY_DEFERRED,
	RP_HISTORY_DELETED,
	RP_HISTORY_MAYBE_SENT, /* the line broke, or the agent ended (the text says so), when the
				  server may have had it already */
	RP_HISTORY_PLACE, /* of no message: the machine is elsewhere; provider: inside of which,
			     text: how the network is there */
} RpHistoryEvent;
const char *rp_history_event_name(RpHistoryEvent event);
gboolean rp_history_event_from_name(const char *name, RpHistoryEvent *event);

typedef struct {
	gint64 number; /* grows */
	RpTime time;
	RpMessageId id;
	char *sender;
	guint n_recipients; /* that this is about */
	char *set;
	char *provider;
	RpHistoryEvent event;
	char *text;
	char *subject;     /* as the message's */
	char **recipients; /* their addresses, the first RP_HISTORY_RECIPIENTS of them; NULL: not
			      known, of an older version */
	gint64 size;       /* the message's; -1: not known, likewise */
	char *sent_as;     /* as RpOutcomeWay's */
	char *from_as;
} RpHistoryRecord;

/* Of many recipients these are remembered by name, the others counted. */
#define RP_HISTORY_RECIPIENTS 20

void rp_history_record_free(RpHistoryRecord *record);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpHistoryRecord, rp_history_record_free)
/* Copies; `number` is the queue's, a `time` of 0 the change's; subject, size and recipients (those
 * that are pending) the message's. Outcomes and deletions write their own; this is for the rest. */
void rp_change_add_history(RpQueueChange *change, const RpHistoryRecord *record);
/* A time before 2026, or after the change's, is a wrong clock's: it goes with a later record. */
void rp_change_prune_history(RpQueueChange *change, RpTime before);
/* What is asked for of the history; all of it. */
typedef struct {
	RpTime since;     /* not before this */
	RpTime until;     /* and before this; 0: whenever */
	RpMessageId id;   /* of this message; 0: of all */
	const char *set;  /* NULL: of all */
	const char *text; /* is part of the subject, sender, a recipient or the words; NULL: any */
	guint events;     /* a mask of 1 << RpHistoryEvent; 0: all that is of mail */
	gint64 before;    /* numbers below this one; 0: all */
	guint limit;      /* the newest so many; 0: all */
} RpHistoryQuery;

/* Oldest first. */
GPtrArray *rp_queue_load_history(RpQueue *queue, const RpHistoryQuery *query, GError **error);
/* The same as rp_queue_resolve, among those that the history knows: messages that are gone. */
gboolean rp_queue_resolve_gone(RpQueue *queue, const char *text, RpMessageId *id, GError **error);
