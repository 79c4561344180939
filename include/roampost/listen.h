/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* The local SMTP server: listens where the configuration says and on sockets that systemd hands
 * over (sd_listen_fds(3)), makes sure that a client is this user's own program, pumps the engine
 * (smtp-server.h), and stores what comes in a thread of its own, where messages that end together
 * share one sync.
 *
 * Over TCP the kernel is asked whose the other end of the connection is (sock_diag(7)); a unix
 * socket has mode 0600, and the kernel says who connects (SO_PEERCRED). Everybody else is told so
 * in the banner and can say nothing but QUIT; but see rp_listener_take_system.
 *
 * Everything but the storing runs on the default main context. */
typedef struct RpListener RpListener;

/* Takes the sockets over that systemd started the process with. */
RpListener *rp_listener_new(const char *state_dir);
/* What has ended is stored and answered; the rest is told that the service is shutting down. */
void rp_listener_free(RpListener *listener);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpListener, rp_listener_free)

/* Listens there ("127.0.0.1:2525", "[::1]:2525", "localhost:2525", an absolute path) and no longer
 * where it was told before; NULL: nowhere. Connections that are open stay. What can't be had is a
 * warning in the log, and is tried again with the next call. */
void rp_listener_set(RpListener *listener, const char *where);
/* Whether mail of root and of the system's accounts (www-data and its like) is taken too, over TCP:
 * it is this user's (system-mail-user). Not at first. `runs_errands`: and from their
 * roampost-sendmail (errand.h); what can't be had is tried again with the next call. */
void rp_listener_take_system(RpListener *listener, gboolean takes, gboolean runs_errands);
/* Where it listens, in the same form; free with g_strfreev. */
char **rp_listener_addresses(const RpListener *listener);
/* It was told to listen somewhere, and can't. */
gboolean rp_listener_lacks(const RpListener *listener);
