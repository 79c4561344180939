/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane.h"

/* Mail of the user to himself: when it comes back, its server says in it as what it saw us. */

/* A header's Message-ID is not looked for behind this. */
#define HEADER_READ (16 * 1024)

static gboolean
went_to_ourselves(const RpOutgoing *outgoing, const RpSmtpMessageResult *result)
{
	const RpCatalogue *catalogue = outgoing->lane->catalogue;

	for (guint i = 0; i < outgoing->n_recipients; i++)
		if (result->recipients[i].outcome == RP_SMTP_ACCEPTED &&
			rp_policy_is_own(catalogue, outgoing->addresses[i]))
			return TRUE;
	return FALSE;
}

static char *
read_message_id(RpOutgoing *outgoing)
{
	const RpSmtpMessage message = rp_outgoing_message(outgoing);
	g_autofree guint8 *header = g_malloc(HEADER_READ);
	gssize got = message.read(message.source, 0, header, HEADER_READ);

	return got > 0 ? rp_header_message_id((const char *)header, (gsize)got) : NULL;
}

void
rp_own_mail_taken(
	const RpLaneSession *session, RpOutgoing *outgoing, const RpSmtpMessageResult *result)
{
	const RpLane *lane = session->lane;
	const RpLanes *lanes = lane->lanes;
	const char *name = lane->set->ehlo_name;
	g_autofree char *id = NULL;
	RpAddress local;

	if (!session->client_address || rp_lane_is_leaving(lane) ||
		!rp_address_parse(session->client_address, &local) ||
		!went_to_ourselves(outgoing, result) ||
		!lanes->events.wants_taken(&local, lanes->user))
		return;
	id = read_message_id(outgoing);
	const RpTaken taken = {
		.message_id = id,
		.server = session->server,
		.greeted = session->greeted,
		.peer = session->peer,
		.ehlo_name = name && *name ? lane->set->ehlo_name : NULL,
		.local = local,
	};
	if (id)
		lanes->events.taken(&taken, lanes->user);
}
