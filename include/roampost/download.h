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
	RP_DOWNLOAD_ABSENT,    /* there is no such host, or it says that there is no such file */
	RP_DOWNLOAD_FAILED,
} RpDownloadResult;

typedef struct {
	const char *etag; /* of the file that is here already (RFC 9110 section 8.8.3), or NULL */
	gsize largest;    /* octets; a larger file is refused */
	guint connect_seconds; /* 0: 30 */
	guint most_seconds;    /* for all of it; 0: as long as there is progress each minute */
	const char *ca_file;   /* who vouches for the server's certificate; NULL: the system's */
} RpDownloadOptions;

/* Blocks until it is there. Redirections are followed, five at most, and by HTTPS alone; the
 * server's certificate must be good. The octets are appended as they come, not unpacked; *new_etag
 * is set where the server says one, else to NULL. With RP_DOWNLOAD_ABSENT and RP_DOWNLOAD_FAILED
 * the error says what went wrong, and what to do; it does not name the URL. */
RpDownloadResult rp_module_download(const char *url, const RpDownloadOptions *options,
	GByteArray *octets, char **new_etag, GError **error);
typedef RpDownloadResult (*RpDownload)(const char *url, const RpDownloadOptions *options,
	GByteArray *octets, char **new_etag, GError **error);
