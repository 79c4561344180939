/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"
#include "roampost/serverset.h"

/* A time to come, as people write it: a span from now ("2h"), a time of day (the next one), a day,
 * a day and a time, as ISO 8601 has them too; of here, where no zone is named ("Z", "+09:00").
 * FALSE with RP_ERROR_INVALID: it is none, or has passed. */
gboolean rp_cli_read_when(const char *text, RpTime now, RpTime *when, GError **error);
