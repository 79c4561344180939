/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Mozilla's autoconfig: what a mail provider says of its servers, as XML (clientConfig 1.1,
 * wiki.mozilla.org/Thunderbird:Autoconfiguration:ConfigFileFormat). Pure: text in; servers, in the
 * provider's order of preference, and remarks on what can't be used out. */

#define RP_AUTOCONFIG_LARGEST (256 << 10) /* octets; real ones have two or three thousand */

typedef enum { RP_MAIL_SMTP, RP_MAIL_POP } RpMailKind;
typedef enum { RP_MAIL_TLS, RP_MAIL_STARTTLS, RP_MAIL_PLAIN } RpMailTls;

/* How one may log in, or-ed: <authentication> may be there several times. */
typedef enum {
	RP_MAIL_PASSWORD = 1 << 0,    /* in whatever form the server offers */
	RP_MAIL_TOKEN = 1 << 1,       /* OAuth2 */
	RP_MAIL_CERTIFICATE = 1 << 2, /* TLS-client-cert */
	RP_MAIL_FOREIGN = 1 << 3,     /* NTLM, GSSAPI and what else we do not speak */
	RP_MAIL_NO_LOGIN = 1 << 4,    /* none */
	RP_MAIL_BY_ADDRESS = 1 << 5,  /* client-IP-address, also as a <restriction> */
	RP_MAIL_AFTER_POP = 1 << 6,   /* SMTP-after-POP, likewise */
} RpMailWay;

typedef struct {
	RpMailKind kind;
	char *host; /* lower case, without a final dot */
	guint16 port;
	RpMailTls tls;
	char *user; /* NULL: not said, or not without an address */
	guint ways;
	guint line; /* where it was said; 0: not in a document */
} RpMailServer;

RpMailServer *rp_mail_server_new(RpMailKind kind, const char *host, guint16 port, RpMailTls tls);
RpMailServer *rp_mail_server_copy(const RpMailServer *server);
void rp_mail_server_free(RpMailServer *server);
/* "smtps://mail.odn.example:465", with the port always. */
char *rp_mail_server_url(const RpMailServer *server);
/* A password or a token is asked for. */
gboolean rp_mail_server_wants_login(const RpMailServer *server);

typedef struct {
	char *name;         /* <displayName>, or the provider's id, or NULL */
	GPtrArray *servers; /* of RpMailServer: SMTP and POP3 */
	GPtrArray *remarks; /* of char *: "line 12: …": servers that were left out, and why */
	gboolean has_imap;  /* there is IMAP or another protocol, which is nothing of ours */
} RpAutoconfig;

/* `address` fills in what stands for it; "@domain" where there is no more, and then `user` is not
 * known. NULL: it is no such document, or names no SMTP server; the error says where and what, and
 * what may be the matter where it is a page for people. */
RpAutoconfig *rp_autoconfig_read(
	const char *text, gsize length, const char *address, GError **error);
void rp_autoconfig_free(RpAutoconfig *config);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpAutoconfig, rp_autoconfig_free)

/* %EMAILADDRESS%, %EMAILLOCALPART% and %EMAILDOMAIN% in the text, by the address; NULL: it has
 * others, or needs more of the address than there is. Free with g_free. */
char *rp_autoconfig_fill(const char *text, const char *address);
