/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Who gives tokens: an [oauth] group of the configuration. Immutable once it is made; reference
 * counted. */
typedef struct {
	gatomicrefcount references;
	char *name;
	char *authorization_endpoint; /* NULL: there is no login by a browser */
	char *token_endpoint;
	char *device_endpoint; /* NULL: nor by another device (RFC 8628) */
	char *scopes;          /* as they are sent: blanks between them; NULL: none */
	char *client_id;
	char *client_secret;       /* NULL: none; wiped when freed */
	gboolean secret_in_header; /* of HTTP, and not in the form (RFC 6749 section 2.3.1) */
	char *redirect_host;       /* of the loopback redirection (RFC 8252 section 7.3) */
	char *tls_ca_file;         /* NULL: the system's authorities */
	gboolean online_accounts;  /* GNOME's, which keeps and renews its tokens itself; all above
				      is NULL then */
	char *revision;            /* changes whenever any of this does */
} RpOauthProvider;

RpOauthProvider *rp_oauth_provider_new(const char *name);
RpOauthProvider *rp_oauth_provider_ref(RpOauthProvider *provider);
void rp_oauth_provider_unref(RpOauthProvider *provider);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpOauthProvider, rp_oauth_provider_unref)
