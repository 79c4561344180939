/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Local delivery: mail into the maildir, or to the mail delivery command, written by a thread of
 * its own so that nobody waits for the disk. One of these serves one check, or one report.
 *
 * A mail for the maildir is put there in two steps, so that who fetched it can write in between
 * that it is there: parked (on the disk, where no mail program looks), then shown. What was parked
 * and never told to be shown is removed at the end. A command takes a mail at once.
 *
 * All of it is called in one thread, the one of the main context that it was made in; events come
 * there too, from the loop, never inside a call. */

typedef struct RpLocalDelivery RpLocalDelivery;

typedef enum {
	RP_LOCAL_PARKED,    /* on the disk, and not yet visible: `path` */
	RP_LOCAL_SHOWN,     /* visible after rp_local_delivery_show: `path` */
	RP_LOCAL_DELIVERED, /* the mail delivery command has taken it */
	RP_LOCAL_FAILED,    /* `error` says why; nothing is left of it unless it was to be shown */
	RP_LOCAL_ROOM,      /* what is waiting has become little again; of no message */
} RpLocalEventKind;

/* Strings are lent for the call. */
typedef struct {
	RpLocalEventKind kind;
	gpointer message; /* as it was given to begin or show */
	char *path;       /* in MAILDIR/tmp, also when it is not there any more; or NULL */
	char *error;      /* an English sentence, or NULL */
} RpLocalEvent;

/* May call anything here but rp_local_delivery_free. */
typedef void (*RpLocalEventFunc)(const RpLocalEvent *event, gpointer user);

/* `mda` NULL: into the maildir, which is made as needed. Strings are copied. */
RpLocalDelivery *rp_local_delivery_new(
	const char *maildir, const char *mda, RpLocalEventFunc func, gpointer user);
/* Waits for what the thread is at; after it no event comes. NULL is fine. */
void rp_local_delivery_free(RpLocalDelivery *delivery);

/* One mail after another: begin, its wire format in pieces of any size, then either end, of which
 * PARKED, DELIVERED or FAILED comes, or drop, of which nothing comes. `message` is the caller's
 * name for it. The data is copied. */
void rp_local_delivery_begin(RpLocalDelivery *delivery, gpointer message);
void rp_local_delivery_data(RpLocalDelivery *delivery, const void *data, gsize size);
void rp_local_delivery_end(RpLocalDelivery *delivery);
void rp_local_delivery_drop(RpLocalDelivery *delivery);

/* Makes visible what was parked under the path: SHOWN comes of it, or FAILED, and then it is still
 * parked. */
void rp_local_delivery_show(RpLocalDelivery *delivery, gpointer message, const char *path);

/* So much is waiting for the disk that no more should come: ROOM follows. */
gboolean rp_local_delivery_is_full(RpLocalDelivery *delivery);

/* Ends a delivery command that runs, and starts no more: the end must not wait for it. */
void rp_local_delivery_hurry(RpLocalDelivery *delivery);
