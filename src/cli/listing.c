/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "messages.h"

#include "queue-list.h"

#include "roampost/language.h"

/* Which messages are listed, and what is said of those that are left. */

#define PAGE 500
#define LEFT_MAX 20 /* of what is left after a flush are shown */

gboolean
rp_cli_each_message(RpCli *cli, RpQueue *queue, guint states, RpCliMessageFunc func, gpointer data)
{
	RpMessageId after = 0;
	for (;;) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GPtrArray) page = rp_queue_list(queue, states, after, PAGE, &error);
		if (page == NULL) {
			rp_cli_fail_error(cli, error);
			return FALSE;
		}
		for (guint i = 0; i < page->len; i++)
			func(cli, page->pdata[i], data);
		if (page->len < PAGE)
			return TRUE;
		after = ((RpQueueMessage *)page->pdata[page->len - 1])->id;
	}
}

typedef struct {
	RpCliQueueList *list;
	guint n;
	guint max; /* are printed */
} Listing;

static void
list_message(RpCli *cli, const RpQueueMessage *message, gpointer data)
{
	Listing *listing = data;
	if (listing->n++ < listing->max)
		rp_cli_queue_list_add(listing->list, message);
}

static gboolean
print_messages(RpCli *cli, RpQueue *queue, guint states, guint max, guint *n)
{
	Listing listing = {rp_cli_queue_list_new(cli, g_get_real_time()), 0, max};
	gboolean good = rp_cli_each_message(cli, queue, states, list_message, &listing);

	rp_cli_queue_list_end(listing.list);
	if (listing.n > max)
		rp_cli_print(cli,
			rp_text_n("… and %u more: “roampost queue” lists them\n",
				"… and %u more: “roampost queue” lists them\n", listing.n - max),
			listing.n - max);
	*n = listing.n;
	return good;
}

gboolean
rp_cli_print_queue(RpCli *cli, RpQueue *queue, guint states, guint *n)
{
	return print_messages(cli, queue, states, G_MAXUINT, n);
}

static void
name_left(RpCli *cli, RpQueue *queue, char **ids, guint states, guint *n)
{
	for (; *ids != NULL; ids++) {
		RpMessageId id;
		if (!rp_queue_resolve(queue, *ids, &id, NULL))
			continue;
		g_autoptr(RpQueueMessage) message = rp_queue_get(queue, id, NULL);
		if (message == NULL || !(states & 1u << message->state))
			continue;
		g_autofree char *text = rp_cli_message_text(message);
		rp_cli_print(cli, _("%1$s is %2$s. %3$s\n"), *ids,
			rp_cli_state_word(rp_message_state_name(message->state)), text);
		(*n)++;
	}
}

gboolean
rp_cli_print_left(RpCli *cli, char **ids, guint *n)
{
	const guint waiting = 1u << RP_MESSAGE_HELD | 1u << RP_MESSAGE_DEFERRED;
	gboolean failed;
	g_autoptr(RpQueue) queue = rp_cli_read_queue(cli, &failed);
	*n = 0;
	if (queue == NULL)
		return !failed;
	if (ids == NULL || *ids == NULL)
		return print_messages(cli, queue, waiting, LEFT_MAX, n);
	name_left(cli, queue, ids, ~0u, n);
	return TRUE;
}

gboolean
rp_cli_print_held(RpCli *cli, char **ids)
{
	g_autoptr(GError) error = NULL;
	RpQueueCounts counts = {{0}};
	gboolean failed;
	guint n = 0;
	g_autoptr(RpQueue) queue = rp_cli_read_queue(cli, &failed);
	if (queue == NULL)
		return !failed;
	if (ids != NULL && *ids != NULL) {
		name_left(cli, queue, ids, 1u << RP_MESSAGE_HELD, &n);
		return TRUE;
	}
	if (!rp_queue_counts(queue, &counts, &error)) {
		rp_cli_fail_error(cli, error);
		return FALSE;
	}
	gint64 held = counts.by_state[RP_MESSAGE_HELD];
	if (held > 0)
		rp_cli_print(cli,
			rp_text_n("%u message stays held: “roampost queue held” says why\n",
				"%u messages stay held: “roampost queue held” says why\n",
				(guint64)held),
			(guint)held);
	return TRUE;
}
