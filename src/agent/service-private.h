/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "agent-private.h"

/* The D-Bus methods of the agent. One rule holds for all of them: everything that a call says is
 * looked at before anything is done about it, and no result is passed over.
 *
 *	service.c         the table, and the methods that read or check
 *	service-args.c    what callers say
 *	service-change.c  Change, Cancel and Amend
 *	service-place.c   UseSet, Pause, Learn, Forget, Dial, HangUp, Reload
 *	service-find.c    Find and History
 *	service-simulate.c  Simulate
 *	content.c         Submit and Open */

/* ---- service-args.c ---- */

/* Of a method that takes one text. */
const char *rp_args_text(GVariant *arguments);

/* FALSE or NULL when the call has been answered with what is wrong. */

gboolean rp_args_id(RpAgent *agent, RpBusCall *call, const char *id, RpMessageId *out);
RpQueueMessage *rp_args_message(RpAgent *agent, RpBusCall *call, const char *id);
/* Whether there is no configuration but one with errors, of which nothing can have this name: then
 * the call is answered. */
gboolean rp_args_lacks_config(RpAgent *agent, RpBusCall *call, const char *name);
gboolean rp_args_set(RpAgent *agent, RpBusCall *call, const char *set);
/* By its group's name or its name=, in any capitals; NULL: the call is answered. */
const RpProvider *rp_args_provider(RpAgent *agent, RpBusCall *call, const char *provider);
/* What rp_catalogue_called_provider has found several of. */
void rp_args_refuse_several(RpBusCall *call, const char *called, const char *several);
/* An envelope sender; "" and <> are the empty one. */
gboolean rp_args_sender(RpBusCall *call, const char *text, char **sender);
/* Not more messages or recipients are named than one call may, and none by more octets than
 * `longest`: what an answer says of each must have room in it. */
gboolean rp_args_named(RpBusCall *call, const char *const *names, gsize longest);
#define RP_ARGS_ID_LONGEST 64
#define RP_ARGS_ADDRESS_LONGEST 1000 /* with a name and comments */
/* Addresses with a domain, at least one. */
gboolean rp_args_recipients(RpBusCall *call, const char *const *texts, char ***recipients);
/* Where a page begins, behind this id, "" for the first one. It need not be there any more: pages
 * go on behind what has left. */
gboolean rp_args_after(RpBusCall *call, const char *text, RpMessageId *after);
/* A time from which a message may go: not negative, not beyond ten years. */
gboolean rp_args_not_before(RpAgent *agent, RpBusCall *call, RpTime time);
/* Of names of states; none is 0. */
gboolean rp_args_states(RpBusCall *call, const char *const *names, guint *mask);
/* Where the machine is must be known. */
gboolean rp_args_place_known(RpAgent *agent, RpBusCall *call);
/* No other place is coming. */
gboolean rp_args_stays(RpAgent *agent, RpBusCall *call);

/* ---- the methods of other files: RpBusHandler ---- */

void rp_service_change(RpBusCall *call, GVariant *arguments, gpointer data);
void rp_service_cancel(RpBusCall *call, GVariant *arguments, gpointer data);
void rp_service_amend(RpBusCall *call, GVariant *arguments, gpointer data);
void rp_service_use_set(RpBusCall *call, GVariant *arguments, gpointer data);
void rp_service_learn(RpBusCall *call, GVariant *arguments, gpointer data);
void rp_service_forget(RpBusCall *call, GVariant *arguments, gpointer data);
void rp_service_dial(RpBusCall *call, GVariant *arguments, gpointer data);
void rp_service_hang_up(RpBusCall *call, GVariant *arguments, gpointer data);
void rp_service_reload(RpBusCall *call, GVariant *arguments, gpointer data);
void rp_service_pause(RpBusCall *call, GVariant *arguments, gpointer data);
void rp_service_simulate(RpBusCall *call, GVariant *arguments, gpointer data);
void rp_service_find(RpBusCall *call, GVariant *arguments, gpointer data);
void rp_service_history(RpBusCall *call, GVariant *arguments, gpointer data);
void rp_service_submit(RpBusCall *call, GVariant *arguments, gpointer data);
void rp_service_open(RpBusCall *call, GVariant *arguments, gpointer data);
