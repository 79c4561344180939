/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "db-private.h"

/* Where a message is by itself, whatever its class's verdict says. Stored: never renumber. */
typedef enum {
	RP_PHASE_INCOMING = 0, /* still being handed over */
	RP_PHASE_READY = 1,    /* goes when its class may */
	RP_PHASE_DEFERRED = 2, /* has a next_try */
	RP_PHASE_HELD = 3,     /* by the user, or after a server's refusal of this message */
	RP_PHASE_SENDING = 4,
	RP_PHASE_FAILED = 5,
} RpPhase;

/* Whether nothing was ever stored in the database. */
gboolean rp_schema_is_empty(RpDb *db, gboolean *empty, GError **error);
/* Whether it has the schema that this program was written for. */
gboolean rp_schema_is_current(RpDb *db, gboolean *current, GError **error);
/* Creates it or brings it up to date, step by step, each step in a transaction of its own; the
 * caller holds the turn. A newer schema is RP_ERROR_BUSY:
 * by the program that it is of, it can be used. */
gboolean rp_schema_upgrade(RpDb *db, GError **error);
