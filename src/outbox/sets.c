/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outbox-private.h"

#include <glib/gi18n.h>

/* The page of server sets: ARENA's menu, with what each can do from here. */

struct RpSetsPage {
	RpOutboxClient *client;
	GtkWidget *page;
	GtkWidget *group;
	RpAccounts *accounts;
	GPtrArray *rows; /* of GtkWidget, borrowed */
	GVariant *shown; /* what they were made of */
	gboolean makes_rows;
};

static void
on_chosen(GtkCheckButton *button, gpointer user)
{
	RpSetsPage *page = user;
	const char *set = g_object_get_data(G_OBJECT(button), "set");

	if (!page->makes_rows && gtk_check_button_get_active(button))
		rp_outbox_client_do(page->client, "UseSet", g_variant_new("(sb)", set, FALSE));
}

static GtkWidget *
add_row(RpSetsPage *page, GtkWidget *first, const char *set, const char *title,
	const char *subtitle, gboolean chosen)
{
	GtkWidget *row = adw_action_row_new(), *button = gtk_check_button_new();

	adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row), FALSE);
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row), title);
	adw_action_row_set_subtitle(ADW_ACTION_ROW(row), subtitle);
	gtk_check_button_set_group(GTK_CHECK_BUTTON(button), GTK_CHECK_BUTTON(first));
	gtk_check_button_set_active(GTK_CHECK_BUTTON(button), chosen);
	gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
	g_object_set_data_full(G_OBJECT(button), "set", g_strdup(set), g_free);
	g_signal_connect(button, "toggled", G_CALLBACK(on_chosen), page);
	adw_action_row_add_prefix(ADW_ACTION_ROW(row), button);
	adw_action_row_set_activatable_widget(ADW_ACTION_ROW(row), button);
	adw_preferences_group_add(ADW_PREFERENCES_GROUP(page->group), row);
	g_ptr_array_add(page->rows, row);
	return button;
}

/* Why it can't be used from here, or by which rule it can. */
static char *
subtitle_of(GVariant *set)
{
	g_autoptr(GVariant) reasons = rp_outbox_list(set, "reasons");
	g_autoptr(GVariant) first =
		g_variant_n_children(reasons) ? g_variant_get_child_value(reasons, 0) : NULL;
	const char *rule = rp_outbox_text(set, "rule");

	if (first && *rp_outbox_text(first, "text"))
		return g_strdup(rp_outbox_text(first, "text"));
	return *rule ? g_strdup_printf(_("Usable from here (%s)"), rule)
		     : g_strdup(_("Usable from here"));
}

static void
add_sets(RpSetsPage *page, GVariant *sets, const char *override, const char *current)
{
	g_autofree char *now = *current ? g_strdup_printf(_("The place decides: %s"), current)
					: g_strdup(_("The place decides: none can send from here"));
	GtkWidget *first =
		add_row(page, NULL, "auto", _("Automatic"), now, g_str_equal(override, "auto"));

	for (gsize i = 0; i < g_variant_n_children(sets); i++) {
		g_autoptr(GVariant) set = g_variant_get_child_value(sets, i);
		const char *name = rp_outbox_text(set, "name");
		g_autofree char *subtitle = subtitle_of(set);

		add_row(page, first, name, name, subtitle, g_str_equal(override, name));
	}
}

static void
make_rows(RpSetsPage *page, GVariant *sets, const char *override, const char *current)
{
	page->makes_rows = TRUE;
	for (guint i = 0; i < page->rows->len; i++)
		adw_preferences_group_remove(
			ADW_PREFERENCES_GROUP(page->group), page->rows->pdata[i]);
	g_ptr_array_set_size(page->rows, 0);
	add_sets(page, sets, override, current);
	page->makes_rows = FALSE;
	rp_accounts_show(page->accounts, sets);
}

/* Not while nothing has changed: the focus would be lost. */
void
rp_sets_page_refresh(RpSetsPage *page)
{
	g_autoptr(GVariant) sets = rp_outbox_client_property(page->client, "Sets");
	g_autoptr(GVariant) override = rp_outbox_client_property(page->client, "Override");
	g_autoptr(GVariant) current = rp_outbox_client_property(page->client, "CurrentSet");
	g_autoptr(GVariant) now = NULL;

	if (!sets || !override || !current)
		return;
	now = g_variant_ref_sink(g_variant_new("(vvv)", sets, override, current));
	if (page->shown && g_variant_equal(page->shown, now))
		return;
	g_clear_pointer(&page->shown, g_variant_unref);
	page->shown = g_steal_pointer(&now);
	make_rows(page, sets, g_variant_get_string(override, NULL),
		g_variant_get_string(current, NULL));
}

RpSetsPage *
rp_sets_page_new(RpOutboxClient *client)
{
	RpSetsPage *page = g_new0(RpSetsPage, 1);

	page->client = client;
	page->page = g_object_ref_sink(adw_preferences_page_new());
	page->group = adw_preferences_group_new();
	page->rows = g_ptr_array_new();
	adw_preferences_group_set_description(ADW_PREFERENCES_GROUP(page->group),
		_("A set that is chosen here takes all mail, as far as its rules allow, until the "
		  "place changes."));
	adw_preferences_page_add(
		ADW_PREFERENCES_PAGE(page->page), ADW_PREFERENCES_GROUP(page->group));
	page->accounts = rp_accounts_new();
	adw_preferences_page_add(ADW_PREFERENCES_PAGE(page->page),
		ADW_PREFERENCES_GROUP(rp_accounts_widget(page->accounts)));
	return page;
}

void
rp_sets_page_free(RpSetsPage *page)
{
	g_clear_pointer(&page->shown, g_variant_unref);
	g_ptr_array_unref(page->rows);
	rp_accounts_free(page->accounts);
	g_object_unref(page->page);
	g_free(page);
}

GtkWidget *
rp_sets_page_widget(const RpSetsPage *page)
{
	return page->page;
}
