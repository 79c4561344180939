/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "agent-private.h"

#include "roampost/retry.h"

#include <string.h>

/* Logins older than any window people configure are of no use. */
#define LOGIN_KEPT (G_TIME_SPAN_DAY)

/* Takes the error. What can't be read is empty: mail goes on without it. */
static GPtrArray *
loaded(GPtrArray *array, GError *error, const char *what, GDestroyNotify destroy)
{
	if (array)
		return array;
	g_warning("%s can't be read: %s", what, error ? error->message : "unknown error");
	g_clear_error(&error);
	return g_ptr_array_new_with_free_func(destroy);
}

void
rp_memory_load(RpAgent *agent)
{
	GError *error = NULL;

	g_clear_pointer(&agent->pop_logins, g_ptr_array_unref);
	g_clear_pointer(&agent->failures, g_ptr_array_unref);
	g_clear_pointer(&agent->facts, g_ptr_array_unref);
	g_clear_pointer(&agent->learned, g_ptr_array_unref);
	agent->pop_logins = rp_queue_load_pop_logins(agent->queue, &error);
	agent->pop_logins = loaded(agent->pop_logins, g_steal_pointer(&error), "POP logins",
		(GDestroyNotify)rp_pop_login_record_free);
	agent->failures = rp_queue_load_failures(agent->queue, &error);
	agent->failures = loaded(agent->failures, g_steal_pointer(&error), "what failed",
		(GDestroyNotify)rp_failure_free);
	agent->facts = rp_queue_load_set_facts(agent->queue, &error);
	agent->facts = loaded(agent->facts, g_steal_pointer(&error), "what is known of the sets",
		(GDestroyNotify)rp_set_fact_free);
	agent->learned = rp_queue_load_learned(agent->queue, &error);
	agent->learned = loaded(agent->learned, g_steal_pointer(&error), "what was learned",
		(GDestroyNotify)rp_learned_free);
}

/* ---- failures ---- */

static gboolean
same_failure(gconstpointer a, gconstpointer b)
{
	const RpFailure *x = a, *y = b;

	return x->kind == y->kind && g_strcmp0(x->set, y->set) == 0 &&
	       g_strcmp0(x->rule, y->rule) == 0 && g_strcmp0(x->place_key, y->place_key) == 0 &&
	       g_strcmp0(x->sender, y->sender) == 0 &&
	       g_strcmp0(x->recipient_domain, y->recipient_domain) == 0;
}

static RpFailure *
make_failure(const RpAgent *agent, const RpFailure *what)
{
	RpFailure *failure = g_new0(RpFailure, 1);

	failure->kind = what->kind;
	failure->set = g_strdup(what->set);
	failure->revision = g_strdup(what->revision);
	failure->rule = g_strdup(what->rule);
	failure->place_key =
		what->kind == RP_FAILURE_AUTH_FAILED ? NULL : g_strdup(what->place_key);
	failure->sender = g_strdup(what->sender);
	failure->recipient_domain =
		what->recipient_domain ? g_ascii_strdown(what->recipient_domain, -1) : NULL;
	failure->detail = g_strdup(what->detail);
	failure->at = rp_agent_now(agent);
	return failure;
}

/* Failures in a row. They are counted beside the failures themselves, which end with their time,
 * while the waits must go on growing. */
static guint
count_failure(RpAgent *agent, RpFailureKind kind, const char *set)
{
	g_autofree char *key = g_strdup_printf("%s %s", rp_failure_kind_name(kind), set);
	guint count = GPOINTER_TO_UINT(g_hash_table_lookup(agent->failure_counts, key)) + 1;

	g_hash_table_insert(agent->failure_counts, g_steal_pointer(&key), GUINT_TO_POINTER(count));
	return count;
}

static void
forget_count(RpAgent *agent, RpFailureKind kind, const char *set)
{
	g_autofree char *key = g_strdup_printf("%s %s", rp_failure_kind_name(kind), set);

	g_hash_table_remove(agent->failure_counts, key);
}

/* Messages that the plan told apart from no others until now must be told apart. */
static void
reclass_for(RpAgent *agent, const RpFailure *failure)
{
	RpQueueChange *change;

	if (!failure->sender && !failure->recipient_domain)
		return;
	change = rp_queue_change_new(failure->at);
	rp_change_reclass_all(change);
	rp_agent_write_and_plan(agent, change);
}

/* Takes the failure. */
static void
remember(RpAgent *agent, RpFailure *failure, RpSpan wait)
{
	RpQueueChange *change = rp_queue_change_new(failure->at);
	guint index;

	if (g_ptr_array_find_with_equal_func(agent->failures, failure, same_failure, &index))
		g_ptr_array_remove_index(agent->failures, index);
	failure->until = rp_retry_time(failure->at, wait);
	g_message("%s: %s%s%s at %s: %s", failure->set, rp_failure_kind_name(failure->kind),
		failure->rule ? " by " : "", failure->rule ? failure->rule : "",
		failure->place_key ? failure->place_key : "any place",
		failure->detail ? failure->detail : "no words");
	rp_change_save_failure(change, failure);
	g_ptr_array_add(agent->failures, failure);
	rp_agent_write(agent, change, NULL, NULL);
	reclass_for(agent, failure);
	rp_planner_request(agent, TRUE, rp_failure_kind_name(failure->kind));
}

void
rp_memory_failure(RpAgent *agent, const RpFailure *what)
{
	RpFailure *failure = make_failure(agent, what);

	failure->count = count_failure(agent, what->kind, what->set);
	remember(agent, failure, rp_retry_failure_wait(what->kind, failure->count, g_random_int()));
}

void
rp_memory_no_credentials(RpAgent *agent, const RpFailure *what)
{
	RpFailure *failure = make_failure(agent, what);

	failure->count = count_failure(agent, what->kind, what->set);
	/* Nobody was asked anything: a keyring that is locked now may be open soon. */
	remember(agent, failure,
		rp_retry_failure_wait(RP_FAILURE_UNREACHABLE, failure->count, g_random_int()));
}

/* Removes from the list and from the disk; -1 and NULL stand for all. */
void
rp_memory_forget(RpAgent *agent, const char *set, gint kind)
{
	RpQueueChange *change;
	gboolean any = FALSE;

	for (guint i = agent->failures->len; i-- > 0;) {
		const RpFailure *failure = agent->failures->pdata[i];

		if ((set && strcmp(failure->set, set) != 0) ||
			(kind >= 0 && failure->kind != (RpFailureKind)kind))
			continue;
		g_ptr_array_remove_index(agent->failures, i);
		any = TRUE;
	}
	if (!any)
		return;
	change = rp_queue_change_new(rp_agent_now(agent));
	rp_change_forget_failures(change, set, kind);
	rp_agent_write(agent, change, NULL, NULL);
	rp_planner_request(agent, TRUE, "failures were forgotten");
}

void
rp_memory_reached(RpAgent *agent, const char *set)
{
	forget_count(agent, RP_FAILURE_UNREACHABLE, set);
	forget_count(agent, RP_FAILURE_AUTH_FAILED, set);
	rp_memory_forget(agent, set, RP_FAILURE_UNREACHABLE);
	g_hash_table_add(agent->used_sets, g_strdup(set));
}

/* ---- POP logins ---- */

static gboolean
is_ours(const RpAgent *agent, const RpAddress *source)
{
	for (guint i = 0; i < agent->network->links->len; i++) {
		const RpLink *link = agent->network->links->pdata[i];

		for (guint j = 0; j < link->addresses->len; j++)
			if (rp_address_equal(&g_array_index(link->addresses, RpAddress, j), source))
				return TRUE;
	}
	return FALSE;
}

/* Where the server saw us log in from. A server on this machine is reached from an address that no
 * link has, and is opened for all; but an address that no link has any more opens nothing: FALSE.
 */
static gboolean
login_source(
	const RpAgent *agent, const RpAddress *local, gboolean network_changed, RpAddress *source)
{
	*source = (RpAddress){.family = RP_FAMILY_ANY};
	if (is_ours(agent, local))
		*source = *local;
	else if (network_changed)
		return local->family == RP_FAMILY_ANY || rp_address_is_loopback(local);
	return TRUE;
}

static void
drop_pop_login(RpAgent *agent, const RpPopLoginRecord *like)
{
	for (guint i = agent->pop_logins->len; i-- > 0;) {
		const RpPopLoginRecord *old = agent->pop_logins->pdata[i];

		if (g_str_equal(old->set, like->set) &&
			g_strcmp0(old->place_key, like->place_key) == 0 &&
			rp_address_equal(&old->source, &like->source))
			g_ptr_array_remove_index(agent->pop_logins, i);
	}
}

gboolean
rp_memory_pop_login(
	RpAgent *agent, const RpServerSet *set, const RpLoginOrigin *origin, const RpAddress *local)
{
	RpQueueChange *change;
	RpPopLoginRecord *record;
	RpAddress source;

	forget_count(agent, RP_FAILURE_POP_LOGIN_FAILED, set->name);
	if (!login_source(agent, local, origin->n_networks != agent->n_networks, &source))
		return FALSE;
	record = g_new0(RpPopLoginRecord, 1);
	record->set = g_strdup(set->name);
	record->place_key = g_strdup(origin->place_key);
	record->source = source;
	record->at = rp_agent_now(agent);
	drop_pop_login(agent, record);
	g_ptr_array_add(agent->pop_logins, record);
	change = rp_queue_change_new(record->at);
	rp_change_save_pop_login(change, record);
	rp_agent_write(agent, change, NULL, NULL);
	rp_planner_request(agent, TRUE, "a POP login was made");
	return TRUE;
}

void
rp_memory_drop_pop_logins(RpAgent *agent, const char *set)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));

	for (guint i = agent->pop_logins->len; i-- > 0;) {
		const RpPopLoginRecord *record = agent->pop_logins->pdata[i];

		if (g_str_equal(record->set, set))
			g_ptr_array_remove_index(agent->pop_logins, i);
	}
	rp_change_forget_pop_logins(change, set);
	rp_agent_write(agent, change, NULL, NULL);
	rp_planner_request(agent, TRUE, "the server does not know of the POP login");
}

const RpPopLoginRecord *
rp_memory_find_pop_login(const RpAgent *agent, const char *set, const RpAddress *source)
{
	const RpPopLoginRecord *found = NULL;

	for (guint i = 0; i < agent->pop_logins->len; i++) {
		const RpPopLoginRecord *record = agent->pop_logins->pdata[i];

		if (!g_str_equal(record->set, set) ||
			g_strcmp0(record->place_key, agent->place->key) != 0)
			continue;
		if (source && source->family != RP_FAMILY_ANY &&
			record->source.family != RP_FAMILY_ANY &&
			!rp_address_equal(source, &record->source))
			continue;
		if (!found || record->at > found->at)
			found = record;
	}
	return found;
}

/* ---- facts ---- */

const char *
rp_memory_fact(const RpAgent *agent, const char *set, const char *name)
{
	for (guint i = 0; i < agent->facts->len; i++) {
		const RpSetFact *fact = agent->facts->pdata[i];

		if (g_str_equal(fact->set, set) && g_str_equal(fact->name, name))
			return fact->value;
	}
	return NULL;
}

void
rp_memory_save_fact(RpAgent *agent, const char *set, const char *name, const char *value)
{
	RpQueueChange *change;
	RpSetFact *fact;

	if (g_strcmp0(rp_memory_fact(agent, set, name), value) == 0)
		return;
	for (guint i = agent->facts->len; i-- > 0;) {
		fact = agent->facts->pdata[i];
		if (g_str_equal(fact->set, set) && g_str_equal(fact->name, name))
			g_ptr_array_remove_index(agent->facts, i);
	}
	fact = g_new0(RpSetFact, 1);
	fact->set = g_strdup(set);
	fact->name = g_strdup(name);
	fact->value = g_strdup(value);
	g_ptr_array_add(agent->facts, fact);
	change = rp_queue_change_new(rp_agent_now(agent));
	rp_change_save_set_fact(change, set, name, value);
	rp_agent_write(agent, change, NULL, NULL);
}

/* ---- time and place ---- */

RpTime
rp_memory_next_deadline(const RpAgent *agent)
{
	RpTime next = G_MAXINT64;

	for (guint i = 0; i < agent->failures->len; i++) {
		const RpFailure *failure = agent->failures->pdata[i];

		next = MIN(next, failure->until);
	}
	return next;
}

gboolean
rp_memory_expire(RpAgent *agent)
{
	RpTime now = rp_agent_now(agent);
	RpQueueChange *change;
	gboolean any = FALSE;

	for (guint i = agent->failures->len; i-- > 0;) {
		const RpFailure *failure = agent->failures->pdata[i];

		if (failure->until > now)
			continue;
		g_ptr_array_remove_index(agent->failures, i);
		any = TRUE;
	}
	if (!any)
		return FALSE;
	change = rp_queue_change_new(now);
	rp_change_expire(change, now - LOGIN_KEPT);
	rp_agent_write(agent, change, NULL, NULL);
	return TRUE;
}

void
rp_memory_arrived(RpAgent *agent)
{
	/* That a server could not be reached says something of the line, and this is another one,
	 * even at the same place. */
	g_hash_table_remove_all(agent->failure_counts);
	rp_memory_forget(agent, NULL, RP_FAILURE_UNREACHABLE);
	g_hash_table_remove_all(agent->used_sets);
}
