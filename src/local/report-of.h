/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/ground.h"
#include "roampost/reports.h"

/* A recipient who was refused for good, and whose sender is to hear of it. */
typedef struct {
	gint64 number; /* RpReportDue's */
	guint recipient;
} RpRefusal;

/* The whole mail, lines ending in LF, of those refusals (RpRefusal) of the message that still
 * stand. NULL: an error, RP_ERROR_NOT_FOUND where the message has gone; or (without one) none
 * stands, and there is nothing to report. */
GString *rp_report_of(
	const RpGround *ground, RpMessageId id, const GArray *refusals, GError **error);
