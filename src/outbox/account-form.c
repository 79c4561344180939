/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outbox-private.h"

#include <glib/gi18n.h>

/* The dialogue in which an account changes, as it looks: what is said stands above, what is asked
 * below, with a field or two buttons for the answer. What failed, and what to do, stands at the
 * field, and what was typed is still in it. */

enum { LEAST_SAID = 140 }; /* some lines, above all fields */

struct RpAccountForm {
	const RpAccountFormEvents *events;
	gpointer user;
	GtkWidget *box;
	GtkWidget *said;             /* a box of labels */
	GtkWidget *question;         /* a label */
	GtkWidget *entry, *secret;   /* one is there for the answer, or none */
	GtkWidget *failed;           /* a label below them: why it went no further */
	RpGiven *given;              /* below the address, where a try has failed */
	GtkWidget *no, *yes, *close; /* buttons */
	GtkWidget *spinner;
};

/* ---- above: what was said ---- */

static GtkWidget *
make_said_label(const char *text)
{
	GtkWidget *label = gtk_label_new(text);

	gtk_label_set_wrap(GTK_LABEL(label), TRUE);
	gtk_label_set_wrap_mode(GTK_LABEL(label), PANGO_WRAP_WORD_CHAR);
	gtk_label_set_selectable(GTK_LABEL(label), TRUE);
	gtk_label_set_xalign(GTK_LABEL(label), 0);
	return label;
}

/* Who hears the window instead hears it with the field that is next. */
static void
describe(RpAccountForm *form, const char *text)
{
	gtk_accessible_update_property(
		GTK_ACCESSIBLE(form->entry), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
	gtk_accessible_update_property(
		GTK_ACCESSIBLE(form->secret), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
}

void
rp_account_form_say(RpAccountForm *form, RpSays kind, const char *text)
{
	GtkWidget *label = make_said_label(text);

	if (kind == RP_SAYS_OUTPUT)
		gtk_widget_add_css_class(label, "monospace");
	gtk_box_append(GTK_BOX(form->said), label);
	describe(form, text);
}

void
rp_account_form_clear(RpAccountForm *form)
{
	GtkWidget *child;

	while ((child = gtk_widget_get_first_child(form->said)))
		gtk_box_remove(GTK_BOX(form->said), child);
	rp_account_form_set_failure(form, NULL);
}

static void
on_grown(GtkAdjustment *adjustment, gpointer user)
{
	gtk_adjustment_set_value(adjustment, gtk_adjustment_get_upper(adjustment));
}

/* ---- at the field: what failed ---- */

const char *
rp_account_form_failure(const RpAccountForm *form)
{
	return gtk_label_get_text(GTK_LABEL(form->failed));
}

void
rp_account_form_set_failure(RpAccountForm *form, const char *text)
{
	GtkWidget *const fields[] = {form->entry, form->secret};

	gtk_label_set_text(GTK_LABEL(form->failed), text ? text : "");
	gtk_widget_set_visible(form->failed, text != NULL);
	for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
		if (text)
			gtk_widget_add_css_class(fields[i], "error");
		else
			gtk_widget_remove_css_class(fields[i], "error");
	if (text)
		describe(form, text);
}

void
rp_account_form_add_failure(RpAccountForm *form, const char *text)
{
	const char *before = rp_account_form_failure(form);
	g_autofree char *all = *before ? g_strconcat(before, "\n", text, NULL) : g_strdup(text);

	rp_account_form_set_failure(form, all);
}

/* ---- below: what is asked ---- */

static GtkWidget *
widget_for(const RpAccountForm *form, RpSays kind)
{
	switch (kind) {
	case RP_ASKS_TEXT:
		return form->entry;
	case RP_ASKS_SECRET:
		return form->secret;
	case RP_ASKS_CONFIRM:
		return form->no;
	case RP_ASKS_PROCEED:
	case RP_SAYS_OUTPUT:
	case RP_SAYS_NOTE:
	case RP_SAYS_FAILURE:
		break;
	}
	return form->yes;
}

/* Nothing is destroyed from a question to the next: the focus may still be in it. */
void
rp_account_form_ask(RpAccountForm *form, RpSays kind, const char *text)
{
	GtkWidget *field = widget_for(form, kind);
	gboolean is_typed = kind == RP_ASKS_TEXT || kind == RP_ASKS_SECRET;

	gtk_label_set_text(GTK_LABEL(form->question), text);
	gtk_widget_set_visible(form->question, TRUE);
	gtk_widget_set_visible(form->entry, kind == RP_ASKS_TEXT);
	gtk_widget_set_visible(rp_given_widget(form->given), FALSE);
	gtk_widget_set_visible(form->secret, kind == RP_ASKS_SECRET);
	gtk_widget_set_visible(form->no, !is_typed);
	gtk_widget_set_visible(form->yes, TRUE);
	gtk_widget_set_visible(form->close, FALSE);
	gtk_button_set_label(GTK_BUTTON(form->yes), is_typed ? _("Continue") : _("Yes"));
	gtk_spinner_stop(GTK_SPINNER(form->spinner));
	if (is_typed)
		gtk_accessible_update_property(
			GTK_ACCESSIBLE(field), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
	gtk_widget_grab_focus(field);
}

void
rp_account_form_ask_again(RpAccountForm *form, const char *text)
{
	rp_account_form_ask(form, RP_ASKS_SECRET, text);
	gtk_button_set_label(GTK_BUTTON(form->yes), _("Try again"));
	gtk_widget_set_visible(form->close, TRUE);
}

void
rp_account_form_show_work(RpAccountForm *form)
{
	gtk_widget_set_visible(form->question, FALSE);
	gtk_widget_set_visible(form->entry, FALSE);
	gtk_widget_set_visible(rp_given_widget(form->given), FALSE);
	gtk_widget_set_visible(form->secret, FALSE);
	gtk_widget_set_visible(form->no, FALSE);
	gtk_widget_set_visible(form->yes, FALSE);
	gtk_spinner_start(GTK_SPINNER(form->spinner));
}

void
rp_account_form_show_end(RpAccountForm *form)
{
	rp_account_form_show_work(form);
	gtk_spinner_stop(GTK_SPINNER(form->spinner));
	gtk_widget_set_visible(form->close, TRUE);
	gtk_widget_grab_focus(form->close);
}

void
rp_account_form_show_given(RpAccountForm *form)
{
	gtk_widget_set_visible(rp_given_widget(form->given), TRUE);
}

/* ---- what was typed ---- */

const RpGiven *
rp_account_form_given(const RpAccountForm *form)
{
	return form->given;
}

const char *
rp_account_form_typed(const RpAccountForm *form, RpSays kind)
{
	return gtk_editable_get_text(
		GTK_EDITABLE(kind == RP_ASKS_SECRET ? form->secret : form->entry));
}

void
rp_account_form_forget_secret(RpAccountForm *form)
{
	gtk_editable_set_text(GTK_EDITABLE(form->secret), "");
}

/* ---- widgets ---- */

static void
on_yes(GtkWidget *widget, gpointer user)
{
	RpAccountForm *form = user;

	form->events->accepted(form->user);
}

static void
on_no(GtkWidget *widget, gpointer user)
{
	RpAccountForm *form = user;

	form->events->declined(form->user);
}

static GtkWidget *
make_said(RpAccountForm *form)
{
	GtkWidget *scroller = gtk_scrolled_window_new();

	form->said = gtk_box_new(GTK_ORIENTATION_VERTICAL, 9);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scroller), form->said);
	gtk_scrolled_window_set_policy(
		GTK_SCROLLED_WINDOW(scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
	gtk_scrolled_window_set_min_content_height(GTK_SCROLLED_WINDOW(scroller), LEAST_SAID);
	gtk_widget_set_vexpand(scroller, TRUE);
	g_signal_connect(gtk_scrolled_window_get_vadjustment(GTK_SCROLLED_WINDOW(scroller)),
		"changed", G_CALLBACK(on_grown), NULL);
	return scroller;
}

static GtkWidget *
make_buttons(RpAccountForm *form)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 9);

	/* No mnemonics: GTK 4.8 reads them out, "underscore" and all. */
	form->no = gtk_button_new_with_label(_("No"));
	form->yes = gtk_button_new_with_label(_("Continue"));
	form->close = gtk_button_new_with_label(_("Close"));
	gtk_widget_add_css_class(form->yes, "suggested-action");
	gtk_widget_set_halign(box, GTK_ALIGN_END);
	gtk_box_append(GTK_BOX(box), form->no);
	gtk_box_append(GTK_BOX(box), form->yes);
	gtk_box_append(GTK_BOX(box), form->close);
	g_signal_connect(form->yes, "clicked", G_CALLBACK(on_yes), form);
	g_signal_connect(form->no, "clicked", G_CALLBACK(on_no), form);
	gtk_actionable_set_action_name(GTK_ACTIONABLE(form->close), "window.close");
	return box;
}

static GtkWidget *
make_entry(RpAccountForm *form, GtkWidget *entry)
{
	g_signal_connect(entry, "activate", G_CALLBACK(on_yes), form);
	return entry;
}

static void
make_fields(RpAccountForm *form)
{
	form->entry = make_entry(form, gtk_entry_new());
	form->given = rp_given_new(G_CALLBACK(on_yes), form);
	form->secret = make_entry(form, gtk_password_entry_new());
	gtk_password_entry_set_show_peek_icon(GTK_PASSWORD_ENTRY(form->secret), TRUE);
	form->failed = make_said_label(NULL);
	gtk_widget_add_css_class(form->failed, "error");
	gtk_widget_set_visible(form->failed, FALSE);
	form->question = gtk_label_new(NULL);
	gtk_label_set_wrap(GTK_LABEL(form->question), TRUE);
	gtk_label_set_xalign(GTK_LABEL(form->question), 0);
	form->spinner = gtk_spinner_new();
}

RpAccountForm *
rp_account_form_new(const RpAccountFormEvents *events, gpointer user)
{
	RpAccountForm *form = g_new0(RpAccountForm, 1);

	form->events = events;
	form->user = user;
	form->box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 9);
	make_fields(form);
	GtkWidget *rows[] = {make_said(form), form->spinner, form->question, form->entry,
		rp_given_widget(form->given), form->secret, form->failed, make_buttons(form)};
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		gtk_box_append(GTK_BOX(form->box), rows[i]);
	gtk_widget_set_margin_top(form->box, 12);
	gtk_widget_set_margin_bottom(form->box, 12);
	gtk_widget_set_margin_start(form->box, 12);
	gtk_widget_set_margin_end(form->box, 12);
	return form;
}

GtkWidget *
rp_account_form_widget(const RpAccountForm *form)
{
	return form->box;
}

void
rp_account_form_free(RpAccountForm *form)
{
	rp_given_free(form->given);
	g_free(form);
}
