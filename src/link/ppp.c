/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-link"
#include "roampost/dbusloop.h"
#include "roampost/link.h"

#include "ppp-notes-private.h"
#include "rtnl-private.h"

#include <glib-unix.h>
#include <net/if.h>
#include <string.h>

/* PPP lines as pppd's hooks tell of them on the system bus, in signals that only root may send. The
 * bus' policy sees to that; it may not be installed, so each sender's uid is asked for as well. */

#define INTERFACE "org.roampost.Ppp1"

/* NetworkManager's own pppd has this as its ipparam: no peer's name. */
#define NM_IPPARAM "/org/freedesktop/NetworkManager/"

/* What the helpers of NetworkManager's VPN plugins, and others', give their pppd. */
static const char *const vpn_ipparams[] = {"nm-l2tp", "nm-pptp", "nm-sstp", "sstp-client",
	"openfortivpn", "org.freedesktop.NetworkManager.l2tp",
	"org.freedesktop.NetworkManager.pptp", "org.freedesktop.NetworkManager.sstp",
	"org.freedesktop.NetworkManager.fortisslvpn"};

typedef struct {
	RpLink *link;    /* by the name that the interface has now */
	int index;       /* the interface's, which stays when it is renamed; 0: none is there */
	char *announced; /* the name that pppd knows */
	char *process;   /* pppd's, or "" */
	char *local;     /* of IPv4, as it was announced */
	gboolean ipv4, ipv6;
	gboolean noted; /* there was a note of it */
} Line;

typedef struct {
	RpLinkSource source;
	RpDBus *bus;
	RpDBusSubscription *subscription;
	GPtrArray *lines; /* of Line */
	RpPppNotes *notes;
	char *directory;      /* of the notes */
	GPtrArray *inquiries; /* of Inquiry: signals whose sender's uid is asked for */
	RpFd rtnl;            /* tells of interfaces that disappear; open while there are lines */
	GSource *watch;
	gboolean has_warned; /* of a forged signal: a forger does not fill the log */
} PppSource;

typedef struct {
	PppSource *ppp;
	DBusMessage *signal;
	RpDBusCall *call;
} Inquiry;

static void
inquiry_free(gpointer data)
{
	Inquiry *inquiry = data;
	rp_dbus_call_free(inquiry->call);
	dbus_message_unref(inquiry->signal);
	g_free(inquiry);
}

static void
line_free(gpointer data)
{
	Line *line = data;
	rp_link_free(line->link);
	g_free(line->announced);
	g_free(line->process);
	g_free(line->local);
	g_free(line);
}

static void
ppp_report(PppSource *ppp)
{
	RpLinkView *view = rp_link_view_new();
	for (guint i = 0; i < ppp->lines->len; i++) {
		const Line *line = ppp->lines->pdata[i];
		rp_network_add_link(view->network, rp_link_copy(line->link));
	}
	view->complete = TRUE;
	ppp->source.report(&ppp->source, view, ppp->source.report_data);
}

static Line *
find_line(const PppSource *ppp, const char *interface)
{
	for (guint i = 0; i < ppp->lines->len; i++) {
		Line *line = ppp->lines->pdata[i];
		if (g_str_equal(line->link->interface, interface) ||
			g_str_equal(line->announced, interface))
			return line;
	}
	return NULL;
}

/* ---- Lines that end without a word ---- */

static Line *
find_index(const PppSource *ppp, int index)
{
	for (guint i = 0; i < ppp->lines->len; i++) {
		Line *line = ppp->lines->pdata[i];
		if (line->index == index)
			return line;
	}
	return NULL;
}

static void
on_link_message(const struct nlmsghdr *message, gpointer user_data)
{
	PppSource *ppp = user_data;
	const struct ifinfomsg *body = NLMSG_DATA(message);
	const struct rtattr *attribute = rp_rtnl_attribute(message, sizeof *body, IFLA_IFNAME);
	Line *line = find_index(ppp, body->ifi_index);
	if (!attribute || !line)
		return;
	g_autofree char *name = g_strndup(RTA_DATA(attribute), RTA_PAYLOAD(attribute));
	if (message->nlmsg_type == RTM_DELLINK) {
		g_info("ppp line %s: its interface is gone", name);
		g_ptr_array_remove(ppp->lines, line);
	} else if (message->nlmsg_type == RTM_NEWLINK &&
		   !g_str_equal(line->link->interface, name)) {
		g_info("ppp line %s is %s now", line->link->interface, name);
		g_free(line->link->interface);
		line->link->interface = g_steal_pointer(&name);
	} else {
		return;
	}
	ppp_report(ppp);
}

static void
unwatch_interfaces(PppSource *ppp)
{
	rp_source_clear(&ppp->watch);
	rp_fd_clear(&ppp->rtnl);
}

static void
unwatch_without_lines(PppSource *ppp)
{
	if (!ppp->lines->len)
		unwatch_interfaces(ppp);
}

static gboolean
on_rtnl(gint fd, GIOCondition condition, gpointer user_data)
{
	PppSource *ppp = user_data;

	rp_rtnl_drain(fd, on_link_message, ppp);
	unwatch_without_lines(ppp);
	return ppp->watch ? G_SOURCE_CONTINUE : G_SOURCE_REMOVE;
}

static void
watch_interfaces(PppSource *ppp)
{
	static const int groups[] = {RTNLGRP_LINK, 0};
	if (ppp->watch)
		return;
	ppp->rtnl = rp_rtnl_subscribe(groups);
	if (ppp->rtnl < 0)
		return;
	ppp->watch = g_unix_fd_source_new(ppp->rtnl, G_IO_IN);
	g_source_set_callback(ppp->watch, (GSourceFunc)(void (*)(void))on_rtnl, ppp, NULL);
	g_source_attach(ppp->watch, g_main_context_get_thread_default());
}

/* ---- The hook's signals ---- */

static gboolean
is_interface_name(const char *name)
{
	gsize length = strlen(name);
	return length > 0 && length < IF_NAMESIZE && !strpbrk(name, "/ \t\n");
}

static gboolean
is_vpn(const char *ipparam)
{
	for (guint i = 0; i < G_N_ELEMENTS(vpn_ipparams); i++)
		if (g_str_has_prefix(ipparam, vpn_ipparams[i]))
			return TRUE;
	return FALSE;
}

static gboolean
differ(const char *a, const char *b)
{
	return *a && *b && !g_str_equal(a, b);
}

/* The one that is known, if it is the same dial-up; else a new one in its place. */
static Line *
begin_line(PppSource *ppp, const char *interface, const char *process)
{
	Line *line = find_line(ppp, interface);

	if (line && (line->link->idle || differ(line->process, process))) {
		g_ptr_array_remove(ppp->lines, line);
		line = NULL;
	}
	if (!line) {
		line = g_new0(Line, 1);
		line->link = rp_link_new(interface, RP_LINK_PPP);
		line->index = (int)if_nametoindex(interface);
		line->announced = g_strdup(interface);
		line->process = g_strdup(process);
		line->local = g_strdup("");
		g_ptr_array_add(ppp->lines, line);
	}
	return line;
}

/* ipv6-up tells of the same line as ip-up, with link-local addresses. */
static Line *
add_line(PppSource *ppp, const char *interface, const char *local, const char *ipparam,
	const char *process)
{
	gboolean six = strchr(local, ':') != NULL;
	Line *line = begin_line(ppp, interface, process);
	RpLink *link = line->link;
	RpAddress address;

	if (!six) {
		g_array_set_size(link->addresses, 0);
		g_free(line->local);
		line->local = g_strdup(local);
	}
	line->ipv6 = line->ipv6 || six;
	line->ipv4 = line->ipv4 || !six;
	if (rp_address_parse(local, &address) && !rp_address_is_link_local(&address))
		rp_link_add_address(link, &address);
	link->kind = is_vpn(ipparam) ? RP_LINK_VPN : RP_LINK_PPP;
	if (!six || *ipparam) {
		g_clear_pointer(&link->ppp_peer, g_free);
		if (*ipparam && link->kind == RP_LINK_PPP && !g_str_has_prefix(ipparam, NM_IPPARAM))
			link->ppp_peer = g_strdup(ipparam);
	}
	g_info("ppp line %s up: local %s, peer \"%s\"", interface, local, ipparam);
	watch_interfaces(ppp);
	return line;
}

static void
line_up(PppSource *ppp, DBusMessage *signal)
{
	const char *interface, *local, *remote, *ipparam, *process = "";
	char **servers = NULL;
	int n_servers = 0;
	gboolean plain = dbus_message_has_signature(signal, "ssssas");
	if (!plain && !dbus_message_has_signature(signal, "ssssass"))
		return;
	if (!dbus_message_get_args(signal, NULL, DBUS_TYPE_STRING, &interface, DBUS_TYPE_STRING,
		    &local, DBUS_TYPE_STRING, &remote, DBUS_TYPE_STRING, &ipparam, DBUS_TYPE_ARRAY,
		    DBUS_TYPE_STRING, &servers, &n_servers,
		    plain ? DBUS_TYPE_INVALID : DBUS_TYPE_STRING, &process, DBUS_TYPE_INVALID))
		return;
	if (is_interface_name(interface)) {
		Line *line = add_line(ppp, interface, local, ipparam, process);
		if (n_servers) {
			g_strfreev(line->link->dns_servers);
			line->link->dns_servers = g_strdupv(servers);
		}
	}
	dbus_free_string_array(servers);
	if (!is_interface_name(interface))
		return;
	ppp_report(ppp);
}

/* A line on demand that has hung up keeps its interface and its address: the next packet dials. */
static void
end_line(PppSource *ppp, Line *line)
{
	RpLink *link = line->link;

	g_info("ppp line %s down", link->interface);
	if (!line->index || !if_nametoindex(link->interface)) {
		g_ptr_array_remove(ppp->lines, line);
		unwatch_without_lines(ppp);
		return;
	}
	line->ipv4 = line->ipv6 = line->noted = FALSE;
	link->idle = TRUE;
	g_array_set_size(link->addresses, 0);
	g_clear_pointer(&link->ppp_peer, g_free);
}

static void
line_down(PppSource *ppp, DBusMessage *signal)
{
	const char *interface, *local = "", *process = "";
	Line *line;
	if (!(dbus_message_has_signature(signal, "sss")
			    ? dbus_message_get_args(signal, NULL, DBUS_TYPE_STRING, &interface,
				      DBUS_TYPE_STRING, &local, DBUS_TYPE_STRING, &process,
				      DBUS_TYPE_INVALID)
			    : dbus_message_get_args(signal, NULL, DBUS_TYPE_STRING, &interface,
				      DBUS_TYPE_INVALID)))
		return;
	line = find_line(ppp, interface);
	/* A late word of an earlier line says nothing of this one. */
	if (!line || line->link->idle || differ(line->process, process))
		return;
	if (strchr(local, ':')) {
		line->ipv6 = FALSE;
	} else if (!differ(line->local, local)) {
		line->ipv4 = FALSE;
		line->ipv6 = line->ipv6 && *local;
		g_array_set_size(line->link->addresses, 0);
	}
	if (line->ipv4 || line->ipv6)
		g_debug("ppp line %s goes on by one family", interface);
	else
		end_line(ppp, line);
	ppp_report(ppp);
}

static void
log_ignored(PppSource *ppp, DBusMessage *signal, gint64 uid)
{
	g_log(G_LOG_DOMAIN, ppp->has_warned ? G_LOG_LEVEL_DEBUG : G_LOG_LEVEL_MESSAGE,
		"ignored a ppp %s from %s: its uid is %" G_GINT64_FORMAT ", not 0",
		dbus_message_get_member(signal), dbus_message_get_sender(signal), uid);
	ppp->has_warned = TRUE;
}

static void
on_uid(gint64 uid, gpointer user_data)
{
	Inquiry *inquiry = user_data;
	PppSource *ppp = inquiry->ppp;
	DBusMessage *signal = inquiry->signal;
	const char *member = dbus_message_get_member(signal);
	if (uid != 0)
		log_ignored(ppp, signal, uid);
	else if (strcmp(member, "LinkUp") == 0)
		line_up(ppp, signal);
	else if (strcmp(member, "LinkDown") == 0)
		line_down(ppp, signal);
	g_ptr_array_remove(ppp->inquiries, inquiry);
}

static void
on_signal(DBusMessage *signal, gpointer user_data)
{
	enum { MOST_INQUIRIES = 64 }; /* a forger does not fill our memory */
	PppSource *ppp = user_data;
	if (ppp->inquiries->len >= MOST_INQUIRIES)
		return;
	Inquiry *inquiry = g_new0(Inquiry, 1);
	inquiry->ppp = ppp;
	inquiry->signal = dbus_message_ref(signal);
	g_ptr_array_add(ppp->inquiries, inquiry);
	inquiry->call =
		rp_dbus_call_get_uid(ppp->bus, dbus_message_get_sender(signal), on_uid, inquiry);
}

/* ---- The hook's notes: lines that were up before we were, or came up without a bus ---- */

static void
read_note(PppSource *ppp, const char *interface)
{
	g_auto(GStrv) parts = is_interface_name(interface) && if_nametoindex(interface)
				      ? rp_ppp_notes_read(ppp->notes, interface)
				      : NULL;
	const char *process = parts && g_strv_length(parts) >= 4 ? parts[3] : "";
	const Line *known = find_line(ppp, interface);

	if (!parts)
		return;
	if (known && !known->link->idle && !differ(known->process, process) &&
		!differ(known->local, parts[0]))
		((Line *)known)->noted = TRUE;
	else
		add_line(ppp, interface, parts[0], parts[2], process)->noted = TRUE;
}

/* Those that had a note and have none any more went down when nobody could say so. */
static void
end_unnoted(PppSource *ppp)
{
	for (guint i = ppp->lines->len; i-- > 0;) {
		Line *line = ppp->lines->pdata[i];
		g_auto(GStrv) parts = line->noted && !line->link->idle
					      ? rp_ppp_notes_read(ppp->notes, line->announced)
					      : NULL;

		if (line->noted && !line->link->idle && !parts)
			end_line(ppp, line);
	}
}

static void
read_notes(PppSource *ppp)
{
	g_autoptr(GDir) notes = g_dir_open(ppp->directory, 0, NULL);
	const char *interface;
	while (notes && (interface = g_dir_read_name(notes)))
		read_note(ppp, interface);
}

static void
on_notes(gpointer user)
{
	PppSource *ppp = user;

	read_notes(ppp);
	end_unnoted(ppp);
	ppp_report(ppp);
}

static void
ppp_start(RpLinkSource *source)
{
	static const RpDBusMatch match = {.path = "/org/roampost/Ppp1", .interface = INTERFACE};
	PppSource *ppp = (PppSource *)source;
	ppp->subscription = rp_dbus_subscribe(ppp->bus, &match, on_signal, ppp);
	ppp->notes = rp_ppp_notes_new(ppp->directory, on_notes, ppp);
	read_notes(ppp);
	ppp_report(ppp);
}

static void
ppp_free(RpLinkSource *source)
{
	PppSource *ppp = (PppSource *)source;
	unwatch_interfaces(ppp);
	rp_dbus_subscription_free(ppp->subscription);
	g_ptr_array_unref(ppp->inquiries);
	g_ptr_array_unref(ppp->lines);
	rp_ppp_notes_free(ppp->notes);
	g_free(ppp->directory);
	rp_dbus_unref(ppp->bus);
	g_free(ppp);
}

static const RpLinkSourceClass ppp_class = {
	.name = "ppp",
	.start = ppp_start,
	.free = ppp_free,
};

RpLinkSource *
rp_link_source_ppp_new(const char *system_bus)
{
	PppSource *ppp = g_new0(PppSource, 1);
	ppp->source.class = &ppp_class;
	ppp->bus = system_bus ? rp_dbus_new_address(system_bus) : rp_dbus_new_system();
	ppp->rtnl = -1;
	ppp->lines = g_ptr_array_new_with_free_func(line_free);
	ppp->directory = g_build_filename(
		g_getenv("ROAMPOST_RUN") ? g_getenv("ROAMPOST_RUN") : "/run/roampost", "ppp", NULL);
	ppp->inquiries = g_ptr_array_new_with_free_func(inquiry_free);
	return &ppp->source;
}
