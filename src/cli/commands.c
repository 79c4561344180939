/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"

/* The one table. Order is that of the usage. */

#define ANY (-1)

/* clang-format off */
const RpCliCommand rp_cli_commands[] = {
	{"simulate", "", 0, 0, "what would happen to a message at a place",
		"Makes the agent's decision for any place and message, without an agent: reads the "
		"configuration, prints the plan, touches nothing.\n\n"
		"With --batch every line of standard input is a question, as in {\"at\": "
		"[\"203.0.113.7\"], \"from\": \"taro@odn.example\", \"to\": [\"b@other.example\"]}; its "
		"members are named as the options are, and pop-logins is an object of sets and ages "
		"in seconds. A line that is no question is answered by {\"error\": …, \"line\": …}.",
		rp_cmd_simulate_options, RP_CLI_JSON, rp_cmd_simulate},
	{"lookup", "ADDRESS…", 1, ANY, "which providers contain an address, by which prefix",
		NULL, NULL, RP_CLI_JSON, rp_cmd_lookup},
	{"config check", "[FILE]", 0, 1, "list everything that is wrong with the configuration",
		"Reads the configuration, or FILE alone, and lists all errors and warnings with file, "
		"line, group and key. The exit status is 1 when there is an error.",
		NULL, RP_CLI_JSON, rp_cmd_config_check},
	{"config show", "", 0, 0, "show every option's value and where it comes from",
		"Passwords are shown as ****.",
		NULL, RP_CLI_JSON, rp_cmd_config_show},
	{"completion", "SHELL", 1, 1, "print a completion script: bash",
		"For this session: eval \"$(roampost completion bash)\"",
		NULL, 0, rp_cmd_completion},
	{"help", "[COMMAND]", 0, 2, "list the commands, or say more about one",
		NULL, NULL, 0, rp_cmd_help},
	{NULL},
};
/* clang-format on */
