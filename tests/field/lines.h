/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Cases that are lines of files: the first line of a file names the source ("# source: "), and
 * others that begin with # are comments. What can't be read ends the test with a message. */

/* One line, which stands in that file of the folder, counted from 1. */
typedef void (*RpFieldLine)(const char *file, guint number, const char *line);

/* Those of the folder's files whose names end so. */
void rp_field_lines(const char *folder, const char *suffix, RpFieldLine try_line);
