/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Before GLib's headers, which have a default. */
#define G_LOG_DOMAIN "roampost-transport"

#include "roampost/base.h"
#include "roampost/passwords.h"
#include "roampost/sasl.h"
#include "roampost/transport.h"
#include "scram.h"

/* ---- source.c ---- */

/* Of the thread's own context. In the next turn of the loop; or at the times that are set with
 * g_source_set_ready_time, and not before one is. */
GSource *rp_source_soon(GSourceFunc func, gpointer user);
GSource *rp_source_timer(GSourceFunc func, gpointer user); /* rp_source_clear() ends either */

/* ---- password.c ---- */

typedef struct RpPassword RpPassword;
/* Runs the command by the shell without a terminal, in a session of its own. What it says on its
 * standard error is part of why it failed. */
RpPassword *rp_password_run(
	const char *command, guint timeout_ms, RpPasswordDone done, gpointer user);
void rp_password_cancel(RpPassword *password);

/* ---- timing ---- */

typedef struct {
	guint connect_ms;  /* name and TCP */
	guint password_ms; /* the password command: it may ask its user */
	/* From then on the server is waited for, stage by stage: as long as RFC 5321
	 * section 4.5.3.2 says (some keep a client waiting on purpose). 0: as connect_ms. */
	guint greeting_ms;
	guint greeting_next_ms; /* where there is another endpoint to try */
	guint stage_ms;         /* EHLO or CAPA, STARTTLS, the handshake */
	guint handshake_ms;     /* TLS, while larger packets may get lost; 0: as stage_ms */
	guint stall_look_ms;    /* so often it is looked at whether ours arrive; 0: never */
	guint quit_ms;
	guint reply_percent; /* of the waits of RFC 5321 */
	guint look_ms;       /* for who answers to tell who it is, in all; 0: as long as it takes */
	guint probe_ms; /* for a port that is only asked whether it answers; 0: none is asked */
	/* 25, 587, 465; a test can't have those */
	guint16 port_smtp;
	guint16 port_submission;
	guint16 port_submissions;
} RpTransportTimes;

/* ---- session-plan.c ---- */

/* What a session needs of a set; owned copies. */
typedef struct {
	gboolean pop;
	GPtrArray *endpoints; /* of RpEndpoint */
	RpTls tls;
	char *user;
	char *password;
	char *password_command;
	RpPasswordWish *wish;         /* NULL: no such source */
	const RpPasswords *passwords; /* the transport's, or NULL */
	RpAuth auth;
	RpScram *scram; /* the transport's; NULL: such logins are not to be had */
	char *ca_file;
	char *fingerprint;
	char *client_cert, *client_key;
	char *ehlo_name;
	char *greetings;       /* of all of them, as remembered (roampost/greeting.h); or NULL */
	const char *host;      /* of the endpoint that is tried; that one's */
	char *expected_domain; /* of the endpoint that is tried */
	gboolean chunking_off;
	RpShunned *shunned;   /* the transport's; NULL: nobody is shunned */
	gboolean elsewhere;   /* at an address that is not, or not at all */
	gboolean certificate; /* its end is to be told */
	char *interface;      /* what route.interface points to */
	RpRoute route;
} RpSessionPlan;

RpEndpoint *rp_endpoint_clone(const RpEndpoint *endpoint);
/* What SMTP and POP have in common. */
void rp_session_plan_fill(
	RpSessionPlan *plan, const RpServerSet *set, const RpLogin *login, const RpRoute *route);
typedef struct RpWiredTransport RpWiredTransport;
/* The plan of an SMTP session; the options may be NULL. */
void rp_session_plan_fill_smtp(RpSessionPlan *plan, const RpWiredTransport *transport,
	const RpServerSet *set, const RpRoute *route, const RpDeliveryOptions *options);
/* The plan of a POP session. */
void rp_session_plan_fill_pop(RpSessionPlan *plan, const RpWiredTransport *transport,
	const RpServerSet *set, const RpRoute *route, const RpPopLoginOptions *options);
void rp_session_plan_clear(RpSessionPlan *plan);
/* TLS is demanded, and the server has to prove its name before anything is sent that matters. */
gboolean rp_session_plan_verifies(const RpSessionPlan *plan);
/* Copies the route. */
void rp_session_plan_set_route(RpSessionPlan *plan, const RpRoute *route);
/* What TLS has to be at one of its endpoints. Borrows from the plan. */
RpWireTls rp_session_plan_tls(const RpSessionPlan *plan, const RpEndpoint *endpoint);

/* ---- dialogue.c ---- */

/* What the server has said so far. */
typedef struct {
	RpSmtpParser parser;
	gboolean in_reply;       /* between two lines of one */
	char *strange;           /* what came in the place of a greeting, or NULL */
	const char *speaks;      /* another protocol, by that; no greeting follows it. Or NULL */
	RpStage stage;           /* of the last line */
	gboolean tls;            /* and how it came */
	RpSmtpReply *reply;      /* the last complete one */
	gboolean intercepted;    /* refused by us because of its greeting */
	gboolean lower_case_tls; /* offers STARTTLS or STLS, but not in capitals */
	char *banner_host, *banner_domain;
	RpSmtpCapabilities capabilities;
	guint pop_can; /* RpPopCan of the last CAPA */
	RpSaslOffer offer;
} RpDialogue;

void rp_dialogue_reset(RpDialogue *dialogue);
void rp_dialogue_clear(RpDialogue *dialogue);
/* A line came in, as a wire tells it. FALSE: go no further. */
gboolean rp_dialogue_line(RpDialogue *dialogue, const RpSessionPlan *plan, RpStage stage,
	const char *line, gsize size, gboolean tls);

/* ---- login.c ---- */

typedef struct RpWireLogin RpWireLogin;
/* The wire is the caller's again. The result is gone after it returns, and so is the login.
 * `silent`: no answer came in its time. */
typedef void (*RpWireLoginDone)(const RpSaslResult *result, gboolean silent, gpointer user);

/* Logs in over a wire that is up; it must live until `done` or rp_wire_login_free(). `done` runs
 * later, once. The options are copied, their `wake` is set here. `reply_percent`: see
 * RpTransportTimes. */
RpWireLogin *rp_wire_login_new(RpWire *wire, const RpSaslOptions *options, guint reply_percent,
	RpWireLoginDone done, gpointer user);
/* `done` is not called any more. NULL is fine. */
void rp_wire_login_free(RpWireLogin *login);

/* ---- session.c: one session up to where our engines take over ---- */

typedef struct RpSession RpSession;
/* The session is up or has failed: see the report. */
typedef void (*RpSessionDone)(RpSession *session, gpointer user);

/* Takes what is in the plan. `done` runs later, once. `reached` (may be NULL) runs before it when
 * an address has answered: once for each that is tried. `done` NULL: it is nobody's yet, goes as
 * far as rp_transport_prepare() says, and waits there for rp_session_take(). */
RpSession *rp_session_new(RpWires *wires, RpSessionPlan *plan, const RpTransportTimes *times,
	RpSessionDone done, RpSessionDone reached, gpointer user);
/* One that is nobody's: FALSE when it has failed, or its server has spoken unasked since. */
gboolean rp_session_is_promising(const RpSession *session);
/* It is somebody's now, and goes on as if it had been made so; both run later, for what was before
 * too. */
void rp_session_take(RpSession *session, RpSessionDone done, RpSessionDone reached, gpointer user);
/* The quickest round trip to the address that answered or refused, in microseconds, or 0. */
gint64 rp_session_rtt(const RpSession *session);
/* Microseconds, since it came further on its way up, or a line came. */
gint64 rp_session_quiet(const RpSession *session);
/* Closes it; `orderly`: what is still to be sent is sent (else it is dropped). */
void rp_session_free(RpSession *session, gboolean orderly);
const RpSessionPlan *rp_session_plan(const RpSession *session);
const RpSessionReport *rp_session_report(const RpSession *session);
/* The session's own; NULL when it is not up. */
RpWire *rp_session_wire(const RpSession *session);
/* Says anew how it went; the reply is copied, `detail` taken. */
void rp_session_conclude(
	RpSession *session, RpSessionResult result, const RpReply *reply, char *detail);
/* The server took so many recipients in a transaction, and no more. */
void rp_session_note_limit(RpSession *session, guint limit);
/* From now on it takes so long at most, whatever is tried; 0: as long as it takes. */
void rp_session_limit(RpSession *session, guint ms);
/* Its server's address is silent: it comes last from now on, for some minutes. */
void rp_session_shun(RpSession *session);
/* It has answered a message. */
void rp_session_forgive(RpSession *session);
/* The time for an answer is over. */
void rp_session_note_silence(RpSession *session);
void rp_session_note_quit_unheard(RpSession *session);
void rp_session_note_stall(RpSession *session);
void rp_session_note_seen(
	RpSession *session, RpSeen pipelining, RpSeen content_group, RpSeen chunking);

/* ---- shunned.c: addresses that were silent of late ---- */

RpShunned *rp_shunned_new(void);
void rp_shunned_free(RpShunned *shunned);
/* For some minutes; of many the last ones. "Any" is no address. */
void rp_shunned_add(RpShunned *shunned, const RpAddress *address, guint16 port);
void rp_shunned_drop(RpShunned *shunned, const RpAddress *address, guint16 port);
void rp_shunned_clear(RpShunned *shunned);
gboolean rp_shunned_has(const RpShunned *shunned, const RpAddress *address, guint16 port);

/* ---- stall.c: whether larger packets get lost on the way ---- */

typedef struct RpStall RpStall;

/* Of a session that is up, and outlives it. */
RpStall *rp_stall_new(RpWires *wires, const RpSession *session);
void rp_stall_free(RpStall *stall); /* NULL is fine */
/* Now and then, while octets wait. TRUE: they do, and the session can't be helped. */
gboolean rp_stall_look(RpStall *stall, const RpWireMeasure *measure);

/* ---- port-probe.c ---- */

typedef struct RpPortProbe RpPortProbe;
/* The probe may be freed in it. */
typedef void (*RpPortProbeDone)(gpointer user);

/* The session found port 25 of its host unreachable: does another one answer? Then that is what the
 * session concludes with. It must live until the probe is freed. `done` runs later, once. NULL:
 * there is nothing to ask. */
RpPortProbe *rp_port_probe_start(RpWires *wires, RpSession *failed, const RpTransportTimes *times,
	RpPortProbeDone done, gpointer user);
void rp_port_probe_free(RpPortProbe *probe);

/* ---- session-verdict.c ---- */

/* How a set-up ended: what a wire's failure, or its being up, comes to. */
RpSessionResult rp_session_verdict(const RpSessionPlan *plan, const RpEndpoint *endpoint,
	const RpDialogue *dialogue, const RpWireFailure *failure);
/* One sentence about it. */
char *rp_session_verdict_words(const RpSessionPlan *plan, const RpEndpoint *endpoint,
	const RpDialogue *dialogue, RpSessionResult result, const RpWireFailure *failure);
/* Of a server that greets in another name than it is known by. */
char *rp_session_foreign_words(
	const RpSessionPlan *plan, const char *host, guint port, const char *greeting);
/* Likewise of a login. */
RpSessionResult rp_session_verdict_login(const RpSaslResult *login);
char *rp_session_login_words(const RpEndpoint *endpoint, const RpSaslResult *login);
/* How one ended that was up, and a sentence about it. */
RpSessionResult rp_session_verdict_end(const RpSmtpEvent *event);
char *rp_session_end_words(const RpSessionReport *report, const RpSmtpEvent *event);
/* Port 25 could not be connected to. */
RpSessionResult rp_session_verdict_port(gboolean other_ports_answer);

/* ---- pump.c: moves octets between a wire and an engine, on the loop ---- */

typedef enum {
	RP_PUMP_BROKEN,  /* closed, reset, or ended by the kernel */
	RP_PUMP_SILENT,  /* the server keeps us waiting for too long */
	RP_PUMP_STALLED, /* what we sent does not arrive (RpSessionReport.stalled) */
} RpPumpLoss;

/* What its owner does; `owner` is what rp_pump_init was given. */
typedef struct {
	/* Octets came in. TRUE: they are progress, for which `patience` begins anew; a server that
	 * drips octets without ever ending a reply makes none. */
	gboolean (*input)(gpointer owner, const guint8 *data, gsize size);
	/* What is to be sent next, and that so much of it was handed over. */
	gsize (*output)(gpointer owner, const guint8 **data);
	void (*sent)(gpointer owner, gsize size);
	/* The connection is gone, or no good: called once. */
	void (*lost)(gpointer owner, RpPumpLoss how);
	/* After each step: acts on what the engine has found out. TRUE: there was something. */
	gboolean (*turn)(gpointer owner);
	/* For how long the server may be silent now, in microseconds; 0: it owes nothing. */
	gint64 (*patience)(gpointer owner);
	/* Whether what was sent does not arrive. NULL where the pump does not look. */
	gboolean (*stalls)(gpointer owner, const RpWireMeasure *measure);
	/* What the server sends now goes on by itself for several segments: they need no
	 * acknowledgement each. NULL: it never does. */
	gboolean (*expects_much)(gpointer owner);
	/* The last reference is gone. */
	void (*free)(gpointer owner);
} RpPumpOwner;

typedef struct {
	const RpPumpOwner *class;
	gpointer owner;
	RpWire *wire; /* the session's */
	gint refs;
	gboolean running; /* between start and stop */
	gboolean pumping;
	gboolean paused;     /* nothing is read for now */
	gboolean blocked;    /* the connection takes no more for now */
	gboolean unwritable; /* it takes no more at all; there may be something to read */
	gboolean broken;     /* `lost` was called */
	GSource *kick;
	gboolean watching;
	GIOCondition condition;
	GSource *timer;
	gint64 moved_at; /* when octets went out, or progress came in */
	gint64 waited;   /* for progress, at the longest */
	gint64 look;     /* while something is on its way, `stalls` is asked so often, in
			    microseconds; 0: never */
	gint64 look_at;  /* when; 0: nothing is on its way */
} RpPump;

/* For `patience`: so many seconds, and of them so much as RpTransportTimes.reply_percent says. */
gint64 rp_pump_patience(guint seconds, guint percent);
/* Its owner is alive until it has been stopped and everybody who holds it has let go. */
void rp_pump_init(RpPump *pump, const RpPumpOwner *class, gpointer owner);
void rp_pump_hold(RpPump *pump);
void rp_pump_let_go(RpPump *pump);
/* The wire is up: from rp_pump_run on octets move, later in the loop. */
void rp_pump_start(RpPump *pump, RpWire *wire);
void rp_pump_run(RpPump *pump);
/* The engine was given something to do. */
void rp_pump_kick(RpPump *pump);
void rp_pump_pause(RpPump *pump, gboolean pause);
/* Nothing is called any more. Lets go once: what rp_pump_init held. */
void rp_pump_stop(RpPump *pump);

/* ---- transport.c ---- */

struct RpWiredTransport {
	RpTransport base;
	RpWires *wires;
	RpScram *scram;
	const RpPasswords *passwords;
	RpTransportTimes times;
	GPtrArray *prepared; /* prepared.c */
	GHashTable *in_vain; /* what was prepared of late and not taken, by set: prepared.c */
	GHashTable *doubts;  /* pop-look.c */
	RpShunned *shunned;
	GQueue deliveries; /* of Delivery: to be cancelled when the transport goes */
	GQueue logins;
	GQueue fetches;
};

void rp_transport_set_times(RpTransport *transport, const RpTransportTimes *times);

/* ---- prepared.c: sessions that no delivery has yet ---- */

GPtrArray *rp_prepared_new(void);
GHashTable *rp_prepared_in_vain_new(void);
void rp_wired_prepare(RpTransport *transport, const RpSessionWish *wishes, guint n);
/* Takes it out; NULL: there is none, or none that would do. */
RpSession *rp_prepared_take(
	RpWiredTransport *transport, const RpServerSet *set, const RpSessionPlan *plan);

/* ---- pop-look.c: who answers, before a password goes out in clear ---- */

typedef struct RpPopLook RpPopLook;
typedef void (*RpPopLookDone)(RpPopLook *look, gpointer user);

/* A session with the set's SMTP server that does not log in; NULL: what it said would not tell, or
 * is not needed. By the route of `pop`, which is the plan of what comes after. `done` runs later,
 * once; the look may be freed in it. */
RpPopLook *rp_pop_look_new(RpWiredTransport *transport, const RpServerSet *set,
	const RpSessionPlan *pop, const RpPopLoginOptions *options, RpPopLookDone done,
	gpointer user);
/* Once it is done: why no password may go out; NULL: it may. Borrowed. */
const RpSessionReport *rp_pop_look_report(const RpPopLook *look);
/* Ends it, in order where it is done. NULL is fine. */
void rp_pop_look_free(RpPopLook *look);

/* Who could not be made sure of of late. */
GHashTable *rp_pop_doubts_new(void);

/* ---- delivery.c, pop-login.c, pop-fetch.c: the operations ---- */

RpDelivery *rp_wired_delivery_start(RpTransport *transport, const RpServerSet *set,
	const RpRoute *route, const RpDeliveryOptions *options,
	const RpDeliveryCallbacks *callbacks, gpointer user);
gboolean rp_wired_delivery_push(RpDelivery *delivery, const RpSmtpMessage *message);
void rp_wired_delivery_finish(RpDelivery *delivery);
void rp_wired_delivery_cancel(RpDelivery *delivery);
void rp_wired_delivery_take_back(RpDelivery *delivery);
void rp_wired_delivery_shun(RpDelivery *delivery);
void rp_wired_delivery_measure(const RpDelivery *delivery, RpLineMeasure *measure);
void rp_wired_delivery_each_progress(
	const RpDelivery *delivery, RpSmtpProgressFunc func, gpointer user);
void rp_wired_delivery_astray(RpDelivery *delivery, gboolean astray);
void rp_wired_delivery_trust_chunking(RpDelivery *delivery);
RpPopLogin *rp_wired_pop_login(RpTransport *transport, const RpServerSet *set, const RpRoute *route,
	const RpPopLoginOptions *options, RpPopLoginDone done, gpointer user);
void rp_wired_pop_login_cancel(RpPopLogin *login);
RpPopFetch *rp_wired_pop_fetch_start(RpTransport *transport, const RpServerSet *set,
	const RpRoute *route, const RpPopFetchOptions *options,
	const RpPopFetchCallbacks *callbacks, gpointer user);
gboolean rp_wired_pop_fetch_get(
	RpPopFetch *fetch, guint number, gboolean header_only, gpointer user);
gboolean rp_wired_pop_fetch_delete(RpPopFetch *fetch, guint number, gpointer user);
void rp_wired_pop_fetch_pause(RpPopFetch *fetch, gboolean pause);
void rp_wired_pop_fetch_finish(RpPopFetch *fetch);
void rp_wired_pop_fetch_cancel(RpPopFetch *fetch);
