/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampostd"
#include "waiting.h"

#include "roampost/bus.h"
#include "roampost/succession.h"

/* Between two agents for one queue: what the later one does. The first was started where there was
 * no session, say, and this one by the session that has come since. */

#define HANDING_OVER_MS 100
#define NEXT_LOOK_MS 15000
/* So often the queue is tried again once nobody is there any more who may give way. */
#define LAST_LOOKS 10

struct RpWaiting {
	RpSuccession *succession; /* NULL: it can't be asked */
	gboolean supervised;
	gboolean told;
	gboolean hopes; /* that the other has no bus */
	gboolean asked; /* the other, who brings what is being sent to its end first */
	guint last_looks;
};

RpWaiting *
rp_waiting_new(void)
{
	RpWaiting *waiting = g_new0(RpWaiting, 1);

	waiting->succession = rp_succession_open(NULL, FALSE);
	waiting->supervised = rp_supervisor_is_there();
	return waiting;
}

void
rp_waiting_free(RpWaiting *waiting)
{
	if (!waiting)
		return;
	rp_succession_free(waiting->succession);
	g_free(waiting);
}

/* There is one, and nobody has our name on it. */
static gboolean
has_free_bus(void)
{
	g_autoptr(RpBusClient) client = rp_bus_client_new(NULL);

	return client && !rp_bus_client_has_agent(client);
}

/* The marks stay while it waits: the other looks at them too when it loses its bus. */
static gboolean
ask(RpWaiting *waiting)
{
	RpSuccession *succession = waiting->succession;
	gboolean placed = succession && has_free_bus();

	if (!succession)
		return FALSE;
	rp_succession_mark(succession, RP_MARK_WAITS, placed);
	rp_succession_mark(succession, RP_MARK_WAITS_SUPERVISED, placed && waiting->supervised);
	if (!placed || !rp_succession_would_yield(succession, waiting->supervised))
		return FALSE;
	rp_succession_ring(succession);
	return TRUE;
}

/* One that was started a moment ago does not know yet whether there is a bus for it; as soon as it
 * does it looks at our marks. */
static gboolean
may_be_asked_soon(const RpWaiting *waiting)
{
	RpSuccession *succession = waiting->succession;

	return succession && rp_succession_may_yield(succession) && has_free_bus();
}

/* Whoever may give way says so until he has, and ends: between the queue's trial and this look he
 * may have done both. */
static gboolean
may_have_ended(RpWaiting *waiting)
{
	if (!waiting->last_looks)
		return FALSE;
	waiting->last_looks--;
	return TRUE;
}

guint
rp_waiting_look(RpWaiting *waiting)
{
	if (waiting->asked && rp_succession_would_yield(waiting->succession, waiting->supervised))
		return HANDING_OVER_MS;
	gboolean soon = may_be_asked_soon(waiting); /* which it says until it can be asked */
	waiting->asked = ask(waiting);
	if (waiting->asked || soon)
		waiting->last_looks = LAST_LOOKS;
	if (waiting->asked) {
		g_message("another agent has the queue, and gives way to this one, which is the "
			  "session's");
		return HANDING_OVER_MS;
	}
	if (soon) {
		if (!waiting->hopes)
			g_message("another agent has the queue, and looks for its session bus "
				  "still: this one waits until it has it, or gives way");
		waiting->hopes = TRUE;
		return HANDING_OVER_MS;
	}
	if (may_have_ended(waiting))
		return HANDING_OVER_MS;
	if (!waiting->supervised)
		return 0;
	if (!waiting->told)
		g_warning("another agent has the queue: this one waits until it ends");
	waiting->told = TRUE;
	return NEXT_LOOK_MS;
}
