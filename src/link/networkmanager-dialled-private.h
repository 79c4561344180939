/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <NetworkManager.h>

/* The lines that were dialled and not hung up since. A line is a connection that came up once: when
 * somebody else takes it down and up again, it is another line. */
typedef struct RpDialled RpDialled;

RpDialled *rp_dialled_new(void);
void rp_dialled_free(RpDialled *dialled);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpDialled, rp_dialled_free)

/* As text, and back; a text that is none adds nothing. */
char *rp_dialled_format(const RpDialled *dialled);
void rp_dialled_parse(RpDialled *dialled, const char *text);

/* FALSE: it is among them already. */
gboolean rp_dialled_add(RpDialled *dialled, NMClient *client, NMActiveConnection *line);
gboolean rp_dialled_has(const RpDialled *dialled, NMClient *client, NMActiveConnection *line);
gboolean rp_dialled_remove(RpDialled *dialled, NMClient *client, NMActiveConnection *line);
/* One of a connection of these names (ids or UUIDs; NULL: any). */
gboolean rp_dialled_has_name(const RpDialled *dialled, const char *const *names);
/* Those of these names that are not up any more; their number. */
guint rp_dialled_remove_gone(RpDialled *dialled, NMClient *client, const char *const *names);
/* Whether the line is of a connection of these names (NULL: of any). */
gboolean rp_dialled_is_named(NMActiveConnection *line, const char *const *names);
