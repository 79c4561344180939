/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Before GLib's headers, which have a default. */
#define G_LOG_DOMAIN "roampost-transport"

#include "roampost/base.h"
#include "scram.h"

#include <gsasl.h>

/* ---- scram-message.c: what the server says ---- */

/* The server's first message (RFC 5802 section 7). */
typedef struct {
	char *nonce;
	guint8 *salt;
	gsize salt_size;
	guint iterations;
} RpScramFirst;

/* FALSE: it is none. To be cleared in any case. */
gboolean rp_scram_first_parse(RpScramFirst *first, const char *text);
void rp_scram_first_clear(RpScramFirst *first);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpScramFirst, rp_scram_first_clear)

/* ---- scram-keys.c: salted passwords ---- */

/* What a key is derived from. */
typedef struct {
	Gsasl_hash hash;
	const char *password; /* after SASLprep */
	const guint8 *salt;
	gsize salt_size;
	guint iterations;
} RpScramSource;

typedef struct RpScramKeys RpScramKeys;
typedef struct RpScramJob RpScramJob;
/* The key is among the others now, or could not be made: ask once more. The job is gone. */
typedef void (*RpScramDone)(gpointer user);

/* NULL: there are no random numbers, without which no password would be recognised again. */
RpScramKeys *rp_scram_keys_new(void);
void rp_scram_keys_unref(RpScramKeys *keys);
/* In hexadecimal digits; lives until another key is made. NULL: not known. */
const char *rp_scram_keys_find(RpScramKeys *keys, const RpScramSource *source);
/* The source is copied. */
RpScramJob *rp_scram_keys_derive(
	RpScramKeys *keys, const RpScramSource *source, RpScramDone done, gpointer user);
/* `done` is not called any more. */
void rp_scram_job_forget(RpScramJob *job);
