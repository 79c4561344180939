/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outbox-private.h"

#include <glib/gi18n.h>
#include <string.h>

/* The addresses that mail can be sent as, below the server sets that they belong to: each with its
 * set, and what can be done with it. */

struct RpAccounts {
	GtkWidget *group;
	GPtrArray *rows; /* of GtkWidget, borrowed */
};

static void
on_add(GtkButton *button, gpointer user)
{
	rp_account_add(GTK_WIDGET(button));
}

static void
on_password(GtkButton *button, gpointer user)
{
	rp_account_change_password(
		GTK_WIDGET(button), g_object_get_data(G_OBJECT(button), "address"));
}

static void
on_remove(GtkButton *button, gpointer user)
{
	rp_account_remove(GTK_WIDGET(button), g_object_get_data(G_OBJECT(button), "address"));
}

static void
add_button(
	GtkWidget *row, const char *icon, const char *label, const char *address, GCallback clicked)
{
	GtkWidget *button = gtk_button_new_from_icon_name(icon);

	gtk_widget_add_css_class(button, "flat");
	gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
	gtk_widget_set_tooltip_text(button, label);
	gtk_accessible_update_property(
		GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
	g_object_set_data_full(G_OBJECT(button), "address", g_strdup(address), g_free);
	g_signal_connect(button, "clicked", clicked, NULL);
	adw_action_row_add_suffix(ADW_ACTION_ROW(row), button);
}

/* A whole domain has no login of its own, and some accounts have none, or one by a token. */
static gboolean
has_password(const char *address, GVariant *set)
{
	return *address != '@' && g_str_equal(rp_outbox_text(set, "login"), "password");
}

static void
add_row(RpAccounts *accounts, const char *address, GVariant *set)
{
	GtkWidget *row = adw_action_row_new();
	g_autofree char *password = g_strdup_printf(_("New password for %s"), address);
	g_autofree char *removal = g_strdup_printf(_("Remove %s"), address);

	adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), address);
	adw_action_row_set_subtitle(ADW_ACTION_ROW(row), rp_outbox_text(set, "name"));
	if (has_password(address, set))
		add_button(row, "dialog-password-symbolic", password, address,
			G_CALLBACK(on_password));
	add_button(row, "user-trash-symbolic", removal, address, G_CALLBACK(on_remove));
	adw_preferences_group_add(ADW_PREFERENCES_GROUP(accounts->group), row);
	g_ptr_array_add(accounts->rows, row);
}

void
rp_accounts_show(RpAccounts *accounts, GVariant *sets)
{
	for (guint i = 0; i < accounts->rows->len; i++)
		adw_preferences_group_remove(
			ADW_PREFERENCES_GROUP(accounts->group), accounts->rows->pdata[i]);
	g_ptr_array_set_size(accounts->rows, 0);
	for (gsize i = 0; i < g_variant_n_children(sets); i++) {
		g_autoptr(GVariant) set = g_variant_get_child_value(sets, i);
		g_autofree const char **addresses = NULL;

		if (!g_variant_lookup(set, "identities", "^a&s", &addresses))
			continue;
		for (const char **address = addresses; *address; address++)
			add_row(accounts, *address, set);
	}
}

RpAccounts *
rp_accounts_new(void)
{
	RpAccounts *accounts = g_new0(RpAccounts, 1);
	GtkWidget *button = gtk_button_new_from_icon_name("list-add-symbolic");
	const char *label = _("Add an account (Ctrl+N)");

	accounts->rows = g_ptr_array_new();
	accounts->group = adw_preferences_group_new();
	adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(accounts->group), _("Accounts"));
	gtk_widget_set_tooltip_text(button, label);
	gtk_widget_add_css_class(button, "flat");
	gtk_accessible_update_property(
		GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
	g_signal_connect(button, "clicked", G_CALLBACK(on_add), NULL);
	adw_preferences_group_set_header_suffix(ADW_PREFERENCES_GROUP(accounts->group), button);
	return accounts;
}

void
rp_accounts_free(RpAccounts *accounts)
{
	g_ptr_array_unref(accounts->rows);
	g_free(accounts);
}

GtkWidget *
rp_accounts_widget(const RpAccounts *accounts)
{
	return accounts->group;
}
