/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outbox-private.h"

/* Why a message goes the way it does: Explain's rows, as `roampost explain` has them. */

typedef struct {
	GWeakRef widget;
	char *title;
} RpExplaining;

static void
explaining_free(RpExplaining *explaining)
{
	g_weak_ref_clear(&explaining->widget);
	g_free(explaining->title);
	g_free(explaining);
}

static void
add_row(GtkWidget *group, GVariant *row)
{
	GtkWidget *line = adw_action_row_new();
	g_autofree char *title = g_strdup_printf("%s: %s%s%s", rp_outbox_text(row, "set"),
		rp_outbox_text(row, "rule"), *rp_outbox_text(row, "term") ? ", " : "",
		rp_outbox_text(row, "term"));

	adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(line), FALSE);
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(line), title);
	adw_action_row_set_subtitle(ADW_ACTION_ROW(line), rp_outbox_text(row, "why"));
	adw_action_row_set_icon_name(ADW_ACTION_ROW(line),
		rp_outbox_flag(row, "holds") ? "emblem-ok-symbolic" : "window-close-symbolic");
	adw_preferences_group_add(ADW_PREFERENCES_GROUP(group), line);
}

/* One group a recipient. */
static GtkWidget *
make_page(GVariant *rows)
{
	GtkWidget *page = adw_preferences_page_new(), *group = NULL;
	const char *recipient = NULL;

	for (gsize i = 0; i < g_variant_n_children(rows); i++) {
		g_autoptr(GVariant) row = g_variant_get_child_value(rows, i);

		if (!group || !g_str_equal(rp_outbox_text(row, "recipient"), recipient)) {
			recipient = rp_outbox_text(row, "recipient");
			group = adw_preferences_group_new();
			adw_preferences_group_set_title(ADW_PREFERENCES_GROUP(group), recipient);
			adw_preferences_page_add(
				ADW_PREFERENCES_PAGE(page), ADW_PREFERENCES_GROUP(group));
		}
		add_row(group, row);
	}
	return page;
}

static void
on_answer(GVariant *answer, gpointer user)
{
	RpExplaining *explaining = user;
	g_autoptr(GtkWidget) widget = g_weak_ref_get(&explaining->widget);
	g_autoptr(GVariant) rows = g_variant_get_child_value(answer, 0);

	if (widget)
		gtk_window_present(
			GTK_WINDOW(rp_dialog_new(widget, explaining->title, make_page(rows))));
	explaining_free(explaining);
}

void
rp_explain_show(RpOutboxClient *client, GtkWidget *widget, const char *id, const char *title)
{
	RpExplaining *explaining = g_new0(RpExplaining, 1);

	g_weak_ref_init(&explaining->widget, widget);
	explaining->title = g_strdup(title);
	rp_outbox_client_ask(client, "Explain", g_variant_new("(s)", id), on_answer, explaining);
}
