/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/place.h"
#include "roampost/serverset.h"

/* A captive portal that nobody tells of, as whereabouts.c has it; all zero: there is none. What it
 * does is said with rp_whereabouts_suspect_portal and what follows it. */
typedef struct {
	char *key;   /* of the place that looks like a portal's; NULL: none does */
	char *heard; /* what told last that it is one; or NULL */
	RpTime until;
	guint n; /* times that it did, one after the other */
} RpCaptive;

void rp_captive_suspect(RpCaptive *captive, const char *key, const char *heard, RpTime now);
gboolean rp_captive_end(RpCaptive *captive, RpTime due);
gboolean rp_captive_clear(RpCaptive *captive);
/* It is of the place where it was seen alone: at another one it is over. */
gboolean rp_captive_is_at(RpCaptive *captive, const char *key);
/* The place is another one. */
void rp_captive_moved(RpCaptive *captive);
void rp_captive_free_members(RpCaptive *captive);

/* How many ways out nobody has checked; `mark`: they are a portal's from now on. */
guint rp_captive_links(RpNetwork *network, gboolean mark);
