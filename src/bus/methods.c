/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service-private.h"

#include <stddef.h>

/* Every handler has one of a few shapes; a function below reads the arguments of each. */
#define HANDLER(type, method, handlers)                                                            \
	(*(type const *)(gconstpointer)((const char *)(handlers) + (method)->handler))

static void
run_plain(const RpBusMethod *method, const RpBusHandlers *handlers, RpBusCall *call,
	DBusMessage *message, gpointer data)
{
	HANDLER(RpBusPlainFunc, method, handlers)(call, data);
}

static void
run_name(const RpBusMethod *method, const RpBusHandlers *handlers, RpBusCall *call,
	DBusMessage *message, gpointer data)
{
	const char *name = NULL;
	dbus_message_get_args(message, NULL, DBUS_TYPE_STRING, &name, DBUS_TYPE_INVALID);
	HANDLER(RpBusNameFunc, method, handlers)(call, name, data);
}

static void
run_list(const RpBusMethod *method, const RpBusHandlers *handlers, RpBusCall *call,
	DBusMessage *message, gpointer data)
{
	g_autoptr(GVariant) arguments = rp_bus_values_read(message);
	g_autofree const char **list = NULL;
	g_variant_get(arguments, "(^a&s)", &list);
	HANDLER(RpBusListFunc, method, handlers)(call, list, data);
}

/* A list that must name something. */
static void
run_some(const RpBusMethod *method, const RpBusHandlers *handlers, RpBusCall *call,
	DBusMessage *message, gpointer data)
{
	g_autoptr(GVariant) arguments = rp_bus_values_read(message);
	g_autofree const char **list = NULL;
	g_variant_get(arguments, "(^a&s)", &list);
	if (list[0] == NULL)
		rp_bus_call_refuse(call, RP_ERROR_INVALID, "no message is named");
	else
		HANDLER(RpBusListFunc, method, handlers)(call, list, data);
}

static void
run_submit(const RpBusMethod *method, const RpBusHandlers *handlers, RpBusCall *call,
	DBusMessage *message, gpointer data)
{
	int fd = -1;
	DBusMessageIter iter;
	dbus_message_iter_init(message, &iter);
	dbus_message_iter_get_basic(&iter, &fd); /* duplicated: ours */
	if (fd < 0) {
		rp_bus_call_refuse(call, RP_ERROR_INVALID, "no descriptor came with the message");
		return;
	}
	g_autoptr(GVariant) arguments = rp_bus_values_read(message);
	const char *sender;
	g_autofree const char **recipients = NULL;
	g_autoptr(GVariant) options = NULL;
	g_variant_get(arguments, "(&s&s^a&s@a{sv})", NULL, &sender, &recipients, &options);
	GError *error = NULL;
	if (!rp_bus_options_fit(options, "set s", &error)) {
		rp_fd_clear(&fd);
		rp_bus_call_fail(call, error);
		return;
	}
	handlers->submit(call, fd, sender, recipients, options, data);
}

static void
run_list_page(const RpBusMethod *method, const RpBusHandlers *handlers, RpBusCall *call,
	DBusMessage *message, gpointer data)
{
	g_autoptr(GVariant) arguments = rp_bus_values_read(message);
	g_autofree const char **states = NULL;
	const char *after;
	guint32 limit;
	g_variant_get(arguments, "(^a&s&su)", &states, &after, &limit);
	handlers->list(call, states, after, limit, data);
}

static void
run_pin(const RpBusMethod *method, const RpBusHandlers *handlers, RpBusCall *call,
	DBusMessage *message, gpointer data)
{
	const char *id = NULL;
	const char *set = NULL;
	dbus_message_get_args(
		message, NULL, DBUS_TYPE_STRING, &id, DBUS_TYPE_STRING, &set, DBUS_TYPE_INVALID);
	handlers->pin(call, id, set, data);
}

static void
run_edit(const RpBusMethod *method, const RpBusHandlers *handlers, RpBusCall *call,
	DBusMessage *message, gpointer data)
{
	g_autoptr(GVariant) arguments = rp_bus_values_read(message);
	const char *id;
	const char *from;
	g_autofree const char **to = NULL;
	g_variant_get(arguments, "(&s&s^a&s)", &id, &from, &to);
	handlers->edit(call, id, from, to, data);
}

#define AT(member) offsetof(RpBusHandlers, member)

/* A test holds this table to the interface's XML. */
const RpBusMethod rp_bus_methods[] = {
	{"Submit", "hsasa{sv}", "(s)", run_submit, AT(submit)},
	{"Flush", "as", "()", run_list, AT(flush)},
	{"Check", "as", "()", run_list, AT(check)},
	{"List", "assu", "(aa{sv})", run_list_page, AT(list)},
	{"Get", "s", "(a{sv})", run_name, AT(get)},
	{"Open", "s", "(h)", run_name, AT(open)},
	{"Explain", "s", "(s)", run_name, AT(explain)},
	{"Hold", "as", "()", run_some, AT(hold)},
	{"Release", "as", "()", run_some, AT(release)},
	{"Retry", "as", "()", run_some, AT(retry)},
	{"Delete", "as", "()", run_some, AT(remove)},
	{"Pin", "ss", "()", run_pin, AT(pin)},
	{"Edit", "ssas", "()", run_edit, AT(edit)},
	{"UseSet", "s", "()", run_name, AT(use_set)},
	{"KeepSet", "s", "()", run_name, AT(keep_set)},
	{"Learn", "s", "()", run_name, AT(learn)},
	{"Forget", "s", "()", run_name, AT(forget)},
	{"Lookup", "s", "(as)", run_name, AT(lookup)},
	{"Dial", "s", "()", run_name, AT(dial)},
	{"HangUp", "", "()", run_plain, AT(hang_up)},
	{"Reload", "", "()", run_plain, AT(reload)},
	{"Status", "", "(s)", run_plain, AT(status)},
	{"Where", "", "(s)", run_plain, AT(where)},
	{"Sets", "", "(s)", run_plain, AT(sets)},
};
const guint rp_bus_n_methods = G_N_ELEMENTS(rp_bus_methods);

const RpBusMethod *
rp_bus_method_find(const char *name)
{
	for (guint i = 0; i < rp_bus_n_methods; i++)
		if (g_str_equal(rp_bus_methods[i].name, name))
			return &rp_bus_methods[i];
	g_return_val_if_reached(NULL);
}

void
rp_bus_method_run(const RpBusMethod *method, const RpBusHandlers *handlers, RpBusCall *call,
	DBusMessage *message, gpointer data)
{
	method->run(method, handlers, call, message, data);
}
