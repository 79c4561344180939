/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "words-private.h"

/* The sentences that are stored and shown: each stands once more where it is made, which
 * tests/unit/po compares. */

const char *const rp_words[] = {
	N_("{server} said: {reply}"),
	NULL,
};
