/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

/* Between a wire and an engine: reads, writes, waits, and says
 * when the server has been silent for too long. */

#define READ_SIZE (16 * 1024)
/* A fast server must not keep the loop from everything else. */
#define ROUNDS 64

gint64
rp_pump_patience(guint seconds, guint percent)
{
	return seconds * G_TIME_SPAN_SECOND / 100 * percent;
}

static void
lose(RpPump *pump, RpPumpLoss how)
{
	if (pump->broken)
		return;
	pump->broken = TRUE;
	pump->class->lost(pump->owner, how);
}

static void
note_progress(RpPump *pump, gint64 now)
{
	pump->waited = MAX(pump->waited, now - pump->moved_at);
	pump->moved_at = now;
}

static gboolean
read_some(RpPump *pump)
{
	guint8 buffer[READ_SIZE];
	gsize got = 0;
	if (!pump->running || pump->broken || pump->paused)
		return FALSE;
	switch (rp_wire_read(pump->wire, buffer, sizeof buffer, &got)) {
	case RP_WIRE_AGAIN:
		if (!pump->unwritable)
			return FALSE;
		lose(pump, RP_PUMP_BROKEN);
		return TRUE;
	case RP_WIRE_CLOSED:
		lose(pump, RP_PUMP_BROKEN);
		return TRUE;
	case RP_WIRE_OK:
		break;
	}
	if (pump->class->input(pump->owner, buffer, got))
		note_progress(pump, g_get_monotonic_time());
	return TRUE;
}

static gboolean
write_some(RpPump *pump)
{
	const guint8 *data = NULL;
	gsize taken = 0;
	if (!pump->running || pump->broken || pump->blocked || pump->unwritable)
		return FALSE;
	gsize size = pump->class->output(pump->owner, &data);
	if (size == 0)
		return FALSE;
	switch (rp_wire_write(pump->wire, data, size, &taken)) {
	case RP_WIRE_AGAIN:
		pump->blocked = TRUE;
		return FALSE;
	case RP_WIRE_CLOSED:
		/* What the server said before it closed is still to be read. */
		pump->unwritable = TRUE;
		return TRUE;
	case RP_WIRE_OK:
		break;
	}
	pump->moved_at = g_get_monotonic_time();
	if (pump->look && !pump->look_at)
		pump->look_at = pump->moved_at + pump->look;
	pump->class->sent(pump->owner, taken);
	return TRUE;
}

static gboolean
turn(RpPump *pump)
{
	return pump->running && pump->class->turn(pump->owner);
}

static gboolean
expects_much(const RpPump *pump)
{
	return pump->class->expects_much && pump->class->expects_much(pump->owner);
}

static void watch(RpPump *pump);
static void arm_timer(RpPump *pump);

void
rp_pump_run(RpPump *pump)
{
	gboolean more = TRUE;
	rp_pump_hold(pump);
	pump->pumping = TRUE;
	for (guint round = 0; round < ROUNDS && more && pump->running; round++) {
		more = read_some(pump);
		more |= turn(pump);
		more |= write_some(pump);
		more |= turn(pump);
	}
	pump->pumping = FALSE;
	if (pump->running) {
		if (!pump->blocked && !expects_much(pump))
			rp_wire_hint(pump->wire, RP_WIRE_WAITS);
		watch(pump);
		arm_timer(pump);
		if (more)
			rp_pump_kick(pump);
	}
	rp_pump_let_go(pump);
}

static gboolean
on_kick(gpointer user)
{
	RpPump *pump = user;
	rp_source_clear(&pump->kick);
	rp_pump_run(pump);
	return G_SOURCE_REMOVE;
}

void
rp_pump_kick(RpPump *pump)
{
	if (pump->kick || pump->pumping || !pump->running)
		return;
	pump->kick = rp_source_soon(on_kick, pump);
}

static void
on_ready(GIOCondition condition, gpointer user)
{
	RpPump *pump = user;
	if (condition & (G_IO_OUT | G_IO_ERR | G_IO_HUP))
		pump->blocked = FALSE;
	/* Paused, nothing would be read and the descriptor would stay ready: what is there can
	 * wait, what broke can't. */
	if (pump->paused && (condition & (G_IO_ERR | G_IO_HUP))) {
		lose(pump, RP_PUMP_BROKEN);
		pump->paused = FALSE;
	}
	rp_pump_run(pump);
}

static void
watch(RpPump *pump)
{
	GIOCondition condition = (pump->paused ? 0 : G_IO_IN) | (pump->blocked ? G_IO_OUT : 0);
	if (pump->watching && condition == pump->condition)
		return;
	pump->watching = TRUE;
	pump->condition = condition;
	rp_wire_watch(pump->wire, condition, on_ready, pump);
}

/* ---- time ---- */

/* When the server has been silent for too long; -1: never. Our own slowness is not the server's. */
static gint64
deadline(const RpPump *pump)
{
	gint64 patience = pump->paused ? 0 : pump->class->patience(pump->owner);
	return patience > 0 ? pump->moved_at + patience : -1;
}

static gboolean
stalls(RpPump *pump, gint64 now)
{
	RpWireMeasure measure = {0};

	rp_wire_measure(pump->wire, &measure);
	pump->look_at = measure.waiting ? now + pump->look : 0;
	return pump->class->stalls(pump->owner, &measure);
}

static gboolean
on_timer(gpointer user)
{
	RpPump *pump = user;
	gint64 when = deadline(pump), now = g_get_monotonic_time();
	g_source_set_ready_time(pump->timer, -1);
	if (when >= 0 && now >= when)
		lose(pump, RP_PUMP_SILENT);
	else if (pump->look_at && now >= pump->look_at && stalls(pump, now))
		lose(pump, RP_PUMP_STALLED);
	rp_pump_run(pump);
	return G_SOURCE_CONTINUE;
}

static gint64
next_time(const RpPump *pump)
{
	gint64 when = deadline(pump);

	return pump->look_at && (when < 0 || pump->look_at < when) ? pump->look_at : when;
}

static void
arm_timer(RpPump *pump)
{
	if (!pump->timer)
		pump->timer = rp_source_timer(on_timer, pump);
	g_source_set_ready_time(pump->timer, next_time(pump));
}

/* ---- life ---- */

void
rp_pump_init(RpPump *pump, const RpPumpOwner *class, gpointer owner)
{
	pump->class = class;
	pump->owner = owner;
	pump->refs = 1;
}

void
rp_pump_hold(RpPump *pump)
{
	pump->refs++;
}

void
rp_pump_let_go(RpPump *pump)
{
	if (--pump->refs == 0)
		pump->class->free(pump->owner);
}

void
rp_pump_start(RpPump *pump, RpWire *wire)
{
	pump->wire = wire;
	pump->moved_at = g_get_monotonic_time();
	pump->running = TRUE;
}

void
rp_pump_pause(RpPump *pump, gboolean pause)
{
	if (pump->paused == pause)
		return;
	pump->paused = pause;
	pump->moved_at = g_get_monotonic_time();
	rp_pump_kick(pump);
}

void
rp_pump_stop(RpPump *pump)
{
	pump->running = FALSE;
	rp_source_clear(&pump->kick);
	rp_source_clear(&pump->timer);
	if (pump->watching)
		rp_wire_watch(pump->wire, 0, NULL, NULL);
	pump->watching = FALSE;
	rp_pump_let_go(pump);
}
