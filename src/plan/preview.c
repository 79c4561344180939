/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "planner-private.h"

/* What a plan would say at a place where we are not, or not for certain. */

/* Which sets there is mail for is seen in a few hundred classes, and nobody waits for more. */
#define CLASSES_MOST 256

void
rp_planner_preview(
	const RpPlanner *planner, const RpPlace *place, RpPlannedClassFunc func, gpointer user)
{
	const RpGround *ground = planner->ground;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) classes = rp_queue_classes(ground->queue, &error);
	RpSituation situation;
	guint n = 0;

	rp_ground_situation(ground, &situation);
	situation.place = place;
	situation.override = rp_whereabouts_override_at(ground->whereabouts, place->key);
	for (guint i = 0; classes && i < classes->len && n < CLASSES_MOST; i++) {
		const RpQueueClass *class_ = classes->pdata[i];
		gint64 n_ready = class_->n_ready + class_->n_deferred;
		g_autoptr(RpDecision) decision = NULL;
		RpMessageFacts facts;

		if (!n_ready)
			continue;
		n++;
		rp_queue_class_facts(class_, &facts);
		decision = rp_policy_decide(&situation, &facts);
		if (!func(class_->id, decision, (guint)n_ready, user))
			return;
	}
}
