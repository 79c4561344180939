/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "catalogue-private.h"
#include "roampost/learning.h"
#include "roampost/policy.h"
#include "roampost/reply.h"

/* The parts of the policy, which roampost-policy(7) describes. */

#define RP_RULE_LOCAL (-1) /* final delivery; else an index into the set's relay */
#define RP_COST_NEVER 255

/* A set under consideration for one message, and what of it does not depend on the recipient. */
typedef struct {
	const RpServerSet *set;
	guint index;
	gboolean owns;
	gboolean may_carry;
	gboolean inside; /* the place is inside its provider, on a link it may use */
	gint inside_link;
	RpFamily inside_family;
	RpAddress inside_source;  /* the address that the evidence names, or family "any" */
	gint shut;                /* RpReason why nothing goes by it at all; -1: open */
	const char *new_sender;   /* what the set puts in the sender's place, or NULL */
	gboolean sender_domain;   /* of the one that its server is told */
	gboolean refusals;        /* some failure in force concerns a part of this set */
	const RpFailure *failure; /* in force for the whole set, or NULL */
	RpVantage vantages[2]; /* of a set that learns: as what its server may see us, by family */
	guint n_vantages;
} RpCandidate;

/* A failure that has not run out, of a set and revision that exist, and of this place. */
typedef struct {
	const RpFailure *failure;
	guint set;
} RpActiveFailure;

#define RP_FEW_CANDIDATES 32
#define RP_FEW_FAILURES 16

/* One message in one situation. */
typedef struct {
	const RpSituation *situation;
	const RpMessageFacts *message;
	RpFolded sender;
	RpFolded identity;
	const GArray *sender_sets; /* sets with the sender's domain in `domains` */
	gint default_link;         /* by which the kernel would route, as a rule; -1: none */
	RpFamily default_family;   /* the only one that has a way out; any: both or none */
	gboolean paused;           /* nothing is sent at all */
	gboolean way_out;
	const char *chosen;      /* the pin or the override, or NULL */
	RpCandidate *candidates; /* in the order of their index */
	guint n_candidates;
	RpActiveFailure *failures;
	guint n_failures;
	gpointer candidates_heap;
	gpointer failures_heap;
	RpCandidate few_candidates[RP_FEW_CANDIDATES];
	RpActiveFailure few_failures[RP_FEW_FAILURES];
} RpQuestion;

typedef struct {
	RpFolded address;
	const GArray *domain_sets;
	const GArray *local_sets;
} RpRecipientFacts;

/* Of ways that are learned, the first that is tried. */
typedef enum {
	RP_WAY_KNOWN,    /* taken, whatever it costs; and all that is not learned */
	RP_WAY_HINTED,   /* nobody knows, but it was taken elsewhere in the same AS */
	RP_WAY_UNTRIED,  /* nobody knows, or it is asked again */
	RP_WAY_DOUBTFUL, /* nobody knows, but it was refused elsewhere in the same AS */
} RpWayOrder;

/* How a set takes a recipient. */
typedef struct {
	gint rule;
	guint8 cost;
	gboolean pop_login_first;
	gboolean pop_login_needed;
	gboolean without_login; /* a password would be shown that it does not need */
	gint link;              /* to bind to; -1: the kernel routes */
	RpFamily family;
	RpAddress source, bind;
	gboolean metered; /* and the message is too large for that */
	/* of an alternative that is learned */
	RpKnowledge knowledge;
	RpKnowledge hint; /* where nothing is: of the same AS */
	RpWayOrder order;
	gboolean probe;   /* nobody knows: it goes with one recipient of one message */
	gboolean refused; /* here, as is known: it is none */
} RpWay;

typedef enum {
	RP_SETS_CARRYING, /* those that may carry the message: the override's alone, if there is one
			   */
	RP_SETS_ALL,
} RpSetScope;

void rp_question_init(RpQuestion *question, const RpSituation *situation,
	const RpMessageFacts *message, RpSetScope scope);
/* About one set alone, as if chosen, and as if nothing were paused. */
void rp_question_init_set(RpQuestion *question, const RpSituation *situation,
	const RpMessageFacts *message, guint set);
void rp_question_clear(RpQuestion *question);

void rp_recipient_facts_init(
	RpRecipientFacts *facts, const RpQuestion *question, const char *address);
void rp_recipient_facts_clear(RpRecipientFacts *facts);

/* Those that count, of all that are remembered. */
void rp_question_gather_failures(RpQuestion *question);
/* What the words of a failure ("503 AUTH first", "HOST:PORT said: 530 5.7.0 ...") are about; NONE:
 * no reply of a server. */
RpRefusal rp_refusal_of_detail(const char *detail);
/* The line of the set that a failure's words say to write ("smtp=smtp://HOST:587"), to be freed;
 * NULL: they say none. `sure`: it is the line alone that is at fault, and waiting is no help. */
char *rp_failure_line(const RpServerSet *set, const RpFailure *failure, gboolean *sure);
/* The subject of RP_UNLOCK_ENTER that leads to the set's own network: its provider, or itself where
 * it names none. */
const char *rp_set_home(const RpServerSet *set);
/* A login was refused, and another password or token is all that ends that. */
gboolean rp_failure_wants_secret(const RpFailure *failure);
/* `failure` and `refusals`, of those. */
void rp_candidate_attach_failures(const RpQuestion *question, RpCandidate *candidate);
/* `inside` and what belongs to it; after the failures were gathered. */
void rp_candidate_find_inside(const RpQuestion *question, RpCandidate *candidate);

/* Whose message it is: the mailbox in From, or where there is none the envelope's sender. */
const char *rp_policy_identity(const RpMessageFacts *message);

/* A session with one of these servers may be without TLS from its first octet. */
gboolean rp_is_in_clear_possible(const GPtrArray *endpoints);

/* Why nothing may go by any of the candidates: an RpReason that is true of all of them, or -1. */
gint rp_question_shut(const RpQuestion *question);
static inline const RpLink *
rp_place_link(const RpPlace *place, guint index)
{
	return place->network->links->pdata[index];
}
/* Why there is none: a portal, or nothing at all. */
RpReason rp_place_no_way_out(const RpPlace *place);
/* The link's packets, or those of what carries it, are metered. */
gboolean rp_link_costs(const RpPlace *place, gint link);

typedef struct {
	gboolean holds;
	RpReason reason; /* when it does not */
} RpTermResult;

RpTermResult rp_term_check(
	const RpCandidate *candidate, const RpRecipientFacts *recipient, RpTerm term);
/* Whether every term of the alternative holds, and what it then takes. */
gboolean rp_rule_way(const RpQuestion *question, const RpCandidate *candidate,
	const RpRecipientFacts *recipient, gint rule, RpWay *way);
/* The failure in force for this way: a refusal of its alternative for this sender and recipient, or
 * that the server could not be reached so; or NULL. */
const RpFailure *rp_way_failure(const RpQuestion *question, const RpCandidate *candidate,
	const RpRecipientFacts *recipient, const RpWay *way);
const char *rp_rule_text(const RpCandidate *candidate, gint rule);
/* Its cost, behind that of all that come before it in order: 0 to 15. */
guint8 rp_way_rank(const RpWay *way);

/* ---- policy-free.c: what would free a recipient ---- */

/* Unless the reason has that way already; borrows the subject. */
void rp_hold_reason_add(RpHoldReason *reason, RpUnlockKind kind, const char *subject, RpTime time);
/* For each alternative of the set the first thing that it lacks, where the user can bring about all
 * that it does. */
void rp_hold_reason_add_rules(RpHoldReason *reason, const RpQuestion *question,
	const RpCandidate *candidate, const RpRecipientFacts *recipient);
/* Another sender than the one that the set's server refused. */
void rp_hold_reason_add_sender(RpHoldReason *reason, const RpServerSet *set, const char *refused);
/* The sets that would take it from here if only they were allowed to carry this sender's mail; with
 * `one` the first of those that would take it, which this message can be sent through as it is. */
void rp_hold_reason_add_carriers(RpHoldReason *reason, const RpQuestion *question,
	const RpRecipientFacts *recipient, gboolean one);

/* ---- policy-learn.c: alternatives that are learned ---- */

/* `vantages`, of a set that learns. */
void rp_candidate_find_vantages(const RpQuestion *question, RpCandidate *candidate);
void rp_candidate_clear_vantages(RpCandidate *candidate);
/* What the recipient comes with (of RpVector). */
guint rp_candidate_vector(
	const RpCandidate *candidate, const RpRecipientFacts *recipient, gboolean pop_login);
/* Fills in what is known of the way. Where one family is better than the other, it is bound to it.
 */
void rp_way_learn(const RpQuestion *question, const RpCandidate *candidate,
	const RpRecipientFacts *recipient, RpWay *way);

/* Of a set that does not count as inside: why that may be so all the same (RP_DETAIL_NO_ADDRESS and
 * those below it), or NULL. */
const char *rp_candidate_doubt(const RpQuestion *question, const RpCandidate *candidate);

/* The cheapest alternative that holds and has not failed. */
gboolean rp_candidate_best_way(const RpQuestion *question, const RpCandidate *candidate,
	const RpRecipientFacts *recipient, RpWay *way);

/* The rank of two sets with their costs: negative when a goes before b. */
int rp_candidate_compare(const RpQuestion *question, const RpCandidate *a, guint a_cost,
	const RpCandidate *b, guint b_cost);

/* The reasons of a recipient that nothing can take. */
GPtrArray *rp_question_reasons(const RpQuestion *question, const RpRecipientFacts *recipient);
RpDecision *rp_question_decide(const RpQuestion *question);
