/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"

/* What agents that want the same queue let each other know. The queue's lock says who has it;
 * this says whether he would let go of it, and whether somebody waits who is better placed: one
 * that was started where there was no session must not keep out the one of the session that comes
 * later.
 *
 * Each mark is a lock on one octet of the file `succession` in the state directory (fcntl(2), open
 * file description locks): the kernel takes it back with the process, so none outlives whom it
 * speaks of, and none has to be read or believed. The contents of the file mean nothing. */
typedef struct RpSuccession RpSuccession;

typedef enum {
	/* Of the one that has the queue: */
	RP_MARK_HAS_NO_BUS, /* it ends for any that has a session bus */
	RP_MARK_BY_HAND,    /* nobody supervises it: it ends for one that is */
	/* Of one that waits for the queue, and has a session bus without an agent: */
	RP_MARK_WAITS,
	RP_MARK_WAITS_SUPERVISED, /* beside the one above */
	/* Of the one that has the queue; last, since versions that know nothing of it lock by
	   number: */
	RP_MARK_SEEKS_BUS, /* it looks for one still: soon it has it, or has none */
	/* Of one that has no queue: its disk can't be written. */
	RP_MARK_WAITS_FOR_ROOM,
	RP_N_MARKS,
} RpSuccessionMark;

/* In the state directory (NULL: rp_queue_state_dir), which is there; only the one that has the
 * queue, or waits for its disk, makes the file. NULL: nothing can be marked, and nobody is asked;
 * the debug log says why. */
RpSuccession *rp_succession_open(const char *state_dir, gboolean create);
/* Takes the marks back; NULL is fine. */
void rp_succession_free(RpSuccession *succession);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpSuccession, rp_succession_free)

void rp_succession_mark(RpSuccession *succession, RpSuccessionMark mark, gboolean set);
/* Whether another process has set it. */
gboolean rp_succession_is_marked(RpSuccession *succession, RpSuccessionMark mark);

/* Whether the one that has the queue would end for one with a bus that waits, supervised or not. */
gboolean rp_succession_would_yield(RpSuccession *succession, gboolean to_supervised);
/* Whether that is not sure yet: it is looking for its bus. */
gboolean rp_succession_may_yield(RpSuccession *succession);
/* Whether somebody waits for whom the one that has set these marks is to end. */
gboolean rp_succession_is_wanted(RpSuccession *succession, gboolean has_bus, gboolean supervised);
/* Whether an agent waits until the disk of the queue in this folder (NULL: as above) can be
 * written. */
gboolean rp_succession_waits_for_room(const char *state_dir);
/* Tells the one that has the queue that somebody waits: it looks when its bell rings. */
void rp_succession_ring(RpSuccession *succession);
