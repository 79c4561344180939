/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/place.h"

/* What the network is: several sources, one merged stream of RpNetwork values.
 *
 * Sources and who has the say about an interface, highest first:
 *   networkmanager  what NetworkManager knows, with its connections, SSIDs and verdicts
 *   ppp             pppd's own hooks (roampost-ppp-hook): that an interface is a PPP line, and its
 * peer kernel          the interfaces, addresses and routes themselves Merging is by interface
 * name: the highest source that reports a link gives it, and fields that it left empty are filled
 * from the lower ones (so a ppp0 that NetworkManager shows without a connection gets its peer's
 * name from the hook). The kernel adds only links that the others do not know, and only while no
 * higher source has said that the interface is none of ours (an RpLinkView's `ignored`).
 *
 * An interface without a route beyond itself is no link: docker0, virbr0, a dummy. */

/* What one source sees. A value; owned by who holds it. */
typedef struct {
	RpNetwork *network;
	GPtrArray *ignored; /* of char*, owned: interfaces that are known, and known to be no links
			       now */
	gboolean settled;   /* the source has said all it knows: nothing is on its way */
	gboolean checking;  /* a connectivity verdict is still awaited for one of these links */
} RpLinkView;

RpLinkView *rp_link_view_new(void);
RpLinkView *rp_link_view_copy(const RpLinkView *view);
gboolean rp_link_view_equal(const RpLinkView *a, const RpLinkView *b);
void rp_link_view_free(RpLinkView *view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpLinkView, rp_link_view_free)

/* The seam that tests replace. `report` takes the view; a source reports after start as soon as it
 * knows, and at each change; the monitor sorts out repetitions. Everything in the main context. */
typedef struct RpLinkSource RpLinkSource;
typedef void (*RpLinkReportFunc)(RpLinkSource *source, RpLinkView *view, gpointer user_data);
typedef struct {
	const char *name; /* for the log */
	void (*start)(RpLinkSource *source);
	void (*rescan)(RpLinkSource *source); /* look again now; NULL: nothing to do */
	void (*free)(RpLinkSource *source);
} RpLinkSourceClass;

struct RpLinkSource {
	const RpLinkSourceClass *class;
	RpLinkReportFunc
		report; /* set by the monitor before start, NULL after the monitor is gone */
	gpointer report_data;
};

void rp_link_source_free(RpLinkSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpLinkSource, rp_link_source_free)

/* The three sources. The system bus is found at `system_bus` (a D-Bus address; NULL: the usual
 * one); all of them work without it and follow it when it comes. */
RpLinkSource *rp_link_source_networkmanager_new(const char *system_bus);
RpLinkSource *rp_link_source_ppp_new(const char *system_bus);
RpLinkSource *rp_link_source_kernel_new(void);

/* The merged stream. Delivered: the first network as soon as every source is settled (at most 1 s
 * after the start), then each that differs from the one before, once it has been quiet for 300 ms
 * and at most 1 s after the first change; where NetworkManager checks connectivity, its verdict on
 * a new link is waited for up to 5 s. No timer runs while nothing is pending. The network is the
 * callback's to read, not to keep; the callback may free the monitor. */
typedef struct RpLinkMonitor RpLinkMonitor;
typedef void (*RpLinkFunc)(const RpNetwork *network, gpointer user_data);

/* Takes the sources, highest authority first. Nothing runs before rp_link_monitor_start. */
RpLinkMonitor *rp_link_monitor_new(
	RpLinkSource *const *sources, gsize n_sources, RpLinkFunc func, gpointer user_data);
/* The usual three. */
RpLinkMonitor *rp_link_monitor_new_default(RpLinkFunc func, gpointer user_data);
void rp_link_monitor_free(RpLinkMonitor *monitor);
void rp_link_monitor_start(RpLinkMonitor *monitor);
/* Look again, as after a resume from suspend: delivers when it settles, also when nothing changed.
 */
void rp_link_monitor_rescan(RpLinkMonitor *monitor);
/* What was delivered last; an empty network before that. */
const RpNetwork *rp_link_monitor_current(const RpLinkMonitor *monitor);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpLinkMonitor, rp_link_monitor_free)
