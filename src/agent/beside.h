/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "roampost/bus.h"

/* Work for calls that is done beside the main loop, in threads of its own: GLib's are few, and for
 * all of the process. Calls whose content does not come to its end hold up nobody else: one that
 * says nothing takes no thread, and one caller has only some of them; what it calls beyond that
 * waits for its own. What needs none of a caller's content waits for nobody. */
typedef struct RpBeside RpBeside;

RpBeside *rp_beside_new(void);
/* Calls that wait or are worked at. */
guint rp_beside_n(const RpBeside *beside);
/* What waits is refused; what is worked at may go on for a while, and is answered by nobody. */
void rp_beside_free(RpBeside *beside);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpBeside, rp_beside_free)

/* Threads for content, and how many of them one caller (a unique name on the bus) may have; when
 * half of them are taken it gets no second one. */
#define RP_BESIDE_THREADS 128
#define RP_BESIDE_OF_ONE 16

/* Each has a descriptor: so many wait or are worked at of one caller, and of all. */
#define RP_BESIDE_HELD_OF_ONE 96
#define RP_BESIDE_HELD 256

typedef struct {
	/* From when on there is something to read here the job is run, or refused with RP_ERROR_IO
	 * after `patience` seconds; borrowed from the job. -1: at once. */
	int input;
	guint patience;
	GTaskThreadFunc run;      /* in the thread; its task's data is the job */
	GAsyncReadyCallback done; /* in the main context, with the call; answers it */
	gpointer job;
	GDestroyNotify job_free;
} RpBesideWork;

/* Takes the job. The call is answered by `done`, or refused here: with RP_ERROR_BUSY where there
 * are too many. */
void rp_beside_run(RpBeside *beside, RpBusCall *call, const RpBesideWork *work);
