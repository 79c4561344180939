/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "curl-wire.h"

#include <errno.h>
#include <string.h>

/* libcurl's codes as a wire's kinds of failure. */

static const struct {
	CURLcode code;
	RpWireFailureKind kind;
} kinds[] = {
	{CURLE_COULDNT_RESOLVE_HOST, RP_WIRE_RESOLVE},
	{CURLE_INTERFACE_FAILED, RP_WIRE_ADDRESS},
	{CURLE_COULDNT_CONNECT, RP_WIRE_CONNECT},
	{CURLE_OPERATION_TIMEDOUT, RP_WIRE_BROKEN},
	{CURLE_SEND_ERROR, RP_WIRE_BROKEN},
	{CURLE_RECV_ERROR, RP_WIRE_BROKEN},
	{CURLE_GOT_NOTHING, RP_WIRE_BROKEN},
	{CURLE_ABORTED_BY_CALLBACK, RP_WIRE_BROKEN},
	{CURLE_WEIRD_SERVER_REPLY, RP_WIRE_REFUSED},
	{CURLE_REMOTE_ACCESS_DENIED, RP_WIRE_REFUSED},
	{CURLE_USE_SSL_FAILED, RP_WIRE_TLS_MISSING},
	{CURLE_SSL_CONNECT_ERROR, RP_WIRE_TLS_FAILED},
	{CURLE_SSL_CACERT_BADFILE, RP_WIRE_TLS_FAILED},
	{CURLE_SSL_CIPHER, RP_WIRE_TLS_FAILED},
	{CURLE_PEER_FAILED_VERIFICATION, RP_WIRE_PEER},
	{CURLE_SSL_PINNEDPUBKEYNOTMATCH, RP_WIRE_PEER},
	{CURLE_SSL_ISSUER_ERROR, RP_WIRE_PEER},
};

/* A line may break in the handshake as at any other time. Only what connecting does not leave
 * behind counts: the number may be that of an address tried before. */
static gboolean
is_broken(long os_errno)
{
	return os_errno == ECONNRESET || os_errno == EPIPE || os_errno == ECONNABORTED;
}

/* Closed without a word of TLS; of that libcurl has only what OpenSSL and GnuTLS say. */
static const char *const cut[] = {
	"SSL_ERROR_SYSCALL", "unexpected eof", "non-properly terminated", NULL};
/* Words where TLS should have begun, likewise. */
static const char *const clear[] = {"wrong version number", "packet length too long",
	"http request", "unexpected TLS packet", NULL};

static gboolean
has_one(const char *words, const char *const *all)
{
	for (; *all; all++)
		if (strstr(words, *all))
			return TRUE;
	return FALSE;
}

static gboolean
is_no_address(long os_errno)
{
	return os_errno == EADDRNOTAVAIL || os_errno == ENODEV;
}

RpWireFailureKind
rp_curl_failure_kind(CURLcode code, const char *words, long os_errno, RpStage stage)
{
	RpWireFailureKind kind = RP_WIRE_OTHER;
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		if (kinds[i].code == code)
			kind = kinds[i].kind;
	}
	/* It may be quicker than the news that there is a connection. */
	if (code == CURLE_COULDNT_CONNECT && is_broken(os_errno))
		return RP_WIRE_BROKEN;
	if (code == CURLE_SSL_CONNECT_ERROR && (is_broken(os_errno) || has_one(words, cut)))
		return RP_WIRE_BROKEN;
	if (code == CURLE_SSL_CONNECT_ERROR && has_one(words, clear))
		return RP_WIRE_TLS_CLEAR;
	if ((kind == RP_WIRE_CONNECT || kind == RP_WIRE_BROKEN) && is_no_address(os_errno))
		return RP_WIRE_ADDRESS;
	if (code == CURLE_OPERATION_TIMEDOUT && stage == RP_STAGE_CONNECT)
		return RP_WIRE_CONNECT;
	return kind;
}

/* Some of libcurl's words are sentences; ours go on behind them. */
static char *
without_stop(char *words)
{
	gsize length = strlen(words);

	if (length > 0 && words[length - 1] == '.')
		words[length - 1] = '\0';
	return words;
}

/* "connect to 192.0.2.1 port 465 failed: Connection refused", in the system's words. */
gboolean
rp_curl_tells_of_refusal(const char *text, gsize size)
{
	char buffer[128];
	const char *refused = strerror_r(ECONNREFUSED, buffer, sizeof buffer);

	return g_strstr_len(text, (gssize)size, refused) != NULL;
}

/* "Recv failure: Connection reset by peer", in the system's words; or no error's number. */
static gboolean
tells_of_cut(const char *words)
{
	char reset[128], pipe[128];

	if (!g_str_has_prefix(words, "Recv failure: ") &&
		!g_str_has_prefix(words, "Send failure: "))
		return g_str_has_prefix(words, "response reading failed");
	return strstr(words, strerror_r(ECONNRESET, reset, sizeof reset)) ||
	       strstr(words, strerror_r(EPIPE, pipe, sizeof pipe));
}

static const char closed[] = "the connection was closed before it was set up";

char *
rp_curl_connect_words(long os_errno)
{
	return g_strdup(is_broken(os_errno) ? closed : g_strerror((int)os_errno));
}

char *
rp_curl_failure_words(const char *words)
{
	static const char *const units[] = {" milliseconds", " ms"};
	const char *after = strstr(words, " after ");

	if (tells_of_cut(words))
		return g_strdup(closed);
	for (gsize i = 0; after && i < G_N_ELEMENTS(units); i++) {
		const char *end = strstr(after, units[i]);
		if (end)
			return g_strdup_printf(
				"%.*s%s", (int)(after - words), words, end + strlen(units[i]));
	}
	return without_stop(g_strdup(words));
}
