/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "messages.h"

#include "roampost/config.h"
#include "roampost/language.h"
#include "roampost/message-view.h"

/* How commands find the message that is meant, and look at it. In sentences: message-text.c. */

RpQueue *
rp_cli_read_queue(RpCli *cli, gboolean *failed)
{
	g_autoptr(GError) error = NULL;
	RpQueue *queue = rp_queue_open(NULL, RP_QUEUE_READER, &error);
	if (g_error_matches(error, RP_ERROR, RP_ERROR_UNAVAILABLE)) { /* of an older version */
		g_clear_error(&error);
		rp_signals_as_errors();
		queue = rp_queue_open(NULL, RP_QUEUE_WRITER, &error);
	}
	*failed = queue == NULL && !g_error_matches(error, RP_ERROR, RP_ERROR_NOT_FOUND);
	if (*failed)
		rp_cli_fail_error(cli, error);
	if (queue)
		rp_cli_load_places(queue);
	return queue;
}

RpQueue *
rp_cli_write_queue(RpCli *cli)
{
	g_autoptr(GError) error = NULL;
	rp_signals_as_errors();
	RpQueue *queue = rp_queue_open(NULL, RP_QUEUE_WRITER, &error);
	if (queue == NULL)
		rp_cli_fail_error(cli, error);
	return queue;
}

gboolean
rp_cli_is_paused(RpQueue *queue)
{
	g_autoptr(GPtrArray) facts = rp_queue_load_set_facts(queue, NULL);
	for (guint i = 0; facts != NULL && i < facts->len; i++) {
		const RpSetFact *fact = facts->pdata[i];
		if (*fact->set == '\0' && g_str_equal(fact->name, RP_FACT_PAUSED))
			return TRUE;
	}
	return FALSE;
}

gboolean
rp_cli_resolve(RpCli *cli, RpQueue *queue, const char *text, RpMessageId *id)
{
	g_autoptr(GError) error = NULL;
	gboolean found = rp_queue_resolve(queue, text, id, &error);
	if (!found)
		rp_cli_fail_error(cli, error);
	return found;
}

gboolean
rp_cli_set_exists(RpCli *cli, const char *name)
{
	g_autoptr(RpConfig) config = rp_cli_load_config(cli);
	if (config == NULL)
		return FALSE;
	gboolean found = rp_catalogue_find_set(rp_config_catalogue(config), name) >= 0;
	if (!found)
		rp_cli_fail(
			cli, _("there is no server set “%s”; “roampost sets” lists them"), name);
	return found;
}

/* What many messages share is worked out once; the program ends with it. */
GVariant *
rp_cli_message_view(const RpQueueMessage *message)
{
	static RpMessageViews *views;
	static RpConfig *config; /* NULL where it has errors: then no other set is known */

	if (views == NULL) {
		views = rp_message_views_new();
		config = rp_config_load_or_error(NULL);
	}
	return g_variant_ref_sink(
		rp_message_view(views, message, config ? rp_config_catalogue(config) : NULL));
}

char *
rp_cli_age(RpTime time, RpTime now)
{
	return rp_span_format_human(ABS(now - time));
}
