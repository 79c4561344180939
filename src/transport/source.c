/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

/* What waits for the next turn of the loop, or for a time. */

GSource *
rp_source_soon(GSourceFunc func, gpointer user)
{
	GSource *source = g_idle_source_new();
	g_source_set_priority(source, G_PRIORITY_DEFAULT);
	g_source_set_callback(source, func, user, NULL);
	g_source_attach(source, g_main_context_get_thread_default());
	return source;
}

static gboolean
dispatch_timer(GSource *source, GSourceFunc callback, gpointer user)
{
	return callback(user);
}

GSource *
rp_source_timer(GSourceFunc func, gpointer user)
{
	static GSourceFuncs funcs = {.dispatch = dispatch_timer};
	GSource *source = g_source_new(&funcs, sizeof(GSource));
	g_source_set_callback(source, func, user, NULL);
	g_source_attach(source, g_main_context_get_thread_default());
	return source;
}
