/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

/* Sessions that are begun while a place settles, for the server sets that mail would go by there:
 * the lanes begin theirs, and find these, once the place counts. */

/* What a server set would have there. */
typedef struct {
	RpRecipientPlan best;
	guint n; /* messages */
} RpShare;

typedef struct {
	RpLanes *lanes;
	const RpPlace *place;
	GHashTable *shares; /* number of the set -> RpShare* */
} RpPreview;

static void
note_plan(const RpPreview *preview, const RpRecipientPlan *plan, guint n)
{
	gpointer number = GUINT_TO_POINTER(plan->set);
	RpShare *share = g_hash_table_lookup(preview->shares, number);

	if (!share) {
		share = g_new0(RpShare, 1);
		share->best = *plan;
		g_hash_table_insert(preview->shares, number, share);
	}
	if (plan->cost < share->best.cost)
		share->best = *plan;
	share->best.rule = NULL;
	share->best.reasons = NULL;
	share->n += n;
}

/* Where a POP login comes first, a session is not let in before it. */
static gboolean
note_plans(gint64 class_id, const RpDecision *decision, guint n_ready, gpointer user)
{
	const RpPreview *preview = user;

	for (guint i = 0; i < decision->n_recipients; i++) {
		const RpRecipientPlan *plan = &decision->recipients[i];

		if (plan->verdict == RP_VERDICT_SEND && !plan->pop_login_needed)
			note_plan(preview, plan, n_ready);
	}
	return TRUE;
}

/* One that has sessions goes on with them as far as it may. */
static gboolean
may_be_prepared(const RpLane *lane)
{
	return !lane->sessions->len && !lane->pop_login;
}

/* Which answers for everybody: its verdict is on its way, or is about to be, where there are any.
 */
static gboolean
may_be_portal(const RpNetwork *network)
{
	gboolean unknown = FALSE;

	for (guint i = 0; i < network->links->len; i++) {
		const RpLink *link = network->links->pdata[i];

		unknown |= rp_link_is_default(link, RP_FAMILY_ANY) &&
			   link->connectivity == RP_CONNECTIVITY_UNKNOWN;
	}
	return network->checking || (network->portal_page && unknown);
}

static gboolean
goes_by_modem(const RpPlace *place, const RpRecipientPlan *plan)
{
	gint index = plan->link < 0 ? rp_place_default_link(place, plan->family) : plan->link;

	return index >= 0 &&
	       ((const RpLink *)place->network->links->pdata[index])->kind == RP_LINK_PPP;
}

/* As many as will be begun there at first, by what is known of it. */
static guint
count_wanted(
	const RpPreview *preview, const RpLane *lane, const RpServerSet *set, const RpShare *share)
{
	g_autoptr(RpPace) pace = rp_pace_new();

	rp_lane_pace_recall_of(lane, preview->place->key, set->revision, pace);
	return rp_concurrency_begin_with(
		set, pace, share->n, goes_by_modem(preview->place, &share->best));
}

static GArray *
wishes_of(const RpPreview *preview)
{
	g_autoptr(GArray) wishes = g_array_new(FALSE, FALSE, sizeof(RpSessionWish));
	GHashTableIter iter;
	gpointer number, value;

	g_hash_table_iter_init(&iter, preview->shares);
	while (g_hash_table_iter_next(&iter, &number, &value)) {
		const RpShare *share = value;
		const RpServerSet *set = rp_catalogue_set(
			rp_ground_catalogue(preview->lanes->ground), GPOINTER_TO_UINT(number));
		const RpLane *lane = rp_lanes_get(preview->lanes, set->name);
		RpSessionWish wish = {
			.set = set,
			.route = rp_lane_route(preview->place, &share->best),
			.options.without_login = share->best.without_login,
			.n = count_wanted(preview, lane, set, share),
			.proven_only = may_be_portal(preview->place->network),
		};

		if (!may_be_prepared(lane))
			continue;
		rp_lane_known_server(lane, &wish.options);
		g_array_append_val(wishes, wish);
	}
	return g_steal_pointer(&wishes);
}

void
rp_lanes_prepare(RpLanes *lanes, const RpPlace *place)
{
	RpPreview preview = {
		.lanes = lanes,
		.place = place,
	};
	g_autoptr(GArray) wishes = NULL;

	if (!place) {
		rp_transport_prepare(lanes->transport, NULL, 0);
		return;
	}
	preview.shares = g_hash_table_new_full(NULL, NULL, NULL, g_free);
	rp_planner_preview(lanes->planner, place, note_plans, &preview);
	wishes = wishes_of(&preview);
	rp_transport_prepare(lanes->transport, (const RpSessionWish *)wishes->data, wishes->len);
	g_hash_table_unref(preview.shares);
}
