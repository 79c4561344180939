/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* An address in lower case (ASCII only: other letters in local parts are compared as given), its
 * domain as A-labels, in a buffer of its own unless it is very long. Not to be copied: it points
 * into itself. */
typedef struct {
	char *text;         /* the whole address; "" for none */
	const char *domain; /* behind the last @; "" without one */
	gsize local_length;
	char *heap;
	char buffer[104];
} RpFolded;

void rp_folded_init(RpFolded *folded, const char *address);
void rp_folded_clear(RpFolded *folded);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpFolded, rp_folded_clear)
