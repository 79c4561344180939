/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "question.h"

#include "roampost/language.h"

#include <string.h>

/* A question from a line of JSON, with every member checked. */

gboolean
rp_cli_question_check(const RpQuestion *question, const RpCatalogue *catalogue, GError **error)
{
	for (guint i = 0; i < question->pop_logins->len; i++) {
		const RpQuestionPopLogin *login =
			&g_array_index(question->pop_logins, RpQuestionPopLogin, i);

		if (!rp_cli_check_set(catalogue, login->set, error))
			return FALSE;
	}
	for (guint i = 0; i < question->observed->len; i++)
		if (!rp_cli_check_set(catalogue,
			    g_array_index(question->observed, RpQuestionObserved, i).set, error))
			return FALSE;
	return question->use == NULL || rp_cli_check_set(catalogue, question->use, error);
}

static gboolean
fail(GError **error, const char *name, const char *wanted)
{
	g_set_error(error, RP_ERROR, RP_ERROR_INVALID, _("“%1$s” must be %2$s"), name, wanted);
	return FALSE;
}

static gboolean
read_string(JsonNode *node, const char *name, char **field, GError **error)
{
	if (JSON_NODE_HOLDS_NULL(node))
		return TRUE;
	if (json_node_get_value_type(node) != G_TYPE_STRING)
		return fail(error, name, _("a string"));
	g_free(*field);
	*field = g_strdup(json_node_get_string(node));
	return TRUE;
}

static gboolean
read_bool(JsonNode *node, const char *name, gboolean *field, GError **error)
{
	if (json_node_get_value_type(node) != G_TYPE_BOOLEAN)
		return fail(error, name, _("true or false"));
	*field = json_node_get_boolean(node);
	return TRUE;
}

/* Seconds, whole or not. */
static gboolean
read_seconds(JsonNode *node, RpSpan *span)
{
	GType type = json_node_get_value_type(node);
	double seconds;

	if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE)
		return FALSE;
	seconds = json_node_get_double(node);
	if (!(seconds >= 0 && seconds < 1e12))
		return FALSE;
	*span = (RpSpan)(seconds * G_USEC_PER_SEC);
	return TRUE;
}

static gboolean
read_pop_logins(RpQuestion *question, JsonNode *node, GError **error)
{
	JsonObjectIter iter;
	const char *set;
	JsonNode *age_node;

	if (!JSON_NODE_HOLDS_OBJECT(node))
		return fail(error, "pop-logins", _("an object of sets and ages in seconds"));
	json_object_iter_init(&iter, json_node_get_object(node));
	while (json_object_iter_next(&iter, &set, &age_node)) {
		RpSpan age;

		if (!read_seconds(age_node, &age))
			return fail(
				error, "pop-logins", _("an object of sets and ages in seconds"));
		rp_question_add_pop_login(question, set, age);
	}
	return TRUE;
}

typedef gboolean (*ReadText)(RpQuestion *question, const char *text, GError **error);

static gboolean
add_recipient(RpQuestion *question, const char *text, GError **error)
{
	g_ptr_array_add(question->to, g_strdup(text));
	return TRUE;
}

/* A string, or an array of them. */
static gboolean
read_texts(RpQuestion *question, JsonNode *node, const char *name, ReadText read, GError **error)
{
	JsonArray *array;

	if (json_node_get_value_type(node) == G_TYPE_STRING)
		return read(question, json_node_get_string(node), error);
	if (!JSON_NODE_HOLDS_ARRAY(node))
		return fail(error, name, _("an array of strings"));
	array = json_node_get_array(node);
	for (guint i = 0; i < json_array_get_length(array); i++) {
		JsonNode *element = json_array_get_element(array, i);

		if (json_node_get_value_type(element) != G_TYPE_STRING)
			return fail(error, name, _("an array of strings"));
		if (!read(question, json_node_get_string(element), error))
			return FALSE;
	}
	return TRUE;
}

typedef enum {
	AT,
	NM_CONNECTION,
	SSID,
	POP_LOGINS,
	OBSERVED,
	FROM,
	HEADER_FROM,
	TO,
	SIZE,
	METERED,
	PORTAL,
	USE,
	N_MEMBERS
} Member;

static const char *const member_names[] = {
	[AT] = "at",
	[NM_CONNECTION] = "nm-connection",
	[SSID] = "ssid",
	[POP_LOGINS] = "pop-logins",
	[OBSERVED] = "observed",
	[FROM] = "from",
	[HEADER_FROM] = "header-from",
	[TO] = "to",
	[SIZE] = "size",
	[METERED] = "metered",
	[PORTAL] = "portal",
	[USE] = "use",
	[N_MEMBERS] = NULL,
};

static Member
find_member(const char *name)
{
	int i = 0;

	while (i < N_MEMBERS && strcmp(member_names[i], name) != 0)
		i++;
	return (Member)i;
}

static gboolean
fail_unknown(const char *name, GError **error)
{
	const char *nearest = rp_nearest(name, member_names);

	if (nearest != NULL)
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			_("unknown member “%s”: did you mean “%s”?"), name, nearest);
	else
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID, _("unknown member “%s”"), name);
	return FALSE;
}

static gboolean
read_member(RpQuestion *question, const char *name, JsonNode *node, GError **error)
{
	switch (find_member(name)) {
	case AT:
		return read_texts(question, node, name, rp_question_add_address, error);
	case NM_CONNECTION:
		return read_string(node, name, &question->nm_connection, error);
	case SSID:
		return read_string(node, name, &question->ssid, error);
	case POP_LOGINS:
		return read_pop_logins(question, node, error);
	case OBSERVED:
		return read_texts(question, node, name, rp_question_add_observed, error);
	case FROM:
		return read_string(node, name, &question->from, error);
	case HEADER_FROM:
		return read_string(node, name, &question->header_from, error);
	case TO:
		return read_texts(question, node, name, add_recipient, error);
	case SIZE:
		if (json_node_get_value_type(node) != G_TYPE_INT64 || json_node_get_int(node) < 0)
			return fail(error, name, _("a number of octets"));
		question->size = json_node_get_int(node);
		return TRUE;
	case METERED:
		return read_bool(node, name, &question->metered, error);
	case PORTAL:
		return read_bool(node, name, &question->portal, error);
	case USE:
		return read_string(node, name, &question->use, error);
	case N_MEMBERS:
		break;
	}
	return fail_unknown(name, error);
}

gboolean
rp_cli_question_read_json(RpQuestion *question, JsonObject *object, GError **error)
{
	JsonObjectIter iter;
	const char *name;
	JsonNode *node;

	json_object_iter_init(&iter, object);
	while (json_object_iter_next(&iter, &name, &node))
		if (!read_member(question, name, node, error))
			return FALSE;
	if (question->use != NULL && (*question->use == '\0' || strcmp(question->use, "auto") == 0))
		g_clear_pointer(&question->use, g_free);
	return TRUE;
}

RpSimulatorGround
rp_cli_simulator_ground(
	const RpConfig *config, RpAsnFile *asns, const RpCliHeard *heard, RpTime now)
{
	const RpAgentOptions *agent = rp_config_agent(config);

	return (RpSimulatorGround){
		.catalogue = rp_config_catalogue(config),
		.asns = asns ? rp_asn_file_table(asns) : NULL,
		.default_identity = agent->default_identity,
		.choose = agent->choose,
		.metered_limit = agent->metered_limit,
		.observations = heard->observations,
		.failures = heard->failures,
		.now = now,
	};
}
