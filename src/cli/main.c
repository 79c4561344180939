/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"

/* The command line's only word about which commands there are: program.c does without, so that
 * tests can bring other tables. */

int
main(int argc, char **argv)
{
	return rp_cli_main(rp_cli_commands, argc, argv);
}
