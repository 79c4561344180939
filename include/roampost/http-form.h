/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"

/* A form that is sent by HTTPS, and its answer: by libcurl. Nothing is redirected; plain HTTP goes
 * to loopback addresses alone. */

/* `status`: of HTTP; 0: no answer came, and `why` says so in libcurl's words. The body is bounded,
 * and wiped once this returns. */
typedef void (*RpHttpDone)(guint status, const char *body, const char *why, gpointer user);

/* Borrowed for the call. */
typedef struct {
	const char *url;
	const char *form;
	const char *header;  /* one more of HTTP's, or NULL */
	const char *ca_file; /* authorities to trust instead of the system's, or NULL */
} RpHttpQuestion;

/* On the thread's own main context. `done` runs once, later, unless it is freed before. */
typedef struct RpHttpForm RpHttpForm;
RpHttpForm *rp_http_form_send(const RpHttpQuestion *question, RpHttpDone done, gpointer user);
void rp_http_form_free(RpHttpForm *sent);

/* The same for a command that waits for it, in the module of downloads (roampost/download.h). A
 * body that is too large is cut. */
#define RP_HTTP_FORM_FUNCTION "rp_module_http_form"
typedef guint (*RpHttpFormBlocking)(const RpHttpQuestion *question, char **body, char **why);
