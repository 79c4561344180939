/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mailbox-private.h"

#include <string.h>
#include "roampost/base.h"
#include "roampost/language.h"

/* What others get of an address list, and what they are told of one that can't be read. */

void
rp_mailbox_list_init(RpMailboxList *list, const char *text, gsize length)
{
	*list = (RpMailboxList){
		.text = text,
		.length = length,
		.tokens = g_array_new(FALSE, FALSE, sizeof(RpMailboxToken)),
		.comments = g_array_new(FALSE, FALSE, sizeof(RpMailboxToken)),
		.parts = g_array_new(FALSE, FALSE, sizeof(RpMailboxPart)),
		.addresses = g_ptr_array_new_with_free_func(g_free),
	};
	rp_mailbox_tokens(text, length, list->tokens, list->comments);
}

void
rp_mailbox_list_clear(RpMailboxList *list)
{
	g_clear_pointer(&list->tokens, g_array_unref);
	g_clear_pointer(&list->comments, g_array_unref);
	g_clear_pointer(&list->parts, g_array_unref);
	g_clear_pointer(&list->addresses, g_ptr_array_unref);
}

#define SHOWN_MAX 60

/* What can't be read, so that it can be shown anywhere. */
static char *
show(const char *text, gsize length)
{
	g_autoptr(GString) shown = g_string_new(NULL);
	const char *end = text + length;

	while (text < end && shown->len < SHOWN_MAX) {
		gunichar c = g_utf8_get_char_validated(text, end - text);
		gboolean is_character = c != (gunichar)-1 && c != (gunichar)-2 && c != 0;

		if (is_character && (g_unichar_isprint(c) || c == ' '))
			g_string_append_unichar(shown, c);
		else if (is_character && c > 127)
			g_string_append_printf(shown, "\\u%04x", c);
		else
			g_string_append_printf(shown, "\\x%02x", (guchar)*text);
		text = is_character ? g_utf8_next_char(text) : text + 1;
	}
	g_strchomp(shown->str);
	return g_strconcat(shown->str, text < end ? "…" : NULL, NULL);
}

char **
rp_mailbox_list_read(const char *text, gssize length, GError **error)
{
	g_auto(RpMailboxList) list;

	rp_mailbox_list_init(&list, text, length < 0 ? strlen(text) : (gsize)length);
	if (rp_mailbox_list_parse(&list) != RP_MAILBOX_GOOD) {
		g_autofree char *piece = show(text + list.bad_start, list.bad_end - list.bad_start);
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			_("“%s” can't be read as a mail address: %s"), piece,
			rp_mailbox_result_text(list.why));
		return NULL;
	}
	g_ptr_array_set_free_func(list.addresses, NULL);
	g_ptr_array_add(list.addresses, NULL);
	return (char **)g_ptr_array_free(g_steal_pointer(&list.addresses), FALSE);
}

char *
rp_mailbox_list_first(const char *text, gsize *start, gsize *end)
{
	g_auto(RpMailboxList) list;

	rp_mailbox_list_init(&list, text, strlen(text));
	rp_mailbox_list_parse_first(&list);
	if (list.addresses->len == 0)
		return NULL;
	if (start)
		*start = list.start;
	if (end)
		*end = list.end;
	return g_strdup(list.addresses->pdata[0]);
}
