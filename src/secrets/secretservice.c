/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "secretservice-private.h"

#include "roampost/bussocket.h"
#include "roampost/module.h"

#include <string.h>

/* The way to the module, and what is said where there is none, or no bus. */

/* Without a bus libsecret would have GLib start one (dbus-launch). */
static gboolean
has_bus(void)
{
	g_autofree char *address = rp_dbus_session_address();
	const char *path = address ? strstr(address, "unix:path=") : NULL;
	g_autofree char *file = NULL;

	if (!path)
		return address != NULL;
	path += strlen("unix:path=");
	file = g_strndup(path, strcspn(path, ",;"));
	return g_file_test(file, G_FILE_TEST_EXISTS);
}

static void *
function(const char *name, GError **error)
{
	void *found = has_bus() ? rp_module_function(RP_SECRETSERVICE_MODULE, name) : NULL;

	if (found)
		return found;
	g_set_error_literal(error, RP_ERROR, RP_ERROR_UNAVAILABLE,
		has_bus() ? "this roampost was built without libsecret: use a password command"
			  : "there is no session bus here, and so no Secret Service: log in to a "
			    "desktop session, or use another source of the password");
	return NULL;
}

RpSecretKey
rp_secret_key_smtp(const RpServerSet *set)
{
	const RpEndpoint *first = g_ptr_array_index(set->smtp, 0);

	return (RpSecretKey){first->host, RP_SECRET_SMTP, set->smtp_login.user};
}

RpSecretKey
rp_secret_key_pop(const RpServerSet *set)
{
	return (RpSecretKey){set->pop->host, RP_SECRET_POP, set->pop_login.user};
}

RpSecretResult
rp_secretservice_store(
	const RpSecretKey *key, const char *label, const char *secret, GError **error)
{
	RpSecretStore store = (RpSecretStore)function(RP_SECRETSERVICE_STORE, error);

	return store ? store(key, label, secret, error) : RP_SECRET_UNAVAILABLE;
}

RpSecretResult
rp_secretservice_look_up(const RpSecretKey *key, char **secret, GError **error)
{
	RpSecretLookUp look_up = (RpSecretLookUp)function(RP_SECRETSERVICE_LOOK_UP, error);

	RpSecretResult result;

	*secret = NULL;
	if (!look_up)
		return RP_SECRET_UNAVAILABLE;
	result = look_up(key, secret, error);
	*secret = rp_secret_take(*secret); /* a module has another heap of secrets */
	return result;
}

RpSecretResult
rp_secretservice_clear(const RpSecretKey *key, GError **error)
{
	RpSecretClear clear = (RpSecretClear)function(RP_SECRETSERVICE_CLEAR, error);

	return clear ? clear(key, error) : RP_SECRET_UNAVAILABLE;
}

RpSecretResult
rp_secretservice_probe(GError **error)
{
	RpSecretProbe probe = (RpSecretProbe)function(RP_SECRETSERVICE_PROBE, error);

	return probe ? probe(error) : RP_SECRET_UNAVAILABLE;
}
