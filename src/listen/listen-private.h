/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"
#include "roampost/listen.h"
#include "roampost/smtp-server.h"

/* ---- peer.c ---- */

typedef struct {
	guint uid;
	gboolean self; /* this very process */
} RpPeer;

/* Whose the other end of an accepted connection is. FALSE with what is wrong when that can't be
 * seen: then it is nobody's. */
gboolean rp_peer_look(int fd, RpPeer *peer, GError **error);

/* ---- socket.c ---- */

typedef struct {
	RpFd fd;
	guint source;
	gboolean handed_over; /* by systemd */
	char *path;           /* of a unix socket that is ours to remove */
	guint64 device, inode;
} RpListenSocket;

void rp_listen_socket_free(RpListenSocket *socket);
/* Adds what was opened to `sockets`, and logs what was not. */
void rp_listen_sockets_open(GPtrArray *sockets, const char *where);
void rp_listen_sockets_take_over(GPtrArray *sockets);
/* As the configuration writes it: "127.0.0.1:2525", "[::1]:2525", a path. Free with g_free. */
char *rp_listen_socket_address(const RpListenSocket *socket);

/* ---- store.c ---- */

/* A thread with a queue handle of its own. */
typedef struct RpStore RpStore;
/* One message on its way into it. */
typedef struct RpStoreMail RpStoreMail;

typedef struct {
	void (*written)(gpointer user); /* the data of one rp_store_write is dealt with */
	void (*ended)(RpSmtpServerAnswer answer, const char *words, gpointer user);
} RpStoreFuncs;

RpStore *rp_store_new(const char *state_dir);
/* Finishes what has been handed over; its callbacks run. Mails that have not ended must have been
 * dropped. */
void rp_store_free(RpStore *store);
/* Copies the envelope. `funcs` must last. */
RpStoreMail *rp_store_begin(RpStore *store, const RpSmtpServerEnvelope *envelope,
	const RpStoreFuncs *funcs, gpointer user);
/* Both take the data (may be NULL). After the end the mail is the store's. */
void rp_store_write(RpStoreMail *mail, GByteArray *data);
void rp_store_end(RpStoreMail *mail, GByteArray *data);
/* No more callbacks. What has not ended is given up; what has is stored all the same. */
void rp_store_drop(RpStoreMail *mail);

/* ---- connection.c ---- */

typedef struct RpConnection RpConnection;

/* What a connection asks of those whose it is. */
typedef struct {
	/* Where mail for these goes; it must outlast the mail. */
	RpStore *(*store)(const RpSmtpServerEnvelope *envelope, gpointer user);
	/* Nothing new is begun. */
	gboolean (*is_closing)(gpointer user);
	/* It has come to its end by itself, and frees itself when this returns. */
	void (*gone)(RpConnection *connection, gpointer user);
} RpConnectionOwner;

/* `fd` is taken. `refusal` as in RpSmtpServerOptions; `busy`: there are too many. The owner must
 * last. It is freed at its end, or by rp_connection_shut_down. */
RpConnection *rp_connection_new(
	const RpConnectionOwner *owner, gpointer user, int fd, const char *refusal, gboolean busy);
gboolean rp_connection_is_refused(const RpConnection *connection);
/* Gives up what has not ended. */
void rp_connection_drop_mail(RpConnection *connection);
/* Says why and frees at once. */
void rp_connection_shut_down(RpConnection *connection);

/* ---- errands.c ---- */

/* What system accounts hand over by roampost-sendmail is done for them (errand.h). On the default
 * main context. NULL, which is logged: it can't be listened for. */
typedef struct RpErrands RpErrands;
RpErrands *rp_errands_new(void);
/* Breaks off what is under way. */
void rp_errands_free(RpErrands *errands);
