/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli.h"

/* `roampost status` as people read it; the object is what --json prints. */
void rp_cli_print_status(RpCli *cli, JsonObject *status);

/* The lines that say why: sets that can't send until something is mended, sets that wait, and why
 * mail of the queue waits, which is read from the disk. */
void rp_cli_print_not_usable(RpCli *cli, JsonObject *status);
void rp_cli_print_waiting(RpCli *cli, JsonObject *status);
void rp_cli_print_why(RpCli *cli, JsonObject *status);
