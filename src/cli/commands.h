/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli.h"

/* The functions and options of all commands, for the table in commands.c. */

extern const GOptionEntry rp_cmd_simulate_options[];

int rp_cmd_simulate(RpCli *cli, int argc, char **argv);
int rp_cmd_lookup(RpCli *cli, int argc, char **argv);
int rp_cmd_config_check(RpCli *cli, int argc, char **argv);
int rp_cmd_config_show(RpCli *cli, int argc, char **argv);
int rp_cmd_completion(RpCli *cli, int argc, char **argv);
int rp_cmd_help(RpCli *cli, int argc, char **argv);
