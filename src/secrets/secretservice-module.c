/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "secretservice-private.h"

#include <gmodule.h>
#include <libsecret/secret.h>

/* The Secret Service by libsecret, which encrypts what goes over the bus and keeps its own copies
 * in locked memory. */

G_MODULE_EXPORT RpSecretResult rp_module_secret_store(
	const RpSecretKey *key, const char *label, const char *secret, GError **error);
G_MODULE_EXPORT RpSecretResult rp_module_secret_look_up(
	const RpSecretKey *key, char **secret, GError **error);
G_MODULE_EXPORT RpSecretResult rp_module_secret_clear(const RpSecretKey *key, GError **error);
G_MODULE_EXPORT RpSecretResult rp_module_secret_probe(GError **error);

/* clang-format off */
#define ATTRIBUTES \
	{ \
		{"host", SECRET_SCHEMA_ATTRIBUTE_STRING}, {"service", SECRET_SCHEMA_ATTRIBUTE_STRING}, \
		{"user", SECRET_SCHEMA_ATTRIBUTE_STRING}, {NULL, 0}, \
	}
/* clang-format on */
static const SecretSchema ours = {"org.roampost.Password", SECRET_SCHEMA_NONE, ATTRIBUTES};
static const SecretSchema anybodys = {
	"org.roampost.Password", SECRET_SCHEMA_DONT_MATCH_NAME, ATTRIBUTES};

static GHashTable *
attributes_of(const RpSecretKey *key)
{
	return secret_attributes_build(
		&ours, "host", key->host, "service", key->service, "user", key->user, NULL);
}

static gboolean
is_absence(const GError *error)
{
	static const int codes[] = {G_DBUS_ERROR_SERVICE_UNKNOWN, G_DBUS_ERROR_NAME_HAS_NO_OWNER,
		G_DBUS_ERROR_NO_REPLY, G_DBUS_ERROR_NO_SERVER, G_DBUS_ERROR_DISCONNECTED,
		G_DBUS_ERROR_SPAWN_EXEC_FAILED, G_DBUS_ERROR_SPAWN_CHILD_EXITED,
		G_DBUS_ERROR_SPAWN_CHILD_SIGNALED, G_DBUS_ERROR_SPAWN_FAILED};

	for (gsize i = 0; i < G_N_ELEMENTS(codes); i++)
		if (g_error_matches(error, G_DBUS_ERROR, codes[i]))
			return TRUE;
	return error->domain == G_IO_ERROR;
}

/* Takes libsecret's error, which may be missing: who closes the dialogue gets none. */
static RpSecretResult
fail(GError *theirs, GError **error)
{
	g_autoptr(GError) cause = theirs;

	if (!cause || g_error_matches(cause, SECRET_ERROR, SECRET_ERROR_IS_LOCKED)) {
		g_set_error_literal(error, RP_ERROR, RP_ERROR_PERMISSION,
			"the keyring is locked: unlock it, by logging in to the desktop or in your "
			"keyring's program");
		return RP_SECRET_LOCKED;
	}
	g_dbus_error_strip_remote_error(cause);
	if (!is_absence(cause)) {
		g_set_error(error, RP_ERROR, RP_ERROR_IO, "the keyring says: %s", cause->message);
		return RP_SECRET_FAILED;
	}
	g_set_error(error, RP_ERROR, RP_ERROR_UNAVAILABLE,
		"there is no Secret Service on the session bus (%s): start a keyring "
		"(gnome-keyring, KWallet, KeePassXC), or use another source of the password",
		cause->message);
	return RP_SECRET_UNAVAILABLE;
}

/* A connection that GLib shares ends the program with the bus; and one that has ended is still the
 * service's. */
static SecretService *
connect_service(GError **error)
{
	g_autoptr(GDBusConnection) bus = g_bus_get_sync(G_BUS_TYPE_SESSION, NULL, error);
	g_autoptr(SecretService) service = NULL;

	if (!bus)
		return NULL;
	g_dbus_connection_set_exit_on_close(bus, FALSE);
	service = secret_service_get_sync(SECRET_SERVICE_NONE, NULL, error);
	if (service &&
		g_dbus_connection_is_closed(g_dbus_proxy_get_connection(G_DBUS_PROXY(service)))) {
		secret_service_disconnect();
		g_clear_object(&service);
		service = secret_service_get_sync(SECRET_SERVICE_NONE, NULL, error);
	}
	if (service && !secret_service_ensure_session_sync(service, NULL, error))
		return NULL;
	return g_steal_pointer(&service);
}

/* A keyring that has no collection yet makes one, and asks for its password on a display: libsecret
 * sees to that. What it says where there is no display is not what is wrong. */
static RpSecretResult
fail_storing(GError *theirs, GError **error)
{
	g_autoptr(GError) cause = theirs;

	if (!cause || is_absence(cause) ||
		g_error_matches(cause, SECRET_ERROR, SECRET_ERROR_IS_LOCKED))
		return fail(g_steal_pointer(&cause), error);
	g_dbus_error_strip_remote_error(cause);
	g_set_error(error, RP_ERROR, RP_ERROR_PERMISSION,
		"the keyring does not take the password (%s): log in to the desktop, or make or "
		"unlock a keyring in its program",
		cause->message);
	return RP_SECRET_LOCKED;
}

RpSecretResult
rp_module_secret_store(
	const RpSecretKey *key, const char *label, const char *secret, GError **error)
{
	g_autoptr(GError) theirs = NULL;
	g_autoptr(SecretService) service = connect_service(&theirs);
	g_autoptr(GHashTable) attributes = attributes_of(key);
	SecretValue *value = secret_value_new(secret, -1, "text/plain");
	gboolean stored =
		service && secret_service_store_sync(service, &ours, attributes,
				   SECRET_COLLECTION_DEFAULT, label, value, NULL, &theirs);

	secret_value_unref(value);
	return stored ? RP_SECRET_DONE : fail_storing(g_steal_pointer(&theirs), error);
}

/* KeePassXC shows nothing of a database that is locked. */
static gboolean
is_any_locked(SecretService *service)
{
	gboolean locked = FALSE;

	if (!secret_service_load_collections_sync(service, NULL, NULL))
		return FALSE;
	GList *all = secret_service_get_collections(service);
	for (GList *at = all; at; at = at->next)
		locked |= secret_collection_get_locked(at->data);
	g_list_free_full(all, g_object_unref);
	return locked;
}

/* gnome-keyring calls even a keyring without a password locked until somebody asks for it to be
 * opened, and opens it then without a dialogue. One that would show one is left as it is. TRUE:
 * something was opened. */
static gboolean
unlock_silently(SecretService *service, GList *items)
{
	g_autoptr(GVariantBuilder) paths = g_variant_builder_new(G_VARIANT_TYPE("ao"));
	g_autoptr(GVariant) answer = NULL;
	g_autofree const char **opened = NULL;

	for (GList *at = items; at; at = at->next)
		if (secret_item_get_locked(at->data))
			g_variant_builder_add(
				paths, "o", g_dbus_proxy_get_object_path(G_DBUS_PROXY(at->data)));
	answer = g_dbus_proxy_call_sync(G_DBUS_PROXY(service), "Unlock",
		g_variant_new("(ao)", paths), G_DBUS_CALL_FLAGS_NONE, -1, NULL, NULL);
	if (!answer || !g_variant_is_of_type(answer, G_VARIANT_TYPE("(aoo)")))
		return FALSE;
	g_variant_get(answer, "(^a&oo)", &opened, NULL);
	return opened[0] != NULL;
}

/* The first that can be read; NULL: none. */
static char *
read_first(GList *items, gboolean *locked)
{
	for (GList *at = items; at; at = at->next) {
		SecretValue *value = secret_item_get_secret(at->data);
		gsize size = 0;
		const char *octets = value ? secret_value_get(value, &size) : NULL;
		char *copy = octets && size > 0 ? g_strndup(octets, size) : NULL;

		*locked |= secret_item_get_locked(at->data);
		if (value)
			secret_value_unref(value);
		if (copy)
			return copy;
	}
	return NULL;
}

static GList *
search(SecretService *service, GHashTable *attributes, GError **error)
{
	int flags = SECRET_SEARCH_ALL | SECRET_SEARCH_LOAD_SECRETS;

	return service ? secret_service_search_sync(
				 service, &anybodys, attributes, flags, NULL, error)
		       : NULL;
}

RpSecretResult
rp_module_secret_look_up(const RpSecretKey *key, char **secret, GError **error)
{
	g_autoptr(GError) theirs = NULL;
	g_autoptr(SecretService) service = connect_service(&theirs);
	g_autoptr(GHashTable) attributes = attributes_of(key);
	GList *items = search(service, attributes, &theirs);
	gboolean locked = FALSE;

	*secret = read_first(items, &locked);
	if (!*secret && locked && unlock_silently(service, items)) {
		g_list_free_full(items, g_object_unref);
		locked = FALSE;
		items = search(service, attributes, &theirs);
		*secret = read_first(items, &locked);
	}
	g_list_free_full(items, g_object_unref);
	if (*secret)
		return RP_SECRET_DONE;
	if (theirs || locked || is_any_locked(service))
		return fail(g_steal_pointer(&theirs), error);
	g_set_error(error, RP_ERROR, RP_ERROR_NOT_FOUND,
		"the keyring has no password with host %s, service %s and user %s", key->host,
		key->service, key->user);
	return RP_SECRET_ABSENT;
}

RpSecretResult
rp_module_secret_clear(const RpSecretKey *key, GError **error)
{
	g_autoptr(GError) theirs = NULL;
	g_autoptr(SecretService) service = connect_service(&theirs);
	g_autoptr(GHashTable) attributes = attributes_of(key);

	if (service && secret_service_clear_sync(service, &ours, attributes, NULL, &theirs))
		return RP_SECRET_DONE;
	if (theirs || !service)
		return fail(g_steal_pointer(&theirs), error);
	g_set_error_literal(
		error, RP_ERROR, RP_ERROR_NOT_FOUND, "the keyring has no such password of ours");
	return RP_SECRET_ABSENT;
}

RpSecretResult
rp_module_secret_probe(GError **error)
{
	g_autoptr(GError) theirs = NULL;
	g_autoptr(SecretService) service = connect_service(&theirs);

	return service ? RP_SECRET_DONE : fail(g_steal_pointer(&theirs), error);
}
