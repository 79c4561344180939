/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/simulate.h"

#include "roampost/base.h"
#include "roampost/language.h"

/* What a server is to have said before, for a question about a set that learns its rules. */

static gboolean
read_age(const char *text, RpSpan *age, GError **error)
{
	guint64 seconds;

	if (!g_ascii_string_to_unsigned(text, 10, 0, 1000000000, &seconds, NULL))
		return rp_span_parse(text, age, error);
	*age = (RpSpan)seconds * G_USEC_PER_SEC;
	return TRUE;
}

static gboolean
fail(GError **error, const char *text)
{
	g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
		_("observed “%s”: write “SET SAID WITH DOMAIN AGE [ADDRESS]”, as in “odn refused "
		  "sender-domain x.example 2h”: SAID is taken, refused or unclear, WITH is "
		  "anywhere or terms of a rule joined by +"),
		text);
	return FALSE;
}

gboolean
rp_question_add_observed(RpQuestion *question, const char *text, GError **error)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	guint n = g_strv_length(words);
	RpQuestionObserved observed = {0};

	if ((n != 5 && n != 6) || !rp_said_from_name(words[1], &observed.said) ||
		!rp_vector_parse(words[2], &observed.vector))
		return fail(error, text);
	if (!read_age(words[4], &observed.age, error))
		return FALSE;
	if (n == 6 && !rp_address_parse(words[5], &observed.from))
		return fail(error, text);
	observed.set = g_strdup(words[0]);
	observed.domain = g_ascii_strdown(words[3], -1);
	g_array_append_val(question->observed, observed);
	return TRUE;
}

/* From the place that is asked about, unless it says from where. */
static void
set_vantage(RpVantage *vantage, const RpQuestionObserved *observed, const RpPlace *place,
	const RpServerSet *set, const RpQuestion *question)
{
	RpAddress here = {.family = RP_FAMILY_IPV4};

	if (question->at->len > 0)
		here = g_array_index(question->at, RpAddress, 0);
	if (observed->from.family == RP_FAMILY_ANY) {
		rp_policy_vantage(place, set, &here, vantage);
		return;
	}
	*vantage = (RpVantage){
		.family = observed->from.family,
		.prefix = rp_prefix_around(
			&observed->from, observed->from.family == RP_FAMILY_IPV4 ? 24 : 48),
		.place = g_strdup(""),
		.label = g_strdup(""),
	};
}

static gint
older_first(gconstpointer a, gconstpointer b)
{
	RpSpan x = (*(const RpQuestionObserved *const *)a)->age,
	       y = (*(const RpQuestionObserved *const *)b)->age;

	return (x < y) - (x > y);
}

RpObservations *
rp_question_observations(
	const RpQuestion *question, const RpPlace *place, const RpCatalogue *catalogue, RpTime now)
{
	RpObservations *observations = rp_observations_new();
	g_autoptr(GPtrArray) order = g_ptr_array_new();

	for (guint i = 0; i < question->observed->len; i++)
		g_ptr_array_add(order, &g_array_index(question->observed, RpQuestionObserved, i));
	g_ptr_array_sort(order, older_first);
	for (guint i = 0; i < order->len; i++) {
		const RpQuestionObserved *observed = order->pdata[i];
		gint index = rp_catalogue_find_set(catalogue, observed->set);
		const RpServerSet *set = rp_catalogue_set(catalogue, (guint)index);
		g_autoptr(RpObservation) heard = g_new0(RpObservation, 1);

		heard->set = g_strdup(observed->set);
		heard->server = rp_learning_server(set);
		set_vantage(&heard->from, observed, place, set, question);
		heard->vector = observed->vector;
		heard->domain = g_strdup(observed->domain);
		heard->said = observed->said;
		heard->at = now - observed->age;
		rp_observations_note(observations, heard);
	}
	return observations;
}
