/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"
#include "completion.h"

#include "roampost/language.h"

#include <stdio.h>
#include <string.h>

/* Prints the completion script of a shell: for the build, which installs it, and for a session. */

int
rp_cmd_completion(RpCli *cli, int argc, char **argv)
{
	static const struct {
		const char *name;
		char *(*make)(const RpCliCommand *commands);
	} shells[] = {
		{"bash", rp_completion_bash},
		{"zsh", rp_completion_zsh},
		{"fish", rp_completion_fish},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(shells); i++) {
		if (strcmp(shells[i].name, argv[1]) != 0)
			continue;
		g_autofree char *text = shells[i].make(cli->commands);
		fputs(text, stdout);
		return RP_EXIT_DONE;
	}
	return rp_cli_usage(
		cli, _("there is completion for bash, zsh and fish, not for “%s”"), argv[1]);
}
