/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "records-private.h"

#include "roampost/retry.h"

#include <string.h>

/* What failed, where, and until when it counts. */

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
make_failure(const RpRecords *records, const RpFailure *what)
{
	RpFailure *failure = g_new0(RpFailure, 1);

	failure->kind = what->kind;
	failure->set = g_strdup(what->set);
	failure->revision = g_strdup(what->revision);
	failure->rule = g_strdup(what->rule);
	failure->place_key =
		rp_failure_is_everywhere(what->kind) ? NULL : g_strdup(what->place_key);
	failure->sender = g_strdup(what->sender);
	failure->recipient_domain =
		what->recipient_domain ? g_ascii_strdown(what->recipient_domain, -1) : NULL;
	failure->detail = g_strdup(what->detail);
	failure->at = rp_clock_now(records->clock);
	return failure;
}

/* Failures in a row. They are counted beside the failures themselves, which end with their time,
 * while the waits must go on growing. */
static guint
count_failure(RpRecords *records, RpFailureKind kind, const char *set)
{
	g_autofree char *key = g_strdup_printf("%s %s", rp_failure_kind_name(kind), set);
	guint count = GPOINTER_TO_UINT(g_hash_table_lookup(records->counts, key)) + 1;

	g_hash_table_insert(records->counts, g_steal_pointer(&key), GUINT_TO_POINTER(count));
	return count;
}

void
rp_records_forget_count(RpRecords *records, RpFailureKind kind, const char *set)
{
	g_autofree char *key = g_strdup_printf("%s %s", rp_failure_kind_name(kind), set);

	g_hash_table_remove(records->counts, key);
}

/* Messages that the plan told apart from no others until now must be told apart. */
static void
reclass_for(RpRecords *records, const RpFailure *failure)
{
	RpQueueChange *change;

	if (!failure->sender && !failure->recipient_domain)
		return;
	change = rp_queue_change_new(failure->at);
	rp_change_reclass_all(change);
	rp_writes_apply_ready(records->writes, change);
}

/* Takes the failure. */
static void
remember(RpRecords *records, RpFailure *failure, RpSpan wait)
{
	RpQueueChange *change = rp_queue_change_new(failure->at);
	guint index;

	if (g_ptr_array_find_with_equal_func(records->failures, failure, same_failure, &index))
		g_ptr_array_remove_index(records->failures, index);
	failure->until = rp_retry_time(failure->at, wait);
	g_message("%s: %s%s%s at %s: %s", failure->set, rp_failure_kind_name(failure->kind),
		failure->rule ? " by " : "", failure->rule ? failure->rule : "",
		failure->place_key ? failure->place_key : "any place",
		failure->detail ? failure->detail : "no words");
	rp_change_save_failure(change, failure);
	g_ptr_array_add(records->failures, failure);
	rp_writes_apply(records->writes, change, NULL, NULL);
	reclass_for(records, failure);
	records->events.changed(rp_failure_kind_name(failure->kind), records->user);
}

void
rp_records_failure(RpRecords *records, const RpFailure *what)
{
	RpFailure *failure = make_failure(records, what);

	failure->count = count_failure(records, what->kind, what->set);
	remember(records, failure,
		rp_retry_failure_wait(what->kind, failure->count, g_random_int()));
}

void
rp_records_failure_for_now(RpRecords *records, const RpFailure *what)
{
	RpFailure *failure = make_failure(records, what);

	failure->count = count_failure(records, what->kind, what->set);
	remember(records, failure, rp_retry_deferred_wait(failure->count, g_random_int()));
}

void
rp_records_refused_for_now(RpRecords *records, const char *set, RpTime since)
{
	g_autoptr(GPtrArray) found = g_ptr_array_new();

	for (guint i = 0; i < records->failures->len; i++) {
		RpFailure *failure = records->failures->pdata[i];

		if (failure->kind == RP_FAILURE_REFUSED && failure->at >= since &&
			g_str_equal(failure->set, set))
			g_ptr_array_add(found, failure);
	}
	for (guint i = 0; i < found->len; i++) {
		RpFailure *failure = make_failure(records, found->pdata[i]);

		failure->count = ((RpFailure *)found->pdata[i])->count;
		remember(records, failure, rp_retry_deferred_wait(failure->count, g_random_int()));
	}
}

void
rp_records_unresolved(RpRecords *records, const RpFailure *what)
{
	RpFailure *failure = make_failure(records, what);

	failure->count = count_failure(records, what->kind, what->set);
	g_hash_table_add(records->unresolved, g_strdup(what->set));
	remember(records, failure, rp_retry_resolve_wait(failure->count, g_random_int()));
}

void
rp_records_resolver_changed(RpRecords *records)
{
	GHashTableIter iter;
	gpointer set;

	g_hash_table_iter_init(&iter, records->unresolved);
	while (g_hash_table_iter_next(&iter, &set, NULL)) {
		rp_records_forget_count(records, RP_FAILURE_UNREACHABLE, set);
		rp_records_forget(records, set, RP_FAILURE_UNREACHABLE);
	}
	g_hash_table_remove_all(records->unresolved);
}

/* Between two that mail may bring about. */
#define NEW_MAIL_PAUSE G_TIME_SPAN_MINUTE

static RpTime
last_unreachable(const RpRecords *records, const char *set)
{
	RpTime last = 0;

	for (guint i = 0; i < records->failures->len; i++) {
		const RpFailure *failure = records->failures->pdata[i];

		if (failure->kind == RP_FAILURE_UNREACHABLE && g_str_equal(failure->set, set))
			last = MAX(last, failure->at);
	}
	return last;
}

void
rp_records_new_mail(RpRecords *records)
{
	RpTime now = rp_clock_now(records->clock);
	g_autoptr(GHashTable) sets = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	GHashTableIter iter;
	gpointer set;

	for (guint i = 0; i < records->failures->len; i++) {
		const RpFailure *failure = records->failures->pdata[i];

		if (failure->kind == RP_FAILURE_UNREACHABLE &&
			last_unreachable(records, failure->set) + NEW_MAIL_PAUSE <= now)
			g_hash_table_add(sets, g_strdup(failure->set));
	}
	g_hash_table_iter_init(&iter, sets);
	while (g_hash_table_iter_next(&iter, &set, NULL))
		rp_records_forget(records, set, RP_FAILURE_UNREACHABLE);
}

void
rp_records_no_credentials(RpRecords *records, const RpFailure *what)
{
	RpFailure *failure = make_failure(records, what);

	failure->count = count_failure(records, what->kind, what->set);
	/* Nobody was asked anything: a keyring that is locked now may be open soon. */
	remember(records, failure,
		rp_retry_failure_wait(RP_FAILURE_UNREACHABLE, failure->count, g_random_int()));
}

static void
save_again(RpQueueChange *change, const GPtrArray *failures, const char *set)
{
	for (guint i = 0; i < failures->len; i++) {
		const RpFailure *failure = failures->pdata[i];

		if (failure->kind == RP_FAILURE_REFUSED && g_str_equal(failure->set, set))
			rp_change_save_failure(change, failure);
	}
}

/* TRUE: there were some. */
static gboolean
remove_failures(GPtrArray *failures, const char *set, gint kind, gboolean pop_login_only)
{
	guint before = failures->len;

	for (guint i = failures->len; i-- > 0;) {
		const RpFailure *failure = failures->pdata[i];

		if ((!set || g_str_equal(failure->set, set)) &&
			(kind < 0 || failure->kind == (RpFailureKind)kind) &&
			(!pop_login_only || rp_rule_needs_pop_login(failure->rule)))
			g_ptr_array_remove_index(failures, i);
	}
	return failures->len < before;
}

static void
forget(RpRecords *records, const char *set, gint kind, gboolean pop_login_only, const char *reason)
{
	RpQueueChange *change;

	if (!remove_failures(records->failures, set, kind, pop_login_only))
		return;
	change = rp_queue_change_new(rp_clock_now(records->clock));
	rp_change_forget_failures(change, set, kind);
	if (pop_login_only)
		save_again(change, records->failures, set);
	rp_writes_apply(records->writes, change, NULL, NULL);
	records->events.changed(reason, records->user);
}

void
rp_records_forget_not_open(RpRecords *records, const char *set)
{
	forget(records, set, RP_FAILURE_REFUSED, TRUE, "a POP login opens it");
}

void
rp_records_forget(RpRecords *records, const char *set, gint kind)
{
	forget(records, set, kind, FALSE, "failures were forgotten");
}
