/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service-private.h"

#include "roampost/language.h"
#include "roampost/mailbox.h"

#include <string.h>

/* What callers say, looked at. */

const char *
rp_args_text(GVariant *arguments)
{
	const char *text;

	g_variant_get(arguments, "(&s)", &text);
	return text;
}

gboolean
rp_args_id(RpAgent *agent, RpBusCall *call, const char *id, RpMessageId *out)
{
	GError *error = NULL;

	if (rp_queue_resolve(agent->ground.queue, id, out, &error))
		return TRUE;
	rp_bus_call_fail(call, error);
	return FALSE;
}

RpQueueMessage *
rp_args_message(RpAgent *agent, RpBusCall *call, const char *id)
{
	GError *error = NULL;
	RpQueueMessage *message;
	RpMessageId number;

	if (!rp_args_id(agent, call, id, &number))
		return NULL;
	message = rp_queue_get(agent->ground.queue, number, &error);
	if (!message)
		rp_bus_call_fail(call, error);
	return message;
}

gboolean
rp_args_lacks_config(RpAgent *agent, RpBusCall *call, const char *name)
{
	const char *error = rp_whereabouts_config_error(agent->ground.whereabouts);

	if (!error)
		return FALSE;
	rp_bus_call_refuse(call, RP_ERROR_NOT_FOUND,
		_("nothing is known of “%1$s” until the configuration is mended: %2$s (roampost "
		  "config check)"),
		name, error);
	return TRUE;
}

gboolean
rp_args_set(RpAgent *agent, RpBusCall *call, const char *set)
{
	if (rp_agent_find_set(agent, set))
		return TRUE;
	if (!rp_args_lacks_config(agent, call, set))
		rp_bus_call_refuse(call, RP_ERROR_NOT_FOUND,
			_("there is no server set “%s”; “roampost sets” lists them"), set);
	return FALSE;
}

void
rp_args_refuse_several(RpBusCall *call, const char *called, const char *several)
{
	rp_bus_call_refuse(call, RP_ERROR_INVALID,
		_("“%1$s” may be more than one provider: say which of %2$s"), called, several);
}

const RpProvider *
rp_args_provider(RpAgent *agent, RpBusCall *call, const char *provider)
{
	g_autofree char *several = NULL;
	gint index = rp_catalogue_called_provider(rp_agent_catalogue(agent), provider, &several);

	if (index >= 0)
		return rp_catalogue_provider(rp_agent_catalogue(agent), (guint)index);
	if (several)
		rp_args_refuse_several(call, provider, several);
	else if (!rp_args_lacks_config(agent, call, provider))
		rp_bus_call_refuse(
			call, RP_ERROR_NOT_FOUND, _("there is no provider “%s”"), provider);
	return NULL;
}

#define NAMED_MOST 100000

gboolean
rp_args_named(RpBusCall *call, const char *const *names, gsize longest)
{
	guint n = 0;

	for (; names[n]; n++)
		if (n == NAMED_MOST || strlen(names[n]) > longest)
			break;
	if (!names[n])
		return TRUE;
	if (n == NAMED_MOST)
		rp_bus_call_refuse(call, RP_ERROR_INVALID,
			_("more than %u messages or recipients are named in one call"), NAMED_MOST);
	else
		rp_bus_call_refuse(call, RP_ERROR_INVALID, _("“%s” is too long: %u octets at most"),
			names[n], (guint)longest);
	return FALSE;
}

/* What stands in an envelope is sent to servers as it is, and a sender in the header too. */
static char *
read_address(RpBusCall *call, const char *text)
{
	g_autofree char *address = NULL;
	g_autofree char *shown = NULL;
	RpMailboxResult result = rp_mailbox_read(text, &address);

	if (result == RP_MAILBOX_GOOD)
		return g_steal_pointer(&address);
	shown = g_strescape(text, NULL); /* an error is one sentence */
	rp_bus_call_refuse(call, RP_ERROR_INVALID, _("“%s” is no mail address: %s"), shown,
		rp_mailbox_result_text(result == RP_MAILBOX_NAME ? RP_MAILBOX_NO_AT : result));
	return NULL;
}

gboolean
rp_args_sender(RpBusCall *call, const char *text, char **sender)
{
	gboolean empty = *text == '\0' || g_str_equal(text, "<>");

	*sender = empty ? g_strdup("") : read_address(call, text);
	return *sender != NULL;
}

gboolean
rp_args_recipients(RpBusCall *call, const char *const *texts, char ***recipients)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	if (!texts[0]) {
		rp_bus_call_refuse(call, RP_ERROR_INVALID, _("there is no recipient"));
		return FALSE;
	}
	if (!rp_args_named(call, texts, RP_ARGS_ADDRESS_LONGEST))
		return FALSE;
	for (; *texts; texts++) {
		g_autofree char *address = read_address(call, *texts);

		if (!address)
			return FALSE;
		g_strv_builder_add(builder, address);
	}
	*recipients = g_strv_builder_end(builder);
	return TRUE;
}

gboolean
rp_args_states(RpBusCall *call, const char *const *names, guint *mask)
{
	for (*mask = 0; *names; names++) {
		RpMessageState state;

		if (!rp_message_state_from_name(*names, &state)) {
			rp_bus_call_refuse(call, RP_ERROR_INVALID,
				_("“%s” is no state; there are queued, held, sending, deferred "
				  "and failed"),
				*names);
			return FALSE;
		}
		*mask |= 1u << state;
	}
	return TRUE;
}

gboolean
rp_args_place_known(RpAgent *agent, RpBusCall *call)
{
	if (rp_whereabouts_is_known(agent->ground.whereabouts))
		return TRUE;
	rp_bus_call_refuse(call, RP_ERROR_STARTING,
		_("it is not known yet where this machine is: try again in a moment"));
	return FALSE;
}

gboolean
rp_args_stays(RpAgent *agent, RpBusCall *call)
{
	if (!rp_whereabouts_is_leaving(agent->ground.whereabouts))
		return TRUE;
	rp_bus_call_refuse(
		call, RP_ERROR_STARTING, _("another network is coming up: try again in a moment"));
	return FALSE;
}

gboolean
rp_args_after(RpBusCall *call, const char *text, RpMessageId *after)
{
	*after = 0;
	if (*text == '\0' || rp_message_id_parse(text, after))
		return TRUE;
	rp_bus_call_refuse(call, RP_ERROR_INVALID, _("“%s” is no message's whole id"), text);
	return FALSE;
}

#define FARTHEST (3650 * G_TIME_SPAN_DAY)

gboolean
rp_args_not_before(RpAgent *agent, RpBusCall *call, RpTime time)
{
	if (time >= 0 && time <= rp_agent_now(agent) + FARTHEST)
		return TRUE;
	rp_bus_call_refuse(call, RP_ERROR_INVALID,
		_("not-before is a time in microseconds since 1970, 0 for none, and at most ten "
		  "years ahead"));
	return FALSE;
}
