/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"

int
main(int argc, char **argv)
{
	return rp_cli_main(rp_cli_commands, argc, argv);
}
