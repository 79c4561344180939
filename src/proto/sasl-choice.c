/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sasl-private.h"

/* Which mechanism is tried, and in which order. DIGEST-MD5 (RFC 6331), NTLM and GSSAPI never are.
 */

static const RpSaslMechanism *const own[] = {
	&rp_sasl_plain,
	&rp_sasl_login,
	&rp_sasl_cram_md5,
	&rp_sasl_external,
	&rp_sasl_xoauth2,
	&rp_sasl_oauthbearer,
	&rp_sasl_user,
	&rp_sasl_apop,
};

/* Nobody reads along: what every server can check comes first. */
static const RpAuth verified_order[] = {
	RP_AUTH_PLAIN,
	RP_AUTH_USER,
	RP_AUTH_LOGIN,
	RP_AUTH_SCRAM_SHA_256,
	RP_AUTH_SCRAM_SHA_1,
	RP_AUTH_CRAM_MD5,
	RP_AUTH_APOP,
};

static const RpAuth open_order[] = {
	RP_AUTH_SCRAM_SHA_256,
	RP_AUTH_SCRAM_SHA_1,
	RP_AUTH_CRAM_MD5,
	RP_AUTH_APOP,
	RP_AUTH_PLAIN,
	RP_AUTH_LOGIN,
	RP_AUTH_USER,
};

static const RpSaslMechanism *
find(const RpSaslChoice *choice, RpAuth auth)
{
	for (gsize i = 0; i < G_N_ELEMENTS(own); i++) {
		if (own[i]->auth == auth)
			return own[i];
	}
	for (gsize i = 0; choice->more && choice->more[i]; i++) {
		if (choice->more[i]->auth == auth)
			return choice->more[i];
	}
	return NULL;
}

static gboolean
is_offered(const RpSaslChoice *choice, RpAuth auth)
{
	const RpSaslOffer *offer = choice->offer;
	if (auth == RP_AUTH_APOP)
		return choice->pop && offer->timestamp[0] != '\0';
	if (auth == RP_AUTH_USER && (!choice->pop || !offer->known))
		return choice->pop;
	return (offer->mechanisms & 1u << auth) != 0;
}

/* Where the set insists on it, it is tried as far as the server has not said that it has no such
 * thing. */
static const RpSaslMechanism *
choose_named(const RpSaslChoice *choice)
{
	RpAuth auth = choice->auth;
	gboolean guess = choice->pop && auth != RP_AUTH_APOP &&
			 (auth == RP_AUTH_USER || !choice->offer->known);
	if (choice->tried || (!guess && !is_offered(choice, auth)))
		return NULL;
	return find(choice, auth);
}

static gboolean
may_show(const RpSaslChoice *choice)
{
	return choice->verified || !choice->hid_failed;
}

const RpSaslMechanism *
rp_sasl_choose(const RpSaslChoice *choice, const RpSaslMechanism **withheld)
{
	const RpAuth *order = choice->verified ? verified_order : open_order;
	*withheld = NULL;
	if (choice->auth != RP_AUTH_AUTO)
		return choose_named(choice);
	for (gsize i = 0; i < G_N_ELEMENTS(open_order); i++) {
		const RpSaslMechanism *mechanism = find(choice, order[i]);
		if (!mechanism || choice->tried & 1u << order[i] || !is_offered(choice, order[i]))
			continue;
		if (mechanism->traits & RP_SASL_HIDES || may_show(choice))
			return mechanism;
		if (!*withheld)
			*withheld = mechanism;
	}
	/* There are servers that have it and forget to say so (RFC 2449 section 6.2). */
	if (choice->pop && choice->verified && !(choice->tried & 1u << RP_AUTH_USER))
		return &rp_sasl_user;
	return NULL;
}
