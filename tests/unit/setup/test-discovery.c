/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"
#include "roampost/discovery.h"
#include "roampost/registrable.h"

#include <gio/gio.h>
#include <string.h>

/* Who is asked, in which order, with what, and what is believed: against worlds of a few lines. */

#define DOCUMENT(host)                                                                             \
	"<clientConfig><emailProvider><outgoingServer type=\"smtp\"><hostname>" host               \
	"</hostname><socketType>SSL</socketType></outgoingServer></emailProvider></clientConfig>"

static const char *const usual[] = {
	"https://autoconfig.%EMAILDOMAIN%/mail/config-v1.1.xml?emailaddress=%EMAILADDRESS%",
	"https://%EMAILDOMAIN%/.well-known/autoconfig/mail/config-v1.1.xml?"
	"emailaddress=%EMAILADDRESS%",
	"https://ispdb.example/v1.1/%EMAILDOMAIN%", NULL};

#define OWN "https://autoconfig.odn.example/mail/config-v1.1.xml"
#define WELL_KNOWN "https://odn.example/.well-known/autoconfig/mail/config-v1.1.xml"
#define ISPDB "https://ispdb.example/v1.1/"

/* A line of a world: "URL" and its document; "srv NAME" and "PRIORITY WEIGHT PORT HOST", several
 * after each other; "mx NAME" and a host. */
typedef struct {
	const char *key, *value;
} Line;

typedef struct {
	const char *what;
	const char *address;
	gboolean tell;
	Line lines[6];
	const char *want; /* the servers' URLs */
	const char *source;
	gboolean plain_dns, not_offered;
	const char *asked; /* URLs that were asked for, in byte order; NULL: whatever */
} Row;

static const Row rows[] = {
	{"the provider's own", "taro@odn.example", FALSE,
		{{OWN, DOCUMENT("a.odn.example")}, {WELL_KNOWN, DOCUMENT("b.odn.example")}},
		"smtps://a.odn.example:465", OWN, FALSE, FALSE, OWN " " WELL_KNOWN},
	{"the address where that is agreed", "ta+ro@odn.example", TRUE,
		{{OWN "?emailaddress=ta%2Bro%40odn.example", DOCUMENT("a.odn.example")}},
		"smtps://a.odn.example:465", OWN "?emailaddress=ta%2Bro%40odn.example", FALSE,
		FALSE,
		OWN "?emailaddress=ta%2Bro%40odn.example " WELL_KNOWN
		    "?emailaddress=ta%2Bro%40odn.example"},
	{"well-known", "taro@odn.example", FALSE, {{WELL_KNOWN, DOCUMENT("b.odn.example")}},
		"smtps://b.odn.example:465", WELL_KNOWN, FALSE, FALSE, NULL},
	{"one that is no document is passed over", "taro@odn.example", FALSE,
		{{OWN, "<html>"}, {WELL_KNOWN, DOCUMENT("b.odn.example")}},
		"smtps://b.odn.example:465", WELL_KNOWN, FALSE, FALSE, NULL},
	{"the database, and a host elsewhere: HTTPS vouches for it", "taro@odn.example", FALSE,
		{{ISPDB "odn.example", DOCUMENT("smtp.host.example")}},
		"smtps://smtp.host.example:465", ISPDB "odn.example", FALSE, FALSE,
		OWN " " ISPDB "odn.example " WELL_KNOWN},
	{"by who takes its mail: only what somebody registered", "taro@odn.example", TRUE,
		{{"mx odn.example", "mx1.in.host.example"},
			{ISPDB "host.example", DOCUMENT("smtp.host.example")}},
		"smtps://smtp.host.example:465", ISPDB "host.example", TRUE, FALSE, NULL},
	{"by who takes its mail: what many share comes first", "taro@odn.example", FALSE,
		{{"mx odn.example", "odn-example.mail.host.example"},
			{ISPDB "mail.host.example", DOCUMENT("business.host.example")},
			{ISPDB "host.example", DOCUMENT("private.host.example")}},
		"smtps://business.host.example:465", ISPDB "mail.host.example", TRUE, FALSE, NULL},
	{"who takes its mail is itself", "taro@odn.example", FALSE,
		{{"mx odn.example", "mx.odn.example"}}, NULL, NULL, FALSE, FALSE,
		OWN " " ISPDB "odn.example " WELL_KNOWN},
	{"who takes its mail is a suffix", "taro@odn.example", FALSE,
		{{"mx odn.example", "co.example"}}, NULL, NULL, FALSE, FALSE,
		OWN " " ISPDB "odn.example " WELL_KNOWN},
	{"who takes its mail is registered right below a suffix", "taro@odn.example", FALSE,
		{{"mx odn.example", "host.co.example"},
			{ISPDB "co.example", DOCUMENT("smtp.evil.example")},
			{ISPDB "host.co.example", DOCUMENT("smtp.host.co.example")}},
		"smtps://smtp.host.co.example:465", ISPDB "host.co.example", TRUE, FALSE, NULL},
	{"SRV, with TLS from the start before STARTTLS", "taro@odn.example", FALSE,
		{{"srv _submission._tcp.odn.example", "0 1 587 smtp.odn.example"},
			{"srv _submissions._tcp.odn.example", "0 1 465 smtp.odn.example"},
			{"srv _pop3s._tcp.odn.example", "0 1 995 pop.host.example"}},
		"smtps://smtp.odn.example:465 smtp://smtp.odn.example:587 "
		"pop3s://pop.host.example:995",
		"SRV records of odn.example", TRUE, FALSE, NULL},
	{"SRV, by priority and weight", "taro@odn.example", FALSE,
		{{"srv _submissions._tcp.odn.example",
			"20 0 465 last.odn.example\n10 5 465 light.odn.example\n"
			"10 50 4465 heavy.odn.example"}},
		"smtps://heavy.odn.example:4465 smtps://light.odn.example:465 "
		"smtps://last.odn.example:465",
		"SRV records of odn.example", TRUE, FALSE, NULL},
	{"SRV, one not offered", "taro@odn.example", FALSE,
		{{"srv _submissions._tcp.odn.example", "0 0 0 "},
			{"srv _submission._tcp.odn.example", "0 1 587 smtp.odn.example"}},
		"smtp://smtp.odn.example:587", "SRV records of odn.example", TRUE, FALSE, NULL},
	{"SRV, none offered: no names are to be tried", "taro@odn.example", FALSE,
		{{"srv _submissions._tcp.odn.example", "0 0 0 "},
			{"srv _submission._tcp.odn.example", "0 0 0 "}},
		NULL, NULL, FALSE, TRUE, NULL},
	{"POP alone is not enough", "taro@odn.example", FALSE,
		{{"srv _pop3s._tcp.odn.example", "0 1 995 pop.odn.example"}}, NULL, NULL, FALSE,
		FALSE, NULL},
	{"a domain alone", "@odn.example", TRUE, {{OWN, DOCUMENT("a.odn.example")}},
		"smtps://a.odn.example:465", OWN, FALSE, FALSE, NULL},
};

typedef struct {
	const Row *row;
	GPtrArray *asked;
	GMutex lock;
} World;

static const char *
find(const World *world, const char *kind, const char *name)
{
	g_autofree char *key = g_strconcat(kind, name, NULL);

	for (const Line *line = world->row->lines; line->key; line++)
		if (g_str_equal(line->key, key))
			return line->value;
	return NULL;
}

static GByteArray *
fetch(gpointer user, const char *url, gboolean *absent, GError **error)
{
	World *world = user;
	const char *text = find(world, "", url);

	g_mutex_lock(&world->lock);
	g_ptr_array_add(world->asked, g_strdup(url));
	g_mutex_unlock(&world->lock);
	if (text)
		return g_byte_array_append(
			g_byte_array_new(), (const guint8 *)text, (guint)strlen(text));
	*absent = TRUE;
	g_set_error_literal(error, RP_ERROR, RP_ERROR_UNAVAILABLE, "the server answers 404");
	return NULL;
}

static GPtrArray *
services(gpointer user, const char *name, GError **error)
{
	const char *text = find(user, "srv ", name);
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
	GPtrArray *found = g_ptr_array_new_with_free_func((GDestroyNotify)rp_service_free);

	for (char **line = lines; *line; line++) {
		g_auto(GStrv) parts = g_strsplit(*line, " ", 4);
		RpService *service = g_new0(RpService, 1);

		service->priority = (guint16)atoi(parts[0]);
		service->weight = (guint16)atoi(parts[1]);
		service->port = (guint16)atoi(parts[2]);
		service->host = g_strdup(parts[3]);
		g_ptr_array_add(found, service);
	}
	return found;
}

static char **
exchangers(gpointer user, const char *domain, GError **error)
{
	const char *host = find(user, "mx ", domain);

	return host ? g_strsplit(host, " ", -1) : NULL;
}

/* "co.example" is a suffix here. */
static char *
registrable(gpointer user, const char *host)
{
	g_auto(GStrv) labels = g_strsplit(host, ".", -1);
	guint n = g_strv_length(labels);

	guint n_suffix = n > 1 && g_str_equal(labels[n - 2], "co") ? 2 : 1;

	return n > n_suffix ? g_strjoinv(".", labels + n - n_suffix - 1) : NULL;
}

static char *
render(const RpAutoconfig *config)
{
	g_autoptr(GPtrArray) urls = g_ptr_array_new_with_free_func(g_free);

	if (!config)
		return NULL;
	for (guint i = 0; i < config->servers->len; i++)
		g_ptr_array_add(urls, rp_mail_server_url(config->servers->pdata[i]));
	g_ptr_array_add(urls, NULL);
	return g_strjoinv(" ", (char **)urls->pdata);
}

static gint
compare(gconstpointer a, gconstpointer b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
check_row(const Row *row)
{
	static const RpDiscoveryOps ops = {fetch, services, exchangers, registrable};
	const RpDiscoveryQuestion question = {.address = row->address,
		.tell_address = row->tell,
		.sources = (char *const *)usual};
	World world = {.row = row, .asked = g_ptr_array_new_with_free_func(g_free)};
	g_autoptr(RpDiscovery) discovery = rp_discovery_run(&question, &ops, &world);
	g_autofree char *got = render(discovery->found);

	g_ptr_array_sort(world.asked, compare);
	g_ptr_array_add(world.asked, NULL);
	g_autofree char *asked = g_strjoinv(" ", (char **)world.asked->pdata);
	g_test_message("%s", row->what);
	g_assert_cmpstr(got, ==, row->want);
	g_assert_cmpstr(discovery->source, ==, row->source);
	g_assert_cmpint(discovery->plain_dns, ==, row->plain_dns);
	g_assert_cmpint(discovery->not_offered, ==, row->not_offered);
	if (row->asked)
		g_assert_cmpstr(asked, ==, row->asked);
	if (!row->tell)
		g_assert_null(strstr(asked, "taro"));
	g_ptr_array_unref(world.asked);
	g_mutex_clear(&world.lock);
}

static void
test_rows(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		check_row(&rows[i]);
}

/* ---- where no DNS server answers ---- */

typedef struct {
	const char *one,
		*others; /* what is said of the first document's host, and of those after it */
	gint mx;         /* GResolverError; -1: none, and there is no such record */
	guint n_documents, n_services;
	gboolean want; /* that nothing could be resolved */
} Dead;

static GByteArray *
fetch_dead(gpointer user, const char *url, gboolean *absent, GError **error)
{
	Dead *dead = user;

	g_atomic_int_inc(&dead->n_documents);
	g_set_error_literal(error, RP_ERROR, RP_ERROR_UNAVAILABLE,
		strstr(url, "ispdb") ? dead->others : dead->one);
	return NULL;
}

static GPtrArray *
services_dead(gpointer user, const char *name, GError **error)
{
	((Dead *)user)->n_services++;
	g_set_error_literal(error, G_RESOLVER_ERROR, G_RESOLVER_ERROR_TEMPORARY_FAILURE, "later");
	return NULL;
}

static char **
exchangers_dead(gpointer user, const char *domain, GError **error)
{
	Dead *dead = user;

	if (dead->mx >= 0)
		g_set_error_literal(error, G_RESOLVER_ERROR, dead->mx, "no");
	return NULL;
}

static void
test_dead(void)
{
	static const char silent[] = "it can't be fetched: Resolving timed out after 5002 ms";
	static const char unknown[] = "it can't be fetched: Could not resolve host: odn.example";
	static const RpDiscoveryOps ops = {fetch_dead, services_dead, exchangers_dead, registrable};
	static const RpDiscoveryQuestion question = {
		.address = "taro@odn.example", .sources = (char *const *)usual};
	Dead rows_of_dead[] = {
		{silent, silent, G_RESOLVER_ERROR_TEMPORARY_FAILURE, .want = TRUE},
		{unknown, unknown, G_RESOLVER_ERROR_TEMPORARY_FAILURE, .want = TRUE},
		{unknown, unknown, G_RESOLVER_ERROR_NOT_FOUND, .want = FALSE},
		{silent, silent, -1, .want = FALSE},
		{silent, "the server answers 404", G_RESOLVER_ERROR_TEMPORARY_FAILURE,
			.want = FALSE},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(rows_of_dead); i++) {
		Dead *dead = &rows_of_dead[i];
		g_autoptr(RpDiscovery) discovery = rp_discovery_run(&question, &ops, dead);

		g_assert_cmpuint(dead->n_documents, ==, 3);
		g_assert_cmpint(discovery->nothing_resolved, ==, dead->want);
		g_assert_cmpuint(dead->n_services, ==, dead->want ? 0 : 3);
	}
}

static void
test_within(void)
{
	static const struct {
		const char *host, *domain;
		gboolean want;
	} pairs[] = {{"odn.example", "odn.example", TRUE},
		{"smtp.ODN.example", "odn.example", TRUE}, {"badodn.example", "odn.example", FALSE},
		{"example", "odn.example", FALSE},
		{"odn.example.evil.example", "odn.example", FALSE}};

	for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++)
		g_assert_cmpint(
			rp_host_is_within(pairs[i].host, pairs[i].domain), ==, pairs[i].want);
}

/* The real list. */
static void
test_registrable(void)
{
	static const struct {
		const char *host, *want;
	} pairs[] = {{"mx1.mail.odn.com", "odn.com"}, {"mail.odn.co.jp", "odn.co.jp"},
		{"Odn.NE.jp", "odn.ne.jp"}, {"co.jp", NULL}, {"com", NULL}, {"192.0.2.1", NULL}};

	for (gsize i = 0; i < G_N_ELEMENTS(pairs); i++) {
		g_autofree char *got = rp_module_registrable(pairs[i].host);

		g_assert_cmpstr(got, ==, pairs[i].want);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/setup/discovery/rows", test_rows);
	g_test_add_func("/setup/discovery/dead-dns", test_dead);
	g_test_add_func("/setup/discovery/within", test_within);
	g_test_add_func("/setup/discovery/registrable", test_registrable);
	return g_test_run();
}
