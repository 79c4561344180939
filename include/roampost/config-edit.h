/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"

/* A configuration file that is changed as a person would: the lines that have to change do, and
 * everything else (comments, order, blanks) stays as it was written. Pure. */
typedef struct RpConfigEdit RpConfigEdit;

RpConfigEdit *rp_config_edit_new(const char *text);
/* Texts are wiped. */
void rp_config_edit_free(RpConfigEdit *edit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpConfigEdit, rp_config_edit_free)

/* Groups are named without their brackets; values are as they stand in the file, escaped. */
gboolean rp_config_edit_has_group(const RpConfigEdit *edit, const char *group);
/* Those whose name begins so ("server-set "), in their order, each once; to be freed. */
char **rp_config_edit_groups(const RpConfigEdit *edit, const char *prefix);
/* The one that counts, borrowed until the next change; NULL: none is written. */
const char *rp_config_edit_get(const RpConfigEdit *edit, const char *group, const char *key);
/* In the place of the old one, else behind the group's last; a group that is not there is begun at
 * the end. NULL: the key is taken out. */
void rp_config_edit_set(RpConfigEdit *edit, const char *group, const char *key, const char *value);
/* With its keys, and the comment that stands right above it. */
void rp_config_edit_remove_group(RpConfigEdit *edit, const char *group);

/* Anything differs from what it was. */
gboolean rp_config_edit_is_changed(const RpConfigEdit *edit);
/* Whole, to be written. Wipe it. */
char *rp_config_edit_text(const RpConfigEdit *edit);
/* What is taken out ("-") and put in ("+"), a line each, below the heading of its group; passwords
 * are shown as ****. Free with g_free. */
char *rp_config_edit_difference(const RpConfigEdit *edit);
