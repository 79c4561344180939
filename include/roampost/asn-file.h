/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/asn-table.h"

/* The file that the table of AS numbers is in: mapped once, and again when it is another one. It is
 * to be replaced by renaming, never to be written into: a map of a file that shrinks under it ends
 * the program. (rp_asn_file_replace() and geoipupdate do so; and it is looked at before each use,
 * so that a copy over it does no harm either, unless within that microsecond.) */
typedef struct RpAsnFile RpAsnFile;

/* Called from the main loop when a file of that name has come, gone, or been replaced. */
typedef void (*RpAsnFileChanged)(gpointer user);

/* Nothing is read yet. `changed` may be NULL; else the folder is watched (inotify, in the
 * thread-default main context) as far as it exists by now. */
RpAsnFile *rp_asn_file_new(const char *path, RpAsnFileChanged changed, gpointer user);
void rp_asn_file_free(RpAsnFile *file);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpAsnFile, rp_asn_file_free)

const char *rp_asn_file_path(const RpAsnFile *file);
/* As it is now, good until the next call; NULL: there is none, or it can't be used, which is logged
 * once for each that comes. Only a file of root's or the user's own that nobody else may write is
 * used: it decides where mail goes. Costs a stat(2). That a part of it is damaged is logged once,
 * after a look-up has met it. */
RpAsnTable *rp_asn_file_table(RpAsnFile *file);

/* Puts a table there, in place of what was, at once or not at all; the folder is made. FALSE: what
 * went wrong, with the file's name. */
gboolean rp_asn_file_replace(const char *path, const GByteArray *table, GError **error);
/* Where it is: where the configuration says (NULL: nothing), else in the state directory (NULL:
 * there is none, and then no table either). Free with g_free. */
char *rp_asn_file_choose(const char *configured, const char *state_dir);
