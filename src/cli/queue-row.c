/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "queue-row.h"

#include "messages.h"
#include "output-private.h"

#include "roampost/mailbox.h"

/* What a list of the queue says of one message. */

void
rp_queue_row_free(gpointer data)
{
	RpQueueRow *row = data;

	for (guint i = 0; i < RP_N_QUEUE_COLUMNS; i++)
		g_free(row->cells[i]);
	g_free(row->sender);
	g_free(row->to);
	g_free(row->first);
	g_free(row->subject);
	g_free(row);
}

/* "512", "12K", "3M": enough to compare by. */
static char *
format_size(gint64 size)
{
	static const char units[] = {'K', 'M', 'G'};
	gint64 unit = 1024;
	gsize i = 0;

	if (size < unit)
		return g_strdup_printf("%" G_GINT64_FORMAT, size);
	while (size >= unit * 1024 && i + 1 < G_N_ELEMENTS(units)) {
		unit *= 1024;
		i++;
	}
	return g_strdup_printf("%" G_GINT64_FORMAT "%c", (size + unit / 2) / unit, units[i]);
}

/* A clock that was wrong has made it; a number of days would be as wrong. */
static char *
format_age(RpTime created, RpTime now)
{
	return created > now + G_TIME_SPAN_MINUTE ? g_strdup(_("from future"))
						  : rp_cli_age(created, now);
}

static char *
format_next_try(const RpQueueMessage *message, RpTime now)
{
	g_autofree char *span = NULL;

	if (message->state != RP_MESSAGE_DEFERRED || !message->next_try)
		return g_strdup("");
	if (message->next_try <= now)
		return g_strdup(_("now"));
	span = rp_cli_age(message->next_try, now);
	return g_strdup_printf(_("in %s"), span);
}

static char *
shown(const char *address)
{
	g_autofree char *written = rp_mailbox_shown(address);

	return rp_cli_clean(written, FALSE);
}

static char *
join_recipients(const RpQueueMessage *message)
{
	GString *all = g_string_new(NULL);

	for (guint i = 0; i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];
		g_autofree char *clean = shown(recipient->address);

		g_string_append_printf(all, "%s%s", i ? ", " : "", clean);
	}
	return g_string_free(all, FALSE);
}

static char *
first_recipient(const RpQueueMessage *message)
{
	const RpQueueRecipient *first =
		message->recipients->len ? message->recipients->pdata[0] : NULL;

	return first ? shown(first->address) : g_strdup("");
}

static char *
quote(const char *subject)
{
	g_autofree char *clean = subject && *subject ? rp_cli_clean(subject, FALSE) : NULL;

	return clean ? g_strdup_printf(_("“%s”"), clean) : g_strdup("");
}

RpQueueRow *
rp_queue_row_new(const RpQueueMessage *message, RpTime now)
{
	char id[RP_MESSAGE_ID_SIZE];
	RpQueueRow *row = g_new0(RpQueueRow, 1);

	row->cells[RP_QUEUE_ID] = g_strdup(rp_message_id_format(message->id, id));
	row->cells[RP_QUEUE_AGE] = format_age(message->created, now);
	row->cells[RP_QUEUE_SIZE] = format_size(message->size);
	row->colour = rp_cli_state_colour(rp_message_state_name(message->state));
	row->cells[RP_QUEUE_STATE] =
		g_strdup(rp_cli_state_word(rp_message_state_name(message->state)));
	row->cells[RP_QUEUE_NEXT_TRY] = format_next_try(message, now);
	row->sender = shown(*message->sender ? message->sender : "<>");
	row->to = join_recipients(message);
	row->n_to = message->recipients->len;
	row->first = first_recipient(message);
	row->subject = quote(message->subject);
	return row;
}

/* Who to whom, in this width: of several recipients the first, and how many more. */
char *
rp_queue_row_route(const RpQueueRow *row, guint width)
{
	g_autofree char *more =
		row->n_to > 1 ? g_strdup_printf(" +%u", row->n_to - 1) : g_strdup("");
	guint room = width - 3 - rp_cli_text_width(more);
	guint half = room / 2;
	guint sender = rp_cli_text_width(row->sender);
	guint to = rp_cli_text_width(row->first);
	/* Whoever needs less than a half leaves the rest to the other. */
	g_autofree char *left = rp_cli_cut(row->sender, to < half ? room - to : half);
	g_autofree char *right =
		rp_cli_cut(row->first, sender < half ? room - sender : room - half);

	return g_strdup_printf("%s → %s%s", left, right, more);
}

char *
rp_queue_row_whole_route(const RpQueueRow *row)
{
	return g_strdup_printf("%s → %s", row->sender, row->to);
}
