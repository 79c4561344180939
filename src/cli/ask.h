/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli.h"

/* Questions on the terminal, for commands that set something up. Without one nothing is asked. */

/* Standard input and standard error are a terminal, or a program has said that it answers. */
gboolean rp_cli_is_interactive(const RpCli *cli);
/* What is typed, without blanks around it; NULL: nothing, or (`input_ended`) nothing will be: who
 * would go on with what was said so far does not then. Free with g_free. */
char *rp_cli_ask(RpCli *cli, const char *format, ...) G_GNUC_PRINTF(2, 3);
/* In lines that the terminal does not break, with room for an answer. Free with g_free. */
char *rp_cli_fit_question(const char *question);
/* `otherwise` is what nothing typed means, and what is answered where nobody can be asked; whose
 * input has ended has agreed to nothing. */
gboolean rp_cli_ask_yes(RpCli *cli, gboolean otherwise, const char *format, ...)
	G_GNUC_PRINTF(3, 4);
