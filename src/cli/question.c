/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "question.h"

#include "roampost/language.h"

#include <string.h>

/* A made-up place and a made-up message, from a command's
 * options or from a line of JSON, with every member checked. */

static void
pop_login_clear(gpointer data)
{
	g_free(((RpQuestionPopLogin *)data)->set);
}

static void
observed_clear(gpointer data)
{
	RpQuestionObserved *observed = data;

	g_free(observed->set);
	g_free(observed->domain);
}

RpCliQuestion *
rp_cli_question_new(void)
{
	RpCliQuestion *question = g_new0(RpCliQuestion, 1);

	question->at = g_array_new(FALSE, FALSE, sizeof(RpAddress));
	question->pop_logins = g_array_new(FALSE, FALSE, sizeof(RpQuestionPopLogin));
	g_array_set_clear_func(question->pop_logins, pop_login_clear);
	question->observed = g_array_new(FALSE, FALSE, sizeof(RpQuestionObserved));
	g_array_set_clear_func(question->observed, observed_clear);
	question->to = g_ptr_array_new_with_free_func(g_free);
	return question;
}

void
rp_cli_question_reset(RpCliQuestion *question)
{
	g_array_set_size(question->at, 0);
	g_array_set_size(question->pop_logins, 0);
	g_array_set_size(question->observed, 0);
	g_ptr_array_set_size(question->to, 0);
	g_clear_pointer(&question->nm_connection, g_free);
	g_clear_pointer(&question->ssid, g_free);
	g_clear_pointer(&question->from, g_free);
	g_clear_pointer(&question->header_from, g_free);
	g_clear_pointer(&question->use, g_free);
	question->size = 0;
	question->metered = question->portal = FALSE;
}

void
rp_cli_question_free(RpCliQuestion *question)
{
	if (question == NULL)
		return;
	rp_cli_question_reset(question);
	g_array_unref(question->at);
	g_array_unref(question->pop_logins);
	g_array_unref(question->observed);
	g_ptr_array_unref(question->to);
	g_free(question);
}

gboolean
rp_cli_question_add_address(RpCliQuestion *question, const char *text, GError **error)
{
	RpAddress address;

	if (!rp_address_parse(text, &address)) {
		g_set_error(
			error, RP_ERROR, RP_ERROR_INVALID, _("“%s” is not an IP address"), text);
		return FALSE;
	}
	g_array_append_val(question->at, address);
	return TRUE;
}

void
rp_cli_question_add_pop_login(RpCliQuestion *question, const char *set, RpSpan age)
{
	RpQuestionPopLogin login = {g_strdup(set), age};

	g_array_append_val(question->pop_logins, login);
}

gboolean
rp_cli_question_check(const RpCliQuestion *question, const RpCatalogue *catalogue, GError **error)
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

/* ---- from JSON ---- */

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
read_pop_logins(RpCliQuestion *question, JsonNode *node, GError **error)
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
		rp_cli_question_add_pop_login(question, set, age);
	}
	return TRUE;
}

typedef gboolean (*ReadText)(RpCliQuestion *question, const char *text, GError **error);

static gboolean
add_recipient(RpCliQuestion *question, const char *text, GError **error)
{
	g_ptr_array_add(question->to, g_strdup(text));
	return TRUE;
}

/* A string, or an array of them. */
static gboolean
read_texts(RpCliQuestion *question, JsonNode *node, const char *name, ReadText read, GError **error)
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
read_member(RpCliQuestion *question, const char *name, JsonNode *node, GError **error)
{
	switch (find_member(name)) {
	case AT:
		return read_texts(question, node, name, rp_cli_question_add_address, error);
	case NM_CONNECTION:
		return read_string(node, name, &question->nm_connection, error);
	case SSID:
		return read_string(node, name, &question->ssid, error);
	case POP_LOGINS:
		return read_pop_logins(question, node, error);
	case OBSERVED:
		return read_texts(question, node, name, rp_cli_question_add_observed, error);
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
rp_cli_question_read_json(RpCliQuestion *question, JsonObject *object, GError **error)
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
