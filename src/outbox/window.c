/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outbox-private.h"

#include <glib/gi18n.h>

/* The window: place and set in its header, three pages, and what to do where there is no agent.
 * Narrow, as on a phone, the switch between the pages goes to the bottom. */

typedef struct {
	RpOutboxClient *client;
	AdwApplicationWindow *window;
	AdwViewStack *stack;
	GtkWidget *toasts;
	GtkWidget *title;
	GtkWidget *place;  /* where we are, and by which set mail goes */
	GtkWidget *banner; /* a label: what is wrong with the agent */
	RpMessagesPage *messages;
	RpSetsPage *sets;
	RpHistoryPage *history;
} RpOutboxWindow;

/* ---- what the agent tells ---- */

static void
show_title(RpOutboxWindow *window)
{
	g_autoptr(GVariant) place = rp_outbox_client_property(window->client, "Place");
	g_autoptr(GVariant) current = rp_outbox_client_property(window->client, "CurrentSet");
	g_autofree char *words = rp_outbox_place(place);
	const char *set = current ? g_variant_get_string(current, NULL) : "";
	const char *title = *words ? words : _("Outbox");
	g_autofree char *line = *set ? g_strdup_printf(_("%s · mail goes through %s"), words, set)
				     : g_strdup(words);

	adw_view_switcher_title_set_title(ADW_VIEW_SWITCHER_TITLE(window->title), title);
	adw_view_switcher_title_set_subtitle(ADW_VIEW_SWITCHER_TITLE(window->title), set);
	gtk_label_set_text(GTK_LABEL(window->place), line);
	gtk_widget_set_visible(window->place, *words != '\0');
	gtk_window_set_title(GTK_WINDOW(window->window), title);
}

/* The agent tells of them in English, and knows more than this of the configuration's. */
static const char *
problem_words(GVariant *problem)
{
	static const struct {
		const char *code, *words;
	} rows[] = {
		{"config", N_("The newest configuration is not in force: roampost config check")},
		{"no-config", N_("The configuration has errors: roampost config check")},
		{"disk", N_("The queue can't be written: is the disk full?")},
		{"listen", N_("Local programs can't hand over mail by SMTP where the configuration "
			      "says: “roampost status” says what may be in the way.")},
		{"clock", N_("The clock is wrong: “roampost doctor” has the command that sets it")},
	};
	const char *code = rp_outbox_text(problem, "code");

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		if (g_str_equal(rows[i].code, code))
			return _(rows[i].words);
	return rp_outbox_text(problem, "text");
}

/* The first of the agent's problems, or that there is none to ask. */
static char *
problem_of(const RpOutboxWindow *window)
{
	g_autoptr(GVariant) problems = rp_outbox_client_property(window->client, "Problems");
	g_autoptr(GVariant) first = NULL;

	if (!rp_outbox_client_is_settled(window->client))
		return NULL;
	if (!rp_outbox_client_has_agent(window->client))
		return g_strdup(_("The agent is not running, and nothing is sent. Start it: "
				  "systemctl --user start roampost"));
	if (!problems || !g_variant_n_children(problems))
		return NULL;
	first = g_variant_get_child_value(problems, 0);
	return g_strdup(problem_words(first));
}

static void
on_properties(gpointer user)
{
	RpOutboxWindow *window = user;
	g_autofree char *problem = problem_of(window);

	show_title(window);
	gtk_label_set_text(GTK_LABEL(window->banner), problem ? problem : "");
	gtk_widget_set_visible(window->banner, problem != NULL);
	rp_sets_page_refresh(window->sets);
	rp_messages_page_refresh(window->messages);
}

static void
on_messages(GVariant *messages, gpointer user)
{
	RpOutboxWindow *window = user;

	rp_messages_page_show(window->messages, messages);
	if (messages)
		rp_history_page_show(window->history, messages);
}

static void
on_refused(const char *sentence, gpointer user)
{
	RpOutboxWindow *window = user;
	g_autofree char *text = g_markup_escape_text(sentence, -1);
	AdwToast *toast = adw_toast_new(text);

	adw_toast_set_timeout(toast, 10);
	adw_toast_overlay_add_toast(ADW_TOAST_OVERLAY(window->toasts), toast);
}

static const RpOutboxEvents events = {
	.properties = on_properties,
	.messages = on_messages,
	.refused = on_refused,
};

/* ---- what the user asks for ---- */

static void
on_flush(GSimpleAction *action, GVariant *parameter, gpointer user)
{
	rp_outbox_client_change(((RpOutboxWindow *)user)->client, "flush", "", NULL);
}

static void
on_check(GSimpleAction *action, GVariant *parameter, gpointer user)
{
	rp_outbox_client_do(((RpOutboxWindow *)user)->client, "Check",
		g_variant_new("(@as)", g_variant_new_strv(NULL, 0)));
}

static void
on_page(GSimpleAction *action, GVariant *parameter, gpointer user)
{
	RpOutboxWindow *window = user;

	adw_view_stack_set_visible_child_name(window->stack, g_variant_get_string(parameter, NULL));
}

static void
on_add_account(GSimpleAction *action, GVariant *parameter, gpointer user)
{
	rp_account_add(GTK_WIDGET(((RpOutboxWindow *)user)->window));
}

static const GActionEntry actions[] = {
	{.name = "add-account", .activate = on_add_account},
	{.name = "page", .activate = on_page, .parameter_type = "s"},
	{.name = "flush", .activate = on_flush},
	{.name = "check", .activate = on_check},
};

/* ---- widgets ---- */

static GtkWidget *
make_button(const char *icon, const char *label, const char *action)
{
	GtkWidget *button = gtk_button_new_from_icon_name(icon);

	gtk_widget_set_tooltip_text(button, label);
	gtk_accessible_update_property(
		GTK_ACCESSIBLE(button), GTK_ACCESSIBLE_PROPERTY_LABEL, label, -1);
	gtk_actionable_set_action_name(GTK_ACTIONABLE(button), action);
	return button;
}

/* Where the pages' names do not fit into the header. */
static void
on_narrow(GObject *title, GParamSpec *property, gpointer user)
{
	rp_messages_page_set_narrow(((RpOutboxWindow *)user)->messages,
		adw_view_switcher_title_get_title_visible(ADW_VIEW_SWITCHER_TITLE(title)));
}

static GtkWidget *
make_header(RpOutboxWindow *window, AdwViewStack *stack)
{
	GtkWidget *header = adw_header_bar_new();

	window->title = adw_view_switcher_title_new();
	adw_view_switcher_title_set_stack(ADW_VIEW_SWITCHER_TITLE(window->title), stack);
	g_signal_connect(window->title, "notify::title-visible", G_CALLBACK(on_narrow), window);
	adw_header_bar_set_title_widget(ADW_HEADER_BAR(header), window->title);
	adw_header_bar_pack_start(ADW_HEADER_BAR(header),
		make_button("mail-send-symbolic", _("Send now (Ctrl+Return)"), "win.flush"));
	adw_header_bar_pack_start(ADW_HEADER_BAR(header),
		make_button("mail-send-receive-symbolic", _("Check mail (F5)"), "win.check"));
	return header;
}

static GtkWidget *
make_banner(void)
{
	GtkWidget *label = gtk_label_new(NULL);

	gtk_label_set_wrap(GTK_LABEL(label), TRUE);
	gtk_label_set_selectable(GTK_LABEL(label), TRUE);
	gtk_widget_add_css_class(label, "warning");
	gtk_widget_set_margin_top(label, 6);
	gtk_widget_set_margin_bottom(label, 6);
	gtk_widget_set_visible(label, FALSE);
	return label;
}

static void
add_pages(RpOutboxWindow *window, AdwViewStack *stack)
{
	adw_view_stack_add_titled_with_icon(stack, rp_messages_page_widget(window->messages),
		"outbox", _("Outbox"), "mail-unread-symbolic");
	adw_view_stack_add_titled_with_icon(stack, rp_sets_page_widget(window->sets), "sets",
		_("Server sets"), "network-server-symbolic");
	adw_view_stack_add_titled_with_icon(stack, rp_history_page_widget(window->history),
		"history", _("History"), "document-open-recent-symbolic");
	gtk_widget_set_vexpand(GTK_WIDGET(stack), TRUE);
}

static GtkWidget *
make_content(RpOutboxWindow *window)
{
	GtkWidget *box = gtk_box_new(GTK_ORIENTATION_VERTICAL, 0);
	GtkWidget *stack = adw_view_stack_new(), *bar = adw_view_switcher_bar_new();

	window->stack = ADW_VIEW_STACK(stack);
	add_pages(window, window->stack);
	gtk_box_append(GTK_BOX(box), make_header(window, window->stack));
	window->place = gtk_label_new(NULL);
	gtk_widget_add_css_class(window->place, "heading");
	gtk_widget_set_margin_top(window->place, 9);
	gtk_box_append(GTK_BOX(box), window->place);
	gtk_box_append(GTK_BOX(box), window->banner = make_banner());
	window->toasts = adw_toast_overlay_new();
	adw_toast_overlay_set_child(ADW_TOAST_OVERLAY(window->toasts), stack);
	gtk_box_append(GTK_BOX(box), window->toasts);
	adw_view_switcher_bar_set_stack(ADW_VIEW_SWITCHER_BAR(bar), ADW_VIEW_STACK(stack));
	g_object_bind_property(
		window->title, "title-visible", bar, "reveal", G_BINDING_SYNC_CREATE);
	gtk_box_append(GTK_BOX(box), bar);
	return box;
}

static void
window_free(gpointer data)
{
	RpOutboxWindow *window = data;

	rp_outbox_client_free(window->client);
	rp_messages_page_free(window->messages);
	rp_sets_page_free(window->sets);
	rp_history_page_free(window->history);
	g_free(window);
}

static GtkWindow *
window_new(AdwApplication *application)
{
	RpOutboxWindow *window = g_new0(RpOutboxWindow, 1);
	GtkWidget *widget = adw_application_window_new(GTK_APPLICATION(application));

	window->window = ADW_APPLICATION_WINDOW(widget);
	window->client = rp_outbox_client_new(&events, window);
	window->messages = rp_messages_page_new(window->client);
	window->sets = rp_sets_page_new(window->client);
	window->history = rp_history_page_new(window->client);
	adw_application_window_set_content(window->window, make_content(window));
	gtk_window_set_default_size(GTK_WINDOW(widget), 560, 640);
	gtk_widget_set_size_request(widget, 340, 294);
	g_action_map_add_action_entries(
		G_ACTION_MAP(widget), actions, G_N_ELEMENTS(actions), window);
	g_object_set_data_full(G_OBJECT(widget), "roampost-window", window, window_free);
	show_title(window);
	return GTK_WINDOW(widget);
}

void
rp_outbox_window_present(AdwApplication *application)
{
	GtkWindow *window = gtk_application_get_active_window(GTK_APPLICATION(application));

	gtk_window_present(window ? window : window_new(application));
}
