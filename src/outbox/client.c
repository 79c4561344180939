/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outbox-private.h"

#include "roampost/base.h"

/* The agent as a proxy: its properties are kept by GDBus, its list is asked for anew whenever it
 * says that messages have changed (at most four times a second). */

#define AGENT "org.roampost.Agent1"
#define AGENT_PATH "/org/roampost/Agent1"
#define CALL_MS 70000 /* a line that is dialled is waited for */
/* A row costs some 8 ms to make, and each is looked at whenever a message changes. */
#define LISTED_FIRST 100
#define LISTED_MOST 1000 /* List's limit */

struct RpOutboxClient {
	const RpOutboxEvents *events;
	gpointer user;
	GCancellable *cancellable;
	GDBusProxy *proxy;   /* NULL: not there yet */
	gboolean is_settled; /* whether there is an agent is known */
	guint listed_most;
	gboolean is_listing;
	gboolean lists_again; /* something has changed meanwhile */
};

typedef struct {
	RpOutboxClient *client;
	RpOutboxAnswer answer;
	gpointer user;
} RpOutboxAsking;

static void list(RpOutboxClient *client);

static void
refuse(RpOutboxClient *client, const GError *error)
{
	g_autoptr(GError) copy = g_error_copy(error);

	g_dbus_error_strip_remote_error(copy);
	g_autofree char *sentence = rp_text_sentence(copy->message);
	client->events->refused(sentence, client->user);
}

/* ---- what waits ---- */

static void
on_listed(GObject *source, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) answer = g_dbus_proxy_call_finish(G_DBUS_PROXY(source), result, &error);
	g_autoptr(GVariant) messages = NULL;
	RpOutboxClient *client = user;

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	client->is_listing = FALSE;
	if (answer) {
		messages = g_variant_get_child_value(answer, 0);
		client->events->messages(messages, client->user);
	} else if (rp_outbox_client_has_agent(client)) {
		refuse(client, error);
	}
	if (client->lists_again)
		list(client);
}

static void
list(RpOutboxClient *client)
{
	client->lists_again = client->is_listing;
	if (client->is_listing || !rp_outbox_client_has_agent(client))
		return;
	client->is_listing = TRUE;
	g_dbus_proxy_call(client->proxy, "List",
		g_variant_new("(@assu)", g_variant_new_strv(NULL, 0), "", client->listed_most),
		G_DBUS_CALL_FLAGS_NONE, -1, client->cancellable, on_listed, client);
}

void
rp_outbox_client_list_more(RpOutboxClient *client)
{
	if (!rp_outbox_client_can_list_more(client))
		return;
	client->listed_most += LISTED_FIRST;
	list(client);
}

gboolean
rp_outbox_client_can_list_more(const RpOutboxClient *client)
{
	return client->listed_most < LISTED_MOST;
}

guint
rp_outbox_client_unlisted(const RpOutboxClient *client, gsize n_listed)
{
	g_autoptr(GVariant) counts = rp_outbox_client_property(client, "Counts");
	guint64 n = 0;

	for (gsize i = 0; counts && i < g_variant_n_children(counts); i++) {
		guint32 of_state;

		g_variant_get_child(counts, i, "{&su}", NULL, &of_state);
		n += of_state;
	}
	return n_listed >= client->listed_most && n > n_listed ? (guint)(n - n_listed) : 0;
}

/* ---- the agent ---- */

static void
on_properties(GDBusProxy *proxy, GVariant *changed, char **invalidated, gpointer user)
{
	RpOutboxClient *client = user;

	client->events->properties(client->user);
}

static void
on_signal(
	GDBusProxy *proxy, const char *sender, const char *name, GVariant *arguments, gpointer user)
{
	if (g_str_equal(name, "MessagesChanged"))
		list(user);
}

static void
on_owner(GObject *proxy, GParamSpec *property, gpointer user)
{
	RpOutboxClient *client = user;

	g_dbus_proxy_call(client->proxy, "SetLanguages",
		g_variant_new("(^as)", g_get_language_names()), G_DBUS_CALL_FLAGS_NO_AUTO_START,
		CALL_MS, NULL, NULL, NULL);
	client->events->properties(client->user);
	if (!rp_outbox_client_has_agent(client))
		client->events->messages(NULL, client->user);
	list(client);
	/* How far messages are; over when this leaves the bus. */
	if (rp_outbox_client_has_agent(client))
		rp_outbox_client_do(client, "Watch", g_variant_new("(b)", TRUE));
}

static void
on_proxy(GObject *source, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	GDBusProxy *proxy = g_dbus_proxy_new_for_bus_finish(result, &error);
	RpOutboxClient *client = user;

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	client->is_settled = TRUE;
	if (!proxy) {
		refuse(client, error);
		client->events->properties(client->user);
		client->events->messages(NULL, client->user);
		return;
	}
	client->proxy = proxy;
	g_signal_connect(proxy, "g-properties-changed", G_CALLBACK(on_properties), client);
	g_signal_connect(proxy, "g-signal", G_CALLBACK(on_signal), client);
	g_signal_connect(proxy, "notify::g-name-owner", G_CALLBACK(on_owner), client);
	on_owner(G_OBJECT(proxy), NULL, client);
}

RpOutboxClient *
rp_outbox_client_new(const RpOutboxEvents *events, gpointer user)
{
	RpOutboxClient *client = g_new0(RpOutboxClient, 1);

	client->events = events;
	client->user = user;
	client->listed_most = LISTED_FIRST;
	client->cancellable = g_cancellable_new();
	g_dbus_proxy_new_for_bus(G_BUS_TYPE_SESSION, G_DBUS_PROXY_FLAGS_GET_INVALIDATED_PROPERTIES,
		NULL, AGENT, AGENT_PATH, AGENT, client->cancellable, on_proxy, client);
	return client;
}

void
rp_outbox_client_free(RpOutboxClient *client)
{
	g_cancellable_cancel(client->cancellable);
	g_object_unref(client->cancellable);
	if (client->proxy)
		g_signal_handlers_disconnect_by_data(client->proxy, client);
	g_clear_object(&client->proxy);
	g_free(client);
}

gboolean
rp_outbox_client_has_agent(const RpOutboxClient *client)
{
	g_autofree char *owner = client->proxy ? g_dbus_proxy_get_name_owner(client->proxy) : NULL;

	return owner != NULL;
}

gboolean
rp_outbox_client_is_settled(const RpOutboxClient *client)
{
	return client->is_settled;
}

GVariant *
rp_outbox_client_property(const RpOutboxClient *client, const char *name)
{
	return client->proxy ? g_dbus_proxy_get_cached_property(client->proxy, name) : NULL;
}

/* ---- calls ---- */

static void
look_for_refusals(RpOutboxClient *client, GVariant *answer)
{
	g_autoptr(GVariant) refused = NULL;
	const char *sentence;

	if (!g_variant_is_of_type(answer, G_VARIANT_TYPE("(a(sss))")))
		return;
	refused = g_variant_get_child_value(answer, 0);
	if (!g_variant_n_children(refused))
		return;
	g_variant_get_child(refused, 0, "(&s&s&s)", NULL, NULL, &sentence);
	client->events->refused(sentence, client->user);
}

static void
on_answer(GObject *source, GAsyncResult *result, gpointer user)
{
	g_autofree RpOutboxAsking *asking = user;
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) answer = g_dbus_proxy_call_finish(G_DBUS_PROXY(source), result, &error);

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	if (error)
		refuse(asking->client, error);
	else if (asking->answer)
		asking->answer(answer, asking->user);
	else
		look_for_refusals(asking->client, answer);
}

void
rp_outbox_client_ask(RpOutboxClient *client, const char *method, GVariant *arguments,
	RpOutboxAnswer answer, gpointer user)
{
	RpOutboxAsking *asking;
	g_autoptr(GVariant) owned = arguments ? g_variant_ref_sink(arguments) : NULL;

	if (!client->proxy)
		return;
	asking = g_new(RpOutboxAsking, 1);
	*asking = (RpOutboxAsking){client, answer, user};
	g_dbus_proxy_call(client->proxy, method, owned, G_DBUS_CALL_FLAGS_NONE, CALL_MS,
		client->cancellable, on_answer, asking);
}

void
rp_outbox_client_do(RpOutboxClient *client, const char *method, GVariant *arguments)
{
	rp_outbox_client_ask(client, method, arguments, NULL, NULL);
}

void
rp_outbox_client_change(RpOutboxClient *client, const char *verb, const char *id, const char *set)
{
	const char *const ids[] = {id, NULL};
	GVariantBuilder options;

	g_variant_builder_init(&options, G_VARIANT_TYPE_VARDICT);
	if (set)
		g_variant_builder_add(&options, "{sv}", "set", g_variant_new_string(set));
	rp_outbox_client_do(client, "Change",
		g_variant_new("(s^asa{sv})", verb, *id ? ids : ids + 1, &options));
}
