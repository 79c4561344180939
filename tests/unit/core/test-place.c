/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <string.h>

static char *
inside_text(const RpPlace *place, const RpCatalogue *catalogue)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < place->inside->len; i++) {
		const RpInside *inside = &g_array_index(place->inside, RpInside, i);
		const RpLink *link = place->network->links->pdata[inside->link];
		g_autofree char *prefix = rp_prefix_format(&inside->prefix);

		g_string_append_printf(text, "%s%s:%s:%s:%s", i ? " " : "",
			rp_catalogue_provider(catalogue, inside->provider)->name,
			rp_evidence_name(inside->evidence), link->interface,
			rp_family_name(inside->family));
		if (*prefix)
			g_string_append_printf(text, ":%s", prefix);
	}
	return g_string_free(text, FALSE);
}

typedef struct {
	const char *providers, *place, *want;
} InsideRow;

static void
test_inside(void)
{
	static const InsideRow rows[] = {
		{"provider p net=203.0.113.0/24", "e wifi 203.0.113.7",
			"p:prefix:e:ipv4:203.0.113.0/24"},
		{"provider p net=203.0.113.0/24", "e wifi 203.0.114.7", ""},
		{"provider p net=203.0.113.0/24,203.0.0.0/16", "e wifi 203.0.113.7",
			"p:prefix:e:ipv4:203.0.113.0/24"},
		{"provider p net=203.0.113.0/24", "e wifi 192.168.1.2 public=203.0.113.7",
			"p:public-address:e:ipv4:203.0.113.0/24"},
		{"provider p net=203.0.113.0/24,203.0.0.0/16",
			"e wifi 203.0.5.1 public=203.0.113.7", "p:prefix:e:ipv4:203.0.0.0/16"},
		{"provider p nm=Home", "e wifi 192.168.1.2 nm=Home", "p:nm-connection:e:any"},
		{"provider p nm=u-u-i-d", "e wifi 192.168.1.2 uuid=u-u-i-d",
			"p:nm-connection:e:any"},
		{"provider p nm=Home", "e wifi 192.168.1.2 nm=home", ""},
		{"provider p ssid=Cafe", "e wifi 192.168.1.2 ssid=Cafe", "p:ssid:e:any"},
		{"provider p ssid=Cafe", "e wifi 192.168.1.2 ssid=cafe", ""},
		{"provider p dns=Odn.ne.jp", "e wifi 192.168.1.2 dns=x.example,odn.ne.JP.",
			"p:dns-domain:e:any"},
		{"provider p dns=odn.ne.jp", "e wifi 192.168.1.2 dns=~odn.ne.jp",
			"p:dns-domain:e:any"},
		{"provider p dns=odn.ne.jp", "e wifi 192.168.1.2 dns=sub.odn.ne.jp", ""},
		{"provider p peer=odn", "ppp0 ppp 192.168.1.2 peer=odn", "p:ppp-peer:ppp0:any"},
		{"provider p op=44010", "w cellular 192.168.1.2 op=44010", "p:operator:w:any"},
		{"provider p gw=AA-bb-CC-00-11-22", "e wifi 192.168.1.2 gw=aa:bb:cc:00:11:22",
			"p:gateway:e:any"},
		{"provider p asn=4725", "e wifi 192.168.1.2 public=192.0.2.1/4725", "p:asn:e:ipv4"},
		{"provider p asn=4725", "e wifi 192.168.1.2 public=192.0.2.1", ""},
		{"provider p net=2001:db8:1::/48 ssid=Cafe nm=Home",
			"e wifi 2001:db8:1::2 ssid=Cafe nm=Home",
			"p:nm-connection:e:any p:prefix:e:ipv6:2001:db8:1::/48"},
		{"provider b net=203.0.113.0/24\nprovider a net=203.0.0.0/16", "e wifi 203.0.113.7",
			"a:prefix:e:ipv4:203.0.0.0/16 b:prefix:e:ipv4:203.0.113.0/24"},
		{"provider p net=203.0.113.0/24", "b wifi 203.0.113.7; a wifi 203.0.113.8",
			"p:prefix:a:ipv4:203.0.113.0/24 p:prefix:b:ipv4:203.0.113.0/24"},
		{"provider p net=203.0.113.0/24", "e wifi 192.168.1.2 public=::ffff:203.0.113.7",
			"p:public-address:e:ipv4:203.0.113.0/24"},
		{"provider p gw=00:00:5e:00:01:01", "e ethernet 192.168.1.2 gw=00:00:5e:00:01:01",
			""},
		{"provider p gw=00:00:5e:00:03:01", "e ethernet 192.168.1.2 gw=00:00:5e:00:03:01",
			"p:gateway:e:any"},
		{"provider p ssid=a", "", ""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(RpCatalogue) catalogue = fx_catalogue(rows[i].providers);
		g_autoptr(RpPlace) place = fx_place(rows[i].place, catalogue);
		g_autofree char *got = inside_text(place, catalogue);

		g_test_message("%s / %s", rows[i].providers, rows[i].place);
		g_assert_cmpstr(got, ==, rows[i].want);
	}
}

static void
test_shown(void)
{
	static const InsideRow rows[] = {
		{"provider a net=203.0.0.0/16\nprovider b net=203.0.113.0/24\nprovider c ssid=S",
			"e wifi 203.0.113.7 ssid=S", "b a c"},
		{"provider b net=203.0.113.0/24\nprovider a net=203.0.113.0/24",
			"e wifi 203.0.113.7", "a b"},
		{"provider a net=203.0.113.0/24", "e wifi 203.0.113.7; t vpn 192.0.2.1 default",
			""},
		{"provider a net=203.0.113.0/24", "e wifi 203.0.113.7; t vpn 203.0.113.9 default",
			"a"},
		{"provider a net=203.0.113.0/24", "e wifi 203.0.113.7 portal", "a"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(RpCatalogue) catalogue = fx_catalogue(rows[i].providers);
		g_autoptr(RpPlace) place = fx_place(rows[i].place, catalogue);
		g_autoptr(GString) got = g_string_new(NULL);

		for (guint k = 0; k < place->shown->len; k++) {
			guint provider = g_array_index(place->shown, guint, k);

			g_assert_true(rp_place_is_inside(place, provider));
			g_string_append_printf(got, "%s%s", k ? " " : "",
				rp_catalogue_provider(catalogue, provider)->name);
		}
		g_assert_cmpstr(got->str, ==, rows[i].want);
	}
}

static void
test_key(void)
{
	static const char config[] = "provider p net=203.0.112.0/20\nprovider q ssid=Q";
	static const struct {
		const char *a, *b;
		gboolean same;
	} rows[] = {
		{"e wifi 192.168.1.5 gw=aa:00", "e wifi 192.168.1.6 gw=aa:00", TRUE},
		{"e wifi 192.168.1.5 gw=aa:00", "e wifi 192.168.1.5 gw=aa:01", FALSE},
		{"e wifi 192.168.1.5 uuid=1", "e wifi 192.168.1.5 uuid=2", FALSE},
		/* the interface's name does not count, nor NetworkManager's for people */
		{"e wifi 192.168.1.5 uuid=1 nm=x", "f wifi 192.168.1.5 uuid=1 nm=y", TRUE},
		/* one uuid, two gateways: eduroam is in many towns */
		{"e wifi 192.168.1.5 uuid=1 gw=aa:00", "e wifi 192.168.1.5 uuid=1 gw=aa:01", FALSE},
		{"ppp0 ppp 203.0.113.7", "ppp0 ppp 203.0.120.9", TRUE}, /* the provider's pool */
		{"ppp0 ppp 198.51.100.7", "ppp0 ppp 198.51.100.9", TRUE},
		{"ppp0 ppp 198.51.100.7", "ppp0 ppp 198.51.101.7", FALSE},
		{"e wifi 192.168.1.5 public=198.51.100.7", "e wifi 192.168.1.5 public=198.51.101.7",
			FALSE},
		{"e wifi 2001:db8:9:1::5", "e wifi 2001:db8:9:2::6", TRUE},
		{"e wifi 2001:db8:9:1::5", "e wifi 2001:db8:8:1::5", FALSE},
		/* a private address never makes two places the same, nor different */
		{"e wifi 192.168.1.5 ssid=A", "e wifi 192.168.1.5 ssid=B", FALSE},
		{"e wifi 192.168.1.5 ssid=Q", "e wifi 192.168.1.5 ssid=A", FALSE},
		{"a wifi 192.168.1.5 gw=aa; b ethernet 192.168.2.5 gw=bb",
			"a ethernet 192.168.2.5 gw=bb; b wifi 192.168.1.5 gw=aa default", TRUE},
		/* what is up beside the way out does not count, a split tunnel for one */
		{"a wifi 192.168.1.5 gw=aa; b ethernet 192.168.2.5 gw=bb",
			"a wifi 192.168.1.5 gw=aa", TRUE},
		{"a wifi 192.168.1.5 gw=aa; b vpn 10.8.0.2 uuid=v", "a wifi 192.168.1.5 gw=aa",
			TRUE},
		{"a wifi 192.168.1.5 gw=aa; b vpn 10.8.0.2 uuid=v default",
			"a wifi 192.168.1.5 gw=aa", FALSE},
		{"a wifi 192.168.1.5 gw=aa default4; b ethernet 192.168.2.5 gw=bb default6",
			"a wifi 192.168.1.5 gw=aa", FALSE},
	};
	g_autoptr(RpCatalogue) catalogue = fx_catalogue(config);
	g_autoptr(RpPlace) nowhere = fx_place("", catalogue);

	g_assert_cmpstr(nowhere->key, ==, "");
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(RpPlace) a = fx_place(rows[i].a, catalogue);
		g_autoptr(RpPlace) b = fx_place(rows[i].b, catalogue);

		g_test_message("%s | %s", a->key, b->key);
		g_assert_cmpstr(a->key, !=, "");
		g_assert_cmpint(g_str_equal(a->key, b->key), ==, rows[i].same);
		g_assert_null(strstr(a->key, "192.168"));
	}
}

#define VRRP "00:00:5E:00:01:01"

static void
test_learned(void)
{
	static const struct {
		const char *taught, *later;
		gboolean want, hearsay;
	} rows[] = {
		{"ppp0 ppp 192.168.1.5 uuid=1", "ppp0 ppp 192.168.9.9 uuid=1", TRUE},
		{"ppp0 ppp 192.168.1.5 uuid=1", "ppp0 ppp 192.168.1.5 uuid=2", FALSE},
		{"e wifi 192.168.1.5 uuid=1 gw=aa", "e wifi 192.168.1.5 uuid=1 gw=AA", TRUE},
		{"e wifi 192.168.1.5 uuid=1 gw=aa", "e wifi 192.168.1.5 uuid=1 gw=bb", FALSE},
		{"e wifi 192.168.1.5 uuid=1 gw=aa", "e ethernet 192.168.1.5 gw=aa", TRUE},
		{"e wifi 192.168.1.5 uuid=1 gw=aa", "e wifi 192.168.1.5 uuid=2 gw=aa", FALSE},
		/* a group's router: as the connection alone, and no wider */
		{"e wifi 192.168.1.5 uuid=1 gw=" VRRP, "e wifi 192.168.1.5 uuid=1 gw=" VRRP, TRUE},
		{"e wifi 192.168.1.5 uuid=1 gw=" VRRP, "e wifi 192.168.1.5 uuid=1 gw=aa", FALSE},
		{"e wifi 192.168.1.5 uuid=1 gw=" VRRP, "e ethernet 192.168.1.5 gw=" VRRP, FALSE},
		{"e wifi 198.51.100.5 gw=" VRRP, "e wifi 10.0.0.5 gw=" VRRP, FALSE},
		{"e wifi 198.51.100.5", "f wifi 198.51.100.9", TRUE},
		{"e wifi 198.51.100.5", "f wifi 198.51.101.9", FALSE},
		{"e wifi 192.168.1.5 public=198.51.100.5", "e wifi 10.0.0.1 public=198.51.100.6",
			TRUE, TRUE},
		{"e wifi 192.168.1.5 uuid=1", "", FALSE},
	};
	g_autoptr(RpCatalogue) catalogue = fx_catalogue("provider p\nprovider q");

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(RpPlace) taught = fx_place(rows[i].taught, catalogue);
		g_autoptr(RpNetwork) later = fx_network(rows[i].later);
		g_autoptr(GPtrArray) learned =
			g_ptr_array_new_with_free_func((GDestroyNotify)rp_learned_free);

		g_ptr_array_add(learned, rp_place_learn(taught, "q"));
		g_assert_nonnull(learned->pdata[0]);
		g_autoptr(RpPlace) place = rp_place_new_learned(later, catalogue, learned, NULL);
		g_test_message("%s / %s", rows[i].taught, rows[i].later);
		g_assert_cmpint(rp_place_is_inside(place, 1), ==, rows[i].want);
		g_assert_false(rp_place_is_inside(place, 0));
		if (rows[i].want)
			g_assert_cmpint(g_array_index(place->inside, RpInside, 0).hearsay, ==,
				rows[i].hearsay);
	}
	/* a private prefix is never recorded, and nothing else is known here */
	g_autoptr(RpPlace) private = fx_place("e wifi 192.168.1.5", catalogue);
	g_assert_null(rp_place_learn(private, "q"));
	g_autoptr(RpPlace) group = fx_place("e wifi 192.168.1.5 gw=" VRRP, catalogue);
	g_assert_null(rp_place_learn(group, "q"));
	g_autoptr(RpPlace) nowhere = fx_place("", catalogue);
	g_assert_null(rp_place_learn(nowhere, "q"));
}

static void
test_network(void)
{
	g_autoptr(RpNetwork) a =
		fx_network("b wifi 10.0.0.2 10.0.0.1 dns=x,y public=192.0.2.1; a ppp 2001:db8::1");
	g_autoptr(RpNetwork) b =
		fx_network("a ppp 2001:db8::1 default4; b wifi 10.0.0.1 10.0.0.2 10.0.0.1 dns=x,y "
			   "public=192.0.2.1");
	g_autoptr(RpNetwork) copy = rp_network_copy(a);

	g_assert_true(rp_network_equal(a, copy));
	g_assert_false(rp_network_equal(a, b));
	((RpLink *)a->links->pdata[1])->default_route_ipv4 = FALSE;
	((RpLink *)a->links->pdata[1])->default_route_ipv6 = FALSE;
	((RpLink *)a->links->pdata[0])->default_route_ipv4 = TRUE;
	g_assert_true(rp_network_equal(a, b));
	static const char *const different[] = {
		"a wifi 10.0.0.1",
		"a ppp 10.0.0.1",
		"a wifi 10.0.0.2",
		"b wifi 10.0.0.1",
		"a wifi 10.0.0.1 metered",
		"a wifi 10.0.0.1 portal",
		"a wifi 10.0.0.1 nm=1",
		"a wifi 10.0.0.1 uuid=1",
		"a wifi 10.0.0.1 ssid=1",
		"a wifi 10.0.0.1 dns=1",
		"a wifi 10.0.0.1 dhcp=routers=1",
		"a wifi 10.0.0.1 reached=h:1/ipv4",
		"a wifi 10.0.0.1 reached=h:1/ipv6",
		"a wifi 10.0.0.1 gw=1",
		"a wifi 10.0.0.1 roaming",
		"a wifi 10.0.0.1 open",
		"a wifi 10.0.0.1 peer=1",
		"a wifi 10.0.0.1 op=1",
		"a wifi 10.0.0.1 public=192.0.2.1",
		"a wifi 10.0.0.1 public=192.0.2.1/1",
		"a wifi 10.0.0.1 default4",
		"a wifi 10.0.0.1 default6",
		"a wifi 10.0.0.1; b wifi 10.0.0.2",
		"",
	};
	for (guint i = 0; i < G_N_ELEMENTS(different); i++) {
		for (guint k = 0; k < G_N_ELEMENTS(different); k++) {
			g_autoptr(RpNetwork) x = fx_network(different[i]);
			g_autoptr(RpNetwork) y = fx_network(different[k]);
			g_assert_cmpint(rp_network_equal(x, y), ==, i == k);
		}
	}
}

/* The same in many networks, by their makers' documents; and neighbours of those that are not. */
static void
test_shared_gateways(void)
{
	static const struct {
		const char *hwaddr;
		gboolean shared;
	} rows[] = {
		{"00:00:5e:00:01:01", TRUE},  /* VRRP */
		{"00:00:5E:00:02:FF", TRUE},  /* its IPv6 */
		{"00:00:0c:07:ac:0a", TRUE},  /* HSRP */
		{"00:00:0c:9f:f0:01", TRUE},  /* HSRP 2 */
		{"00:22:bd:f8:19:ff", TRUE},  /* ACI */
		{"02:e0:52:00:01:00", TRUE},  /* Extreme */
		{"00:1c:73:00:00:99", TRUE},  /* Arista */
		{"44:38:39:ff:00:01", TRUE},  /* Cumulus */
		{"02:50:56:56:44:52", TRUE},  /* NSX */
		{"00:09:0f:09:00:02", TRUE},  /* FortiGate, group 0 */
		{"00:1b:17:00:01:12", TRUE},  /* Palo Alto, group 1 */
		{"00:10:db:ff:10:01", TRUE},  /* SRX, cluster 1 */
		{"02:bf:c0:a8:01:01", TRUE},  /* NLB */
		{"03:bf:c0:a8:01:01", TRUE},  /* NLB by multicast */
		{"01:00:5e:41:14:01", TRUE},  /* Check Point's load sharing */
		{"12:34:56:78:9a:bc", TRUE},  /* Azure */
		{"52:54:00:12:35:02", TRUE},  /* VirtualBox */
		{"52:55:0a:00:02:02", TRUE},  /* QEMU */
		{"ee:ee:ee:ee:ee:ee", TRUE},  /* Calico */
		{"52:54:00:12:34:56", FALSE}, /* libvirt: each its own */
		{"00:22:bd:f8:19:fe", FALSE},
		{"00:09:0f:0a:00:02", FALSE},
		{"7e:3f:11:22:33:44", FALSE}, /* a telephone's hotspot */
		{"80:00:02:08:fe:80:00:00:00:00:00:00:00:02:c9:03:00:01:02:03", FALSE},
		{"", FALSE},
		{NULL, FALSE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_test_message("%s", rows[i].hwaddr ? rows[i].hwaddr : "none");
		g_assert_cmpint(rp_gateway_is_of_a_group(rows[i].hwaddr), ==, rows[i].shared);
	}
}

static void
test_names(void)
{
	RpLinkKind kind;
	RpConnectivity connectivity;

	g_assert_true(rp_link_kind_from_name("cellular", &kind));
	g_assert_cmpint(kind, ==, RP_LINK_CELLULAR);
	g_assert_false(rp_link_kind_from_name("carrier pigeon", &kind));
	g_assert_false(rp_link_kind_from_name(NULL, &kind));
	g_assert_true(rp_connectivity_from_name("portal", &connectivity));
	g_assert_cmpint(connectivity, ==, RP_CONNECTIVITY_PORTAL);
	g_assert_cmpstr(rp_link_kind_name(RP_LINK_VPN), ==, "vpn");
	g_assert_cmpstr(rp_connectivity_name(RP_CONNECTIVITY_FULL), ==, "full");
	g_assert_cmpstr(rp_evidence_name(RP_EVIDENCE_LEARNED), ==, "learned");
	g_assert_cmpstr(rp_evidence_name(RP_EVIDENCE_ASN), ==, "asn");
}

static void
test_portal_page(void)
{
	static const struct {
		const char *url, *want;
	} rows[] = {
		{"http://check.example/", "http://check.example/"},
		{"https://check.example/a?b", "http://check.example/a?b"},
		{"HTTPS://check.example/", "http://check.example/"},
		{"file:///etc/passwd", NULL},
		{"", NULL},
		{NULL, NULL},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = rp_portal_page(rows[i].url);
		g_assert_cmpstr(got, ==, rows[i].want);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/place/inside", test_inside);
	g_test_add_func("/place/shown", test_shown);
	g_test_add_func("/place/key", test_key);
	g_test_add_func("/place/learned", test_learned);
	g_test_add_func("/place/network", test_network);
	g_test_add_func("/place/shared-gateways", test_shared_gateways);
	g_test_add_func("/place/names", test_names);
	g_test_add_func("/place/portal-page", test_portal_page);
	return g_test_run();
}
