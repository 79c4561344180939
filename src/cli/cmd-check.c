/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"
#include "messages.h"

static gboolean check_wait;

const GOptionEntry rp_cmd_check_options[] = {
	{"wait", 0, 0, G_OPTION_ARG_NONE, &check_wait,
		"wait until all is checked and nothing is on its way; exit 1 when a check failed",
		NULL},
	G_OPTION_ENTRY_NULL,
};

/* The sets that a check without names is about. */
static char **
sets_with_pop(const char *json)
{
	g_autoptr(GStrvBuilder) names = g_strv_builder_new();
	g_autoptr(JsonNode) root = json_from_string(json, NULL);
	JsonArray *sets =
		root != NULL && JSON_NODE_HOLDS_ARRAY(root) ? json_node_get_array(root) : NULL;
	for (guint i = 0; sets != NULL && i < json_array_get_length(sets); i++) {
		JsonObject *set = json_array_get_object_element(sets, i);
		if (rp_cli_member_bool(set, "pop"))
			g_strv_builder_add(names, rp_cli_member_string(set, "set", ""));
	}
	return g_strv_builder_end(names);
}

static char **
sets_to_check(RpCli *cli, char **words)
{
	if (*words != NULL)
		return g_strdupv(words);
	g_autofree char *json = rp_cli_agent_text(cli, "Sets", NULL);
	return json != NULL ? sets_with_pop(json) : NULL;
}

static gboolean
all_checked(RpBusClient *client, const RpCliWait *wait, gpointer data, GError **error)
{
	for (char **set = data; *set != NULL; set++)
		if (!g_hash_table_contains(wait->checks, *set))
			return FALSE;
	return TRUE;
}

/* The agent sends after a check by itself; but only an answer to Flush says that it has planned. */
static gboolean
wait_for_all(RpCli *cli, RpBusClient *client, RpCliWait *wait, char **sets)
{
	static const char *const none[] = {NULL};

	return rp_cli_wait(cli, client, wait, all_checked, sets) &&
	       rp_cli_agent_do(cli, client, "Flush", g_variant_new("(^as)", none)) &&
	       rp_cli_wait(cli, client, wait, rp_cli_all_done, NULL);
}

static gboolean
all_went_well(const RpCliWait *wait)
{
	GHashTableIter iter;
	gpointer error;
	g_hash_table_iter_init(&iter, wait->checks);
	while (g_hash_table_iter_next(&iter, NULL, &error))
		if (*(const char *)error != '\0')
			return FALSE;
	return TRUE;
}

int
rp_cmd_check(RpCli *cli, int argc, char **argv)
{
	guint n_left = 0;
	g_auto(RpCliWait) wait;
	rp_cli_wait_init(&wait);
	g_auto(GStrv) sets = sets_to_check(cli, argv + 1);
	if (sets == NULL)
		return RP_EXIT_FAILED;
	if (*sets == NULL)
		return rp_cli_fail(cli, "no server set has a POP server to check");
	g_autoptr(RpBusClient) client = rp_cli_connect(cli);
	if (client == NULL)
		return RP_EXIT_FAILED;
	if (check_wait)
		rp_bus_client_subscribe(client);
	if (!rp_cli_agent_do(cli, client, "Check", g_variant_new("(^as)", sets)))
		return RP_EXIT_FAILED;
	if (!check_wait)
		return RP_EXIT_DONE;
	if (!wait_for_all(cli, client, &wait, sets) || !rp_cli_print_left(cli, NULL, &n_left))
		return RP_EXIT_FAILED;
	return all_went_well(&wait) ? RP_EXIT_DONE : RP_EXIT_FAILED;
}
