/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dbusloop-private.h"

/* GSources on the context that the bus was made in, which need not be the default one. */

GSource *
rp_dbus_attach(GSource *source, GMainContext *context, GSourceFunc func, gpointer data)
{
	g_source_set_callback(source, func, data, NULL);
	g_source_attach(source, context);
	return source;
}
