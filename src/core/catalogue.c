/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "catalogue-private.h"

#include <string.h>

/* All providers and server sets, with an index for each question that the policy asks of many of
 * them: whose prefix, whose identity, whose domain. */

struct RpCatalogue {
	gatomicrefcount references;
	GPtrArray *providers; /* of RpProvider, by name */
	GPtrArray *sets;      /* of RpServerSet, by name */
	gint *set_provider;
	RpPrefixTable *prefixes;
	GHashTable *owners;     /* lower-case identity or @domain -> GArray of set indexes */
	GArray *carry_any;      /* set indexes */
	gboolean rewrites;      /* some set does */
	GHashTable *carry_list; /* domain -> set indexes */
	GHashTable *domains;
	GHashTable *local_domains;
	GHashTable *evidence; /* kind and value -> provider indexes */
	GHashTable *asns;
};

static int
compare_providers(const void *a, const void *b)
{
	return strcmp((*(RpProvider *const *)a)->name, (*(RpProvider *const *)b)->name);
}

static int
compare_sets(const void *a, const void *b)
{
	return strcmp((*(RpServerSet *const *)a)->name, (*(RpServerSet *const *)b)->name);
}

static void
free_list(gpointer list)
{
	g_array_unref(list);
}

static GHashTable *
new_index(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, free_list);
}

/* Indexes come in rising order, so an element that is there already is the last one. */
static void
list_add(GArray *list, guint value)
{
	if (list->len == 0 || g_array_index(list, guint, list->len - 1) != value)
		g_array_append_val(list, value);
}

/* Takes the key. */
static void
index_add(GHashTable *index, char *key, guint value)
{
	GArray *list = g_hash_table_lookup(index, key);

	if (list) {
		g_free(key);
	} else {
		list = g_array_new(FALSE, FALSE, sizeof(guint));
		g_hash_table_insert(index, key, list);
	}
	list_add(list, value);
}

/* As addresses of messages are compared. */
static char *
fold(const char *address)
{
	g_auto(RpFolded) folded;

	rp_folded_init(&folded, address);
	return g_strdup(folded.text);
}

static void
index_add_domains(GHashTable *index, char *const *domains, guint value)
{
	for (; *domains; domains++) {
		g_autofree char *address =
			**domains == '@' ? g_strdup(*domains) : g_strconcat("@", *domains, NULL);
		g_autofree char *folded = fold(address);

		index_add(index, g_strdup(folded + 1), value);
	}
}

/* One spelling for what has several: domain names, most of what DHCP says, link-layer addresses. */
static char *
evidence_key(RpEvidence kind, const char *value)
{
	gboolean domain = kind == RP_EVIDENCE_DNS_DOMAIN;

	if (domain && *value == '~') /* NetworkManager's mark of a routing-only domain */
		value++;
	char *key = g_strdup_printf("%c%s", 'A' + (char)kind, value);
	if (domain || kind == RP_EVIDENCE_GATEWAY || kind == RP_EVIDENCE_DHCP_OPTION) {
		for (char *c = key + 1; *c; c++)
			*c = kind == RP_EVIDENCE_GATEWAY && *c == '-' ? ':' : g_ascii_tolower(*c);
	}
	gsize length = strlen(key);
	if (domain && length > 1 && key[length - 1] == '.')
		key[length - 1] = '\0';
	return key;
}

static void
add_evidence(RpCatalogue *catalogue, RpEvidence kind, char *const *values, guint provider)
{
	for (; *values; values++)
		index_add(catalogue->evidence, evidence_key(kind, *values), provider);
}

static void
index_provider(RpCatalogue *catalogue, guint index, GArray *prefixes)
{
	const RpProvider *provider = catalogue->providers->pdata[index];

	for (guint i = 0; i < provider->prefixes->len; i++) {
		RpPrefixEntry entry = {g_array_index(provider->prefixes, RpPrefix, i), index};
		g_array_append_val(prefixes, entry);
	}
	for (guint i = 0; i < provider->asns->len; i++) {
		guint32 asn = g_array_index(provider->asns, guint32, i);
		GArray *list = g_hash_table_lookup(catalogue->asns, GUINT_TO_POINTER(asn));

		if (!list) {
			list = g_array_new(FALSE, FALSE, sizeof(guint));
			g_hash_table_insert(catalogue->asns, GUINT_TO_POINTER(asn), list);
		}
		list_add(list, index);
	}
	add_evidence(catalogue, RP_EVIDENCE_NM_CONNECTION, provider->nm_connections, index);
	add_evidence(catalogue, RP_EVIDENCE_SSID, provider->ssids, index);
	add_evidence(catalogue, RP_EVIDENCE_DNS_DOMAIN, provider->dns_domains, index);
	add_evidence(catalogue, RP_EVIDENCE_DHCP_OPTION, provider->dhcp_options, index);
	add_evidence(catalogue, RP_EVIDENCE_REACHABLE, provider->reachable, index);
	add_evidence(catalogue, RP_EVIDENCE_PPP_PEER, provider->ppp_peers, index);
	add_evidence(catalogue, RP_EVIDENCE_OPERATOR, provider->operators, index);
	add_evidence(catalogue, RP_EVIDENCE_GATEWAY, provider->gateways, index);
}

static void
index_set(RpCatalogue *catalogue, guint index)
{
	const RpServerSet *set = catalogue->sets->pdata[index];

	for (guint i = 0; set->identities[i]; i++)
		index_add(catalogue->owners, fold(set->identities[i]), index);
	catalogue->rewrites |= set->rewrite_sender != RP_REWRITE_NEVER;
	if (set->carries == RP_CARRIES_ANY)
		list_add(catalogue->carry_any, index);
	else if (set->carries == RP_CARRIES_LIST)
		index_add_domains(catalogue->carry_list, set->carries_domains, index);
	index_add_domains(catalogue->domains, set->domains, index);
	index_add_domains(catalogue->local_domains, set->local_domains, index);
	catalogue->set_provider[index] =
		set->provider ? rp_catalogue_find_provider(catalogue, set->provider) : -1;
}

RpCatalogue *
rp_catalogue_new(GPtrArray *providers, GPtrArray *sets)
{
	RpCatalogue *catalogue = g_new0(RpCatalogue, 1);
	g_autoptr(GArray) prefixes = g_array_new(FALSE, FALSE, sizeof(RpPrefixEntry));

	g_atomic_ref_count_init(&catalogue->references);
	g_ptr_array_sort(providers, compare_providers);
	g_ptr_array_sort(sets, compare_sets);
	catalogue->providers = providers;
	catalogue->sets = sets;
	catalogue->set_provider = g_new(gint, sets->len);
	catalogue->owners = new_index();
	catalogue->carry_any = g_array_new(FALSE, FALSE, sizeof(guint));
	catalogue->carry_list = new_index();
	catalogue->domains = new_index();
	catalogue->local_domains = new_index();
	catalogue->evidence = new_index();
	catalogue->asns = g_hash_table_new_full(NULL, NULL, NULL, free_list);
	for (guint i = 0; i < providers->len; i++)
		index_provider(catalogue, i, prefixes);
	for (guint i = 0; i < sets->len; i++)
		index_set(catalogue, i);
	catalogue->prefixes =
		rp_prefix_table_new((RpPrefixEntry *)(gpointer)prefixes->data, prefixes->len);
	return catalogue;
}

RpCatalogue *
rp_catalogue_ref(RpCatalogue *catalogue)
{
	g_atomic_ref_count_inc(&catalogue->references);
	return catalogue;
}

void
rp_catalogue_unref(RpCatalogue *catalogue)
{
	if (!catalogue || !g_atomic_ref_count_dec(&catalogue->references))
		return;
	g_ptr_array_unref(catalogue->providers);
	g_ptr_array_unref(catalogue->sets);
	g_free(catalogue->set_provider);
	rp_prefix_table_free(catalogue->prefixes);
	g_hash_table_unref(catalogue->owners);
	g_array_unref(catalogue->carry_any);
	g_hash_table_unref(catalogue->carry_list);
	g_hash_table_unref(catalogue->domains);
	g_hash_table_unref(catalogue->local_domains);
	g_hash_table_unref(catalogue->evidence);
	g_hash_table_unref(catalogue->asns);
	g_free(catalogue);
}

guint
rp_catalogue_n_providers(const RpCatalogue *catalogue)
{
	return catalogue->providers->len;
}

guint
rp_catalogue_n_sets(const RpCatalogue *catalogue)
{
	return catalogue->sets->len;
}

const RpProvider *
rp_catalogue_provider(const RpCatalogue *catalogue, guint index)
{
	return catalogue->providers->pdata[index];
}

const RpServerSet *
rp_catalogue_set(const RpCatalogue *catalogue, guint index)
{
	return catalogue->sets->pdata[index];
}

/* Both kinds begin with their name. */
static gint
find_by_name(const GPtrArray *sorted, const char *name)
{
	G_STATIC_ASSERT(G_STRUCT_OFFSET(RpProvider, name) == 0);
	G_STATIC_ASSERT(G_STRUCT_OFFSET(RpServerSet, name) == 0);
	guint from = 0, to = sorted->len;

	while (name && from < to) {
		guint middle = from + (to - from) / 2;
		int order = strcmp(name, *(char *const *)sorted->pdata[middle]);

		if (order == 0)
			return (gint)middle;
		if (order < 0)
			to = middle;
		else
			from = middle + 1;
	}
	return -1;
}

gint
rp_catalogue_find_provider(const RpCatalogue *catalogue, const char *name)
{
	return find_by_name(catalogue->providers, name);
}

static gboolean
is_called(const RpProvider *provider, const char *folded)
{
	g_autofree char *name = g_utf8_casefold(provider->name, -1);
	g_autofree char *title = g_utf8_casefold(provider->title, -1);

	return g_str_equal(name, folded) || g_str_equal(title, folded);
}

gint
rp_catalogue_called_provider(const RpCatalogue *catalogue, const char *called, char **several)
{
	gint found = rp_catalogue_find_provider(catalogue, called);
	g_autofree char *folded = g_utf8_casefold(called, -1);
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	*several = NULL;
	if (found >= 0)
		return found;
	for (guint i = 0; i < catalogue->providers->len; i++) {
		const RpProvider *provider = rp_catalogue_provider(catalogue, i);

		if (!is_called(provider, folded))
			continue;
		found = (gint)i;
		g_ptr_array_add(names, provider->name);
	}
	if (names->len < 2)
		return found;
	g_ptr_array_add(names, NULL);
	*several = g_strjoinv(", ", (char **)names->pdata);
	return -1;
}

char *
rp_catalogue_provider_titles(const RpCatalogue *catalogue, const char *names)
{
	g_auto(GStrv) each = g_strsplit(names, ", ", -1);

	for (char **name = each; *name; name++) {
		gint index = rp_catalogue_find_provider(catalogue, *name);

		if (index < 0)
			continue;
		g_free(*name);
		*name = g_strdup(rp_catalogue_provider(catalogue, (guint)index)->title);
	}
	return g_strjoinv(", ", each);
}

gint
rp_catalogue_find_set(const RpCatalogue *catalogue, const char *name)
{
	return find_by_name(catalogue->sets, name);
}

gint
rp_catalogue_set_provider(const RpCatalogue *catalogue, guint set)
{
	return catalogue->set_provider[set];
}

void
rp_catalogue_lookup(const RpCatalogue *catalogue, const RpAddress *address, GArray *found)
{
	rp_prefix_table_lookup(catalogue->prefixes, address, found);
}

/* The owner of taro@ owns Taro+lists@ too: the tag, not the rest, is taken out of the address. */
static const GArray *
untagged_owners(const RpCatalogue *catalogue, const RpFolded *identity)
{
	const char *plus = memchr(identity->text, '+', identity->local_length);
	gsize kept = plus ? (gsize)(plus - identity->text) : 0;
	gsize domain_size = strlen(identity->domain) + 1;
	char buffer[128];

	if (kept == 0)
		return NULL;
	g_autofree char *heap =
		kept + 1 + domain_size > sizeof buffer ? g_malloc(kept + 1 + domain_size) : NULL;
	char *key = heap ? heap : buffer;
	memcpy(key, identity->text, kept);
	key[kept] = '@';
	memcpy(key + kept + 1, identity->domain, domain_size);
	return g_hash_table_lookup(catalogue->owners, key);
}

RpOwners
rp_catalogue_owners(const RpCatalogue *catalogue, const RpFolded *identity)
{
	RpOwners owners = {{NULL}};

	if (*identity->domain == '\0')
		return owners;
	owners.lists[0] = g_hash_table_lookup(catalogue->owners, identity->text);
	owners.lists[1] = untagged_owners(catalogue, identity);
	owners.lists[2] = g_hash_table_lookup(catalogue->owners, identity->domain - 1);
	return owners;
}

gboolean
rp_catalogue_rewrites(const RpCatalogue *catalogue)
{
	return catalogue->rewrites;
}

const GArray *
rp_catalogue_carry_any(const RpCatalogue *catalogue)
{
	return catalogue->carry_any;
}

const GArray *
rp_catalogue_carry_domain(const RpCatalogue *catalogue, const char *domain)
{
	return *domain ? g_hash_table_lookup(catalogue->carry_list, domain) : NULL;
}

const GArray *
rp_catalogue_domain_sets(const RpCatalogue *catalogue, const char *domain)
{
	return *domain ? g_hash_table_lookup(catalogue->domains, domain) : NULL;
}

const GArray *
rp_catalogue_local_sets(const RpCatalogue *catalogue, const char *domain)
{
	return *domain ? g_hash_table_lookup(catalogue->local_domains, domain) : NULL;
}

gboolean
rp_set_list_has(const GArray *list, guint set)
{
	guint from = 0, to = list ? list->len : 0;

	while (from < to) {
		guint middle = from + (to - from) / 2;
		guint value = g_array_index(list, guint, middle);

		if (value == set)
			return TRUE;
		if (value < set)
			from = middle + 1;
		else
			to = middle;
	}
	return FALSE;
}

const GArray *
rp_catalogue_evidence(const RpCatalogue *catalogue, RpEvidence kind, const char *value)
{
	if (!value || !*value || g_hash_table_size(catalogue->evidence) == 0)
		return NULL;
	g_autofree char *key = evidence_key(kind, value);
	return g_hash_table_lookup(catalogue->evidence, key);
}

const GArray *
rp_catalogue_asn(const RpCatalogue *catalogue, guint32 asn)
{
	return asn ? g_hash_table_lookup(catalogue->asns, GUINT_TO_POINTER(asn)) : NULL;
}

gboolean
rp_catalogue_has_asns(const RpCatalogue *catalogue)
{
	return g_hash_table_size(catalogue->asns) > 0;
}
