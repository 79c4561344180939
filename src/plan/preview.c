/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "planner-private.h"

/* What a plan would say at a place where we are not, or not for certain. */

/* Which sets there is mail for is seen in a few hundred classes, and nobody waits for more. */
#define CLASSES_MOST 256

typedef struct {
	const RpSituation *situation;
	RpPlannedClassFunc func;
	gpointer user;
	guint n;
} RpPreview;

static gboolean
preview_class(const RpQueueClass *class_, gpointer user)
{
	RpPreview *preview = user;
	gint64 n_ready = class_->n_ready + class_->n_deferred;
	g_autoptr(RpDecision) decision = NULL;
	RpMessageFacts facts;

	if (!n_ready)
		return TRUE;
	rp_queue_class_facts(class_, &facts);
	decision = rp_policy_decide(preview->situation, &facts);
	return preview->func(class_->id, decision, (guint)n_ready, preview->user) &&
	       ++preview->n < CLASSES_MOST;
}

void
rp_planner_preview(
	const RpPlanner *planner, const RpPlace *place, RpPlannedClassFunc func, gpointer user)
{
	const RpGround *ground = planner->ground;
	RpSituation situation;
	RpPreview preview = {.situation = &situation, .func = func, .user = user};

	rp_ground_situation(ground, &situation);
	situation.place = place;
	situation.override = rp_whereabouts_override_at(ground->whereabouts, place->key);
	rp_queue_foreach_class(
		ground->queue, RP_QUEUE_CLASS_WHOLE, RP_CLASS_NEW, preview_class, &preview, NULL);
}
