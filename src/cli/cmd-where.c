/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"
#include "values.h"

/* The links, our addresses, and the providers that these are inside of. */

static void
print_links(RpCli *cli, JsonArray *links, const char *state)
{
	guint n = links != NULL ? json_array_get_length(links) : 0;
	if (g_str_equal(state, "checking"))
		rp_cli_print(cli, "A link comes up: waiting for NetworkManager's check.\n");
	else if (n == 0)
		rp_cli_print(cli, "No link is up.\n");
	if (n == 0)
		return;
	g_autoptr(RpCliTable) table = rp_cli_table_new(
		"LINK", "KIND", "CONNECTION", "ONLINE", "ROUTE", "ADDRESSES", NULL);
	for (guint i = 0; i < n; i++) {
		JsonObject *link = json_array_get_object_element(links, i);
		g_autofree char *addresses = rp_cli_member_join(link, "addresses", " ");
		g_autofree char *online =
			g_strconcat(rp_cli_member_string(link, "connectivity", ""),
				rp_cli_member_bool(link, "roaming")   ? ", roaming"
				: rp_cli_member_bool(link, "metered") ? ", metered"
								      : "",
				NULL);
		rp_cli_table_add(table, rp_cli_member_string(link, "interface", ""),
			rp_cli_member_string(link, "kind", ""),
			rp_cli_member_string(link, "nm-connection", ""), online,
			rp_cli_member_bool(link, "default-route") ? "default" : "", addresses);
	}
	rp_cli_table_print(cli, table);
}

static void
print_networks(RpCli *cli, JsonArray *networks)
{
	guint n = networks != NULL ? json_array_get_length(networks) : 0;
	for (guint i = 0; i < n; i++) {
		JsonObject *network = json_array_get_object_element(networks, i);
		const char *name = rp_cli_member_string(network, "name", "");
		rp_cli_print(cli, "The network of %s on %s is %s%sAS%u%s\n",
			rp_cli_member_string(network, "address", "?"),
			rp_cli_member_string(network, "link", "?"), name, *name != '\0' ? " (" : "",
			(guint)json_object_get_int_member_with_default(network, "asn", 0),
			*name != '\0' ? ")" : "");
	}
}

static const char *
family_text(const char *family)
{
	return g_str_equal(family, "ipv4")   ? ", for IPv4"
	       : g_str_equal(family, "ipv6") ? ", for IPv6"
					     : "";
}

static void
print_inside(RpCli *cli, JsonArray *inside)
{
	guint n = inside != NULL ? json_array_get_length(inside) : 0;
	if (n == 0)
		rp_cli_print(cli, "Inside no provider that is known.\n");
	for (guint i = 0; i < n; i++) {
		JsonObject *entry = json_array_get_object_element(inside, i);
		const char *by = rp_cli_member_string(entry, "by", "?");
		const char *family = rp_cli_member_string(entry, "family", "any");
		rp_cli_print(cli, "Inside %s on %s, %s%s%s\n",
			rp_cli_member_string(entry, "provider", "?"),
			rp_cli_member_string(entry, "link", "?"),
			g_str_equal(by, "learned") ? "as you taught it" : "by ",
			g_str_equal(by, "learned") ? "" : by, family_text(family));
	}
}

static gboolean
render_where(RpCli *cli, const char *text, GError **error)
{
	g_autoptr(JsonNode) root = json_from_string(text, error);
	if (root == NULL)
		return FALSE;
	if (!JSON_NODE_HOLDS_OBJECT(root)) {
		g_set_error_literal(error, RP_ERROR, RP_ERROR_INVALID,
			"the agent's answer can't be read: is it of another version?");
		return FALSE;
	}
	JsonObject *where = json_node_get_object(root);
	g_autofree char *addresses = rp_cli_member_join(where, "public-addresses", ", ");
	print_links(
		cli, rp_cli_member_array(where, "links"), rp_cli_member_string(where, "state", ""));
	if (*addresses != '\0')
		rp_cli_print(cli, "Seen from outside as %s\n", addresses);
	print_networks(cli, rp_cli_member_array(where, "networks"));
	print_inside(cli, rp_cli_member_array(where, "inside"));
	return TRUE;
}

int
rp_cmd_where(RpCli *cli, int argc, char **argv)
{
	g_autoptr(GVariant) properties = rp_cli_agent_properties(cli);
	if (properties == NULL)
		return RP_EXIT_FAILED;
	g_autofree char *json = rp_cli_where_json(properties);
	return rp_cli_show(cli, json, render_where);
}
