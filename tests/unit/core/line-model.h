/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/pace.h"

/* A model of a line, of TCP over it and of an SMTP server behind it, in which events follow each
 * other without time passing: a queue of mail is sent through it, by the concurrency controller or
 * by one that knows everything. The same case and policy give the same result, everywhere. */

typedef struct {
	guint size; /* octets */
	guint n_recipients;
	double slower; /* the server's time for it: times the usual */
} ModelMail;

typedef struct {
	guint seed;
	/* the line, upwards; downwards it has room for all answers */
	double rate;   /* octets a second */
	double rtt;    /* seconds */
	double queue;  /* octets that may wait for it */
	double loss;   /* of packets, a share */
	double jitter; /* seconds that each way may take longer, in order */
	/* the server */
	gboolean streams;    /* it has CHUNKING */
	gboolean pipelining; /* false: a round trip for each command */
	double set_up;       /* round trips until it takes MAIL */
	double message;      /* seconds for a message */
	double recipient;    /* and for each of its recipients */
	gboolean holds;      /* its TCP holds an answer back until the one before is acknowledged */
	guint workers;       /* messages at once, of all sessions; 0: any number */
	guint connections;   /* that it lets us have; 0: any number */
	guint each;          /* messages in a session, then 421; 0: any number */
	/* what is to be sent */
	guint n;
	ModelMail *mails;
} ModelCase;

typedef struct {
	guint first; /* sessions until the first answer; 0: the controller decides */
	guint then;
	RpPace *pace; /* the controller, which may have been here before; NULL: a new one */
	gint64 begin; /* when that is, in microseconds */
} ModelPolicy;

typedef struct {
	double seconds; /* to the last answer */
	guint opened;   /* connections, but those in place of one that the server ended */
	guint at_once;
} ModelResult;

/* A case out of many, by its number. */
ModelCase *model_case_new(guint seed);
void model_case_free(ModelCase *c);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(ModelCase, model_case_free)
char *model_case_text(const ModelCase *c);
ModelResult model_run(const ModelCase *c, const ModelPolicy *policy);
