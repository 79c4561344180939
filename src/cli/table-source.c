/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "table-source.h"

#include "roampost/base.h"
#include "roampost/download.h"
#include "roampost/language.h"
#include "roampost/minisign.h"
#include "roampost/module.h"
#include "roampost/words.h"

#include <string.h>

/* What the table of AS numbers is made of: fetched, and vouched for by what the configuration says,
 * never by what lies beside it. */

/* Whoever sends a little each second for ever is not waited for. */
enum { TABLE_LARGEST = 256 << 20, SIGNATURE_LARGEST = 4096, MOST_SECONDS = 3600 };

void
rp_table_source_free(gpointer pointer)
{
	RpTableSource *source = pointer;

	if (!source)
		return;
	g_free(source->shown);
	g_free(source->etag);
	g_byte_array_unref(source->octets);
	g_free(source);
}

static gboolean
is_url(const char *name)
{
	return strstr(name, "://") != NULL;
}

/* ---- what is remembered ---- */

/* Lines "trust WORDS", and "etag ETAG SHA-256-OF-NAME" for each source that had one. */
static char *
trust_line(char *const *trust)
{
	g_autofree char *all = g_strjoinv(" ", (char **)trust);

	return g_strconcat("trust ", all, "\n", NULL);
}

static char *
etag_key(const char *name)
{
	return g_compute_checksum_for_string(G_CHECKSUM_SHA256, name, -1);
}

char *
rp_table_note(char *const *trust, RpTableSource *const *sources)
{
	g_autofree char *first = trust_line(trust);
	GString *note = g_string_new(first);

	for (guint i = 0; sources[i]; i++) {
		g_autofree char *key = etag_key(sources[i]->name);

		if (sources[i]->etag)
			g_string_append_printf(note, "etag %s %s\n", key, sources[i]->etag);
	}
	return g_string_free(note, FALSE);
}

/* Of the source when the table was made, by the same trust; NULL: none. */
static char *
known_etag(const char *note, char *const *trust, const char *name)
{
	g_autofree char *first = trust_line(trust);
	g_autofree char *key = etag_key(name);
	g_autofree char *start = g_strdup_printf("\netag %s ", key);
	const char *found = note && g_str_has_prefix(note, first) ? strstr(note, start) : NULL;

	if (!found)
		return NULL;
	found += strlen(start);
	return g_strndup(found, strcspn(found, "\n"));
}

/* ---- fetching ---- */

static RpDownloadResult
download(const char *url, const char *etag, gsize largest, GByteArray *octets, char **new_etag,
	GError **error)
{
	RpDownload function =
		(RpDownload)rp_module_function(RP_DOWNLOAD_MODULE, RP_DOWNLOAD_FUNCTION);
	const RpDownloadOptions options = {
		.etag = etag, .largest = largest, .most_seconds = MOST_SECONDS};
	g_autoptr(GError) failure = NULL;
	RpDownloadResult result;

	*new_etag = NULL;
	if (!function) {
		g_set_error(error, RP_ERROR, RP_ERROR_UNAVAILABLE,
			_("%s is not installed: fetch the file by another program, and "
			  "name that"),
			RP_DOWNLOAD_MODULE);
		return RP_DOWNLOAD_FAILED;
	}
	result = function(url, &options, octets, new_etag, &failure);
	if (failure) {
		g_autofree char *shown = rp_words_shown(failure->message);

		g_set_error_literal(error, failure->domain, failure->code, shown);
	}
	return result;
}

static gboolean
read_file(const char *name, gsize largest, GByteArray *octets, GError **error)
{
	g_autoptr(GError) failure = NULL;
	g_autofree char *contents = NULL;
	gsize length;

	if (!rp_file_get(name, largest, &contents, &length, &failure)) {
		g_autofree char *why = rp_file_why_not_read(failure);

		g_set_error_literal(error, RP_ERROR, RP_ERROR_IO, why);
		return FALSE;
	}
	g_byte_array_append(octets, (const guint8 *)contents, (guint)length);
	return TRUE;
}

static RpDownloadResult
fetch(const char *name, const char *etag, gsize largest, GByteArray *octets, char **new_etag,
	GError **error)
{
	*new_etag = NULL;
	if (is_url(name))
		return download(name, etag, largest, octets, new_etag, error);
	return read_file(name, largest, octets, error) ? RP_DOWNLOAD_DONE : RP_DOWNLOAD_FAILED;
}

/* ---- trust ---- */

/* The signature of URL?query stands at URL.minisig?query. */
static char *
signature_name(const char *name)
{
	gsize path = is_url(name) ? strcspn(name, "?#") : strlen(name);
	g_autofree char *start = g_strndup(name, path);

	return g_strconcat(start, ".minisig", name + path, NULL);
}

static GByteArray *
fetch_signature(const RpTableSource *source, GError **error)
{
	g_autoptr(GByteArray) octets = g_byte_array_new();
	g_autofree char *name = signature_name(source->name);
	g_autofree char *shown = rp_url_shown(name);
	g_autofree char *etag = NULL;

	if (fetch(name, NULL, SIGNATURE_LARGEST, octets, &etag, error) != RP_DOWNLOAD_DONE) {
		g_prefix_error(error, _("its signature %s: "), shown);
		return NULL;
	}
	g_byte_array_append(octets, (const guint8 *)"", 1);
	return g_steal_pointer(&octets);
}

static gboolean
is_signed(const RpTableSource *source, char *const *trust, GError **error)
{
	RpMinisignVerify verify =
		(RpMinisignVerify)rp_module_function(RP_MINISIGN_MODULE, RP_MINISIGN_FUNCTION);
	g_autoptr(GByteArray) signature = NULL;

	if (!verify) {
		g_set_error_literal(error, RP_ERROR, RP_ERROR_UNAVAILABLE,
			_("this roampost was built without minisign: say sha256:SUM in asn-trust"));
		return FALSE;
	}
	signature = fetch_signature(source, error);
	if (!signature)
		return FALSE;
	for (guint i = 0; trust[i]; i++) {
		if (!g_str_has_prefix(trust[i], "minisign:"))
			continue;
		g_clear_error(error);
		if (verify(strchr(trust[i], ':') + 1, (const char *)signature->data,
			    source->octets->data, source->octets->len, error))
			return TRUE;
	}
	return FALSE;
}

static gboolean
says_minisign(char *const *trust)
{
	for (; *trust; trust++)
		if (g_str_has_prefix(*trust, "minisign:"))
			return TRUE;
	return FALSE;
}

static gboolean
is_trusted(const RpTableSource *source, char *const *trust, GError **error)
{
	g_autofree char *sum = g_compute_checksum_for_data(
		G_CHECKSUM_SHA256, source->octets->data, source->octets->len);
	g_autofree char *word = g_strconcat("sha256:", sum, NULL);

	if ((!*trust && !is_url(source->name)) || g_strv_contains((const char *const *)trust, word))
		return TRUE;
	if (says_minisign(trust))
		return is_signed(source, trust, error);
	g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
		*trust ? _("it is not what asn-trust says, and nothing of it is taken. Its sum "
			   "is %s: if you know it to be good, write asn-trust=%s into "
			   "roampost.conf")
		       : _("nothing vouches for it: asn-trust= in roampost.conf is empty. Its "
			   "sum is %s: if you know it to be good, write asn-trust=%s there, or "
			   "the public key of who signs it"),
		sum, word);
	return FALSE;
}

/* ---- all of them ---- */

static gboolean
check_name(const char *name, GError **error)
{
	if (!is_url(name) || g_str_has_prefix(name, "https://"))
		return TRUE;
	g_set_error_literal(error, RP_ERROR, RP_ERROR_INVALID,
		_("only https:// URLs are fetched: fetch the file by another program, and name "
		  "that"));
	return FALSE;
}

/* NULL with *unchanged: it is what it was. */
static RpTableSource *
fetch_source(
	const char *name, char *const *trust, const char *etag, gboolean *unchanged, GError **error)
{
	RpTableSource *source = g_new0(RpTableSource, 1);
	RpDownloadResult result = RP_DOWNLOAD_FAILED;

	source->name = name;
	source->shown = rp_url_shown(name);
	source->octets = g_byte_array_new();
	if (check_name(name, error))
		result = fetch(name, etag, TABLE_LARGEST, source->octets, &source->etag, error);
	*unchanged = result == RP_DOWNLOAD_UNCHANGED;
	if (result == RP_DOWNLOAD_DONE && is_trusted(source, trust, error))
		return source;
	g_prefix_error(error, "%s: ", source->shown);
	rp_table_source_free(source);
	return NULL;
}

/* Whether all of the URLs are what they were; where one is not, all are needed once more. */
static gboolean
all_unchanged(char *const *names, char *const *trust, const char *note, GPtrArray *sources,
	GError **error)
{
	for (guint i = 0; names[i]; i++) {
		g_autofree char *etag = known_etag(note, trust, names[i]);
		gboolean same = FALSE;
		RpTableSource *source =
			etag ? fetch_source(names[i], trust, etag, &same, error) : NULL;

		if (source)
			g_ptr_array_add(sources, source);
		if (!same)
			return FALSE;
	}
	return TRUE;
}

static gboolean
is_there(const GPtrArray *sources, const char *name)
{
	for (guint i = 0; i < sources->len; i++)
		if (g_str_equal(((const RpTableSource *)sources->pdata[i])->name, name))
			return TRUE;
	return FALSE;
}

gboolean
rp_table_sources_fetch(char *const *names, char *const *trust, const char *note, GPtrArray *sources,
	gboolean *unchanged, GError **error)
{
	g_autoptr(GError) failure = NULL;
	gboolean same;

	*unchanged = all_unchanged(names, trust, note, sources, &failure);
	if (failure) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return FALSE;
	}
	for (guint i = 0; !*unchanged && names[i]; i++) {
		RpTableSource *source = is_there(sources, names[i])
						? NULL
						: fetch_source(names[i], trust, NULL, &same, error);

		if (source)
			g_ptr_array_add(sources, source);
		else if (!is_there(sources, names[i]))
			return FALSE;
	}
	return TRUE;
}
