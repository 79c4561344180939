/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-link"
#include "networkmanager-dial-call-private.h"

/* A call to NetworkManager as such: its time, its end, and the note of what was dialled. */

/* Longer than a modem dials, and shorter than D-Bus callers wait. */
#define TIMEOUT_SECONDS 55

void
rp_dial_call_free(RpDialCall *call)
{
	if (!call)
		return;
	g_clear_handle_id(&call->timeout, g_source_remove);
	if (call->active)
		g_signal_handlers_disconnect_by_data(call->active, call);
	g_clear_object(&call->active);
	if (call->leaving)
		g_signal_handlers_disconnect_by_data(call->leaving, call);
	g_clear_object(&call->leaving);
	g_clear_object(&call->wanted);
	g_clear_object(&call->again);
	g_clear_error(&call->failure);
	g_cancellable_cancel(call->cancellable);
	g_clear_object(&call->cancellable);
	g_clear_object(&call->client);
	if (call->connection)
		g_dbus_connection_close(call->connection, NULL, NULL, NULL);
	g_clear_object(&call->connection);
	g_strfreev(call->names);
	g_free(call->port);
	g_free(call);
}

const char *
rp_dial_call_port(const RpDialCall *call)
{
	return call->port;
}

void
rp_dial_finish(RpDialCall *call, GError *error)
{
	call->events->done(call, error, call->user);
}

void
rp_dial_fail(RpDialCall *call, RpErrorCode code, const char *sentence)
{
	rp_dial_finish(call, g_error_new_literal(RP_ERROR, (gint)code, sentence));
}

static gboolean
on_timeout(gpointer user)
{
	RpDialCall *call = user;

	call->timeout = 0;
	rp_dial_fail(call, RP_ERROR_UNAVAILABLE, "the connection did not come up in time");
	return G_SOURCE_REMOVE;
}

void
rp_dial_start_timeout(RpDialCall *call)
{
	g_clear_handle_id(&call->timeout, g_source_remove);
	call->timeout = g_timeout_add_seconds(TIMEOUT_SECONDS, on_timeout, call);
}

gboolean
rp_dial_was_cancelled(const GError *error)
{
	return g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

void
rp_dial_note(RpDialCall *call, NMActiveConnection *line)
{
	if (rp_dialled_add(call->dialled, call->client, line))
		call->events->changed(call->user);
}

void
rp_dial_forget(RpDialCall *call, NMActiveConnection *line)
{
	if (rp_dialled_remove(call->dialled, call->client, line))
		call->events->changed(call->user);
}
