/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/serverset.h"

/* What mends a login's password or token, by where it comes from: one table for all who name it. */
typedef struct {
	guint words; /* core's own: the sentence of rp_unlock_sentence */
	/* What to type, with one %s for the argument; NULL: nothing that is known. */
	const char *command;
	char *argument; /* a set, an address or a file (~/ begins the home); to be freed */
} RpPasswordMend;

RpPasswordMend rp_password_mend(const RpServerSet *set, const RpLogin *login);
