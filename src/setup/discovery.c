/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "discovery-private.h"

#include "roampost/base.h"
#include "roampost/language.h"
#include "roampost/words.h"

#include <gio/gio.h>
#include <string.h>

/* The order in which the world is asked, and what its answers come to. The documents of one rank
 * are fetched at once, and the first of them that is good counts. SRV: services.c. */

/* Whether it is on the provider's own servers, which learn nothing by being asked. */
typedef enum { OWN, OTHERS, N_RANKS } Rank;

typedef struct {
	const RpDiscoveryQuestion *question;
	const RpDiscoveryOps *ops;
	gpointer user;
	char *url;
	gboolean is_cut; /* of what would tell the address */
	gboolean is_refused;
	Rank rank;
	RpAutoconfig *config;
	gboolean absent;
	GError *error;
} Document;

static const char *
domain_of(const char *address)
{
	return strrchr(address, '@') + 1;
}

/* ---- where a document is ---- */

/* What would tell the address is left out where that is not agreed: the query that has it. */
static char *
fill_source(const RpDiscoveryQuestion *question, const char *source, const char *domain)
{
	g_autoptr(GString) url = g_string_new(source);
	g_autofree char *address = g_uri_escape_string(question->address, NULL, FALSE);
	gboolean may_tell = question->tell_address && *question->address != '@' &&
			    g_str_equal(domain, domain_of(question->address));
	char *query = strchr(url->str, '?');

	if (!may_tell && query && strstr(query, "%EMAILADDRESS%"))
		g_string_truncate(url, (gsize)(query - url->str));
	g_string_replace(url, "%EMAILADDRESS%", may_tell ? address : "", 0);
	g_string_replace(url, "%EMAILDOMAIN%", domain, 0);
	return g_string_free(g_steal_pointer(&url), FALSE);
}

static Rank
rank_of(const char *source)
{
	const char *host = strstr(source, "://");
	const char *domain = strstr(source, "%EMAILDOMAIN%");

	if (!host || !domain)
		return OTHERS;
	return domain < host + 3 + strcspn(host + 3, "/?#") ? OWN : OTHERS;
}

static Document *
document_new(const RpDiscoveryQuestion *question, const RpDiscoveryOps *ops, gpointer user,
	const char *source, const char *domain)
{
	Document *document = g_new0(Document, 1);

	document->question = question;
	document->ops = ops;
	document->user = user;
	document->url = fill_source(question, source, domain);
	document->is_cut = strchr(source, '?') && !strchr(document->url, '?');
	document->rank = rank_of(source);
	return document;
}

static void
document_free(gpointer data)
{
	Document *document = data;

	g_free(document->url);
	rp_autoconfig_free(document->config);
	g_clear_error(&document->error);
	g_free(document);
}

/* ---- fetching ---- */

static gpointer
fetch(gpointer data)
{
	Document *document = data;
	g_autoptr(GByteArray) octets = document->ops->fetch(
		document->user, document->url, &document->absent, &document->error);

	if (!octets) {
		document->is_refused = g_error_matches(document->error, RP_ERROR, RP_ERROR_INVALID);
		return NULL;
	}
	gsize length = octets->len;
	g_byte_array_append(octets, (const guint8 *)"", 1);
	document->config = rp_autoconfig_read(
		(const char *)octets->data, length, document->question->address, &document->error);
	return NULL;
}

/* By no answer, mostly; libcurl says so of a name that there is not, too. */
static gboolean
is_unresolved(const GError *error)
{
	return g_error_matches(error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_TEMPORARY_FAILURE) ||
	       strstr(error->message, "Resolving timed out") ||
	       strstr(error->message, "Could not resolve host");
}

static void
note(RpDiscovery *discovery, const char *who, const GError *error)
{
	g_autofree char *words = rp_words_shown(error->message);

	discovery->nothing_resolved &= is_unresolved(error);
	g_ptr_array_add(discovery->tried, g_strdup_printf("%s: %s", who, words));
}

/* TRUE: one of them is good, and taken. */
static gboolean
take_first(RpDiscovery *discovery, const GPtrArray *documents, Rank rank, gboolean plain_dns)
{
	for (guint i = 0; i < documents->len; i++) {
		Document *document = documents->pdata[i];

		if (document->rank != rank)
			continue;
		if (!document->config) {
			note(discovery, document->url, document->error);
			discovery->address_wanted |= document->is_cut && document->is_refused;
			discovery->http_untried |= rank == OWN && !plain_dns && !document->absent;
			continue;
		}
		discovery->nothing_resolved = FALSE;
		discovery->found = g_steal_pointer(&document->config);
		discovery->source = g_strdup(document->url);
		discovery->plain_dns = plain_dns;
		return TRUE;
	}
	return FALSE;
}

static void
fetch_rank(const GPtrArray *documents, Rank rank)
{
	g_autoptr(GPtrArray) threads = g_ptr_array_new();

	for (guint i = 0; i < documents->len; i++)
		if (((const Document *)documents->pdata[i])->rank == rank)
			g_ptr_array_add(
				threads, g_thread_new("autoconfig", fetch, documents->pdata[i]));
	for (guint i = 0; i < threads->len; i++)
		g_thread_join(threads->pdata[i]);
}

/* The documents of a domain: TRUE as take_first. */
static gboolean
ask_documents(RpDiscovery *discovery, const RpDiscoveryQuestion *question,
	const RpDiscoveryOps *ops, gpointer user, const char *domain)
{
	g_autoptr(GPtrArray) documents = g_ptr_array_new_with_free_func(document_free);
	gboolean plain_dns = !g_str_equal(domain, domain_of(question->address));

	for (char *const *source = question->sources; *source; source++)
		g_ptr_array_add(documents, document_new(question, ops, user, *source, domain));
	for (int rank = OWN; rank < N_RANKS; rank++) {
		fetch_rank(documents, (Rank)rank);
		if (take_first(discovery, documents, (Rank)rank, plain_dns))
			return TRUE;
	}
	return FALSE;
}

/* ---- by who takes the domain's mail ---- */

/* Of "mx1.mail.odn.example" mail.odn.example, then odn.example: providers that take mail for many
 * domains are known by the former (mail.protection.outlook.com). Never what nobody has registered,
 * nor the domain itself. */
static char **
exchanger_domains(const char *host, const char *domain, const RpDiscoveryOps *ops, gpointer user)
{
	g_autoptr(GStrvBuilder) domains = g_strv_builder_new();
	g_autofree char *lower = g_ascii_strdown(host, -1);
	g_autofree char *whole = ops->registrable(user, lower);
	const char *dot = strchr(lower, '.');

	if (whole && dot && rp_host_is_within(dot + 1, whole) && !g_str_equal(dot + 1, whole) &&
		!g_str_equal(dot + 1, domain))
		g_strv_builder_add(domains, dot + 1);
	if (whole && !g_str_equal(whole, domain))
		g_strv_builder_add(domains, whole);
	return g_strv_builder_end(domains);
}

static gboolean
ask_for_exchanger(RpDiscovery *discovery, const RpDiscoveryQuestion *question,
	const RpDiscoveryOps *ops, gpointer user)
{
	const char *domain = domain_of(question->address);
	g_autofree char *who = g_strdup_printf(_("MX of %s"), domain);
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) hosts = ops->exchangers(user, domain, &error);
	g_auto(GStrv) others =
		hosts && *hosts ? exchanger_domains(*hosts, domain, ops, user) : NULL;

	if (error)
		note(discovery, who, error);
	else
		discovery->nothing_resolved = FALSE;
	for (char **other = others; other && *other; other++)
		if (ask_documents(discovery, question, ops, user, *other))
			return TRUE;
	return FALSE;
}

RpDiscovery *
rp_discovery_run(const RpDiscoveryQuestion *question, const RpDiscoveryOps *ops, gpointer user)
{
	RpDiscovery *discovery = g_new0(RpDiscovery, 1);

	discovery->tried = g_ptr_array_new_with_free_func(g_free);
	discovery->nothing_resolved = *question->sources != NULL;
	if (ask_documents(discovery, question, ops, user, domain_of(question->address)))
		return discovery;
	if (*question->sources && ask_for_exchanger(discovery, question, ops, user))
		return discovery;
	if (!discovery->nothing_resolved)
		rp_discovery_ask_services(discovery, domain_of(question->address), ops, user);
	return discovery;
}

void
rp_discovery_free(RpDiscovery *discovery)
{
	if (!discovery)
		return;
	rp_autoconfig_free(discovery->found);
	g_free(discovery->source);
	g_ptr_array_unref(discovery->tried);
	g_free(discovery);
}
