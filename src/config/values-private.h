/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "config-private.h"

/* What the two files of value types share. */

#define FIELD(type, option, object) ((type *)G_STRUCT_MEMBER_P(object, (option)->offset))

void replace_string(char **field, char *value); /* takes value */
gboolean fail(GError **error, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* One element of a list into one of ours, or an error. */
typedef char *(*ReadElement)(const char *element, GError **error);
gboolean read_list(char ***field, char **list, ReadElement read, GError **error);
/* "~/x" below the home that is in use. */
char *rp_config_below_home(const char *path);
/* The domain as it should be compared, or an error that says what to write. */
char *read_domain(const char *text, GError **error);
