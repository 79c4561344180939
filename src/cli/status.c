/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "status.h"

#include "agent.h"
#include "messages.h"

#include "roampost/language.h"
#include "roampost/meter.h"

/* What `status` says to people, of what it has as JSON: the lines, in their order. Why mail waits
 * is in status-why.c. */

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

static void
print_start(RpCli *cli, JsonObject *status)
{
	g_autofree char *text = g_strdup_printf(
		mail_waits(status) ? _("not running, and mail waits. To start it: %s")
				   : _("not running. To start it: %s"),
		rp_cli_start_command());

	rp_cli_print_labelled(cli, "Agent", text);
}

/* One that was started where there was no session gives way to the one that is started here. */
static void
print_unreachable(RpCli *cli)
{
	g_autoptr(RpBusClient) client = rp_bus_client_new(NULL);

	if (!client) { /* nor could another be asked */
		rp_cli_print_labelled(cli, "Agent",
			_("runs; there is no session bus to ask it by, and “roampost doctor” says "
			  "what helps"));
		return;
	}
	g_autofree char *text = g_strdup_printf(
		_("runs, but is not on the bus of this session, which DBUS_SESSION_BUS_ADDRESS or "
		  "XDG_RUNTIME_DIR names. To have this session's own in its place: %s; if that "
		  "does "
		  "not help: roampost doctor"),
		rp_cli_start_command());

	rp_cli_print_labelled(cli, "Agent", text);
}

static void
print_agent(RpCli *cli, JsonObject *status)
{
	if (rp_cli_member_bool(status, "agent-unreachable"))
		print_unreachable(cli);
	else if (rp_cli_member_bool(status, "agent-waits-for-room"))
		rp_cli_print_labelled(cli, "Agent",
			_("waits until the queue's disk has room, or can be written, then goes on "
			  "by "
			  "itself. Nothing is taken or sent before. What helps: roampost doctor"));
	else if (rp_cli_member_bool(status, "agent"))
		rp_cli_print_labelled(cli, "Agent", _("runs"));
	else
		print_start(cli, status);
}

/* What there is to do stands first. */
void
rp_cli_print_status(RpCli *cli, JsonObject *status)
{
	print_agent(cli, status);
	if (rp_cli_member_bool(status, "paused"))
		rp_cli_print_labelled(cli, "Paused", _("nothing is sent until “roampost resume”"));
	print_refused(cli, status);
	print_unconfigured(cli, status);
	print_problems(cli, status);
	if (rp_cli_member_bool(status, "agent")) {
		print_place(cli, status);
		print_set(cli, status);
	}
	rp_cli_print_not_usable(cli, status);
	print_counts(cli, status);
	rp_cli_print_why(cli, status);
	print_active(cli, status);
	rp_cli_print_waiting(cli, status);
}
