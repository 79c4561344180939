/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/passwords.h"

/* Which password a set's login is about. */

RpPasswordWish *
rp_password_wish_new(const RpServerSet *set, gboolean pop)
{
	const RpLogin *login = pop ? &set->pop_login : &set->smtp_login;
	const RpEndpoint *server = pop ? set->pop : g_ptr_array_index(set->smtp, 0);
	RpPasswordWish wish = {
		.from = login->from,
		.name = login->from_name,
		.set = set->name,
		.host = server->host,
		.service = pop ? "pop3" : "smtp",
		.user = login->user,
		.oauth = login->oauth,
	};

	return login->from == RP_PASSWORD_FROM_NOWHERE || !login->user
		       ? NULL
		       : rp_password_wish_copy(&wish);
}

RpPasswordWish *
rp_password_wish_copy(const RpPasswordWish *wish)
{
	RpPasswordWish *copy = g_memdup2(wish, sizeof *wish);

	copy->name = g_strdup(wish->name);
	copy->set = g_strdup(wish->set);
	copy->host = g_strdup(wish->host);
	copy->user = g_strdup(wish->user);
	copy->oauth = rp_oauth_provider_ref(wish->oauth);
	return copy;
}

void
rp_password_wish_free(RpPasswordWish *wish)
{
	if (!wish)
		return;
	g_free(wish->name);
	g_free(wish->set);
	g_free(wish->host);
	g_free(wish->user);
	rp_oauth_provider_unref(wish->oauth);
	g_free(wish);
}
