/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/message.h"

/* One header field: "Name: value", folded lines and all, in wire format. */

typedef enum {
	RP_FIELD_OTHER,
	RP_FIELD_FROM,
	RP_FIELD_DATE,
	RP_FIELD_MESSAGE_ID,
	RP_FIELD_SUBJECT,
	RP_FIELD_RECIPIENTS,
	RP_FIELD_BCC,
	RP_FIELD_RESENT_RECIPIENTS,
	RP_FIELD_RESENT_BCC,
} RpFieldKind;

/* A line that begins so belongs to the field before it (RFC 5322 section 2.2.3). */
static inline gboolean
rp_field_goes_on(char first)
{
	return first == ' ' || first == '\t';
}

/* Whether the line begins a field (RFC 5322 section 2.2, blanks before the colon are forgiven), and
 * where its value begins. */
gboolean rp_field_begins(const char *line, gsize size, gsize *value);
RpFieldKind rp_field_kind(const char *field, gsize size);
/* The value without line ends, NULs and blanks around it. */
char *rp_field_unfold(const char *field, gsize size);
/* A field with all of its value but line ends. */
RpMessageField *rp_message_field_new(const char *field, gsize size);
void rp_message_field_free(RpMessageField *field);

/* The list with its first address replaced, or the new address alone where there is none. */
char *rp_field_replace_mailbox(const char *list, const char *address);
