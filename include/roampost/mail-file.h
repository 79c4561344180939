/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* A mail on its way into the local maildir, or to the mail delivery command. It is written where
 * nobody looks (tmp, as the maildir convention has it) and appears whole or not at all. Everything
 * here waits for the disk: an agent calls it in a thread. */

typedef struct RpMailFile RpMailFile;

/* `mda` not NULL: for that command (run by the shell, the mail on its standard input), and
 * `maildir` does not count. Makes the maildir as needed. */
RpMailFile *rp_mail_file_new(const char *maildir, const char *mda, GError **error);
/* Removes what was neither delivered nor parked. */
void rp_mail_file_free(RpMailFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpMailFile, rp_mail_file_free)

/* Takes wire format; lines end in LF in the file. What can't be written may be found out only by
 * the functions below. */
gboolean rp_mail_file_write(RpMailFile *file, const void *data, gsize size, GError **error);

/* In the maildir, on the disk and visible after this; or taken by the command, which has ten
 * minutes. `stop` (-1: none) is a descriptor that ends the command when it becomes readable. */
gboolean rp_mail_file_deliver(RpMailFile *file, int stop, GError **error);

/* The same in two steps, for who has to remember in between that the mail is there: on the disk and
 * not yet visible after this. The path is for rp_mail_file_show, also of another process after a
 * crash; NULL: an error. Not for a command. */
char *rp_mail_file_park(RpMailFile *file, GError **error);
/* Before it, for one that is parked with others: the disk begins with it. */
gboolean rp_mail_file_flush(RpMailFile *file, GError **error);
/* Makes those in the directory `tmp` that were parked outlast a crash; once for many. */
gboolean rp_mail_file_sync_parked(const char *maildir, GError **error);
/* Makes visible what was parked under these paths. What is no longer there has been shown before.
 */
gboolean rp_mail_file_show(const char *const *paths, GError **error);
