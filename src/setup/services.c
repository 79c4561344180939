/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "discovery-private.h"

#include "roampost/language.h"

#include <string.h>

/* Servers by SRV records, and by the names that they usually have. */

static const struct {
	const char *service;
	RpMailKind kind;
	RpMailTls tls;
} services[] = {
	{"_submissions._tcp", RP_MAIL_SMTP, RP_MAIL_TLS},
	{"_submission._tcp", RP_MAIL_SMTP, RP_MAIL_STARTTLS},
	{"_pop3s._tcp", RP_MAIL_POP, RP_MAIL_TLS},
};

void
rp_service_free(RpService *service)
{
	if (!service)
		return;
	g_free(service->host);
	g_free(service);
}

/* RFC 2782 draws among those of one priority, by weight: whoever asks each time spreads the load
 * so. Here it is asked once, and the heaviest is what most would have got. */
static gint
compare_services(gconstpointer a, gconstpointer b)
{
	const RpService *one = *(RpService *const *)a, *other = *(RpService *const *)b;

	if (one->priority != other->priority)
		return one->priority < other->priority ? -1 : 1;
	if (one->weight != other->weight)
		return one->weight > other->weight ? -1 : 1;
	return strcmp(one->host, other->host);
}

static void
note(RpDiscovery *discovery, const char *name, const char *why)
{
	g_ptr_array_add(discovery->tried, g_strdup_printf("%s: %s", name, why));
}

/* An empty target is "decidedly not available". */
static gboolean
add_services(RpAutoconfig *found, GPtrArray *records, guint row)
{
	gboolean any = FALSE;

	g_ptr_array_sort(records, compare_services);
	for (guint i = 0; i < records->len; i++) {
		const RpService *record = records->pdata[i];
		RpMailServer *server;

		if (!*record->host || !record->port)
			continue;
		server = rp_mail_server_new(
			services[row].kind, record->host, record->port, services[row].tls);
		server->ways = RP_MAIL_PASSWORD;
		g_ptr_array_add(found->servers, server);
		any = TRUE;
	}
	return any;
}

typedef enum { NOTHING, NOT_OFFERED, OFFERED } Offer;

static Offer
ask_service(RpDiscovery *discovery, RpAutoconfig *found, guint row, const char *domain,
	const RpDiscoveryOps *ops, gpointer user)
{
	g_autofree char *name = g_strconcat(services[row].service, ".", domain, NULL);
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) records = ops->services(user, name, &error);

	if (records && records->len) {
		if (add_services(found, records, row))
			return OFFERED;
		note(discovery, name, _("the domain says that it has no such service"));
		return NOT_OFFERED;
	}
	note(discovery, name, error ? error->message : _("no such record"));
	return NOTHING;
}

void
rp_discovery_ask_services(
	RpDiscovery *discovery, const char *domain, const RpDiscoveryOps *ops, gpointer user)
{
	g_autoptr(RpAutoconfig) found = g_new0(RpAutoconfig, 1);
	guint n_offered = 0, n_not = 0;

	found->servers = g_ptr_array_new_with_free_func((GDestroyNotify)rp_mail_server_free);
	found->remarks = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < G_N_ELEMENTS(services); i++) {
		Offer offer = ask_service(discovery, found, i, domain, ops, user);

		if (services[i].kind != RP_MAIL_SMTP)
			continue;
		n_offered += offer == OFFERED;
		n_not += offer == NOT_OFFERED;
	}
	if (n_offered) {
		discovery->found = g_steal_pointer(&found);
		discovery->source = g_strdup_printf(_("SRV records of %s"), domain);
		discovery->plain_dns = TRUE;
	}
	discovery->not_offered = !n_offered && n_not;
}

/* ---- usual names ---- */

GPtrArray *
rp_discovery_usual(RpMailKind kind, const char *domain)
{
	static const char *const smtp_names[] = {"smtp.", "mail.", ""};
	static const char *const pop_names[] = {"pop.", "pop3.", "mail.", ""};
	GPtrArray *servers = g_ptr_array_new_with_free_func((GDestroyNotify)rp_mail_server_free);
	gboolean pop = kind == RP_MAIL_POP;
	gsize n = pop ? G_N_ELEMENTS(pop_names) : G_N_ELEMENTS(smtp_names);

	for (gsize i = 0; i < n; i++) {
		g_autofree char *host =
			g_strconcat(pop ? pop_names[i] : smtp_names[i], domain, NULL);

		g_ptr_array_add(
			servers, rp_mail_server_new(kind, host, pop ? 995 : 465, RP_MAIL_TLS));
		g_ptr_array_add(
			servers, rp_mail_server_new(kind, host, pop ? 110 : 587, RP_MAIL_STARTTLS));
	}
	for (guint i = 0; i < servers->len; i++)
		((RpMailServer *)servers->pdata[i])->ways = RP_MAIL_PASSWORD;
	return servers;
}

gboolean
rp_host_is_within(const char *host, const char *domain)
{
	gsize length = strlen(host), tail = strlen(domain);

	if (length < tail || g_ascii_strcasecmp(host + length - tail, domain) != 0)
		return FALSE;
	return length == tail || host[length - tail - 1] == '.';
}
