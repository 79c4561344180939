/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Signatures as minisign(1) makes them. A module of its own (roampost/module.h) with libsodium,
 * which is there only if that was when roampost was built. */
#define RP_MINISIGN_MODULE "roampost-minisign.so"
#define RP_MINISIGN_FUNCTION "rp_module_verify_minisign"

/* Whether `signature` (the text of a .minisig file) is of these octets, by the public key (the
 * second line of minisign.pub). Both forms are known, of the octets (Ed) and of their BLAKE2b-512
 * (ED); the trusted comment must be signed too. FALSE with RP_ERROR_INVALID: why it is not, as the
 * end of a sentence. */
gboolean rp_module_verify_minisign(
	const char *key, const char *signature, const guint8 *octets, gsize length, GError **error);
typedef gboolean (*RpMinisignVerify)(
	const char *key, const char *signature, const guint8 *octets, gsize length, GError **error);
