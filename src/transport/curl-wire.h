/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The parts of the wire that libcurl makes; nothing above the seam includes this. */

#include "transport-private.h"

#include <curl/curl.h>

/* ---- curl-tickets.c: TLS sessions, by place ---- */

/* Resumed from one connection to the next (RFC 8446 section 2.2): no certificates over a slow line
 * again, and no new ticket, which a server under Nagle's rule would have acknowledged before it
 * sends its next answer, a round trip more. In the memory of this process, as long as their servers
 * take them. */
typedef struct RpCurlTickets RpCurlTickets;

RpCurlTickets *rp_curl_tickets_ref(RpCurlTickets *tickets);
void rp_curl_tickets_unref(RpCurlTickets *tickets);
void rp_curl_tickets_use(const RpCurlTickets *tickets, CURL *easy);
/* TCP Fast Open at this place: a middlebox may let the SYN pass with what it carries, and nothing
 * after it (RFC 7413 section 7.1); the kernel does not look for that. */
gboolean rp_curl_tickets_may_open_fast(const RpCurlTickets *tickets);
void rp_curl_tickets_doubt_fast(RpCurlTickets *tickets);
/* Of RpCurlTickets: those of the places where we were last. */
GPtrArray *rp_curl_places_new(void);
/* Those of this place, which is where we are; borrowed. */
RpCurlTickets *rp_curl_places_enter(GPtrArray *places, const char *place);

/* ---- curl-multi.c: libcurl's multi handle on the GLib loop ---- */

typedef struct RpCurlMulti RpCurlMulti;
typedef void (*RpCurlDone)(CURLcode code, gpointer user);

/* NULL: no TLS session is resumed. */
RpCurlMulti *rp_curl_multi_new(RpCurlTickets *tickets, GError **error);
RpCurlMulti *rp_curl_multi_ref(RpCurlMulti *multi);
void rp_curl_multi_unref(RpCurlMulti *multi);
/* NULL where it has none. */
RpCurlTickets *rp_curl_multi_tickets(const RpCurlMulti *multi);
/* `done` runs from the main context, never inside a callback of libcurl. `moved` is called when
 * something has happened to any transfer, and only looks. CURLM_OK, or nothing was taken. */
CURLMcode rp_curl_multi_add(RpCurlMulti *multi, CURL *easy, RpCurlDone done,
	void (*moved)(gpointer user), gpointer user);
/* Nothing is heard of it any more. */
void rp_curl_multi_remove(RpCurlMulti *multi, CURL *easy);

/* ---- curl-client.c: certificates of our own ---- */

/* What is wrong with their files, for the user, to be freed; NULL: nothing that can be seen. Reads
 * them. Either may be NULL or a pkcs11: URI, which is not looked at. */
char *rp_curl_client_complaint(const char *certificate, const char *key);
/* What libcurl's failure means for them, likewise; NULL: it is not about them. */
char *rp_curl_client_verdict(
	const char *certificate, const char *key, CURLcode code, const char *words);
/* The same of the authorities' file; which libcurl keeps in memory, and may have no need of. */
char *rp_curl_authorities_verdict(const char *file, CURLcode code);

/* ---- curl-options.c ---- */

/* FALSE: it is of neither family. */
gboolean rp_curl_from_sockaddr(const struct sockaddr *from, RpAddress *address);
/* Everything but callbacks. FALSE: libcurl refuses something, *why (static) says what. */
gboolean rp_curl_set_options(CURL *easy, const RpWireTarget *target, const char **why);

/* ---- curl-stage.c: where libcurl is with the server ---- */

typedef struct {
	gboolean pop;
	RpStage stage; /* what the next line answers */
	gboolean any;  /* a line was seen */
	gboolean tls;  /* the next line comes through it */
} RpCurlStage;

void rp_curl_stage_init(RpCurlStage *stage, gboolean pop, gboolean implicit_tls);
/* A command went out. */
void rp_curl_stage_command(RpCurlStage *stage, const char *line, gsize size);
/* A line came in, after it was shown. */
void rp_curl_stage_line(RpCurlStage *stage, const char *line, gsize size);

/* ---- curl-failure.c ---- */

/* What a set-up came to that libcurl reports with the code and words; `code` is not CURLE_OK. */
RpWireFailureKind rp_curl_failure_kind(
	CURLcode code, const char *words, long os_errno, RpStage stage);
/* The library's sentence without its "after 12 ms" or "after 1502 milliseconds", which would make
 * equal failures look different. */
char *rp_curl_failure_words(const char *words);
/* Where connecting failed so. */
char *rp_curl_connect_words(long os_errno);
/* Whether libcurl tells its log that an address refused the connection. */
gboolean rp_curl_tells_of_refusal(const char *text, gsize size);

/* ---- curl-octets.c: octets of a connection, and what of them has left the machine ---- */

typedef struct {
	CURL *easy;
	int fd;
	gboolean tls;
	guint64 plain;          /* octets handed over */
	GArray *notes;          /* where in the stream each piece ends, before and after TLS */
	guint64 written_before; /* the counters when we took over */
	guint64 left_before;
	guint64 acked_before;
	int room;   /* what the kernel may hold for us, as last set */
	int unsent; /* and what of it that it has not sent */
} RpCurlOctets;

void rp_curl_octets_init(RpCurlOctets *octets, CURL *easy, int fd, gboolean tls);
void rp_curl_octets_clear(RpCurlOctets *octets);
/* For one that always has more to send; another would only wait. */
void rp_curl_octets_spread(RpCurlOctets *octets);
RpWireResult rp_curl_octets_read(RpCurlOctets *octets, guint8 *buffer, gsize size, gsize *got);
/* At most 16 KiB. */
RpWireResult rp_curl_octets_write(
	RpCurlOctets *octets, const guint8 *data, gsize size, gsize *taken);
guint64 rp_curl_octets_left(const RpCurlOctets *octets);
guint64 rp_curl_octets_arrived(const RpCurlOctets *octets);
/* Bounds what is on its way by what the line has shown to hold. */
void rp_curl_octets_tune(RpCurlOctets *octets);
void rp_curl_octets_measure(const RpCurlOctets *octets, RpWireMeasure *measure);

/* What was received is acknowledged at once, and not after tcp(7)'s delay: for when nothing of ours
 * goes out that would carry the acknowledgement. A server under Nagle's rule (RFC 9293 section
 * 3.7.4) sends its next short answer only then. */
void rp_curl_socket_acknowledge(int fd);
/* What is not acknowledged within 30 s is lost; FALSE: as the system has it. */
void rp_curl_socket_set_astray(int fd, gboolean astray);
/* The quickest round trip of a connected socket, in microseconds; 0: it is not connected. */
gint64 rp_curl_socket_rtt(int fd);
/* Before it connects: what is written first goes with the SYN where the server has given a cookie
 * for that, to this address of ours (RFC 7413), and the system allows it; else it connects as ever.
 * Only for what we begin to speak, and what may arrive twice: a ClientHello. */
void rp_curl_socket_open_fast(int fd);
/* Before it connects: see RpRoute. */
void rp_curl_socket_limit_segments(int fd);
/* A reset drops what the kernel still holds; libcurl closes without waiting for anything. */
void rp_curl_socket_set_close(int fd, gboolean orderly);

/* ---- curl-wire.c ---- */

typedef struct {
	RpWire base;
	const RpWireEvents *events; /* NULL: it has failed or is up */
	gpointer user;
	RpCurlMulti *multi;
	CURL *easy;
	gboolean added;
	gboolean implicit_tls;
	gboolean fast; /* its newest socket may send with the SYN */
	gboolean up;
	RpCurlStage stage;
	gboolean stopped; /* by the owner, at a line */
	char *interface;  /* NULL: bound to none */
	RpNames *names;   /* who resolves for that link; NULL: the system */
	RpLookup *lookup;
	char *host_and_port; /* that is looked up */
	char *client_cert, *client_key, *ca_file;
	char *complaint; /* about those */
	struct curl_slist *resolved;
	gboolean small_segments;
	const RpShunned *shunned;
	guint16 port;
	gboolean passed_over; /* an address, as it is shunned */
	gboolean refused;     /* by an address: "connection refused" */
	int bind_errno;
	int fd; /* the newest socket, until it is connected; -1: none */
	gint64 rtt;
	gint64 asked_at; /* when that socket was made */
	gint64 certificate_end;
	RpAddress local, peer;
	guint16 local_port;
	RpFamily family; /* of the socket that was answered */
	GSource *answered;
	GSource *later; /* a failure before anything was tried */
	RpWireFailure failure;
	RpCurlOctets octets; /* while it is up */
	GSource *socket;
	RpWireReady ready;
	gpointer ready_user;
	char error[CURL_ERROR_SIZE];
} RpCurlWire;

/* ---- curl-set-up.c ---- */

/* Ends in one of the events, later. */
void rp_curl_set_up(RpCurlWire *wire, const RpWireTarget *target);
