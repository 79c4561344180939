/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/pop-client.h"
#include "roampost/transport.h"

/* A POP server at random, and a transport that leads to it through the real engine: lines are cut,
 * sizes are wrong, QUIT is not answered, ids come again. What it decides is of the GRand that it is
 * given. */

typedef struct {
	char *uidl;
	guint content; /* no other mail's, but of a copy */
	gboolean lf;   /* its lines end in LF alone */
	gboolean listed;
} DropMail;

typedef struct FakeDrop FakeDrop;
struct FakeDrop {
	RpTransport parent;
	GRand *rand;
	GPtrArray *mails;  /* of DropMail */
	gboolean honest;   /* nothing goes wrong */
	GHashTable *taken; /* ids that no other mail may have: nobody saw yet that they are free */
	/* It deletes this one now: QUIT was taken. */
	void (*deleting)(const DropMail *mail, gpointer user);
	gpointer user;
	guint n_sessions, n_cuts, n_reused, n_twice, n_unanswered;
};

FakeDrop *fake_drop_new(GRand *rand);
/* Some new mails, with ids that are free, or are given away twice for all to see. */
void fake_drop_add(FakeDrop *drop);
/* Another program deletes it. */
void fake_drop_remove(FakeDrop *drop, guint index);
/* The mail with that content, lines ending in LF. */
char *fake_drop_text(guint content);
