/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* An SMTP session on a pair of descriptors (roampost-sendmail -bs), up to QUIT or the end of the
 * input. FALSE: the descriptors failed; what the queue has to say, the client hears. */
gboolean rp_sendmail_smtp(int in, int out, GError **error);
