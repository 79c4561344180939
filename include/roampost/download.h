/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* One file by HTTPS. A module of its own (roampost/module.h), so that who never fetches one does
 * not load libcurl. */
#define RP_DOWNLOAD_MODULE "roampost-download.so"
#define RP_DOWNLOAD_FUNCTION "rp_module_download"

typedef enum {
	RP_DOWNLOAD_DONE,
	RP_DOWNLOAD_UNCHANGED, /* it is still what `etag` says */
	RP_DOWNLOAD_FAILED,
} RpDownloadResult;

/* Blocks until it is there: a minute without progress ends it, and so does a file that is larger
 * than `largest` octets. Redirections are followed, five at most, and by HTTPS alone; the server's
 * certificate must be good. `etag`: of the file that is here already (RFC 9110 section 8.8.3), or
 * NULL. The octets are appended as they come, not unpacked; *new_etag is set where the server says
 * one, else to NULL. With RP_DOWNLOAD_FAILED the error says what went wrong, and what to do; it
 * does not name the URL. */
RpDownloadResult rp_module_download(const char *url, const char *etag, gsize largest,
	GByteArray *octets, char **new_etag, GError **error);
typedef RpDownloadResult (*RpDownload)(const char *url, const char *etag, gsize largest,
	GByteArray *octets, char **new_etag, GError **error);
