/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-bus"

#include "bus-private.h"

#include "roampost/dbusloop.h"
#include "roampost/language.h"
#include "roampost/words.h"

/* The other end of our service: one call at a time, answered before it goes on, and the agent's
 * signals in their order. The command line stands on it. */

#define CONNECT_MS 5000
#define CALL_MS 60000
/* Of several calls some may wait for others. */
#define EACH_MS 300000
/* For the first sign of life. An agent that runs answers at once, and one that is started soon. */
#define CONTACT_MS 5000
#define PROPERTIES "org.freedesktop.DBus.Properties"

typedef struct {
	char *name;
	GVariant *arguments;
} Signal;

struct RpBusClient {
	RpDBus *bus;
	RpDBusSubscription *signals;
	RpDBusSubscription *changes;
	RpDBusOwnerWatch *owner_watch;
	gboolean had_agent;
	gboolean is_woken;
	gboolean answered; /* by an agent: one that goes away then is not started anew */
	GQueue queue;      /* of Signal */
};

static void
signal_free(gpointer data)
{
	Signal *signal = data;
	g_free(signal->name);
	g_clear_pointer(&signal->arguments, g_variant_unref);
	g_free(signal);
}

static void
push_signal(RpBusClient *client, const char *name, GVariant *arguments)
{
	Signal *signal = g_new0(Signal, 1);
	signal->name = g_strdup(name);
	signal->arguments = arguments;
	g_queue_push_tail(&client->queue, signal);
}

RpBusClient *
rp_bus_client_new(GError **error)
{
	g_autoptr(RpBusClient) client = g_new0(RpBusClient, 1);
	g_autoptr(GError) cause = NULL;

	client->bus = rp_dbus_new_session();
	if (rp_dbus_connect_sync(client->bus, CONNECT_MS, &cause))
		return g_steal_pointer(&client);
	g_autofree char *shown = rp_words_shown(cause->message);
	g_set_error(error, cause->domain, cause->code,
		_("there is no session bus to ask the agent by: %s; “roampost doctor” says what "
		  "helps"),
		shown);
	return NULL;
}

void
rp_bus_client_free(RpBusClient *client)
{
	if (client == NULL)
		return;
	g_clear_pointer(&client->signals, rp_dbus_subscription_free);
	g_clear_pointer(&client->changes, rp_dbus_subscription_free);
	g_clear_pointer(&client->owner_watch, rp_dbus_owner_watch_free);
	rp_dbus_unref(client->bus);
	g_queue_clear_full(&client->queue, signal_free);
	g_free(client);
}

gboolean
rp_bus_client_has_agent(RpBusClient *client)
{
	const char *name = RP_BUS_NAME;
	dbus_bool_t has_owner = FALSE;
	DBusMessage *message = dbus_message_new_method_call(
		DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "NameHasOwner");
	dbus_message_append_args(message, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
	g_autoptr(RpDBusMessage) reply =
		rp_dbus_call_sync(client->bus, message, CALL_MS, NULL, NULL);
	return reply != NULL &&
	       dbus_message_get_args(
		       reply, NULL, DBUS_TYPE_BOOLEAN, &has_owner, DBUS_TYPE_INVALID) &&
	       has_owner;
}

/* The agent's own errors are passed on as they are; those of the bus mean that there is no agent.
 */
static GError *
call_error(const char *name, const GError *raw)
{
	if (name != NULL && g_str_has_prefix(name, RP_BUS_ERROR_PREFIX))
		return rp_bus_error_from_reply(name, raw);
	if (raw->code != RP_ERROR_UNAVAILABLE)
		return rp_bus_error_from_reply(name, raw);
	if (g_strcmp0(name, DBUS_ERROR_NO_REPLY) == 0)
		return g_error_new(RP_ERROR, RP_ERROR_UNAVAILABLE,
			_("the agent did not answer: %s"), raw->message);
	if (g_strcmp0(name, DBUS_ERROR_SERVICE_UNKNOWN) == 0)
		return g_error_new_literal(RP_ERROR, RP_ERROR_UNAVAILABLE,
			_("no agent is running, and the session bus knows of none to start: "
			  "setsid -f roampostd >/dev/null 2>&1"));
	return g_error_new(RP_ERROR, RP_ERROR_UNAVAILABLE,
		_("no agent is running, and the session bus can't start one: %s"), raw->message);
}

/* It is handled before what is called after it, so nobody waits for the answer. */
static void
say_language(RpBusClient *client)
{
	DBusMessage *message = dbus_message_new_method_call(
		RP_BUS_NAME, RP_BUS_PATH, RP_BUS_INTERFACE, "SetLanguages");

	rp_bus_values_append(message, g_variant_new("(^as)", rp_language_names()));
	dbus_message_set_no_reply(message, TRUE);
	dbus_message_set_auto_start(message, FALSE);
	rp_dbus_send(client->bus, message);
}

/* Nobody is to wait for minutes in silence: an agent shows within seconds that it is there, or is
 * started within that. */
static gboolean
make_contact(RpBusClient *client, GError **error)
{
	g_autofree char *name = NULL;
	g_autoptr(GError) raw = NULL;
	DBusMessage *message =
		dbus_message_new_method_call(RP_BUS_NAME, RP_BUS_PATH, DBUS_INTERFACE_PEER, "Ping");
	g_autoptr(RpDBusMessage) reply =
		rp_dbus_call_sync(client->bus, message, CONTACT_MS, &name, &raw);

	if (reply != NULL || raw->code != RP_ERROR_UNAVAILABLE) {
		say_language(client);
		return TRUE; /* what else is wrong the call itself says */
	}
	if (g_strcmp0(name, DBUS_ERROR_NO_REPLY) == 0)
		g_set_error(error, RP_ERROR, RP_ERROR_UNAVAILABLE,
			_("the agent did not answer within %d s: “systemctl --user restart "
			  "roampost” starts it anew, and “roampost doctor” says what else helps"),
			CONTACT_MS / 1000);
	else
		g_propagate_error(error, call_error(name, raw));
	return FALSE;
}

static GVariant *
call(RpBusClient *client, DBusMessage *message, const char *reply_type, GError **error)
{
	g_autofree char *name = NULL;
	g_autoptr(GError) raw = NULL;
	if (!client->answered && !make_contact(client, error)) {
		dbus_message_unref(message);
		return NULL;
	}
	dbus_message_set_auto_start(message, !client->answered);
	g_autoptr(RpDBusMessage) reply =
		rp_dbus_call_sync(client->bus, message, CALL_MS, &name, &raw);
	if (reply == NULL) {
		g_propagate_error(error, call_error(name, raw));
		return NULL;
	}
	client->answered = TRUE;
	g_autoptr(GVariant) values = rp_bus_values_read(reply);
	if (!g_variant_is_of_type(values, G_VARIANT_TYPE(reply_type))) {
		g_set_error(error, RP_ERROR, RP_ERROR_IO,
			_("the agent answers with %s where %s was expected: is it of another "
			  "version?"),
			g_variant_get_type_string(values), reply_type);
		return NULL;
	}
	return g_steal_pointer(&values);
}

GVariant *
rp_bus_client_call(RpBusClient *client, const char *method, GVariant *arguments,
	const char *reply_type, GError **error)
{
	DBusMessage *message =
		dbus_message_new_method_call(RP_BUS_NAME, RP_BUS_PATH, RP_BUS_INTERFACE, method);
	rp_bus_values_append(message, arguments);
	return call(client, message, reply_type, error);
}

/* ---- several calls at once ---- */

typedef struct {
	RpDBusCall *call;
	guint *n_open; /* of all of them */
	GError *error;
} EachCall;

static void
on_each(DBusMessage *reply, const GError *raw, gpointer data)
{
	EachCall *each = data;

	if (raw)
		each->error = call_error(reply ? dbus_message_get_error_name(reply) : NULL, raw);
	--*each->n_open;
}

gboolean
rp_bus_client_call_each(RpBusClient *client, const char *method, GVariant *const *arguments,
	guint n, GError **errors)
{
	g_autofree EachCall *calls = g_new0(EachCall, n);
	gboolean contact = client->answered || make_contact(client, &errors[0]);
	guint n_open = contact ? n : 0, n_failed = 0;

	for (guint i = 0; contact && i < n; i++) {
		DBusMessage *message = dbus_message_new_method_call(
			RP_BUS_NAME, RP_BUS_PATH, RP_BUS_INTERFACE, method);

		rp_bus_values_append(message, arguments[i]);
		calls[i].n_open = &n_open;
		calls[i].call = rp_dbus_call(client->bus, message, EACH_MS, on_each, &calls[i]);
	}
	while (n_open)
		g_main_context_iteration(g_main_context_get_thread_default(), TRUE);
	for (guint i = 0; contact && i < n; i++) {
		rp_dbus_call_free(calls[i].call);
		errors[i] = calls[i].error;
		n_failed += errors[i] != NULL;
	}
	return contact && n_failed == 0;
}

GVariant *
rp_bus_client_get(RpBusClient *client, const char *property, const char *type, GError **error)
{
	DBusMessage *message =
		dbus_message_new_method_call(RP_BUS_NAME, RP_BUS_PATH, PROPERTIES, "Get");
	rp_bus_values_append(message, g_variant_new("(ss)", RP_BUS_INTERFACE, property));
	g_autoptr(GVariant) values = call(client, message, "(v)", error);
	if (values == NULL)
		return NULL;
	g_autoptr(GVariant) value = NULL;
	g_variant_get(values, "(v)", &value);
	if (!g_variant_is_of_type(value, G_VARIANT_TYPE(type))) {
		g_set_error(error, RP_ERROR, RP_ERROR_IO,
			_("the agent's property %s is of type %s where %s was expected"), property,
			g_variant_get_type_string(value), type);
		return NULL;
	}
	return g_steal_pointer(&value);
}

GVariant *
rp_bus_client_get_all(RpBusClient *client, GError **error)
{
	DBusMessage *message =
		dbus_message_new_method_call(RP_BUS_NAME, RP_BUS_PATH, PROPERTIES, "GetAll");
	rp_bus_values_append(message, g_variant_new("(s)", RP_BUS_INTERFACE));
	g_autoptr(GVariant) values = call(client, message, "(a{sv})", error);
	return values != NULL ? g_variant_get_child_value(values, 0) : NULL;
}

/* ---- signals ---- */

static void
on_signal(DBusMessage *message, gpointer data)
{
	push_signal(data, dbus_message_get_member(message), rp_bus_values_read(message));
}

static void
on_owner(const char *owner, gpointer data)
{
	RpBusClient *client = data;
	if (client->had_agent && owner == NULL)
		push_signal(client, "", NULL);
	client->had_agent = owner != NULL;
}

void
rp_bus_client_subscribe(RpBusClient *client)
{
	const RpDBusMatch own = {
		.sender = RP_BUS_NAME, .path = RP_BUS_PATH, .interface = RP_BUS_INTERFACE};
	const RpDBusMatch changes = {.sender = RP_BUS_NAME,
		.path = RP_BUS_PATH,
		.interface = PROPERTIES,
		.member = "PropertiesChanged"};
	if (client->signals != NULL)
		return;
	client->owner_watch = rp_dbus_watch_owner(client->bus, RP_BUS_NAME, on_owner, client);
	client->signals = rp_dbus_subscribe(client->bus, &own, on_signal, client);
	client->changes = rp_dbus_subscribe(client->bus, &changes, on_signal, client);
}

static gboolean
on_timeout(gpointer data)
{
	*(gboolean *)data = TRUE;
	return G_SOURCE_REMOVE;
}

/* Runs the main context until there is a signal, the time is over or the bus is lost. */
static void
wait_for_signal(RpBusClient *client, int timeout_ms)
{
	gboolean over = FALSE;
	GSource *timer = timeout_ms >= 0 ? g_timeout_source_new((guint)timeout_ms) : NULL;
	if (timer != NULL) {
		/* It is not over before all that has come has been looked at. */
		g_source_set_priority(timer, G_PRIORITY_LOW);
		g_source_set_callback(timer, on_timeout, &over, NULL);
		g_source_attach(timer, g_main_context_get_thread_default());
	}
	while (g_queue_is_empty(&client->queue) && !over && !client->is_woken &&
		rp_dbus_is_connected(client->bus))
		g_main_context_iteration(g_main_context_get_thread_default(), TRUE);
	client->is_woken = FALSE;
	rp_source_clear(&timer);
}

void
rp_bus_client_wake(RpBusClient *client)
{
	client->is_woken = TRUE;
}

char *
rp_bus_client_next(RpBusClient *client, int timeout_ms, GVariant **arguments, GError **error)
{
	*arguments = NULL;
	wait_for_signal(client, timeout_ms);
	Signal *signal = g_queue_pop_head(&client->queue);
	if (signal != NULL) {
		char *name = g_steal_pointer(&signal->name);
		*arguments = g_steal_pointer(&signal->arguments);
		signal_free(signal);
		return name;
	}
	if (!rp_dbus_is_connected(client->bus))
		g_set_error(error, RP_ERROR, RP_ERROR_UNAVAILABLE, _("the session bus is gone"));
	return NULL;
}
