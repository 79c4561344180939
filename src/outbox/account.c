/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outbox-private.h"

#include <glib/gi18n.h>
#include <string.h>

/* An account is set up, gets a new password or is taken out, in a dialogue that is one: what
 * `roampost setup` says stands above, what it asks below, with a field or two buttons for the
 * answer. Only the address is asked for here; and, where a try has failed, what setup may say is
 * to be said, by the names that it calls it by. What failed, and what to do, stands at the field,
 * and what was typed is still in it. */

enum { LEAST_SAID = 140 }; /* some lines, above all fields */

typedef struct {
	const char *const *options; /* of setup, before the address */
	char *address;              /* NULL: it is asked for */
	RpConversation *conversation;
	GtkWidget *window;
	GtkWidget *said;             /* a box of labels */
	GtkWidget *question;         /* a label */
	GtkWidget *entry, *secret;   /* one is there for the answer, or none */
	GtkWidget *failed;           /* a label below them: why it went no further */
	char *of_secret;             /* the question that the secret was typed for; NULL: none */
	gboolean answers;            /* that question, asked again, with what is in the field */
	RpGiven *given;              /* below the address, where a try has failed */
	GtkWidget *no, *yes, *close; /* buttons */
	GtkWidget *spinner;
	RpSays asked;
} RpAccount;

static void
account_free(gpointer data)
{
	RpAccount *account = data;

	rp_conversation_free(account->conversation);
	rp_given_free(account->given);
	g_free(account->address);
	g_free(account->of_secret);
	g_free(account);
}

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
describe(RpAccount *account, const char *text)
{
	gtk_accessible_update_property(
		GTK_ACCESSIBLE(account->entry), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
	gtk_accessible_update_property(
		GTK_ACCESSIBLE(account->secret), GTK_ACCESSIBLE_PROPERTY_DESCRIPTION, text, -1);
}

static void
add_said(RpAccount *account, RpSays kind, const char *text)
{
	GtkWidget *label = make_said_label(text);

	if (kind == RP_SAYS_OUTPUT)
		gtk_widget_add_css_class(label, "monospace");
	gtk_box_append(GTK_BOX(account->said), label);
	describe(account, text);
}

/* NULL: nothing has, as far as what is tried now is known. */
static void
show_failure(RpAccount *account, const char *text)
{
	GtkWidget *const fields[] = {account->entry, account->secret};

	gtk_label_set_text(GTK_LABEL(account->failed), text ? text : "");
	gtk_widget_set_visible(account->failed, text != NULL);
	for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
		if (text)
			gtk_widget_add_css_class(fields[i], "error");
		else
			gtk_widget_remove_css_class(fields[i], "error");
	if (text)
		describe(account, text);
}

static void
add_failure(RpAccount *account, const char *text)
{
	const char *before = gtk_label_get_text(GTK_LABEL(account->failed));
	g_autofree char *all = *before ? g_strconcat(before, "\n", text, NULL) : g_strdup(text);

	show_failure(account, all);
}

static void
clear_said(RpAccount *account)
{
	GtkWidget *child;

	while ((child = gtk_widget_get_first_child(account->said)))
		gtk_box_remove(GTK_BOX(account->said), child);
}

static void
on_grown(GtkAdjustment *adjustment, gpointer user)
{
	gtk_adjustment_set_value(adjustment, gtk_adjustment_get_upper(adjustment));
}

/* ---- below: what is asked ---- */

static GtkWidget *
widget_for(const RpAccount *account, RpSays kind)
{
	switch (kind) {
	case RP_ASKS_TEXT:
		return account->entry;
	case RP_ASKS_SECRET:
		return account->secret;
	case RP_ASKS_CONFIRM:
		return account->no;
	case RP_ASKS_PROCEED:
	case RP_SAYS_OUTPUT:
	case RP_SAYS_NOTE:
	case RP_SAYS_FAILURE:
		break;
	}
	return account->yes;
}

/* Nothing is destroyed from a question to the next: the focus may still be in it. */
static void
show_question(RpAccount *account, RpSays kind, const char *text)
{
	GtkWidget *field = widget_for(account, kind);
	gboolean is_typed = kind == RP_ASKS_TEXT || kind == RP_ASKS_SECRET;

	account->asked = kind;
	gtk_label_set_text(GTK_LABEL(account->question), text);
	gtk_widget_set_visible(account->question, TRUE);
	gtk_widget_set_visible(account->entry, kind == RP_ASKS_TEXT);
	gtk_widget_set_visible(rp_given_widget(account->given), FALSE);
	gtk_widget_set_visible(account->secret, kind == RP_ASKS_SECRET);
	gtk_widget_set_visible(account->no, !is_typed);
	gtk_widget_set_visible(account->yes, TRUE);
	gtk_widget_set_visible(account->close, FALSE);
	gtk_button_set_label(GTK_BUTTON(account->yes), is_typed ? _("Continue") : _("Yes"));
	gtk_spinner_stop(GTK_SPINNER(account->spinner));
	if (is_typed)
		gtk_accessible_update_property(
			GTK_ACCESSIBLE(field), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
	gtk_widget_grab_focus(field);
}

static void
show_work(RpAccount *account)
{
	gtk_widget_set_visible(account->question, FALSE);
	gtk_widget_set_visible(account->entry, FALSE);
	gtk_widget_set_visible(rp_given_widget(account->given), FALSE);
	gtk_widget_set_visible(account->secret, FALSE);
	gtk_widget_set_visible(account->no, FALSE);
	gtk_widget_set_visible(account->yes, FALSE);
	gtk_spinner_start(GTK_SPINNER(account->spinner));
}

static void
show_end(RpAccount *account)
{
	show_work(account);
	gtk_spinner_stop(GTK_SPINNER(account->spinner));
	gtk_widget_set_visible(account->close, TRUE);
	gtk_widget_grab_focus(account->close);
}

static void
ask_address(RpAccount *account)
{
	show_question(account, RP_ASKS_TEXT, _("Your mail address:"));
}

/* What was typed is there to be looked at and changed. */
static void
show_again(RpAccount *account)
{
	show_question(account, RP_ASKS_SECRET, account->of_secret);
	gtk_button_set_label(GTK_BUTTON(account->yes), _("Try again"));
	gtk_widget_set_visible(account->close, TRUE);
}

/* ---- the conversation ---- */

static void answer(RpAccount *account, gboolean yes);

/* A password is kept for the question that it was typed for. */
static void
ask_secret(RpAccount *account, const char *text)
{
	gboolean again = g_strcmp0(account->of_secret, text) == 0;

	if (!again)
		gtk_editable_set_text(GTK_EDITABLE(account->secret), "");
	g_free(account->of_secret);
	account->of_secret = g_strdup(text);
	show_question(account, RP_ASKS_SECRET, text);
	if (again && account->answers)
		answer(account, TRUE);
	account->answers = FALSE;
}

static void
on_said(RpSays kind, const char *text, gpointer user)
{
	RpAccount *account = user;

	switch (kind) {
	case RP_SAYS_OUTPUT:
	case RP_SAYS_NOTE:
		add_said(account, kind, text);
		break;
	case RP_SAYS_FAILURE:
		add_failure(account, text);
		break;
	case RP_ASKS_SECRET:
		ask_secret(account, text);
		break;
	case RP_ASKS_TEXT:
	case RP_ASKS_PROCEED:
	case RP_ASKS_CONFIRM:
		show_question(account, kind, text);
		break;
	}
}

/* What failed on the way is no matter for a field any more. */
static void
say_done(RpAccount *account)
{
	g_autofree char *failed = g_strdup(gtk_label_get_text(GTK_LABEL(account->failed)));

	show_failure(account, NULL);
	if (*failed)
		add_said(account, RP_SAYS_NOTE, failed);
	add_said(account, RP_SAYS_NOTE, _("Done."));
	gtk_editable_set_text(GTK_EDITABLE(account->secret), "");
}

/* An address that was typed here can be typed again; so can a password. */
static void
on_ended(gboolean good, gpointer user)
{
	RpAccount *account = user;

	g_clear_pointer(&account->conversation, rp_conversation_free);
	if (good)
		say_done(account);
	if (good || (account->address && !account->of_secret)) {
		show_end(account);
		return;
	}
	if (!*gtk_label_get_text(GTK_LABEL(account->failed)))
		add_failure(account, _("It ended without saying why. In a terminal it may say "
				       "more: roampost setup"));
	if (account->address) {
		show_again(account);
		return;
	}
	ask_address(account);
	gtk_widget_set_visible(rp_given_widget(account->given), TRUE);
}

static const RpConversationEvents events = {.said = on_said, .ended = on_ended};

static void
start(RpAccount *account, const char *address)
{
	g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;

	rp_given_add_options(account->given, arguments);
	for (guint i = 0; account->options[i]; i++)
		g_ptr_array_add(arguments, g_strdup(account->options[i]));
	g_ptr_array_add(arguments, g_strdup(address));
	g_ptr_array_add(arguments, NULL);
	show_work(account);
	account->conversation = rp_conversation_start(
		(const char *const *)arguments->pdata, &events, account, &error);
	if (account->conversation)
		return;
	add_failure(account, error->message);
	show_end(account);
}

static void
answer(RpAccount *account, gboolean yes)
{
	gboolean is_secret = account->asked == RP_ASKS_SECRET;
	gboolean is_typed = is_secret || account->asked == RP_ASKS_TEXT;
	GtkEditable *field = GTK_EDITABLE(is_secret ? account->secret : account->entry);
	const char *typed = gtk_editable_get_text(field);

	show_work(account);
	show_failure(account, NULL);
	rp_conversation_answer(account->conversation, is_typed ? typed : yes ? "y" : "n");
}

/* ---- widgets ---- */

static void
on_yes(GtkWidget *widget, gpointer user)
{
	RpAccount *account = user;
	const char *address = gtk_editable_get_text(GTK_EDITABLE(account->entry));

	if (account->conversation) {
		answer(account, TRUE);
		return;
	}
	address = account->address ? account->address : address;
	if (!*address)
		return;
	clear_said(account);
	show_failure(account, NULL);
	account->answers = account->address != NULL;
	start(account, address);
}

static void
on_no(GtkWidget *widget, gpointer user)
{
	answer(user, FALSE);
}

static GtkWidget *
make_said(RpAccount *account)
{
	GtkWidget *scroller = gtk_scrolled_window_new();

	account->said = gtk_box_new(GTK_ORIENTATION_VERTICAL, 9);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(scroller), account->said);
	gtk_scrolled_window_set_policy(
		GTK_SCROLLED_WINDOW(scroller), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
	gtk_scrolled_window_set_min_content_height(GTK_SCROLLED_WINDOW(scroller), LEAST_SAID);
	gtk_widget_set_vexpand(scroller, TRUE);
	g_signal_connect(gtk_scrolled_window_get_vadjustment(GTK_SCROLLED_WINDOW(scroller)),
		"changed", G_CALLBACK(on_grown), NULL);
	return scroller;
}

static GtkWidget *
make_buttons(RpAccount *account)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_HORIZONTAL, 9);

	/* No mnemonics: GTK 4.8 reads them out, "underscore" and all. */
	account->no = gtk_button_new_with_label(_("No"));
	account->yes = gtk_button_new_with_label(_("Continue"));
	account->close = gtk_button_new_with_label(_("Close"));
	gtk_widget_add_css_class(account->yes, "suggested-action");
	gtk_widget_set_halign(box, GTK_ALIGN_END);
	gtk_box_append(GTK_BOX(box), account->no);
	gtk_box_append(GTK_BOX(box), account->yes);
	gtk_box_append(GTK_BOX(box), account->close);
	g_signal_connect(account->yes, "clicked", G_CALLBACK(on_yes), account);
	g_signal_connect(account->no, "clicked", G_CALLBACK(on_no), account);
	gtk_actionable_set_action_name(GTK_ACTIONABLE(account->close), "window.close");
	return box;
}

static GtkWidget *
make_entry(RpAccount *account, GtkWidget *entry)
{
	g_signal_connect(entry, "activate", G_CALLBACK(on_yes), account);
	return entry;
}

static void
make_fields(RpAccount *account)
{
	account->entry = make_entry(account, gtk_entry_new());
	account->given = rp_given_new(G_CALLBACK(on_yes), account);
	account->secret = make_entry(account, gtk_password_entry_new());
	gtk_password_entry_set_show_peek_icon(GTK_PASSWORD_ENTRY(account->secret), TRUE);
	account->failed = make_said_label(NULL);
	gtk_widget_add_css_class(account->failed, "error");
	gtk_widget_set_visible(account->failed, FALSE);
	account->question = gtk_label_new(NULL);
	gtk_label_set_wrap(GTK_LABEL(account->question), TRUE);
	gtk_label_set_xalign(GTK_LABEL(account->question), 0);
	account->spinner = gtk_spinner_new();
}

static GtkWidget *
make_content(RpAccount *account)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 9);

	make_fields(account);
	GtkWidget *rows[] = {make_said(account), account->spinner, account->question,
		account->entry, rp_given_widget(account->given), account->secret, account->failed,
		make_buttons(account)};
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		gtk_box_append(GTK_BOX(box), rows[i]);
	gtk_widget_set_margin_top(box, 12);
	gtk_widget_set_margin_bottom(box, 12);
	gtk_widget_set_margin_start(box, 12);
	gtk_widget_set_margin_end(box, 12);
	return box;
}

static RpAccount *
account_new(GtkWidget *over, const char *title, const char *const *options, const char *address)
{
	RpAccount *account = g_new0(RpAccount, 1);

	account->options = options;
	account->address = g_strdup(address);
	account->window = rp_dialog_new(over, title, make_content(account));
	g_object_set_data_full(
		G_OBJECT(account->window), "roampost-account", account, account_free);
	gtk_window_present(GTK_WINDOW(account->window));
	return account;
}

/* ---- what can be done ---- */

void
rp_account_add(GtkWidget *over)
{
	static const char *const options[] = {"--yes", "--sendmail-of", "none", "--", NULL};
	RpAccount *account = account_new(over, _("Add an account"), options, NULL);

	add_said(account, RP_SAYS_NOTE,
		_("The servers are looked up by the address, and the password is tried at them. "
		  "Then both are written down; nothing is sent."));
	ask_address(account);
}

void
rp_account_change_password(GtkWidget *over, const char *address)
{
	static const char *const options[] = {
		"--new-password", "--yes", "--sendmail-of", "none", "--", NULL};

	start(account_new(over, _("New password"), options, address), address);
}

/* It asks before it writes. */
void
rp_account_remove(GtkWidget *over, const char *address)
{
	static const char *const options[] = {"--remove", NULL};

	start(account_new(over, _("Remove an account"), options, address), address);
}
