/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "messages.h"

#include "output-private.h"

#include "roampost/language.h"

/* The queue as a list: ID, AGE, SIZE, STATE in columns, then who writes to whom, and below it why
 * the message is still here. */

#define PAGE 500
#define AGE_WIDTH 11
#define SIZE_WIDTH 5
#define STATE_WIDTH 8
#define ROUTE_COLUMN 42
#define ROUTE_MIN 24
#define REASON_INDENT 12
#define LEFT_MAX 20 /* of what is left after a flush are shown */

/* Cut to the width with "…" where it is longer. */
static char *
fit(const char *text, guint width)
{
	g_autofree char *clean = rp_cli_clean(text, FALSE);
	if (rp_cli_text_width(clean) <= width)
		return g_steal_pointer(&clean);
	const char *end = rp_cli_text_at_width(clean, width - 1);
	return g_strdup_printf("%.*s…", (int)(end - clean), clean);
}

static char *
format_route(const RpQueueMessage *message, guint width)
{
	const RpQueueRecipient *first =
		message->recipients->len > 0 ? message->recipients->pdata[0] : NULL;
	g_autofree char *more = message->recipients->len > 1
					? g_strdup_printf(" +%u", message->recipients->len - 1)
					: g_strdup("");
	guint room = width - 3 - rp_cli_text_width(more);
	const char *sender = *message->sender != '\0' ? message->sender : "<>";
	const char *to = first != NULL ? first->address : "";
	guint half = room / 2;
	guint sender_width = rp_cli_text_width(sender);
	guint to_width = rp_cli_text_width(to);
	/* Whoever needs less than a half leaves the rest to the other. */
	guint sender_room = to_width < half ? room - to_width : half;
	guint to_room = sender_width < half ? room - sender_width : room - half;
	g_autofree char *left = fit(sender, sender_room);
	g_autofree char *right = fit(to, to_room);
	return g_strdup_printf("%s → %s%s", left, right, more);
}

/* "512", "12K", "3M": enough to compare by. */
static char *
format_size(gint64 size)
{
	static const char units[] = {'K', 'M', 'G'};
	gint64 unit = 1024;
	if (size < unit)
		return g_strdup_printf("%" G_GINT64_FORMAT, size);
	for (gsize i = 0; i < G_N_ELEMENTS(units); i++, unit *= 1024)
		if (size < unit * 1024 || i + 1 == G_N_ELEMENTS(units))
			return g_strdup_printf(
				"%" G_GINT64_FORMAT "%c", (size + unit / 2) / unit, units[i]);
	g_return_val_if_reached(NULL);
}

static void
print_row(RpCli *cli, const char *id, const char *age, const char *size, const char *state,
	const char *route)
{
	const char *colour = rp_cli_colour(cli, rp_cli_state_colour(state));
	const char *plain = rp_cli_colour(cli, RP_COLOUR_NONE);
	const char *word = rp_cli_state_word(state);
	g_autofree char *padded_age = rp_cli_pad(age, AGE_WIDTH, TRUE);
	g_autofree char *padded_size = rp_cli_pad(size, SIZE_WIDTH, TRUE);
	g_autofree char *padded_state = rp_cli_pad(word, STATE_WIDTH, FALSE);

	rp_cli_print(cli, "%-10s  %s  %s  %s%s%s  %s\n", id, padded_age, padded_size, colour,
		padded_state, plain, route);
}

static void
print_message(RpCli *cli, const RpQueueMessage *message, RpTime now)
{
	char id[RP_MESSAGE_ID_SIZE];
	guint room = MAX(cli->width, ROUTE_COLUMN + ROUTE_MIN) - ROUTE_COLUMN;
	/* A clock that was wrong has made it; a number of days would be as wrong. */
	g_autofree char *age = message->created > now + G_TIME_SPAN_MINUTE
				       ? g_strdup(_("from future"))
				       : rp_cli_age(message->created, now);
	g_autofree char *size = format_size(message->size);
	g_autofree char *route = format_route(message, room);
	g_autofree char *text = rp_cli_message_text(message);

	print_row(cli, rp_message_id_format(message->id, id), age, size,
		rp_message_state_name(message->state), route);
	if (message->subject != NULL && *message->subject != '\0') {
		g_autofree char *subject = g_strdup_printf("“%s”", message->subject);
		rp_cli_print_wrapped(cli, REASON_INDENT, subject);
	}
	if (*text != '\0')
		rp_cli_print_wrapped(cli, REASON_INDENT, text);
}

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
	guint n;
	guint max; /* are printed */
	RpTime now;
} Listing;

static void
list_message(RpCli *cli, const RpQueueMessage *message, gpointer data)
{
	Listing *listing = data;
	if (listing->n++ == 0)
		print_row(cli, _("ID"), _("AGE"), _("SIZE"), _("STATE"), _("FROM → TO"));
	if (listing->n <= listing->max)
		print_message(cli, message, listing->now);
}

static gboolean
print_messages(RpCli *cli, RpQueue *queue, guint states, guint max, guint *n)
{
	Listing listing = {0, max, g_get_real_time()};
	gboolean good = rp_cli_each_message(cli, queue, states, list_message, &listing);
	if (listing.n > max)
		rp_cli_print(cli,
			rp_text_n("… and %u more: `roampost queue` lists them\n",
				"… and %u more: `roampost queue` lists them\n", listing.n - max),
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
