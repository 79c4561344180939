/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* roampostd's command line (roampostd(8)). */
typedef struct {
	gboolean verbose, version, autostart;
} RpOptions;

/* FALSE: it was not understood, and standard error says what. */
gboolean rp_options_parse(int argc, char **argv, RpOptions *options);

/* Whether an agent that the desktop's autostart began is to stay: systemd has its unit, and who has
 * configured nothing has nothing to be sent. */
gboolean rp_options_autostart_is_for_us(void);
