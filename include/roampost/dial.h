/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"

/* Dialling and hanging up: NetworkManager connections activated and deactivated by the user's word.
 * A client of NetworkManager is made for each, and is gone again when it is done: nothing stays
 * awake.
 *
 * `done` runs once, on the main context, never inside the call; `error` is NULL when NetworkManager
 * reports the connection as active, respectively as gone. Lines are dialled at once, but for two
 * that need the same modem or port: the second waits for the first. Who hangs up waits for what is
 * being dialled, and what is dialled then for him.
 * RP_ERROR_NOT_FOUND: none of the names is a connection; RP_ERROR_STATE: nothing was dialled;
 * RP_ERROR_UNAVAILABLE: NetworkManager is not there, refuses, or the line did not come up (within
 * 55 s of when its port was free). */
typedef struct RpDialler RpDialler;
typedef void (*RpDialDone)(const GError *error, gpointer user);

/* What was dialled and not hung up since, as a text to be kept for the next dialler: "" for
 * nothing. Runs on the main context whenever it has become another. */
typedef void (*RpDialledChanged)(const char *dialled, gpointer user);

/* NULL: the usual system bus. */
RpDialler *rp_dialler_new(const char *system_bus, RpDialledChanged changed, gpointer user);
/* What is under way goes on in NetworkManager; its callback does not run any more. */
void rp_dialler_free(RpDialler *dialler);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpDialler, rp_dialler_free)

/* What an earlier dialler told last: what is still up of it is ours to hang up. A line that came up
 * another time, by whomever, is not the one that was dialled. What is no such text is ignored. */
void rp_dialler_recall(RpDialler *dialler, const char *dialled);

/* Activates the first of these connections (ids or UUIDs) that exists; one that is up stays as it
 * is, whoever it is of. What was dialled before stays up, but for one that holds the same modem or
 * port: it is hung up first, and dialled again if the new one does not come up. */
void rp_dialler_dial(
	RpDialler *dialler, const char *const *connections, RpDialDone done, gpointer user);
/* Deactivates what rp_dialler_dial activated: those of it that are among these (ids or UUIDs), or
 * (NULL) all. */
void rp_dialler_hang_up(
	RpDialler *dialler, const char *const *connections, RpDialDone done, gpointer user);
/* Whether there is such a one, as far as is known here. */
gboolean rp_dialler_has_dialled(const RpDialler *dialler, const char *const *connections);
