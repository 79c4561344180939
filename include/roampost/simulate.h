/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/asn-table.h"
#include "roampost/learning.h"
#include "roampost/policy.h"

/* What the policy would decide at a made-up place for a made-up message: pure, of what it is given.
 * A question borrows nothing. */

typedef struct {
	char *set;
	RpSpan age;
} RpQuestionPopLogin;

/* What a server said before, to a set that learns its rules. */
typedef struct {
	char *set;
	RpServerSaid said;
	guint vector;
	char *domain;
	RpSpan age;
	RpAddress from; /* family "any": the place that is asked about */
} RpQuestionObserved;

typedef struct {
	GArray *at; /* of RpAddress; none: offline */
	char *nm_connection;
	char *ssid;
	GArray *pop_logins; /* of RpQuestionPopLogin */
	GArray *observed;   /* of RpQuestionObserved */
	char *from;         /* NULL: the default identity */
	char *header_from;  /* NULL: as `from` */
	GPtrArray *to;      /* of char *, owned */
	gint64 size;
	gboolean metered;
	gboolean portal;
	char *use; /* NULL: the automatic choice */
} RpQuestion;

RpQuestion *rp_question_new(void);
/* Back to a new one, keeping what memory it has. */
void rp_question_reset(RpQuestion *question);
void rp_question_free(RpQuestion *question);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpQuestion, rp_question_free)

/* FALSE with RP_ERROR_INVALID where the text is none. */
gboolean rp_question_add_address(RpQuestion *question, const char *text, GError **error);
void rp_question_add_pop_login(RpQuestion *question, const char *set, RpSpan age);
/* "SET SAID WITH DOMAIN AGE [ADDRESS]"; likewise. */
gboolean rp_question_add_observed(RpQuestion *question, const char *text, GError **error);
/* As what is known at the place; the sets that it names must be in the catalogue. */
RpObservations *rp_question_observations(
	const RpQuestion *question, const RpPlace *place, const RpCatalogue *catalogue, RpTime now);
/* The message that is asked about; it borrows from both. */
RpMessageFacts rp_question_message(const RpQuestion *question, const char *default_identity);

/* Answers questions from one configuration. Places that were asked about lately are kept. */
typedef struct RpSimulator RpSimulator;

/* Borrowed for the simulator's life. */
typedef struct {
	const RpCatalogue *catalogue;
	RpAsnTable *asns;             /* NULL: none */
	const char *default_identity; /* NULL: none */
	RpChoose choose;
	gint64 metered_limit;
	/* What servers have said, which goes on counting; NULL: nothing. A question with
	 * observations of its own has those instead. */
	const RpObservations *observations;
	const GPtrArray *failures; /* of RpFailure */
	RpTime now;
} RpSimulatorGround;

RpSimulator *rp_simulator_new(const RpSimulatorGround *ground);
void rp_simulator_free(RpSimulator *simulator);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpSimulator, rp_simulator_free)

/* Fills both for the question; valid until the next call and while the question lives. The sets
 * that it names must be in the catalogue. */
void rp_simulator_ask(RpSimulator *simulator, const RpQuestion *question, RpSituation *situation,
	RpMessageFacts *message);
