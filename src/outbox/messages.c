/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outbox-private.h"

#include <glib/gi18n.h>

/* The page of what waits: a row a message, with the button that frees it. Rows are made anew only
 * where their message is another one, so that the focus stays where it is; of many, a few at a
 * time, so that the window answers meanwhile. A long queue has its first ones there, and a row that
 * brings more: what a change costs does not grow with the queue. */

#define ROWS_AT_A_TIME 10

struct RpMessagesPage {
	RpOutboxClient *client;
	GtkWidget *stack; /* the list, or that there is nothing, or that it is not known */
	GtkWidget *list;
	GtkWidget *more;  /* the last row, where there are more than these */
	GtkWidget *empty; /* that there is nothing */
	GHashTable *rows; /* id -> RpMessageRow */
	RpMeter *meter;   /* of those that are being sent */
	GVariant *shown;  /* what waits; NULL: not known */
	gsize placed;     /* how many of these have their rows */
	guint placing;    /* an idle source; 0: none */
	gboolean narrow;
};

static void
show_progress(RpMessagesPage *page)
{
	g_autoptr(GVariant) active = rp_outbox_client_property(page->client, "Active");

	for (gsize i = 0; active && i < g_variant_n_children(active); i++) {
		g_autoptr(GVariant) message = g_variant_get_child_value(active, i);
		RpMessageRow *row = g_hash_table_lookup(page->rows, rp_outbox_text(message, "id"));

		if (row)
			rp_message_row_progress(row, message, page->meter);
	}
}

static void
show_more(RpMessagesPage *page)
{
	gsize n_shown = page->shown ? g_variant_n_children(page->shown) : 0;
	guint n = rp_outbox_client_unlisted(page->client, n_shown);
	g_autofree char *title =
		g_strdup_printf(ngettext("%u more message waits", "%u more messages wait", n), n);

	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(page->more), title);
	adw_action_row_set_subtitle(ADW_ACTION_ROW(page->more),
		rp_outbox_client_can_list_more(page->client)
			? _("Show more")
			: _("A terminal lists them all: roampost queue"));
	gtk_widget_set_visible(page->more, n > 0 && page->placed == n_shown);
}

static void
on_more(AdwActionRow *row, gpointer user)
{
	rp_outbox_client_list_more(((RpMessagesPage *)user)->client);
}

void
rp_messages_page_refresh(RpMessagesPage *page)
{
	show_progress(page);
	show_more(page);
}

/* Its ids are those that are still there. FALSE: it has its row. */
static gboolean
place_row(RpMessagesPage *page, GVariant *message, int position)
{
	const char *id = rp_outbox_text(message, "id");
	RpMessageRow *row = g_hash_table_lookup(page->rows, id);

	if (row && rp_message_row_is_of(row, message))
		return FALSE;
	g_hash_table_remove(page->rows, id);
	row = rp_message_row_new(page->client, message);
	rp_message_row_set_narrow(row, page->narrow);
	gtk_list_box_insert(GTK_LIST_BOX(page->list), rp_message_row_widget(row), position);
	g_hash_table_insert(page->rows, g_strdup(id), row);
	return TRUE;
}

static void
drop_gone(RpMessagesPage *page, GVariant *messages)
{
	g_autoptr(GHashTable) now = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GHashTableIter iter;
	gpointer id;

	for (gsize i = 0; i < g_variant_n_children(messages); i++) {
		g_autoptr(GVariant) message = g_variant_get_child_value(messages, i);

		g_hash_table_add(now, g_strdup(rp_outbox_text(message, "id")));
	}
	g_hash_table_iter_init(&iter, page->rows);
	while (g_hash_table_iter_next(&iter, &id, NULL))
		if (!g_hash_table_contains(now, id))
			g_hash_table_iter_remove(&iter);
}

/* Screen readers read what is not on top as well: it says nothing but while it is so. */
static void
show_child(RpMessagesPage *page, const char *name)
{
	gboolean empty = g_str_equal(name, "empty");

	adw_status_page_set_title(ADW_STATUS_PAGE(page->empty), empty ? _("Nothing Waits") : NULL);
	adw_status_page_set_description(ADW_STATUS_PAGE(page->empty),
		empty ? _("All mail that was handed over has been sent.") : NULL);
	gtk_stack_set_visible_child_name(GTK_STACK(page->stack), name);
}

/* Those that have theirs already cost nothing. */
static gboolean
on_placing(gpointer user)
{
	RpMessagesPage *page = user;
	gsize n = g_variant_n_children(page->shown);

	for (guint made = 0; made < ROWS_AT_A_TIME && page->placed < n; page->placed++) {
		g_autoptr(GVariant) message = g_variant_get_child_value(page->shown, page->placed);

		made += place_row(page, message, (int)page->placed) ? 1 : 0;
	}
	if (page->placed < n)
		return G_SOURCE_CONTINUE;
	show_more(page);
	page->placing = 0;
	return G_SOURCE_REMOVE;
}

void
rp_messages_page_show(RpMessagesPage *page, GVariant *messages)
{
	gsize n = messages ? g_variant_n_children(messages) : 0;

	g_clear_pointer(&page->shown, g_variant_unref);
	g_clear_handle_id(&page->placing, g_source_remove);
	show_child(page, !messages ? "unknown" : n ? "list" : "empty");
	if (!messages) {
		g_hash_table_remove_all(page->rows);
		return;
	}
	drop_gone(page, messages);
	page->shown = g_variant_ref(messages);
	page->placed = 0;
	if (on_placing(page))
		page->placing = g_idle_add(on_placing, page);
}

void
rp_messages_page_set_narrow(RpMessagesPage *page, gboolean narrow)
{
	GHashTableIter iter;
	gpointer row;

	page->narrow = narrow;
	g_hash_table_iter_init(&iter, page->rows);
	while (g_hash_table_iter_next(&iter, NULL, &row))
		rp_message_row_set_narrow(row, narrow);
}

static GtkWidget *
make_more(RpMessagesPage *page)
{
	GtkWidget *row = adw_action_row_new();

	gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row), TRUE);
	gtk_widget_set_visible(row, FALSE);
	g_signal_connect(row, "activated", G_CALLBACK(on_more), page);
	return row;
}

static GtkWidget *
make_empty(void)
{
	GtkWidget *empty = adw_status_page_new();

	adw_status_page_set_icon_name(ADW_STATUS_PAGE(empty), "roampost-symbolic");
	return empty;
}

static GtkWidget *
scrolled(GtkWidget *list)
{
	GtkWidget *clamp = adw_clamp_new(), *window = gtk_scrolled_window_new();

	gtk_widget_set_margin_top(list, 12);
	gtk_widget_set_margin_bottom(list, 12);
	gtk_widget_set_margin_start(list, 12);
	gtk_widget_set_margin_end(list, 12);
	gtk_widget_set_valign(list, GTK_ALIGN_START);
	adw_clamp_set_child(ADW_CLAMP(clamp), list);
	gtk_scrolled_window_set_policy(
		GTK_SCROLLED_WINDOW(window), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(window), clamp);
	return window;
}

RpMessagesPage *
rp_messages_page_new(RpOutboxClient *client)
{
	RpMessagesPage *page = g_new0(RpMessagesPage, 1);

	page->client = client;
	page->meter = rp_meter_new();
	page->list = gtk_list_box_new();
	gtk_list_box_set_selection_mode(GTK_LIST_BOX(page->list), GTK_SELECTION_NONE);
	gtk_widget_add_css_class(page->list, "boxed-list");
	gtk_list_box_append(GTK_LIST_BOX(page->list), page->more = make_more(page));
	page->rows = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, (GDestroyNotify)rp_message_row_free);
	page->stack = g_object_ref_sink(gtk_stack_new());
	gtk_stack_add_named(GTK_STACK(page->stack), adw_bin_new(), "unknown");
	gtk_stack_add_named(GTK_STACK(page->stack), page->empty = make_empty(), "empty");
	gtk_stack_add_named(GTK_STACK(page->stack), scrolled(page->list), "list");
	return page;
}

void
rp_messages_page_free(RpMessagesPage *page)
{
	g_clear_handle_id(&page->placing, g_source_remove);
	g_clear_pointer(&page->shown, g_variant_unref);
	g_hash_table_unref(page->rows);
	rp_meter_free(page->meter);
	g_object_unref(page->stack);
	g_free(page);
}

GtkWidget *
rp_messages_page_widget(const RpMessagesPage *page)
{
	return page->stack;
}
