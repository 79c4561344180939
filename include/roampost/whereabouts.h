/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/config.h"
#include "roampost/place.h"
#include "roampost/queue-records.h"

typedef struct RpAsnFile RpAsnFile; /* roampost/asn-file.h */

/* What holds now: the configuration, the network, the place that it makes, and the server set that
 * the user chose. Only the agent changes it; everybody else reads, and keeps nothing of it over a
 * return to the main loop but what it has copied or referenced. */
typedef struct RpWhereabouts RpWhereabouts;

/* Takes the configuration. The network is empty and not known. */
RpWhereabouts *rp_whereabouts_new(RpConfig *config);
void rp_whereabouts_free(RpWhereabouts *whereabouts);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpWhereabouts, rp_whereabouts_free)

/* ---- reading ---- */

const RpConfig *rp_whereabouts_config(const RpWhereabouts *whereabouts);
const RpCatalogue *rp_whereabouts_catalogue(const RpWhereabouts *whereabouts);
/* What is wrong with the configuration, where the empty one is in its place; or NULL. */
const char *rp_whereabouts_config_error(const RpWhereabouts *whereabouts);
/* NULL: there is none of that name. */
const RpServerSet *rp_whereabouts_find_set(const RpWhereabouts *whereabouts, const char *name);
/* Whether the set is the same in the configuration of now, as far as its server can notice. */
gboolean rp_whereabouts_set_stands(const RpWhereabouts *whereabouts, const RpServerSet *set);
const RpNetwork *rp_whereabouts_network(const RpWhereabouts *whereabouts);
/* FALSE before the first word of the network, after a suspend until the next, and while the agent
 * ends: nothing is planned then. */
gboolean rp_whereabouts_is_known(const RpWhereabouts *whereabouts);
/* How often the network was told: grows with each rp_whereabouts_set_network(). */
guint rp_whereabouts_n_networks(const RpWhereabouts *whereabouts);
const RpPlace *rp_whereabouts_place(const RpWhereabouts *whereabouts);
/* The links have told this network last. */
gboolean rp_whereabouts_is_told(const RpWhereabouts *whereabouts, const RpNetwork *network);
/* The links tell of another place already, and it counts once they have been quiet: nothing is
 * begun by the ways of this one, and what is heard by them meanwhile is not held against anybody
 * here. */
gboolean rp_whereabouts_is_leaving(const RpWhereabouts *whereabouts);
/* What told that this place looks like a portal's, though nobody says so; NULL: it does not. */
const char *rp_whereabouts_portal_heard(const RpWhereabouts *whereabouts);
/* There is a way out: a default route, or a link that is inside a provider; not a portal. */
gboolean rp_whereabouts_is_online(const RpWhereabouts *whereabouts);
/* Whether something may be begun with the set's server, by this link (NULL: as the kernel routes).
 */
gboolean rp_whereabouts_may_begin(
	const RpWhereabouts *whereabouts, const RpServerSet *set, const char *interface);
/* Whether the set's POP server may be asked: there is a way out, or none is needed. */
gboolean rp_whereabouts_may_check(const RpWhereabouts *whereabouts, const RpServerSet *set);
/* Whether a session can live on: the machine has its address still (family "any": not known), on
 * this interface (NULL: any), be it deprecated or without carrier. */
gboolean rp_whereabouts_route_stands(
	const RpWhereabouts *whereabouts, const char *interface, const RpAddress *source);
/* The link that has this address, or NULL. */
const RpLink *rp_whereabouts_link_of(const RpWhereabouts *whereabouts, const RpAddress *address);
const RpOverride *rp_whereabouts_override(const RpWhereabouts *whereabouts);

/* The table of AS numbers, as its file is now; NULL: there is none. Good until the next call. */
RpAsnTable *rp_whereabouts_asns(const RpWhereabouts *whereabouts);

/* The place that this network would make, were it told; free with rp_place_free. */
RpPlace *rp_whereabouts_preview(
	const RpWhereabouts *whereabouts, const RpNetwork *network, const GPtrArray *learned);
/* The set that the user chose, as it would count at a place with this key; NULL: none. */
const char *rp_whereabouts_override_at(const RpWhereabouts *whereabouts, const char *place_key);

/* ---- changing, for the agent alone ---- */

/* Takes a reference, and nothing is wrong any more. The place is that of the old catalogue until it
 * is worked out anew. */
void rp_whereabouts_set_config(RpWhereabouts *whereabouts, RpConfig *config);
/* The configuration is the empty one, in the place of one with this error. Copies it. */
void rp_whereabouts_set_config_error(RpWhereabouts *whereabouts, const char *error);
/* Until the next network, unless it is taken back. */
void rp_whereabouts_set_leaving(RpWhereabouts *whereabouts, gboolean leaving);
/* Copies it; it is known from now on. The place is the old one until it is worked out anew. */
void rp_whereabouts_set_network(RpWhereabouts *whereabouts, const RpNetwork *network);
/* Takes it; NULL: none. The place is the old one until it is worked out anew. */
void rp_whereabouts_set_asn_file(RpWhereabouts *whereabouts, RpAsnFile *file);
/* What others say of the links' addresses (RpPublicAddress), beside what the network says; copied.
 * The place is the old one until it is worked out anew. */
void rp_whereabouts_set_public_addresses(RpWhereabouts *whereabouts, const GArray *addresses);
/* Likewise what can be reached (RpReached): after the addresses, which begin anew. */
void rp_whereabouts_set_reached(RpWhereabouts *whereabouts, const GArray *reached);
void rp_whereabouts_forget_network(RpWhereabouts *whereabouts);
/* Works out the place, by what was learned (of RpLearned) too; TRUE when it is another one. Where
 * no link tells where we are, it is the one before for 30 s: a cable that is out for a moment, a
 * line that is dialled again. */
gboolean rp_whereabouts_work_out_place(
	RpWhereabouts *whereabouts, const GPtrArray *learned, RpTime now);
/* Something at this place answers for others: without a word of NetworkManager's its ways out count
 * as a portal's from the next time that the place is worked out, until it is another one, or
 * rp_whereabouts_end_portal. `heard` is what told so, or NULL; copied. FALSE: somebody has
 * checked them, or they are a portal's already. */
gboolean rp_whereabouts_suspect_portal(RpWhereabouts *whereabouts, const char *heard, RpTime now);
/* Ends that if it is due by then (G_MAXINT64: in any case): a minute after it was said, longer each
 * time at the same place, 15 minutes at most; not longer where it was ended before it was due.
 * TRUE: it was so, and is no longer. */
gboolean rp_whereabouts_end_portal(RpWhereabouts *whereabouts, RpTime due);
/* Ends it, and what was waited for it counts no more: a server has answered rightly. TRUE: it was
 * so.
 */
gboolean rp_whereabouts_clear_portal(RpWhereabouts *whereabouts);
/* When the place is to be worked out again, since what was kept or taken for a portal is over.
 * G_MAXINT64: nothing is. */
RpTime rp_whereabouts_next_deadline(const RpWhereabouts *whereabouts);
/* Takes what is in it, and leaves it empty. */
void rp_whereabouts_set_override(RpWhereabouts *whereabouts, RpOverride *override);
