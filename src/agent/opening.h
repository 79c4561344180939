/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/queue.h"

/* The queue, opened for the agent and brought to order after whatever ended the last one. A full
 * disk and an agent that ends are waited for: `loop` is run meanwhile, whoever sets *ends quits it
 * too, and the supervisor is told that this one is there.
 *
 * *n_maybe_sent: messages that may arrive twice (rp_queue_recover). NULL: rp_queue_open's errors,
 * of those that are no better later, or the one that was waited for when *ends was set. */
RpQueue *rp_opening_run(GMainLoop *loop, const gboolean *ends, guint *n_maybe_sent, GError **error);
