/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "networkmanager-dialled-private.h"

/* One call to NetworkManager: a line is dialled, or lines are hung up. It begins at once, and ends
 * with `done` on the main context, never from within a function of these. */
typedef struct RpDialCall RpDialCall;

/* What the dialler knows of the others. All run on the main context. */
typedef struct {
	/* Whether nobody else is dialling there. Where somebody is, rp_dial_call_go_on() is due
	 * when he has ended. */
	gboolean (*is_free)(const RpDialCall *call, const char *port, gpointer user);
	/* What was dialled is another. */
	void (*changed)(gpointer user);
	/* Takes the error, and frees the call. */
	void (*done)(RpDialCall *call, GError *error, gpointer user);
} RpDialCallEvents;

/* The names are copied; the events and what was dialled are lent. NULL names: all. */
RpDialCall *rp_dial_call_new(const char *system_bus, RpDialled *dialled, const char *const *names,
	gboolean hang_up, const RpDialCallEvents *events, gpointer user);
void rp_dial_call_free(RpDialCall *call);
/* The modem, the interface or the port below PPPoE that it has for itself; NULL: none yet. */
const char *rp_dial_call_port(const RpDialCall *call);
void rp_dial_call_go_on(RpDialCall *call);
