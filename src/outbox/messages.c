/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outbox-private.h"

#include "roampost/meter.h"

#include <glib/gi18n.h>

/* The page of what waits: a row a message, with the button that frees it. Rows are made anew only
 * where their message is another one, so that the focus stays where it is; of many, a few at a
 * time, so that the window answers meanwhile. */

#define ROWS_AT_A_TIME 10
#define SUBJECT_LINES 2

struct RpMessagesPage {
	RpOutboxClient *client;
	GtkWidget *stack; /* the list, or that there is nothing, or that it is not known */
	GtkWidget *list;
	GtkWidget *empty; /* that there is nothing */
	GHashTable *rows; /* id -> RpMessageRow */
	RpMeter *meter;   /* of those that are being sent */
	GVariant *shown;  /* what waits; NULL: not known */
	gsize placed;     /* how many of these have their rows */
	guint placing;    /* an idle source; 0: none */
};

typedef struct {
	RpMessagesPage *page;
	GVariant *message;
	GtkWidget *row;
	GtkWidget *bar; /* NULL: it is not being sent */
	RpRemedy remedy;
} RpMessageRow;

static void
row_free(gpointer data)
{
	RpMessageRow *row = data;

	gtk_list_box_remove(GTK_LIST_BOX(row->page->list), row->row);
	g_variant_unref(row->message);
	g_free(row->remedy.subject);
	g_free(row);
}

/* ---- a row ---- */

static void
on_remedy(GtkButton *button, gpointer user)
{
	RpMessageRow *row = user;

	row->remedy.run(row->page->client, row->remedy.subject);
}

static void
on_delete_answered(AdwMessageDialog *dialog, const char *response, gpointer user)
{
	RpMessagesPage *page = user;
	const char *id = g_object_get_data(G_OBJECT(dialog), "id");

	if (g_str_equal(response, "delete"))
		rp_outbox_client_change(page->client, "delete", id, NULL);
}

/* It can't be had back. */
static void
on_delete(GtkButton *button, gpointer user)
{
	RpMessageRow *row = user;
	GtkWindow *window = GTK_WINDOW(gtk_widget_get_root(GTK_WIDGET(button)));
	GtkWidget *dialog = adw_message_dialog_new(window, _("Delete this message?"), NULL);
	g_autofree char *subject = rp_outbox_subject(row->message);
	g_autofree char *summary = rp_outbox_summary(row->message);

	adw_message_dialog_format_body(ADW_MESSAGE_DIALOG(dialog),
		_("%s\n%s\nIt is not sent, and not kept."), subject, summary);
	adw_message_dialog_add_responses(
		ADW_MESSAGE_DIALOG(dialog), "cancel", _("_Cancel"), "delete", _("_Delete"), NULL);
	adw_message_dialog_set_response_appearance(
		ADW_MESSAGE_DIALOG(dialog), "delete", ADW_RESPONSE_DESTRUCTIVE);
	g_object_set_data_full(
		G_OBJECT(dialog), "id", g_strdup(rp_outbox_text(row->message, "id")), g_free);
	g_signal_connect(dialog, "response", G_CALLBACK(on_delete_answered), row->page);
	gtk_window_present(GTK_WINDOW(dialog));
}

static void
on_explain(AdwActionRow *widget, gpointer user)
{
	RpMessageRow *row = user;
	g_autofree char *subject = rp_outbox_subject(row->message);

	rp_explain_show(row->page->client, row->row, rp_outbox_text(row->message, "id"), subject);
}

static void
add_button(RpMessageRow *row, GtkWidget *button, const char *label, GCallback clicked)
{
	gtk_widget_set_valign(button, GTK_ALIGN_CENTER);
	gtk_widget_set_tooltip_text(button, label);
	gtk_accessible_update_property(
		GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
	g_signal_connect(button, "clicked", clicked, row);
	adw_action_row_add_suffix(ADW_ACTION_ROW(row->row), button);
}

/* A long name in it leaves room for the rest of the row. */
static GtkWidget *
make_remedy(const char *label)
{
	GtkWidget *button = gtk_button_new_with_label(label);

	gtk_label_set_ellipsize(
		GTK_LABEL(gtk_button_get_child(GTK_BUTTON(button))), PANGO_ELLIPSIZE_END);
	return button;
}

static void
add_buttons(RpMessageRow *row)
{
	GtkWidget *delete = gtk_button_new_from_icon_name("user-trash-symbolic");

	if (rp_remedy_find(row->message, &row->remedy)) {
		g_autofree char *label = rp_remedy_label(&row->remedy, row->page->client);

		add_button(row, make_remedy(label), label, G_CALLBACK(on_remedy));
	}
	gtk_widget_add_css_class(delete, "flat");
	add_button(row, delete, _("Delete"), G_CALLBACK(on_delete));
}

static char *
subtitle_of(GVariant *message)
{
	g_autofree char *summary = rp_outbox_summary(message);
	g_autofree char *reasons = rp_outbox_reasons(message);

	if (*reasons)
		return g_strdup_printf("%s\n%s", summary, reasons);
	return g_strdup_printf("%s\n%s", summary, rp_outbox_state(message));
}

static RpMessageRow *
row_new(RpMessagesPage *page, GVariant *message)
{
	RpMessageRow *row = g_new0(RpMessageRow, 1);
	g_autofree char *subject = rp_outbox_subject(message);
	g_autofree char *subtitle = subtitle_of(message);

	row->page = page;
	row->message = g_variant_ref(message);
	row->row = adw_action_row_new();
	adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row->row), FALSE);
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row->row), subject);
	adw_action_row_set_title_lines(ADW_ACTION_ROW(row->row), SUBJECT_LINES);
	adw_action_row_set_subtitle(ADW_ACTION_ROW(row->row), subtitle);
	gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row->row), TRUE);
	g_signal_connect(row->row, "activated", G_CALLBACK(on_explain), row);
	add_buttons(row);
	return row;
}

/* ---- how far it is ---- */

static void
show_bar(RpMessageRow *row, double fraction)
{
	if (!row->bar) {
		row->bar = gtk_progress_bar_new();
		gtk_widget_set_valign(row->bar, GTK_ALIGN_CENTER);
		gtk_widget_set_size_request(row->bar, 80, -1);
		adw_action_row_add_suffix(ADW_ACTION_ROW(row->row), row->bar);
	}
	gtk_progress_bar_set_fraction(GTK_PROGRESS_BAR(row->bar), fraction);
}

static void
show_progress(RpMessagesPage *page, RpMessageRow *row, GVariant *active)
{
	const char *id = rp_outbox_text(active, "id");
	guint64 done = rp_outbox_number(active, "done"), total = rp_outbox_number(active, "total");
	gint64 now = g_get_monotonic_time();

	rp_meter_note(page->meter, id, done, now);
	g_autofree char *progress =
		rp_progress_text(done, total, rp_meter_rate(page->meter, id, now));
	g_autofree char *summary = rp_outbox_summary(row->message);
	g_autofree char *text = g_strdup_printf("%s\n%s", summary, progress);

	adw_action_row_set_subtitle(ADW_ACTION_ROW(row->row), text);
	show_bar(row, total ? (double)MIN(done, total) / (double)total : 0);
}

void
rp_messages_page_progress(RpMessagesPage *page, GVariant *active)
{
	for (gsize i = 0; active && i < g_variant_n_children(active); i++) {
		g_autoptr(GVariant) message = g_variant_get_child_value(active, i);
		RpMessageRow *row = g_hash_table_lookup(page->rows, rp_outbox_text(message, "id"));

		if (row)
			show_progress(page, row, message);
	}
}

/* ---- the page ---- */

/* Its ids are those that are still there. FALSE: it has its row. */
static gboolean
place_row(RpMessagesPage *page, GVariant *message, int position)
{
	const char *id = rp_outbox_text(message, "id");
	const RpMessageRow *known = g_hash_table_lookup(page->rows, id);
	RpMessageRow *row;

	if (known && g_variant_equal(known->message, message))
		return FALSE;
	g_hash_table_remove(page->rows, id);
	row = row_new(page, message);
	gtk_list_box_insert(GTK_LIST_BOX(page->list), row->row, position);
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
	page->rows = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, row_free);
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
