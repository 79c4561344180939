/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/http-form.h"

#include <curl/curl.h>

/* What libcurl is told of a form, and where its answer goes: of the agent's, and of the module's.
 */
typedef struct {
	char *form;   /* secret */
	char *answer; /* secret, of RP_HTTP_LARGEST and a NUL */
	gsize length;
	struct curl_slist *headers;
} RpCurlForm;
#define RP_HTTP_LARGEST (128 * 1024)

/* The form must live as long as the handle is used. */
void rp_curl_form_set(CURL *easy, RpCurlForm *form, const RpHttpQuestion *question);
void rp_curl_form_clear(RpCurlForm *form);
