/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "curl-form.h"
#include "tls-words.h"

#include <gmodule.h>

/* A form for a command that waits for its answer; in the module of downloads. */

G_MODULE_EXPORT guint rp_module_http_form(const RpHttpQuestion *question, char **body, char **why);

guint
rp_module_http_form(const RpHttpQuestion *question, char **body, char **why)
{
	CURL *easy = curl_easy_init();
	RpCurlForm form = {0};
	char message[CURL_ERROR_SIZE] = "";
	CURLcode code = CURLE_FAILED_INIT;
	long status = 0;

	*body = *why = NULL;
	if (easy) {
		rp_curl_form_set(easy, &form, question);
		curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, message);
		code = curl_easy_perform(easy);
	}
	/* Larger than any answer with a token: cut, it is one without. */
	if (code == CURLE_OK || code == CURLE_WRITE_ERROR) {
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
		*body = g_strdup(form.answer);
	} else {
		const char *raw = *message ? message : curl_easy_strerror(code);
		char *plain = rp_tls_words(raw);

		*why = plain ? plain : g_strdup(raw);
	}
	curl_easy_cleanup(easy);
	rp_curl_form_clear(&form);
	return (guint)status;
}
