/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/tell.h"

/*	tell.c         properties, and what happened
 *	held.c         signals of messages that are new, and of those that have come to be held
 *	held-notice.c  the notice on the desktop for them
 *	outcome.c      what became of a message in a session
 *	render.c       place, sets, messages as values */

struct RpTell {
	const RpGround *ground;
	const RpPlanner *planner;
	RpBusService *bus;
	RpNotifier *notifier;
	const RpTellQueries *queries;
	gpointer user;

	GPtrArray *refused_config; /* of strings: why the newest configuration was not taken */
	GArray *fresh;             /* RpMessageId: classified, and said when the plan holds them */
	char *current_set;
};

/* render.c */
/* The first message that is being sent, or 0. */
RpMessageId rp_tell_sending(const RpTell *tell);
/* The set that the user chose, or "auto". */
const char *rp_tell_override(const RpTell *tell);
GVariant *rp_tell_render_place(const RpTell *tell);
