/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "curl-wire.h"

#include "curl-form.h"

/* A form on the agent's loop. */

struct RpHttpForm {
	RpCurlMulti *multi;
	CURL *easy;
	RpCurlForm form;
	GSource *later;
	RpHttpDone done;
	gpointer user;
};

static void
on_done(CURLcode code, gpointer user)
{
	RpHttpForm *sent = user;
	long status = 0;

	curl_easy_getinfo(sent->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_OK)
		sent->done((guint)status, sent->form.answer, NULL, sent->user);
	else
		sent->done(0, "", curl_easy_strerror(code), sent->user);
}

static void
on_moved(gpointer user)
{
}

static gboolean
on_later(gpointer user)
{
	RpHttpForm *sent = user;

	rp_source_clear(&sent->later);
	sent->done(0, "", "libcurl can't begin a transfer", sent->user);
	return G_SOURCE_REMOVE;
}

RpHttpForm *
rp_http_form_send(const RpHttpQuestion *question, RpHttpDone done, gpointer user)
{
	RpHttpForm *sent = g_new0(RpHttpForm, 1);

	sent->done = done;
	sent->user = user;
	sent->multi = rp_curl_multi_new(NULL, NULL);
	sent->easy = sent->multi ? curl_easy_init() : NULL;
	if (sent->easy)
		rp_curl_form_set(sent->easy, &sent->form, question);
	if (!sent->easy ||
		rp_curl_multi_add(sent->multi, sent->easy, on_done, on_moved, sent) != CURLM_OK)
		sent->later = rp_source_soon(on_later, sent);
	return sent;
}

void
rp_http_form_free(RpHttpForm *sent)
{
	if (!sent)
		return;
	rp_source_clear(&sent->later);
	if (sent->easy) {
		rp_curl_multi_remove(sent->multi, sent->easy);
		curl_easy_cleanup(sent->easy);
	}
	rp_curl_multi_unref(sent->multi);
	rp_curl_form_clear(&sent->form);
	g_free(sent);
}
