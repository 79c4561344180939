/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "curl-wire.h"
#include "roampost/address-echo.h"

#include <string.h>

/* One GET, whose answer is an address. */

#define TIMEOUT_SECONDS 5
#define LARGEST 64 /* octets of an answer: the longest address, and room around it */

struct RpAddressEcho {
	RpCurlMulti *multi;
	CURL *easy;
	GString *answer;
	RpAddressEchoDone done;
	gpointer user;
};

static size_t
on_octets(char *data, size_t size, size_t n, void *user)
{
	RpAddressEcho *echo = user;

	if (echo->answer->len + n > LARGEST)
		return 0; /* ends it */
	g_string_append_len(echo->answer, data, (gssize)n);
	return n;
}

static void
on_done(CURLcode code, gpointer user)
{
	RpAddressEcho *echo = user;
	RpAddress address = {.family = RP_FAMILY_ANY};
	long status = 0;

	curl_easy_getinfo(echo->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK)
		echo->done(&address, curl_easy_strerror(code), echo->user);
	else if (status != 200 || !rp_address_parse(g_strstrip(echo->answer->str), &address) ||
		 address.family != RP_FAMILY_IPV4)
		echo->done(&(RpAddress){.family = RP_FAMILY_ANY}, "its answer is no address",
			echo->user);
	else
		echo->done(&address, NULL, echo->user);
}

static void
on_moved(gpointer user)
{
}

static void
set_options(RpAddressEcho *echo, const char *url, const char *interface)
{
	g_autofree char *bound = g_strconcat("if!", interface, NULL);
	CURL *easy = echo->easy;

	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_INTERFACE, bound);
	curl_easy_setopt(easy, CURLOPT_IPRESOLVE, (long)CURL_IPRESOLVE_V4);
	curl_easy_setopt(easy, CURLOPT_PROXY, "");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)TIMEOUT_SECONDS);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_octets);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, echo);
}

RpAddressEcho *
rp_address_echo_new(const char *url, const char *interface, RpAddressEchoDone done, gpointer user)
{
	g_autoptr(RpAddressEcho) echo = g_new0(RpAddressEcho, 1);

	echo->answer = g_string_new(NULL);
	echo->done = done;
	echo->user = user;
	echo->multi = rp_curl_multi_new(NULL, NULL);
	echo->easy = echo->multi ? curl_easy_init() : NULL;
	if (!echo->easy)
		return NULL;
	set_options(echo, url, interface);
	if (rp_curl_multi_add(echo->multi, echo->easy, on_done, on_moved, echo) != CURLM_OK) {
		g_clear_pointer(&echo->easy, curl_easy_cleanup);
		return NULL;
	}
	return g_steal_pointer(&echo);
}

void
rp_address_echo_free(RpAddressEcho *echo)
{
	if (!echo)
		return;
	if (echo->easy) {
		rp_curl_multi_remove(echo->multi, echo->easy);
		curl_easy_cleanup(echo->easy);
	}
	if (echo->multi)
		rp_curl_multi_unref(echo->multi);
	g_string_free(echo->answer, TRUE);
	g_free(echo);
}
