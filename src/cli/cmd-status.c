/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"
#include "messages.h"
#include "roampost/config.h"
#include "roampost/language.h"
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
	rp_json_begin_array(json, "problems"); /* the agent knows of them */
	rp_json_end_array(json);
	if (config)
		rp_config_unref(config);
}

static gboolean
is_paused(RpQueue *queue)
{
	g_autoptr(GPtrArray) facts = rp_queue_load_set_facts(queue, NULL);
	for (guint i = 0; facts != NULL && i < facts->len; i++) {
		const RpSetFact *fact = facts->pdata[i];
		if (*fact->set == '\0' && g_str_equal(fact->name, RP_FACT_PAUSED))
			return TRUE;
	}
	return FALSE;
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
	rp_json_bool(&json, "paused", queue != NULL && is_paused(queue));
	if (!write_counts(cli, &json, queue))
		return NULL;
	rp_json_null(&json, "sending");
	rp_json_bool(&json, "agent", FALSE);
	rp_json_bool(&json, "agent-unreachable", has_agent);
	write_errors(&json, has_agent);
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

static char *
describe(RpBusClient *client, GVariant *properties)
{
	g_autoptr(GVariant) active = rp_cli_value_array(properties, "Active", "aa{sv}");
	g_autoptr(RpMeter) meter = rp_meter_new();
	guint times = is_long(active) ? 2 : g_variant_n_children(active) > 0;
	g_autoptr(GVariant) later = times > 0 ? measure(client, times, meter) : NULL;
	return rp_cli_status_json(later != NULL ? later : properties, meter);
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

/* ---- for people ---- */

static void print_line(RpCli *cli, const char *label, const char *format, ...) G_GNUC_PRINTF(3, 4);

static void
print_line(RpCli *cli, const char *label, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *text = g_strdup_vprintf(format, args);
	va_end(args);
	rp_cli_print_labelled(cli, label, text);
}

static void
print_place(RpCli *cli, JsonObject *status)
{
	JsonNode *node = json_object_get_member(status, "place");
	if (node == NULL || !JSON_NODE_HOLDS_OBJECT(node))
		return;
	JsonObject *place = json_node_get_object(node);
	g_autofree char *inside = rp_cli_member_join(place, "inside", ", ");
	const char *state = rp_cli_member_string(place, "state", "");
	g_autofree char *text = rp_cli_place_text(state, inside);
	rp_cli_print_labelled(cli, "Place", text);
}

static void
print_set(RpCli *cli, JsonObject *status)
{
	const char *set = rp_cli_member_string(status, "current-set", "");
	const char *override = rp_cli_member_string(status, "override", "auto");
	gboolean by_place = g_str_equal(override, "auto");

	if (*set == '\0')
		rp_cli_print_labelled(cli, "Server set", _("none can send from here"));
	else
		print_line(cli, "Server set",
			by_place ? _("%s, chosen automatically") : _("%s, as you said"), set);
}

static guint
n_active(JsonObject *status)
{
	JsonArray *active = rp_cli_member_array(status, "active");

	return active != NULL ? json_array_get_length(active) : 0;
}

static void
print_counts(RpCli *cli, JsonObject *status)
{
	JsonNode *node = json_object_get_member(status, "counts");
	if (node == NULL || !JSON_NODE_HOLDS_OBJECT(node))
		return;
	JsonObject *counts = json_node_get_object(node);
	g_autoptr(GString) line = g_string_new(NULL);
	for (guint i = 0; i < RP_N_MESSAGE_STATES; i++) {
		const char *state = rp_message_state_name((RpMessageState)i);
		gint64 n = rp_cli_member_int(counts, state, 0);
		if (n == 0)
			continue;
		g_autofree char *number = g_strdup_printf("%" G_GINT64_FORMAT, n);
		g_autofree char *text = g_strdup_printf(
			/* TRANSLATORS: a number and a state: "2 held". */
			C_("count", "%1$s %2$s"), number, rp_cli_state_word(state));
		g_string_append_printf(line, "%s%s%s%s", line->len > 0 ? C_("list", ", ") : "",
			rp_cli_colour(cli, rp_cli_state_colour(state)), text,
			rp_cli_colour(cli, RP_COLOUR_NONE));
	}
	/* The numbers come a moment later than what is being sent. */
	if (line->len == 0 && n_active(status) > 0)
		return;
	rp_cli_print_label(cli, "Queue");
	rp_cli_print_line(cli, rp_cli_label_width(), "%s", line->len > 0 ? line->str : _("empty"));
}

/* A running agent keeps its last good configuration, if it has one: the user should know that the
 * new one is not it. */
static void
print_refused(RpCli *cli, JsonObject *status)
{
	JsonArray *problems = rp_cli_member_array(status, "config-refused");
	guint n = problems != NULL ? json_array_get_length(problems) : 0;
	if (n == 0)
		return;
	rp_cli_print_labelled(cli, "Config",
		rp_cli_member_bool(status, "config-lacking")
			? _("has errors, and nothing is sent until they are mended:")
			: _("the newest is not in force, the last good one is:"));
	rp_cli_print_wrapped(cli, rp_cli_label_width(), json_array_get_string_element(problems, 0));
	g_autofree char *more =
		n == 1 ? g_strdup(_("see “roampost config check”"))
		       : g_strdup_printf(rp_text_n("and %u more: see “roampost config check”",
						 "and %u more: see “roampost config check”", n - 1),
				 n - 1);
	rp_cli_print_wrapped(cli, rp_cli_label_width(), more);
}

static void
print_unconfigured(RpCli *cli, JsonObject *status)
{
	if (rp_cli_member_int(status, "sets", 1) == 0 &&
		!rp_cli_member_bool(status, "config-lacking"))
		rp_cli_print_labelled(cli, "Config",
			_("has no server set, and nothing can be sent: “roampost setup” makes "
			  "one"));
}

static void
print_problems(RpCli *cli, JsonObject *status)
{
	JsonArray *problems = rp_cli_member_array(status, "problems");
	guint n = problems != NULL ? json_array_get_length(problems) : 0;
	for (guint i = 0; i < n; i++)
		rp_cli_print_labelled(cli, "Problem", json_array_get_string_element(problems, i));
}

static void
print_waiting(RpCli *cli, JsonObject *status)
{
	JsonArray *waiting = rp_cli_member_array(status, "waiting");
	guint n = waiting != NULL ? json_array_get_length(waiting) : 0;
	for (guint i = 0; i < n; i++) {
		JsonObject *set = json_array_get_object_element(waiting, i);
		g_autofree char *text =
			rp_cli_with_local_times(rp_cli_member_string(set, "text", ""));
		g_autofree char *line = g_strdup_printf(
			_("%1$s: %2$s"), rp_cli_member_string(set, "set", ""), text);
		rp_cli_print_labelled(cli, "Waiting", line);
	}
}

/* More than these are a flood, of which the queue's numbers tell enough. */
#define MOST_ACTIVE 5

static void
print_active(RpCli *cli, JsonObject *status)
{
	JsonArray *active = rp_cli_member_array(status, "active");
	guint n = n_active(status);
	for (guint i = 0; i < MIN(n, MOST_ACTIVE); i++) {
		JsonObject *message = json_array_get_object_element(active, i);
		const char *stage =
			rp_progress_stage_text(rp_cli_member_string(message, "stage", ""));
		g_autofree char *progress =
			stage != NULL
				? g_strdup(stage)
				: rp_progress_text((guint64)rp_cli_member_int(message, "done", 0),
					  (guint64)rp_cli_member_int(message, "total", 0),
					  (guint64)rp_cli_member_int(message, "rate", 0));
		/* TRANSLATORS: a message's id, a server set, how far it is. */
		g_autofree char *line = g_strdup_printf(_("%1$s through %2$s: %3$s"),
			rp_cli_member_string(message, "id", ""),
			rp_cli_member_string(message, "set", ""), progress);
		rp_cli_print_labelled(cli, "Sending", line);
	}
	if (n <= MOST_ACTIVE)
		return;
	g_autofree char *more = g_strdup_printf(
		rp_text_n("and %u more", "and %u more", n - MOST_ACTIVE), n - MOST_ACTIVE);
	rp_cli_print_wrapped(cli, rp_cli_label_width(), more);
}

/* What an agent would do something about. */
static gboolean
mail_waits(JsonObject *status)
{
	JsonNode *node = json_object_get_member(status, "counts");
	gint64 n = 0;

	if (node == NULL || !JSON_NODE_HOLDS_OBJECT(node))
		return FALSE;
	for (guint i = 0; i < RP_N_MESSAGE_STATES; i++)
		if (i != RP_MESSAGE_FAILED)
			n += rp_cli_member_int(json_node_get_object(node),
				rp_message_state_name((RpMessageState)i), 0);
	return n > 0;
}

/* What it logs would go on to this terminal, for as long as that is there. */
static const char *
start_command(void)
{
	return rp_cli_has_user_manager() ? "systemctl --user start roampost"
					 : "setsid -f roampostd >/dev/null 2>&1";
}

static void
print_start(RpCli *cli, JsonObject *status)
{
	g_autofree char *text = g_strdup_printf(
		mail_waits(status) ? _("not running, and mail waits. To start it: %s")
				   : _("not running. To start it: %s"),
		start_command());

	rp_cli_print_labelled(cli, "Agent", text);
}

/* One that was started where there was no session gives way to the one that is started here. */
static void
print_unreachable(RpCli *cli)
{
	g_autofree char *text = g_strdup_printf(
		_("runs, but is not on the bus of this session, which DBUS_SESSION_BUS_ADDRESS or "
		  "XDG_RUNTIME_DIR names. To have this session's own in its place: %s; if that "
		  "does "
		  "not help: roampost doctor"),
		start_command());

	rp_cli_print_labelled(cli, "Agent", text);
}

static void
print_people(RpCli *cli, JsonObject *status)
{
	gboolean agent = rp_cli_member_bool(status, "agent");
	gboolean unreachable = rp_cli_member_bool(status, "agent-unreachable");
	if (agent) {
		print_place(cli, status);
		print_set(cli, status);
	}
	if (rp_cli_member_bool(status, "paused"))
		rp_cli_print_labelled(cli, "Paused", _("nothing is sent until “roampost resume”"));
	print_refused(cli, status);
	print_unconfigured(cli, status);
	print_problems(cli, status);
	print_counts(cli, status);
	print_active(cli, status);
	print_waiting(cli, status);
	if (unreachable)
		print_unreachable(cli);
	else if (!agent)
		print_start(cli, status);
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
	print_people(cli, json_node_get_object(root));
	return RP_EXIT_DONE;
}
