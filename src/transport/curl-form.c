/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "curl-form.h"

#include "config.h"

#include <string.h>

/* One POST of a form: its options, for whoever performs it. */

#define CONNECT_SECONDS 30L
#define TOTAL_SECONDS 60L

static size_t
on_octets(char *data, size_t size, size_t n, void *user)
{
	RpCurlForm *form = user;

	if (form->length + n > RP_HTTP_LARGEST)
		return 0; /* ends it */
	memcpy(form->answer + form->length, data, n);
	form->length += n;
	return n;
}

/* Whose packets never leave the machine. */
static gboolean
is_loopback(const char *url)
{
	static const char *const hosts[] = {"127.0.0.1", "localhost", "::1"};
	g_autoptr(GUri) uri = g_uri_parse(url, G_URI_FLAGS_NONE, NULL);

	for (gsize i = 0; uri && i < G_N_ELEMENTS(hosts); i++)
		if (g_strcmp0(g_uri_get_host(uri), hosts[i]) == 0)
			return TRUE;
	return FALSE;
}

void
rp_curl_form_set(CURL *easy, RpCurlForm *form, const RpHttpQuestion *question)
{
	const char *url = question->url, *ca_file = question->ca_file;

	form->form = rp_secret_dup(question->form);
	form->answer = rp_secret_alloc(RP_HTTP_LARGEST + 1);
	form->headers = curl_slist_append(NULL, "Accept: application/json");
	if (question->header)
		form->headers = curl_slist_append(form->headers, question->header);
	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, is_loopback(url) ? "https,http" : "https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, CONNECT_SECONDS);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, TOTAL_SECONDS);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "roampost/" RP_VERSION);
#if LIBCURL_VERSION_NUM >= 0x075700
	curl_easy_setopt(easy, CURLOPT_QUICK_EXIT, 1L);
#endif
	if (ca_file) {
		curl_easy_setopt(easy, CURLOPT_CAPATH, NULL);
		curl_easy_setopt(easy, CURLOPT_CAINFO, ca_file);
	}
	curl_easy_setopt(easy, CURLOPT_HTTPHEADER, form->headers);
	curl_easy_setopt(easy, CURLOPT_POSTFIELDS, form->form);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_octets);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, form);
}

void
rp_curl_form_clear(RpCurlForm *form)
{
	for (struct curl_slist *header = form->headers; header; header = header->next)
		rp_wipe(header->data, strlen(header->data)); /* one may have a secret */
	curl_slist_free_all(form->headers);
	rp_secret_free(form->form);
	rp_secret_free(form->answer);
	*form = (RpCurlForm){0};
}
