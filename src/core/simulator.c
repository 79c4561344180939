/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/simulate.h"

#include "roampost/base.h"

#include <string.h>

/* What the agent would decide, asked without one: a made-up
 * place and message, put to the policy itself. */

/* So many places are kept; when they are more, all are forgotten and it begins anew. */
enum { MOST_PLACES = 256 };

struct RpSimulator {
	RpSimulatorGround ground;
	GHashTable *places; /* what was asked of the place -> RpPlace */
	GString *key;
	GPtrArray *pop_logins;        /* of RpPopLoginRecord, for the current question */
	RpObservations *observations; /* the same; NULL: none */
};

RpSimulator *
rp_simulator_new(const RpSimulatorGround *ground)
{
	RpSimulator *simulator = g_new0(RpSimulator, 1);

	simulator->ground = *ground;
	simulator->places = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, (GDestroyNotify)rp_place_free);
	simulator->key = g_string_new(NULL);
	simulator->pop_logins =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_pop_login_record_free);
	return simulator;
}

void
rp_simulator_free(RpSimulator *simulator)
{
	if (simulator == NULL)
		return;
	g_ptr_array_unref(simulator->pop_logins);
	rp_observations_free(simulator->observations);
	g_string_free(simulator->key, TRUE);
	g_hash_table_unref(simulator->places);
	g_free(simulator);
}

static RpNetwork *
make_network(const RpQuestion *question)
{
	RpNetwork *network = rp_network_new();
	RpLink *link;

	if (question->at->len == 0) /* no address, no link: offline */
		return network;
	link = rp_link_new("simulated0", question->ssid != NULL ? RP_LINK_WIFI : RP_LINK_ETHERNET);
	for (guint i = 0; i < question->at->len; i++)
		rp_link_add_address(link, &g_array_index(question->at, RpAddress, i));
	link->connection_id = g_strdup(question->nm_connection);
	link->connection_uuid = g_strdup(question->nm_connection);
	link->ssid = g_strdup(question->ssid);
	link->metered = question->metered;
	link->connectivity = question->portal ? RP_CONNECTIVITY_PORTAL : RP_CONNECTIVITY_FULL;
	link->default_route_ipv4 = rp_link_has_family(link, RP_FAMILY_IPV4);
	link->default_route_ipv6 = rp_link_has_family(link, RP_FAMILY_IPV6);
	rp_network_add_link(network, link);
	return network;
}

/* Everything that make_network looks at. */
static void
make_key(GString *key, const RpQuestion *question)
{
	g_string_truncate(key, 0);
	g_string_append_c(key, question->metered ? 'm' : '-');
	g_string_append_c(key, question->portal ? 'p' : '-');
	for (guint i = 0; i < question->at->len; i++) {
		const RpAddress *address = &g_array_index(question->at, RpAddress, i);

		g_string_append_c(key, address->family == RP_FAMILY_IPV6 ? '6' : '4');
		for (gsize j = 0; j < sizeof address->bytes; j++) {
			g_string_append_c(key, "0123456789abcdef"[address->bytes[j] >> 4]);
			g_string_append_c(key, "0123456789abcdef"[address->bytes[j] & 15]);
		}
	}
	if (question->nm_connection != NULL)
		g_string_append_printf(key, "\nn%s", question->nm_connection);
	if (question->ssid != NULL)
		g_string_append_printf(key, "\ns%s", question->ssid);
}

static const RpPlace *
find_place(RpSimulator *simulator, const RpQuestion *question)
{
	RpPlace *place;

	make_key(simulator->key, question);
	place = g_hash_table_lookup(simulator->places, simulator->key->str);
	if (place == NULL) {
		g_autoptr(RpNetwork) network = make_network(question);

		place = rp_place_new_learned(
			network, simulator->ground.catalogue, NULL, simulator->ground.asns);
		if (g_hash_table_size(simulator->places) >= MOST_PLACES)
			g_hash_table_remove_all(simulator->places);
		g_hash_table_insert(simulator->places, g_strdup(simulator->key->str), place);
	}
	return place;
}

static void
record_pop_logins(RpSimulator *simulator, const RpQuestion *question, const RpPlace *place)
{
	g_ptr_array_set_size(simulator->pop_logins, 0);
	for (guint i = 0; i < question->pop_logins->len; i++) {
		const RpQuestionPopLogin *login =
			&g_array_index(question->pop_logins, RpQuestionPopLogin, i);
		RpPopLoginRecord *record = g_new0(RpPopLoginRecord, 1);

		record->set = g_strdup(login->set);
		record->place_key = g_strdup(place->key);
		record->at = simulator->ground.now - login->age;
		g_ptr_array_add(simulator->pop_logins, record);
	}
}

void
rp_simulator_ask(RpSimulator *simulator, const RpQuestion *question, RpSituation *situation,
	RpMessageFacts *message)
{
	const RpSimulatorGround *ground = &simulator->ground;
	const RpPlace *place = find_place(simulator, question);

	record_pop_logins(simulator, question, place);
	g_clear_pointer(&simulator->observations, rp_observations_free);
	if (question->observed->len > 0) {
		simulator->observations =
			rp_question_observations(question, place, ground->catalogue, ground->now);
		rp_observations_find_origins(simulator->observations, ground->asns);
	}
	*situation = (RpSituation){
		.place = place,
		.catalogue = ground->catalogue,
		.pop_logins = simulator->pop_logins,
		.failures = ground->failures,
		.observations =
			simulator->observations ? simulator->observations : ground->observations,
		.override = question->use,
		.choose = ground->choose,
		.metered_limit = ground->metered_limit,
		.now = ground->now,
	};
	*message = rp_question_message(question, ground->default_identity);
}
