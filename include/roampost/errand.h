/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <sys/socket.h>
#include <sys/un.h>

/* What system accounts (www-data, nobody) hand over by roampost-sendmail is the mail of the user
 * whom the system's configuration names (system-mail-user), as whom they can't run. His agent does
 * it for them: it begins roampost-sendmail with their arguments and their standard input, output
 * and error, and says how it ended.
 *
 * They meet at a name in the abstract namespace (unix(7)), which needs no folder that both may use.
 * Anybody may have taken it: so each side asks the kernel whose the other one is (SO_PEERCRED). One
 * packet goes there, the arguments, the program's name first, each with its NUL, and the three
 * descriptors (SCM_RIGHTS); one octet comes back, the exit status, after what was handed over is
 * on the disk. Who hangs up before that breaks the errand off. */

/* The packet; a kernel with usual limits takes it in one piece. */
#define RP_ERRAND_MOST (96 * 1024)
#define RP_ERRAND_FDS 3
/* Set for the program that does it: it shows nobody this user's queue. */
#define RP_ERRAND_ENV "ROAMPOST_ERRAND"

/* Where the agent of this user is found; the address's size is returned. */
socklen_t rp_errand_address(guint uid, struct sockaddr_un *address);

/* Has the agent of `owner` (his name, and uid) do it. TRUE: it was done, and *status is how it
 * ended, of which the user has been told. Blocks for as long as the input does.
 *
 * RP_ERROR_BUSY: no agent of his runs, or not to the end; the mail is not known to be stored.
 * RP_ERROR_PERMISSION: another user has taken the name. RP_ERROR_INVALID: too many arguments. */
gboolean rp_errand_run(guint uid, const char *owner, char **arguments, int *status, GError **error);
