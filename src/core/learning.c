/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learning-private.h"

/* What servers were observed to do: kept, bounded, forgotten. What follows from it is next door. */

#define KEPT_DAYS 400
#define MOST_CLASSES 64
#define MOST_DOMAINS 64

static RpObservation *
copy(const RpObservation *from)
{
	RpObservation *to = g_memdup2(from, sizeof *from);

	to->set = g_strdup(from->set);
	to->server = g_strdup(from->server ? from->server : "");
	rp_vantage_copy(&to->from, &from->from);
	to->domain = g_strdup(from->domain);
	to->words = g_strdup(from->words);
	return to;
}

/* Of the very same class: what two rows of one domain never are. */
static gboolean
same_class(const RpVantage *a, const RpVantage *b)
{
	return a->family == b->family && a->prefix.base.family == b->prefix.base.family &&
	       a->prefix.length == b->prefix.length &&
	       rp_address_equal(&a->prefix.base, &b->prefix.base) &&
	       g_strcmp0(a->place, b->place) == 0;
}

static gboolean
same_row(const RpObservation *a, const RpObservation *b)
{
	return a->said == b->said && a->vector == b->vector && g_str_equal(a->domain, b->domain) &&
	       same_class(&a->from, &b->from);
}

/* ---- all of them ---- */

static void
set_learning_free(gpointer data)
{
	RpSetLearning *learning = data;

	g_ptr_array_unref(learning->rows);
	g_ptr_array_unref(learning->split);
	g_hash_table_unref(learning->named);
	g_free(learning);
}

RpObservations *
rp_observations_new(void)
{
	RpObservations *observations = g_new0(RpObservations, 1);

	observations->sets =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, set_learning_free);
	return observations;
}

void
rp_observations_free(RpObservations *observations)
{
	if (!observations)
		return;
	g_hash_table_unref(observations->sets);
	g_free(observations);
}

static RpSetLearning *
get_set(RpObservations *observations, const char *set)
{
	RpSetLearning *learning = g_hash_table_lookup(observations->sets, set);

	if (learning)
		return learning;
	learning = g_new0(RpSetLearning, 1);
	learning->rows = g_ptr_array_new_with_free_func((GDestroyNotify)rp_observation_free);
	learning->split = g_ptr_array_new();
	learning->named = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_hash_table_insert(observations->sets, g_strdup(set), learning);
	return learning;
}

const RpSetLearning *
rp_observations_set(const RpObservations *observations, const char *set)
{
	return observations ? g_hash_table_lookup(observations->sets, set) : NULL;
}

const GPtrArray *
rp_observations_of(const RpObservations *observations, const char *set)
{
	const RpSetLearning *learning = rp_observations_set(observations, set);

	return learning && learning->rows->len ? learning->rows : NULL;
}

static void
changed(RpObservations *observations, RpSetLearning *learning)
{
	if (rp_learning_look_for_contradictions(learning))
		observations->names_version++;
}

/* By time: those of one time stay as they came. */
static void
insert(RpSetLearning *learning, RpObservation *row)
{
	guint at = learning->rows->len;

	while (at > 0 && ((RpObservation *)learning->rows->pdata[at - 1])->at > row->at)
		at--;
	g_ptr_array_insert(learning->rows, (gint)at, row);
}

static RpObservation *
take_same(RpSetLearning *learning, const RpObservation *like)
{
	for (guint i = 0; i < learning->rows->len; i++)
		if (same_row(learning->rows->pdata[i], like))
			return g_ptr_array_steal_index(learning->rows, i);
	return NULL;
}

void
rp_observations_add(RpObservations *observations, RpObservation *observation)
{
	RpSetLearning *learning = get_set(observations, observation->set);

	rp_observation_free(take_same(learning, observation));
	insert(learning, observation);
	changed(observations, learning);
}

/* Something else was said of such a recipient since. */
static gboolean
run_has_ended(const RpSetLearning *learning, const RpObservation *row)
{
	for (guint i = 0; i < learning->rows->len; i++) {
		const RpObservation *other = learning->rows->pdata[i];

		if (other->said != row->said && other->at >= row->at &&
			other->vector == row->vector &&
			(!*other->domain || g_str_equal(other->domain, row->domain)) &&
			same_class(&other->from, &row->from))
			return TRUE;
	}
	return FALSE;
}

/* Refusals in a row: of the class, whichever recipient's domain was asked with. */
static guint
refusals_before(const RpSetLearning *learning, const RpObservation *heard)
{
	RpKnowledge before =
		rp_learning_judge_set(learning, &heard->from, heard->vector, heard->domain);
	guint most = 0;

	if (before.known != RP_KNOWN_REFUSED)
		return 0;
	for (guint i = 0; i < learning->rows->len; i++) {
		const RpObservation *row = learning->rows->pdata[i];

		if (row->said == RP_SAID_REFUSED && row->vector == heard->vector &&
			rp_learning_is_here(learning, row, &heard->from))
			most = MAX(most, row->count);
	}
	return most;
}

/* The row keeps its address: who has it to write it down later still has it. */
static RpObservation *
again(RpSetLearning *learning, const RpObservation *heard, RpObservation *row)
{
	gboolean goes_on = !run_has_ended(learning, row);

	row->first = goes_on ? row->first : heard->at;
	row->count = goes_on ? row->count + 1 : 1;
	row->at = heard->at;
	if (heard->from.asn)
		row->from.asn = heard->from.asn;
	g_free(row->words);
	row->words = g_strdup(heard->words);
	g_free(row->server);
	row->server = g_strdup(heard->server ? heard->server : "");
	return row;
}

/* Several recipients of one transaction, and what the user had tried again at once, are refused
 * once: only what waited for its day, and is refused then, waits for longer. */
#define AT_ONCE (12 * G_TIME_SPAN_HOUR)

const RpObservation *
rp_observations_note(RpObservations *observations, const RpObservation *heard)
{
	RpSetLearning *learning = get_set(observations, heard->set);
	guint refused = heard->said == RP_SAID_TAKEN ? 0 : refusals_before(learning, heard);
	RpObservation *row = take_same(learning, heard);
	guint count = row && heard->at - row->at < AT_ONCE ? row->count : refused + 1;

	if (row) {
		again(learning, heard, row);
	} else {
		row = copy(heard);
		row->first = row->at;
		row->count = 1;
	}
	if (row->said != RP_SAID_TAKEN)
		row->count = count;
	row->due = FALSE;
	insert(learning, row);
	changed(observations, learning);
	return row;
}

void
rp_observations_set_window(RpObservations *observations, const char *set, RpSpan window)
{
	get_set(observations, set)->window = window;
}

void
rp_observations_note_window(RpObservations *observations, const char *set, RpSpan age)
{
	RpSetLearning *learning = get_set(observations, set);
	RpSpan window = age / 5 * 4;

	if (!learning->window || window < learning->window)
		learning->window = window;
}

void
rp_observations_find_origins(RpObservations *observations, RpAsnTable *asns)
{
	GHashTableIter iter;
	gpointer learning;

	g_hash_table_iter_init(&iter, observations->sets);
	while (g_hash_table_iter_next(&iter, NULL, &learning)) {
		const GPtrArray *rows = ((RpSetLearning *)learning)->rows;

		for (guint i = 0; i < rows->len; i++) {
			RpVantage *from = &((RpObservation *)rows->pdata[i])->from;

			if (!asns || from->prefix.base.family == RP_FAMILY_ANY ||
				rp_asn_table_look_up(asns, &from->prefix.base, &from->asn) !=
					RP_ASN_FOUND)
				from->asn = 0;
		}
	}
}

gboolean
rp_observations_try_now(RpObservations *observations)
{
	gboolean any = FALSE;
	GHashTableIter iter;
	gpointer learning;

	g_hash_table_iter_init(&iter, observations->sets);
	while (g_hash_table_iter_next(&iter, NULL, &learning)) {
		const GPtrArray *rows = ((RpSetLearning *)learning)->rows;

		for (guint i = 0; i < rows->len; i++) {
			RpObservation *row = rows->pdata[i];

			row->due = row->said != RP_SAID_TAKEN;
			any |= row->due;
		}
	}
	return any;
}

gboolean
rp_observations_forget(RpObservations *observations, const char *set)
{
	RpSetLearning *learning = g_hash_table_lookup(observations->sets, set);

	if (!learning)
		return FALSE;
	if (g_hash_table_size(learning->named))
		observations->names_version++;
	return g_hash_table_remove(observations->sets, set);
}

/* ---- bounds ---- */

static gboolean
is_of_server(const RpObservation *row, const RpCatalogue *catalogue)
{
	gint index = rp_catalogue_find_set(catalogue, row->set);

	if (index < 0)
		return TRUE;
	g_autofree char *server = rp_learning_server(rp_catalogue_set(catalogue, (guint)index));
	return g_str_equal(server, row->server);
}

/* What was kept of one class. */
typedef struct {
	const RpVantage *from;
	guint n[RP_N_VECTORS][RP_SAID_UNCLEAR + 1];
} KeptClass;

/* NULL: there are too many. */
static KeptClass *
kept_class(GArray *classes, const RpVantage *from)
{
	for (guint i = 0; i < classes->len; i++)
		if (same_class(g_array_index(classes, KeptClass, i).from, from))
			return &g_array_index(classes, KeptClass, i);
	if (classes->len == MOST_CLASSES)
		return NULL;
	g_array_append_vals(classes, &(KeptClass){.from = from}, 1);
	return &g_array_index(classes, KeptClass, classes->len - 1);
}

/* The newest come first. */
static gboolean
has_room(GArray *classes, const RpObservation *row)
{
	KeptClass *class = kept_class(classes, &row->from);

	return class && class->n[row->vector % RP_N_VECTORS][row->said]++ < MOST_DOMAINS;
}

static void
prune_set(RpSetLearning *learning, const RpCatalogue *catalogue, RpTime now, GPtrArray *gone)
{
	RpTime oldest = now - KEPT_DAYS * G_TIME_SPAN_DAY;
	g_autoptr(GArray) classes = g_array_new(FALSE, FALSE, sizeof(KeptClass));

	for (guint i = learning->rows->len; i-- > 0;) {
		const RpObservation *row = learning->rows->pdata[i];

		if (row->at < oldest || !is_of_server(row, catalogue) || !has_room(classes, row))
			g_ptr_array_add(gone, g_ptr_array_steal_index(learning->rows, i));
	}
}

GPtrArray *
rp_observations_prune(RpObservations *observations, const RpCatalogue *catalogue, RpTime now)
{
	GPtrArray *gone = g_ptr_array_new_with_free_func((GDestroyNotify)rp_observation_free);
	GHashTableIter iter;
	gpointer learning;

	g_hash_table_iter_init(&iter, observations->sets);
	while (g_hash_table_iter_next(&iter, NULL, &learning)) {
		guint before = gone->len;

		prune_set(learning, catalogue, now, gone);
		if (gone->len > before)
			changed(observations, learning);
	}
	return gone;
}

static void
cut_set(RpSetLearning *learning, RpTime now, GPtrArray *cut)
{
	for (guint i = 0; i < learning->rows->len; i++) {
		RpObservation *row = learning->rows->pdata[i];

		if (row->at <= now)
			continue;
		row->at = now;
		row->first = MIN(row->first, now);
		g_ptr_array_add(cut, row);
	}
}

GPtrArray *
rp_observations_cut_to_clock(RpObservations *observations, RpTime now)
{
	GPtrArray *cut = g_ptr_array_new();
	GHashTableIter iter;
	gpointer learning;

	g_hash_table_iter_init(&iter, observations->sets);
	while (g_hash_table_iter_next(&iter, NULL, &learning)) {
		guint before = cut->len;

		cut_set(learning, now, cut);
		if (cut->len > before)
			changed(observations, learning);
	}
	return cut;
}
