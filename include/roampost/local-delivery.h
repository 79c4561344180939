/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Puts mail away, in a thread of its own. */

typedef struct RpMailroom RpMailroom;

typedef enum {
	RP_MAILROOM_PARKED,    /* on the disk, and not yet visible: `path` */
	RP_MAILROOM_SHOWN,     /* visible after rp_mailroom_show */
	RP_MAILROOM_DELIVERED, /* the mail delivery command has taken it */
	RP_MAILROOM_FAILED,    /* `error` */
	RP_MAILROOM_ROOM,      /* what is waiting has become little again */
} RpMailroomKind;

typedef struct {
	RpMailroomKind kind;
	gpointer message;
	char *path;
	char *error;
} RpMailroomNews;

typedef void (*RpMailroomFunc)(const RpMailroomNews *news, gpointer user);

/* `mda` NULL: into the maildir. `func` runs in the main context that is the thread's default now.
 */
RpMailroom *rp_mailroom_new(
	const char *maildir, const char *mda, RpMailroomFunc func, gpointer user);
/* Waits for what the thread is at; what it parked and was not told to show goes. Not from `func`.
 */
void rp_mailroom_free(RpMailroom *room);
/* One message after another: begin, data.., end (then news comes of it) or drop. */
void rp_mailroom_begin(RpMailroom *room, gpointer message);
void rp_mailroom_data(RpMailroom *room, const void *data, gsize size);
void rp_mailroom_end(RpMailroom *room);
void rp_mailroom_drop(RpMailroom *room);
void rp_mailroom_show(RpMailroom *room, gpointer message, const char *path);
/* So much is waiting that no more should come: RP_MAILROOM_ROOM follows. */
gboolean rp_mailroom_is_full(RpMailroom *room);
/* Ends a delivery command that runs, and starts no more. */
void rp_mailroom_hurry(RpMailroom *room);
