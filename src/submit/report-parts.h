/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/report.h"

/* What the module makes a mail of. */
typedef struct {
	const RpReport *report;
	const char *message_id;
	const char *text;
	const char *from;     /* whose mail it is, as a name */
	const char *about;    /* its Subject, with {subject} for that of what was not delivered */
	const char *status;   /* the content of message/delivery-status */
	gboolean status_utf8; /* it has octets above 127 */
	gboolean header_utf8; /* and so has the header */
} RpReportParts;

#define RP_REPORT_MODULE "roampost-report.so"
#define RP_REPORT_FUNCTION "rp_module_compose_report"
typedef char *(*RpReportCompose)(const RpReportParts *parts, gsize *size);
