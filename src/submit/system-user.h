/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Root and the system accounts have no queue of their own: what they hand over goes to the queue of
 * the user whom the system's configuration names (system-mail-user). As root the program
 * begins once more as that user, with the same arguments. Nothing happens for people, and where
 * ROAMPOST_STATE names the queue.
 *
 * RP_ERROR_CONFIG: nobody is named, or somebody who is not there. RP_ERROR_PERMISSION: a system
 * account that can't become that user. */
gboolean rp_system_user_enter(char **argv, GError **error);
