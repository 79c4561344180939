/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* What was stored, or sent to programs, in English, for people. Why a session ended is made deep
 * down, kept in the queue's folder and read again by later versions, so it is kept as it was first
 * said; this knows the sentences that it can be, and says them in the thread's language. */

/* The words to show, to be freed; what is not known (a server's words) comes back as it is, and
 * NULL as NULL. */
char *rp_words_shown(const char *english);
