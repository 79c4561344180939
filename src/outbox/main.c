/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outbox-private.h"

#include <glib/gi18n.h>
#include <locale.h>

/* roampost-outbox: one window, which the bus can start as well (org.roampost.Outbox), as the "Show
 * outbox" of notifications and of the tray does. */

static void
on_activate(GApplication *application, gpointer user)
{
	rp_outbox_window_present(ADW_APPLICATION(application));
}

static void
add_keys(GtkApplication *application)
{
	static const struct {
		const char *action;
		const char *keys[3];
	} keys[] = {
		{"win.flush", {"<Control>Return", NULL}},
		{"win.page::outbox", {"<Alt>1", NULL}},
		{"win.page::sets", {"<Alt>2", NULL}},
		{"win.page::history", {"<Alt>3", NULL}},
		{"win.check", {"F5", NULL}},
		{"win.add-account", {"<Control>n", NULL}},
		{"window.close", {"<Control>w", "<Control>q", NULL}},
	};

	for (guint i = 0; i < G_N_ELEMENTS(keys); i++)
		gtk_application_set_accels_for_action(application, keys[i].action, keys[i].keys);
}

/* GTK sets the locale too, but later than --help is said. Translations of another place are for
 * programs that are not installed. */
static void
use_translations(void)
{
	const char *dir = g_getenv("ROAMPOST_LOCALE_DIR");

	setlocale(LC_ALL, "");
	bindtextdomain(GETTEXT_PACKAGE, dir && *dir ? dir : RP_LOCALE_DIR);
	bind_textdomain_codeset(GETTEXT_PACKAGE, "UTF-8");
	textdomain(GETTEXT_PACKAGE);
}

int
main(int argc, char **argv)
{
	use_translations();
	g_autoptr(AdwApplication) application =
		adw_application_new("org.roampost.Outbox", G_APPLICATION_FLAGS_NONE);

	g_application_set_option_context_summary(G_APPLICATION(application),
		_("Shows the outbox: what waits, why, and what would free it."));
	add_keys(GTK_APPLICATION(application));
	g_signal_connect(application, "activate", G_CALLBACK(on_activate), NULL);
	return g_application_run(G_APPLICATION(application), argc, argv);
}
