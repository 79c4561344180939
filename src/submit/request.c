/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "submit-private.h"

/* What a local SMTP client asks for as a submission, in copies that outlive its session. */

/* Entries may be NULL, and so may all. */
static char **
copy_strings(char *const *strings, guint n)
{
	char **copy = strings ? g_new0(char *, n) : NULL;

	for (guint i = 0; strings && i < n; i++)
		copy[i] = g_strdup(strings[i]);
	return copy;
}

static void
free_strings(char **strings, guint n)
{
	for (guint i = 0; strings && i < n; i++)
		g_free(strings[i]);
	g_free(strings);
}

RpSubmitRequest *
rp_submit_request_new(const RpSmtpServerEnvelope *envelope)
{
	RpSubmitRequest *request = g_new0(RpSubmitRequest, 1);
	guint n = envelope->n_recipients;

	request->exact = TRUE;
	request->sender = g_strdup(envelope->sender);
	request->recipients = (const char *const *)g_strdupv((char **)envelope->recipients);
	request->dsn_ret = g_strdup(envelope->dsn_ret);
	request->dsn_envid = g_strdup(envelope->dsn_envid);
	request->dsn_notify_each = copy_strings(envelope->dsn_notify, n);
	request->dsn_original = copy_strings(envelope->dsn_original, n);
	return request;
}

void
rp_submit_request_free(RpSubmitRequest *request)
{
	if (!request)
		return;
	guint n = g_strv_length((char **)request->recipients);

	free_strings((char **)request->dsn_notify_each, n);
	free_strings((char **)request->dsn_original, n);
	g_free((char *)request->sender);
	g_strfreev((char **)request->recipients);
	g_free((char *)request->dsn_ret);
	g_free((char *)request->dsn_envid);
	g_free(request);
}
