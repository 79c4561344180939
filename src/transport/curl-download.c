/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"
#include "roampost/base.h"
#include "roampost/download.h"
#include "roampost/module.h"
#include "tls-words.h"

#include <curl/curl.h>
#include <gmodule.h>
#include <string.h>

/* A file by HTTPS, for a command that waits for it. Nothing that is fetched here is trusted for the
 * server's certificate: that is the caller's to check, by what the user's configuration says. */

#define CONNECT_SECONDS 30L
#define STALLED_SECONDS 60L
#define SLOWEST 10L /* octets a second */
#define REDIRECTIONS 5L

G_MODULE_EXPORT void rp_module_init(void);

typedef struct {
	GByteArray *octets;
	gsize start, largest;
	char *etag;
	gboolean conditional; /* it is wanted only where it is another */
	gboolean too_large;
} Download;

void
rp_module_init(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

static size_t
on_octets(char *data, size_t size, size_t n, void *user)
{
	Download *download = user;

	if (download->octets->len - download->start + n > download->largest) {
		download->too_large = TRUE;
		return 0;
	}
	g_byte_array_append(download->octets, (const guint8 *)data, (guint)n);
	return n;
}

/* Of each answer, a redirection's too: the last one counts. */
static size_t
on_header(char *data, size_t size, size_t n, void *user)
{
	static const char name[] = "etag:";
	Download *download = user;

	if (n > 5 && g_ascii_strncasecmp(data, "HTTP/", 5) == 0)
		g_clear_pointer(&download->etag, g_free);
	if (n < sizeof name || g_ascii_strncasecmp(data, name, sizeof name - 1) != 0)
		return n;
	g_free(download->etag);
	download->etag = g_strstrip(g_strndup(data + sizeof name - 1, n - sizeof name + 1));
	return n;
}

static void
set_options(CURL *easy, const char *url, const RpDownloadOptions *options, char *message,
	Download *download)
{
	long connect = options->connect_seconds ? (long)options->connect_seconds : CONNECT_SECONDS;

	curl_easy_setopt(easy, CURLOPT_URL, url);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(easy, CURLOPT_REDIR_PROTOCOLS_STR, "https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 1L);
	curl_easy_setopt(easy, CURLOPT_MAXREDIRS, REDIRECTIONS);
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT, connect);
	curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)options->most_seconds);
	if (options->ca_file)
		curl_easy_setopt(easy, CURLOPT_CAINFO, options->ca_file);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, SLOWEST);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, STALLED_SECONDS);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, "roampost/" RP_VERSION);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, message);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_octets);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, download);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, download);
}

static RpDownloadResult
judge_status(long status, const Download *download, GError **error)
{
	const char *hint = status == 401 || status == 403 ? "it wants a login or a key"
			   : status == 400                ? "it does not understand the question"
			   : status == 404 || status == 410
				   ? "look whether the address is still right"
				   : "try it later";

	if (status == 304 && download->conditional)
		return RP_DOWNLOAD_UNCHANGED;
	if (status == 200)
		return RP_DOWNLOAD_DONE;
	g_set_error(error, RP_ERROR, status == 400 ? RP_ERROR_INVALID : RP_ERROR_UNAVAILABLE,
		"the server answers %ld: %s", status, hint);
	return status == 404 || status == 410 ? RP_DOWNLOAD_ABSENT : RP_DOWNLOAD_FAILED;
}

static RpDownloadResult
perform(CURL *easy, const char *message, const Download *download, GError **error)
{
	CURLcode code = curl_easy_perform(easy);
	long status = 0;

	if (download->too_large) {
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			"it is larger than %" G_GSIZE_FORMAT " octets: that is not it",
			download->largest);
		return RP_DOWNLOAD_FAILED;
	}
	if (code == CURLE_UNSUPPORTED_PROTOCOL) {
		g_set_error_literal(error, RP_ERROR, RP_ERROR_INVALID,
			"it can't be fetched: it leads to a URL that is not https://, where nobody "
			"vouches for what "
			"comes");
		return RP_DOWNLOAD_FAILED;
	}
	if (code == CURLE_COULDNT_RESOLVE_HOST) {
		g_set_error_literal(error, RP_ERROR, RP_ERROR_UNAVAILABLE,
			"it can't be fetched: its host's name has no address (or there is no "
			"network here)");
		return RP_DOWNLOAD_ABSENT;
	}
	if (code != CURLE_OK) {
		const char *raw = *message ? message : curl_easy_strerror(code);
		g_autofree char *plain = rp_tls_words(raw);

		g_set_error(error, RP_ERROR, RP_ERROR_UNAVAILABLE, "it can't be fetched: %s",
			plain ? plain : raw);
		return RP_DOWNLOAD_FAILED;
	}
	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	return judge_status(status, download, error);
}

G_MODULE_EXPORT RpDownloadResult
rp_module_download(const char *url, const RpDownloadOptions *options, GByteArray *octets,
	char **new_etag, GError **error)
{
	Download download = {.octets = octets,
		.start = octets->len,
		.largest = options->largest,
		.conditional = options->etag != NULL};
	g_autofree char *condition =
		options->etag ? g_strconcat("If-None-Match: ", options->etag, NULL) : NULL;
	struct curl_slist *headers = condition ? curl_slist_append(NULL, condition) : NULL;
	char message[CURL_ERROR_SIZE] = "";
	RpDownloadResult result = RP_DOWNLOAD_FAILED;
	CURL *easy = curl_easy_init();

	*new_etag = NULL;
	if (easy) {
		set_options(easy, url, options, message, &download);
		curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
		result = perform(easy, message, &download, error);
		curl_easy_cleanup(easy);
	} else {
		g_set_error_literal(error, RP_ERROR, RP_ERROR_UNAVAILABLE, "libcurl can't be used");
	}
	curl_slist_free_all(headers);
	*new_etag = download.etag;
	if (result != RP_DOWNLOAD_DONE)
		g_byte_array_set_size(octets, (guint)download.start);
	return result;
}
