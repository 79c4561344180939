/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/sasl.h"

/* SCRAM-SHA-1 (RFC 5802) and SCRAM-SHA-256 (RFC 7677), by GNU SASL, to be handed to a login
 * (sasl.h). Without channel binding: what protects the session is TLS with a verified peer.
 *
 * The account's `context` is an RpScram. A key is derived in a thread; `wake` is called on the
 * thread-default main context in which the login was begun. */

/* What the logins share: the library, and the keys that were derived, by password, salt and
 * iterations. */
typedef struct RpScram RpScram;

/* NULL: the library can't be initialised. */
RpScram *rp_scram_new(void);
/* The keys are wiped when nobody derives one any more. NULL is fine. */
void rp_scram_free(RpScram *scram);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpScram, rp_scram_free)

/* Ends with NULL. */
extern const RpSaslMechanism *const rp_scram_mechanisms[];
