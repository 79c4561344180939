/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls-words.h"

#include <glib.h>
#include <string.h>

/* What OpenSSL and GnuTLS say by libcurl, in words for people: reasons of X.509
 * (openssl-verify(1)), of the handshake, alerts (RFC 8446 section 6.2). Rows are looked through in
 * their order, so a reason that is part of another stands below it. */

static const char unknown_authority[] =
	"its certificate comes from an authority that is not known here, or the server leaves out "
	"what lies between";
static const char too_weak[] = "its certificate or its key is too weak to be trusted";
static const char no_tls[] = "it speaks no TLS there";
static const char too_old[] = "it has only versions of TLS that are too old to be safe";
static const char nothing_in_common[] = "it has no encryption in common with this machine";
static const char expired[] = "its certificate has expired";
static const char early[] = "its certificate is not yet valid";
static const char closed[] = "the connection was closed in the TLS handshake";
static const char self_signed[] = "its certificate is self-signed";

static const struct {
	const char *raw, *words;
} rows[] = {
	{"error setting certificate", "tls-ca-file can't be read, or has no certificate in it"},
	{"certificate has expired", expired},
	{"certificate expiration date has passed", expired},
	{"certificate is not yet valid", early},
	{"certificate not activated yet", early},
	{"certificate revoked", "its certificate is revoked"},
	{"signed certificate in certificate chain", unknown_authority},
	{"self-signed certificate", self_signed},
	{"self signed certificate", self_signed},
	{"issuer certificate", unknown_authority},
	{"unable to verify the first certificate", unknown_authority},
	{"server certificate verification failed", unknown_authority},
	{"subject name", "its certificate is for another name"},
	{"not match pinned", "its key is not the one that tls-fingerprint names"},
	{"certificate purpose", "its certificate is not one for servers"},
	{"invalid CA certificate", "its certificate is signed by one that is no authority's"},
	{"certificate signature failure", "the signature of its certificate is wrong"},
	{"too weak", too_weak},
	{"too small", too_weak},
	{"wrong version number", no_tls},
	{"packet length too long", no_tls},
	{"http request", no_tls},
	{"unexpected TLS packet", no_tls},
	{"unsupported protocol", too_old},
	{"protocol version", too_old},
	{"legacy sigalg", too_old},
	{"unsafe legacy renegotiation", too_old},
	{"handshake failure", "it ended the handshake: it has no encryption in common with this "
			      "machine, or wants a certificate (tls-client-cert)"},
	{"no shared cipher", nothing_in_common},
	{"no common", nothing_in_common},
	{"unrecognized name", "it does not know the name that it was called by"},
	{"internal error", "it ended the handshake by an error of its own"},
	{"SSL_ERROR_SYSCALL", closed},
	{"Connection reset", closed},
	{"Broken pipe", closed},
	{"unexpected eof", closed},
	{"non-properly terminated", closed},
	{"bad record mac", "what came was damaged on the way"},
};

/* The last part of "OpenSSL/3.0.19: error:0A00014D:SSL routines::REASON", and of GnuTLS's words;
 * NULL: they are none of TLS. */
static const char *
reason_of(const char *raw)
{
	static const char *const before[] = {" routines::", "gnutls_handshake() failed: ",
		"SSL_connect: ", "SSL certificate problem: ", "SSL: "};

	for (gsize i = 0; i < G_N_ELEMENTS(before); i++) {
		const char *at = strstr(raw, before[i]);

		if (at)
			return at + strlen(before[i]);
	}
	/* "error:0A000086:SSL routines:FUNCTION:REASON", as OpenSSL 1.1 has it */
	return strstr(raw, "SSL routines:") && strrchr(raw, ':') ? strrchr(raw, ':') + 1 : NULL;
}

char *
rp_tls_words(const char *raw)
{
	const char *reason = reason_of(raw);

	if (!reason && !strstr(raw, "certificate"))
		return NULL;
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (strstr(raw, rows[i].raw))
			return g_strdup(rows[i].words);
	return reason ? g_strdup_printf("the handshake failed (%s)", reason) : NULL;
}
