/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "fetch-private.h"

/* What the server lists, and what is asked of it then. */

static void
remember_list(RpCheck *check)
{
	const RpFetchPlan *plan = &check->plan;
	RpQueueChange *change = rp_queue_change_new(rp_ground_now(check->room->ground));

	rp_change_adopt_fetched(change, &check->drop);
	for (guint i = 0; i < plan->forget->len; i++)
		rp_change_forget_fetched(change, &check->drop, plan->forget->pdata[i]);
	for (guint i = 0; i < plan->missing->len; i++)
		rp_change_miss_fetched(change, &check->drop, plan->missing->pdata[i], TRUE);
	for (guint i = 0; i < plan->back->len; i++)
		rp_change_miss_fetched(change, &check->drop, plan->back->pdata[i], FALSE);
	for (guint i = 0; i < plan->twice->len; i++)
		rp_change_doubt_fetched(change, &check->drop, plan->twice->pdata[i]);
	rp_check_write(check, change);
}

/* By the contents that are here already a mail is known again. */
static void
note_contents(RpCheck *check)
{
	check->contents = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	for (guint i = 0; i < check->known->len; i++) {
		const RpFetched *fetched = check->known->pdata[i];

		if (*fetched->digest)
			g_hash_table_add(check->contents,
				g_strconcat(fetched->uidl, " ", fetched->digest, NULL));
	}
}

static void
ask(RpCheck *check)
{
	const RpFetchPlan *plan = &check->plan;

	for (guint i = 0; i < plan->delete->len; i++)
		rp_check_delete(check, plan->delete->pdata[i]);
	if (plan->fetch->len)
		rp_check_open_local(check);
	for (guint i = 0; i < plan->fetch->len; i++) {
		RpMail *mail = plan->fetch->pdata[i];

		if (rp_pop_fetch_get(check->fetch, mail->number, mail->header_only, mail))
			check->n_asked++;
	}
}

/* FALSE: nothing can be fetched by this list. */
static gboolean
is_usable(RpCheck *check, const RpPopListing *listing)
{
	const char *refusal = listing->refusal ? listing->refusal : "";

	if (!listing->has_uidl)
		rp_check_fail(check,
			"its POP server gives no unique ids (UIDL), without which nothing "
			"tells new mail from old: nothing is fetched: %s",
			refusal);
	else if (listing->refusal)
		rp_check_fail(check, "its POP server does not list its mail: %s", refusal);
	return listing->has_uidl && !listing->refusal;
}

/* Another set's check may be at the same mailbox: what is new is new for one of them. */
static gboolean
is_fetched_by_other(const RpCheck *check)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, check->room->running);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const RpCheck *other = value;

		if (other != check && other->known &&
			g_str_equal(other->drop.server, check->drop.server) &&
			g_str_equal(other->drop.user, check->drop.user)) {
			g_message("%s: its mail is being fetched by %s", check->set->name,
				other->set->name);
			return TRUE;
		}
	}
	return FALSE;
}

void
rp_check_on_listed(RpCheck *check, const RpPopListing *listing)
{
	g_autoptr(GError) error = NULL;

	if (is_usable(check, listing) && !is_fetched_by_other(check)) {
		check->known =
			rp_queue_load_fetched(check->room->ground->queue, &check->drop, &error);
		if (!check->known)
			rp_check_fail(
				check, "what was fetched before can't be read: %s", error->message);
	}
	if (!check->known) {
		rp_pop_fetch_finish(check->fetch);
		return;
	}
	rp_fetch_plan_make(&check->plan, check->set, listing, check->known, check->verified,
		rp_ground_now(check->room->ground));
	g_message("%s: %u message(s) on its POP server%s, %u to fetch, %u to delete",
		check->set->name, listing->n_items, listing->odd ? " in an odd list" : "",
		check->plan.fetch->len, check->plan.delete->len);
	if (check->plan.n_without_uidl)
		rp_check_fail(check, "%u message(s) have no unique id and are not fetched",
			check->plan.n_without_uidl);
	if (check->plan.n_compare)
		g_message("%s: %u of them may be here already, which their contents will say",
			check->set->name, check->plan.n_compare);
	remember_list(check);
	note_contents(check);
	ask(check);
	rp_check_go_on(check);
}
