/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-link"
#include "roampost/dbusloop.h"
#include "roampost/link.h"

#include "rtnl-private.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <net/if.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* PPP lines as pppd's hooks tell of them on the system bus, in signals that only root may send. The
 * bus' policy sees to that; it may not be installed, so each sender's uid is asked for as well. */

#define INTERFACE "org.roampost.Ppp1"

/* NetworkManager's own pppd has this as its ipparam: no peer's name. */
#define NM_IPPARAM "/org/freedesktop/NetworkManager/"

typedef struct {
	RpLinkSource source;
	RpDBus *bus;
	RpDBusSubscription *subscription;
	GHashTable *lines;    /* interface -> RpLink */
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
ppp_report(PppSource *ppp)
{
	RpLinkView *view = rp_link_view_new();
	GHashTableIter iter;
	gpointer link;
	g_hash_table_iter_init(&iter, ppp->lines);
	while (g_hash_table_iter_next(&iter, NULL, &link))
		rp_network_add_link(view->network, rp_link_copy(link));
	view->complete = TRUE;
	ppp->source.report(&ppp->source, view, ppp->source.report_data);
}

/* ---- Lines that end without a word ---- */

static void
on_link_message(const struct nlmsghdr *message, gpointer user_data)
{
	PppSource *ppp = user_data;
	const struct rtattr *attribute =
		rp_rtnl_attribute(message, sizeof(struct ifinfomsg), IFLA_IFNAME);
	if (message->nlmsg_type != RTM_DELLINK || !attribute)
		return;
	g_autofree char *name = g_strndup(RTA_DATA(attribute), RTA_PAYLOAD(attribute));
	if (!g_hash_table_remove(ppp->lines, name))
		return;
	g_info("ppp line %s: its interface is gone", name);
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
	if (!g_hash_table_size(ppp->lines))
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

static void
add_line(PppSource *ppp, const char *interface, const char *local, const char *ipparam)
{
	RpAddress address;
	RpLink *link = rp_link_new(interface, RP_LINK_PPP);
	if (rp_address_parse(local, &address) && !rp_address_is_link_local(&address))
		rp_link_add_address(link, &address);
	if (*ipparam && !g_str_has_prefix(ipparam, NM_IPPARAM))
		link->ppp_peer = g_strdup(ipparam);
	g_info("ppp line %s up: local %s, peer \"%s\"", interface, local, ipparam);
	g_hash_table_replace(ppp->lines, g_strdup(interface), link);
	watch_interfaces(ppp);
}

static void
line_up(PppSource *ppp, DBusMessage *signal)
{
	const char *interface, *local, *remote, *ipparam;
	if (!dbus_message_has_signature(signal, "ssssas") ||
		!dbus_message_get_args(signal, NULL, DBUS_TYPE_STRING, &interface, DBUS_TYPE_STRING,
			&local, DBUS_TYPE_STRING, &remote, DBUS_TYPE_STRING, &ipparam,
			DBUS_TYPE_INVALID) ||
		!is_interface_name(interface))
		return;
	add_line(ppp, interface, local, ipparam);
	ppp_report(ppp);
}

static void
line_down(PppSource *ppp, DBusMessage *signal)
{
	const char *interface;
	if (!dbus_message_get_args(signal, NULL, DBUS_TYPE_STRING, &interface, DBUS_TYPE_INVALID) ||
		!g_hash_table_remove(ppp->lines, interface))
		return;
	g_info("ppp line %s down", interface);
	unwatch_without_lines(ppp);
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

/* ---- Lines that were up before we were: the hook's notes, if they are root's ---- */

static char *
read_note(const char *directory, const char *interface)
{
	enum { LONGEST = 1024 };
	g_autofree char *path = g_build_filename(directory, interface, NULL);
	g_auto(RpFd) fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat status;
	char text[LONGEST];
	if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || status.st_uid != 0 ||
		(status.st_mode & (S_IWGRP | S_IWOTH)))
		return NULL;
	gssize length = read(fd, text, sizeof text);
	return length > 0 && g_utf8_validate(text, length, NULL) ? g_strndup(text, (gsize)length)
								 : NULL;
}

static void
read_notes(PppSource *ppp)
{
	const char *run = g_getenv("ROAMPOST_RUN");
	g_autofree char *directory = g_build_filename(run ? run : "/run/roampost", "ppp", NULL);
	g_autoptr(GDir) notes = g_dir_open(directory, 0, NULL);
	const char *interface;
	while (notes && (interface = g_dir_read_name(notes))) {
		g_autofree char *text = read_note(directory, interface);
		g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
		if (g_strv_length(lines) >= 3 && is_interface_name(interface) &&
			if_nametoindex(interface))
			add_line(ppp, interface, lines[0], lines[2]);
	}
}

static void
ppp_start(RpLinkSource *source)
{
	static const RpDBusMatch match = {.path = "/org/roampost/Ppp1", .interface = INTERFACE};
	PppSource *ppp = (PppSource *)source;
	ppp->subscription = rp_dbus_subscribe(ppp->bus, &match, on_signal, ppp);
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
	g_hash_table_unref(ppp->lines);
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
	ppp->lines = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, (GDestroyNotify)rp_link_free);
	ppp->inquiries = g_ptr_array_new_with_free_func(inquiry_free);
	return &ppp->source;
}
