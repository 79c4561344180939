/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-submit"
#include "submit-private.h"

#include <string.h>
#include "roampost/mail-file.h"

/* Mail for local names: where the configuration wants it, with the envelope sender on top. */

struct RpIntake {
	RpMailFile *file;
};

RpIntake *
rp_intake_new(RpIdentity *identity, const char *sender, GError **error)
{
	g_autoptr(RpIntake) delivery = g_new0(RpIntake, 1);
	const char *mda = rp_identity_mda(identity);
	g_autofree char *maildir = mda ? NULL : rp_identity_maildir(identity, error);

	if (!mda && !maildir)
		return NULL;
	delivery->file = rp_mail_file_new(maildir, mda, error);
	if (!delivery->file) {
		/* A folder that is not there is no fault of the caller's arguments. */
		if (error && g_error_matches(*error, RP_ERROR, RP_ERROR_NOT_FOUND))
			(*error)->code = RP_ERROR_UNAVAILABLE;
		return NULL;
	}
	/* RFC 5321 section 4.4: final delivery keeps the envelope sender so. */
	g_autofree char *path = g_strdup_printf("Return-Path: <%s>\r\n", sender);
	if (!rp_mail_file_write(delivery->file, path, strlen(path), error))
		return NULL;
	return g_steal_pointer(&delivery);
}

gboolean
rp_intake_write(RpIntake *delivery, const void *data, gsize size, GError **error)
{
	return rp_mail_file_write(delivery->file, data, size, error);
}

gboolean
rp_intake_finish(RpIntake *delivery, GError **error)
{
	return rp_mail_file_deliver(delivery->file, -1, error);
}

void
rp_intake_free(RpIntake *delivery)
{
	if (!delivery)
		return;
	rp_mail_file_free(delivery->file);
	g_free(delivery);
}
