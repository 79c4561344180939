/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/autoconfig.h"

/* Which servers the provider of an address has: asked in the order of Thunderbird, but by HTTPS
 * alone. Documents of the provider's own, then of others, then the same for the domain of its mail
 * exchangers (MX); then SRV records (RFC 6186, RFC 8314). What nobody names can be tried by the
 * usual names.
 *
 * Who is asked learns the domain; the address only where that is agreed. */

/* A service by DNS (RFC 2782). */
typedef struct {
	char *host; /* without the final dot; "": decidedly not offered */
	guint16 port;
	guint16 priority, weight;
} RpService;
void rp_service_free(RpService *service);

/* The world, which tests replace. Called from several threads at once. */
typedef struct {
	/* What the URL has, at most RP_AUTOCONFIG_LARGEST octets; NULL: why. *absent: there is
	 * no such host, or it says that it has none. RP_ERROR_INVALID: it wants to be asked
	 * otherwise. */
	GByteArray *(*fetch)(gpointer user, const char *url, gboolean *absent, GError **error);
	/* Of RpService, in any order; NULL without an error: there are none. */
	GPtrArray *(*services)(gpointer user, const char *name, GError **error);
	/* Hosts, the most preferred first. Likewise. */
	char **(*exchangers)(gpointer user, const char *domain, GError **error);
	/* The part of a host that somebody could register, as "odn.example"; NULL: not known. */
	char *(*registrable)(gpointer user, const char *host);
} RpDiscoveryOps;

typedef struct {
	const char *address;   /* or "@domain"; the domain in ASCII, lower case */
	gboolean tell_address; /* agreed: to whoever's URL has %EMAILADDRESS% */
	char *const *sources;  /* [setup] autoconfig= */
} RpDiscoveryQuestion;

typedef struct {
	RpAutoconfig *found;  /* NULL: nothing */
	char *source;         /* who named it: a URL, or "SRV records of odn.example" */
	gboolean plain_dns;   /* nothing but DNS vouches for it: a host outside the address's domain
				 is to be confirmed before it gets a password (RFC 6186 section 6) */
	gboolean not_offered; /* the domain says by DNS that it has no submission: nothing is to be
				 tried by usual names */
	gboolean http_untried; /* the provider's own HTTPS is not there, where Thunderbird would go
				  on without it */
	gboolean address_wanted; /* the provider's own server wanted to know the address, which was
				    not told */
	gboolean nothing_resolved; /* no DNS server answered anything: what else there is to be
				      asked was left out */
	GPtrArray *tried;          /* of char *: "URL: why not", in the order of preference */
} RpDiscovery;

/* Blocks for as long as the world does. Never NULL. */
RpDiscovery *rp_discovery_run(
	const RpDiscoveryQuestion *question, const RpDiscoveryOps *ops, gpointer user);
void rp_discovery_free(RpDiscovery *discovery);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpDiscovery, rp_discovery_free)

/* The world as it is: HTTPS by roampost-download.so, with the certificates of `ca_file` where it is
 * not NULL; names by the system's resolver. `user` is the name of that file, or NULL. */
extern const RpDiscoveryOps rp_discovery_world;

/* The DNS has neither a mail server nor an address of the domain; FALSE too where it can't be
 * asked. Blocks. */
gboolean rp_domain_is_absent(const char *domain);

/* Of RpMailServer: what a server of the domain is called usually, in the order to try. */
GPtrArray *rp_discovery_usual(RpMailKind kind, const char *domain);
/* It is the domain, or below it. */
gboolean rp_host_is_within(const char *host, const char *domain);
