/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-link"
#include "merge-private.h"
#include "debounce-private.h"
#include "steady-private.h"

#include "roampost/base.h"

#include <string.h>

/* All sources together: merged, debounced, and told when it is another network than before. */

struct RpLinkMonitor {
	RpLinkSource **sources;
	RpLinkView **views; /* as each source reported last; NULL before */
	gsize n_sources;
	RpDebounce *debounce;
	RpSteady *steady;
	GSource *timer; /* one for good; its ready time is -1 while nothing is pending */
	RpLinkFunc func;
	RpLinkFunc coming;  /* or NULL */
	RpNetwork *told;    /* to `coming` last; NULL before the first */
	RpNetwork *to_tell; /* to it next; NULL: nothing new */
	gpointer user_data;
};

void
rp_link_source_free(RpLinkSource *source)
{
	if (source)
		source->class->free(source);
}

static void
monitor_schedule(RpLinkMonitor *monitor)
{
	gint64 due = rp_debounce_deadline(monitor->debounce);
	gint64 forget = rp_steady_deadline(monitor->steady);

	g_source_set_ready_time(monitor->timer, monitor->to_tell                           ? 0
						: due < 0 || (forget >= 0 && forget < due) ? forget
											   : due);
}

/* The first ones are of sources that have not all looked: half a network. */
static void
note_coming(RpLinkMonitor *monitor, RpNetwork *merged, gboolean complete, gint64 now)
{
	g_autoptr(RpNetwork) network = merged;

	if (!monitor->coming || !complete)
		return;
	network->checking = rp_debounce_hides(monitor->debounce, now);
	g_clear_pointer(&monitor->to_tell, rp_network_free);
	if (!monitor->told || !rp_network_equal(monitor->told, network))
		monitor->to_tell = g_steal_pointer(&network);
}

static gboolean
all_complete(const RpLinkMonitor *monitor)
{
	for (gsize i = 0; i < monitor->n_sources; i++)
		if (!monitor->views[i] || !monitor->views[i]->complete)
			return FALSE;
	return TRUE;
}

static gboolean
any_absent(const RpLinkMonitor *monitor)
{
	for (gsize i = 0; i < monitor->n_sources; i++)
		if (monitor->views[i] && monitor->views[i]->absent)
			return TRUE;
	return FALSE;
}

/* What the sources say now, all together. */
static void
look(RpLinkMonitor *monitor)
{
	gint64 now = g_get_monotonic_time();
	g_autoptr(RpNetwork) merged = rp_link_merge(monitor->views, monitor->n_sources);
	g_autoptr(GPtrArray) awaited = rp_link_merge_awaited(monitor->views, monitor->n_sources);

	rp_steady_fill(monitor->steady, now, merged, any_absent(monitor));
	rp_debounce_input(monitor->debounce, now, merged, awaited, all_complete(monitor));
	note_coming(monitor, g_steal_pointer(&merged), all_complete(monitor), now);
}

static void
append_link(GString *line, const RpLink *link)
{
	g_string_append_printf(line, "; %s %s", link->interface, rp_link_kind_name(link->kind));
	for (guint i = 0; i < link->addresses->len; i++) {
		g_autofree char *text =
			rp_address_format(&g_array_index(link->addresses, RpAddress, i));
		g_string_append_printf(line, " %s", text);
	}
	if (link->connection_id)
		g_string_append_printf(line, " \"%s\"", link->connection_id);
	if (link->connectivity != RP_CONNECTIVITY_UNKNOWN)
		g_string_append_printf(line, " %s", rp_connectivity_name(link->connectivity));
}

static void
log_network(const RpNetwork *network)
{
	g_autoptr(GString) line = g_string_new(NULL);
	for (guint i = 0; i < network->links->len; i++)
		append_link(line, g_ptr_array_index(network->links, i));
	g_info("links up: %u%s", network->links->len, line->str);
}

static void
tell_coming(RpLinkMonitor *monitor)
{
	rp_network_free(monitor->told);
	monitor->told = g_steal_pointer(&monitor->to_tell);
	monitor_schedule(monitor);
	monitor->coming(monitor->told, monitor->user_data);
}

/* A callback comes last: it may free the monitor. */
static gboolean
on_timer(gpointer user_data)
{
	RpLinkMonitor *monitor = user_data;
	gint64 forget = rp_steady_deadline(monitor->steady);

	if (forget >= 0 && forget <= g_get_monotonic_time())
		look(monitor);
	if (monitor->to_tell) {
		tell_coming(monitor);
		return G_SOURCE_CONTINUE;
	}
	const RpNetwork *network = rp_debounce_take(monitor->debounce, g_get_monotonic_time());
	monitor_schedule(monitor);
	if (!network)
		return G_SOURCE_CONTINUE;
	log_network(network);
	monitor->func(network, monitor->user_data);
	return G_SOURCE_CONTINUE;
}

static gboolean
timer_dispatch(GSource *source, GSourceFunc callback, gpointer user_data)
{
	return callback(user_data);
}

static GSourceFuncs timer_funcs = {.dispatch = timer_dispatch};

/* Delivering is left to the timer: a source is never freed inside its own report. */
static void
on_report(RpLinkSource *source, RpLinkView *view, gpointer user_data)
{
	RpLinkMonitor *monitor = user_data;
	gsize index = 0;
	while (monitor->sources[index] != source)
		index++;
	rp_link_view_free(monitor->views[index]);
	monitor->views[index] = view;
	look(monitor);
	monitor_schedule(monitor);
}

RpLinkMonitor *
rp_link_monitor_new(
	RpLinkSource *const *sources, gsize n_sources, RpLinkFunc func, gpointer user_data)
{
	RpLinkMonitor *monitor = g_new0(RpLinkMonitor, 1);
	monitor->sources = g_memdup2(sources, n_sources * sizeof *sources);
	monitor->views = g_new0(RpLinkView *, n_sources);
	monitor->n_sources = n_sources;
	monitor->func = func;
	monitor->user_data = user_data;
	for (gsize i = 0; i < n_sources; i++) {
		sources[i]->report = on_report;
		sources[i]->report_data = monitor;
	}
	return monitor;
}

RpLinkMonitor *
rp_link_monitor_new_default(RpLinkFunc func, gpointer user_data)
{
	const char *chosen = g_getenv("ROAMPOST_LINKS");
	g_auto(GStrv) names =
		g_strsplit(chosen ? chosen : "networkmanager;modemmanager;ppp;kernel", ";", -1);
	RpLinkSource *sources[4];
	gsize n = 0;
	if (g_strv_contains((const char *const *)names, "networkmanager"))
		sources[n++] = rp_link_source_networkmanager_new(NULL);
	if (g_strv_contains((const char *const *)names, "modemmanager"))
		sources[n++] = rp_link_source_modemmanager_new(NULL);
	if (g_strv_contains((const char *const *)names, "ppp"))
		sources[n++] = rp_link_source_ppp_new(NULL);
	if (g_strv_contains((const char *const *)names, "kernel"))
		sources[n++] = rp_link_source_kernel_new();
	return rp_link_monitor_new(sources, n, func, user_data);
}

void
rp_link_monitor_set_coming(RpLinkMonitor *monitor, RpLinkFunc coming)
{
	monitor->coming = coming;
}

void
rp_link_monitor_free(RpLinkMonitor *monitor)
{
	if (!monitor)
		return;
	for (gsize i = 0; i < monitor->n_sources; i++) {
		rp_link_source_free(monitor->sources[i]);
		rp_link_view_free(monitor->views[i]);
	}
	rp_source_clear(&monitor->timer);
	rp_debounce_free(monitor->debounce);
	rp_steady_free(monitor->steady);
	rp_network_free(monitor->told);
	rp_network_free(monitor->to_tell);
	g_free(monitor->sources);
	g_free(monitor->views);
	g_free(monitor);
}

void
rp_link_monitor_start(RpLinkMonitor *monitor)
{
	g_return_if_fail(!monitor->debounce);
	monitor->debounce = rp_debounce_new(g_get_monotonic_time());
	monitor->steady = rp_steady_new();
	monitor->timer = g_source_new(&timer_funcs, sizeof(GSource));
	g_source_set_static_name(monitor->timer, "roampost-link");
	g_source_set_callback(monitor->timer, on_timer, monitor, NULL);
	g_source_attach(monitor->timer, g_main_context_get_thread_default());
	monitor_schedule(monitor);
	for (gsize i = 0; i < monitor->n_sources; i++)
		monitor->sources[i]->class->start(monitor->sources[i]);
}

void
rp_link_monitor_rescan(RpLinkMonitor *monitor)
{
	g_return_if_fail(monitor->debounce);
	for (gsize i = 0; i < monitor->n_sources; i++)
		if (monitor->sources[i]->class->rescan)
			monitor->sources[i]->class->rescan(monitor->sources[i]);
	rp_debounce_force(monitor->debounce, g_get_monotonic_time());
	monitor_schedule(monitor);
}
