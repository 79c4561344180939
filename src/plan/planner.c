/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "planner-private.h"

/* The plan: every class gets its verdict. */

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

/* ---- a plan in the making ---- */

typedef struct {
	RpPlanner *planner;
	GPtrArray *classes; /* of RpPlannedClass, by number */
	gint64 unknown;     /* the first whose kind is not known; 0: none */
	gboolean empty_classes;
	gboolean sends; /* there is mail that goes by it */
} RpPlanning;

static RpPlannedClass *
planned_class(RpPlanner *planner, gint64 id)
{
	RpPlannedClass *planned = g_hash_table_lookup(planner->planned, &id);

	if (planned)
		return planned;
	planned = g_new0(RpPlannedClass, 1);
	planned->id = id;
	g_hash_table_insert(planner->planned, &planned->id, planned);
	return planned;
}

static gboolean
on_class(const RpQueueClass *class_, gpointer user)
{
	RpPlanning *planning = user;
	RpPlannedClass *planned = planned_class(planning->planner, class_->id);
	gint64 n_waiting = class_->n_ready + class_->n_deferred;

	planned->plan = planning->planner->plan;
	planned->verdict_id = class_->verdict_id;
	if (planned->n_marking)
		planning->planner->recount = TRUE;
	else
		planned->n_ready = class_->n_ready;
	/* One whose last messages are with a server is not empty yet: to look would be a commit. */
	planning->empty_classes |= n_waiting + class_->n_held + class_->n_sending == 0;
	if (planned->kind)
		g_ptr_array_add(planning->classes, planned);
	else if (!planning->unknown)
		planning->unknown = class_->id;
	return TRUE;
}

/* New classes have the highest numbers: of the others the texts are not read. */
static gboolean
on_whole_class(const RpQueueClass *class_, gpointer user)
{
	RpPlanning *planning = user;
	RpPlannedClass *planned = planned_class(planning->planner, class_->id);
	RpMessageFacts facts;

	if (planned->kind || planned->plan != planning->planner->plan)
		return TRUE;
	rp_queue_class_facts(class_, &facts);
	planned->kind = rp_answers_kind(planning->planner->answers, &facts);
	g_ptr_array_add(planning->classes, planned);
	return TRUE;
}

/* A plan that counts on a POP login is good only while the login is fresh, and nothing tells when
 * it no longer is: such kinds are planned each time, and those of which there is a new class. */
static void
decide(RpPlanner *planner, const RpPlannedClass *planned)
{
	RpKind *kind = planned->kind;

	kind->used = planner->plan;
	if (!kind->answer || kind->answer->stands_on_login || planned->verdict_id == 0)
		rp_answers_make(planner->answers, kind);
}
/* Plans that no class stands behind any more are dropped. */
static gboolean
is_gone(gpointer key, gpointer value, gpointer data)
{
	const RpPlanner *planner = data;

	return ((const RpPlannedClass *)value)->plan != planner->plan;
}

static void
forget_kind(gpointer key, gpointer value, gpointer data)
{
	((RpPlannedClass *)value)->kind = NULL;
}

static void
read_classes(RpPlanner *planner, RpPlanning *planning)
{
	RpQueue *queue = planner->ground->queue;
	g_autoptr(GError) error = NULL;

	if (!rp_queue_foreach_class(
		    queue, RP_QUEUE_CLASS_NUMBERS, RP_CLASS_NEW, on_class, planning, &error) ||
		(planning->unknown &&
			!rp_queue_foreach_class(queue, RP_QUEUE_CLASS_WHOLE, planning->unknown - 1,
				on_whole_class, planning, &error)))
		g_warning("the queue can't be read: %s", error->message);
}

static void
go_through_classes(RpPlanner *planner, RpPlanning *planning)
{
	planner->plan++;
	if (!rp_answers_begin(planner->answers, planner->plan))
		g_hash_table_foreach(planner->planned, forget_kind, NULL);
	if (planner->all)
		rp_answers_drop(planner->answers);
	planner->all = FALSE;
	read_classes(planner, planning);
	for (guint i = 0; i < planning->classes->len; i++) {
		const RpPlannedClass *planned = planning->classes->pdata[i];

		decide(planner, planned);
		planning->sends |=
			planned->n_ready && planned->kind->answer->verdict != RP_CLASS_HOLD;
	}
	g_hash_table_foreach_remove(planner->planned, is_gone, planner);
	rp_answers_end(planner->answers);
}

static void
plan_classes(RpPlanner *planner)
{
	RpQueueChange *change = rp_queue_change_new(rp_ground_now(planner->ground));
	RpPlanWrite *write = g_new0(RpPlanWrite, 1);
	g_autoptr(GPtrArray) classes = g_ptr_array_new();
	g_autoptr(GError) error = NULL;
	RpPlanning planning = {
		.planner = planner, .classes = classes, .empty_classes = planner->reclassified};

	write->planner = planner;
	write->entered = g_ptr_array_new_with_free_func(g_free);
	write->waiters = rp_planner_take_waiters(planner);
	go_through_classes(planner, &planning);
	if (!rp_planner_record_verdicts(planner, classes, change, write->entered, &error))
		g_warning("the queue can't be read: %s", error->message);
	planner->n_ready_version++;
	if (planning.empty_classes)
		rp_change_prune_classes(change);
	planner->reclassified = FALSE;
	write->empty = rp_queue_change_is_empty(change);
	rp_queue_change_leave_unsynced(change); /* another agent plans anew */
	if (!write->empty && planning.sends)    /* what goes first is marked in the same commit */
		rp_queue_change_set_patience(change, RP_PATIENCE_BRIEF);
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

static gboolean
has_answer(const RpPlannedClass *planned)
{
	return planned && planned->kind && planned->kind->answer;
}

const RpDecision *
rp_planner_decision(const RpPlanner *planner, gint64 class_id)
{
	const RpPlannedClass *planned = find(planner, class_id);

	return has_answer(planned) ? planned->kind->answer->decision : NULL;
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

		if (has_answer(planned) &&
			!func(planned->id, planned->kind->answer->decision, planned->n_ready, user))
			return;
	}
}

/* ---- life ---- */

void
rp_planner_forget(RpPlanner *planner)
{
	g_hash_table_remove_all(planner->planned);
	rp_answers_forget(planner->answers);
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
	planner->planned = g_hash_table_new_full(g_int64_hash, g_int64_equal, NULL, g_free);
	planner->answers = rp_answers_new(ground);
	planner->waiters = g_ptr_array_new_with_free_func(g_free);
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
	rp_answers_free(planner->answers);
	g_free(planner);
}
