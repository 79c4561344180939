/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "curl-wire.h"

#include <string.h>

/* Certificates of our own, and of whom we trust: what is wrong with their files before libcurl
 * reads them, and what its words mean then. The sentences begin with the option (core/policy-text.c
 * knows them by that). */

static gboolean
is_file(const char *name)
{
	return name && !g_str_has_prefix(name, "pkcs11:");
}

/* In secret memory: it may have a key in it. */
static char *
read_file(const char *path, GError **error)
{
	char *text = NULL;

	return g_file_get_contents(path, &text, NULL, error) ? rp_secret_take(text) : NULL;
}

static char *
judge_certificate(const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpSecret) text = read_file(path, &error);

	if (!text)
		return g_strdup_printf("tls-client-cert can't be read: %s", error->message);
	if (!strstr(text, "-----BEGIN CERTIFICATE-----"))
		return g_strdup_printf(
			"tls-client-cert names %s, which has no certificate in PEM form", path);
	return NULL;
}

/* PKCS#8's (RFC 5958), and what OpenSSL wrote before. */
static gboolean
is_encrypted(const char *text)
{
	return strstr(text, "-----BEGIN ENCRYPTED PRIVATE KEY-----") ||
	       strstr(text, "Proc-Type: 4,ENCRYPTED");
}

static char *
judge_key(const char *path)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpSecret) text = read_file(path, &error);

	if (!text)
		return g_strdup_printf("tls-client-key can't be read: %s", error->message);
	if (!strstr(text, "PRIVATE KEY-----"))
		return g_strdup_printf("tls-client-key: %s has no private key in PEM form (without "
				       "tls-client-key the certificate's file is to have it)",
			path);
	if (is_encrypted(text))
		return g_strdup_printf("tls-client-key: the key in %s is encrypted, and nobody can "
				       "be asked for its password: openssl pkey -in %s -out NEW "
				       "writes it without one",
			path, path);
	return NULL;
}

char *
rp_curl_client_complaint(const char *certificate, const char *key)
{
	char *why = is_file(certificate) ? judge_certificate(certificate) : NULL;
	const char *holder = key ? key : certificate;

	if (why || !certificate)
		return why;
	return is_file(holder) ? judge_key(holder) : NULL;
}

/* Alerts of RFC 8446 section 6.2, as OpenSSL and GnuTLS name them; of those that a server sends of
 * a certificate of ours. */
static const struct {
	const char *words, *meaning;
} alerts[] = {
	{"alert certificate expired", "tls-client-cert is not taken by the server: it has expired"},
	/* What libcurl makes of that one in a handshake; of the server's it says more. */
	{"SSL certificate verification failed",
		"tls-client-cert is not taken by the server: it has expired"},
	{"alert certificate revoked", "tls-client-cert is not taken by the server: it is revoked"},
	{"alert unknown ca",
		"tls-client-cert is not taken by the server: it does not know its authority"},
	{"alert bad certificate",
		"tls-client-cert is not taken by the server: it is broken, or not for clients"},
	{"alert unsupported certificate",
		"tls-client-cert is not taken by the server: it is not for clients"},
	{"alert certificate unknown",
		"tls-client-cert is not taken by the server: it does not say why"},
};

static char *
judge_alert(const char *words)
{
	for (gsize i = 0; i < G_N_ELEMENTS(alerts); i++)
		if (strstr(words, alerts[i].words))
			return g_strdup(alerts[i].meaning);
	return NULL;
}

char *
rp_curl_client_verdict(const char *certificate, const char *key, CURLcode code, const char *words)
{
	if (!certificate)
		return strstr(words, "alert certificate required")
			       ? g_strdup("tls-client-cert is not set, and the server demands a "
					  "certificate")
			       : NULL;
	if (code == CURLE_SSL_CERTPROBLEM && is_file(certificate) && (!key || is_file(key)))
		return g_strdup_printf("tls-client-key: what is in %s is broken, or not the key of "
				       "the certificate in %s",
			key ? key : certificate, certificate);
	if (code == CURLE_SSL_CERTPROBLEM || code == CURLE_SSL_ENGINE_NOTFOUND ||
		code == CURLE_SSL_ENGINE_SETFAILED)
		return g_strdup_printf("tls-client-cert or tls-client-key can't be had from its "
				       "token: %s",
			words);
	return judge_alert(words);
}

char *
rp_curl_authorities_verdict(const char *file, CURLcode code)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;

	if (!file || code != CURLE_SSL_CACERT_BADFILE)
		return NULL;
	if (!g_file_get_contents(file, &text, NULL, &error))
		return g_strdup_printf("tls-ca-file can't be read: %s", error->message);
	return g_strdup_printf(
		"tls-ca-file names %s, which has no certificate in PEM form, or a damaged one",
		file);
}
