/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "history-picture.h"

#include "messages.h"
#include "roampost/language.h"
#include "roampost/message-view.h"
#include "roampost/timeline.h"

#include <string.h>

/* The history as a picture: the same values that the agent gives on the bus, read from the queue.
 */

#define WIDTH 960

/* FALSE after saying why the queue could not be read. */
static gboolean
add_records(RpCli *cli, RpQueue *queue, const RpHistoryQuery *query, GVariantBuilder *array)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) records = rp_queue_load_history(queue, query, &error);

	for (guint i = 0; records != NULL && i < records->len; i++)
		g_variant_builder_add_value(
			array, rp_history_view(records->pdata[i], rp_cli_known_providers()));
	if (records == NULL)
		rp_cli_fail_error(cli, error);
	return records != NULL;
}

/* Where it begins is told by the last place from before. */
static gboolean
add_all(RpCli *cli, RpQueue *queue, const RpHistoryQuery *mail, GVariantBuilder *array)
{
	const guint place = 1u << RP_HISTORY_PLACE;
	const RpHistoryQuery places = {.since = mail->since, .events = place};
	const RpHistoryQuery before = {.until = mail->since, .events = place, .limit = 1};

	return queue == NULL ||
	       (add_records(cli, queue, mail, array) && add_records(cli, queue, &places, array) &&
		       add_records(cli, queue, &before, array));
}

static void
add_message(RpCli *cli, const RpQueueMessage *message, gpointer data)
{
	GVariantBuilder *array = data;
	g_autoptr(GVariant) view = rp_cli_message_view(message);

	g_variant_builder_add_value(array, view);
}

/* What is looked for is in the history alone. NULL after saying what went wrong. */
static GVariant *
find_waiting(RpCli *cli, RpQueue *queue, const RpHistoryQuery *query)
{
	g_auto(GVariantBuilder) array = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));

	if (queue != NULL && query->text == NULL &&
		!rp_cli_each_message(cli, queue, 0, add_message, &array))
		return NULL;
	return g_variant_ref_sink(g_variant_builder_end(&array));
}

static int
write_picture(RpCli *cli, const RpPicture *picture, const char *file)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *svg = rp_picture_svg(picture);

	if (strcmp(file, "-") == 0)
		rp_cli_print_part(cli, svg);
	else if (!rp_file_write(file, svg, &error))
		return rp_cli_fail_error(cli, error);
	return RP_EXIT_DONE;
}

int
rp_cli_draw_history(RpCli *cli, RpQueue *queue, const RpHistoryQuery *query, const char *file)
{
	RpHistoryQuery mail = *query;
	RpTime now = g_get_real_time();
	g_auto(GVariantBuilder) array = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE("aa{sv}"));

	mail.limit = 0;
	if (mail.since == 0)
		mail.since = now - 7 * G_TIME_SPAN_DAY;
	if (!add_all(cli, queue, &mail, &array))
		return RP_EXIT_FAILED;
	g_autoptr(GVariant) records = g_variant_ref_sink(g_variant_builder_end(&array));
	g_autoptr(GVariant) waiting = find_waiting(cli, queue, &mail);
	if (waiting == NULL)
		return RP_EXIT_FAILED;
	const RpTimelineOptions options = {.since = mail.since, .until = now, .width = WIDTH};
	g_autoptr(RpPicture) picture =
		rp_timeline_picture(records, query->text != NULL ? NULL : waiting, &options);
	return write_picture(cli, picture, file);
}
