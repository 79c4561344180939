/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/queue.h"

/* Handing a message over: what roampost-sendmail and `roampost submit` have in common. Needs no
 * agent, no bus and no home directory; a broken configuration does not stop it. */

typedef struct {
	const char *sender;            /* envelope sender; "" for <>; NULL: see below */
	const char *full_name;         /* for an added From; NULL: none */
	const char *const *recipients; /* addresses, or bare local names; NULL-terminated or NULL */
	gboolean recipients_from_header; /* add those of To, Cc and Bcc */
	gboolean dot_ends;               /* a line with a lone dot ends the input */
	const char *pin;                 /* a set's name, or NULL */
	const char *state_dir;           /* NULL: rp_queue_state_dir */
} RpSubmitRequest;

/* Reads the message from the descriptor up to its end and stores it. When this returns TRUE it is
 * on the disk: queued, or in the local maildir for bare names where no qualify-domain is
 * configured. `id` (may be NULL) is 0 when there was nothing but local recipients. Blocks while the
 * input does: an agent calls it in a thread.
 *
 * Without a `sender` the address of the From header is the envelope sender; the default identity
 * where there is none.
 *
 * Errors: RP_ERROR_NOT_FOUND no recipient; RP_ERROR_INVALID a bad address; RP_ERROR_UNAVAILABLE the
 * queue can't be made; RP_ERROR_CONFIG, RP_ERROR_FULL, RP_ERROR_BUSY, RP_ERROR_IO,
 * RP_ERROR_PERMISSION. After an error nothing is stored. */
gboolean rp_submit_fd(const RpSubmitRequest *request, int fd, RpMessageId *id, GError **error);

/* The exit status of <sysexits.h> for an error of the above. */
int rp_submit_exit_status(const GError *error);
