/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outbox-private.h"

#include <glib/gi18n.h>

/* What `roampost setup` is told by its options, as fields: each is called by its option too, for
 * that is how setup says what it lacks. */

static const struct {
	const char *option, *label;
} options[] = {
	{"--smtp", N_("Server for sending (--smtp), where you know it: smtps://HOST")},
	{"--pop", N_("Server to fetch from (--pop), where it is needed: pop3s://HOST")},
	{"--user", N_("Name of the login (--user), where it is another one")},
	{"--accept-host", N_("Server of another name to be trusted (--accept-host)")},
	{"--tls-ca-file", N_("File with the server's certificate (--tls-ca-file)")},
};

struct RpGiven {
	GtkWidget *box;
	GtkWidget *entries[G_N_ELEMENTS(options)];
	GtkWidget *untested;
};

static GtkWidget *
make_entry(const char *label, GCallback activated, gpointer user)
{
	GtkWidget *entry = gtk_entry_new();

	gtk_entry_set_placeholder_text(GTK_ENTRY(entry), label);
	gtk_widget_set_tooltip_text(entry, label);
	gtk_accessible_update_property(
		GTK_ACCESSIBLE(entry), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
	g_signal_connect(entry, "activate", activated, user);
	return entry;
}

RpGiven *
rp_given_new(GCallback activated, gpointer user)
{
	RpGiven *given = g_new0(RpGiven, 1);

	given->box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 6);
	for (guint i = 0; i < G_N_ELEMENTS(options); i++) {
		given->entries[i] = make_entry(_(options[i].label), activated, user);
		gtk_box_append(GTK_BOX(given->box), given->entries[i]);
	}
	given->untested =
		gtk_check_button_new_with_label(_("Write it down without the test (--untested)"));
	gtk_box_append(GTK_BOX(given->box), given->untested);
	gtk_widget_set_visible(given->box, FALSE);
	return given;
}

GtkWidget *
rp_given_widget(const RpGiven *given)
{
	return given->box;
}

void
rp_given_add_options(const RpGiven *given, GPtrArray *arguments)
{
	for (guint i = 0; i < G_N_ELEMENTS(options); i++) {
		const char *text = gtk_editable_get_text(GTK_EDITABLE(given->entries[i]));

		if (*text)
			g_ptr_array_add(arguments, g_strconcat(options[i].option, "=", text, NULL));
	}
	if (gtk_check_button_get_active(GTK_CHECK_BUTTON(given->untested)))
		g_ptr_array_add(arguments, g_strdup("--untested"));
}

void
rp_given_free(RpGiven *given)
{
	g_free(given);
}
