/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"
#include "messages.h"
#include "values.h"

#include "roampost/language.h"

/* Mail is fetched by the agent; with --wait until all of it is
 * here and what it set free has gone. */

/* For an agent that does not know yet where it is. */
#define STARTING_PATIENCE (10 * G_TIME_SPAN_SECOND)
/* That it stays where it is it does not tell. */
#define ONCE_MORE_MS 500

static gboolean check_wait;

const GOptionEntry rp_cmd_check_options[] = {
	{"wait", 0, 0, G_OPTION_ARG_NONE, &check_wait,
		N_("wait until all is checked and nothing is on its way; exit 1 when a check "
		   "failed"),
		NULL},
	G_OPTION_ENTRY_NULL,
};

/* The sets that a check without names is about. */
static char **
sets_with_pop(GVariant *properties)
{
	g_autoptr(GStrvBuilder) names = g_strv_builder_new();
	g_autoptr(GVariant) sets = rp_cli_value_array(properties, "Sets", "aa{sv}");
	for (gsize i = 0; i < g_variant_n_children(sets); i++) {
		g_autoptr(GVariant) set = g_variant_get_child_value(sets, i);
		const char *name = rp_cli_value_text(set, "name");
		if (rp_cli_value_flag(set, "pop") && name != NULL)
			g_strv_builder_add(names, name);
	}
	return g_strv_builder_end(names);
}

static char **
sets_to_check(RpCli *cli, char **words)
{
	if (*words != NULL)
		return g_strdupv(words);
	g_autoptr(GVariant) properties = rp_cli_agent_properties(cli);
	if (properties == NULL)
		return NULL;
	g_auto(GStrv) sets = sets_with_pop(properties);
	if (*sets == NULL && rp_cli_note_config(cli, properties))
		return NULL;
	return g_steal_pointer(&sets);
}

static gboolean
all_checked(RpBusClient *client, const RpCliWait *wait, gpointer data, GError **error)
{
	for (char **set = data; *set != NULL; set++)
		if (!g_hash_table_contains(wait->checks, *set))
			return FALSE;
	return TRUE;
}

static guint
n_that_went_well(const RpCliWait *wait)
{
	GHashTableIter iter;
	gpointer error;
	guint n = 0;
	g_hash_table_iter_init(&iter, wait->checks);
	while (g_hash_table_iter_next(&iter, NULL, &error))
		n += *(const char *)error == '\0';
	return n;
}

/* The agent sends after a check by itself; but only an answer to a flush says that it has planned.
 * Where no check went well no POP login lets mail go, and a flush would only ask the same servers
 * once more. */
static gboolean
wait_for_all(RpCli *cli, RpBusClient *client, RpCliWait *wait, char **sets)
{
	char *none[] = {NULL};

	return rp_cli_wait(cli, client, wait, all_checked, sets) &&
	       (n_that_went_well(wait) == 0 || rp_cli_agent_change(cli, client, "flush", none)) &&
	       rp_cli_wait(cli, client, wait, rp_cli_all_done, NULL);
}

/* An agent that has just started, or woken up, does not know yet where it is, and says what it
 * finds.
 */
static gboolean
begin(RpCli *cli, RpBusClient *client, char **sets)
{
	gint64 until = g_get_monotonic_time() + STARTING_PATIENCE;
	for (;;) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GVariant) reply = rp_bus_client_call(
			client, "Check", g_variant_new("(^as)", sets), "()", &error);
		gint64 left = (until - g_get_monotonic_time()) / G_TIME_SPAN_MILLISECOND;
		if (reply != NULL)
			return TRUE;
		if (left <= 0 || !g_error_matches(error, RP_ERROR, RP_ERROR_STARTING)) {
			rp_cli_fail_error(cli, error);
			return FALSE;
		}
		g_autoptr(GVariant) arguments = NULL;
		g_autofree char *signal =
			rp_bus_client_next(client, (int)MIN(left, ONCE_MORE_MS), &arguments, NULL);
	}
}

gboolean
rp_cli_check_sets(RpCli *cli, RpBusClient *client, RpCliWait *wait, char **sets)
{
	return begin(cli, client, sets) && rp_cli_wait(cli, client, wait, all_checked, sets) &&
	       n_that_went_well(wait) == g_hash_table_size(wait->checks);
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
		return rp_cli_fail(cli, _("no server set has a POP server to check"));
	g_autoptr(RpBusClient) client = rp_cli_connect(cli);
	if (client == NULL)
		return RP_EXIT_FAILED;
	rp_bus_client_subscribe(client);
	if (!begin(cli, client, sets))
		return RP_EXIT_FAILED;
	if (!check_wait)
		return RP_EXIT_DONE;
	if (!wait_for_all(cli, client, &wait, sets) || !rp_cli_print_left(cli, NULL, &n_left))
		return RP_EXIT_FAILED;
	return n_that_went_well(&wait) == g_hash_table_size(wait.checks) ? RP_EXIT_DONE
									 : RP_EXIT_FAILED;
}
