/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli.h"

#include "roampost/queue-records.h"

/* Draws what the query asks for (its `limit` does not count, a `since` of 0 is a week ago), with
 * the places and what waits still, into the file; "-" is standard output. The queue may be NULL:
 * nothing has happened. The exit status. */
int rp_cli_draw_history(RpCli *cli, RpQueue *queue, const RpHistoryQuery *query, const char *file);
