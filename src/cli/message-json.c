/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message-text.h"

#include "values.h"

/* A message of the queue for programs: its view, and the same without making one where thousands
 * are told alike. */

static void
write_held_recipient(RpJson *json, const RpQueueMessage *message, const RpCliClassSaid *said)
{
	const RpQueueRecipient *recipient = message->recipients->pdata[0];
	rp_json_begin_array(json, "recipients");
	rp_json_begin_object(json, NULL);
	rp_json_string(json, "address", recipient->address);
	rp_json_string(json, "state", rp_message_state_name(message->state));
	rp_json_null(json, "set");
	rp_json_raw(json, "reasons", said->reasons);
	rp_json_null(json, "reply");
	rp_json_null(json, "sent-as");
	rp_json_null(json, "from-as");
	rp_json_end_object(json);
	rp_json_end_array(json);
}

static const char *
shown_subject(const RpQueueMessage *message)
{
	return message->subject != NULL ? message->subject : "";
}

/* As values.c writes the view of one, without making it. */
static void
write_held(RpJson *json, const RpQueueMessage *message, const RpCliClassSaid *said)
{
	char id[RP_MESSAGE_ID_SIZE];
	rp_json_begin_object(json, NULL);
	rp_json_string(json, "id", rp_message_id_format(message->id, id));
	rp_json_string(json, "state", rp_message_state_name(message->state));
	rp_json_string(json, "sender", message->sender);
	rp_json_string(json, "subject", *shown_subject(message) ? shown_subject(message) : NULL);
	rp_json_int(json, "size", message->size);
	rp_cli_time_write_json(json, "created", message->created);
	rp_json_null(json, "set");
	rp_json_string(json, "pin", message->pin);
	rp_cli_time_write_json(json, "next-try", message->next_try);
	rp_json_bool(json, "maybe-sent", FALSE);
	write_held_recipient(json, message, said);
	rp_json_end_object(json);
}

void
rp_cli_message_write_json(RpJson *json, const RpQueueMessage *message)
{
	const RpCliClassSaid *said = rp_cli_class_said(message);
	if (said != NULL) {
		write_held(json, message, said);
		return;
	}
	g_autoptr(GVariant) view = rp_cli_message_view(message);
	rp_cli_message_value_write_json(json, view);
}
