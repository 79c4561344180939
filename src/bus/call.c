/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-bus"
#include "service-private.h"

#include "roampost/language.h"
#include "roampost/words.h"

#include <unistd.h>

/* A method call from its coming to its one answer. */

struct RpBusCall {
	RpBusCalls *calls; /* NULL: nobody waits any more */
	const RpBusMethod *method;
	DBusMessage *message;
	const RpLanguage *language; /* the caller's */
};

void
rp_bus_calls_init(RpBusCalls *calls, RpDBus *bus)
{
	calls->bus = bus;
	calls->open = g_hash_table_new(NULL, NULL);
}

void
rp_bus_calls_abandon(RpBusCalls *calls)
{
	GHashTableIter iter;
	gpointer key;
	g_hash_table_iter_init(&iter, calls->open);
	while (g_hash_table_iter_next(&iter, &key, NULL))
		((RpBusCall *)key)->calls = NULL;
	g_hash_table_remove_all(calls->open);
}

void
rp_bus_calls_clear(RpBusCalls *calls)
{
	rp_bus_calls_abandon(calls);
	g_hash_table_unref(calls->open);
}

RpBusCall *
rp_bus_call_new(RpBusCalls *calls, const RpBusMethod *method, DBusMessage *message)
{
	RpBusCall *call = g_new0(RpBusCall, 1);
	call->calls = calls;
	call->method = method;
	call->message = dbus_message_ref(message);
	call->language = rp_language_current();
	g_hash_table_add(calls->open, call);
	return call;
}

GVariant *
rp_bus_call_arguments(const RpBusCall *call)
{
	return rp_bus_values_read(call->message);
}

const char *
rp_bus_call_sender(const RpBusCall *call)
{
	return dbus_message_get_sender(call->message);
}

RpFd
rp_bus_call_take_fd(RpBusCall *call)
{
	DBusMessageIter iter;
	int fd = -1;

	if (dbus_message_iter_init(call->message, &iter) &&
		dbus_message_iter_get_arg_type(&iter) == DBUS_TYPE_UNIX_FD)
		dbus_message_iter_get_basic(&iter, &fd); /* duplicated: ours */
	return fd;
}

static void
call_free(RpBusCall *call)
{
	if (call->calls != NULL)
		g_hash_table_remove(call->calls->open, call);
	dbus_message_unref(call->message);
	g_free(call);
}

static void
answer(RpBusCall *call, DBusMessage *reply)
{
	if (call->calls != NULL)
		rp_dbus_reply(call->calls->bus, call->message, reply);
	else
		dbus_message_unref(reply);
	call_free(call);
}

void
rp_bus_call_return(RpBusCall *call, GVariant *values)
{
	g_autoptr(GVariant) tuple =
		g_variant_ref_sink(values != NULL ? values : g_variant_new("()"));
	if (!g_variant_is_of_type(tuple, G_VARIANT_TYPE(call->method->out))) {
		g_critical("%s returns %s, not %s", call->method->name,
			g_variant_get_type_string(tuple), call->method->out);
		rp_bus_call_refuse(call, RP_ERROR_IO, _("the agent's answer has the wrong type"));
		return;
	}
	DBusMessage *reply = dbus_message_new_method_return(call->message);
	rp_bus_values_append(reply, tuple);
	if (!rp_bus_fits(reply, tuple)) {
		dbus_message_unref(reply);
		reply = dbus_message_new_error(call->message, DBUS_ERROR_LIMITS_EXCEEDED,
			"The answer would be larger than the bus carries: ask for less at once.");
	}
	answer(call, reply);
}

void
rp_bus_call_return_fd(RpBusCall *call, RpFd descriptor)
{
	g_auto(RpFd) fd = descriptor;
	DBusMessage *reply = dbus_message_new_method_return(call->message);
	if (dbus_message_append_args(reply, DBUS_TYPE_UNIX_FD, &fd, DBUS_TYPE_INVALID)) {
		answer(call, reply);
		return;
	}
	dbus_message_unref(reply);
	rp_bus_call_refuse(call, RP_ERROR_IO, _("the descriptor can't be passed on"));
}

void
rp_bus_call_fail(RpBusCall *call, GError *error)
{
	g_autoptr(GError) owned = error;
	/* What went wrong later was not said to anybody yet. */
	g_auto(RpLanguageScope) scope = rp_language_enter(call->language);
	g_autofree char *words = rp_words_shown(error->message);
	g_autofree char *text = rp_text_shown(words); /* callers' words are in it */
	answer(call, dbus_message_new_error(call->message, rp_bus_error_name(owned), text));
}

void
rp_bus_call_refuse(RpBusCall *call, RpErrorCode code, const char *format, ...)
{
	va_list arguments;
	va_start(arguments, format);
	rp_bus_call_fail(call, g_error_new_valist(RP_ERROR, (gint)code, format, arguments));
	va_end(arguments);
}
