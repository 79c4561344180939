/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Where a message bus is and when it is back: the part of dbusloop that others use who keep a
 * connection of their own (libnm brings GDBus). No libdbus in it. */

/* $DBUS_SESSION_BUS_ADDRESS, else $XDG_RUNTIME_DIR/bus. */
char *rp_dbus_session_address(void);
/* $DBUS_SYSTEM_BUS_ADDRESS, else the system's socket. */
char *rp_dbus_system_address(void);

/* Says when it is worth trying to connect: soon after rp_dbus_socket_retry, which reports a bus
 * lost or a try that failed, with growing waits; after some tries only when the socket's file
 * appears. Where there is no file to watch it goes on every 30 s. Silent from _connected until the
 * next _retry. */
typedef struct RpDBusSocket RpDBusSocket;
typedef void (*RpDBusSocketFunc)(gpointer user);
RpDBusSocket *rp_dbus_socket_new(const char *address, RpDBusSocketFunc func, gpointer user);
void rp_dbus_socket_free(RpDBusSocket *socket);
void rp_dbus_socket_retry(RpDBusSocket *socket);
void rp_dbus_socket_connected(RpDBusSocket *socket);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpDBusSocket, rp_dbus_socket_free)
