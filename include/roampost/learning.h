/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/serverset.h"

/* Learning a server's relay rules from its own answers, for sets whose `relay` is `auto`: what was
 * observed goes in, what is known comes out. Pure: times are arguments, nothing is read or written.
 *
 * It rests on one thing: what a server asks for is nearly always monotone. Whoever brings more is
 * hardly ever refused for it, so that an answer says something of other vectors too. Where a set is
 * seen to contradict this, inference over the attribute in question ends for it. */

/* What a recipient came with: a set of bits. */
typedef enum {
	RP_VECTOR_NONE = 0,
	RP_VECTOR_SENDER_DOMAIN = 1, /* never for <> */
	RP_VECTOR_RECIPIENT_DOMAIN = 2,
	RP_VECTOR_POP_LOGIN = 4,
	RP_VECTOR_AUTH = 8,
} RpVector;
#define RP_N_VECTORS 16
/* In the words of a relay rule: "pop-login+sender-domain"; "anywhere" for none. */
char *rp_vector_text(guint vector);
/* The reverse, of terms in any order; FALSE where one is none of these. */
gboolean rp_vector_parse(const char *text, guint *vector);

/* As what a server sees us: the class of an observation. */
typedef struct {
	RpFamily family; /* never "any" */
	RpPrefix prefix; /* around the address that it saw; its family is "any" while that is not
			    known */
	char *place;     /* the place key, but for what it says of the public address */
	char *label;     /* what the user calls it: a connection, a wireless network; or "" */
	guint32 asn;     /* the AS that announces the prefix; 0: unknown. Not kept */
} RpVantage;

void rp_vantage_clear(RpVantage *vantage);
void rp_vantage_copy(RpVantage *to, const RpVantage *from);
/* From here, by the link (-1: none is known, as to a server on this machine) and the family. */
void rp_vantage_init(RpVantage *vantage, const RpPlace *place, gint link, RpFamily family);
/* The same class: the same prefix where both are known, else the same place. */
gboolean rp_vantage_matches(const RpVantage *a, const RpVantage *b);
/* The provider whose it is, by the connection that the user gave a name, where that has one, else
 * by the prefix, its AS or the gateway; an index, or -1: none. */
gint rp_vantage_provider(const RpVantage *vantage, const RpCatalogue *catalogue);
/* For people: "ODN", "home", "203.0.113.0/24". `catalogue` may be NULL. Free with g_free. */
char *rp_vantage_text(const RpVantage *vantage, const RpCatalogue *catalogue);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpVantage, rp_vantage_clear)

typedef enum {
	RP_SAID_TAKEN,
	RP_SAID_REFUSED, /* in words about relaying, a POP login or a login */
	RP_SAID_UNCLEAR, /* refused in words that say nothing: of this domain and vector alone */
} RpServerSaid;
const char *rp_said_name(RpServerSaid said); /* "taken", "refused", "unclear" */
gboolean rp_said_from_name(const char *name, RpServerSaid *said);

/* The newest of each (set, class, vector, recipient domain, answer). */
typedef struct {
	char *set;
	char *server; /* whose answer it is: rp_learning_server */
	RpVantage from;
	guint vector; /* of RpVector */
	char *domain; /* the recipient's, lower case; "": it was refused at MAIL, for all */
	RpServerSaid said;
	RpTime first; /* since when nothing else was said to such a recipient */
	RpTime at;
	guint count;  /* taken: times since then; refused: times in a row, for growing waits */
	char *words;  /* the server's, or NULL */
	gboolean due; /* refused, and the user wants it tried now; not kept */
} RpObservation;

void rp_observation_free(RpObservation *observation);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpObservation, rp_observation_free)
/* It was said at MAIL: to every recipient, of whatever domain. */
void rp_observation_of_all(RpObservation *observation);
/* The set's SMTP servers as text: what another server said does not count. Free with g_free. */
char *rp_learning_server(const RpServerSet *set);

/* All observations of all sets. */
typedef struct RpObservations RpObservations;

RpObservations *rp_observations_new(void);
void rp_observations_free(RpObservations *observations);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpObservations, rp_observations_free)
/* Takes one that was noted before: read from the disk, or given to a simulation. */
void rp_observations_add(RpObservations *observations, RpObservation *observation);
/* Copies what was said now; `first` and `count` are worked out. Returns the row as it is from now
 * on, borrowed; it stays where it is until it is forgotten or pruned. */
const RpObservation *rp_observations_note(RpObservations *observations, const RpObservation *heard);
/* Of one set (borrowed, of RpObservation, oldest first), or NULL: none. */
const GPtrArray *rp_observations_of(const RpObservations *observations, const char *set);
/* Looks up by the table which AS announces the prefixes; NULL, where there is none. */
void rp_observations_find_origins(RpObservations *observations, RpAsnTable *asns);
/* What was refused may be tried again now, once: the user says so. TRUE: there was some. */
gboolean rp_observations_try_now(RpObservations *observations);
/* TRUE: there were some. */
gboolean rp_observations_forget(RpObservations *observations, const char *set);
/* Takes out what is too old (400 days) or too much (64 classes a set, of each vector and answer in
 * a class 64 domains; the oldest go), and what another server said than the set now has. Returns
 * what went, owned; sets that the catalogue does not have are left alone. */
GPtrArray *rp_observations_prune(
	RpObservations *observations, const RpCatalogue *catalogue, RpTime now);
/* What is later than now, by a clock that was put back since, is of now. Returns what was changed,
 * borrowed, in an array to be freed. */
GPtrArray *rp_observations_cut_to_clock(RpObservations *observations, RpTime now);

/* A POP login that was so old did not open the set's server any more; the shortest counts, less a
 * fifth of it. */
void rp_observations_note_window(RpObservations *observations, const char *set, RpSpan age);
/* What was noted before, as rp_learning_window has it. */
void rp_observations_set_window(RpObservations *observations, const char *set, RpSpan window);

/* ---- what is known ---- */

typedef enum { RP_KNOWN_UNTRIED, RP_KNOWN_TAKEN, RP_KNOWN_REFUSED } RpKnown;

typedef struct {
	RpKnown known;
	RpTime retry;            /* of what is refused: when it is to be tried again */
	RpTime said_at;          /* the newest refusal that counts */
	const RpObservation *by; /* the newest that says so; borrowed; NULL: untried */
} RpKnowledge;

/* What the set's server does with a recipient in the domain (lower case; "": of no domain that is
 * known) that comes with the vector. Never more than two refusals are needed for each class and
 * vector. `observations` may be NULL. */
RpKnowledge rp_learning_judge(const RpObservations *observations, const char *set,
	const RpVantage *from, guint vector, const char *domain);
/* A hint for what is untried here: what is known of it in another class of the same AS, of several
 * the newest. It orders what is tried. */
RpKnowledge rp_learning_hint(const RpObservations *observations, const char *set,
	const RpVantage *from, guint vector, const char *domain);
/* The server was ever spoken to over this family. */
gboolean rp_learning_saw_family(
	const RpObservations *observations, const char *set, RpFamily family);
/* For how long a POP login opens the set's server, as far as that was seen; G_MAXINT64: it was not.
 */
RpSpan rp_learning_window(const RpObservations *observations, const char *set);
/* The newest observation, elsewhere, of a vector contained in this one that was taken and has not
 * been refused there since; or NULL. */
const RpObservation *rp_learning_taken_elsewhere(const RpObservations *observations,
	const char *set, const RpVantage *from, guint vector, const char *domain);
/* Whether a set's server is known to treat this domain otherwise than the rest: then it makes a
 * difference to decisions. */
gboolean rp_learning_names_domain(const RpObservations *observations, const char *domain);
/* Changes whenever an answer of rp_learning_names_domain does. */
guint rp_learning_names_version(const RpObservations *observations);
/* The first time after `since` at which something that is refused is to be tried again; or
 * G_MAXINT64. */
RpTime rp_learning_next_retry(const RpObservations *observations, RpTime since);

/* ---- what it comes to ---- */

/* In words, a sentence a class and vector, the newest first: "taken at home, 14 times, last on
 * 2026-11-24T02:06:00Z", "refused at work on 2026-11-24T02:06:00Z: “550 relay access denied”".
 * Providers by their titles; `catalogue` may be NULL. NULL-terminated; free with g_strfreev. */
char **rp_learning_sentences(
	const RpObservations *observations, const char *set, const RpCatalogue *catalogue);
/* The same in one clause, of what is known here and now; NULL where nothing is. */
char *rp_knowledge_text(const RpKnowledge *knowledge, const RpCatalogue *catalogue);

/* The rules as they would be written. What they say is what was seen, at every class and vector
 * that was. */
typedef struct {
	GPtrArray *rules;    /* of char *: alternatives of `relay`, the cheapest first */
	GPtrArray *prefixes; /* of char *: what `inside` is: prefixes, connections, gateways */
	GPtrArray *connections;
	GPtrArray *gateways;
	GPtrArray *local_domains; /* of char *: proposed for `local-domains` */
	GPtrArray *remarks;       /* of char *: what was never tried, what can't be said so */
	gboolean unproven; /* the rules fit, and too little was seen: they are no lines yet */
} RpProposal;

RpProposal *rp_learning_propose(const RpObservations *observations, const RpServerSet *set);
void rp_proposal_free(RpProposal *proposal);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpProposal, rp_proposal_free)
/* As lines of the set's group, without it: "relay=inside;pop-login", "# ...". Where `inside` is
 * needed and the set has no provider, the provider's group follows. NULL-terminated. */
char **rp_proposal_lines(const RpProposal *proposal, const RpServerSet *set);
