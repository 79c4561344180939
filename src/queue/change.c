/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-private.h"

/* A change is a list of steps that is made beforehand, run by
 * whoever has the turn, and undone as a whole. */

static void
clear_step(gpointer data)
{
	RpStep *step = data;

	for (guint i = 0; i < G_N_ELEMENTS(step->s); i++)
		g_free(step->s[i]);
	for (guint i = 0; i < step->n_results; i++)
		g_free((char *)step->results[i].reply);
	g_free(step->results);
	g_strfreev(step->strv);
}

RpQueueChange *
rp_queue_change_new(RpTime now)
{
	RpQueueChange *change = g_new0(RpQueueChange, 1);

	change->now = now;
	change->steps = g_array_new(FALSE, TRUE, sizeof(RpStep));
	g_array_set_clear_func(change->steps, clear_step);
	return change;
}

void
rp_queue_change_free(RpQueueChange *change)
{
	if (!change)
		return;
	g_array_unref(change->steps);
	g_free(change);
}

gboolean
rp_queue_change_is_empty(const RpQueueChange *change)
{
	return change->steps->len == 0;
}

void
rp_queue_change_set_patience(RpQueueChange *change, RpSpan patience)
{
	change->patience = patience;
}

void
rp_queue_change_leave_unsynced(RpQueueChange *change)
{
	change->unsynced = TRUE;
}

RpStep *
rp_change_add(RpQueueChange *change, gboolean (*run)(RpTx *tx, const RpStep *step, GError **error))
{
	g_array_set_size(change->steps, change->steps->len + 1);
	RpStep *step = &g_array_index(change->steps, RpStep, change->steps->len - 1);
	step->run = run;
	return step;
}

static gboolean
run_steps(RpQueueChange *change, RpTx *tx, GError **error)
{
	for (guint i = 0; i < change->steps->len; i++) {
		const RpStep *step = &g_array_index(change->steps, RpStep, i);
		if (!step->run(tx, step, error))
			return FALSE;
	}
	return TRUE;
}

gboolean
rp_change_run(RpQueueChange *change, RpTx *tx, GError **error)
{
	tx->now = change->now;
	if (!rp_tx_savepoint(tx, error))
		return FALSE;
	if (run_steps(change, tx, error) && rp_tx_release(tx, error))
		return TRUE;
	rp_tx_undo(tx);
	return FALSE;
}
