/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-desktop"

#include "desktop-private.h"

/* The programs that a click starts. What starts them, and the token of the click, are those of the
 * Startup Notification and XDG Activation protocols. */

#define APPLICATION "org.freedesktop.Application"
#define OUTBOX_PATH "/org/roampost/Outbox"

static char **
environment(const char *token)
{
	char **environment = g_get_environ();

	if (token == NULL)
		return environment;
	environment = g_environ_setenv(environment, "XDG_ACTIVATION_TOKEN", token, TRUE);
	return g_environ_setenv(environment, "DESKTOP_STARTUP_ID", token, TRUE);
}

void
rp_start_page(const char *url, const char *token)
{
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) with_token = environment(token);
	char *const command[] = {(char *)"xdg-open", (char *)url, NULL};

	if (!g_str_has_prefix(url, "http://") && !g_str_has_prefix(url, "https://"))
		g_message("%s is no page", url);
	else if (!g_spawn_async(NULL, (char **)command, with_token,
			 G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL |
				 G_SPAWN_STDERR_TO_DEV_NULL,
			 NULL, NULL, NULL, &error))
		g_message("%s is not opened: %s", url, error->message);
}

void
rp_start_outbox(RpDBus *bus, const char *token)
{
	DBusMessage *message =
		dbus_message_new_method_call(RP_OUTBOX_NAME, OUTBOX_PATH, APPLICATION, "Activate");
	DBusMessageIter iter, data;

	dbus_message_iter_init_append(message, &iter);
	rp_dbus_dict_open(&iter, &data);
	rp_dbus_dict_string(&data, "activation-token", token);
	rp_dbus_dict_string(&data, "desktop-startup-id", token);
	rp_dbus_dict_close(&iter, &data);
	dbus_message_set_no_reply(message, TRUE);
	rp_dbus_send(bus, message);
}
