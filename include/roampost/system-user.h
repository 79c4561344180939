/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

typedef enum {
	RP_ENTRY_HERE,   /* go on: it is this user's own queue */
	RP_ENTRY_DONE,   /* that user's agent has done it; *status is how it ended */
	RP_ENTRY_REFUSED /* with an error */
} RpEntry;

/* Root and the system accounts have no queue of their own: what they hand over goes to the queue of
 * the user whom the system's configuration names (system-mail-user). As root the program
 * begins once more as that user, with the same arguments; for another account, which can't, the
 * agent of that user does it (errand.h) where `hands_over` says that it hands mail over. Nothing
 * happens for people, and where ROAMPOST_STATE names the queue.
 *
 * RP_ERROR_CONFIG: nobody is named, or somebody who is not there. RP_ERROR_PERMISSION: a system
 * account that wants to see or move that user's queue. And those of rp_errand_run. */
RpEntry rp_system_user_enter(char **argv, gboolean hands_over, int *status, GError **error);

/* The name of the user whose queue that is, where it is another's than this account's, to be freed.
 * NULL: its own; with an error: as above. */
char *rp_system_user_name(GError **error);
