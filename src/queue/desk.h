/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "queue-private.h"

/* The agent's side of the handover (handover-private.h): a socket, and a thread of its own, so that
 * no program waits for what else the agent does. What was taken over is written by the writer
 * thread, which both are borrowed from the queue's handle, and the bell is rung for it as for any
 * other. */
/* NULL, said in the log: programs write themselves. */
RpDesk *rp_desk_new(const char *dir, RpWriter *writer);
/* What has come by now is written all the same, the rest is not taken. */
void rp_desk_stop(RpDesk *desk);
/* When that is done, and the writer has come to its end. */
void rp_desk_free(RpDesk *desk);
