/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

/* Sessions that were begun before it was certain that they are wanted: whose they are to be, and
 * which of them a delivery takes. */

/* A link that comes and goes makes places by the second, and some servers count connections by the
 * minute, and shut out who makes too many: what nobody takes is not begun more often. */
#define IN_VAIN_MOST 3
#define IN_VAIN_SPAN (60 * G_TIME_SPAN_SECOND)

typedef struct {
	gint64 since;
	guint n;
} InVain;

typedef struct {
	char *set_name;
	char *revision;
	RpSession *session;
	gboolean wished; /* by the call that is under way */
} Prepared;

static void
prepared_free(gpointer data)
{
	Prepared *prepared = data;

	rp_session_free(prepared->session, TRUE);
	g_free(prepared->set_name);
	g_free(prepared->revision);
	g_free(prepared);
}

GHashTable *
rp_prepared_in_vain_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
}

GPtrArray *
rp_prepared_new(void)
{
	return g_ptr_array_new_with_free_func(prepared_free);
}

/* It would go the same way, and take the server for the same. */
static gboolean
plans_are_alike(const RpSessionPlan *a, const RpSessionPlan *b)
{
	return g_strcmp0(a->user, b->user) == 0 &&
	       g_strcmp0(a->route.interface, b->route.interface) == 0 &&
	       a->route.family == b->route.family &&
	       a->route.small_segments == b->route.small_segments &&
	       rp_address_equal(&a->route.source, &b->route.source) &&
	       g_strcmp0(a->greetings, b->greetings) == 0 && a->chunking_off == b->chunking_off &&
	       a->certificate == b->certificate;
}

static gboolean
is_for(const Prepared *prepared, const RpServerSet *set, const RpSessionPlan *plan)
{
	return g_str_equal(prepared->set_name, set->name) &&
	       g_str_equal(prepared->revision, set->revision) &&
	       plans_are_alike(rp_session_plan(prepared->session), plan);
}

/* One that is ahead of the others is taken before them. */
static gint
find(const RpWiredTransport *transport, const RpServerSet *set, const RpSessionPlan *plan)
{
	for (guint i = 0; i < transport->prepared->len; i++)
		if (is_for(transport->prepared->pdata[i], set, plan))
			return (gint)i;
	return -1;
}

/* What is there already goes on, what has failed too: once is enough. How many are missing? */
static guint
keep(RpWiredTransport *wired, const RpSessionWish *wish, const RpSessionPlan *plan)
{
	guint n = wish->n;

	for (guint i = 0; n && i < wired->prepared->len; i++) {
		Prepared *prepared = wired->prepared->pdata[i];

		if (!is_for(prepared, wish->set, plan))
			continue;
		prepared->wished = TRUE;
		n--;
	}
	return n;
}

RpSession *
rp_prepared_take(RpWiredTransport *transport, const RpServerSet *set, const RpSessionPlan *plan)
{
	gint index = find(transport, set, plan);
	Prepared *prepared =
		index < 0 ? NULL : g_ptr_array_index(transport->prepared, (guint)index);
	RpSession *session = NULL;

	if (!prepared)
		return NULL;
	if (rp_session_is_promising(prepared->session)) {
		session = g_steal_pointer(&prepared->session);
		g_hash_table_remove(transport->in_vain, set->name);
	}
	g_ptr_array_remove_index(transport->prepared, (guint)index);
	return session;
}

/* How many may be begun, of so many: where those before were in vain, one. */
static guint
count_to_begin(const RpWiredTransport *wired, const char *set_name, guint wanted)
{
	gint64 now = g_get_monotonic_time();
	InVain *in_vain = g_hash_table_lookup(wired->in_vain, set_name);

	if (!in_vain) {
		in_vain = g_new0(InVain, 1);
		g_hash_table_insert(wired->in_vain, g_strdup(set_name), in_vain);
	}
	if (!in_vain->n || now - in_vain->since >= IN_VAIN_SPAN)
		*in_vain = (InVain){.since = now};
	if (!wanted || in_vain->n++ >= IN_VAIN_MOST)
		return 0;
	return in_vain->n == 1 ? wanted : 1;
}

static void
begin(RpWiredTransport *wired, const RpSessionWish *wish)
{
	Prepared *prepared = g_new0(Prepared, 1);
	RpSessionPlan plan = {0};

	rp_session_plan_fill_smtp(&plan, wired, wish->set, &wish->route, &wish->options);
	prepared->set_name = g_strdup(wish->set->name);
	prepared->revision = g_strdup(wish->set->revision);
	prepared->wished = TRUE;
	prepared->session = rp_session_new(wired->wires, &plan, &wired->times, NULL, NULL, NULL);
	g_ptr_array_add(wired->prepared, prepared);
}

static void
prepare(RpWiredTransport *wired, const RpSessionWish *wish)
{
	RpSessionPlan plan = {0};
	guint missing, n;

	rp_session_plan_fill_smtp(&plan, wired, wish->set, &wish->route, &wish->options);
	missing = keep(wired, wish, &plan);
	if (wish->proven_only && !rp_session_plan_verifies(&plan))
		missing = 0;
	rp_session_plan_clear(&plan);
	n = count_to_begin(wired, wish->set->name, missing);
	for (guint i = 0; i < n; i++)
		begin(wired, wish);
}

void
rp_wired_prepare(RpTransport *transport, const RpSessionWish *wishes, guint n)
{
	RpWiredTransport *wired = (RpWiredTransport *)transport;

	for (guint i = 0; i < wired->prepared->len; i++)
		((Prepared *)wired->prepared->pdata[i])->wished = FALSE;
	for (guint i = 0; i < n; i++)
		prepare(wired, &wishes[i]);
	for (guint i = wired->prepared->len; i-- > 0;)
		if (!((Prepared *)wired->prepared->pdata[i])->wished)
			g_ptr_array_remove_index(wired->prepared, i);
}
