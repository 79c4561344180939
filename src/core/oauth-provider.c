/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/oauth-provider.h"

#include "roampost/base.h"

/* The life of what the configuration says of who gives tokens. */

RpOauthProvider *
rp_oauth_provider_new(const char *name)
{
	RpOauthProvider *provider = g_new0(RpOauthProvider, 1);

	g_atomic_ref_count_init(&provider->references);
	provider->name = g_strdup(name);
	return provider;
}

RpOauthProvider *
rp_oauth_provider_ref(RpOauthProvider *provider)
{
	if (provider)
		g_atomic_ref_count_inc(&provider->references);
	return provider;
}

void
rp_oauth_provider_unref(RpOauthProvider *provider)
{
	if (!provider || !g_atomic_ref_count_dec(&provider->references))
		return;
	g_free(provider->name);
	g_free(provider->authorization_endpoint);
	g_free(provider->token_endpoint);
	g_free(provider->device_endpoint);
	g_free(provider->scopes);
	g_free(provider->client_id);
	rp_secret_free(provider->client_secret);
	g_free(provider->redirect_host);
	g_free(provider->tls_ca_file);
	g_free(provider->revision);
	g_free(provider);
}
