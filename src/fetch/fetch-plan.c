/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is to be done with a maildrop: a decision, without the network and the disk. */
#include "fetch-private.h"

#include <string.h>

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
	g_free(mail->path);
	g_free(mail);
}

void
rp_fetch_plan_clear(RpFetchPlan *plan)
{
	g_clear_pointer(&plan->fetch, g_ptr_array_unref);
	g_clear_pointer(&plan->delete, g_array_unref);
	g_clear_pointer(&plan->forget, g_ptr_array_unref);
	g_clear_pointer(&plan->missing, g_ptr_array_unref);
	g_clear_pointer(&plan->back, g_ptr_array_unref);
}

static gboolean
is_too_large(const RpServerSet *set, const RpPopItem *item)
{
	return set->max_size > 0 && item->size > set->max_size;
}

static void
add_fetch(RpFetchPlan *plan, const RpServerSet *set, const RpPopItem *item)
{
	RpMail *mail = g_new0(RpMail, 1);

	mail->number = item->number;
	mail->size = item->size;
	mail->uidl = g_strdup(item->uidl);
	mail->header_only = is_too_large(set, item);
	g_ptr_array_add(plan->fetch, mail);
}

static void
plan_known(RpFetchPlan *plan, const RpServerSet *set, const RpPopItem *item,
	const RpFetched *fetched, RpTime now)
{
	RpSpan keep = set->keep_days * (RpSpan)G_TIME_SPAN_DAY;

	if (fetched->header_only && !is_too_large(set, item))
		add_fetch(plan, set, item); /* now it may be had whole */
	else if (set->fetch == RP_FETCH_DELETE && !fetched->header_only && !fetched->file &&
		 fetched->at + keep <= now)
		g_array_append_val(plan->delete, item->number);
}

/* A portal answers to any login, and lists nothing or anything: a list is believed when the server
 * has proved who it is, or by naming something that only the right one can know. */
static void
plan_absent(RpFetchPlan *plan, const GPtrArray *known, GHashTable *listed, gboolean believed,
	RpTime now)
{
	for (guint i = 0; i < known->len; i++) {
		const RpFetched *fetched = known->pdata[i];

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

void
rp_fetch_plan_make(RpFetchPlan *plan, const RpServerSet *set, const RpPopListing *listing,
	const GPtrArray *known, gboolean trusted, RpTime now)
{
	g_autoptr(GHashTable) by_uidl = g_hash_table_new(g_str_hash, g_str_equal);
	g_autoptr(GHashTable) listed = g_hash_table_new(g_str_hash, g_str_equal);

	*plan = (RpFetchPlan){
		.fetch = g_ptr_array_new_with_free_func((GDestroyNotify)rp_mail_free),
		.delete = g_array_new(FALSE, FALSE, sizeof(guint)),
		.forget = g_ptr_array_new(),
		.missing = g_ptr_array_new(),
		.back = g_ptr_array_new(),
	};
	for (guint i = 0; i < known->len; i++)
		g_hash_table_insert(by_uidl, ((RpFetched *)known->pdata[i])->uidl, known->pdata[i]);
	for (guint i = 0; i < listing->n_items; i++) {
		const RpPopItem *item = &listing->items[i];
		const RpFetched *fetched;

		if (!item->uidl) {
			plan->n_without_uidl++;
			continue;
		}
		/* Two of one UIDL are copies of one mail (RFC 1939 section 7). */
		if (!g_hash_table_add(listed, (gpointer)item->uidl))
			continue;
		fetched = g_hash_table_lookup(by_uidl, item->uidl);
		trusted |= fetched != NULL;
		if (fetched)
			plan_known(plan, set, item, fetched, now);
		else
			add_fetch(plan, set, item);
	}
	if (!listing->odd)
		plan_absent(plan, known, listed, trusted, now);
}
