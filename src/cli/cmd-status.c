/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"
#include "messages.h"
#include "status.h"
#include "roampost/config.h"
#include "roampost/language.h"
#include "roampost/succession.h"
#include "values.h"

/* How things are. Never starts an agent: without one it tells what the queue holds. */

static gboolean
write_counts(RpCli *cli, RpJson *json, RpQueue *queue)
{
	g_autoptr(GError) error = NULL;
	RpQueueCounts counts = {{0}};
	if (queue != NULL && !rp_queue_counts(queue, &counts, &error)) {
		rp_cli_fail_error(cli, error);
		return FALSE;
	}
	rp_json_begin_object(json, "counts");
	for (guint state = 0; state < RP_N_MESSAGE_STATES; state++)
		rp_json_int(
			json, rp_message_state_name((RpMessageState)state), counts.by_state[state]);
	rp_json_end_object(json);
	return TRUE;
}

/* The agent's, as far as it need not be asked. */
static void
write_problems(RpJson *json, RpQueue *queue)
{
	g_autofree char *disk = queue ? rp_cli_disk_trouble(queue) : NULL;

	rp_json_begin_array(json, "problems");
	if (disk)
		rp_json_string(json, NULL, disk);
	rp_json_end_array(json);
}

/* What an agent would refuse; one that can't be asked has the last good configuration, as far as
 * anybody knows. */
static void
write_errors(RpJson *json, gboolean has_agent)
{
	g_autoptr(RpConfigSources) sources = rp_config_sources_new();
	g_autoptr(GPtrArray) problems = NULL;
	RpConfig *config = rp_config_load(sources, &problems);

	rp_json_begin_array(json, "config-refused");
	for (guint i = 0; !config && i < problems->len; i++) {
		const RpConfigProblem *problem = problems->pdata[i];
		g_autofree char *text = problem->severity == RP_CONFIG_ERROR
						? rp_config_problem_format(problem)
						: NULL;
		if (text)
			rp_json_string(json, NULL, text);
	}
	rp_json_end_array(json);
	rp_json_bool(json, "config-lacking", !config && !has_agent);
	if (config)
		rp_json_int(json, "sets", rp_catalogue_n_sets(rp_config_catalogue(config)));
	if (config)
		rp_config_unref(config);
}

/* What the agent would say, as far as the state directory tells. */
static char *
status_without_agent(RpCli *cli)
{
	g_autoptr(GString) out = g_string_new(NULL);
	g_auto(RpOverride) override = {0};
	gboolean failed;
	RpJson json;
	g_autoptr(RpQueue) queue = rp_cli_read_queue(cli, &failed);
	if (failed)
		return NULL;
	gboolean has_agent = queue && rp_queue_has_agent(queue);
	if (queue != NULL)
		rp_queue_load_override(queue, &override, NULL);
	rp_json_init(&json, out);
	rp_json_begin_object(&json, NULL);
	rp_json_begin_object(&json, "place");
	rp_json_end_object(&json);
	rp_json_null(&json, "current-set");
	rp_json_string(&json, "override", override.set != NULL ? override.set : "auto");
	rp_json_bool(&json, "paused", queue != NULL && rp_cli_is_paused(queue));
	if (!write_counts(cli, &json, queue))
		return NULL;
	rp_json_null(&json, "sending");
	rp_json_bool(&json, "agent", FALSE);
	rp_json_bool(&json, "agent-unreachable", has_agent);
	rp_json_bool(
		&json, "agent-waits-for-room", !has_agent && rp_succession_waits_for_room(NULL));
	write_errors(&json, has_agent);
	write_problems(&json, queue);
	rp_json_end_object(&json);
	return g_string_free(g_steal_pointer(&out), FALSE);
}

/* ---- with an agent ---- */

/* From this size on it is worth a moment to know how fast it goes. */
#define LONG (256 * 1024)
#define MEASURE_MS 700

static gboolean
is_long(GVariant *active)
{
	guint64 most = 0;
	for (gsize i = 0; i < g_variant_n_children(active); i++) {
		g_autoptr(GVariant) message = g_variant_get_child_value(active, i);
		guint64 total = 0;
		g_variant_lookup(message, "total", "t", &total);
		most = MAX(most, total);
	}
	return most >= LONG;
}

static void
note(RpMeter *meter, GVariant *active)
{
	for (gsize i = 0; i < g_variant_n_children(active); i++) {
		g_autoptr(GVariant) message = g_variant_get_child_value(active, i);
		const char *id = rp_cli_value_text(message, "id");
		guint64 done = 0;
		if (id != NULL && g_variant_lookup(message, "done", "t", &done))
			rp_meter_note(meter, id, done, g_get_real_time());
	}
}

static void
wait_a_moment(RpBusClient *client)
{
	gint64 due = g_get_monotonic_time() + MEASURE_MS * 1000;
	gint64 now;
	while ((now = g_get_monotonic_time()) < due) {
		g_autoptr(GVariant) arguments = NULL;
		g_autofree char *signal =
			rp_bus_client_next(client, (int)((due - now) / 1000 + 1), &arguments, NULL);
	}
}

/* The agent looks how far messages are only while somebody watches: it is asked after a moment, and
 * once more for how fast. All properties, as they are then; NULL: the agent has gone. */
static GVariant *
measure(RpBusClient *client, guint times, RpMeter *meter)
{
	g_autoptr(GVariant) watched =
		rp_bus_client_call(client, "Watch", g_variant_new("(b)", TRUE), "()", NULL);
	GVariant *properties = NULL;
	for (guint i = 0; watched != NULL && i < times; i++) {
		wait_a_moment(client);
		g_clear_pointer(&properties, g_variant_unref);
		properties = rp_bus_client_get_all(client, NULL);
		if (properties == NULL)
			return NULL;
		g_autoptr(GVariant) active = rp_cli_value_array(properties, "Active", "aa{sv}");
		note(meter, active);
	}
	return properties;
}

/* Of the queue here, where that is the agent's. */
static char *
disk_trouble(void)
{
	g_autoptr(RpQueue) queue = rp_queue_open(NULL, RP_QUEUE_READER, NULL);

	return queue && rp_queue_has_agent(queue) ? rp_cli_disk_trouble(queue) : NULL;
}

static char *
describe(RpBusClient *client, GVariant *properties)
{
	g_autofree char *disk = disk_trouble();
	g_autoptr(GVariant) active = rp_cli_value_array(properties, "Active", "aa{sv}");
	g_autoptr(RpMeter) meter = rp_meter_new();
	guint times = is_long(active) ? 2 : g_variant_n_children(active) > 0;
	g_autoptr(GVariant) later = times > 0 ? measure(client, times, meter) : NULL;
	return rp_cli_status_json(later != NULL ? later : properties, meter, disk);
}

static char *
get_status(RpCli *cli)
{
	g_autoptr(RpBusClient) client = rp_bus_client_new(NULL);
	if (client == NULL || !rp_bus_client_has_agent(client))
		return status_without_agent(cli);
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) properties = rp_bus_client_get_all(client, &error);
	if (properties == NULL) {
		rp_cli_fail_error(cli, error);
		return NULL;
	}
	return describe(client, properties);
}

int
rp_cmd_status(RpCli *cli, int argc, char **argv)
{
	g_autofree char *text = get_status(cli);
	if (text == NULL)
		return RP_EXIT_FAILED;
	if (cli->json) {
		rp_cli_print_json(cli, text);
		return RP_EXIT_DONE;
	}
	g_autoptr(JsonNode) root = json_from_string(text, NULL);
	if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root))
		return rp_cli_fail(cli, _("the agent's answer can't be read: is it of another "
					  "version?"));
	rp_cli_print_status(cli, json_node_get_object(root));
	return RP_EXIT_DONE;
}
