/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"

/* Dialling and hanging up: NetworkManager connections activated and deactivated by the user's word.
 * A client of NetworkManager is made for each, and is gone again when it is done: nothing stays
 * awake.
 *
 * `done` runs once, on the main context, never inside the call; `error` is NULL when NetworkManager
 * reports the connection as active, respectively as gone. A call waits for those before it.
 * RP_ERROR_NOT_FOUND: none of the names is
 * a connection; RP_ERROR_STATE: nothing was dialled;
 * RP_ERROR_UNAVAILABLE: NetworkManager is not there, refuses, or the line did not come up (within
 * 55 s). */
typedef struct RpDialler RpDialler;
typedef void (*RpDialDone)(const GError *error, gpointer user);

/* NULL: the usual system bus. */
RpDialler *rp_dialler_new(const char *system_bus);
/* What is under way goes on in NetworkManager; its callback does not run any more. */
void rp_dialler_free(RpDialler *dialler);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpDialler, rp_dialler_free)

/* Activates the first of these connections (ids or UUIDs) that exists. What was dialled before
 * stays up, but for one that holds the same modem or port: it is hung up first, and dialled again
 * if the new one does not come up. */
void rp_dialler_dial(
	RpDialler *dialler, const char *const *connections, RpDialDone done, gpointer user);
/* Deactivates what rp_dialler_dial activated: those of it that are among these (ids or UUIDs), or
 * (NULL) all. */
void rp_dialler_hang_up(
	RpDialler *dialler, const char *const *connections, RpDialDone done, gpointer user);
/* Whether there is such a one, as far as is known here. */
gboolean rp_dialler_has_dialled(const RpDialler *dialler, const char *const *connections);
