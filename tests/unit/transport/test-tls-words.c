/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tls-words.h"

#include <glib.h>

/* Words of OpenSSL 1.1 and 3 and of GnuTLS, as libcurl hands them on. */

static const struct {
	const char *raw, *want; /* NULL: left to who has other words */
} rows[] = {
	{"OpenSSL/3.0.19: error:0A00010B:SSL routines::wrong version number",
		"it speaks no TLS there"},
	{"error:1408F10B:SSL routines:ssl3_get_record:wrong version number",
		"it speaks no TLS there"},
	{"gnutls_handshake() failed: An unexpected TLS packet was received.",
		"it speaks no TLS there"},
	{"OpenSSL/3.0.19: error:0A00014D:SSL routines::legacy sigalg disallowed or unsupported",
		"it has only versions of TLS that are too old to be safe"},
	{"error:0A000102:SSL routines::unsupported protocol",
		"it has only versions of TLS that are too old to be safe"},
	{"TLS connect error: error:0A00042E:SSL routines::tlsv1 alert protocol version",
		"it has only versions of TLS that are too old to be safe"},
	{"error:0A00018A:SSL routines::dh key too small",
		"its certificate or its key is too weak to be trusted"},
	{"SSL certificate problem: EE certificate key too weak",
		"its certificate or its key is too weak to be trusted"},
	{"SSL certificate problem: self-signed certificate", "its certificate is self-signed"},
	{"SSL certificate problem: self signed certificate", "its certificate is self-signed"},
	{"SSL certificate problem: self-signed certificate in certificate chain",
		"its certificate comes from an authority that is not known here, or the server "
		"leaves out what lies between"},
	{"SSL certificate problem: unable to get local issuer certificate",
		"its certificate comes from an authority that is not known here, or the server "
		"leaves out what lies between"},
	{"server certificate verification failed. CAfile: none CRLfile: none",
		"its certificate comes from an authority that is not known here, or the server "
		"leaves out what lies between"},
	{"SSL certificate problem: certificate has expired", "its certificate has expired"},
	{"server certificate not activated yet.", "its certificate is not yet valid"},
	{"SSL: no alternative certificate subject name matches target host name 'x.example'",
		"its certificate is for another name"},
	{"SSL: public key does not match pinned public key",
		"its key is not the one that tls-fingerprint names"},
	{"error setting certificate file: /nowhere",
		"tls-ca-file can't be read, or has no certificate in it"},
	{"OpenSSL/3.0.19: error:0A00ABCD:SSL routines::something new",
		"the handshake failed (something new)"},
	{"gnutls_handshake() failed: Something new.", "the handshake failed (Something new.)"},
	{"OpenSSL SSL_connect: SSL_ERROR_SYSCALL in connection to x.example:465 ",
		"the connection was closed in the TLS handshake"},
	{"OpenSSL SSL_connect: Connection reset by peer in connection to x.example:465 ",
		"the connection was closed in the TLS handshake"},
	{"TLS connect error: error:0A000126:SSL routines::unexpected eof while reading",
		"the connection was closed in the TLS handshake"},
	{"gnutls_handshake() failed: The TLS connection was non-properly terminated.",
		"the connection was closed in the TLS handshake"},
	{"STARTTLS not supported", NULL},
	{"response reading failed (errno: 0)", NULL},
	{"Recv failure: Connection reset by peer", NULL},
};

static void
test_words(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *words = rp_tls_words(rows[i].raw);

		g_test_message("%s", rows[i].raw);
		g_assert_cmpstr(words, ==, rows[i].want);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/transport/tls-words", test_words);
	return g_test_run();
}
