/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outbox-private.h"

#include <glib/gi18n.h>

/* An account is set up, gets a new password or is taken out, in a dialogue that is one: what
 * `roampost setup` says and asks is shown, and answered. Only the address is asked for here; and,
 * where a try has failed, what setup may say is to be said, by the names that it calls it by. How
 * the dialogue looks: account-form.c. */

typedef struct {
	const char *const *options; /* of setup, before the address */
	char *address;              /* NULL: it is asked for */
	RpConversation *conversation;
	RpAccountForm *form;
	char *of_secret;  /* the question that the secret was typed for; NULL: none */
	gboolean answers; /* that question, asked again, with what is in the field */
	RpSays asked;     /* last */
} RpAccount;

static void
account_free(gpointer data)
{
	RpAccount *account = data;

	rp_conversation_free(account->conversation);
	rp_account_form_free(account->form);
	g_free(account->address);
	g_free(account->of_secret);
	g_free(account);
}

/* ---- questions ---- */

static void
ask(RpAccount *account, RpSays kind, const char *text)
{
	account->asked = kind;
	rp_account_form_ask(account->form, kind, text);
}

static void
ask_address(RpAccount *account)
{
	ask(account, RP_ASKS_TEXT, _("Your mail address:"));
}

/* What was typed is there to be looked at and changed. */
static void
ask_again(RpAccount *account)
{
	account->asked = RP_ASKS_SECRET;
	rp_account_form_ask_again(account->form, account->of_secret);
}

static void
answer(RpAccount *account, gboolean yes)
{
	RpSays asked = account->asked;
	const char *said = yes ? "y" : "n";

	if (asked == RP_ASKS_SECRET || asked == RP_ASKS_TEXT)
		said = rp_account_form_typed(account->form, asked);
	rp_account_form_show_work(account->form);
	rp_account_form_set_failure(account->form, NULL);
	rp_conversation_answer(account->conversation, said);
}

/* A password is kept for the question that it was typed for. */
static void
ask_secret(RpAccount *account, const char *text)
{
	gboolean again = g_strcmp0(account->of_secret, text) == 0;

	if (!again)
		rp_account_form_forget_secret(account->form);
	g_free(account->of_secret);
	account->of_secret = g_strdup(text);
	ask(account, RP_ASKS_SECRET, text);
	if (again && account->answers)
		answer(account, TRUE);
	account->answers = FALSE;
}

/* ---- the conversation ---- */

static void
on_said(RpSays kind, const char *text, gpointer user)
{
	RpAccount *account = user;

	switch (kind) {
	case RP_SAYS_OUTPUT:
	case RP_SAYS_NOTE:
		rp_account_form_say(account->form, kind, text);
		break;
	case RP_SAYS_FAILURE:
		rp_account_form_add_failure(account->form, text);
		break;
	case RP_ASKS_SECRET:
		ask_secret(account, text);
		break;
	case RP_ASKS_TEXT:
	case RP_ASKS_PROCEED:
	case RP_ASKS_CONFIRM:
		ask(account, kind, text);
		break;
	}
}

/* What failed on the way is no matter for a field any more. */
static void
say_done(RpAccountForm *form)
{
	g_autofree char *failed = g_strdup(rp_account_form_failure(form));

	rp_account_form_set_failure(form, NULL);
	if (*failed)
		rp_account_form_say(form, RP_SAYS_NOTE, failed);
	rp_account_form_say(form, RP_SAYS_NOTE, _("Done."));
	rp_account_form_forget_secret(form);
}

/* An address that was typed here can be typed again; so can a password. */
static void
on_ended(gboolean good, gpointer user)
{
	RpAccount *account = user;

	g_clear_pointer(&account->conversation, rp_conversation_free);
	if (good)
		say_done(account->form);
	if (good || (account->address && !account->of_secret)) {
		rp_account_form_show_end(account->form);
		return;
	}
	if (!*rp_account_form_failure(account->form))
		rp_account_form_add_failure(
			account->form, _("It ended without saying why. In a terminal it may say "
					 "more: roampost setup"));
	if (account->address) {
		ask_again(account);
		return;
	}
	ask_address(account);
	rp_account_form_show_given(account->form);
}

static const RpConversationEvents events = {.said = on_said, .ended = on_ended};

static void
start(RpAccount *account, const char *address)
{
	g_autoptr(GPtrArray) arguments = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GError) error = NULL;

	rp_given_add_options(rp_account_form_given(account->form), arguments);
	for (guint i = 0; account->options[i]; i++)
		g_ptr_array_add(arguments, g_strdup(account->options[i]));
	g_ptr_array_add(arguments, g_strdup(address));
	g_ptr_array_add(arguments, NULL);
	rp_account_form_show_work(account->form);
	account->conversation = rp_conversation_start(
		(const char *const *)arguments->pdata, &events, account, &error);
	if (account->conversation)
		return;
	rp_account_form_add_failure(account->form, error->message);
	rp_account_form_show_end(account->form);
}

/* ---- the dialogue ---- */

/* An answer; or, where nothing is under way, a start with what is in the fields. */
static void
on_accepted(gpointer user)
{
	RpAccount *account = user;
	const char *address = account->address;

	if (account->conversation) {
		answer(account, TRUE);
		return;
	}
	if (!address)
		address = rp_account_form_typed(account->form, RP_ASKS_TEXT);
	if (!*address)
		return;
	rp_account_form_clear(account->form);
	account->answers = account->address != NULL;
	start(account, address);
}

static void
on_declined(gpointer user)
{
	answer(user, FALSE);
}

static const RpAccountFormEvents form_events = {.accepted = on_accepted, .declined = on_declined};

static RpAccount *
account_new(GtkWidget *over, const char *title, const char *const *options, const char *address)
{
	RpAccount *account = g_new0(RpAccount, 1);

	account->options = options;
	account->address = g_strdup(address);
	account->form = rp_account_form_new(&form_events, account);
	GtkWidget *window = rp_dialog_new(over, title, rp_account_form_widget(account->form));
	g_object_set_data_full(G_OBJECT(window), "roampost-account", account, account_free);
	gtk_window_present(GTK_WINDOW(window));
	return account;
}

/* ---- what can be done ---- */

void
rp_account_add(GtkWidget *over)
{
	static const char *const options[] = {"--yes", "--sendmail-of", "none", "--", NULL};
	RpAccount *account = account_new(over, _("Add an account"), options, NULL);

	rp_account_form_say(account->form, RP_SAYS_NOTE,
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
