/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "values.h"

#include "roampost/language.h"
#include "roampost/words.h"

#include <string.h>
#include <unistd.h>

/* A command that the agent carries out: the call, the wait for
 * its end where one is wanted, the answer as text. */

RpBusClient *
rp_cli_connect(RpCli *cli)
{
	g_autoptr(GError) error = NULL;
	RpBusClient *client = rp_bus_client_new(&error);
	if (client == NULL)
		rp_cli_fail_error(cli, error);
	return client;
}

GVariant *
rp_cli_agent_call(RpCli *cli, const char *method, GVariant *arguments, const char *type)
{
	g_autoptr(GVariant) owned = arguments != NULL ? g_variant_ref_sink(arguments) : NULL;
	g_autofree char *tuple = g_strdup_printf("(%s)", type);
	g_autoptr(GError) error = NULL;
	g_autoptr(RpBusClient) client = rp_cli_connect(cli);
	if (client == NULL)
		return NULL;
	g_autoptr(GVariant) reply = rp_bus_client_call(client, method, owned, tuple, &error);
	if (reply == NULL) {
		rp_cli_fail_error(cli, error);
		return NULL;
	}
	return g_variant_get_child_value(reply, 0);
}

/* ---- how it is ---- */

/* For so long one that has just been started is waited for: it looks at the network first, and
 * knows of no link before. */
#define SETTLE_MS 6000

gboolean
rp_cli_agent_is_starting(GVariant *properties)
{
	g_autoptr(GVariant) place =
		g_variant_lookup_value(properties, "Place", G_VARIANT_TYPE_VARDICT);
	const char *state = NULL;

	return place != NULL && g_variant_lookup(place, "state", "&s", &state) &&
	       g_str_equal(state, "starting");
}

static GVariant *
wait_until_settled(RpBusClient *client, GError **error)
{
	gint64 due = g_get_monotonic_time() + SETTLE_MS * 1000;

	rp_bus_client_subscribe(client);
	for (;;) {
		g_autoptr(GVariant) properties = rp_bus_client_get_all(client, error);
		gint64 left = due - g_get_monotonic_time();
		g_autoptr(GVariant) arguments = NULL;

		if (properties == NULL || left <= 0 || !rp_cli_agent_is_starting(properties))
			return g_steal_pointer(&properties);
		g_autofree char *signal =
			rp_bus_client_next(client, (int)(left / 1000 + 1), &arguments, NULL);
	}
}

GVariant *
rp_cli_agent_properties(RpCli *cli)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpBusClient) client = rp_cli_connect(cli);
	GVariant *properties = client != NULL ? rp_bus_client_get_all(client, &error) : NULL;

	if (properties != NULL && rp_cli_agent_is_starting(properties)) {
		g_variant_unref(properties);
		properties = wait_until_settled(client, &error);
	}
	if (error != NULL)
		rp_cli_fail_error(cli, error);
	return properties;
}

int
rp_cli_show(RpCli *cli, const char *json, RpCliRender render)
{
	g_autoptr(GError) error = NULL;
	if (cli->json)
		rp_cli_print_json(cli, json);
	else if (!render(cli, json, &error))
		return rp_cli_fail_error(cli, error);
	return RP_EXIT_DONE;
}

static gboolean
change(RpCli *cli, RpBusClient *client, const char *verb, char **ids, gboolean may_be_gone)
{
	const GError gone = {RP_ERROR, RP_ERROR_NOT_FOUND, NULL};
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = rp_bus_client_call(client, "Change",
		g_variant_new("(s^as@a{sv})", verb, ids,
			g_variant_new_array(G_VARIANT_TYPE("{sv}"), NULL, 0)),
		"(a(sss))", &error);
	const char *name, *sentence;
	gboolean good = TRUE;
	GVariantIter iter;

	if (!reply) {
		rp_cli_fail_error(cli, error);
		return FALSE;
	}
	g_autoptr(GVariant) refused = g_variant_get_child_value(reply, 0);
	g_variant_iter_init(&iter, refused);
	while (g_variant_iter_next(&iter, "(&s&s&s)", NULL, &name, &sentence)) {
		if (may_be_gone && g_str_equal(name, rp_bus_error_name(&gone)))
			continue;
		rp_cli_fail(cli, "%s", sentence);
		good = FALSE;
	}
	return good;
}

gboolean
rp_cli_agent_change(RpCli *cli, RpBusClient *client, const char *verb, char **ids)
{
	return change(cli, client, verb, ids, FALSE);
}

gboolean
rp_cli_agent_flush_new(RpCli *cli, RpBusClient *client, char **ids)
{
	return change(cli, client, "flush", ids, TRUE);
}

gboolean
rp_cli_agent_do(RpCli *cli, RpBusClient *client, const char *method, GVariant *arguments)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply = rp_bus_client_call(client, method, arguments, "()", &error);
	if (reply == NULL)
		rp_cli_fail_error(cli, error);
	return reply != NULL;
}

/* ---- waiting ---- */

void
rp_cli_wait_init(RpCliWait *wait)
{
	*wait = (RpCliWait){
		.checks = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free)};
}

void
rp_cli_wait_clear(RpCliWait *wait)
{
	g_clear_pointer(&wait->checks, g_hash_table_unref);
	g_clear_pointer(&wait->disk, g_free);
}

static void
on_sent(RpCli *cli, RpCliWait *wait, GVariant *arguments)
{
	const char *id;
	const char *set;
	g_variant_get(arguments, "(&s&s)", &id, &set);
	rp_cli_print(cli, _("%s sent through %s\n"), id, set);
}

static void
on_failed(RpCli *cli, RpCliWait *wait, GVariant *arguments)
{
	const char *id;
	const char *text;
	g_variant_get(arguments, "(&s&s&s)", &id, NULL, &text);
	wait->n_failed++;
	rp_cli_print(cli, _("%s failed: %s\n"), id, text);
}

static void
on_check(RpCli *cli, RpCliWait *wait, GVariant *arguments)
{
	const char *set;
	const char *error;
	guint32 fetched;
	g_variant_get(arguments, "(&su&s)", &set, &fetched, &error);
	g_hash_table_insert(wait->checks, g_strdup(set), g_strdup(error));
	g_autofree char *shown = rp_words_shown(error);
	if (*error != '\0' && fetched > 0)
		rp_cli_note(cli, _("%s was not checked to the end, %u fetched: %s"), set, fetched,
			shown);
	else if (*error != '\0')
		rp_cli_note(cli, _("%s could not be checked: %s"), set, shown);
	else
		rp_cli_print(cli, _("%s checked, %u fetched\n"), set, fetched);
}

/* Nothing ends before there is room, which may take for ever. */
static void
note_problems(RpCliWait *wait, GVariant *properties)
{
	g_autoptr(GVariant) problems =
		g_variant_lookup_value(properties, "Problems", G_VARIANT_TYPE("aa{sv}"));
	if (problems != NULL)
		g_clear_pointer(&wait->disk, g_free);
	for (gsize i = 0; problems != NULL && i < g_variant_n_children(problems); i++) {
		g_autoptr(GVariant) problem = g_variant_get_child_value(problems, i);
		const char *code = "";
		g_variant_lookup(problem, "code", "&s", &code);
		if (wait->disk == NULL && strcmp(code, "disk") == 0)
			wait->disk = rp_cli_problem_text(problem);
	}
}

static void
on_properties(RpCli *cli, RpCliWait *wait, GVariant *arguments)
{
	g_autoptr(GVariant) changed = g_variant_get_child_value(arguments, 1);
	note_problems(wait, changed);
}

static const struct {
	const char *signal;
	const char *type;
	void (*handler)(RpCli *cli, RpCliWait *wait, GVariant *arguments);
} signal_handlers[] = {
	{"MessageSent", "(ss)", on_sent},
	{"MessageFailed", "(sss)", on_failed},
	{"CheckDone", "(sus)", on_check},
	{"PropertiesChanged", "(sa{sv}as)", on_properties},
};

static void
handle_signal(RpCli *cli, RpCliWait *wait, const char *name, GVariant *arguments)
{
	for (gsize i = 0; i < G_N_ELEMENTS(signal_handlers); i++)
		if (strcmp(name, signal_handlers[i].signal) == 0 &&
			g_variant_is_of_type(arguments, G_VARIANT_TYPE(signal_handlers[i].type)))
			signal_handlers[i].handler(cli, wait, arguments);
}

/* Takes what has been heard: waits for one signal, then those that are there already. */
static gboolean
hear(RpCli *cli, RpBusClient *client, RpCliWait *wait, int timeout_ms, GError **error)
{
	for (;; timeout_ms = 0) {
		g_autoptr(GError) lost = NULL;
		g_autoptr(GVariant) arguments = NULL;
		g_autofree char *name = rp_bus_client_next(client, timeout_ms, &arguments, &lost);
		if (lost != NULL) {
			g_propagate_error(error, g_steal_pointer(&lost));
			return FALSE;
		}
		if (name == NULL)
			return TRUE;
		if (*name == '\0') {
			g_set_error_literal(error, RP_ERROR, RP_ERROR_UNAVAILABLE,
				_("the agent has gone away; the mail is kept in the queue"));
			return FALSE;
		}
		handle_signal(cli, wait, name, arguments);
	}
}

/* What was so already is not told again. */
static gboolean
look(RpBusClient *client, RpCliWait *wait, GError **error)
{
	g_autoptr(GVariant) properties = rp_bus_client_get_all(client, error);
	if (properties != NULL)
		note_problems(wait, properties);
	return properties != NULL;
}

static gboolean
can_go_on(const RpCliWait *wait, GError **error)
{
	if (wait->disk != NULL)
		g_set_error_literal(error, RP_ERROR, RP_ERROR_UNAVAILABLE, wait->disk);
	return wait->disk == NULL;
}

gboolean
rp_cli_wait(RpCli *cli, RpBusClient *client, RpCliWait *wait, RpCliReached reached, gpointer data)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GError) gone = NULL;
	gboolean good = hear(cli, client, wait, 0, &error) && look(client, wait, &error);
	while (good && !reached(client, wait, data, &error) && error == NULL)
		good = can_go_on(wait, &error) && hear(cli, client, wait, -1, &error);
	/* What was said before the last answer came, or did not; and whether that is why. */
	if (good && !hear(cli, client, wait, 0, &gone) && error != NULL) {
		g_clear_error(&error);
		error = g_steal_pointer(&gone);
	}
	if (error != NULL)
		rp_cli_fail_error(cli, error);
	return error == NULL;
}

static gboolean
is_under_way(const char *state)
{
	return strcmp(state, "queued") == 0 || strcmp(state, "sending") == 0;
}

/* One that is not there any more has left, too. */
static gboolean
message_is_done(RpBusClient *client, const char *id, GError **error)
{
	g_autoptr(GError) failure = NULL;
	g_autoptr(GVariant) reply =
		rp_bus_client_call(client, "Get", g_variant_new("(s)", id), "(a{sv})", &failure);
	if (g_error_matches(failure, RP_ERROR, RP_ERROR_NOT_FOUND))
		return TRUE;
	if (reply == NULL) {
		g_propagate_error(error, g_steal_pointer(&failure));
		return FALSE;
	}
	g_autoptr(GVariant) members = g_variant_get_child_value(reply, 0);
	const char *state = "";
	g_variant_lookup(members, "state", "&s", &state);
	return !is_under_way(state);
}

/* The property Counts may be a moment behind, a list is read from the queue. */
static gboolean
none_is_under_way(RpBusClient *client, GError **error)
{
	const char *const states[] = {"queued", "sending", NULL};
	g_autoptr(GVariant) reply = rp_bus_client_call(client, "List",
		g_variant_new("(^assu)", states, "", (guint32)1), "(aa{sv})", error);
	if (reply == NULL)
		return FALSE;
	g_autoptr(GVariant) messages = g_variant_get_child_value(reply, 0);
	return g_variant_n_children(messages) == 0;
}

/* What is held may go when it is known where we are. */
static gboolean
nothing_is_asked(RpBusClient *client, GError **error)
{
	g_autoptr(GVariant) properties = rp_bus_client_get_all(client, error);
	gboolean asking = FALSE;

	if (properties == NULL)
		return FALSE;
	g_variant_lookup(properties, "Asking", "b", &asking);
	return !asking;
}

gboolean
rp_cli_all_done(RpBusClient *client, const RpCliWait *wait, gpointer data, GError **error)
{
	char **ids = data;
	if (ids == NULL || *ids == NULL)
		return nothing_is_asked(client, error) && none_is_under_way(client, error);
	for (; *ids != NULL; ids++)
		if (!message_is_done(client, *ids, error))
			return FALSE;
	return nothing_is_asked(client, error);
}

gboolean
rp_cli_has_user_manager(void)
{
	const char *runtime = g_getenv("XDG_RUNTIME_DIR");
	g_autofree char *socket =
		runtime ? g_build_filename(runtime, "systemd", "private", NULL) : NULL;

	return socket && access(socket, F_OK) == 0;
}

/* What it logs would go on to this terminal, for as long as that is there. */
const char *
rp_cli_start_command(void)
{
	return rp_cli_has_user_manager() ? "systemctl --user start roampost"
					 : "setsid -f roampostd >/dev/null 2>&1";
}

gboolean
rp_cli_agent_takes_config(RpCli *cli)
{
	g_autoptr(RpBusClient) client = rp_bus_client_new(NULL);

	return !client || !rp_bus_client_has_agent(client) ||
	       rp_cli_agent_do(cli, client, "Reload", NULL);
}

void
rp_cli_agent_hears_of_passwords(void)
{
	g_autoptr(RpBusClient) client = rp_bus_client_new(NULL);
	g_autoptr(GVariant) nothing = NULL;

	if (client && rp_bus_client_has_agent(client))
		nothing = rp_bus_client_call(
			client, "Forget", g_variant_new("(s)", "failures"), "()", NULL);
}
