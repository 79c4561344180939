/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "interfaces-private.h"
#include "merge-private.h"

#include <string.h>

/* What several sources say of the same interfaces, made one. A source's view is written as links,
 * separated by ";": "INTERFACE KIND FIELD...", fields being an address, id=, uuid=, gw=, peer=,
 * ssid=, net=CONNECTIVITY, 4 and 6 for the default routes, metered; "!INTERFACE" is ignored by the
 * source, "~INTERFACE ADDRESS" is not to be used, "@PORT,PORT OPERATOR [roaming]" is a modem. */

typedef struct {
	const char *what;
	const char *networkmanager;
	const char *ppp;
	const char *kernel;
	const char *want;
} Row;

static const Row rows[] = {
	{"nobody has reported", NULL, NULL, NULL, ""},
	{"nothing is up", "", "", "", ""},
	{"the kernel alone", "", "", "eth0 ethernet 192.0.2.3 gw=aa 4",
		"eth0 ethernet 192.0.2.3 gw=aa 4"},
	{"NetworkManager has the say", "eth0 wifi 192.0.2.3 id=Home uuid=1 4", "",
		"eth0 ethernet 192.0.2.3 4", "eth0 wifi 192.0.2.3 id=Home uuid=1 4"},
	{"the kernel fills in", "eth0 ethernet 192.0.2.3 id=Home uuid=1", "",
		"eth0 ethernet 192.0.2.3 gw=aa 4",
		"eth0 ethernet 192.0.2.3 id=Home uuid=1 gw=aa 4"},
	{"a family that NetworkManager leaves alone", "eth0 ethernet 192.0.2.3 id=Home", "",
		"eth0 ethernet 192.0.2.9 2001:db8::1 6",
		"eth0 ethernet 192.0.2.3 2001:db8::1 id=Home 6"},
	{"a line that only the kernel knows comes on top", "eth0 ethernet 192.0.2.3", "",
		"tun3 vpn 10.0.0.1", "eth0 ethernet 192.0.2.3; tun3 vpn 10.0.0.1"},
	{"on its way down: the kernel's word does not count", "!eth0", "",
		"eth0 ethernet 192.0.2.3", ""},
	{"an external ppp0 gets its peer", "ppp0 ppp 192.0.2.3", "ppp0 ppp 192.0.2.3 peer=odn",
		"ppp0 ppp 192.0.2.3 4", "ppp0 ppp 192.0.2.3 peer=odn 4"},
	{"ppp without NetworkManager", "", "ppp0 ppp 192.0.2.3 peer=odn", "ppp0 ppp 192.0.2.3 4",
		"ppp0 ppp 192.0.2.3 peer=odn 4"},
	{"ppp after the agent's restart", "", "", "ppp0 ppp 192.0.2.3 4", "ppp0 ppp 192.0.2.3 4"},
	{"an IPv6 line whose hook names no address", "", "ppp0 ppp peer=odn",
		"ppp0 ppp 2001:db8::1 6", "ppp0 ppp 2001:db8::1 peer=odn 6"},
	{"a hook's line that is not there", "", "ppp0 ppp peer=odn", "", ""},
	{"a tunnel that the hook calls a line", "ppp7 vpn 192.0.2.3", "ppp7 ppp 192.0.2.3 peer=odn",
		"", "ppp7 ppp 192.0.2.3 peer=odn"},
	{"a VPN that runs pppd stays one", "ppp0 vpn 10.0.0.3 id=Work uuid=2",
		"ppp0 ppp 10.0.0.3 peer=pptp", "", "ppp0 vpn 10.0.0.3 id=Work uuid=2 peer=pptp"},
	{"a modem's ppp0 stays cellular", "ppp0 cellular 10.0.0.3 id=Phone uuid=3",
		"ppp0 ppp 10.0.0.3", "ppp0 ppp 10.0.0.3 4",
		"ppp0 cellular 10.0.0.3 id=Phone uuid=3 4"},
	{"the kernel knows the default route", "a ethernet 192.0.2.3 4; b wifi 198.51.100.3", "",
		"a ethernet 192.0.2.3; b wifi 198.51.100.3 4",
		"a ethernet 192.0.2.3; b wifi 198.51.100.3 4"},
	{"each family has its own", "a ethernet 192.0.2.3 4 6; b vpn 2001:db8::1", "",
		"a ethernet 192.0.2.3 4; b vpn 2001:db8::1 6",
		"a ethernet 192.0.2.3 4; b vpn 2001:db8::1 6"},
	{"a default route by no link changes nothing", "a ethernet 192.0.2.3 4", "", "",
		"a ethernet 192.0.2.3 4"},
	{"tentative addresses", "eth0 ethernet 192.0.2.3 2001:db8::1", "", "~eth0 2001:db8::1",
		"eth0 ethernet 192.0.2.3"},
	{"nothing but tentative", "eth0 ethernet 2001:db8::1", "", "~eth0 2001:db8::1", ""},
	{"metered, ssid and verdict", "w wifi 192.0.2.3 ssid=Cafe net=portal metered", "",
		"w wifi 192.0.2.3", "w wifi 192.0.2.3 ssid=Cafe net=portal metered"},
	{"a modem by its interface", "", "@wwan0,cdc-wdm0 44010", "wwan0 ethernet 10.0.0.3 4",
		"wwan0 cellular 10.0.0.3 op=44010 4"},
	{"a modem by its control port", "ppp0 cellular 10.0.0.3 id=Phone port=ttyUSB2 op=44010",
		"@ttyUSB2,ttyUSB3 26201 roaming", "ppp0 ppp 10.0.0.3 4",
		"ppp0 cellular 10.0.0.3 id=Phone op=26201 roaming 4 metered"},
	{"a modem that is in no network", "wwan0 cellular 10.0.0.3 op=44010", "@wwan0", "",
		"wwan0 cellular 10.0.0.3 op=44010"},
	{"another modem", "wwan0 cellular 10.0.0.3 op=44010", "@wwan1 26201 roaming", "",
		"wwan0 cellular 10.0.0.3 op=44010"},
	{"by name, not by source", "z ethernet 192.0.2.3", "", "a vpn 10.0.0.1",
		"a vpn 10.0.0.1; z ethernet 192.0.2.3"},
};

static void
set_field(RpLink *link, const char *field)
{
	const struct {
		const char *name;
		char **string;
	} strings[] = {
		{"id=", &link->connection_id},
		{"uuid=", &link->connection_uuid},
		{"gw=", &link->gateway_hwaddr},
		{"peer=", &link->ppp_peer},
		{"ssid=", &link->ssid},
		{"op=", &link->operator_code},
		{"port=", &link->port},
	};
	RpAddress address;
	for (guint i = 0; i < G_N_ELEMENTS(strings); i++) {
		if (!g_str_has_prefix(field, strings[i].name))
			continue;
		*strings[i].string = g_strdup(field + strlen(strings[i].name));
		return;
	}
	if (g_str_has_prefix(field, "net="))
		g_assert_true(rp_connectivity_from_name(field + 4, &link->connectivity));
	else if (strcmp(field, "4") == 0)
		link->default_route_ipv4 = TRUE;
	else if (strcmp(field, "6") == 0)
		link->default_route_ipv6 = TRUE;
	else if (strcmp(field, "metered") == 0)
		link->metered = TRUE;
	else {
		g_assert_true(rp_address_parse(field, &address));
		rp_link_add_address(link, &address);
	}
}

static void
add_modem(RpLinkView *view, char *const *words)
{
	RpModem *modem = rp_modem_new();
	g_auto(GStrv) ports = g_strsplit(words[0], ",", -1);
	for (char **port = ports; *port; port++)
		g_ptr_array_add(modem->ports, g_strdup(*port));
	modem->operator_code = g_strdup(words[1]);
	modem->roaming = words[1] && g_strcmp0(words[2], "roaming") == 0;
	g_ptr_array_add(view->modems, modem);
}

static void
add_item(RpLinkView *view, const char *item)
{
	g_auto(GStrv) words = g_strsplit(item, " ", -1);
	gboolean unusable = *item == '~';
	if (*item == '!') {
		g_ptr_array_add(view->ignored, g_strdup(item + 1));
		return;
	}
	if (*item == '@') {
		memmove(words[0], words[0] + 1, strlen(words[0]));
		add_modem(view, words);
		return;
	}
	RpLink *link = rp_link_new(words[0] + (unusable ? 1 : 0), RP_LINK_OTHER);
	if (!unusable)
		g_assert_true(rp_link_kind_from_name(words[1], &link->kind));
	for (char **field = words + (unusable ? 1 : 2); *field; field++)
		set_field(link, *field);
	rp_network_add_link(unusable ? view->unusable : view->network, link);
}

static RpLinkView *
read_view(const char *text)
{
	if (!text)
		return NULL;
	RpLinkView *view = rp_link_view_new();
	g_auto(GStrv) items = g_strsplit(text, "; ", -1);
	for (char **item = items; *item; item++)
		add_item(view, *item);
	return view;
}

static void
append_field(GString *out, const char *name, const char *value)
{
	if (value)
		g_string_append_printf(out, " %s%s", name, value);
}

static void
append_link(GString *out, const RpLink *link)
{
	g_string_append_printf(out, "%s%s %s", out->len ? "; " : "", link->interface,
		rp_link_kind_name(link->kind));
	for (guint i = 0; i < link->addresses->len; i++) {
		g_autofree char *text =
			rp_address_format(&g_array_index(link->addresses, RpAddress, i));
		append_field(out, "", text);
	}
	append_field(out, "id=", link->connection_id);
	append_field(out, "uuid=", link->connection_uuid);
	append_field(out, "gw=", link->gateway_hwaddr);
	append_field(out, "ssid=", link->ssid);
	append_field(out, "peer=", link->ppp_peer);
	append_field(out, "op=", link->operator_code);
	append_field(out, "", link->roaming ? "roaming" : NULL);
	if (link->connectivity != RP_CONNECTIVITY_UNKNOWN)
		append_field(out, "net=", rp_connectivity_name(link->connectivity));
	append_field(out, "", link->default_route_ipv4 ? "4" : NULL);
	append_field(out, "", link->default_route_ipv6 ? "6" : NULL);
	append_field(out, "", link->metered ? "metered" : NULL);
}

static void
test_merge(gconstpointer data)
{
	const Row *row = data;
	RpLinkView *views[] = {
		read_view(row->networkmanager), read_view(row->ppp), read_view(row->kernel)};
	g_autoptr(GString) got = g_string_new(NULL);
	if (views[2])
		views[2]->knows_routes = TRUE;
	g_autoptr(RpNetwork) merged = rp_link_merge(views, G_N_ELEMENTS(views));
	for (guint i = 0; i < merged->links->len; i++)
		append_link(got, g_ptr_array_index(merged->links, i));
	g_assert_cmpstr(got->str, ==, row->want);
	for (guint i = 0; i < G_N_ELEMENTS(views); i++)
		rp_link_view_free(views[i]);
}

/* What makes a link a link: a route beyond what is on it. */
static void
test_beyond(void)
{
	static const struct {
		const char *destination;
		gboolean gateway;
		gboolean want;
	} routes[] = {
		{"0.0.0.0/0", TRUE, TRUE},
		{"0.0.0.0/0", FALSE, TRUE},        /* ppp: no gateway needed */
		{"10.0.0.0/8", TRUE, TRUE},        /* a routed LAN */
		{"10.0.0.0/8", FALSE, TRUE},       /* a VPN's networks */
		{"192.0.2.0/24", FALSE, FALSE},    /* its own: docker0, virbr0 */
		{"192.0.2.128/25", FALSE, FALSE},  /* a part of its own */
		{"192.0.0.0/16", FALSE, TRUE},     /* more than its own */
		{"198.51.100.1/32", FALSE, FALSE}, /* a tunnel's other end */
		{"198.51.100.1/32", TRUE, TRUE},
		{"::/0", FALSE, TRUE},
		{"fe80::/64", FALSE, FALSE},
		{"2001:db8:1::/64", FALSE, FALSE},
		{"2001:db8::/32", TRUE, TRUE},
	};
	static const char *const connected[] = {"192.0.2.0/24", "2001:db8:1::/64"};
	g_autoptr(GArray) own = g_array_new(FALSE, FALSE, sizeof(RpPrefix));
	RpPrefix prefix;
	for (guint i = 0; i < G_N_ELEMENTS(connected); i++) {
		g_assert_true(rp_prefix_parse(connected[i], &prefix, NULL));
		g_array_append_val(own, prefix);
	}
	for (guint i = 0; i < G_N_ELEMENTS(routes); i++) {
		g_assert_true(rp_prefix_parse(routes[i].destination, &prefix, NULL));
		g_test_message("%s", routes[i].destination);
		g_assert_cmpint(
			rp_route_leads_beyond(&prefix, routes[i].gateway, own), ==, routes[i].want);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/link/merge/%s", rows[i].what);
		g_test_add_data_func(path, &rows[i], test_merge);
	}
	g_test_add_func("/link/beyond", test_beyond);
	return g_test_run();
}
