/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outbox-private.h"

#include <glib/gi18n.h>

/* A message as a row: what it is, why it waits, how far it is, and the buttons that do something
 * about it. Which rows there are is messages.c's. */

#define SUBJECT_LINES 2
/* Of the button that frees it: beside the text it leaves room for that. */
#define REMEDY_COLUMNS 12
#define REMEDY_COLUMNS_BELOW 30
#define REMEDY_LINES 2
#define BELOW_MARGIN 9

struct RpMessageRow {
	RpOutboxClient *client;
	GVariant *message;
	GtkWidget *row;
	GtkWidget *bar;  /* NULL: it is not being sent */
	GtkLabel *label; /* of the button that frees it; NULL: nothing does */
	GtkWidget *delete;
	RpRemedy remedy;
};

/* ---- what its buttons do ---- */

static void
on_remedy(GtkButton *button, gpointer user)
{
	RpMessageRow *row = user;

	row->remedy.run(row->client, row->remedy.id, row->remedy.subject);
}

static void
on_delete_answered(AdwMessageDialog *dialog, const char *response, gpointer user)
{
	const char *id = g_object_get_data(G_OBJECT(dialog), "id");

	if (g_str_equal(response, "delete"))
		rp_outbox_client_change(user, "delete", id, NULL);
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
	g_signal_connect(dialog, "response", G_CALLBACK(on_delete_answered), row->client);
	gtk_window_present(GTK_WINDOW(dialog));
}

static void
on_explain(AdwActionRow *widget, gpointer user)
{
	RpMessageRow *row = user;
	g_autofree char *subject = rp_outbox_subject(row->message);

	rp_explain_show(row->client, row->row, rp_outbox_text(row->message, "id"), subject);
}

/* ---- how it looks ---- */

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

/* GTK's characters are as wide as a digit is. */
static int
columns_of(const char *text)
{
	int n = 0;

	for (; *text; text = g_utf8_next_char(text))
		n += g_unichar_iswide(g_utf8_get_char(text)) ? 2 : 1;
	return n;
}

/* Without a width of its own a label that may be shortened is shortened to nothing as soon as the
 * text beside it wraps. */
static void
limit_remedy(GtkLabel *label, int most)
{
	int columns = columns_of(gtk_label_get_text(label));

	gtk_label_set_width_chars(label, MIN(columns, REMEDY_COLUMNS));
	gtk_label_set_max_width_chars(label, MIN(columns, most));
}

static GtkWidget *
make_remedy(RpMessageRow *row, const char *text)
{
	GtkWidget *button = gtk_button_new_with_label(text);
	GtkLabel *label = GTK_LABEL(gtk_button_get_child(GTK_BUTTON(button)));

	row->label = label;
	limit_remedy(label, REMEDY_COLUMNS);
	gtk_label_set_wrap(label, TRUE);
	gtk_label_set_justify(label, GTK_JUSTIFY_CENTER);
	gtk_label_set_lines(label, REMEDY_LINES);
	gtk_label_set_ellipsize(label, PANGO_ELLIPSIZE_END);
	return button;
}

static void
add_buttons(RpMessageRow *row)
{
	row->delete = gtk_button_new_from_icon_name("user-trash-symbolic");
	if (rp_remedy_find(row->client, row->message, &row->remedy)) {
		g_autofree char *label = rp_remedy_label(&row->remedy, row->client);

		add_button(row, make_remedy(row, label), label, G_CALLBACK(on_remedy));
	}
	gtk_widget_add_css_class(row->delete, "flat");
	add_button(row, row->delete, _("Delete"), G_CALLBACK(on_delete));
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

RpMessageRow *
rp_message_row_new(RpOutboxClient *client, GVariant *message)
{
	RpMessageRow *row = g_new0(RpMessageRow, 1);
	g_autofree char *subject = rp_outbox_subject(message);
	g_autofree char *subtitle = subtitle_of(message);

	row->client = client;
	row->message = g_variant_ref(message);
	row->row = g_object_ref_sink(adw_action_row_new());
	adw_preferences_row_set_use_markup(ADW_PREFERENCES_ROW(row->row), FALSE);
	adw_preferences_row_set_title(ADW_PREFERENCES_ROW(row->row), subject);
	adw_action_row_set_title_lines(ADW_ACTION_ROW(row->row), SUBJECT_LINES);
	adw_action_row_set_subtitle(ADW_ACTION_ROW(row->row), subtitle);
	gtk_list_box_row_set_activatable(GTK_LIST_BOX_ROW(row->row), TRUE);
	g_signal_connect(row->row, "activated", G_CALLBACK(on_explain), row);
	add_buttons(row);
	return row;
}

void
rp_message_row_free(RpMessageRow *row)
{
	GtkWidget *list = gtk_widget_get_parent(row->row);

	if (list)
		gtk_list_box_remove(GTK_LIST_BOX(list), row->row);
	g_variant_unref(row->message);
	g_free(row->remedy.id);
	g_free(row->remedy.subject);
	g_object_unref(row->row);
	g_free(row);
}

GtkWidget *
rp_message_row_widget(const RpMessageRow *row)
{
	return row->row;
}

/* libadwaita's row is a box of what stands beside each other, the buttons in the last; who has
 * another kind of row keeps them there. */
void
rp_message_row_set_narrow(RpMessageRow *row, gboolean narrow)
{
	GtkWidget *box = gtk_list_box_row_get_child(GTK_LIST_BOX_ROW(row->row));
	GtkWidget *buttons = gtk_widget_get_parent(row->delete);

	if (!GTK_IS_BOX(box) || gtk_widget_get_parent(buttons) != box)
		return;
	gtk_orientable_set_orientation(GTK_ORIENTABLE(box),
		narrow ? GTK_ORIENTATION_VERTICAL : GTK_ORIENTATION_HORIZONTAL);
	gtk_widget_set_halign(buttons, narrow ? GTK_ALIGN_END : GTK_ALIGN_FILL);
	gtk_widget_set_margin_bottom(buttons, narrow ? BELOW_MARGIN : 0);
	if (row->label)
		limit_remedy(row->label, narrow ? REMEDY_COLUMNS_BELOW : REMEDY_COLUMNS);
}

gboolean
rp_message_row_is_of(const RpMessageRow *row, GVariant *message)
{
	return g_variant_equal(row->message, message);
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

void
rp_message_row_progress(RpMessageRow *row, GVariant *active, RpMeter *meter)
{
	const char *id = rp_outbox_text(active, "id");
	guint64 done = rp_outbox_number(active, "done"), total = rp_outbox_number(active, "total");
	gint64 now = g_get_monotonic_time();

	rp_meter_note(meter, id, done, now);
	const char *stage = rp_progress_stage_text(rp_outbox_text(active, "stage"));
	g_autofree char *progress =
		stage ? g_strdup(stage)
		      : rp_progress_text(done, total, rp_meter_rate(meter, id, now));
	g_autofree char *summary = rp_outbox_summary(row->message);
	g_autofree char *text = g_strdup_printf("%s\n%s", summary, progress);

	adw_action_row_set_subtitle(ADW_ACTION_ROW(row->row), text);
	show_bar(row, total ? (double)MIN(done, total) / (double)total : 0);
}
