/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "agent-private.h"

#include "roampost/succession.h"

/* Between two agents for one queue: what the one that has it does. It ends, as if it were told to,
 * for one that is better placed: so nothing is cut, and nothing is sent twice. */

/* A bus that is being started, or started anew, is there within this. */
#define BUS_PATIENCE_MS 3000

struct RpYielding {
	RpAgent *agent;
	RpSuccession *succession; /* NULL: nobody can ask */
	gboolean lacks_bus;       /* for longer than the patience */
	guint patience;
};

static void
look(RpYielding *yielding)
{
	RpAgent *agent = yielding->agent;

	if (!yielding->succession || !agent->parts.give_way ||
		!rp_succession_is_wanted(
			yielding->succession, !yielding->lacks_bus, rp_supervisor_is_there()))
		return;
	g_message("the agent of the session waits for the queue: this one gives way to it");
	agent->parts.give_way(agent->parts.user);
}

/* What it is comes before what it no longer is: who waits never sees neither. */
static void
set_lacks_bus(RpYielding *yielding, gboolean lacks)
{
	g_clear_handle_id(&yielding->patience, g_source_remove);
	yielding->lacks_bus = lacks;
	if (!yielding->succession)
		return;
	rp_succession_mark(yielding->succession, RP_MARK_HAS_NO_BUS, lacks);
	rp_succession_mark(yielding->succession, RP_MARK_SEEKS_BUS, FALSE);
}

static gboolean
on_patience_over(gpointer user)
{
	RpYielding *yielding = user;

	yielding->patience = 0;
	set_lacks_bus(yielding, TRUE);
	look(yielding);
	return G_SOURCE_REMOVE;
}

static void
seek_bus(RpYielding *yielding)
{
	if (yielding->succession)
		rp_succession_mark(yielding->succession, RP_MARK_SEEKS_BUS, TRUE);
	yielding->patience = g_timeout_add(BUS_PATIENCE_MS, on_patience_over, yielding);
}

RpYielding *
rp_yielding_new(RpAgent *agent)
{
	RpYielding *yielding = g_new0(RpYielding, 1);

	yielding->agent = agent;
	yielding->succession = rp_succession_open(rp_queue_dir(agent->ground.queue), TRUE);
	if (yielding->succession && !rp_supervisor_is_there())
		rp_succession_mark(yielding->succession, RP_MARK_BY_HAND, TRUE);
	seek_bus(yielding);
	return yielding;
}

void
rp_yielding_free(RpYielding *yielding)
{
	if (!yielding)
		return;
	g_clear_handle_id(&yielding->patience, g_source_remove);
	rp_succession_free(yielding->succession);
	g_free(yielding);
}

void
rp_yielding_bus(RpYielding *yielding, gboolean there)
{
	if (there)
		set_lacks_bus(yielding, FALSE);
	else if (!yielding->patience && !yielding->lacks_bus)
		seek_bus(yielding);
}

void
rp_yielding_rung(RpYielding *yielding)
{
	look(yielding);
}
