/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-agent.h"

#include "private-bus.h"

#include <string.h>

#define AGENT "org.roampost.Agent1"
#define WINDOW "org.roampost.Outbox"
#define APPLICATION "org.freedesktop.Application"

static void
answer(FakeAgent *agent, DBusMessage *call, const char *argument)
{
	g_string_append_printf(
		agent->log, "%s %s;", dbus_message_get_member(call), argument ? argument : "");
	if (agent->refusal != NULL)
		rp_dbus_reply_error(
			agent->bus, call, "org.roampost.Error.State", "%s", agent->refusal);
	else
		rp_dbus_reply_args(agent->bus, call, DBUS_TYPE_INVALID);
}

static void
on_text(DBusMessage *call, gpointer user)
{
	const char *text = NULL;
	DBusMessageIter iter;

	dbus_message_iter_init(call, &iter);
	dbus_message_iter_get_basic(&iter, &text);
	answer(user, call, text);
}

static void
on_list(DBusMessage *call, gpointer user)
{
	const char *first = NULL;
	DBusMessageIter iter, list;

	dbus_message_iter_init(call, &iter);
	dbus_message_iter_recurse(&iter, &list);
	if (dbus_message_iter_get_arg_type(&list) == DBUS_TYPE_STRING)
		dbus_message_iter_get_basic(&list, &first);
	answer(user, call, first);
}

static void
on_none(DBusMessage *call, gpointer user)
{
	answer(user, call, NULL);
}

static void
on_flag(DBusMessage *call, gpointer user)
{
	dbus_bool_t flag = FALSE;
	DBusMessageIter iter;

	dbus_message_iter_init(call, &iter);
	dbus_message_iter_get_basic(&iter, &flag);
	answer(user, call, flag ? "true" : "false");
}

/* The verb, the ids and the set; refused message by message. */
static void
on_change(DBusMessage *call, gpointer user)
{
	FakeAgent *agent = user;
	DBusMessage *reply = dbus_message_new_method_return(call);
	DBusMessageIter iter, list, row, value;
	const char *text, *key;

	dbus_message_iter_init(call, &iter);
	dbus_message_iter_get_basic(&iter, &text);
	g_string_append_printf(agent->log, "Change %s", text);
	dbus_message_iter_next(&iter);
	dbus_message_iter_recurse(&iter, &list);
	for (; dbus_message_iter_get_arg_type(&list) == DBUS_TYPE_STRING;
		dbus_message_iter_next(&list)) {
		dbus_message_iter_get_basic(&list, &text);
		g_string_append_printf(agent->log, " %s", text);
	}
	dbus_message_iter_next(&iter);
	dbus_message_iter_recurse(&iter, &list);
	while (rp_dbus_dict_next(&list, &key, &value)) {
		dbus_message_iter_get_basic(&value, &text);
		g_string_append_printf(agent->log, " %s", text);
	}
	g_string_append_c(agent->log, ';');
	dbus_message_iter_init_append(reply, &iter);
	dbus_message_iter_open_container(&iter, DBUS_TYPE_ARRAY, "(sss)", &list);
	if (agent->refusal != NULL) {
		dbus_message_iter_open_container(&list, DBUS_TYPE_STRUCT, NULL, &row);
		rp_dbus_append_string(&row, "aa");
		rp_dbus_append_string(&row, "org.roampost.Error.NotFound");
		rp_dbus_append_string(&row, agent->refusal);
		dbus_message_iter_close_container(&list, &row);
	}
	dbus_message_iter_close_container(&iter, &list);
	rp_dbus_reply(agent->bus, call, reply);
}

static void
on_activate(DBusMessage *call, gpointer user)
{
	const char *key, *token = NULL;
	DBusMessageIter iter, dict, value;

	dbus_message_iter_init(call, &iter);
	dbus_message_iter_recurse(&iter, &dict);
	while (rp_dbus_dict_next(&dict, &key, &value))
		if (strcmp(key, "activation-token") == 0)
			dbus_message_iter_get_basic(&value, &token);
	answer(user, call, token);
}

static const RpDBusMethod agent_methods[] = {
	{AGENT, "Dial", "s", on_text},
	{AGENT, "UseSet", "sb", on_text},
	{AGENT, "Check", "as", on_list},
	{AGENT, "HangUp", "", on_none},
	{AGENT, "Pause", "b", on_flag},
	{AGENT, "Change", "sasa{sv}", on_change},
	{NULL},
};
static const RpDBusMethod window_methods[] = {
	{APPLICATION, "Activate", "a{sv}", on_activate},
	{NULL},
};
static const RpDBusObjectInfo agent_info = {"/org/roampost/Agent1", "<node/>", agent_methods, NULL};
static const RpDBusObjectInfo window_info = {
	"/org/roampost/Outbox", "<node/>", window_methods, NULL};

static void
on_name(gboolean owned, gpointer user)
{
	((FakeAgent *)user)->n_owned += owned;
}

FakeAgent *
fake_agent_new(void)
{
	FakeAgent *agent = g_new0(FakeAgent, 1);

	agent->log = g_string_new(NULL);
	agent->bus = rp_dbus_new_session();
	agent->agent = rp_dbus_export(agent->bus, &agent_info, agent);
	agent->window = rp_dbus_export(agent->bus, &window_info, agent);
	agent->agent_name = rp_dbus_request_name(agent->bus, AGENT, 0, on_name, agent);
	agent->window_name = rp_dbus_request_name(agent->bus, WINDOW, 0, on_name, agent);
	run_until(agent->n_owned == 2);
	return agent;
}

void
fake_agent_free(FakeAgent *agent)
{
	rp_dbus_name_free(agent->agent_name);
	rp_dbus_name_free(agent->window_name);
	rp_dbus_object_free(agent->agent);
	rp_dbus_object_free(agent->window);
	rp_dbus_unref(agent->bus);
	g_string_free(agent->log, TRUE);
	g_free(agent);
}
