/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outbox-private.h"

/* A window over the window; Escape closes it, as it does libadwaita's own questions. */

static GtkEventController *
make_escape(void)
{
	GtkEventController *keys = gtk_shortcut_controller_new();

	gtk_shortcut_controller_add_shortcut(GTK_SHORTCUT_CONTROLLER(keys),
		gtk_shortcut_new(gtk_keyval_trigger_new(GDK_KEY_Escape, 0),
			gtk_named_action_new("window.close")));
	return keys;
}

GtkWidget *
rp_dialog_new(GtkWidget *over, const char *title, GtkWidget *content)
{
	GtkWidget *dialog = adw_window_new();
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);

	gtk_box_append(GTK_BOX(box), adw_header_bar_new());
	gtk_box_append(GTK_BOX(box), content);
	gtk_window_set_title(GTK_WINDOW(dialog), title);
	gtk_window_set_default_size(GTK_WINDOW(dialog), 420, 480);
	gtk_window_set_modal(GTK_WINDOW(dialog), TRUE);
	gtk_window_set_transient_for(GTK_WINDOW(dialog), GTK_WINDOW(gtk_widget_get_root(over)));
	gtk_widget_add_controller(dialog, make_escape());
	adw_window_set_content(ADW_WINDOW(dialog), box);
	return dialog;
}
