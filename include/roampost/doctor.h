/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* What is well here and what is not, with what to do about it: `roampost doctor`. A module of its
 * own (roampost/module.h): it looks at servers and at the network as the agent does, and so loads
 * what no other command needs. */
#define RP_DOCTOR_MODULE "roampost-doctor.so"
#define RP_DOCTOR_FUNCTION "rp_module_examine"

typedef enum {
	RP_HEALTH_GOOD,
	RP_HEALTH_WARNING, /* mail goes; but something is not as it should be, or will not be */
	RP_HEALTH_BAD,     /* mail is not sent, or not taken */
} RpHealth;
#define RP_N_HEALTHS (RP_HEALTH_BAD + 1)

/* All strings are owned. */
typedef struct {
	const char *check; /* a name of the table in src/doctor/doctor.c: "agent" */
	char *subject;     /* which one, where there are several: a server set's name; or NULL */
	RpHealth health;
	char *text;   /* one sentence, of this machine's own facts; no secrets */
	char *remedy; /* a command for this user's shell, ready to be run, that mends it or shows
			 what has to be mended; or NULL */
} RpFinding;

void rp_finding_free(RpFinding *finding);

/* Looks at everything, in the order of the table: an array of RpFinding that frees itself, never
 * empty. Blocks for as long as the slowest server takes, 20 s at most. Needs no agent, no bus and
 * no network, and changes nothing: no file is made, no mail is sent. It logs in at the servers, as
 * the agent would. */
GPtrArray *rp_module_examine(void);
typedef GPtrArray *(*RpExamine)(void);

/* Where one logs in to the portal that the network leads to, as whoever checks connectivity says: a
 * URL, to be freed. NULL: nothing is known of one. Blocks for 7 s at most. */
#define RP_DOCTOR_PORTAL_FUNCTION "rp_module_find_portal"
char *rp_module_find_portal(void);
typedef char *(*RpFindPortal)(void);
