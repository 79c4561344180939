/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "curl-wire.h"

#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What libcurl is told before it connects: name and route, our
 * name in EHLO, and what TLS must be like. */

/* ---- our name in EHLO ---- */

static socklen_t
to_sockaddr(const RpAddress *address, struct sockaddr_storage *storage)
{
	memset(storage, 0, sizeof *storage);
	if (address->family == RP_FAMILY_IPV6) {
		struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)storage;
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(9);
		memcpy(&in6->sin6_addr, address->bytes, 16);
		return sizeof *in6;
	}
	struct sockaddr_in *in = (struct sockaddr_in *)storage;
	in->sin_family = AF_INET;
	in->sin_port = htons(9);
	memcpy(&in->sin_addr, address->bytes, 4);
	return sizeof *in;
}

gboolean
rp_curl_from_sockaddr(const struct sockaddr *from, RpAddress *address)
{
	memset(address, 0, sizeof *address);
	if (from->sa_family == AF_INET6) {
		address->family = RP_FAMILY_IPV6;
		memcpy(address->bytes,
			&((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
	} else if (from->sa_family == AF_INET) {
		address->family = RP_FAMILY_IPV4;
		memcpy(address->bytes, &((const struct sockaddr_in *)(const void *)from)->sin_addr,
			4);
	}
	return address->family != RP_FAMILY_ANY;
}

/* Which address the kernel would use towards the other: a connected UDP socket sends nothing. */
static gboolean
source_towards(const RpAddress *remote, const char *interface, RpAddress *source)
{
	struct sockaddr_storage storage;
	socklen_t length = to_sockaddr(remote, &storage);
	g_auto(RpFd) fd = socket(storage.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return FALSE;
	if (interface && setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface,
				 (socklen_t)strlen(interface)) != 0)
		return FALSE;
	if (connect(fd, (struct sockaddr *)&storage, length) != 0)
		return FALSE;
	length = sizeof storage;
	return getsockname(fd, (struct sockaddr *)&storage, &length) == 0 &&
	       rp_curl_from_sockaddr((const struct sockaddr *)&storage, source);
}

/* RFC 5321 section 4.1.3. */
static char *
address_literal(const RpAddress *address)
{
	g_autofree char *text = rp_address_format(address);
	const char *tag = address->family == RP_FAMILY_IPV6 ? "IPv6:" : "";
	return g_strdup_printf("[%s%s]", tag, text);
}

static char *
own_name(const RpWireTarget *target)
{
	/* Any address outside; the route to it is the default route. */
	static const char *const outside[] = {"192.0.2.1", "2001:db8::1"};
	const RpEndpoint *endpoint = target->endpoint;
	RpAddress remote, source;
	if (target->ehlo_name && *target->ehlo_name)
		return g_strdup(target->ehlo_name);
	if (rp_host_is_loopback(endpoint->host))
		return g_strdup("[127.0.0.1]");
	if (target->route.source.family != RP_FAMILY_ANY)
		return address_literal(&target->route.source);
	if (rp_address_parse(endpoint->host, &remote))
		return source_towards(&remote, target->route.interface, &source)
			       ? address_literal(&source)
			       : g_strdup("[127.0.0.1]");
	for (gsize i = 0; i < G_N_ELEMENTS(outside); i++) {
		rp_address_parse(outside[i], &remote);
		if (target->route.family != RP_FAMILY_ANY && target->route.family != remote.family)
			continue;
		if (source_towards(&remote, target->route.interface, &source))
			return address_literal(&source);
	}
	return g_strdup("[127.0.0.1]");
}

static char *
session_url(const RpWireTarget *target)
{
	const RpEndpoint *endpoint = target->endpoint;
	g_autofree char *name = target->pop ? g_strdup("") : own_name(target);
	g_autofree char *path = g_uri_escape_string(name, NULL, FALSE);
	const char *scheme = target->pop ? "pop3" : "smtp";
	gboolean ipv6 = strchr(endpoint->host, ':') != NULL;
	return g_strdup_printf("%s%s://%s%s%s:%u/%s", scheme, endpoint->implicit_tls ? "s" : "",
		ipv6 ? "[" : "", endpoint->host, ipv6 ? "]" : "", endpoint->port, path);
}

/* ---- TLS ---- */

static curl_usessl
use_ssl(const RpWireTarget *target)
{
	switch (target->tls.mode) {
	case RP_TLS_REQUIRED:
		return CURLUSESSL_ALL;
	case RP_TLS_OPPORTUNISTIC:
		return CURLUSESSL_TRY;
	case RP_TLS_OFF:
		return CURLUSESSL_NONE;
	}
	return CURLUSESSL_ALL;
}

/* "sha256//BASE64", as libcurl wants it, of 64 hexadecimal digits. */
static char *
pinned_key(const char *fingerprint)
{
	guint8 digest[32];
	if (strlen(fingerprint) != 64)
		return NULL;
	for (gsize i = 0; i < sizeof digest; i++) {
		int high = g_ascii_xdigit_value(fingerprint[2 * i]);
		int low = g_ascii_xdigit_value(fingerprint[2 * i + 1]);
		if (high < 0 || low < 0)
			return NULL;
		digest[i] = (guint8)(high * 16 + low);
	}
	g_autofree char *text = g_base64_encode(digest, sizeof digest);
	return g_strconcat("sha256//", text, NULL);
}

static gboolean
is_token(const char *name)
{
	return name && g_str_has_prefix(name, "pkcs11:");
}

/* By OpenSSL's engine for PKCS#11, or by what a newer libcurl has in its place. */
static gboolean
set_client(CURL *easy, const RpWireTls *tls, const char **why)
{
	const char *key = tls->client_key ? tls->client_key : tls->client_cert;
	gboolean by_token = is_token(tls->client_cert) || is_token(key);

	if (!tls->client_cert)
		return TRUE;
	curl_easy_setopt(easy, CURLOPT_SSLCERT, tls->client_cert);
	curl_easy_setopt(easy, CURLOPT_SSLKEY, key);
	/* OpenSSL would ask at the terminal. */
	curl_easy_setopt(easy, CURLOPT_KEYPASSWD, "");
	if (!by_token)
		return TRUE;
	if (curl_easy_setopt(easy, CURLOPT_SSLENGINE, "pkcs11") != CURLE_OK) {
		*why = "tls-client-cert or tls-client-key is a pkcs11: URI, and the libcurl that "
		       "is "
		       "here can't use one: OpenSSL's PKCS#11 engine is missing "
		       "(libengine-pkcs11-openssl)";
		return FALSE;
	}
	curl_easy_setopt(easy, CURLOPT_SSLCERTTYPE, is_token(tls->client_cert) ? "ENG" : "PEM");
	curl_easy_setopt(easy, CURLOPT_SSLKEYTYPE, is_token(key) ? "ENG" : "PEM");
	return TRUE;
}

static gboolean
set_tls(CURL *easy, const RpWireTarget *target, const char **why)
{
	gboolean by_ca = !target->tls.fingerprint && target->tls.check_peer;
	curl_easy_setopt(easy, CURLOPT_USE_SSL, (long)use_ssl(target));
	curl_easy_setopt(easy, CURLOPT_CERTINFO, target->certificate ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYPEER, by_ca ? 1L : 0L);
	curl_easy_setopt(easy, CURLOPT_SSL_VERIFYHOST, by_ca ? 2L : 0L);
	/* A CA directory defeats libcurl's cache of the CA file: 23 ms in every session. */
	const curl_version_info_data *info = curl_version_info(CURLVERSION_NOW);
	if (target->tls.ca_file || (info && info->cainfo))
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
	if (target->tls.ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, target->tls.ca_file);
	if (!target->tls.fingerprint)
		return TRUE;
	g_autofree char *key = pinned_key(target->tls.fingerprint);
	if (!key || curl_easy_setopt(easy, CURLOPT_PINNEDPUBLICKEY, key) != CURLE_OK) {
		*why = "tls-fingerprint can't be used";
		return FALSE;
	}
	return TRUE;
}

/* ---- all ---- */

static void
set_route(CURL *easy, const RpWireTarget *target)
{
	static const long families[] = {[RP_FAMILY_ANY] = CURL_IPRESOLVE_WHATEVER,
		[RP_FAMILY_IPV4] = CURL_IPRESOLVE_V4,
		[RP_FAMILY_IPV6] = CURL_IPRESOLVE_V6};
	RpFamily family = target->route.family;
	if (rp_host_is_loopback(target->endpoint->host))
		return;
	if (target->route.source.family != RP_FAMILY_ANY) {
		g_autofree char *text = rp_address_format(&target->route.source);
		g_autofree char *host = g_strconcat("host!", text, NULL);
		curl_easy_setopt(easy, CURLOPT_INTERFACE, host);
		family = target->route.source.family;
	}
	curl_easy_setopt(easy, CURLOPT_IPRESOLVE, families[family]);
}

gboolean
rp_curl_set_options(CURL *easy, const RpWireTarget *target, const char **why)
{
	g_autofree char *url = session_url(target);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_CONNECT_ONLY, 1L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
	/* ALL_PROXY would be obeyed, and would move the source address. */
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)target->timeout_ms);
	curl_easy_setopt(easy, CURLOPT_SERVER_RESPONSE_TIMEOUT, 300L);
#if LIBCURL_VERSION_NUM >= 0x075700
	/* Else removing a handle waits for its resolver thread. */
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
#if LIBCURL_VERSION_NUM >= 0x075500
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, target->pop ? "pop3,pop3s" : "smtp,smtps");
#endif
	set_route(easy, target);
	return set_client(easy, &target->tls, why) && set_tls(easy, target, why);
}
