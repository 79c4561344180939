/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/learning.h"

/* The policy: which server set carries which recipient, from where. A pure function of everything
 * named here: no clock, no socket, no file.
 *
 * The rules themselves are in roampost-policy(7). */

typedef enum { RP_CHOOSE_IDENTITY_FIRST, RP_CHOOSE_LOCATION_FIRST } RpChoose;

/* A POP login that succeeded. */
typedef struct {
	char *set;
	char *place_key;
	RpAddress source; /* our address in that session; family "any" matches every source */
	RpTime at;
} RpPopLoginRecord;

typedef enum {
	RP_FAILURE_REFUSED,          /* removes (set, alternative, place key) */
	RP_FAILURE_POP_LOGIN_FAILED, /* these four remove (set, place key) */
	RP_FAILURE_TLS_UNAVAILABLE,
	RP_FAILURE_UNREACHABLE,
	RP_FAILURE_INTERCEPTED,
	RP_FAILURE_AUTH_FAILED,    /* removes the set everywhere */
	RP_FAILURE_KEYRING_LOCKED, /* its password is in a keyring that is locked: everywhere too */
	RP_FAILURE_REJECTED, /* its server turns sessions away here in words that say nothing: what
				would go by it is held until the user says, and goes by no other */
} RpFailureKind;

typedef struct {
	RpFailureKind kind;
	char *set;
	char *revision;  /* the set's when it happened */
	char *rule;      /* for refusals: the alternative's text or "local"; for unreachable: the
			    way that was tried (rp_way_text), or NULL: all; else NULL */
	char *place_key; /* NULL for what counts everywhere */
	char *sender;    /* only for this sender, or NULL: for all */
	char *recipient_domain; /* only for this domain (lower case), or NULL: for all */
	RpTime at;
	RpTime until; /* when it may be tried again; G_MAXINT64: not by itself */
	guint count;  /* times in a row, for growing waits */
	char *detail; /* the server's or the library's own words */
} RpFailure;

void rp_pop_login_record_free(RpPopLoginRecord *record);
void rp_failure_free(RpFailure *failure);
/* The alternative's text has the term `pop-login`. NULL and "local" have not. */
gboolean rp_rule_needs_pop_login(const char *rule);
const char *rp_failure_kind_name(RpFailureKind kind);
/* It concerns the set wherever one is, not the place. */
gboolean rp_failure_is_everywhere(RpFailureKind kind);
/* A way to a server, as an unreachable one is remembered: "wlan0/ipv6", "-/any" where nothing is
 * bound. */
char *rp_way_text(const char *interface, RpFamily family);
gboolean rp_failure_kind_from_name(const char *name, RpFailureKind *kind);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpPopLoginRecord, rp_pop_login_record_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpFailure, rp_failure_free)

/* Everything but the message. Borrowed for the call. */
typedef struct {
	const RpPlace *place;
	const RpCatalogue *catalogue;
	const GPtrArray *pop_logins;        /* of RpPopLoginRecord, or NULL */
	const GPtrArray *failures;          /* of RpFailure, or NULL */
	const RpObservations *observations; /* for sets whose rules are learned, or NULL */
	const char *override;               /* a set's name, or NULL for the automatic choice */
	RpChoose choose;
	gint64 metered_limit; /* octets; 0: none */
	RpTime now;
	gboolean paused; /* the user wants nothing sent at all */
	/* What told that the place is a portal's, where nobody says so; or NULL */
	const char *portal_heard;
	/* What is wrong with the configuration that would be in force, where none is; or NULL */
	const char *config_error;
} RpSituation;

/* What the policy needs to know of a message. Borrowed for the call. */
typedef struct {
	const char *sender;      /* envelope sender; "" for <> */
	const char *header_from; /* the first mailbox in From, or NULL */
	const char *const *recipients;
	guint n_recipients;
	gint64 size;
	const char *pin; /* a set's name, or NULL */
} RpMessageFacts;

typedef enum {
	RP_REASON_OFFLINE,
	RP_REASON_PORTAL,
	RP_REASON_OUTSIDE, /* detail: where it may be inside all the same, one of these below */
	RP_REASON_SENDER_DOMAIN,
	RP_REASON_RECIPIENT_DOMAIN,
	RP_REASON_POP_UNAVAILABLE,
	RP_REASON_POP_LOGIN_FAILED,
	RP_REASON_AUTH_MISSING,
	RP_REASON_AUTH_FAILED,
	RP_REASON_KEYRING_LOCKED,
	RP_REASON_TLS_UNAVAILABLE,
	RP_REASON_INTERCEPTED,
	RP_REASON_NO_SET_FOR_SENDER,
	RP_REASON_REFUSED_HERE,
	RP_REASON_UNREACHABLE,
	RP_REASON_SERVER_REJECTED,
	RP_REASON_NEEDS_8BITMIME,
	RP_REASON_NEEDS_SMTPUTF8,
	RP_REASON_METERED,
	RP_REASON_PINNED,
	RP_REASON_USER,
	RP_REASON_PAUSED,
	RP_REASON_NOT_BEFORE, /* detail: the time, as rp_time_format has it */
	RP_REASON_TOO_LARGE,
} RpReason;
#define RP_N_REASONS (RP_REASON_TOO_LARGE + 1)

const char *rp_reason_name(RpReason reason);
gboolean rp_reason_from_name(const char *name, RpReason *reason);

typedef enum {
	RP_UNLOCK_ENTER,         /* subject: provider; of a set that learns, a place by its label */
	RP_UNLOCK_POP_LOGIN,     /* subject: set */
	RP_UNLOCK_CREDENTIALS,   /* subject: set */
	RP_UNLOCK_ALLOW_CARRY,   /* subject: set */
	RP_UNLOCK_CHANGE_SENDER, /* subject: domain */
	RP_UNLOCK_OTHER_SENDER,  /* the same; the sender that was refused is in it */
	RP_UNLOCK_UNMETERED,
	RP_UNLOCK_USER_RELEASE,
	RP_UNLOCK_RETRY_AFTER, /* time */
	RP_UNLOCK_PIN_AUTO,    /* subject: "auto" */
	RP_UNLOCK_USE_AUTO,    /* the same */
	RP_UNLOCK_USER_RESUME, /* subject: "resume"; the kind's name is RP_UNLOCK_USER_RELEASE's */
	RP_UNLOCK_KEYRING,     /* subject: "unlock" */
	RP_UNLOCK_CLIENT,      /* subject: the [oauth] group */
	RP_UNLOCK_LOGIN_ALLOWED, /* subject: set; who runs its server lets nobody log in by SMTP */
	RP_UNLOCK_BY_TOKEN,      /* subject: set; its server takes no password any more */
	RP_UNLOCK_SMALLER,       /* subject: set */
	RP_UNLOCK_PIN,           /* subject: set; the kind's name is RP_UNLOCK_PIN_AUTO's */
	RP_UNLOCK_TEACH, /* subject: provider, which nothing tells; the name is RP_UNLOCK_ENTER's */
	RP_UNLOCK_WRITE, /* subject: the line of the set's group that stands for another */
	RP_UNLOCK_FILES, /* subject: set; what is wrong with those of its tls- options is said */
} RpUnlockKind;
#define RP_N_UNLOCK_KINDS (RP_UNLOCK_FILES + 1)

typedef struct {
	RpUnlockKind kind;
	char *subject;
	RpTime time;
} RpUnlock;

/* Why a recipient is held: one entry a set that was considered. When an alternative would hold had
 * nothing failed, the failure is the reason (of several the one that concerns most); else it is the
 * first term that does not hold in the set's first alternative. */
typedef struct {
	char *set; /* NULL where the reason concerns no set */
	RpReason reason;
	GPtrArray *unlock; /* of RpUnlock, owned */
	char *detail;      /* the server's words, where there are any; or NULL */
} RpHoldReason;

/* Both are made and freed by these functions alone: their strings are part of them. */
RpUnlock *rp_unlock_new(RpUnlockKind kind, const char *subject, RpTime time);
void rp_unlock_free(RpUnlock *unlock);
/* Of a hold that is the message's own, not a plan's: what ends it. `until`: the time that ends it
 * too, or 0. `catalogue` (NULL: none is known) and the envelope sender: which other set may carry
 * it. Their number is returned; the subjects are borrowed. */
#define RP_OWN_WAYS 3
guint rp_reason_own_ways(const RpHoldReason *reason, RpTime until, const RpCatalogue *catalogue,
	const char *sender, RpUnlock ways[RP_OWN_WAYS]);
const char *rp_unlock_kind_name(RpUnlockKind kind); /* "enter", "pop-login", ... */
gboolean rp_unlock_kind_from_name(const char *name, RpUnlockKind *kind);
/* Details of RP_REASON_OUTSIDE: why it may be inside all the same. */
#define RP_DETAIL_NO_ADDRESS "the public address is not known"
#define RP_DETAIL_NO_EVIDENCE "nothing says where the provider is"
#define RP_DETAIL_HEARSAY "anybody could make up what says so"
#define RP_DETAIL_OPEN_WIFI "the Wi-Fi has no key"
/* A reason that something else than the policy found (server-rejected, needs-8bitmime, user), or
 * one read back from the queue; unlock is empty. */
RpHoldReason *rp_hold_reason_new(const char *set, RpReason reason, const char *detail);
void rp_hold_reason_free(RpHoldReason *reason);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpUnlock, rp_unlock_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpHoldReason, rp_hold_reason_free)

typedef enum { RP_VERDICT_SEND, RP_VERDICT_HOLD, RP_VERDICT_SPLIT } RpVerdict;
const char *rp_verdict_name(RpVerdict verdict);

/* What one recipient gets. */
typedef struct {
	RpVerdict verdict; /* send or hold */
	/* when sent */
	guint set;        /* index into the catalogue */
	const char *rule; /* the alternative's text, or "local"; owned by the catalogue or static */
	gboolean pop_login_first;
	gboolean pop_login_needed; /* the alternative stands on a POP login, fresh or not */
	gboolean without_login; /* in a session of its own, though the set has an SMTP login: that
				   would show the password here, and is not needed */
	guint cost;             /* 0 to 3 */
	gboolean probe; /* nobody knows whether it is taken: with one recipient of one message; the
			   others wait for the answer */
	gint link;      /* index into the place's links to bind to; -1: none, the kernel routes */
	RpFamily family;
	RpAddress source; /* where a fresh POP login fixes it; else family "any" */
	RpAddress bind;   /* where it is inside by an address: that one; else family "any" */
	/* when held */
	GPtrArray *reasons; /* of RpHoldReason, owned; NULL when sent */
} RpRecipientPlan;

typedef struct {
	RpVerdict verdict;
	RpRecipientPlan *recipients; /* as many as asked for, in their order */
	guint n_recipients;
} RpDecision;

/* Decides. Never fails; free with rp_decision_free.
 *
 * A pin or override that names a set the catalogue does not have holds everything with the one
 * reason `pinned` for that name: the user chose, and we do not choose for him. */
RpDecision *rp_policy_decide(const RpSituation *situation, const RpMessageFacts *message);
void rp_decision_free(RpDecision *decision);
/* Writes into `key` (what it had goes) what of the message can make a difference in this situation:
 * messages with equal keys are decided alike in it, word for word. Costs less than a decision.
 * Where classes are for all situations, this is for one. */
void rp_policy_likeness(GString *key, const RpSituation *situation, const RpMessageFacts *message);
/* Likewise what of the situation such keys go by: with one catalogue and one set of observations, a
 * message has the same key in all situations in which this is equal. Neither where one is nor the
 * time is in it. */
void rp_policy_likeness_basis(GString *text, const RpSituation *situation);
/* The set owns the address or carries its mail (its `identities` and `carries`). */
gboolean rp_policy_may_carry(const RpCatalogue *catalogue, guint set, const char *identity);
/* Some set owns the address: it is the user's. */
gboolean rp_policy_is_own(const RpCatalogue *catalogue, const char *address);
/* The address that the set puts in the place of the message's sender (its `rewrite-sender`): its
 * own first identity, for what is not from one of them. NULL: the sender stays. The term
 * `sender-domain` looks at the new one. Owned by the catalogue. */
const char *rp_policy_new_sender(
	const RpCatalogue *catalogue, guint set, const RpMessageFacts *message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpDecision, rp_decision_free)

gboolean rp_endpoint_is_near(
	const RpPlace *place, const RpEndpoint *endpoint, const char **interface);
/* Whether the set's SMTP server needs no way out: it is on this machine, or on an address to which
 * there is a route. `interface`: by which that leads, borrowed, or NULL. */
gboolean rp_set_is_near(const RpPlace *place, const RpServerSet *set, const char **interface);

/* The set in force at this place, as a menu would show it: of the sets that would now send a
 * message from their own first identity to an outside recipient, the best by inside its provider,
 * cost, priority, name; the override's set while there is one. An index, or -1 for none. A set
 * without identities has no mail of its own and is never it, unless chosen by hand. */
gint rp_policy_current_set(const RpSituation *situation);

/* Whether the failure stands in the way of its set here and now. */
gboolean rp_policy_failure_counts(const RpSituation *situation, const RpFailure *failure);
/* By what an interception's detail says: that the server greets under another name than it did. */
gboolean rp_tells_of_new_greeting(const char *detail);
/* By the same: that nothing but its dates is against the certificate, as this machine's clock is:
 * TLS libraries look at these last of a chain that is good. No portal has such a one. */
gboolean rp_tells_of_dates(const char *detail);
gboolean rp_tells_of_own_files(const char *detail);
/* By the same: that a password may have gone to whoever answers. */
gboolean rp_tells_of_given_password(const char *detail);
/* By what a refused login's says: that a token was refused, and no password. */
gboolean rp_tells_of_refused_token(const char *detail);
/* A password that could not be had: no server was asked. */
gboolean rp_failure_is_of_password(const RpFailure *failure);
/* Where a token's provider refuses what the configuration says of it (its client, for one), so that
 * no login helps: the name of the [oauth] group, to be freed; else NULL. */
char *rp_failure_oauth_group(const RpFailure *failure);
/* What helps where a login was refused: RP_UNLOCK_CREDENTIALS, unless the server says that it is
 * not this password that it refuses (Exchange Online's 5.7.139). */
RpUnlockKind rp_refused_login_unlock(const char *detail);

/* Whether the set could send from here a message of its own first identity to an outside recipient:
 * the plan (verdict send), or the reasons why not. What `sets` shows. Free with
 * rp_decision_free; it has one recipient. */
RpDecision *rp_policy_try_set(const RpSituation *situation, guint set);

/* The whole decision as a table: one row a recipient, set, alternative and term. What `explain`
 * shows; the order is recipients as given, sets by rank (those that may carry first), alternatives
 * and terms as written. */
typedef struct {
	guint recipient;
	guint set;
	const char *rule; /* "local" for final delivery */
	gint term;        /* RpTerm; -1: the row is about the whole alternative */
	gboolean holds;
	gboolean may_carry;
	gboolean owns;
	gboolean chosen;
	char *why; /* one English clause, owned */
} RpExplainRow;

/* An array of RpExplainRow that frees itself. */
GArray *rp_policy_explain(const RpSituation *situation, const RpMessageFacts *message);

/* One sentence for a reason, in the thread's language, with the set's and the provider's names in
 * it. */
char *rp_reason_sentence(const RpHoldReason *reason, const RpCatalogue *catalogue);
/* Why mail is put off for a while, of the set whose server it would go by (may be NULL): `why` is
 * the server's words, or a clause of ours. Such mail is not held; in lists of reasons its code is
 * RP_DEFERRED. */
char *rp_deferral_sentence(const char *set, const char *why);
#define RP_DEFERRED "deferred"
/* One clause for what ends the wait, to be freed. */
char *rp_deferral_remedy(void);
/* Where that is no help, what may be, in the catalogue (NULL: none is known): their number is
 * returned, 0 where rp_deferral_remedy() is all; the subjects are borrowed. */
guint rp_deferral_ways(
	const char *set, const char *why, const RpCatalogue *catalogue, RpUnlock ways[RP_OWN_WAYS]);
/* The words for what a server refuses although a POP login was made, to be freed; and what it said
 * of such words, with the login's time (to be freed): NULL, they are none. */
char *rp_refused_after_pop(RpTime login, const char *said);
const char *rp_read_refused_after_pop(const char *detail, char **time);
/* The same for what would free it, one clause: "connect to ODN". */
char *rp_unlock_sentence(const RpUnlock *unlock, const RpCatalogue *catalogue);

/* Of a set that learns, a recipient who goes by the alternative, and the sender that the server is
 * told: all of an observation but from where, what was said, and when. */
RpObservation *rp_policy_observation(const RpCatalogue *catalogue, guint set, const char *sender,
	const char *recipient, const char *rule);
/* As what the set's server sees a session from our address. Cleared with rp_vantage_clear. */
void rp_policy_vantage(
	const RpPlace *place, const RpServerSet *set, const RpAddress *local, RpVantage *vantage);

/* What the policy distinguishes in a message, as text: equal keys get equal decisions in every
 * situation, so that 100,000 held messages are planned as a few classes. Recipient domains that
 * neither the catalogue nor a failure names are one class. Free with g_free. */
char *rp_policy_class_key(const RpCatalogue *catalogue, const GPtrArray *failures,
	const RpObservations *observations, gint64 metered_limit, const RpMessageFacts *message);

/* Whether the catalogue or a failure tells this recipient domain apart from all others; what is
 * said of one recipient of a class then holds for all in the same domain, and else for all in no
 * named one. */
gboolean rp_policy_names_recipient_domain(const RpCatalogue *catalogue, const GPtrArray *failures,
	const RpObservations *observations, const char *domain);
