/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"
#include "roampost/discovery.h"
#include "roampost/download.h"
#include "roampost/language.h"
#include "roampost/module.h"
#include "roampost/registrable.h"

#include <gio/gio.h>

/* The world that a look-up asks: HTTPS, and the system's resolver. */

enum { CONNECT_SECONDS = 5, MOST_SECONDS = 10 };

static GByteArray *
fetch(gpointer user, const char *url, gboolean *absent, GError **error)
{
	const RpDownloadOptions options = {.largest = RP_AUTOCONFIG_LARGEST,
		.connect_seconds = CONNECT_SECONDS,
		.most_seconds = MOST_SECONDS,
		.ca_file = user};
	RpDownload download =
		(RpDownload)rp_module_function(RP_DOWNLOAD_MODULE, RP_DOWNLOAD_FUNCTION);
	g_autoptr(GByteArray) octets = g_byte_array_new();
	g_autofree char *etag = NULL;
	RpDownloadResult result;

	if (!g_str_has_prefix(url, "https://")) {
		g_set_error_literal(
			error, RP_ERROR, RP_ERROR_INVALID, _("only https:// URLs are fetched"));
		return NULL;
	}
	if (!download) {
		g_set_error(error, RP_ERROR, RP_ERROR_UNAVAILABLE, _("%s is not installed"),
			RP_DOWNLOAD_MODULE);
		return NULL;
	}
	result = download(url, &options, octets, &etag, error);
	*absent = result == RP_DOWNLOAD_ABSENT;
	return result == RP_DOWNLOAD_DONE ? g_steal_pointer(&octets) : NULL;
}

/* ---- DNS ---- */

/* That there is none is no error. */
static GList *
look_up(const char *name, GResolverRecordType type, GError **error)
{
	g_autoptr(GResolver) resolver = g_resolver_get_default();
	g_autoptr(GError) failure = NULL;
	GList *records = g_resolver_lookup_records(resolver, name, type, NULL, &failure);

	if (failure && !g_error_matches(failure, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND))
		g_propagate_error(error, g_steal_pointer(&failure));
	return records;
}

static void
free_records(GList *records)
{
	g_list_free_full(records, (GDestroyNotify)g_variant_unref);
}

static RpService *
read_service(GVariant *record)
{
	RpService *service = g_new0(RpService, 1);

	g_variant_get(record, "(qqqs)", &service->priority, &service->weight, &service->port,
		&service->host);
	if (g_str_has_suffix(service->host, "."))
		service->host[strlen(service->host) - 1] = '\0';
	return service;
}

static GPtrArray *
services(gpointer user, const char *name, GError **error)
{
	GList *records = look_up(name, G_RESOLVER_RECORD_SRV, error);
	GPtrArray *found = NULL;

	for (GList *record = records; record; record = record->next) {
		if (!found)
			found = g_ptr_array_new_with_free_func((GDestroyNotify)rp_service_free);
		g_ptr_array_add(found, read_service(record->data));
	}
	free_records(records);
	return found;
}

static gint
compare_exchangers(gconstpointer a, gconstpointer b)
{
	guint16 one, other;

	g_variant_get((GVariant *)a, "(qs)", &one, NULL);
	g_variant_get((GVariant *)b, "(qs)", &other, NULL);
	return (gint)one - (gint)other;
}

static char **
exchangers(gpointer user, const char *domain, GError **error)
{
	GList *records =
		g_list_sort(look_up(domain, G_RESOLVER_RECORD_MX, error), compare_exchangers);
	g_autoptr(GStrvBuilder) hosts = g_strv_builder_new();

	for (GList *record = records; record; record = record->next) {
		const char *host;

		g_variant_get(record->data, "(q&s)", NULL, &host);
		if (*host && !g_str_equal(host, "."))
			g_strv_builder_add(hosts, host);
	}
	free_records(records);
	return g_strv_builder_end(hosts);
}

static gboolean
is_not_found(const GError *error)
{
	return g_error_matches(error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND);
}

gboolean
rp_domain_is_absent(const char *domain)
{
	g_autoptr(GResolver) resolver = g_resolver_get_default();
	g_autoptr(GError) no_mx = NULL, no_address = NULL;

	free_records(
		g_resolver_lookup_records(resolver, domain, G_RESOLVER_RECORD_MX, NULL, &no_mx));
	if (!is_not_found(no_mx))
		return FALSE;
	g_resolver_free_addresses(g_resolver_lookup_by_name(resolver, domain, NULL, &no_address));
	return is_not_found(no_address);
}

static char *
registrable(gpointer user, const char *host)
{
	RpRegistrable function =
		(RpRegistrable)rp_module_function(RP_REGISTRABLE_MODULE, RP_REGISTRABLE_FUNCTION);

	return function ? function(host) : NULL;
}

const RpDiscoveryOps rp_discovery_world = {fetch, services, exchangers, registrable};
