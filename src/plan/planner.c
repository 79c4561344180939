/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "planner-private.h"

/* The plan: every class gets its verdict. */

static void
planned_class_free(gpointer data)
{
	RpPlannedClass *planned = data;

	g_clear_pointer(&planned->answer, rp_answer_unref);
	g_free(planned);
}

/* What is announced when a plan is on the disk. */
typedef struct {
	RpPlanner *planner;
	gboolean empty;     /* it was only waited for, and says nothing of the disk */
	GPtrArray *entered; /* class ids (gint64*) that are held now and were not before */
	GPtrArray *waiters; /* those that were there when it was made */
} RpPlanWrite;

static void
plan_finished(RpPlanner *planner, const GError *error)
{
	gboolean again = planner->again || planner->all;

	planner->writing = planner->again = FALSE;
	if (error)
		rp_planner_retry(planner); /* by itself, rather than in a circle */
	else if (again)
		rp_planner_request(planner, FALSE, "something changed while the plan was written");
}

static void
on_plan_written(const GError *error, gpointer data)
{
	g_autofree RpPlanWrite *write = data;
	RpPlanner *planner = write->planner;
	g_autoptr(GPtrArray) entered = write->entered;
	g_autoptr(GPtrArray) waiters = write->waiters;

	if (!error && !write->empty)
		rp_planner_note_written(planner);
	planner->events.written(error ? NULL : entered, planner->user);
	plan_finished(planner, error);
	rp_planner_tell_waiters(waiters);
}

static RpPlannedClass *
plan_class(RpPlanner *planner, RpAnswers *answers, const RpQueueClass *class_)
{
	RpPlannedClass *planned = g_hash_table_lookup(planner->planned, &class_->id);
	RpMessageFacts facts;

	if (!planned) {
		planned = g_new0(RpPlannedClass, 1);
		planned->id = class_->id;
		g_hash_table_insert(planner->planned, &planned->id, planned);
	}
	if (planned->n_marking)
		planner->recount = TRUE;
	else
		planned->n_ready = class_->n_ready;
	/* A plan that counts on a POP login is good only while the login is fresh, and nothing
	 * tells when it no longer is: such classes are planned each time. */
	if (!planned->answer || class_->verdict == RP_CLASS_UNPLANNED ||
		planned->answer->stands_on_login) {
		g_clear_pointer(&planned->answer, rp_answer_unref);
		rp_queue_class_facts(class_, &facts);
		planned->answer = rp_answers_get(answers, &facts);
		planned->recorded = FALSE;
	}
	return planned;
}

static void
forget_decision(gpointer key, gpointer value, gpointer data)
{
	RpPlannedClass *planned = value;

	g_clear_pointer(&planned->answer, rp_answer_unref);
}

/* Plans that no class stands behind any more are dropped. */
static gboolean
is_gone(gpointer key, gpointer value, gpointer data)
{
	const RpPlanner *planner = data;

	return ((const RpPlannedClass *)value)->plan != planner->plan;
}

/* A plan in the making. */
typedef struct {
	RpPlanner *planner;
	RpAnswers *answers;
	RpQueueChange *change;
	RpPlanWrite *write;
	gboolean empty_classes;
} RpPlanning;

static gboolean
on_class(const RpQueueClass *class_, gpointer user)
{
	RpPlanning *planning = user;
	RpPlannedClass *planned = plan_class(planning->planner, planning->answers, class_);

	planned->plan = planning->planner->plan;
	planning->empty_classes |= class_->n_ready + class_->n_deferred + class_->n_held == 0;
	rp_planner_record_verdict(
		planning->planner, class_, planned, planning->change, planning->write->entered);
	return TRUE;
}

static void
go_through_classes(RpPlanner *planner, RpPlanning *planning)
{
	g_autoptr(GError) error = NULL;

	planner->plan++;
	if (!rp_queue_foreach_class(
		    planner->ground->queue, RP_QUEUE_CLASS_WHOLE, on_class, planning, &error))
		g_warning("the queue can't be read: %s", error->message);
	g_hash_table_foreach_remove(planner->planned, is_gone, planner);
}

static void
plan_classes(RpPlanner *planner)
{
	RpQueueChange *change = rp_queue_change_new(rp_ground_now(planner->ground));
	RpPlanWrite *write = g_new0(RpPlanWrite, 1);
	g_autoptr(RpAnswers) answers = rp_answers_new(planner->ground);
	RpPlanning planning = {.planner = planner,
		.answers = answers,
		.change = change,
		.write = write,
		.empty_classes = planner->reclassified};

	write->planner = planner;
	write->entered = g_ptr_array_new_with_free_func(g_free);
	write->waiters = rp_planner_take_waiters(planner);
	if (planner->all)
		g_hash_table_foreach(planner->planned, forget_decision, NULL);
	planner->all = FALSE;
	go_through_classes(planner, &planning);
	planner->n_ready_version++;
	if (planning.empty_classes)
		rp_change_prune_classes(change);
	planner->reclassified = FALSE;
	write->empty = rp_queue_change_is_empty(change);
	/* Connections are made while the verdicts go to the disk. */
	planner->events.planned(planner->user);
	planner->writing = TRUE;
	rp_writes_apply(planner->ground->writes, change, on_plan_written, write);
}

static gboolean
run(gpointer data)
{
	RpPlanner *planner = data;

	planner->source = 0;
	if (!rp_whereabouts_is_known(planner->ground->whereabouts)) /* it ends */
		return G_SOURCE_REMOVE;
	if (!rp_planner_classify(planner))
		plan_classes(planner);
	return G_SOURCE_REMOVE;
}

/* ---- what the plan says ---- */

static RpPlannedClass *
find(const RpPlanner *planner, gint64 class_id)
{
	return g_hash_table_lookup(planner->planned, &class_id);
}

const RpDecision *
rp_planner_decision(const RpPlanner *planner, gint64 class_id)
{
	const RpPlannedClass *planned = find(planner, class_id);

	return planned && planned->answer ? planned->answer->decision : NULL;
}

guint
rp_planner_n_ready(const RpPlanner *planner, gint64 class_id)
{
	const RpPlannedClass *planned = find(planner, class_id);

	return planned ? planned->n_ready : 0;
}

guint64
rp_planner_n_ready_version(const RpPlanner *planner)
{
	return planner->n_ready_version;
}

void
rp_planner_count_out(RpPlanner *planner, gint64 class_id)
{
	RpPlannedClass *planned = find(planner, class_id);

	if (!planned)
		return;
	planned->n_ready -= planned->n_ready > 0;
	planner->n_ready_version++;
	planned->n_marking++;
}

void
rp_planner_counted_out(RpPlanner *planner, gint64 class_id)
{
	RpPlannedClass *planned = find(planner, class_id);

	if (!planned || !planned->n_marking || --planned->n_marking || !planner->recount)
		return;
	planner->recount = FALSE;
	rp_planner_request(planner, FALSE, "messages were taken meanwhile");
}

void
rp_planner_foreach(const RpPlanner *planner, RpPlannedClassFunc func, gpointer user)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, planner->planned);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const RpPlannedClass *planned = value;

		if (planned->answer &&
			!func(planned->id, planned->answer->decision, planned->n_ready, user))
			return;
	}
}

/* ---- life ---- */

void
rp_planner_forget(RpPlanner *planner)
{
	g_hash_table_remove_all(planner->planned);
	planner->n_ready_version++;
}

RpPlanner *
rp_planner_new(const RpGround *ground, const RpPlannerEvents *events, gpointer user)
{
	RpPlanner *planner = g_new0(RpPlanner, 1);

	planner->ground = ground;
	planner->events = *events;
	planner->user = user;
	planner->run = run;
	planner->n_ready_version = 1;
	planner->planned =
		g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, planned_class_free);
	planner->waiters = g_ptr_array_new_with_free_func(g_free);
	planner->reasons = g_string_new(NULL);
	planner->retry_at = G_MAXINT64;
	return planner;
}

void
rp_planner_free(RpPlanner *planner)
{
	g_autoptr(GPtrArray) waiters = NULL;

	if (!planner)
		return;
	waiters = rp_planner_take_waiters(planner);
	g_clear_handle_id(&planner->source, g_source_remove);
	rp_planner_tell_waiters(waiters);
	g_ptr_array_unref(planner->waiters);
	g_hash_table_unref(planner->planned);
	g_string_free(planner->reasons, TRUE);
	g_free(planner);
}
