/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* linkwatch [COUNT]: prints the merged stream of networks, a JSON object a line, until COUNT of
 * them were delivered or it is interrupted. "rescan" on standard input looks again. */
#include "roampost/base.h"
#include "roampost/link.h"

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef struct {
	GMainLoop *loop;
	RpLinkMonitor *monitor;
	gint64 started;
	gint64 left;
} Watch;

static void
print_addresses(RpJson *json, const RpLink *link)
{
	rp_json_begin_array(json, "addresses");
	for (guint i = 0; i < link->addresses->len; i++) {
		g_autofree char *text =
			rp_address_format(&g_array_index(link->addresses, RpAddress, i));
		rp_json_string(json, NULL, text);
	}
	rp_json_end_array(json);
}

static void
print_link(RpJson *json, const RpLink *link)
{
	static const char *const none[] = {NULL};
	rp_json_begin_object(json, NULL);
	rp_json_string(json, "interface", link->interface);
	rp_json_string(json, "kind", rp_link_kind_name(link->kind));
	print_addresses(json, link);
	rp_json_string(json, "nm-connection", link->connection_id);
	rp_json_string(json, "uuid", link->connection_uuid);
	rp_json_string(json, "ssid", link->ssid);
	rp_json_strv(json, "dns-domains",
		link->dns_domains ? (const char *const *)link->dns_domains : none);
	rp_json_strv(json, "dhcp-options",
		link->dhcp_options ? (const char *const *)link->dhcp_options : none);
	rp_json_string(json, "gateway", link->gateway_hwaddr);
	rp_json_string(json, "ppp-peer", link->ppp_peer);
	rp_json_string(json, "operator", link->operator_code);
	rp_json_string(json, "connectivity", rp_connectivity_name(link->connectivity));
	rp_json_bool(json, "metered", link->metered);
	rp_json_bool(json, "roaming", link->roaming);
	rp_json_bool(json, "open", link->open);
	rp_json_bool(json, "default-ipv4", link->default_route_ipv4);
	rp_json_bool(json, "default-ipv6", link->default_route_ipv6);
	rp_json_end_object(json);
}

static void
on_network(const RpNetwork *network, gpointer user_data)
{
	Watch *watch = user_data;
	g_autoptr(GString) line = g_string_new(NULL);
	RpJson json;
	rp_json_init(&json, line);
	rp_json_begin_object(&json, NULL);
	rp_json_int(&json, "ms", (g_get_monotonic_time() - watch->started) / 1000);
	rp_json_begin_array(&json, "links");
	for (guint i = 0; i < network->links->len; i++)
		print_link(&json, g_ptr_array_index(network->links, i));
	rp_json_end_array(&json);
	rp_json_end_object(&json);
	puts(line->str);
	fflush(stdout);
	if (--watch->left == 0)
		g_main_loop_quit(watch->loop);
}

static gboolean
on_input(gint fd, GIOCondition condition, gpointer user_data)
{
	char text[64];
	gssize length = read(fd, text, sizeof text);
	if (length <= 0)
		return G_SOURCE_REMOVE;
	if (length >= 6 && memcmp(text, "rescan", 6) == 0)
		rp_link_monitor_rescan(((Watch *)user_data)->monitor);
	return G_SOURCE_CONTINUE;
}

static gboolean
on_interrupt(gpointer user_data)
{
	g_main_loop_quit(((Watch *)user_data)->loop);
	return G_SOURCE_CONTINUE;
}

int
main(int argc, char **argv)
{
	Watch watch = {
		.loop = g_main_loop_new(NULL, FALSE),
		.started = g_get_monotonic_time(),
		.left = argc > 1 ? atoi(argv[1]) : -1,
	};
	rp_log_setup("linkwatch", g_getenv("ROAMPOST_DEBUG") != NULL);
	watch.monitor = rp_link_monitor_new_default(on_network, &watch);
	rp_link_monitor_start(watch.monitor);
	g_unix_signal_add(SIGTERM, on_interrupt, &watch);
	g_unix_signal_add(SIGINT, on_interrupt, &watch);
	g_unix_fd_add(STDIN_FILENO, G_IO_IN, on_input, &watch);
	g_main_loop_run(watch.loop);
	rp_link_monitor_free(watch.monitor);
	g_main_loop_unref(watch.loop);
	return 0;
}
