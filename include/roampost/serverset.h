/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/oauth-provider.h"
#include "roampost/place.h"

/* Providers, server sets and the catalogue that holds them: what the configuration says, in the
 * form in which the policy and the transport use it. */

/* Instants are microseconds since the Epoch, spans are microseconds, as in GLib. */
typedef gint64 RpTime;
typedef gint64 RpSpan;

typedef struct {
	char *name;            /* the configuration's group, and what the user sees as `provider` */
	char *title;           /* its proper name; equals name when none was given */
	GArray *prefixes;      /* of RpPrefix */
	GArray *asns;          /* of guint32 */
	char **nm_connections; /* ids or uuids */
	char **ssids;
	char **dns_domains;
	char **dhcp_options; /* "name=value" */
	char **ppp_peers;
	char **operators;
	char **gateways;
	char **reachable;     /* "host:port" */
	RpSpan hang_up_after; /* a line that was dialled is hung up when so long nothing waits; -1:
				 never */
	gint cost;            /* of sending by its lines: the lower is taken first */
} RpProvider;

RpProvider *rp_provider_new(const char *name); /* all lists empty, never NULL */
void rp_provider_free(RpProvider *provider);
gboolean rp_provider_has_asn(const RpProvider *provider, guint32 asn);
/* Whether it has a connection of NetworkManager's that brings us inside. */
gboolean rp_provider_can_be_dialled(const RpProvider *provider);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpProvider, rp_provider_free)

typedef enum {
	RP_TERM_ANYWHERE,
	RP_TERM_INSIDE,
	RP_TERM_SENDER_DOMAIN,
	RP_TERM_RECIPIENT_DOMAIN,
	RP_TERM_POP_LOGIN,
	RP_TERM_AUTH,
} RpTerm;
#define RP_N_TERMS 6

const char *rp_term_name(RpTerm term);

/* One alternative of a set's `relay`: terms that must all hold, in the order written. */
typedef struct {
	char *text; /* as written, without blanks: "inside+sender-domain" */
	RpTerm terms[RP_N_TERMS];
	guint n_terms;
	gboolean learned; /* whether it is enough is known from the server's answers: learning.h */
} RpRule;

/* Reads one alternative; the error names the unknown, empty or repeated term and the nearest valid
 * one. Free with rp_rule_free. */
RpRule *rp_rule_parse(const char *text, GError **error);
void rp_rule_free(RpRule *rule);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpRule, rp_rule_free)
/* What `relay=auto` stands for: an alternative without terms, and one with a POP login first, of
 * which the server's answers tell whether they are enough. */
#define RP_RULE_AUTO "auto"
#define RP_RULE_AUTO_POP "auto:pop-login"
RpRule *rp_rule_new_learned(gboolean pop_login);

typedef enum { RP_CARRIES_OWN, RP_CARRIES_ANY, RP_CARRIES_LIST } RpCarries;
typedef enum { RP_TLS_REQUIRED, RP_TLS_OPPORTUNISTIC, RP_TLS_OFF } RpTls;
typedef enum { RP_FETCH_OFF, RP_FETCH_LEAVE, RP_FETCH_DELETE } RpFetch;
typedef enum { RP_REWRITE_NEVER, RP_REWRITE_ENVELOPE, RP_REWRITE_HEADER } RpRewrite;
typedef enum {
	RP_AUTH_AUTO,
	RP_AUTH_PLAIN,
	RP_AUTH_LOGIN,
	RP_AUTH_CRAM_MD5,
	RP_AUTH_SCRAM_SHA_1,
	RP_AUTH_SCRAM_SHA_256,
	RP_AUTH_EXTERNAL,
	RP_AUTH_XOAUTH2,
	RP_AUTH_OAUTHBEARER,
	RP_AUTH_USER, /* POP3's USER and PASS, and its APOP: RFC 1939 section 7 */
	RP_AUTH_APOP,
} RpAuth;
#define RP_N_AUTHS 11

/* smtp://, smtps://, pop3:// or pop3s:// */
typedef struct {
	char *host; /* a name, or an address without brackets */
	guint16 port;
	gboolean implicit_tls; /* RFC 8314: TLS from the start */
} RpEndpoint;

/* Reads a URL of the given scheme ("smtp" or "pop3"; the s-form is TLS from the start). Ports
 * default to 587 and 465, 110 and 995 (RFC 8314). */
RpEndpoint *rp_endpoint_parse(const char *text, const char *scheme, GError **error);
void rp_endpoint_free(RpEndpoint *endpoint);

/* Where a password is that the configuration neither has nor gets from a command: passwords.h. */
typedef enum {
	RP_PASSWORD_FROM_NOWHERE,
	RP_PASSWORD_FROM_SECRET_SERVICE,
	RP_PASSWORD_FROM_CREDENTIAL, /* systemd's, by its name */
	RP_PASSWORD_FROM_NETRC,      /* a file's, or ~/.netrc */
	RP_PASSWORD_FROM_OAUTH,      /* a token, by an [oauth] group's name */
} RpPasswordFrom;

typedef struct {
	char *user;             /* NULL: no login */
	char *password;         /* literal, or NULL; wiped when freed */
	char *password_command; /* run by the shell; its first line of output is the secret */
	RpPasswordFrom from;
	char *from_name; /* of the credential, the file or the [oauth] group; NULL: none is named */
	RpOauthProvider *oauth; /* that group; a reference, or NULL */
} RpLogin;

typedef struct {
	char *name;
	char *provider; /* NULL: inside nowhere */
	gint priority;
	char **identities; /* "user@domain" or "@domain" */
	RpCarries carries;
	char **carries_domains; /* without the @, for RP_CARRIES_LIST */
	GPtrArray *relay;       /* of RpRule, in order */
	char **domains;
	char **local_domains;
	GPtrArray *smtp; /* of RpEndpoint, in the order to try; never empty in a valid set */
	RpTls smtp_tls;
	RpLogin smtp_login;
	RpAuth smtp_auth;
	char *tls_ca_file;
	char *tls_fingerprint; /* lower-case hex of the SHA-256 of the public key, or NULL */
	char *tls_client_cert; /* a file, or a PKCS#11 URI (RFC 7512); NULL: none is shown */
	char *tls_client_key;  /* likewise; NULL: in the certificate's file */
	char *ehlo_name;
	RpEndpoint *pop; /* NULL: none */
	RpTls pop_tls;
	RpLogin pop_login;
	RpAuth pop_auth;
	RpSpan pop_window;
	RpFetch fetch;
	guint keep_days;
	gint64 max_size;
	RpRewrite rewrite_sender;
	guint connections; /* 0: auto */
	gboolean pipelining_off;
	gboolean bypass_vpn;
	char *revision; /* changes whenever anything the server could notice changes: failures of an
			   earlier revision no longer count */
} RpServerSet;

RpServerSet *rp_server_set_new(const char *name); /* defaults of an empty group; lists never NULL */
void rp_server_set_free(RpServerSet *set);
/* Its rules are learned: `relay=auto`. */
gboolean rp_set_learns(const RpServerSet *set);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpServerSet, rp_server_set_free)

/* Providers and sets together, with the indexes that make decisions fast: prefixes, identities and
 * domains. Immutable, reference counted. */

/* Takes both arrays (with their free functions set) and sorts each by name in byte order. Every
 * set's provider must exist (the configuration sees to it). Set indexes and provider indexes used
 * elsewhere refer to this order. */
RpCatalogue *rp_catalogue_new(GPtrArray *providers, GPtrArray *sets);
RpCatalogue *rp_catalogue_ref(RpCatalogue *catalogue);
void rp_catalogue_unref(RpCatalogue *catalogue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpCatalogue, rp_catalogue_unref)

guint rp_catalogue_n_providers(const RpCatalogue *catalogue);
guint rp_catalogue_n_sets(const RpCatalogue *catalogue);
const RpProvider *rp_catalogue_provider(const RpCatalogue *catalogue, guint index);
const RpServerSet *rp_catalogue_set(const RpCatalogue *catalogue, guint index);
gint rp_catalogue_find_provider(const RpCatalogue *catalogue, const char *name); /* -1: none */
/* The one that a person calls so: by its group's name, else by that or its name= in other capitals.
 * -1: none, or several, of which `several` gets the groups' names, with ", " between them (to be
 * freed; else NULL). */
gint rp_catalogue_called_provider(const RpCatalogue *catalogue, const char *called, char **several);
/* The proper names of providers that are named in one text, with ", " between them, to be freed:
 * what is no provider's stays as it is. */
char *rp_catalogue_provider_titles(const RpCatalogue *catalogue, const char *names);
gint rp_catalogue_find_set(const RpCatalogue *catalogue, const char *name);
gint rp_catalogue_set_provider(const RpCatalogue *catalogue, guint set); /* provider index or -1 */

/* A set's domains, local domains or identities have it. */
gboolean rp_catalogue_has_domain(const RpCatalogue *catalogue, const char *domain);

/* Every provider that has a prefix containing the address, longest prefix first, appended to
 * `found` (RpPrefixEntry whose value is the provider index; a provider may appear more than once).
 */
void rp_catalogue_lookup(const RpCatalogue *catalogue, const RpAddress *address, GArray *found);
