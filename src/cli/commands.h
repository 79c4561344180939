/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli.h"

/* The table of commands; ends with a NULL name. */
extern const RpCliCommand rp_cli_commands[];

/* The functions and options of all commands, for the table. */

extern const GOptionEntry rp_cmd_sets_options[];
extern const GOptionEntry rp_cmd_like_options[];
extern const GOptionEntry rp_cmd_use_options[];
extern const GOptionEntry rp_cmd_learn_options[];
extern const GOptionEntry rp_cmd_forget_options[];
extern const GOptionEntry rp_cmd_show_options[];
extern const GOptionEntry rp_cmd_flush_options[];
extern const GOptionEntry rp_cmd_check_options[];
extern const GOptionEntry rp_cmd_submit_options[];
extern const GOptionEntry rp_cmd_edit_options[];
extern const GOptionEntry rp_cmd_history_options[];
extern const GOptionEntry rp_cmd_simulate_options[];
extern const GOptionEntry rp_cmd_setup_options[];
extern const GOptionEntry rp_cmd_import_options[];
extern const GOptionEntry rp_cmd_password_options[];
extern const GOptionEntry rp_cmd_import_autoconfig_options[];
extern const GOptionEntry rp_cmd_login_options[];
extern const GOptionEntry rp_cmd_watch_options[];

int rp_cmd_status(RpCli *cli, int argc, char **argv);
int rp_cmd_doctor(RpCli *cli, int argc, char **argv);
int rp_cmd_where(RpCli *cli, int argc, char **argv);
int rp_cmd_sets(RpCli *cli, int argc, char **argv);
int rp_cmd_use(RpCli *cli, int argc, char **argv);
int rp_cmd_queue(RpCli *cli, int argc, char **argv);
int rp_cmd_show(RpCli *cli, int argc, char **argv);
int rp_cmd_explain(RpCli *cli, int argc, char **argv);
int rp_cmd_flush(RpCli *cli, int argc, char **argv);
int rp_cmd_check(RpCli *cli, int argc, char **argv);
int rp_cmd_submit(RpCli *cli, int argc, char **argv);
int rp_cmd_hold(RpCli *cli, int argc, char **argv);
int rp_cmd_release(RpCli *cli, int argc, char **argv);
int rp_cmd_pause(RpCli *cli, int argc, char **argv);
int rp_cmd_resume(RpCli *cli, int argc, char **argv);
int rp_cmd_retry(RpCli *cli, int argc, char **argv);
int rp_cmd_delete(RpCli *cli, int argc, char **argv);
int rp_cmd_pin(RpCli *cli, int argc, char **argv);
int rp_cmd_edit(RpCli *cli, int argc, char **argv);
int rp_cmd_learn(RpCli *cli, int argc, char **argv);
int rp_cmd_dial(RpCli *cli, int argc, char **argv);
int rp_cmd_hangup(RpCli *cli, int argc, char **argv);
int rp_cmd_forget(RpCli *cli, int argc, char **argv);
int rp_cmd_watch(RpCli *cli, int argc, char **argv);
int rp_cmd_history(RpCli *cli, int argc, char **argv);
int rp_cmd_simulate(RpCli *cli, int argc, char **argv);
int rp_cmd_lookup(RpCli *cli, int argc, char **argv);
int rp_cmd_providers_update(RpCli *cli, int argc, char **argv);
int rp_cmd_login(RpCli *cli, int argc, char **argv);
int rp_cmd_password(RpCli *cli, int argc, char **argv);
int rp_cmd_setup(RpCli *cli, int argc, char **argv);
int rp_cmd_config_check(RpCli *cli, int argc, char **argv);
int rp_cmd_config_show(RpCli *cli, int argc, char **argv);
int rp_cmd_import_autoconfig(RpCli *cli, int argc, char **argv);
int rp_cmd_import_msmtprc(RpCli *cli, int argc, char **argv);
int rp_cmd_import_online_accounts(RpCli *cli, int argc, char **argv);
int rp_cmd_import_postfix(RpCli *cli, int argc, char **argv);
int rp_cmd_import_thunderbird(RpCli *cli, int argc, char **argv);
int rp_cmd_complete(RpCli *cli, int argc, char **argv);
int rp_cmd_completion(RpCli *cli, int argc, char **argv);
int rp_cmd_help(RpCli *cli, int argc, char **argv);
