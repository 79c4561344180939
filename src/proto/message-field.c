/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message-private.h"

#include <string.h>
#include "roampost/mailbox.h"

/* One header field: where it begins, which it is, and its value without folds. */

static const struct {
	const char *name;
	RpFieldKind kind;
} fields[] = {
	{"from", RP_FIELD_FROM},
	{"date", RP_FIELD_DATE},
	{"message-id", RP_FIELD_MESSAGE_ID},
	{"subject", RP_FIELD_SUBJECT},
	{"to", RP_FIELD_RECIPIENTS},
	{"cc", RP_FIELD_RECIPIENTS},
	{"bcc", RP_FIELD_BCC},
	{"resent-to", RP_FIELD_RESENT_RECIPIENTS},
	{"resent-cc", RP_FIELD_RESENT_RECIPIENTS},
	{"resent-bcc", RP_FIELD_RESENT_BCC},
};

static gsize
name_length(const char *line, gsize size)
{
	gsize n = 0;
	while (n < size && line[n] > 32 && line[n] < 127 && line[n] != ':')
		n++;
	return n;
}

gboolean
rp_field_begins(const char *line, gsize size, gsize *value)
{
	gsize n = name_length(line, size);

	if (n == 0)
		return FALSE;
	while (n < size && (line[n] == ' ' || line[n] == '\t'))
		n++;
	if (n == size || line[n] != ':')
		return FALSE;
	if (value)
		*value = n + 1;
	return TRUE;
}

RpFieldKind
rp_field_kind(const char *field, gsize size)
{
	gsize n = name_length(field, size);

	for (guint i = 0; i < G_N_ELEMENTS(fields); i++)
		if (strlen(fields[i].name) == n &&
			g_ascii_strncasecmp(fields[i].name, field, n) == 0)
			return fields[i].kind;
	return RP_FIELD_OTHER;
}

char *
rp_field_unfold(const char *field, gsize size)
{
	gsize at = 0;
	GString *value = g_string_new(NULL);

	if (!rp_field_begins(field, size, &at))
		at = 0;
	for (; at < size; at++) {
		if (field[at] == '\r' && (at + 1 == size || field[at + 1] != '\n'))
			g_string_append_c(value, ' ');
		else if (field[at] != '\r' && field[at] != '\n' && field[at] != '\0')
			g_string_append_c(value, field[at]);
	}
	return g_strstrip(g_string_free(value, FALSE));
}

RpMessageField *
rp_message_field_new(const char *field, gsize size)
{
	RpMessageField *copy = g_new0(RpMessageField, 1);
	GString *value = g_string_new(NULL);
	gsize at = 0;

	rp_field_begins(field, size, &at);
	for (; at < size; at++)
		if (field[at] != '\r' && field[at] != '\n')
			g_string_append_c(value, field[at]);
	copy->name = g_strndup(field, name_length(field, size));
	copy->length = value->len;
	copy->value = g_string_free(value, FALSE);
	return copy;
}

void
rp_message_field_free(RpMessageField *field)
{
	g_free(field->name);
	g_free(field->value);
	g_free(field);
}

char *
rp_field_replace_mailbox(const char *list, const char *address)
{
	gsize start, end;
	g_autofree char *old = rp_mailbox_list_first(list, &start, &end);

	if (!old)
		return g_strdup(address);
	return g_strdup_printf("%.*s%s%s", (int)start, list, address, list + end);
}
