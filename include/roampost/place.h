/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/asn-table.h"

/* Links, providers, and the place they make: where the machine is, as far as mail is concerned.
 * Values of the pure core; the link adapters fill in RpNetwork, core/place works out RpPlace. */

typedef struct RpCatalogue RpCatalogue; /* roampost/serverset.h */

typedef enum {
	RP_LINK_OTHER,
	RP_LINK_PPP,
	RP_LINK_WIFI,
	RP_LINK_ETHERNET,
	RP_LINK_CELLULAR,
	RP_LINK_VPN,
} RpLinkKind;

typedef enum {
	RP_CONNECTIVITY_UNKNOWN, /* nobody checked: counts as usable */
	RP_CONNECTIVITY_NONE,
	RP_CONNECTIVITY_PORTAL,
	RP_CONNECTIVITY_LIMITED,
	RP_CONNECTIVITY_FULL,
} RpConnectivity;

const char *rp_link_kind_name(RpLinkKind kind); /* "ppp", "wifi", ... */
gboolean rp_link_kind_from_name(const char *name, RpLinkKind *kind);
const char *rp_connectivity_name(RpConnectivity connectivity); /* "unknown", "portal", ... */
gboolean rp_connectivity_from_name(const char *name, RpConnectivity *connectivity);

/* One network attachment that is up and has a route beyond itself. Strings are owned and may be
 * NULL where nothing is known. */
typedef struct {
	char *interface;
	RpLinkKind kind;
	GArray *addresses; /* of RpAddress; no link-local ones; such as may be used */
	GArray *preferred; /* of RpAddress: the same, as far as the kernel's order is known: what it
			      would take for a source first */
	char *connection_id; /* NetworkManager's name for it, as people see it */
	char *connection_uuid;
	char *ssid;
	char **dns_domains;
	char **dns_servers;  /* addresses, in the order to ask them */
	char **dhcp_options; /* "name=value", of a list also each "name=word"; in order */
	RpAddress gateway; /* the router's own address: IPv4, of the default route by it; or none */
	char *gateway_hwaddr; /* the gateway's link-layer address, lower case, colons */
	char *ppp_peer;       /* pppd's ipparam */
	char *port; /* the device below, where its name is another: a modem's control port */
	char *operator_code; /* cellular MCC+MNC, of the network that it is registered in */
	gboolean roaming; /* as a guest there: the address is the home operator's, the price too */
	gboolean open;    /* Wi-Fi without a key: anybody can set up one that looks like it */
	RpConnectivity connectivity;
	gboolean metered;
	gboolean default_route_ipv4; /* the machine's default route of that family leads here */
	gboolean default_route_ipv6;
	char *carrier; /* of a tunnel: the interface that its packets leave by, where it is known */
	gboolean extends; /* it carries a family for the provider of `carrier` (CLAT, DS-Lite, 6rd):
			     where that is inside, it is */
	gboolean idle; /* a line on demand that has hung up: a way out, but nobody knows where to */
} RpLink;

/* Whether a DHCP option, in NetworkManager's spelling ("domain_name", "private_224"), says whose
 * network it is: it is the same at each lease. */
gboolean rp_dhcp_option_counts(const char *name);

RpLink *rp_link_new(const char *interface, RpLinkKind kind);
RpLink *rp_link_copy(const RpLink *link);
void rp_link_free(RpLink *link);
void rp_link_add_address(RpLink *link, const RpAddress *address);
void rp_link_add_preferred(RpLink *link, const RpAddress *address); /* after those that are there */
gboolean rp_link_has_family(const RpLink *link, RpFamily family);
gboolean rp_link_has_address(const RpLink *link, const RpAddress *address);
/* Usable: it has an address and its connectivity is not none or portal. Limited is a hint of
 * NetworkManager's, whose check may be blocked: it is tried. */
gboolean rp_link_is_usable(const RpLink *link);
/* A way out over IPv4, be it not the one that the machine takes by itself, with private addresses
 * alone: another one, which some router has, is that by which the world sees it. */
gboolean rp_link_is_behind_nat(const RpLink *link);
gboolean rp_link_is_default(const RpLink *link, RpFamily family); /* any: of one family or both */
/* The address to send from: of those of the family in the prefix (NULL: anywhere) the one that the
 * kernel prefers. Family "any" where there is none. */
RpAddress rp_link_source(const RpLink *link, RpFamily family, const RpPrefix *prefix);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpLink, rp_link_free)

/* An address as the rest of the world sees it, learned elsewhere, for one link. */
typedef struct {
	RpAddress address;
	char *interface;
	guint32 asn; /* the AS that announces it, where somebody looked it up; 0: unknown */
} RpPublicAddress;

/* That a host and port answered by a link, in the family that it was tried in. */
typedef struct {
	char *where; /* as a provider's `reachable` has it */
	char *interface;
	RpFamily family;
} RpReached;

#define RP_INTERFACE_SIZE 16 /* as the kernel's IFNAMSIZ */

/* A route of the kernel's, by a link or by another interface. */
typedef struct {
	RpPrefix destination;
	char interface[RP_INTERFACE_SIZE];
} RpNetRoute;

/* An address that the machine has: a session lives by it although it is deprecated, or its
 * interface is no link now. */
typedef struct {
	RpAddress address;
	char interface[RP_INTERFACE_SIZE];
} RpHeldAddress;

/* What the link adapters report: all links that are up. Ordered by interface name, so that equal
 * networks compare equal. */
typedef struct {
	GPtrArray *links;         /* of RpLink, owned */
	GArray *public_addresses; /* of RpPublicAddress, owned */
	GArray *reached;          /* of RpReached, owned */
	GArray *routes;           /* of RpNetRoute, in order: all that lead to some host outside */
	GArray *held;             /* of RpHeldAddress, in order: beside those of the links */
	char *portal_page; /* where NetworkManager looks for portals: who is behind one is led to it
			      there; or NULL */
	gboolean checking; /* a link is left out until NetworkManager has checked it */
	gboolean
		tunnels_alone; /* there are no interfaces but tunnels: somebody else's carry them */
} RpNetwork;

/* The page at which a portal shows itself, made of the URL by which NetworkManager looks for one:
 * without TLS, in which nobody can answer for another. NULL: there is none. Free with g_free. */
char *rp_portal_page(const char *check_url);

RpNetwork *rp_network_new(void);
RpNetwork *rp_network_copy(const RpNetwork *network);
void rp_network_free(RpNetwork *network);
void rp_network_add_link(RpNetwork *network, RpLink *link); /* takes the link, keeps the order */
/* With its AS number; 0: unknown. */
void rp_network_add_public_address_asn(
	RpNetwork *network, const char *interface, const RpAddress *address, guint32 asn);
void rp_network_add_reached(
	RpNetwork *network, const char *interface, const char *where, RpFamily family);
void rp_network_add_route(RpNetwork *network, const RpPrefix *destination, const char *interface);
void rp_network_add_held(RpNetwork *network, const RpAddress *address, const char *interface);
gboolean rp_network_equal(const RpNetwork *a, const RpNetwork *b); /* but for routes */
/* The interface by which the kernel's routes, default ones aside, lead to the address; or NULL. */
const char *rp_network_route_to(const RpNetwork *network, const RpAddress *address);
/* Whether the machine has the address, on this interface (NULL: any), used or not. */
gboolean rp_network_holds(
	const RpNetwork *network, const char *interface, const RpAddress *address);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpNetwork, rp_network_free)

typedef enum {
	RP_EVIDENCE_PREFIX, /* an address of the link is in a prefix */
	RP_EVIDENCE_PUBLIC_ADDRESS,
	RP_EVIDENCE_NM_CONNECTION,
	RP_EVIDENCE_SSID,
	RP_EVIDENCE_DNS_DOMAIN,
	RP_EVIDENCE_DHCP_OPTION,
	RP_EVIDENCE_PPP_PEER,
	RP_EVIDENCE_OPERATOR,
	RP_EVIDENCE_GATEWAY,
	RP_EVIDENCE_ASN, /* of an address of the link, or as hearsay of its public address */
	RP_EVIDENCE_REACHABLE,
	RP_EVIDENCE_LEARNED,
} RpEvidence;

const char *rp_evidence_name(RpEvidence evidence); /* "prefix", "nm-connection", ... */

/* "Inside" a provider: as the provider's own server sees us, on this link and family. */
typedef struct {
	guint provider;      /* index into the catalogue's providers */
	RpEvidence evidence; /* the strongest: the order of the enum, hearsay last */
	guint link;          /* index into the network's links */
	RpFamily family;     /* the family it holds for; any where the evidence names no address */
	RpPrefix prefix;     /* for the two kinds of address evidence: the longest that matched */
	gboolean hearsay; /* anybody there could make it up: an answer of the gateway or a server,
			     what a network says of itself, all on Wi-Fi without a key */
} RpInside;

/* "This place is inside that provider", said by the user, for one link: it holds where the gateway
 * is the same (and the connection, where both are known), where there is no gateway and the
 * connection is the same, or where the address the world sees is in the same public prefix. */
typedef struct {
	char *provider;
	char *connection_uuid; /* or NULL */
	char *gateway_hwaddr;  /* or NULL */
	RpPrefix prefix;       /* global addresses only; family any: none */
} RpLearned;

void rp_learned_free(RpLearned *learned);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpLearned, rp_learned_free)

/* Which AS announces an address. */
typedef struct {
	RpAddress address;
	guint32 asn;
} RpOrigin;

/* Everything the policy knows of where we are. Immutable. */
typedef struct {
	RpNetwork *network;
	GArray *origins; /* of RpOrigin: of global addresses, where a table was asked */
	GArray *inside;  /* of RpInside, each (provider, link, family) once; by provider, link,
			    family */
	GArray *shown;  /* of guint: providers inside by evidence that counts, longest prefix first,
			  then by name; the first is the one to show where there is room for one */
	GArray *taught; /* of guint: providers that the user has taught somewhere */
	char *key;      /* place key: what makes two places the same; "" while no link is up */
} RpPlace;

/* Works out the place. A link that a VPN replaces for a family gives evidence for it only to sets
 * that say bypass-vpn=yes: such entries are in `inside` too, and the policy looks at
 * rp_place_replaced_families. The network is copied. */
RpPlace *rp_place_new(const RpNetwork *network, const RpCatalogue *catalogue);
/* The same, with what the user taught us: `learned` is of RpLearned, or NULL; and with a table of
 * AS numbers (NULL: none), which is asked for global addresses, where some provider has any. */
RpPlace *rp_place_new_learned(const RpNetwork *network, const RpCatalogue *catalogue,
	const GPtrArray *learned, RpAsnTable *asns);
void rp_place_free(RpPlace *place);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpPlace, rp_place_free)

/* The AS of one of the place's addresses; 0: not known. */
guint32 rp_place_origin(const RpPlace *place, const RpAddress *address);

/* Families as a set of bits. */
enum { RP_FAMILIES_NONE = 0, RP_FAMILIES_IPV4 = 1, RP_FAMILIES_IPV6 = 2, RP_FAMILIES_BOTH = 3 };
guint rp_families_of(RpFamily family); /* any: both */
/* Those whose default route a VPN took, which this link (no VPN itself) would have otherwise. */
guint rp_place_replaced_families(const RpPlace *place, guint link);
/* Those of the entry that the link has, and that count: without those replaced. */
guint rp_place_inside_families(const RpPlace *place, const RpInside *inside);
/* The same, for a set with bypass-vpn=yes: with those replaced. */
guint rp_place_bypass_families(const RpPlace *place, const RpInside *inside);
/* It has a default route and can be used; a tunnel only where something carries it. */
gboolean rp_place_is_way_out(const RpPlace *place, guint link);
gboolean rp_place_has_way_out(const RpPlace *place);
/* The link that a VPN stands on, as far as can be told: one that is no tunnel, with a default route
 * of its own if there is one; -1: none. */
gint rp_place_link_below(const RpPlace *place);
/* What the packets of the link leave by, at last: the link itself unless it is a tunnel. */
guint rp_place_carrier(const RpPlace *place, guint link);
/* Index of the link that the default route of the family leads to, or -1. For RP_FAMILY_ANY: that
 * of IPv4 if there is one, else of IPv6. */
gint rp_place_default_link(const RpPlace *place, RpFamily family);
/* An address would tell whether this place is inside the provider (an index), and nobody has told
 * the one that the world sees. */
gboolean rp_place_lacks_address(const RpPlace *place, const RpCatalogue *catalogue, guint provider);
/* Nothing could say of any place that it is inside the provider (an index). */
gboolean rp_place_lacks_evidence(
	const RpPlace *place, const RpCatalogue *catalogue, guint provider);
/* Inside by evidence that counts (a replaced link's does not). */
gboolean rp_place_is_inside(const RpPlace *place, guint provider);
/* What stands in a place key before the link-layer address of a link's gateway. */
#define RP_PLACE_KEY_GATEWAY "gw="
/* Whether gateways of many networks have this link-layer address: routers that stand in for each
 * other, clusters and virtual networks have one that is made of their group's number, or is their
 * maker's default (place-gateway.c). It tells no network. */
gboolean rp_gateway_is_of_a_group(const char *hwaddr);
/* What `learn` would record for the link of the default route: NULL when nothing about it can be
 * told from another place (no connection, no gateway, no public address). */
RpLearned *rp_place_learn(const RpPlace *place, const char *provider);
