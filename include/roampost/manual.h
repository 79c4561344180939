/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Texts of our tables (options, commands) as source of manual pages, mdoc(7). */

/* Appends sentences: folded, in ASCII, and nothing of them a request. */
void rp_manual_append(GString *out, const char *text);
/* A word for a macro's argument. Free with g_free. */
char *rp_manual_escape(const char *text);
