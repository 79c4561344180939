/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "submit-private.h"

#include "roampost/message.h"

/* A message that was handed over is changed: the queue keeps it, the wire format knows its header.
 */

void
rp_submit_edit(
	RpQueueChange *change, RpMessageId id, const char *sender, const char *const *recipients)
{
	rp_change_edit(change, id, sender, recipients);
	if (sender)
		rp_change_edit_header(change, id, rp_message_replace_from, sender);
}
