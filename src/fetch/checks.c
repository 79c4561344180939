/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "fetch-private.h"

#include "roampost/mail-file.h"

/* All checks: which are under way, and what they are cut for. */

RpChecks *
rp_checks_new(
	const RpGround *ground, RpTransport *transport, const RpCheckEvents *events, gpointer user)
{
	RpChecks *checks = g_new0(RpChecks, 1);

	checks->ground = ground;
	checks->transport = transport;
	checks->events = events;
	checks->user = user;
	checks->running =
		g_hash_table_new_full(g_str_hash, g_str_equal, NULL, (GDestroyNotify)rp_check_free);
	return checks;
}

void
rp_checks_free(RpChecks *checks)
{
	if (!checks)
		return;
	g_hash_table_unref(checks->running);
	g_free(checks);
}

void
rp_checks_start(RpChecks *checks)
{
	const RpGround *ground = checks->ground;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) parked = rp_queue_load_parked(ground->queue, &error);
	RpQueueChange *change = rp_queue_change_new(rp_ground_now(ground));

	if (parked && parked->len) {
		g_ptr_array_add(parked, NULL);
		if (rp_mail_file_show((const char *const *)parked->pdata, &error))
			for (guint i = 0; i + 1 < parked->len; i++)
				rp_change_fetched_shown(change, parked->pdata[i]);
	}
	if (error)
		g_warning("mail that was fetched can't be shown: %s", error->message);
	rp_writes_apply(ground->writes, change, NULL, NULL);
}

void
rp_checks_begin(RpChecks *checks, const RpCheckOrder *order)
{
	RpCheck *check = g_new0(RpCheck, 1);

	check->room = checks;
	check->catalogue = rp_catalogue_ref(order->catalogue);
	check->set = order->set;
	check->server = rp_fetch_server(check->set->pop);
	check->drop = (RpMaildrop){check->server, check->set->pop_login.user, check->set->name};
	check->interface = g_strdup(order->route.interface);
	check->source = order->route.source;
	g_hash_table_insert(checks->running, check->set->name, check);
	rp_check_open_session(check, &order->route);
}

gboolean
rp_checks_is_under_way(const RpChecks *checks, const char *set)
{
	return g_hash_table_contains(checks->running, set);
}

gboolean
rp_checks_are_idle(const RpChecks *checks)
{
	return g_hash_table_size(checks->running) == 0;
}

/* ---- cut ---- */

static gboolean
set_stands(const RpCheck *check)
{
	return rp_whereabouts_set_stands(check->room->ground->whereabouts, check->set);
}

void
rp_checks_reconfigured(RpChecks *checks)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, checks->running);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		RpCheck *check = value;

		if (!check->fetch || set_stands(check))
			continue;
		rp_check_fail(check, "its server set was changed meanwhile");
		rp_check_cut(check);
	}
}

static gboolean
route_stands(const RpCheck *check)
{
	return rp_whereabouts_route_stands(
		check->room->ground->whereabouts, check->interface, &check->source);
}

void
rp_checks_cut(RpChecks *checks, gboolean all)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, checks->running);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		RpCheck *check = value;

		if (!check->fetch || (!all && route_stands(check)))
			continue;
		rp_check_fail(check, "the network has changed meanwhile");
		rp_check_cut(check);
	}
}

void
rp_checks_close(RpChecks *checks)
{
	GHashTableIter iter;
	gpointer value;

	rp_checks_cut(checks, TRUE);
	g_hash_table_iter_init(&iter, checks->running);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (((RpCheck *)value)->local)
			rp_local_delivery_hurry(((RpCheck *)value)->local);
	while (g_hash_table_size(checks->running))
		g_main_context_iteration(NULL, TRUE);
}
