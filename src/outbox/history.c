/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outbox-private.h"

#include "roampost/timeline.h"

/* The page of what became of mail: the last week as a picture, the one that `roampost history
 * --svg` draws, as wide as the window. It is asked for while it is seen. */

#define SHOWN (7 * G_TIME_SPAN_DAY)
#define RECORDS_MOST 1000
/* A week is read and drawn for each change; many come at a time. */
#define CALM_SECONDS 2

struct RpHistoryPage {
	RpOutboxClient *client;
	GtkWidget *widget;
	GtkWidget *area;
	GVariant *records;  /* aa{sv}; NULL: not asked for yet */
	GVariant *waiting;  /* likewise */
	gint64 since;       /* of the records */
	guint resized;      /* an idle source; 0: none */
	guint changed;      /* a source, once something has; 0: none */
	RpPicture *picture; /* NULL: there is nothing to draw yet */
};

static GVariant *
no_messages(void)
{
	return g_variant_ref_sink(g_variant_new_array(G_VARIANT_TYPE_VARDICT, NULL, 0));
}

/* ---- drawing ---- */

static void
lay_out(RpHistoryPage *page, int width)
{
	RpTimelineOptions options = {
		.since = page->since, .until = page->since + SHOWN, .width = width};

	if (!page->records || width <= 0)
		return;
	g_clear_pointer(&page->picture, rp_picture_free);
	page->picture = rp_timeline_picture(page->records, page->waiting, &options);
	gtk_drawing_area_set_content_height(
		GTK_DRAWING_AREA(page->area), (int)page->picture->height);
	gtk_accessible_update_property(GTK_ACCESSIBLE(page->area), GTK_ACCESSIBLE_PROPERTY_LABEL,
		page->picture->title, GTK_ACCESSIBLE_PROPERTY_DESCRIPTION,
		page->picture->description, -1);
	gtk_widget_queue_draw(page->area);
}

static void
on_draw(GtkDrawingArea *area, cairo_t *cairo, int width, int height, gpointer user)
{
	RpHistoryPage *page = user;

	if (page->picture)
		rp_drawing_draw(GTK_WIDGET(area), cairo, page->picture);
}

static gboolean
on_resized(gpointer user)
{
	RpHistoryPage *page = user;

	page->resized = 0;
	lay_out(page, gtk_widget_get_width(page->area));
	return G_SOURCE_REMOVE;
}

/* While widgets get their places no height can be asked for: GTK would forget it. And one that was
 * asked for comes back here. */
static void
on_resize(GtkDrawingArea *area, int width, int height, gpointer user)
{
	RpHistoryPage *page = user;

	if (!page->resized && (!page->picture || (int)page->picture->width != MAX(width, 280)))
		page->resized = g_idle_add(on_resized, page);
}

static gboolean
on_tooltip(GtkWidget *widget, int x, int y, gboolean keyboard, GtkTooltip *tooltip, gpointer user)
{
	const RpHistoryPage *page = user;
	const char *title = page->picture ? rp_drawing_title_at(page->picture, x, y) : NULL;

	gtk_tooltip_set_text(tooltip, title);
	return title != NULL;
}

/* ---- asking ---- */

static void
take_records(RpHistoryPage *page, GVariant *answer)
{
	g_autoptr(GVariant) more = g_variant_get_child_value(answer, 0);
	GVariantBuilder all;

	g_variant_builder_init(&all, G_VARIANT_TYPE("aa{sv}"));
	for (guint part = 0; part < 2; part++) {
		GVariant *records = part ? more : page->records;

		for (gsize i = 0; i < g_variant_n_children(records); i++) {
			g_autoptr(GVariant) record = g_variant_get_child_value(records, i);

			g_variant_builder_add_value(&all, record);
		}
	}
	g_variant_unref(page->records);
	page->records = g_variant_ref_sink(g_variant_builder_end(&all));
}

/* Where it begins is told by the last place from before. */
static void
on_place_before(GVariant *answer, gpointer user)
{
	RpHistoryPage *page = user;

	if (g_variant_is_of_type(answer, G_VARIANT_TYPE("(aa{sv})")))
		take_records(page, answer);
	lay_out(page, gtk_widget_get_width(page->area));
}

static void
ask_place_before(RpHistoryPage *page)
{
	static const char *const events[] = {"place", NULL};
	GVariantBuilder like;

	g_variant_builder_init(&like, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&like, "{sv}", "until", g_variant_new_int64(page->since));
	g_variant_builder_add(&like, "{sv}", "events", g_variant_new_strv(events, -1));
	rp_outbox_client_ask(page->client, "History",
		g_variant_new("(a{sv}tu)", &like, (guint64)0, (guint32)1), on_place_before, page);
}

static void
on_records(GVariant *answer, gpointer user)
{
	RpHistoryPage *page = user;

	if (!g_variant_is_of_type(answer, G_VARIANT_TYPE("(aa{sv})")))
		return;
	g_clear_pointer(&page->records, g_variant_unref);
	page->records = g_variant_get_child_value(answer, 0);
	ask_place_before(page);
}

static void
ask(RpHistoryPage *page)
{
	static const char *const events[] = {
		"sent", "held", "failed", "deferred", "deleted", "maybe-sent", "place", NULL};
	GVariantBuilder like;

	page->since = g_get_real_time() - SHOWN;
	g_variant_builder_init(&like, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&like, "{sv}", "since", g_variant_new_int64(page->since));
	g_variant_builder_add(&like, "{sv}", "events", g_variant_new_strv(events, -1));
	rp_outbox_client_ask(page->client, "History",
		g_variant_new("(a{sv}tu)", &like, (guint64)0, (guint32)RECORDS_MOST), on_records,
		page);
}

static void
on_map(GtkWidget *widget, gpointer user)
{
	ask(user);
}

static gboolean
on_calm(gpointer user)
{
	RpHistoryPage *page = user;

	page->changed = 0;
	if (gtk_widget_get_mapped(page->area))
		ask(page);
	return G_SOURCE_REMOVE;
}

void
rp_history_page_show(RpHistoryPage *page, GVariant *messages)
{
	g_variant_unref(page->waiting);
	page->waiting = g_variant_ref(messages);
	if (!page->changed && gtk_widget_get_mapped(page->area))
		page->changed = g_timeout_add_seconds(CALM_SECONDS, on_calm, page);
}

/* ---- life ---- */

static void
on_dark(AdwStyleManager *manager, GParamSpec *property, gpointer user)
{
	gtk_widget_queue_draw(((RpHistoryPage *)user)->area);
}

RpHistoryPage *
rp_history_page_new(RpOutboxClient *client)
{
	RpHistoryPage *page = g_new0(RpHistoryPage, 1);

	page->client = client;
	page->waiting = no_messages();
	page->area = g_object_new(GTK_TYPE_DRAWING_AREA, "accessible-role", GTK_ACCESSIBLE_ROLE_IMG,
		"has-tooltip", TRUE, "valign", GTK_ALIGN_START, NULL);
	gtk_drawing_area_set_draw_func(GTK_DRAWING_AREA(page->area), on_draw, page, NULL);
	g_signal_connect(page->area, "resize", G_CALLBACK(on_resize), page);
	g_signal_connect(page->area, "query-tooltip", G_CALLBACK(on_tooltip), page);
	g_signal_connect(page->area, "map", G_CALLBACK(on_map), page);
	g_signal_connect(
		adw_style_manager_get_default(), "notify::dark", G_CALLBACK(on_dark), page);
	page->widget = g_object_ref_sink(gtk_scrolled_window_new());
	gtk_scrolled_window_set_policy(
		GTK_SCROLLED_WINDOW(page->widget), GTK_POLICY_NEVER, GTK_POLICY_AUTOMATIC);
	gtk_scrolled_window_set_child(GTK_SCROLLED_WINDOW(page->widget), page->area);
	return page;
}

void
rp_history_page_free(RpHistoryPage *page)
{
	g_signal_handlers_disconnect_by_data(adw_style_manager_get_default(), page);
	g_signal_handlers_disconnect_by_data(page->area, page);
	g_clear_handle_id(&page->resized, g_source_remove);
	g_clear_handle_id(&page->changed, g_source_remove);
	gtk_drawing_area_set_draw_func(GTK_DRAWING_AREA(page->area), NULL, NULL, NULL);
	g_clear_pointer(&page->picture, rp_picture_free);
	g_clear_pointer(&page->records, g_variant_unref);
	g_variant_unref(page->waiting);
	g_object_unref(page->widget);
	g_free(page);
}

GtkWidget *
rp_history_page_widget(const RpHistoryPage *page)
{
	return page->widget;
}
