/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/serverset.h"

/* The report of mail that can't be delivered, to its sender: multipart/report with
 * message/delivery-status (RFC 6522, RFC 3464; RFC 6533 for addresses outside ASCII). */

typedef struct {
	const char *address;
	const char
		*original; /* as the sender's program named it, "rfc822;a@b" (RFC 3461), or NULL */
	const char *set;   /* whose server refused it, or NULL */
	const char *reply; /* in these words, "550 5.1.1 ..."; or NULL */
	RpTime time;
} RpReportRecipient;

typedef struct {
	const char *id; /* in the queue, where the message stays */
	const char *sender;
	const char *envelope_id; /* ENVID (RFC 3461), or NULL */
	const char *host;        /* this machine */
	RpTime created;
	RpTime now;
	const char *header; /* the message's, in wire format */
	gsize header_size;
	const RpReportRecipient *recipients;
	guint n_recipients;
} RpReport;

/* The whole mail, with the null return path in its header, lines ending in LF. Loads GMime with the
 * first call. NULL: RP_ERROR_UNAVAILABLE. */
GString *rp_report_compose(const RpReport *report, GError **error);
