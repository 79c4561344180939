/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

/* Members of JSON that may be absent or of another type: an
 * agent of another version is no reason to fail. */

static JsonNode *
find(JsonObject *object, const char *name, GType type)
{
	JsonNode *node = json_object_get_member(object, name);

	if (node == NULL || !JSON_NODE_HOLDS_VALUE(node) || json_node_get_value_type(node) != type)
		return NULL;
	return node;
}

const char *
rp_cli_member_string(JsonObject *object, const char *name, const char *fallback)
{
	JsonNode *node = find(object, name, G_TYPE_STRING);

	return node != NULL ? json_node_get_string(node) : fallback;
}

gint64
rp_cli_member_int(JsonObject *object, const char *name, gint64 fallback)
{
	JsonNode *node = find(object, name, G_TYPE_INT64);

	return node != NULL ? json_node_get_int(node) : fallback;
}

gboolean
rp_cli_member_bool(JsonObject *object, const char *name)
{
	JsonNode *node = find(object, name, G_TYPE_BOOLEAN);

	return node != NULL && json_node_get_boolean(node);
}

JsonArray *
rp_cli_member_array(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node != NULL && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

char *
rp_cli_member_join(JsonObject *object, const char *name, const char *separator)
{
	JsonArray *array = rp_cli_member_array(object, name);
	g_autoptr(GString) text = g_string_new(NULL);

	for (guint i = 0; array != NULL && i < json_array_get_length(array); i++) {
		JsonNode *node = json_array_get_element(array, i);

		if (json_node_get_value_type(node) != G_TYPE_STRING)
			continue;
		if (text->len > 0)
			g_string_append(text, separator);
		g_string_append(text, json_node_get_string(node));
	}
	return g_string_free(g_steal_pointer(&text), FALSE);
}
