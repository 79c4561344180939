/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/names.h"
#include "roampost/reply.h"
#include "roampost/serverset.h"

/* A wire: one connection with one endpoint, from its name to where our engines take over (greeting,
 * EHLO or CAPA, and TLS are done), and the octets from then on. What is above it (transport.h)
 * plans, judges and keeps time; what is below is libcurl, or anything that tests put in its place.
 *
 * On the thread-default main context in which it was opened. Nothing blocks. No event runs inside a
 * call to the wire; in each of them, `line` and `logged_in` excepted, the wire may be used and
 * closed. A wire keeps no time but that of its set-up. */

/* What the connection is bound to: the plan's link and family, and the source address that a POP
 * login fixed or the link has. A server on a loopback address is reached without binding. */
typedef struct {
	const char *interface; /* NULL: any */
	RpFamily family;
	RpAddress source;        /* family "any": the kernel chooses */
	gboolean small_segments; /* packets that every way takes (RFC 8899's base of 1,200 octets),
				    ours and, as far as TCP tells it, the server's */
} RpRoute;

/* `mode` says what STARTTLS (RFC 3207) or STLS (RFC 2595) is to be; an endpoint with implicit TLS
 * has it in any case. */
typedef struct {
	RpTls mode;
	gboolean check_peer; /* by the fingerprint where there is one, else by a CA and its name */
	const char *ca_file; /* NULL: the system's */
	const char *fingerprint; /* SHA-256 of the public key, 64 hexadecimal digits, or NULL */
	const char *client_cert; /* ours, as in RpServerSet, or NULL */
	const char *client_key;
} RpWireTls;

/* Addresses that were silent of late. */
typedef struct RpShunned RpShunned;

/* Where to, and how. Borrowed for the call that opens. */
typedef struct {
	const RpEndpoint *endpoint;
	gboolean pop; /* POP3 (RFC 1939), else SMTP (RFC 5321) */
	RpRoute route;
	RpWireTls tls;
	const RpShunned *shunned; /* these are passed over; lives as long as the wire. NULL: none */
	gboolean certificate;     /* look at its end, for RpWireMeasure */
	const char *ehlo_name; /* NULL or "": the literal of our address (RFC 5321 section 4.1.3) */
	guint timeout_ms; /* until the server's address has answered: from then on whoever opened
			     it keeps the time */
} RpWireTarget;

/* Why there is no connection. */
typedef enum {
	RP_WIRE_RESOLVE,     /* the name has no address here */
	RP_WIRE_LINK,        /* can't be bound to the link */
	RP_WIRE_ADDRESS,     /* nor to the source address */
	RP_WIRE_CONNECT,     /* refused, no route, no answer */
	RP_WIRE_BROKEN,      /* closed, reset or silent after that */
	RP_WIRE_REFUSED,     /* the last line refuses, or is not what it should be */
	RP_WIRE_TLS_MISSING, /* demanded, and not offered or refused */
	RP_WIRE_TLS_FAILED,  /* the handshake, or what it needs here */
	RP_WIRE_TLS_CLEAR,   /* the server answered it in clear */
	RP_WIRE_PEER,        /* not the server that it should be, by its certificate or key */
	RP_WIRE_STOPPED,     /* `line` wanted no more */
	RP_WIRE_UNSUPPORTED, /* what was asked for can't be done by this wire */
	RP_WIRE_RESOURCES,   /* nothing was tried: no memory, no descriptors */
	RP_WIRE_OTHER,
} RpWireFailureKind;
const char *rp_wire_failure_kind_name(RpWireFailureKind kind); /* "resolve", "link", ... */

typedef struct {
	RpStage stage; /* of the last command; RP_STAGE_CONNECT before any line came */
	RpWireFailureKind kind;
	const char *words; /* the system's or the library's, without the server's name; the same for
			      equal failures */
} RpWireFailure;

/* `user` is what the wire was opened with. After `failed` or `up` none of these comes any more; the
 * wire is still to be closed. */
typedef struct {
	/* The server's address has answered: rp_wire_measure knows the round trip. Once at most; it
	 * may come after lines, or not at all. */
	void (*connected)(gpointer user);
	/* The server says a line, with its end; it is an answer to what the stage says
	 * (RP_STAGE_EHLO is CAPA in POP3, RP_STAGE_STARTTLS is STLS). `tls`: it came through TLS.
	 * FALSE: go no further. The wire must not be touched. */
	gboolean (*line)(RpStage stage, const char *text, gsize size, gboolean tls, gpointer user);
	/* There is no connection, and nothing of it remains but what rp_wire_measure tells. */
	void (*failed)(const RpWireFailure *failure, gpointer user);
	/* From here on octets are ours. */
	void (*up)(gpointer user);
} RpWireEvents;

/* What is known of the line; zeroes where nothing is. */
typedef struct {
	gint64 rtt; /* of the quickest answer, in microseconds; from `connected` on, or a refusal */
	guint64 octets;  /* acknowledged by the other end since the wire is up */
	guint64 rate;    /* octets a second, as they were last seen acknowledged */
	guint64 unsent;  /* octets that wait here for the line */
	gint64 rtt_now;  /* as answers come now, smoothed: longer where octets wait on the line */
	guint64 carried; /* octets that are known to have arrived since the wire is up, in order or
			    not */
	guint64 waiting; /* octets that are not acknowledged in order: here, or on their way */
	guint64 window;  /* octets that may be on their way at once */
	guint64 again;   /* octets that were sent once more */
	guint in_vain;   /* how often in a row the same was sent, and no acknowledgement came */
	RpAddress peer;  /* the server's; likewise */
	RpAddress local; /* ours, and its port; family "any" when it never came to that */
	guint16 local_port;
	gboolean passed_over;   /* an address was not tried, as it is shunned */
	RpFamily family;        /* that it is connected over, from `connected` on; or any */
	gint64 certificate_end; /* of the server, in seconds since the Epoch, where it was asked
				   for; 0: not known */
} RpWireMeasure;

/* CLOSED: in order or by a reset, which are not told apart. */
typedef enum { RP_WIRE_OK, RP_WIRE_AGAIN, RP_WIRE_CLOSED } RpWireResult;

/* What a wire may do better when it knows it; none has to. */
typedef enum {
	RP_WIRE_STREAMS, /* we always have more to send: it goes out evenly, not in bursts */
	RP_WIRE_HEARD,   /* the server has answered: what is on its way is bounded anew */
	RP_WIRE_WAITS,   /* nothing of ours goes out now that could carry an acknowledgement */
	RP_WIRE_ASTRAY,  /* the machine's routes lead elsewhere now: what is not acknowledged within
			    30 s is lost */
	RP_WIRE_ON_WAY,  /* they lead here again */
} RpWireHint;

typedef struct RpWire RpWire;
typedef struct RpWires RpWires;
/* The condition may be wrong: read or write, and see. */
typedef void (*RpWireReady)(GIOCondition condition, gpointer user);

/* The seam that tests replace. */
typedef struct {
	RpWireResult (*read)(RpWire *wire, guint8 *buffer, gsize size, gsize *got);
	RpWireResult (*write)(RpWire *wire, const guint8 *data, gsize size, gsize *taken);
	void (*watch)(RpWire *wire, GIOCondition condition, RpWireReady ready, gpointer user);
	guint64 (*left)(const RpWire *wire);
	guint64 (*arrived)(const RpWire *wire);
	void (*measure)(const RpWire *wire, RpWireMeasure *measure);
	void (*hint)(RpWire *wire, RpWireHint hint); /* may be NULL */
	void (*close)(RpWire *wire, gboolean orderly);
} RpWireOps;

typedef struct {
	RpWire *(*open)(RpWires *wires, const RpWireTarget *target, const RpWireEvents *events,
		gpointer user);
	void (*place_changed)(RpWires *wires, const char *place); /* may be NULL */
	void (*free)(RpWires *wires);
} RpWiresOps;

/* Implementations begin with these. */
struct RpWire {
	const RpWireOps *ops;
};
struct RpWires {
	const RpWiresOps *ops;
};

/* libcurl's. A wire that is bound to a link has the name of its server looked up by that (`names`,
 * borrowed; NULL: by the system). NULL only when libcurl can't be initialised. */
RpWires *rp_wires_new_curl(RpNames *names, GError **error);
/* Its wires are closed before. NULL is fine. */
void rp_wires_free(RpWires *wires);
/* Nothing of the old place is used here, names and TLS sessions; of TLS sessions those of this
 * place (its key) are, where we were here before. Wires that are open go on. */
void rp_wires_place_changed(RpWires *wires, const char *place);

/* Never NULL: what can't be begun has `failed`, later. The events are borrowed until it is closed.
 */
RpWire *rp_wire_open(
	RpWires *wires, const RpWireTarget *target, const RpWireEvents *events, gpointer user);
/* `orderly`: what was written is still sent; else it is dropped, and the other end sees a reset.
 * Nothing is heard of it any more. NULL is fine. */
void rp_wire_close(RpWire *wire, gboolean orderly);

/* ---- while it is up ---- */

/* RP_WIRE_OK: at least one octet. */
RpWireResult rp_wire_read(RpWire *wire, guint8 *buffer, gsize size, gsize *got);
/* RP_WIRE_OK: some were taken, seldom all. After RP_WIRE_AGAIN it must be called with the same
 * octets, and no fewer. RP_WIRE_CLOSED: it takes no more; there may be something to read. */
RpWireResult rp_wire_write(RpWire *wire, const guint8 *data, gsize size, gsize *taken);
/* `ready` is called each time round while G_IO_IN or G_IO_OUT holds of what is asked for, and
 * G_IO_ERR or G_IO_HUP in any case. To be used after an RP_WIRE_AGAIN: what the wire has read ahead
 * wakes nobody. Replaces what was asked for before; NULL: nothing more. */
void rp_wire_watch(RpWire *wire, GIOCondition condition, RpWireReady ready, gpointer user);
/* Octets of those written that may have left the machine: what is behind them is certain to be
 * unknown to the server once the wire has been closed without order. */
guint64 rp_wire_left(const RpWire *wire);
/* Of those that the server has acknowledged in order. Where it is known to lack what is behind them
 * (RpWireMeasure: `carried` is more than `octets`), it can make nothing of the rest. */
guint64 rp_wire_arrived(const RpWire *wire);
void rp_wire_hint(RpWire *wire, RpWireHint hint);

/* ---- at any time ---- */

void rp_wire_measure(const RpWire *wire, RpWireMeasure *measure);
