/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/place.h"

/* What the network is: several sources, one merged stream of RpNetwork values.
 *
 * The sources, and who has the say about an interface, highest first:
 *
 * - networkmanager: what NetworkManager knows, with its connections, SSIDs and verdicts;
 *
 * - modemmanager: of the links that are modems, which network each is registered in, and whether
 *   as a guest: such a link is metered;
 *
 * - ppp: pppd's own hooks (roampost-ppp-hook): that an interface is a PPP line, and its peer;
 *
 * - kernel: the interfaces, addresses and routes themselves.
 *
 * Merging is by interface name. The highest source that reports a link gives it; what it left empty
 * is filled in from the lower ones: so a ppp0 that NetworkManager shows without a connection gets
 * its peer's name from the hook, and every link its gateway's address from the kernel. Where the
 * kernel knows which link the default route leads to, that is so. The kernel adds the links that
 * the others do not report, except those that they know to be none now (RpLinkView's `ignored`).
 *
 * An interface without a route beyond itself is no link: docker0, virbr0, a dummy. */

/* A modem, whoever made a link of it: the link is the one that one of its ports is. */
typedef struct {
	GPtrArray *ports; /* of char*, owned: names of its network interfaces and serial devices */
	char *operator_code; /* MCC and MNC of the network that it is registered in, or NULL */
	gboolean roaming;    /* as a guest */
} RpModem;

RpModem *rp_modem_new(void);
void rp_modem_free(RpModem *modem);

/* What one source sees. A value; owned by who holds it. */
typedef struct {
	RpNetwork *network;
	GPtrArray *ignored; /* of char*, owned: interfaces it has the say about, no links now */
	GPtrArray *modems;  /* of RpModem, owned */
	GPtrArray *awaited; /* of char*, owned: links whose connectivity verdict is on its way */
	gboolean complete;  /* the source has looked: an empty network means that nothing is up */
	gboolean absent;    /* who would tell it is not there: what it told last may still be so */
	gboolean knows_routes; /* its default routes are the kernel's own */
	RpNetwork
		*unusable; /* addresses that are there but not to be used: tentative, deprecated */
} RpLinkView;

RpLinkView *rp_link_view_new(void);
void rp_link_view_free(RpLinkView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpLinkView, rp_link_view_free)

/* The seam that tests replace. A source reports once started, as soon as it knows, and then at each
 * change; repetitions do no harm. `report` takes the view. Everything in the main context. */
typedef struct RpLinkSource RpLinkSource;
typedef void (*RpLinkReportFunc)(RpLinkSource *source, RpLinkView *view, gpointer user_data);
typedef struct {
	const char *name; /* for the log */
	void (*start)(RpLinkSource *source);
	void (*rescan)(RpLinkSource *source); /* look again and report; NULL: nothing to do */
	void (*free)(RpLinkSource *source);
} RpLinkSourceClass;

struct RpLinkSource {
	const RpLinkSourceClass *class;
	RpLinkReportFunc report; /* set by the monitor before start */
	gpointer report_data;
};

void rp_link_source_free(RpLinkSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpLinkSource, rp_link_source_free)

/* The four sources. The system bus is found at `system_bus` (a D-Bus address; NULL: the usual
 * one); they work without it and follow it when it comes. ppp also reads the hook's notes of lines
 * that are up already, under /run/roampost or $ROAMPOST_RUN. */
RpLinkSource *rp_link_source_networkmanager_new(const char *system_bus);
RpLinkSource *rp_link_source_modemmanager_new(const char *system_bus);
RpLinkSource *rp_link_source_ppp_new(const char *system_bus);
RpLinkSource *rp_link_source_kernel_new(void);

/* The merged stream. Delivered: the first network as soon as every source is settled, at most 1 s
 * after the start; then each that differs from the one delivered before, once it has been quiet for
 * 300 ms, and at most 1 s after the first change. Where NetworkManager checks connectivity, a new
 * link is left out until its verdict is there, up to 5 s (the first network waits for it as a
 * whole); a link that is gone is never kept for that. No timer runs while nothing is pending. The
 * network is the callback's to read, not to keep; the callback may free the monitor. */
typedef struct RpLinkMonitor RpLinkMonitor;
typedef void (*RpLinkFunc)(const RpNetwork *network, gpointer user_data);

/* Takes the sources, highest authority first. Nothing runs before rp_link_monitor_start. */
RpLinkMonitor *rp_link_monitor_new(
	RpLinkSource *const *sources, gsize n_sources, RpLinkFunc func, gpointer user_data);
/* The usual four, or those that $ROAMPOST_LINKS names ("networkmanager;ppp"): for tests that do
 * not want the machine's own interfaces in the picture. */
RpLinkMonitor *rp_link_monitor_new_default(RpLinkFunc func, gpointer user_data);
void rp_link_monitor_free(RpLinkMonitor *monitor);
/* Before the start: `coming` is told what the sources say when that is another network than they
 * said before, without waiting for quiet or for a verdict: it may never be delivered, or as another
 * one; `checking`: a verdict on one of its links is on its way. When it is what was delivered last
 * after all, that is told too. */
void rp_link_monitor_set_coming(RpLinkMonitor *monitor, RpLinkFunc coming);
void rp_link_monitor_start(RpLinkMonitor *monitor);
/* Look again, as after a resume from suspend: delivers when it has settled, also if nothing
 * changed. */
void rp_link_monitor_rescan(RpLinkMonitor *monitor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpLinkMonitor, rp_link_monitor_free)

/* Tells when the system's resolver may have changed: resolv.conf, here or where it leads. In the
 * main context, never inside a call. */
typedef struct RpResolverWatch RpResolverWatch;
typedef void (*RpResolverChanged)(gpointer user_data);
RpResolverWatch *rp_resolver_watch_new(RpResolverChanged changed, gpointer user_data);
void rp_resolver_watch_free(RpResolverWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpResolverWatch, rp_resolver_watch_free)
