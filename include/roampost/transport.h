/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/names.h"
#include "roampost/passwords.h"
#include "roampost/pop-client.h"
#include "roampost/ports.h"
#include "roampost/serverset.h"
#include "roampost/smtp-client.h"
#include "roampost/wire.h"

/* Sessions with the servers of a set: SMTP deliveries and POP logins, on the thread-default main
 * context in which the transport was made.
 *
 * Nothing blocks. No callback runs inside the call that asked for it, nor after the call that
 * cancelled it. Callbacks may call anything here, cancel included. */

typedef enum {
	RP_SESSION_OK,
	RP_SESSION_RESOLVE_FAILED,  /* the server's name has no address here; says nothing of the
				       mail */
	RP_SESSION_UNREACHABLE,     /* refused, no route, timed out */
	RP_SESSION_PORT_BLOCKED,    /* so is port 25, while another port of the host answers */
	RP_SESSION_TLS_UNAVAILABLE, /* the set demands TLS, the server has none or it failed */
	RP_SESSION_INTERCEPTED,    /* not the server it should be; no password, no mail was given */
	RP_SESSION_AUTH_FAILED,    /* the credentials were refused: do not try again by itself */
	RP_SESSION_AUTH_TEMPORARY, /* the login could not be checked now */
	RP_SESSION_AUTH_UNCLEAR,   /* POP: refused in words that tell neither */
	RP_SESSION_AUTH_MISSING,   /* the server offers no login, or none of the set's mechanisms */
	RP_SESSION_CREDENTIALS_UNAVAILABLE, /* the password command failed, hung or printed nothing
					     */
	RP_SESSION_KEYRING_LOCKED,          /* the password is in one */
	RP_SESSION_REFUSED,                 /* by policy, at the banner, EHLO or STARTTLS */
	RP_SESSION_REJECTED,  /* there or at the login, in words that say nothing: the user decides
			       */
	RP_SESSION_TRY_LATER, /* 4xx there, or 421 in mid-session */
	RP_SESSION_LIMIT,     /* at the login, or by 421: so much for today, for everything */
	RP_SESSION_POP_FIRST, /* refused with words that ask for a POP login */
	RP_SESSION_BIND_FAILED,    /* the link or the address is gone: plan anew */
	RP_SESSION_LOST,           /* broke or fell silent after it was set up */
	RP_SESSION_PROTOCOL_ERROR, /* what came is not SMTP or POP3 */
	RP_SESSION_UNPROVEN,       /* POP: whose server it is could not be seen, and the password
				      would have gone in clear: it was not given */
} RpSessionResult;
#define RP_N_SESSION_RESULTS (RP_SESSION_UNPROVEN + 1)
const char *rp_session_result_name(RpSessionResult result); /* "ok", "resolve-failed", ... */

/* About a session, from when it is known. Strings are owned by whoever calls back. */
typedef struct {
	RpSessionResult result;
	const char *host; /* the endpoint that was used or tried last */
	guint16 port;
	RpAddress local;         /* ours in this session; family "any" when it never came to that */
	RpAddress peer;          /* the server's; likewise */
	const char *banner_host; /* the host that the greeting names, lower case, or NULL */
	const char *banner_domain; /* the domain in the greeting, lower case, or NULL */
	gboolean encrypted;
	gboolean verified;    /* by a CA or the fingerprint */
	gboolean logged_in;   /* 235, or +OK to the login, was seen */
	const RpReply *reply; /* the deciding one of the server (POP: code 0, text only), or NULL */
	const char *detail;   /* one English sentence with the server's or the library's words */
	guint recipient_limit; /* recipients that the server took in a transaction when it was given
				  more; 0: it was not */
	gint64 certificate_end; /* of the server, in seconds since the Epoch; 0: not asked for, or
				   not known */
	gboolean hung_up;       /* it was connected, and closed or reset before it said a word */
	gboolean by_look;       /* of a POP login: of the SMTP server that was looked at before it
				 */
	gboolean reached;       /* somebody has taken a connection */
	RpPortKind port_is;     /* where the URL says another thing of the port */
	gboolean silent;        /* its end was that no answer came, not that the server closed it */
	gboolean quit_unheard;  /* that none came to QUIT: it was done with by then */
	gboolean stalled;       /* or that what we sent was not acknowledged, again and again, while
				   a new connection is answered, or that TLS came to no end: as where
				   larger packets get lost on the way and nobody tells (RFC 2923
				   section 2.1). Never so with small segments. */
	RpSeen pipelining;      /* what the session has shown of it */
	RpSeen chunking;        /* likewise; SMTP */
	RpSeen content_group;   /* of PIPELINING behind a message's content; SMTP */
	RpSmtpCapabilities capabilities;
	guint pop_can;     /* RpPopCan, announced before the login */
	gint64 ehlo_took;  /* SMTP: from its greeting to the end of its first answer to EHLO, in
			      microseconds; 0: not known */
	guint ehlo_octets; /* that answer */
} RpSessionReport;

typedef struct RpTransport RpTransport;
typedef struct RpDelivery RpDelivery;
typedef struct RpPopLogin RpPopLogin;
typedef struct RpPopFetch RpPopFetch;

/* What is known of the line that a session goes over. */
typedef struct {
	gint64 rtt;     /* of the quickest answer, in microseconds; 0: not known yet */
	guint64 octets; /* acknowledged by the other end since the session is set up */
	guint64 rate; /* octets a second, as the kernel last saw them acknowledged; 0: not known */
	gint64 rtt_now;    /* smoothed: longer where octets wait on the line */
	guint64 carried;   /* octets that are known to have arrived, in order or not */
	guint64 window;    /* octets that may be on their way at once */
	guint64 again;     /* octets that were sent once more */
	guint64 arrived;   /* up to where the session's octets are acknowledged: the measure of
			      RpSmtpMessageResult.end */
	guint64 unarrived; /* octets that are not, of those that went out */
	gboolean prepared; /* the session was there before the delivery was begun */
	gint64 quiet;      /* since octets went out or an answer came, in microseconds; before it is
			      up, since it came further */
	gint64 waited;     /* so long the longest of its answers was waited for */
} RpLineMeasure;

typedef struct {
	/* The session is set up: greeting, TLS and login are done. Once, before anything but
	 * `closed`. */
	void (*ready)(RpDelivery *delivery, const RpSessionReport *report, gpointer user);
	/* It could take a message: mark one `sending`, then push it, now or later; or finish.
	 * Called again after each push that leaves room, and when there is room again; not twice
	 * without a push in between. */
	void (*want)(RpDelivery *delivery, gpointer user);
	/* A message has come to its end: sent, refused, unfit, or given back by a session that is
	 * over (RP_SMTP_NOT_SENT, RP_SMTP_IN_DOUBT). Every message that was pushed gets exactly
	 * one. */
	void (*outcome)(RpDelivery *delivery, const RpSmtpMessageResult *result, gpointer user);
	/* The session is over; the delivery is freed after this returns. */
	void (*closed)(RpDelivery *delivery, const RpSessionReport *report, gpointer user);
	/* The server's address has answered, nothing is known of the server yet: with
	 * rp_delivery_measure the time to it is known round trips before `ready`. May be NULL. */
	void (*reached)(RpDelivery *delivery, gpointer user);
	/* Its server has taken a BDAT, where that was untried; before anything is said of the
	 * message. May be NULL. */
	void (*chunking_works)(RpDelivery *delivery, gpointer user);
} RpDeliveryCallbacks;

typedef struct {
	const char *greetings;     /* roampost/greeting.h, of earlier sessions, or NULL; counts
						   only where the session is not verified by TLS */
	gboolean await_rcpt;       /* first message of this set at this place: unless its
				     content costs the line less than a round trip */
	guint64 rate;              /* octets a second that are expected, for that */
	gboolean without_login;    /* though the set has an SMTP login */
	gboolean pipelining_off;   /* beside the set's own switch */
	gboolean content_alone;    /* without CHUNKING nothing goes behind a message's content */
	gboolean chunking_off;     /* CHUNKING counts as not announced */
	gboolean chunking_untried; /* it has not been seen to work: until then one message can be in
				      doubt at a time */
	gboolean quit_unheard;     /* the server does not answer QUIT: it is not waited for long */
	gboolean elsewhere;   /* at another address than those that are shunned, or not at all */
	gboolean certificate; /* the report is to tell the end of the server's certificate */
	guint max_messages;   /* in flight; 0: the engine's default */
	guint max_recipients; /* of a transaction; likewise */
} RpDeliveryOptions;

/* A session that there may soon be: see rp_transport_prepare. Borrowed for the call. */
typedef struct {
	const RpServerSet *set;
	RpRoute route;
	RpDeliveryOptions options;
	guint n;              /* of them */
	gboolean proven_only; /* not where anybody could answer for the server: where the set does
				 not demand that TLS proves it */
} RpSessionWish;

typedef struct {
	const char *greetings; /* as in RpDeliveryOptions */
	/* Those of the set's SMTP server: not NULL, where the POP server is to be logged in to
	 * without TLS and under no name that is known, and who answers as the SMTP server can tell
	 * (by TLS, or by its name, be it in a refusal), he is asked first. Unless he does tell so
	 * no password goes out, and the report is of that session: RP_SESSION_INTERCEPTED, where
	 * it is somebody else, RP_SESSION_UNPROVEN, where nothing tells, for some minutes without
	 * asking again. Where nothing was known of the SMTP server, it may be out of reach. */
	const char *smtp_greetings;
	gboolean for_smtp; /* not even then: nothing else is wanted */
} RpPopLoginOptions;

/* The result of a POP login: RP_SESSION_OK when +OK to the login was seen. */
typedef void (*RpPopLoginDone)(RpPopLogin *login, const RpSessionReport *report, gpointer user);

typedef struct {
	RpPopLoginOptions login;
	gboolean pipelining_off; /* beside the set's own switch */
} RpPopFetchOptions;

typedef struct {
	/* The login is made: what it opens is open. Once, before any event. */
	void (*ready)(RpPopFetch *fetch, const RpSessionReport *report, gpointer user);
	/* What the engine says, but for its end. LISTED comes by itself; then ask. */
	void (*event)(RpPopFetch *fetch, const RpPopEvent *event, gpointer user);
	/* The session is over; the fetch is freed after this returns. RP_SESSION_OK: QUIT was sent,
	 * and answered or the connection closed: what was to be deleted is, as far as is known. */
	void (*closed)(RpPopFetch *fetch, const RpSessionReport *report, gpointer user);
} RpPopFetchCallbacks;

/* The seam that tests replace. */
typedef struct {
	RpDelivery *(*delivery_start)(RpTransport *transport, const RpServerSet *set,
		const RpRoute *route, const RpDeliveryOptions *options,
		const RpDeliveryCallbacks *callbacks, gpointer user);
	gboolean (*delivery_push)(RpDelivery *delivery, const RpSmtpMessage *message);
	void (*delivery_finish)(RpDelivery *delivery);
	void (*delivery_cancel)(RpDelivery *delivery);
	void (*delivery_take_back)(RpDelivery *delivery); /* NULL: it never is silent */
	void (*delivery_shun)(RpDelivery *delivery);      /* NULL: it has one address */
	void (*delivery_measure)(const RpDelivery *delivery, RpLineMeasure *measure);
	void (*delivery_each_progress)(
		const RpDelivery *delivery, RpSmtpProgressFunc func, gpointer user);
	void (*delivery_astray)(RpDelivery *delivery, gboolean astray);
	void (*delivery_trust_chunking)(RpDelivery *delivery);
	void (*prepare)(RpTransport *transport, const RpSessionWish *wishes, guint n);
	RpPopLogin *(*pop_login)(RpTransport *transport, const RpServerSet *set,
		const RpRoute *route, const RpPopLoginOptions *options, RpPopLoginDone done,
		gpointer user);
	void (*pop_login_cancel)(RpPopLogin *login);
	RpPopFetch *(*pop_fetch_start)(RpTransport *transport, const RpServerSet *set,
		const RpRoute *route, const RpPopFetchOptions *options,
		const RpPopFetchCallbacks *callbacks, gpointer user);
	gboolean (*pop_fetch_get)(
		RpPopFetch *fetch, guint number, gboolean header_only, gpointer user);
	gboolean (*pop_fetch_delete)(RpPopFetch *fetch, guint number, gpointer user);
	void (*pop_fetch_pause)(RpPopFetch *fetch, gboolean pause);
	void (*pop_fetch_finish)(RpPopFetch *fetch);
	void (*pop_fetch_cancel)(RpPopFetch *fetch);
	void (*look_anew)(RpTransport *transport); /* NULL: it remembers nothing */
	void (*place_changed)(RpTransport *transport, const char *place);
	void (*free)(RpTransport *transport);
} RpTransportOps;

/* Implementations begin with these. */
struct RpTransport {
	const RpTransportOps *ops;
};
struct RpDelivery {
	RpTransport *transport;
};
struct RpPopLogin {
	RpTransport *transport;
};
struct RpPopFetch {
	RpTransport *transport;
};

/* Over libcurl's wires. NULL only when libcurl can't be initialised. */
RpTransport *rp_transport_new(GError **error);
/* The same; a session that is bound to a link has its server's name resolved by that link. The
 * names are borrowed for the transport's life; NULL: by the system alone. */
RpTransport *rp_transport_new_by_link(RpNames *names, GError **error);
/* Over others; takes them. */
RpTransport *rp_transport_new_over(RpWires *wires);
/* Who is asked for passwords that are neither written down nor a command's; borrowed for the
 * transport's life. NULL, as at first: nobody. */
void rp_transport_set_passwords(RpTransport *transport, const RpPasswords *passwords);
/* How long a password command may take, instead of the two minutes in which it may ask its user. */
void rp_transport_limit_password_command(RpTransport *transport, guint ms);
/* How long the SMTP server may take to tell who it is, before a POP login. */
void rp_transport_limit_pop_look(RpTransport *transport, guint ms);
/* Who could not be made sure of is asked again with the next POP login. */
void rp_transport_look_anew(RpTransport *transport);
/* Cancels whatever is under way. */
void rp_transport_free(RpTransport *transport);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpTransport, rp_transport_free)

/* One SMTP session with the set. The set's endpoints are tried in order; only a failure to connect
 * leads to the next. Set, route, options and callbacks are copied (the set's strings too). A set
 * with smtp-user logs in, and the session counts only when the server said so. `options` may be
 * NULL. */
RpDelivery *rp_delivery_start(RpTransport *transport, const RpServerSet *set, const RpRoute *route,
	const RpDeliveryOptions *options, const RpDeliveryCallbacks *callbacks, gpointer user);
/* Mark the message `sending` before. FALSE: too late, the session ends; nothing was taken and no
 * outcome follows. The strings are copied; read and source must live until the outcome. The content
 * has to be there: RP_SMTP_READ_LATER would wait for ever. */
gboolean rp_delivery_push(RpDelivery *delivery, const RpSmtpMessage *message);
/* No more messages: QUIT when all are answered, then `closed`. One that is not up by then is not
 * waited for longer than for an answer to QUIT: RP_SESSION_OK, without `ready`. */
void rp_delivery_finish(RpDelivery *delivery);
/* Cuts the connection now. Messages not yet answered get their `outcome` (what never left the
 * machine is certain) before this returns; `closed` is not called; the delivery is freed. */
void rp_delivery_cancel(RpDelivery *delivery);
/* Its server has been silent for too long: no more messages, and those that it can't have get their
 * `outcome` before this returns. Where there are no others `closed` follows, before it returns too;
 * else when those are answered, or as long as that takes have not been. */
void rp_delivery_take_back(RpDelivery *delivery);
/* Its server's address is silent: where a name has others sessions go to those, for some minutes,
 * or until it has answered a message, or the place changes. One that a session is silent at as long
 * as RFC 5321 has it is shunned without being told. */
void rp_delivery_shun(RpDelivery *delivery);
void rp_delivery_measure(const RpDelivery *delivery, RpLineMeasure *measure);
/* Runs `func` for each message that was pushed and has had no outcome, with how far it is by what
 * the other end has acknowledged; it may not call the delivery. */
void rp_delivery_each_progress(const RpDelivery *delivery, RpSmtpProgressFunc func, gpointer user);
/* The machine's routes lead elsewhere than its own now, or here again: astray it goes on while it
 * is answered, and is lost when octets are not acknowledged for 30 s. */
void rp_delivery_astray(RpDelivery *delivery, gboolean astray);
/* Another session with its server has seen CHUNKING work: `chunking_untried` counts no more. */
void rp_delivery_trust_chunking(RpDelivery *delivery);

/* Where it is not certain yet that a place counts: begins sessions for each wish, of SMTP, as
 * rp_delivery_start would, up to where it could take mail; but logs in only where TLS has proved
 * whose server it is. Nothing is told of any, nor does one that fails say anything of its server.
 * rp_delivery_start with the same set, route and options goes on with one. There are those of the
 * last call and no others: what is wished for again goes on, what is not is closed. */
void rp_transport_prepare(RpTransport *transport, const RpSessionWish *wishes, guint n);

/* Logs in at the set's POP server and leaves again (QUIT): no mail is touched. `options` may be
 * NULL. */
RpPopLogin *rp_transport_pop_login(RpTransport *transport, const RpServerSet *set,
	const RpRoute *route, const RpPopLoginOptions *options, RpPopLoginDone done, gpointer user);
void rp_pop_login_cancel(RpPopLogin *login);

/* Logs in and lists the maildrop, then gives and deletes what it is asked for. Set, route, options
 * and callbacks are copied; `options` may be NULL. */
RpPopFetch *rp_pop_fetch_start(RpTransport *transport, const RpServerSet *set, const RpRoute *route,
	const RpPopFetchOptions *options, const RpPopFetchCallbacks *callbacks, gpointer user);
/* As rp_pop_client_fetch, rp_pop_client_delete, rp_pop_client_finish. */
gboolean rp_pop_fetch_get(RpPopFetch *fetch, guint number, gboolean header_only, gpointer user);
gboolean rp_pop_fetch_delete(RpPopFetch *fetch, guint number, gpointer user);
void rp_pop_fetch_finish(RpPopFetch *fetch);
/* Nothing is read while it is paused: what comes can't be put away as fast. */
void rp_pop_fetch_pause(RpPopFetch *fetch, gboolean pause);
/* Cuts the connection now: no callback any more, nothing was deleted; the fetch is freed. NULL is
 * fine. */
void rp_pop_fetch_cancel(RpPopFetch *fetch);

/* Names are resolved anew, nothing of the old place is used at this one (its key); running sessions
 * go on until they end or are cancelled. */
void rp_transport_place_changed(RpTransport *transport, const char *place);
