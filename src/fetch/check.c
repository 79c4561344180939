/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "fetch-private.h"

/* One check: what all its steps share, and its end. */

void
rp_check_fail(RpCheck *check, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_message("%s: check: %s", check->set->name, text);
	if (!check->error)
		check->error = g_steal_pointer(&text);
}

void
rp_check_free(RpCheck *check)
{
	g_clear_handle_id(&check->end_source, g_source_remove);
	rp_pop_fetch_cancel(check->fetch);
	rp_local_delivery_free(check->local);
	rp_fetch_plan_clear(&check->plan);
	g_clear_pointer(&check->known, g_ptr_array_unref);
	g_clear_pointer(&check->deletions, g_ptr_array_unref);
	g_clear_pointer(&check->contents, g_hash_table_unref);
	g_clear_pointer(&check->sum, g_checksum_free);
	if (check->header)
		g_string_free(check->header, TRUE);
	rp_check_head_drop(check);
	rp_catalogue_unref(check->catalogue);
	g_free(check->server);
	g_free(check->interface);
	g_free(check->error);
	g_free(check);
}

static gboolean
on_end(gpointer user)
{
	RpCheck *check = user;
	const RpChecks *room = check->room;

	check->end_source = 0;
	if (check->n_failed > 1)
		g_message("%s: check: %u messages could not be put away", check->set->name,
			check->n_failed);
	g_message("%s: checked: %u fetched", check->set->name, check->n_fetched);
	g_hash_table_steal(room->running, check->set->name);
	room->events->done(check->set->name, check->n_fetched, check->error, room->user);
	rp_check_free(check);
	return G_SOURCE_REMOVE;
}

static void
on_doubts_noted(const GError *error, gpointer user)
{
	RpCheck *check = user;

	check->n_writes--;
	if (check->fetch && error) {
		rp_check_fail(check, "what was fetched stays on the server: %s", error->message);
		rp_check_cut(check);
	} else if (check->fetch) {
		rp_pop_fetch_finish(check->fetch);
	}
	rp_check_go_on(check);
}

/* After QUIT the ids of what was deleted may be those of other mail, whether we hear of it or not:
 * that is on the disk before. */
static void
leave(RpCheck *check)
{
	RpQueueChange *change;

	check->leaving = TRUE;
	if (!check->deletions || !check->deletions->len) {
		rp_pop_fetch_finish(check->fetch);
		return;
	}
	change = rp_queue_change_new(rp_ground_now(check->room->ground));
	for (guint i = 0; i < check->deletions->len; i++) {
		const RpMail *mail = check->deletions->pdata[i];

		rp_change_doubt_fetched(change, &check->drop, mail->uidl);
	}
	check->n_writes++;
	rp_writes_apply(check->room->ground->writes, change, on_doubts_noted, check);
}

/* What is on its way to the disk is waited for, whatever became of the session. */
void
rp_check_go_on(RpCheck *check)
{
	gboolean quiet = !check->n_asked && !check->n_putting && !check->n_writes;

	/* The maildrop is locked to others as long as the session lasts. */
	if (check->fetch && check->plan.fetch && !check->leaving &&
		(quiet || (!check->n_asked && check->set->fetch != RP_FETCH_DELETE)))
		leave(check);
	if (!check->fetch && quiet && !check->end_source)
		check->end_source = g_idle_add_full(G_PRIORITY_DEFAULT, on_end, check, NULL);
}

/* No more of it. */
void
rp_check_cut(RpCheck *check)
{
	RpPopFetch *fetch = g_steal_pointer(&check->fetch);

	check->n_asked = 0;
	if (check->coming && !check->header && check->local)
		rp_local_delivery_drop(check->local);
	if (check->coming && !check->header)
		check->n_putting--;
	check->coming = NULL;
	rp_pop_fetch_cancel(fetch);
	rp_check_go_on(check);
}

/* ---- what is remembered ---- */

static void
on_written(const GError *error, gpointer user)
{
	RpCheck *check = user;

	check->n_writes--;
	if (error)
		rp_check_fail(check, "what was found can't be remembered: %s", error->message);
	rp_check_go_on(check);
}

void
rp_check_write(RpCheck *check, RpQueueChange *change)
{
	check->n_writes++;
	rp_writes_apply(check->room->ground->writes, change, on_written, check);
}

/* ---- what is in doubt, and what is deleted ---- */

void
rp_check_recognise(RpCheck *check, const RpMail *mail)
{
	RpQueueChange *change;

	if (mail->beside)
		return;
	change = rp_queue_change_new(rp_ground_now(check->room->ground));
	rp_change_recognise_fetched(change, &check->drop, mail->uidl, mail->digest, mail->size);
	rp_check_write(check, change);
}

void
rp_check_delete(RpCheck *check, RpMail *mail)
{
	if (!rp_pop_fetch_delete(check->fetch, mail->number, mail))
		return;
	if (!check->deletions)
		check->deletions = g_ptr_array_new();
	g_ptr_array_add(check->deletions, mail);
}

void
rp_check_not_deleted(RpCheck *check, RpMail *mail, const char *why)
{
	rp_check_fail(check, "its POP server does not delete message %u: %s", mail->number, why);
	g_ptr_array_remove(check->deletions, mail);
	rp_check_recognise(check, mail);
}
