/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent-private.h"

/* What a call names by a text: a message, a server set. The call is answered where there is none.
 */

gboolean
rp_service_resolve(RpAgent *agent, RpBusCall *call, const char *id, RpMessageId *out)
{
	GError *error = NULL;

	if (rp_queue_resolve(agent->ground.queue, id, out, &error))
		return TRUE;
	rp_bus_call_fail(call, error);
	return FALSE;
}

gboolean
rp_service_has_set(RpAgent *agent, RpBusCall *call, const char *set)
{
	if (rp_agent_find_set(agent, set))
		return TRUE;
	rp_bus_call_refuse(call, RP_ERROR_NOT_FOUND,
		"There is no server set \"%s\"; `roampost sets` lists them.", set);
	return FALSE;
}
