/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "memory-wire.h"

#include <string.h>

/* Octets of ours wait `here`, are carried to the server, and are read there by the script's steps;
 * what the server says waits until it is read here. One source does one thing each time round. */

typedef struct {
	RpWires base;
	const MemoryScript *scripts;
	guint n_scripts;
	guint n_opened;
	guint n_open;
	guint steps;
	GString *log;
	GPtrArray *mails; /* of char* */
} MemoryWires;

typedef struct {
	RpWire base;
	MemoryWires *wires;
	const MemoryScript *script;
	const RpWireEvents *events; /* NULL: the set-up is over */
	gpointer user;
	gboolean connected;
	guint line;
	guint step;
	GString *here;
	GString *there; /* carried, and not read yet */
	GString *said;  /* by the server, and not read by us */
	guint64 carried;
	guint in_vain; /* retransmissions: one until each look */
	gboolean up;
	gboolean cut;
	GSource *source;
	RpWireReady ready;
	GIOCondition condition;
	gpointer ready_user;
} MemoryWire;

typedef struct {
	GSource base;
	MemoryWire *wire;
} MemorySource;

/* ---- the server ---- */

/* The octets of a step, or 0 as long as they are not all there. */
static gsize
measure_content(const GString *there)
{
	const char *end;
	if (g_str_has_prefix(there->str, ".\r\n"))
		return 3;
	end = strstr(there->str, "\r\n.\r\n");
	return end ? (gsize)(end - there->str) + 5 : 0;
}

static gsize
take_line(const GString *there, const char *wanted)
{
	const char *end = strstr(there->str, "\r\n");
	if (!end)
		return 0;
	if (!g_str_has_prefix(there->str, wanted))
		g_error("\"%s\" was expected, and this came: %.*s", wanted, (int)(end - there->str),
			there->str);
	return (gsize)(end - there->str) + 2;
}

static gsize
take_octets(const GString *there, const char *number)
{
	gsize wanted = (gsize)g_ascii_strtoull(number, NULL, 10);
	return there->len >= wanted ? wanted : 0;
}

/* FALSE: the step waits for more of ours. */
static gboolean
do_step(MemoryWire *wire, const char *step)
{
	gsize used = 0;
	if (g_str_equal(step, "cut")) {
		wire->cut = TRUE;
		return TRUE;
	}
	if (g_str_equal(step, "idle")) {
		g_assert_cmpstr(wire->there->str, ==, "");
		g_assert_cmpstr(wire->here->str, ==, "");
		return TRUE;
	}
	if (g_str_has_prefix(step, "S: ")) {
		g_string_append_printf(wire->said, "%s\r\n", step + 3);
		return TRUE;
	}
	if (g_str_has_prefix(step, "C: "))
		used = take_line(wire->there, step + 3);
	else if (g_str_has_prefix(step, "B: "))
		used = take_octets(wire->there, step + 3);
	else
		used = measure_content(wire->there);
	if (used > 0 && step[0] != 'C')
		g_ptr_array_add(wire->wires->mails, g_strndup(wire->there->str, used));
	g_string_erase(wire->there, 0, (gssize)used);
	return used > 0;
}

static void
serve(MemoryWire *wire)
{
	const char *const *steps = wire->script->steps;
	while (!wire->cut && steps && steps[wire->step] && do_step(wire, steps[wire->step]))
		wire->wires->steps = ++wire->step;
}

/* ---- the line ---- */

static gsize
can_carry(const MemoryWire *wire)
{
	guint64 limit = wire->script->carries;
	if (wire->cut)
		return 0;
	return limit ? (gsize)MIN(wire->here->len, limit - wire->carried) : wire->here->len;
}

static void
carry(MemoryWire *wire)
{
	gsize n = can_carry(wire);
	g_string_append_len(wire->there, wire->here->str, (gssize)n);
	g_string_erase(wire->here, 0, (gssize)n);
	wire->carried += n;
	if (wire->script->carries && wire->carried == wire->script->carries)
		wire->cut = !wire->script->loses;
	serve(wire);
}

static gboolean
has_room(const MemoryWire *wire)
{
	return !wire->script->room || wire->here->len < wire->script->room;
}

static GIOCondition
what_holds(const MemoryWire *wire)
{
	GIOCondition holds = 0;
	if (wire->cut || wire->said->len)
		holds |= G_IO_IN;
	if (wire->cut || has_room(wire))
		holds |= G_IO_OUT;
	holds &= wire->condition;
	return wire->cut ? holds | G_IO_HUP : holds;
}

/* ---- the set-up ---- */

static void
say_line(MemoryWire *wire, const MemoryLine *line)
{
	static const RpWireFailure stopped = {RP_STAGE_BANNER, RP_WIRE_STOPPED, "no further"};
	const RpWireEvents *events = wire->events;
	wire->line++;
	if (events->line(line->stage, line->text, strlen(line->text), line->tls, wire->user))
		return;
	wire->events = NULL;
	events->failed(&stopped, wire->user);
}

static void
set_up(MemoryWire *wire)
{
	const MemoryScript *script = wire->script;
	const RpWireEvents *events = wire->events;
	if (!wire->connected && script->lines[0].text) {
		wire->connected = TRUE;
		events->connected(wire->user);
		return;
	}
	if (wire->line < G_N_ELEMENTS(script->lines) && script->lines[wire->line].text) {
		say_line(wire, &script->lines[wire->line]);
		return;
	}
	wire->events = NULL;
	if (script->failure.words) {
		events->failed(&script->failure, wire->user);
		return;
	}
	wire->up = TRUE;
	serve(wire);
	events->up(wire->user);
}

/* ---- the loop ---- */

static gboolean
has_work(const MemoryWire *wire)
{
	if (wire->events)
		return TRUE;
	return wire->up && (can_carry(wire) || (wire->ready && what_holds(wire)));
}

static gboolean
prepare(GSource *source, gint *timeout)
{
	*timeout = -1;
	return has_work(((MemorySource *)source)->wire);
}

static gboolean
check(GSource *source)
{
	return has_work(((MemorySource *)source)->wire);
}

/* In each event the wire may be closed: nothing is done after one. */
static gboolean
dispatch(GSource *source, GSourceFunc func, gpointer user)
{
	MemoryWire *wire = ((MemorySource *)source)->wire;
	if (wire->events)
		set_up(wire);
	else if (can_carry(wire))
		carry(wire);
	else if (wire->ready)
		wire->ready(what_holds(wire), wire->ready_user);
	return G_SOURCE_CONTINUE;
}

/* ---- what is above calls ---- */

static RpWireResult
wire_read(RpWire *base, guint8 *buffer, gsize size, gsize *got)
{
	MemoryWire *wire = (MemoryWire *)base;
	*got = MIN(size, wire->said->len);
	memcpy(buffer, wire->said->str, *got);
	g_string_erase(wire->said, 0, (gssize)*got);
	if (*got > 0)
		return RP_WIRE_OK;
	return wire->cut ? RP_WIRE_CLOSED : RP_WIRE_AGAIN;
}

static RpWireResult
wire_write(RpWire *base, const guint8 *data, gsize size, gsize *taken)
{
	MemoryWire *wire = (MemoryWire *)base;
	if (wire->cut)
		return RP_WIRE_CLOSED;
	if (!has_room(wire))
		return RP_WIRE_AGAIN;
	*taken = wire->script->room ? MIN(size, wire->script->room - wire->here->len) : size;
	g_string_append_len(wire->here, (const char *)data, (gssize)*taken);
	return RP_WIRE_OK;
}

static void
wire_watch(RpWire *base, GIOCondition condition, RpWireReady ready, gpointer user)
{
	MemoryWire *wire = (MemoryWire *)base;
	wire->condition = condition;
	wire->ready = ready;
	wire->ready_user = user;
}

static guint64
wire_left(const RpWire *wire)
{
	const MemoryWire *memory = (const MemoryWire *)wire;

	return memory->carried + (memory->script->loses ? memory->here->len : 0);
}

/* Of what the line has lost nothing was read. */
static guint64
wire_arrived(const RpWire *wire)
{
	return ((const MemoryWire *)wire)->carried;
}

static void
wire_measure(const RpWire *base, RpWireMeasure *measure)
{
	MemoryWire *wire = (MemoryWire *)base;
	if (!wire->connected)
		return;
	measure->rtt = 1000;
	measure->octets = wire->carried;
	measure->carried = wire->carried + wire->script->beyond;
	measure->unsent = measure->waiting = wire->here->len;
	if (wire->script->loses && wire->here->len)
		measure->in_vain = ++wire->in_vain;
	rp_address_parse("192.0.2.7", &measure->local);
	measure->local_port = 40025;
}

static void
wire_close(RpWire *base, gboolean orderly)
{
	MemoryWire *wire = (MemoryWire *)base;
	if (orderly && wire->up)
		carry(wire);
	wire->wires->n_open--;
	g_source_destroy(wire->source);
	g_source_unref(wire->source);
	g_string_free(wire->here, TRUE);
	g_string_free(wire->there, TRUE);
	g_string_free(wire->said, TRUE);
	g_free(wire);
}

/* ---- wires ---- */

static void
log_target(GString *log, const RpWireTarget *target)
{
	static const char *const modes[] = {
		[RP_TLS_REQUIRED] = "required",
		[RP_TLS_OPPORTUNISTIC] = "opportunistic",
		[RP_TLS_OFF] = "off",
	};
	const RpEndpoint *endpoint = target->endpoint;
	g_string_append_printf(log, "%s%s %s:%u tls=%s%s", target->pop ? "pop" : "smtp",
		endpoint->implicit_tls ? "s" : "", endpoint->host, endpoint->port,
		modes[target->tls.mode], target->tls.check_peer ? " peer" : "");
	if (target->route.small_segments)
		g_string_append(log, " small");
	if (target->ehlo_name)
		g_string_append_printf(log, " ehlo=%s", target->ehlo_name);
	g_string_append_c(log, '\n');
}

static RpWire *
wires_open(RpWires *base, const RpWireTarget *target, const RpWireEvents *events, gpointer user)
{
	static GSourceFuncs funcs = {.prepare = prepare, .check = check, .dispatch = dispatch};
	static const RpWireOps ops = {wire_read, wire_write, wire_watch, wire_left, wire_arrived,
		wire_measure, NULL, wire_close};
	MemoryWires *wires = (MemoryWires *)base;
	MemoryWire *wire = g_new0(MemoryWire, 1);
	g_assert_cmpuint(wires->n_opened, <, wires->n_scripts);
	log_target(wires->log, target);
	wire->base.ops = &ops;
	wire->wires = wires;
	wire->script = &wires->scripts[wires->n_opened++];
	wires->n_open++;
	wires->steps = 0;
	wire->events = events;
	wire->user = user;
	wire->here = g_string_new(NULL);
	wire->there = g_string_new(NULL);
	wire->said = g_string_new(NULL);
	wire->source = g_source_new(&funcs, sizeof(MemorySource));
	((MemorySource *)wire->source)->wire = wire;
	g_source_attach(wire->source, g_main_context_get_thread_default());
	return &wire->base;
}

static void
wires_free(RpWires *base)
{
	MemoryWires *wires = (MemoryWires *)base;
	g_assert_cmpuint(wires->n_open, ==, 0);
	g_string_free(wires->log, TRUE);
	g_ptr_array_unref(wires->mails);
	g_free(wires);
}

RpWires *
memory_wires_new(const MemoryScript *scripts, guint n_scripts)
{
	static const RpWiresOps ops = {wires_open, NULL, wires_free};
	MemoryWires *wires = g_new0(MemoryWires, 1);
	wires->base.ops = &ops;
	wires->scripts = scripts;
	wires->n_scripts = n_scripts;
	wires->log = g_string_new(NULL);
	wires->mails = g_ptr_array_new_with_free_func(g_free);
	return &wires->base;
}

const char *
memory_wires_log(const RpWires *wires)
{
	return ((const MemoryWires *)wires)->log->str;
}

const GPtrArray *
memory_wires_mails(const RpWires *wires)
{
	return ((const MemoryWires *)wires)->mails;
}

guint
memory_wires_steps(const RpWires *wires)
{
	return ((const MemoryWires *)wires)->steps;
}

guint
memory_wires_n_open(const RpWires *wires)
{
	return ((const MemoryWires *)wires)->n_open;
}
