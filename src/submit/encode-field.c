/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "encode-structured.h"
#include "roampost/module.h"

#include "roampost/mailbox.h"
#include "roampost/submit.h"

/* Header fields in ASCII: lists of addresses by their reader, all others by GMime, in a module that
 * is loaded for it. */

#define MODULE "roampost-addresses.so"

typedef char *(*EncodeField)(const char *name, const char *value);

static char *
encode_by_module(const char *name, const char *value)
{
	EncodeField encode = (EncodeField)rp_module_function(MODULE, "rp_module_encode_field");

	return encode ? encode(name, value) : NULL;
}

static gboolean
has_addresses(const char *name)
{
	static const char *const fields[] = {"From", "Sender", "Reply-To", "To", "Cc", "Bcc",
		"Resent-From", "Resent-Sender", "Resent-Reply-To", "Resent-To", "Resent-Cc",
		"Resent-Bcc", "Mail-Followup-To", "Mail-Reply-To", "Disposition-Notification-To",
		"Return-Receipt-To", "Errors-To"};

	for (gsize i = 0; i < G_N_ELEMENTS(fields); i++)
		if (g_ascii_strcasecmp(name, fields[i]) == 0)
			return TRUE;
	return FALSE;
}

char *
rp_submit_encode_field(const char *name, const char *value)
{
	/* What is not UTF-8 is most likely Latin-1: that is how others read it too. */
	g_autofree char *utf8 =
		g_utf8_validate(value, -1, NULL)
			? g_strdup(value)
			: g_convert(value, -1, "UTF-8", "ISO-8859-1", NULL, NULL, NULL);

	if (!utf8)
		return NULL;
	if (has_addresses(name))
		return rp_mailbox_list_to_ascii(utf8);
	char *structured = rp_encode_structured(name, utf8);
	return structured ? structured : encode_by_module(name, utf8);
}
