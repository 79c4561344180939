/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"

#include <signal.h>

/* A full disk and a closed pipe come back from write() as errors, and end no program of ours. */

static void
do_nothing(int number)
{
}

/* A handler, and not SIG_IGN: that would be handed on to the programs that we start. */
static const struct sigaction action = {.sa_handler = do_nothing, .sa_flags = SA_RESTART};

void
rp_file_limit_as_error(void)
{
	sigaction(SIGXFSZ, &action, NULL);
}

void
rp_signals_as_errors(void)
{
	rp_file_limit_as_error();
	sigaction(SIGPIPE, &action, NULL);
}
