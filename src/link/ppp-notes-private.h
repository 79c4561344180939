/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* The hook's notes of lines that are up: read at the start, and when they change, since a bus may
 * have been missing when a line came up. `changed` runs in the main context, never inside a call.
 */
typedef struct RpPppNotes RpPppNotes;
typedef void (*RpPppNotesChanged)(gpointer user);

RpPppNotes *rp_ppp_notes_new(const char *directory, RpPppNotesChanged changed, gpointer user);
void rp_ppp_notes_free(RpPppNotes *notes);
/* Local and remote address, ipparam, and pppd's process where it is known; NULL: no note that
 * counts. Free with g_strfreev. */
char **rp_ppp_notes_read(const RpPppNotes *notes, const char *interface);
