/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"
#include "values.h"

#include "roampost/language.h"

/* The links, our addresses, and the providers that these are inside of. */

static char *
describe_online(JsonObject *link)
{
	const char *connectivity =
		rp_cli_connectivity_word(rp_cli_member_string(link, "connectivity", ""));

	if (rp_cli_member_bool(link, "roaming"))
		return g_strdup_printf(_("%s, roaming"), connectivity);
	if (rp_cli_member_bool(link, "metered"))
		return g_strdup_printf(_("%s, metered"), connectivity);
	return g_strdup(connectivity);
}

static void
print_links(RpCli *cli, JsonArray *links, const char *state)
{
	guint n = links != NULL ? json_array_get_length(links) : 0;
	if (g_str_equal(state, "checking"))
		rp_cli_print_line(
			cli, 0, _("A link comes up: waiting for NetworkManager's check.\n"));
	else if (g_str_equal(state, "starting"))
		rp_cli_print_line(
			cli, 0, _("The network is being looked at: the agent has just started.\n"));
	else if (n == 0)
		rp_cli_print_line(cli, 0, _("No link is up.\n"));
	if (n == 0)
		return;
	g_autoptr(RpCliTable) table = rp_cli_table_new(_("LINK"), _("KIND"), _("CONNECTION"),
		_("ONLINE"), _("ROUTE"), _("ADDRESSES"), NULL);
	for (guint i = 0; i < n; i++) {
		JsonObject *link = json_array_get_object_element(links, i);
		g_autofree char *addresses = rp_cli_member_join(link, "addresses", " ");
		g_autofree char *online = describe_online(link);
		rp_cli_table_add(table, rp_cli_member_string(link, "interface", ""),
			rp_cli_link_word(rp_cli_member_string(link, "kind", "")),
			rp_cli_member_string(link, "nm-connection", ""), online,
			rp_cli_member_bool(link, "default-route") ? C_("route", "default") : "",
			addresses);
	}
	rp_cli_table_print(cli, table);
}

/* Several addresses or kinds of evidence may come to the same words. Takes the line. */
static void
print_once(RpCli *cli, GHashTable *said, char *line)
{
	if (g_hash_table_add(said, line))
		rp_cli_print_line(cli, 0, "%s\n", line);
}

static void
print_networks(RpCli *cli, JsonArray *networks)
{
	g_autoptr(GHashTable) said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	guint n = networks != NULL ? json_array_get_length(networks) : 0;
	for (guint i = 0; i < n; i++) {
		JsonObject *network = json_array_get_object_element(networks, i);
		const char *name = rp_cli_member_string(network, "name", "");
		const char *address = rp_cli_member_string(network, "address", "?");
		const char *link = rp_cli_member_string(network, "link", "?");
		guint asn = (guint)json_object_get_int_member_with_default(network, "asn", 0);

		if (*name != '\0')
			print_once(cli, said,
				g_strdup_printf(_("The network of %1$s on %2$s is %3$s (AS%4$u)"),
					address, link, name, asn));
		else
			print_once(cli, said,
				g_strdup_printf(_("The network of %1$s on %2$s is AS%3$u"), address,
					link, asn));
	}
}

/* By which evidence, and for what: to be freed. */
static char *
describe_evidence(const char *by, const char *family)
{
	g_autofree char *how = g_str_equal(by, "learned")
				       ? g_strdup(_("as you taught it"))
				       : g_strdup_printf(_("by %s"), rp_cli_evidence_word(by));

	if (g_str_equal(family, "ipv4"))
		return g_strdup_printf(_("%s, for IPv4"), how);
	if (g_str_equal(family, "ipv6"))
		return g_strdup_printf(_("%s, for IPv6"), how);
	return g_steal_pointer(&how);
}

static gboolean
is_same_but_family(JsonObject *one, JsonObject *other)
{
	static const char *const members[] = {"provider", "by", "link"};

	for (guint i = 0; i < G_N_ELEMENTS(members); i++)
		if (!g_str_equal(rp_cli_member_string(one, members[i], "?"),
			    rp_cli_member_string(other, members[i], "?")))
			return FALSE;
	return !g_str_equal(rp_cli_member_string(one, "family", "any"),
		rp_cli_member_string(other, "family", "any"));
}

/* Of both it need not be said. */
static const char *
family_of(JsonArray *inside, JsonObject *entry)
{
	for (guint i = 0; i < json_array_get_length(inside); i++)
		if (is_same_but_family(entry, json_array_get_object_element(inside, i)))
			return "any";
	return rp_cli_member_string(entry, "family", "any");
}

static void
print_inside(RpCli *cli, JsonArray *inside)
{
	g_autoptr(GHashTable) said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	guint n = inside != NULL ? json_array_get_length(inside) : 0;

	if (n == 0)
		rp_cli_print_line(cli, 0, _("Inside no provider that is known.\n"));
	for (guint i = 0; i < n; i++) {
		JsonObject *entry = json_array_get_object_element(inside, i);
		const char *by = rp_cli_member_string(entry, "by", "?");
		g_autofree char *how = describe_evidence(by, family_of(inside, entry));
		g_autofree char *provider =
			rp_cli_provider_titles(rp_cli_member_string(entry, "provider", "?"));

		print_once(cli, said,
			g_strdup_printf(_("Inside %1$s on %2$s, %3$s"), provider,
				rp_cli_member_string(entry, "link", "?"), how));
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
			_("the agent's answer can't be read: is it of another version?"));
		return FALSE;
	}
	JsonObject *where = json_node_get_object(root);
	g_autofree char *addresses = rp_cli_member_join(where, "public-addresses", ", ");
	print_links(
		cli, rp_cli_member_array(where, "links"), rp_cli_member_string(where, "state", ""));
	if (*addresses != '\0')
		rp_cli_print_line(cli, 0, _("Seen from outside as %s\n"), addresses);
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
	rp_cli_note_config(cli, properties);
	return rp_cli_show(cli, json, render_where);
}
