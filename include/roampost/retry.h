/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/policy.h"

/* How long to wait before trying again. Pure: the randomness is an argument, so that a test can
 * name it. Waits grow with every failure in a row, are spread by a quarter to both sides so that
 * many messages do not come back at once, and are capped. */

/* A message the server put off (4xx), or whose connection failed in the middle. `count` is how many
 * tries have failed in a row, the one just over included (1, 2, ...). 1 min, doubling, at most 2 h.
 */
RpSpan rp_retry_deferred_wait(guint count, guint32 random);
/* The server had all of it and did not answer, so that each try may be another copy. 2 min, three
 * times as long each time, at most a day. */
RpSpan rp_retry_doubt_wait(guint count, guint32 random);

/* No message is ever deferred for longer, whatever a server says. */
RpSpan rp_retry_deferred_longest(void);

/* A greylister that names no time: 1, 2, 5, 10, 15, 30, 60 min; not spread, so that what was put
 * off together comes back together. Sooner than the 30 min of RFC 5321 section 4.5.4.1, as RFC 6647
 * section 4.1 expects of clients: most let a mail in after one to five minutes. `count`: tries in a
 * row that were put off, 1 and up. */
RpSpan rp_retry_greylist_wait(guint count);

/* A server that says "so much for today": 1 h, doubling, at most a day; not spread. */
RpSpan rp_retry_limit_wait(guint count);

/* A server that relays after a POP login and does not know of ours yet: it reads its log, or asks
 * another host. 2, 5, 15, 60 s, then every 5 min. `count` is how many tries failed since the first
 * login, 1 and up. For as long as rp_retry_open_most says. */
RpSpan rp_retry_open_wait(guint count);
/* Its window, at most 10 min: then it is a refusal like any other. */
RpSpan rp_retry_open_most(RpSpan pop_window);
/* For as long where it was given all of that before, at the same place, and did not open: what its
 * first tries take. */
RpSpan rp_retry_open_again(RpSpan pop_window);

/* What was learned at a place (RpFailure.until - RpFailure.at): a day for refusals and missing TLS;
 * unreachable and intercepted from 1 min, doubling, at most 1 h; a failed POP login from 10 min,
 * trebling, at most a day (an account is not to be locked); G_MAXINT64 for a refused login, which
 * waits for the user. */
RpSpan rp_retry_failure_wait(RpFailureKind kind, guint count, guint32 random);

/* A server's name that has no address: from 1.5 s, doubling, at most 1 h. */
RpSpan rp_retry_resolve_wait(guint count, guint32 random);

/* Who we are seen as from outside, where that is not known or no help: 2 min, doubling, at most 1
 * h. */
RpSpan rp_retry_locate_wait(guint count);

/* now + wait; G_MAXINT64 stays G_MAXINT64. */
RpTime rp_retry_time(RpTime now, RpSpan wait);
