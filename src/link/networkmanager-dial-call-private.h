/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "networkmanager-dial-private.h"
#include "roampost/base.h"

/* A call under way, shared by the files that it goes through, from below:
 *
 *	networkmanager-dial-call.c    what it needs, and its end
 *	networkmanager-dial-up.c      a line is brought up
 *	networkmanager-dial-begin.c   the connection to NetworkManager; lines are hung up */
struct RpDialCall {
	char **names;
	gboolean hang_up;
	RpDialled *dialled;
	const RpDialCallEvents *events;
	gpointer user;

	GCancellable *cancellable;
	GDBusConnection *connection;
	NMClient *client;
	guint timeout;
	guint n_hung_up;
	char *port;                  /* ours alone while we dial; NULL: not yet */
	gboolean waits;              /* until whose it is has done */
	NMActiveConnection *active;  /* what is to come up */
	NMActiveConnection *leaving; /* what holds the port that is wanted, or is hung up */
	NMRemoteConnection *wanted;
	NMRemoteConnection *again; /* of what was hung up for it */
	GError *failure;           /* what it ends with once that is dialled again */
};

/* Takes the error. The call is gone then. */
void rp_dial_finish(RpDialCall *call, GError *error);
void rp_dial_fail(RpDialCall *call, RpErrorCode code, const char *sentence);
/* For as long as a line may take from now on. */
void rp_dial_start_timeout(RpDialCall *call);
/* The call is gone: the answer is nobody's. */
gboolean rp_dial_was_cancelled(const GError *error);
/* The line is one that was dialled; it is none. */
void rp_dial_note(RpDialCall *call, NMActiveConnection *line);
void rp_dial_forget(RpDialCall *call, NMActiveConnection *line);

/* Once the client is there: brings the line up, or waits for its port. */
void rp_dial_activate(RpDialCall *call);
