/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fetch-private.h"

#include <string.h>

/* What is to be done with a maildrop: a decision, without the network and the disk. */

/* What a server that could be anybody does not list is remembered so long. */
#define MISSING_KEPT (30 * G_TIME_SPAN_DAY)

/* pop3:// and pop3s:// at one host lead to one mailbox; other ports may be tunnels to anywhere. */
char *
rp_fetch_server(const RpEndpoint *pop)
{
	g_autofree char *host = g_ascii_strdown(pop->host, -1);

	if (pop->port == 110 || pop->port == 995)
		return g_steal_pointer(&host);
	return g_strdup_printf("%s port %u", host, pop->port);
}

void
rp_mail_free(RpMail *mail)
{
	if (!mail)
		return;
	g_free(mail->uidl);
	g_free(mail->digest);
	g_free(mail->path);
	g_free(mail);
}

void
rp_fetch_plan_clear(RpFetchPlan *plan)
{
	g_clear_pointer(&plan->fetch, g_ptr_array_unref);
	g_clear_pointer(&plan->delete, g_ptr_array_unref);
	g_clear_pointer(&plan->forget, g_ptr_array_unref);
	g_clear_pointer(&plan->missing, g_ptr_array_unref);
	g_clear_pointer(&plan->back, g_ptr_array_unref);
	g_clear_pointer(&plan->twice, g_ptr_array_unref);
}

static gboolean
is_too_large(const RpServerSet *set, const RpPopItem *item)
{
	return set->max_size > 0 && item->size > set->max_size;
}

static RpMail *
mail_new(const RpPopItem *item)
{
	RpMail *mail = g_new0(RpMail, 1);

	mail->number = item->number;
	mail->size = item->size;
	mail->uidl = g_strdup(item->uidl);
	return mail;
}

static gboolean
is_due(const RpServerSet *set, RpTime fetched_at, RpTime now)
{
	return set->fetch == RP_FETCH_DELETE &&
	       fetched_at + set->keep_days * (RpSpan)G_TIME_SPAN_DAY <= now;
}

/* `fetched` is what was fetched under the same id before, or NULL. */
static void
add_fetch(RpFetchPlan *plan, const RpServerSet *set, const RpPopItem *item,
	const RpFetched *fetched, RpTime now)
{
	RpMail *mail = mail_new(item);

	mail->header_only = is_too_large(set, item) && (!fetched || fetched->header_only);
	mail->due = !mail->header_only && is_due(set, now, now);
	g_ptr_array_add(plan->fetch, mail);
}

/* What is here already is not put there again, and is due by when it came. */
static void
add_comparison(RpFetchPlan *plan, const RpServerSet *set, const RpPopItem *item,
	const RpFetched *fetched, gboolean beside, RpTime now)
{
	RpMail *mail;

	add_fetch(plan, set, item, fetched, now);
	mail = plan->fetch->pdata[plan->fetch->len - 1];
	mail->compare = TRUE;
	mail->beside = beside;
	if (fetched)
		mail->due = !mail->header_only && is_due(set, fetched->at, now);
	plan->n_compare++;
}

/* Sizes are hints, and may count line ends as one octet or two. */
static gboolean
is_other_size(const RpFetched *fetched, const RpPopItem *item)
{
	gint64 less = MIN(fetched->size, item->size), more = MAX(fetched->size, item->size);

	return less >= 0 && more > 2 * less + 1024;
}

static void
plan_known(RpFetchPlan *plan, const RpServerSet *set, const RpPopItem *item,
	const RpFetched *fetched, RpTime now)
{
	if (fetched->header_only && !is_too_large(set, item))
		add_fetch(plan, set, item, fetched, now); /* now it may be had whole */
	else if (fetched->file || fetched->cut)
		return; /* on its way; or no more of it can be had */
	else if (fetched->doubt || is_other_size(fetched, item))
		add_comparison(plan, set, item, fetched, FALSE, now);
	else if (!fetched->header_only && is_due(set, fetched->at, now))
		g_ptr_array_add(plan->delete, mail_new(item));
}

/* A portal answers to any login, and lists nothing or anything: a list is believed when the server
 * has proved who it is, or by naming something that only the right one can know. */
static void
plan_absent(RpFetchPlan *plan, const GPtrArray *known, GHashTable *listed, gboolean believed,
	RpTime now)
{
	for (guint i = 0; i < known->len; i++) {
		const RpFetched *fetched = known->pdata[i];

		if (i + 1 < known->len &&
			g_str_equal(fetched->uidl, ((RpFetched *)known->pdata[i + 1])->uidl))
			continue; /* the last of an id stands for all */
		if (g_hash_table_contains(listed, fetched->uidl)) {
			if (fetched->missing_since)
				g_ptr_array_add(plan->back, fetched->uidl);
		} else if (fetched->file) {
			continue; /* on its way */
		} else if (believed || (fetched->missing_since &&
					       fetched->missing_since + MISSING_KEPT <= now)) {
			g_ptr_array_add(plan->forget, fetched->uidl);
		} else if (!fetched->missing_since) {
			g_ptr_array_add(plan->missing, fetched->uidl);
		}
	}
}

/* How often each id is listed. */
static GHashTable *
count_uidls(const RpPopListing *listing)
{
	GHashTable *counts = g_hash_table_new(g_str_hash, g_str_equal);

	for (guint i = 0; i < listing->n_items; i++) {
		const char *uidl = listing->items[i].uidl;
		guint count = uidl ? GPOINTER_TO_UINT(g_hash_table_lookup(counts, uidl)) : 0;

		if (uidl)
			g_hash_table_insert(counts, (gpointer)uidl, GUINT_TO_POINTER(count + 1));
	}
	return counts;
}

static void
plan_listed(RpFetchPlan *plan, const RpServerSet *set, const RpPopItem *item,
	const RpFetched *fetched, guint count, RpTime now)
{
	if (!item->uidl)
		plan->n_without_uidl++;
	else if (count > 1)
		add_comparison(plan, set, item, fetched, TRUE, now);
	else if (fetched)
		plan_known(plan, set, item, fetched, now);
	else
		add_fetch(plan, set, item, NULL, now);
}

void
rp_fetch_plan_make(RpFetchPlan *plan, const RpServerSet *set, const RpPopListing *listing,
	const GPtrArray *known, gboolean trusted, RpTime now)
{
	g_autoptr(GHashTable) by_uidl = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) counts = count_uidls(listing);

	*plan = (RpFetchPlan){
		.fetch = g_ptr_array_new_with_free_func((GDestroyNotify)rp_mail_free),
		.delete = g_ptr_array_new_with_free_func((GDestroyNotify)rp_mail_free),
		.forget = g_ptr_array_new(),
		.missing = g_ptr_array_new(),
		.back = g_ptr_array_new(),
		.twice = g_ptr_array_new(),
	};
	for (guint i = 0; i < known->len; i++) {
		RpFetched *fetched = known->pdata[i];

		g_hash_table_insert(by_uidl, fetched->uidl, fetched);
		if (GPOINTER_TO_UINT(g_hash_table_lookup(counts, fetched->uidl)) > 1)
			g_ptr_array_add(plan->twice, fetched->uidl);
	}
	for (guint i = 0; i < listing->n_items; i++) {
		const RpPopItem *item = &listing->items[i];
		gconstpointer fetched = NULL, count = NULL;

		if (item->uidl) {
			fetched = g_hash_table_lookup(by_uidl, item->uidl);
			count = g_hash_table_lookup(counts, item->uidl);
		}
		trusted |= fetched != NULL;
		plan_listed(plan, set, item, fetched, GPOINTER_TO_UINT(count), now);
	}
	if (!listing->odd)
		plan_absent(plan, known, counts, trusted, now);
}
