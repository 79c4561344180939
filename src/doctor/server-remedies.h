/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "doctor-private.h"

#include "roampost/serverset.h"
#include "roampost/transport.h"

/* What helps where a session with a server ended otherwise than it should: one command, for a
 * shell, by the session's result. All strings are freed with g_free. */

/* One server of a set; all borrowed. */
typedef struct {
	const RpDoctor *doctor;
	const RpServerSet *set;
	gboolean pop; /* the POP server; else those of SMTP */
} RpDoctorServer;

/* One of the two, by which server it is. */
const char *rp_doctor_server_key(const RpDoctorServer *server, const char *smtp, const char *pop);
/* Of several the first. */
const RpEndpoint *rp_doctor_server_endpoint(const RpDoctorServer *server);

RpHealth rp_doctor_server_health(RpSessionResult result);
/* NULL: nothing has to be done. */
char *rp_doctor_server_remedy(const RpDoctorServer *server, const RpSessionReport *report);

/* Writes the other scheme before the endpoint. NULL: it is written in a way that no command finds.
 */
char *rp_doctor_change_scheme(const RpDoctorServer *server, const RpEndpoint *endpoint);
/* Shows the day on which the certificate ends. */
char *rp_doctor_show_end(const RpDoctorServer *server, const RpSessionReport *report);
