/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* An agent that finds the queue in another's hands: whether it waits for it, and whether the other
 * is asked to let go (roampost/succession.h). */
typedef struct RpWaiting RpWaiting;

RpWaiting *rp_waiting_new(void);
/* Nobody is asked any more; NULL is fine. */
void rp_waiting_free(RpWaiting *waiting);

/* Looks once more at who has the queue and at our own bus (which may take seconds), and asks him
 * where we are better placed. Milliseconds until the queue is to be tried again; 0: it is not to
 * be waited for: the other stays, and nobody supervises this one. */
guint rp_waiting_look(RpWaiting *waiting);
