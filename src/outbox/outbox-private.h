/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/meter.h"
#include "roampost/picture.h"

#include <adwaita.h>

/* roampost-outbox, the window. It speaks the agent's D-Bus interface (org.roampost.Agent1), and
 * `roampost setup` where accounts change; it keeps no state, and ends without ending anything.
 *
 *	main.c       the application: one window, shown again when it is started again
 *	client.c     the agent, as far as it is known here
 *	window.c     the window and its pages
 *	messages.c   the page of what waits
 *	message.c    a row of it
 *	sets.c       the page of server sets
 *	accounts.c   the accounts, on that page
 *	account.c    one is added, changed or removed in a dialogue
 *	account-form.c  what that looks like
 *	given.c      its fields for what setup can be told
 *	conversation.c  what that is led with: roampost setup
 *	history.c    the page of what became of mail, as a picture
 *	drawing.c    a picture on a canvas
 *	dialog.c     a window over the window
 *	explain.c    why a message goes the way it does
 *	remedy.c     which button frees a message
 *	values.c     what is in the agent's values, and how people read it */

/* ---- client.c ---- */

typedef struct RpOutboxClient RpOutboxClient;

typedef struct {
	/* A property is another, or the agent has come or gone. */
	void (*properties)(gpointer user);
	/* What waits, the oldest first, aa{sv} as List has it; borrowed. Of a long queue these are
	 * the first ones. NULL: no agent is there to say it. */
	void (*messages)(GVariant *messages, gpointer user);
	/* Something that was asked for was not done, for this reason: a sentence. */
	void (*refused)(const char *sentence, gpointer user);
} RpOutboxEvents;

/* The agent is started where the bus can do that. `events` outlives it. Callbacks run on the main
 * context, never inside a call. */
RpOutboxClient *rp_outbox_client_new(const RpOutboxEvents *events, gpointer user);
void rp_outbox_client_free(RpOutboxClient *client);
/* FALSE: no agent is there, or it is not known yet. */
gboolean rp_outbox_client_has_agent(const RpOutboxClient *client);
/* Whether it is known which of these is so. */
gboolean rp_outbox_client_is_settled(const RpOutboxClient *client);
/* A property as it was told last; NULL where it is not known. Free with g_variant_unref. */
GVariant *rp_outbox_client_property(const RpOutboxClient *client, const char *name);
/* As many again are told of, up to a thousand. */
void rp_outbox_client_list_more(RpOutboxClient *client);
gboolean rp_outbox_client_can_list_more(const RpOutboxClient *client);
/* How many wait besides those that are told of, of which there are `n_listed`. */
guint rp_outbox_client_unlisted(const RpOutboxClient *client, gsize n_listed);
/* Calls a method whose answer is nothing, or Change's list of refusals. Takes a floating
 * `arguments` (NULL: none). */
void rp_outbox_client_do(RpOutboxClient *client, const char *method, GVariant *arguments);
/* Change of one message; `set` NULL: no such option. */
void rp_outbox_client_change(
	RpOutboxClient *client, const char *verb, const char *id, const char *set);
/* Calls a method for its answer. The callback does not run when the client is freed before. */
typedef void (*RpOutboxAnswer)(GVariant *answer, gpointer user);
void rp_outbox_client_ask(RpOutboxClient *client, const char *method, GVariant *arguments,
	RpOutboxAnswer answer, gpointer user);

/* ---- values.c ---- */

/* Members of an a{sv}; "" and 0 where there is no such one. The text is the dictionary's. */
const char *rp_outbox_text(GVariant *dict, const char *key);
guint64 rp_outbox_number(GVariant *dict, const char *key);
gboolean rp_outbox_flag(GVariant *dict, const char *key);
/* An array of dictionaries, empty where there is none; free with g_variant_unref. */
GVariant *rp_outbox_list(GVariant *dict, const char *key);
/* "Lunch", or what stands for no subject. */
char *rp_outbox_subject(GVariant *message);
/* "b@x.example and 2 others · 2.1 kB · 17:05". */
char *rp_outbox_summary(GVariant *message);
/* Why it waits, a sentence a line; "" where nothing is said. */
char *rp_outbox_reasons(GVariant *message);
/* In a word, for people. */
const char *rp_outbox_state(GVariant *message);
/* "Inside ODN", as the property Place has it; "" where that is not known (NULL). */
char *rp_outbox_place(GVariant *place);

/* ---- remedy.c ---- */

typedef struct {
	const char *label; /* static; with a %s it has the subject's place */
	char *id;          /* the message's */
	char *subject;     /* what it names: a provider, a set, or something of its kind */
	gboolean is_provider;
	void (*run)(RpOutboxClient *client, const char *id, const char *subject);
} RpRemedy;

/* What a click can do to free the message; FALSE: nothing is known. Clear it with g_free of
 * both strings. */
gboolean rp_remedy_find(const RpOutboxClient *client, GVariant *message, RpRemedy *remedy);
/* As it stands on the button. Free with g_free. */
char *rp_remedy_label(const RpRemedy *remedy, const RpOutboxClient *client);

/* ---- message.c ---- */

typedef struct RpMessageRow RpMessageRow;
/* A message as List has it. */
RpMessageRow *rp_message_row_new(RpOutboxClient *client, GVariant *message);
/* It leaves the list that it is in. */
void rp_message_row_free(RpMessageRow *row);
/* An AdwActionRow, the row's. */
GtkWidget *rp_message_row_widget(const RpMessageRow *row);
/* Whether it was made of these values. */
gboolean rp_message_row_is_of(const RpMessageRow *row, GVariant *message);
/* Its buttons stand below the text, or beside it. */
void rp_message_row_set_narrow(RpMessageRow *row, gboolean narrow);
/* How far it is: of the property Active what is told of this message. */
void rp_message_row_progress(RpMessageRow *row, GVariant *active, RpMeter *meter);

/* ---- pages ---- */

typedef struct RpMessagesPage RpMessagesPage;
RpMessagesPage *rp_messages_page_new(RpOutboxClient *client);
void rp_messages_page_free(RpMessagesPage *page);
GtkWidget *rp_messages_page_widget(const RpMessagesPage *page);
/* NULL: nobody knows what waits. */
void rp_messages_page_show(RpMessagesPage *page, GVariant *messages);
/* By the client's properties of now: how far those are that are being sent, and how many wait that
 * have no row. */
void rp_messages_page_refresh(RpMessagesPage *page);

/* The window is as narrow as a phone. */
void rp_messages_page_set_narrow(RpMessagesPage *page, gboolean narrow);

typedef struct RpSetsPage RpSetsPage;
RpSetsPage *rp_sets_page_new(RpOutboxClient *client);
void rp_sets_page_free(RpSetsPage *page);
GtkWidget *rp_sets_page_widget(const RpSetsPage *page);
/* By the client's properties of now. */
void rp_sets_page_refresh(RpSetsPage *page);

typedef struct RpHistoryPage RpHistoryPage;
RpHistoryPage *rp_history_page_new(RpOutboxClient *client);
void rp_history_page_free(RpHistoryPage *page);
GtkWidget *rp_history_page_widget(const RpHistoryPage *page);
/* What waits now; something has happened, which is drawn within seconds. */
void rp_history_page_show(RpHistoryPage *page, GVariant *messages);

/* ---- drawing.c ---- */

void rp_drawing_draw(GtkWidget *widget, cairo_t *cairo, const RpPicture *picture);
/* What is said of what is there; NULL: nothing. */
const char *rp_drawing_title_at(const RpPicture *picture, double x, double y);

/* Asks the agent, and shows its answer in a dialogue over the window that `widget` is in. */
void rp_explain_show(RpOutboxClient *client, GtkWidget *widget, const char *id, const char *title);

/* ---- dialog.c ---- */

/* Not shown yet; over the window that `over` is in. */
GtkWidget *rp_dialog_new(GtkWidget *over, const char *title, GtkWidget *content);

/* ---- accounts.c ---- */

typedef struct RpAccounts RpAccounts;
RpAccounts *rp_accounts_new(void);
void rp_accounts_free(RpAccounts *accounts);
/* An AdwPreferencesGroup, floating until it is put somewhere. */
GtkWidget *rp_accounts_widget(const RpAccounts *accounts);
/* By the property Sets. */
void rp_accounts_show(RpAccounts *accounts, GVariant *sets);

/* ---- account.c ---- */

/* Each opens a dialogue over the window that `over` is in; what comes of it is told by the agent,
 * which reads the configuration. */
void rp_account_add(GtkWidget *over);
void rp_account_change_password(GtkWidget *over, const char *address);
void rp_account_remove(GtkWidget *over, const char *address);

/* ---- given.c ---- */

/* Fields for what setup can be told of an account, none filled in. `activated` is called by Enter
 * in each. */
typedef struct RpGiven RpGiven;
RpGiven *rp_given_new(GCallback activated, gpointer user);
/* The widgets stay what they are. */
void rp_given_free(RpGiven *given);
/* Floating until it is put somewhere, and not to be seen until it is made visible. */
GtkWidget *rp_given_widget(const RpGiven *given);
/* What is filled in as setup's options, to be freed each. */
void rp_given_add_options(const RpGiven *given, GPtrArray *arguments);

/* ---- conversation.c ---- */

typedef enum {
	RP_SAYS_OUTPUT,  /* what is written */
	RP_SAYS_NOTE,    /* what goes on */
	RP_SAYS_FAILURE, /* why it goes no further */
	RP_ASKS_TEXT,    /* a line is wanted */
	RP_ASKS_SECRET,  /* one that is not to be seen */
	RP_ASKS_PROCEED, /* y or n; most say yes */
	RP_ASKS_CONFIRM, /* y or n; who does not know says no */
} RpSays;

typedef struct RpConversation RpConversation;

typedef struct {
	void (*said)(RpSays kind, const char *text, gpointer user);
	/* `good`: all of it was done. Nothing comes behind it; the conversation may be freed. */
	void (*ended)(gboolean good, gpointer user);
} RpConversationEvents;

/* `arguments` of `roampost setup`, ended by NULL; no secrets among them, which others can read.
 * NULL: the program can't be started. Callbacks run on the main context, never inside a call. */
RpConversation *rp_conversation_start(const char *const *arguments,
	const RpConversationEvents *events, gpointer user, GError **error);
/* What was asked for last. It is wiped here; the caller wipes his own. */
void rp_conversation_answer(RpConversation *conversation, const char *answer);
/* Ends the program, where it still runs. NULL is nothing. */
void rp_conversation_free(RpConversation *conversation);

/* ---- account-form.c ---- */

/* What is said is the caller's words; what a field asks for is said of it to who hears it. */
typedef struct RpAccountForm RpAccountForm;

typedef struct {
	void (*accepted)(gpointer user); /* Enter in a field, or the button: yes, or go on */
	void (*declined)(gpointer user); /* the other button: no */
} RpAccountFormEvents;

/* `events` outlives it. */
RpAccountForm *rp_account_form_new(const RpAccountFormEvents *events, gpointer user);
/* The widgets stay what they are. */
void rp_account_form_free(RpAccountForm *form);
/* Floating until it is put somewhere. */
GtkWidget *rp_account_form_widget(const RpAccountForm *form);
/* Adds a text to those above: output, or a note. */
void rp_account_form_say(RpAccountForm *form, RpSays kind, const char *text);
/* Nothing is said, nothing has failed. */
void rp_account_form_clear(RpAccountForm *form);
/* What has failed, and what to do; "": nothing. The text is the form's. */
const char *rp_account_form_failure(const RpAccountForm *form);
/* NULL: nothing has, as far as what is tried now is known. */
void rp_account_form_set_failure(RpAccountForm *form, const char *text);
void rp_account_form_add_failure(RpAccountForm *form, const char *text);
/* Asks, with what was last typed in the field. */
void rp_account_form_ask(RpAccountForm *form, RpSays kind, const char *text);
/* A secret that was tried already; who has no other one may close the dialogue. */
void rp_account_form_ask_again(RpAccountForm *form, const char *text);
/* Nothing is asked while it works. */
void rp_account_form_show_work(RpAccountForm *form);
void rp_account_form_show_end(RpAccountForm *form);
/* The fields of given.c, below the question. */
void rp_account_form_show_given(RpAccountForm *form);
const RpGiven *rp_account_form_given(const RpAccountForm *form);
/* The secret for RP_ASKS_SECRET, else the line; it is the form's. */
const char *rp_account_form_typed(const RpAccountForm *form, RpSays kind);
void rp_account_form_forget_secret(RpAccountForm *form);

/* ---- window.c ---- */

/* Shows the window, made when there is none. */
void rp_outbox_window_present(AdwApplication *application);
