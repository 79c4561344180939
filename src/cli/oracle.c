/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "question.h"

#include <string.h>

/* What the agent would decide, asked without one: a made-up
 * place and message, put to the policy itself. */

/* So many places are kept; when they are more, all are forgotten and it begins anew. */
enum { MOST_PLACES = 256 };

struct RpCliOracle {
	RpConfig *config;
	RpTime now;
	GHashTable *places; /* what was asked of the place -> RpPlace */
	GString *key;
	GPtrArray *pop_logins; /* of RpPopLoginRecord, for the current question */
};

RpCliOracle *
rp_cli_oracle_new(RpConfig *config, RpTime now)
{
	RpCliOracle *oracle = g_new0(RpCliOracle, 1);

	oracle->config = rp_config_ref(config);
	oracle->now = now;
	oracle->places = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, (GDestroyNotify)rp_place_free);
	oracle->key = g_string_new(NULL);
	oracle->pop_logins =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_pop_login_record_free);
	return oracle;
}

void
rp_cli_oracle_free(RpCliOracle *oracle)
{
	if (oracle == NULL)
		return;
	g_ptr_array_unref(oracle->pop_logins);
	g_string_free(oracle->key, TRUE);
	g_hash_table_unref(oracle->places);
	rp_config_unref(oracle->config);
	g_free(oracle);
}

static RpNetwork *
make_network(const RpCliQuestion *question)
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
make_key(GString *key, const RpCliQuestion *question)
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
find_place(RpCliOracle *oracle, const RpCliQuestion *question)
{
	RpPlace *place;

	make_key(oracle->key, question);
	place = g_hash_table_lookup(oracle->places, oracle->key->str);
	if (place == NULL) {
		g_autoptr(RpNetwork) network = make_network(question);

		place = rp_place_new(network, rp_config_catalogue(oracle->config));
		if (g_hash_table_size(oracle->places) >= MOST_PLACES)
			g_hash_table_remove_all(oracle->places);
		g_hash_table_insert(oracle->places, g_strdup(oracle->key->str), place);
	}
	return place;
}

static void
record_pop_logins(RpCliOracle *oracle, const RpCliQuestion *question, const RpPlace *place)
{
	g_ptr_array_set_size(oracle->pop_logins, 0);
	for (guint i = 0; i < question->pop_logins->len; i++) {
		const RpQuestionPopLogin *login =
			&g_array_index(question->pop_logins, RpQuestionPopLogin, i);
		RpPopLoginRecord *record = g_new0(RpPopLoginRecord, 1);

		record->set = g_strdup(login->set);
		record->place_key = g_strdup(place->key);
		record->at = oracle->now - login->age;
		g_ptr_array_add(oracle->pop_logins, record);
	}
}

void
rp_cli_oracle_pose(RpCliOracle *oracle, const RpCliQuestion *question, RpSituation *situation,
	RpMessageFacts *message)
{
	const RpAgentOptions *agent = rp_config_agent(oracle->config);
	const char *from = question->from != NULL ? question->from : agent->default_identity;
	const RpPlace *place = find_place(oracle, question);

	if (from == NULL || strcmp(from, "<>") == 0)
		from = "";
	record_pop_logins(oracle, question, place);
	*situation = (RpSituation){
		.place = place,
		.catalogue = rp_config_catalogue(oracle->config),
		.pop_logins = oracle->pop_logins,
		.override = question->use,
		.choose = agent->choose,
		.metered_limit = agent->metered_limit,
		.now = oracle->now,
	};
	*message = (RpMessageFacts){
		.sender = from,
		.header_from = question->header_from != NULL ? question->header_from
			       : *from != '\0'               ? from
							     : NULL,
		.recipients = (const char *const *)question->to->pdata,
		.n_recipients = question->to->len,
		.size = question->size,
	};
}
