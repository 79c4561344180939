/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pop-client-private.h"

#include <string.h>

/* What the maildrop holds: the answers to UIDL and LIST, put together. */

#define MAX_ITEMS 1000000
#define MAX_UIDL 255 /* RFC 1939 says 70; some servers take more */

/* Some servers put several blanks or a tab where RFC 1939 has one blank. */
static gboolean
is_white(char c)
{
	return c == ' ' || c == '\t';
}

static const char *
skip_white(const char *text)
{
	while (is_white(*text))
		text++;
	return text;
}

void
rp_pop_capabilities_add_line(guint *can, const char *line, gsize length)
{
	static const struct {
		const char *word;
		RpPopCan can;
	} words[] = {
		{"PIPELINING", RP_POP_CAN_PIPELINING},
		{"UIDL", RP_POP_CAN_UIDL},
		{"TOP", RP_POP_CAN_TOP},
	};

	gsize size = 0;
	for (; length > 0 && is_white(*line); length--)
		line++;
	while (size < length && !is_white(line[size]) && line[size] != '\r' && line[size] != '\n')
		size++;
	for (gsize i = 0; i < G_N_ELEMENTS(words); i++) {
		if (strlen(words[i].word) == size &&
			g_ascii_strncasecmp(line, words[i].word, size) == 0)
			*can |= words[i].can;
	}
}

void
rp_pop_list_init(RpPopList *list)
{
	list->sizes = g_array_new(FALSE, FALSE, sizeof(RpPopItem));
	list->uidls = g_array_new(FALSE, FALSE, sizeof(RpPopItem));
	list->items = g_array_new(FALSE, FALSE, sizeof(RpPopItem));
	list->texts = g_string_chunk_new(4096);
}

void
rp_pop_list_clear(RpPopList *list)
{
	g_array_unref(list->sizes);
	g_array_unref(list->uidls);
	g_array_unref(list->items);
	g_string_chunk_free(list->texts);
	g_free(list->refusal);
}

/* ---- a line ---- */

/* "12 the rest": 0 when it does not begin with a number that a message can have. */
static guint
take_number(const char **line)
{
	const char *begin = skip_white(*line);
	char *end = NULL;
	if (!g_ascii_isdigit(*begin))
		return 0;
	guint64 number = g_ascii_strtoull(begin, &end, 10);
	if (!is_white(*end) || number > G_MAXINT32)
		return 0;
	*line = skip_white(end);
	return (guint)number;
}

static gboolean
is_uidl(const char *text, gsize length)
{
	if (length == 0 || length > MAX_UIDL)
		return FALSE;
	for (gsize i = 0; i < length; i++) {
		if (text[i] < 0x21 || text[i] > 0x7e)
			return FALSE;
	}
	return TRUE;
}

static void
add_uidl(RpPopList *list, guint number, const char *text)
{
	RpPopItem item = {.number = number, .size = -1};
	gsize length = strlen(text);
	while (length > 0 && is_white(text[length - 1]))
		length--;
	if (is_uidl(text, length))
		item.uidl = g_string_chunk_insert_len(list->texts, text, (gssize)length);
	else
		list->listing.odd = TRUE;
	g_array_append_val(list->uidls, item);
}

static void
add_size(RpPopList *list, guint number, const char *text)
{
	RpPopItem item = {.number = number, .size = -1};
	char *end = NULL;
	guint64 size = g_ascii_strtoull(text, &end, 10);
	/* More may follow the size (RFC 1939 section 5, "scan listings"). */
	if (g_ascii_isdigit(*text) && (*end == '\0' || is_white(*end)) && size <= G_MAXINT64 / 4)
		item.size = (gint64)size;
	else
		list->listing.odd = TRUE;
	g_array_append_val(list->sizes, item);
}

gboolean
rp_pop_list_add(RpPopList *list, RpPopCmd cmd, const char *line)
{
	guint number = take_number(&line);
	if (number == 0) {
		list->listing.odd = TRUE;
		return TRUE;
	}
	if (cmd == RP_POP_CMD_UIDL)
		add_uidl(list, number, line);
	else
		add_size(list, number, line);
	return list->sizes->len <= MAX_ITEMS && list->uidls->len <= MAX_ITEMS;
}

/* "no messages", "You have no mail.", "mailbox is empty": not "no such mailbox", and no word of a
 * server in trouble. */
static gboolean
says_no_mail(const char *text)
{
	g_autofree char *lower = g_ascii_strdown(text, -1);
	g_auto(GStrv) words = g_strsplit_set(lower, " .,;:!()\"", -1);
	gboolean after_no = FALSE;
	if (*lower == '[')
		return FALSE;
	for (char **word = words; *word; word++) {
		gboolean mail = g_str_equal(*word, "mail") || g_str_equal(*word, "mails") ||
				g_str_equal(*word, "message") || g_str_equal(*word, "messages");
		if ((after_no && mail) || g_str_equal(*word, "empty"))
			return TRUE;
		after_no = g_str_equal(*word, "no") || g_str_equal(*word, "0") ||
			   (after_no && (g_str_equal(*word, "new") || **word == '\0'));
	}
	return FALSE;
}

void
rp_pop_list_refused(RpPopList *list, RpPopCmd cmd, const char *words)
{
	list->n_refused++;
	list->n_no_mail += says_no_mail(words);
	if (!list->refusal)
		list->refusal = g_strdup(words);
	if (cmd == RP_POP_CMD_UIDL)
		list->listing.has_uidl = FALSE;
	else
		list->listing.odd = TRUE;
}

/* ---- both ---- */

static gint
by_number(gconstpointer a, gconstpointer b)
{
	guint x = ((const RpPopItem *)a)->number, y = ((const RpPopItem *)b)->number;
	return x < y ? -1 : x > y;
}

static void
sort(RpPopList *list, GArray *array)
{
	guint kept = 0;
	g_array_sort(array, by_number);
	for (guint i = 0; i < array->len; i++) {
		const RpPopItem *item = &g_array_index(array, RpPopItem, i);
		if (kept > 0 && g_array_index(array, RpPopItem, kept - 1).number == item->number)
			list->listing.odd = TRUE;
		else
			g_array_index(array, RpPopItem, kept++) = *item;
	}
	g_array_set_size(array, kept);
}

/* Some servers refuse to list what is empty. Where LIST was answered it is known to be; else the
 * list stays an odd one, by which nothing is forgotten. */
static void
forgive_empty(RpPopList *list)
{
	gboolean listed_none = list->n_refused == 1 && !list->listing.has_uidl;
	if (list->items->len > 0 || list->n_refused == 0)
		return;
	if (!listed_none && list->n_refused != list->n_no_mail)
		return;
	list->listing.has_uidl = TRUE;
	list->listing.refusal = NULL;
}

void
rp_pop_list_merge(RpPopList *list)
{
	guint s = 0, u = 0;
	sort(list, list->sizes);
	sort(list, list->uidls);
	while (s < list->sizes->len || u < list->uidls->len) {
		RpPopItem none = {.number = G_MAXUINT, .size = -1};
		RpPopItem size =
			s < list->sizes->len ? g_array_index(list->sizes, RpPopItem, s) : none;
		RpPopItem uidl =
			u < list->uidls->len ? g_array_index(list->uidls, RpPopItem, u) : none;
		RpPopItem item = {.number = MIN(size.number, uidl.number), .size = -1};
		if (size.number != uidl.number)
			list->listing.odd = TRUE;
		if (size.number == item.number) {
			item.size = size.size;
			s++;
		}
		if (uidl.number == item.number) {
			item.uidl = uidl.uidl;
			u++;
		}
		g_array_append_val(list->items, item);
	}
	g_array_set_size(list->sizes, 0);
	g_array_set_size(list->uidls, 0);
	list->listing.items = (const RpPopItem *)(gpointer)list->items->data;
	list->listing.n_items = list->items->len;
	list->listing.refusal = list->refusal;
	forgive_empty(list);
}

const RpPopItem *
rp_pop_list_find(const RpPopList *list, guint number)
{
	guint index = 0;
	RpPopItem wanted = {.number = number};
	if (!g_array_binary_search(list->items, &wanted, by_number, &index))
		return NULL;
	return &g_array_index(list->items, RpPopItem, index);
}
