/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "names-private.h"
#include "roampost/learning.h"

/* What an observation is made of: vectors and answers by name, and whose server it was. */

static const char *const said_names[] = {"taken", "refused", "unclear"};

const char *
rp_said_name(RpServerSaid said)
{
	return rp_names_get(said_names, G_N_ELEMENTS(said_names), said);
}

gboolean
rp_said_from_name(const char *name, RpServerSaid *said)
{
	guint value;

	if (!rp_names_find(said_names, G_N_ELEMENTS(said_names), name, &value))
		return FALSE;
	*said = (RpServerSaid)value;
	return TRUE;
}

static const struct {
	RpVector bit;
	RpTerm term;
} attributes[] = {
	{RP_VECTOR_AUTH, RP_TERM_AUTH},
	{RP_VECTOR_POP_LOGIN, RP_TERM_POP_LOGIN},
	{RP_VECTOR_SENDER_DOMAIN, RP_TERM_SENDER_DOMAIN},
	{RP_VECTOR_RECIPIENT_DOMAIN, RP_TERM_RECIPIENT_DOMAIN},
};

char *
rp_vector_text(guint vector)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(attributes); i++)
		if (vector & attributes[i].bit)
			g_string_append_printf(text, "%s%s", text->len ? "+" : "",
				rp_term_name(attributes[i].term));
	if (!text->len)
		g_string_append(text, rp_term_name(RP_TERM_ANYWHERE));
	return g_string_free(text, FALSE);
}

static gboolean
attribute_of(RpTerm term, guint *vector)
{
	for (guint i = 0; i < G_N_ELEMENTS(attributes); i++)
		if (attributes[i].term == term) {
			*vector |= attributes[i].bit;
			return TRUE;
		}
	return term == RP_TERM_ANYWHERE;
}

gboolean
rp_vector_parse(const char *text, guint *vector)
{
	g_autoptr(RpRule) rule = rp_rule_parse(text, NULL);

	*vector = RP_VECTOR_NONE;
	for (guint i = 0; rule && i < rule->n_terms; i++)
		if (!attribute_of(rule->terms[i], vector))
			return FALSE;
	return rule != NULL;
}

char *
rp_learning_server(const RpServerSet *set)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < set->smtp->len; i++) {
		const RpEndpoint *endpoint = set->smtp->pdata[i];

		g_string_append_printf(
			text, "%s%s:%u", i ? " " : "", endpoint->host, endpoint->port);
	}
	return g_string_free(text, FALSE);
}

/* ---- one observation ---- */

void
rp_observation_free(RpObservation *observation)
{
	if (!observation)
		return;
	g_free(observation->set);
	g_free(observation->server);
	rp_vantage_clear(&observation->from);
	g_free(observation->domain);
	g_free(observation->words);
	g_free(observation);
}

void
rp_observation_of_all(RpObservation *observation)
{
	g_free(observation->domain);
	observation->domain = g_strdup("");
	observation->vector |= RP_VECTOR_RECIPIENT_DOMAIN;
}
