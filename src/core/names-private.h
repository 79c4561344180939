/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* The names of an enum's values, in the order of the enum: one table for both directions. */
const char *rp_names_get(const char *const *names, gsize n_names, guint value);
gboolean rp_names_find(const char *const *names, gsize n_names, const char *name, guint *value);
