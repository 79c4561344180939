/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/transport.h"

/* Whether servers answer, prove who they are, and take the login, from here: sessions like those
 * that will send the mail, which end before there is any. A module of its own (roampost/module.h),
 * so that the command line does without libcurl. */
#define RP_PROBE_MODULE "roampost-probe.so"
#define RP_PROBE_FUNCTION "rp_module_probe"

typedef struct {
	RpSessionResult result;
	char *detail; /* one sentence with the server's or the library's words */
	gboolean verified;
	gboolean logged_in;
	gboolean encrypted;
	gboolean offers_login; /* SMTP, once it has answered */
} RpProbeReport;

/* Blocks until all of the sets have been tried, at once, each by its SMTP server or, with `pop`, by
 * its POP server; after so many seconds what has not answered counts as unreachable. A report for
 * each, in their order; their texts are to be freed. */
void rp_module_probe(const RpServerSet *const *sets, guint n_sets, gboolean pop, guint seconds,
	RpProbeReport *reports);
typedef void (*RpProbe)(const RpServerSet *const *sets, guint n_sets, gboolean pop, guint seconds,
	RpProbeReport *reports);
