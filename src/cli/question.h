/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli.h"

/* One question to the policy: a made-up place and a made-up message, from options or from a line of
 * JSON. Borrows nothing. */

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
	GArray *at; /* of RpAddress */
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
} RpCliQuestion;

RpCliQuestion *rp_cli_question_new(void);
/* Back to a new one, keeping what memory it has. */
void rp_cli_question_reset(RpCliQuestion *question);
void rp_cli_question_free(RpCliQuestion *question);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpCliQuestion, rp_cli_question_free)

gboolean rp_cli_question_add_address(RpCliQuestion *question, const char *text, GError **error);
void rp_cli_question_add_pop_login(RpCliQuestion *question, const char *set, RpSpan age);
/* "SET SAID WITH DOMAIN AGE [ADDRESS]". */
gboolean rp_cli_question_add_observed(RpCliQuestion *question, const char *text, GError **error);
/* As what is known at the place, of the sets that exist. */
RpObservations *rp_cli_question_observations(const RpCliQuestion *question, const RpPlace *place,
	const RpCatalogue *catalogue, RpTime now);
/* Whether the sets it names exist. */
gboolean rp_cli_question_check(
	const RpCliQuestion *question, const RpCatalogue *catalogue, GError **error);

/* Fills the question from the JSON of one line. FALSE with an error that says which member. */
gboolean rp_cli_question_read_json(RpCliQuestion *question, JsonObject *object, GError **error);

/* Answers questions from one configuration. Places that were asked about lately are kept. */
typedef struct RpCliSimulator RpCliSimulator;

RpCliSimulator *rp_cli_simulator_new(RpConfig *config, RpTime now);
void rp_cli_simulator_free(RpCliSimulator *simulator);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpCliSimulator, rp_cli_simulator_free)

/* Fills both for the question; valid until the next call and while the question lives. */
void rp_cli_simulator_ask(RpCliSimulator *simulator, const RpCliQuestion *question,
	RpSituation *situation, RpMessageFacts *message);

/* Standard input to standard output, a line of JSON each; the result is the exit status. */
int rp_cli_answer_batch(RpCli *cli, RpConfig *config, RpTime now);
