/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-link"
#include "roampost/dbusloop.h"
#include "roampost/link.h"

#include <string.h>

/* Modems as ModemManager has them: which network each is registered in, and whether as a guest.
 * Links are not its business: they are told by whoever brought them up, and known by the ports. */

#define SERVICE "org.freedesktop.ModemManager1"
#define ROOT "/org/freedesktop/ModemManager1"
#define MODEM SERVICE ".Modem"
#define MODEM_3GPP SERVICE ".Modem.Modem3gpp"
#define OBJECT_MANAGER "org.freedesktop.DBus.ObjectManager"
#define PROPERTIES "org.freedesktop.DBus.Properties"

/* MMModem3gppRegistrationState: the three kinds of being a guest. */
enum {
	STATE_ROAMING = 5,
	STATE_ROAMING_SMS_ONLY = 7,
	STATE_ROAMING_CSFB_NOT_PREFERRED = 10,
};

typedef struct {
	RpLinkSource source;
	char *address;
	RpDBus *bus;
	RpDBusOwnerWatch *owner;
	RpDBusSubscription *subscriptions[3];
	RpDBusCall *call;
	gboolean again; /* something changed while the answer was on its way */
	char *told;     /* of the modems, what was told last */
} MmSource;

/* ---- What the answer says ---- */

static const char *
read_string(DBusMessageIter *value)
{
	const char *text = NULL;

	if (dbus_message_iter_get_arg_type(value) == DBUS_TYPE_STRING)
		dbus_message_iter_get_basic(value, &text);
	return text && *text ? text : NULL;
}

static gboolean
read_roaming(DBusMessageIter *value)
{
	dbus_uint32_t state = 0;

	if (dbus_message_iter_get_arg_type(value) == DBUS_TYPE_UINT32)
		dbus_message_iter_get_basic(value, &state);
	return state == STATE_ROAMING || state == STATE_ROAMING_SMS_ONLY ||
	       state == STATE_ROAMING_CSFB_NOT_PREFERRED;
}

/* a(su): names and what they are for. All of a modem are its own. */
static void
read_ports(DBusMessageIter *value, GPtrArray *ports)
{
	DBusMessageIter array, port;

	if (dbus_message_iter_get_arg_type(value) != DBUS_TYPE_ARRAY)
		return;
	dbus_message_iter_recurse(value, &array);
	for (; dbus_message_iter_get_arg_type(&array) == DBUS_TYPE_STRUCT;
		dbus_message_iter_next(&array)) {
		dbus_message_iter_recurse(&array, &port);
		const char *name = read_string(&port);
		if (name)
			g_ptr_array_add(ports, g_strdup(name));
	}
}

static void
read_interface(const char *interface, DBusMessageIter *properties, RpModem *modem)
{
	gboolean general = g_str_equal(interface, MODEM);
	const char *key;
	DBusMessageIter value;

	if (!general && !g_str_equal(interface, MODEM_3GPP))
		return;
	while (rp_dbus_dict_next(properties, &key, &value)) {
		if (general && g_str_equal(key, "Ports")) {
			read_ports(&value, modem->ports);
		} else if (!general && g_str_equal(key, "OperatorCode")) {
			g_free(modem->operator_code);
			modem->operator_code = g_strdup(read_string(&value));
		} else if (!general && g_str_equal(key, "RegistrationState")) {
			modem->roaming = read_roaming(&value);
		}
	}
}

/* a{sa{sv}}: one object's interfaces. */
static RpModem *
read_object(DBusMessageIter *interfaces)
{
	RpModem *modem = rp_modem_new();
	DBusMessageIter properties;
	const char *name;

	while (rp_dbus_dict_next(interfaces, &name, &properties))
		read_interface(name, &properties, modem);
	return modem;
}

static void
read_objects(DBusMessage *reply, GPtrArray *modems)
{
	DBusMessageIter objects, interfaces;
	const char *path;

	if (!rp_dbus_objects_begin(reply, &objects))
		return;
	while (rp_dbus_dict_next(&objects, &path, &interfaces))
		g_ptr_array_add(modems, read_object(&interfaces));
}

/* ---- Telling ---- */

static char *
describe(const GPtrArray *modems)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < modems->len; i++) {
		const RpModem *modem = modems->pdata[i];

		for (guint k = 0; k < modem->ports->len; k++)
			g_string_append_printf(text, "%s ", (char *)modem->ports->pdata[k]);
		g_string_append_printf(text, "in %s%s; ",
			modem->operator_code ? modem->operator_code : "no network",
			modem->roaming ? " as a guest" : "");
	}
	return g_string_free(text, FALSE);
}

/* Most of what changes about a modem is the strength of its signal. */
static void
mm_report(MmSource *mm, RpLinkView *view)
{
	g_autofree char *now = describe(view->modems);

	view->complete = TRUE;
	if (g_strcmp0(now, mm->told) == 0) {
		rp_link_view_free(view);
		return;
	}
	if (*now)
		g_info("modems: %s", now);
	g_free(mm->told);
	mm->told = g_steal_pointer(&now);
	mm->source.report(&mm->source, view, mm->source.report_data);
}

static void ask(MmSource *mm);

static void
on_objects(DBusMessage *reply, const GError *error, gpointer user)
{
	MmSource *mm = user;
	RpLinkView *view;

	g_clear_pointer(&mm->call, rp_dbus_call_free);
	if (mm->again) {
		ask(mm);
		return;
	}
	view = rp_link_view_new();
	if (error)
		g_debug("ModemManager does not say what modems there are: %s", error->message);
	else
		read_objects(reply, view->modems);
	mm_report(mm, view);
}

static void
ask(MmSource *mm)
{
	if (mm->call) {
		mm->again = TRUE;
		return;
	}
	mm->again = FALSE;
	mm->call = rp_dbus_call(mm->bus,
		dbus_message_new_method_call(SERVICE, ROOT, OBJECT_MANAGER, "GetManagedObjects"),
		-1, on_objects, mm);
}

static void
on_signal(DBusMessage *signal, gpointer user)
{
	ask(user);
}

static void
on_owner(const char *owner, gpointer user)
{
	MmSource *mm = user;

	if (owner) {
		ask(mm);
		return;
	}
	g_clear_pointer(&mm->call, rp_dbus_call_free);
	mm_report(mm, rp_link_view_new());
}

/* ---- The source ---- */

/* Whether anybody can be asked: who has no bus waits for nobody. */
static gboolean
may_answer(const MmSource *mm)
{
	static const char scheme[] = "unix:path=";

	return mm->address &&
	       (!g_str_has_prefix(mm->address, scheme) ||
		       g_file_test(mm->address + strlen(scheme), G_FILE_TEST_EXISTS));
}

static void
mm_start(RpLinkSource *source)
{
	/* Ports never change without the modem being another one. */
	static const RpDBusMatch matches[] = {
		{.sender = SERVICE, .interface = PROPERTIES, .arg0 = MODEM_3GPP},
		{.sender = SERVICE, .interface = OBJECT_MANAGER, .member = "InterfacesAdded"},
		{.sender = SERVICE, .interface = OBJECT_MANAGER, .member = "InterfacesRemoved"},
	};
	MmSource *mm = (MmSource *)source;

	G_STATIC_ASSERT(G_N_ELEMENTS(matches) == G_N_ELEMENTS(mm->subscriptions));
	for (guint i = 0; i < G_N_ELEMENTS(matches); i++)
		mm->subscriptions[i] = rp_dbus_subscribe(mm->bus, &matches[i], on_signal, mm);
	mm->owner = rp_dbus_watch_owner(mm->bus, SERVICE, on_owner, mm);
	if (!may_answer(mm))
		mm_report(mm, rp_link_view_new());
}

static void
mm_free(RpLinkSource *source)
{
	MmSource *mm = (MmSource *)source;

	rp_dbus_call_free(mm->call);
	rp_dbus_owner_watch_free(mm->owner);
	for (guint i = 0; i < G_N_ELEMENTS(mm->subscriptions); i++)
		rp_dbus_subscription_free(mm->subscriptions[i]);
	rp_dbus_unref(mm->bus);
	g_free(mm->address);
	g_free(mm->told);
	g_free(mm);
}

static const RpLinkSourceClass mm_class = {
	.name = "modemmanager",
	.start = mm_start,
	.free = mm_free,
};

RpLinkSource *
rp_link_source_modemmanager_new(const char *system_bus)
{
	MmSource *mm = g_new0(MmSource, 1);

	mm->source.class = &mm_class;
	mm->address = system_bus ? g_strdup(system_bus) : rp_dbus_system_address();
	mm->bus = rp_dbus_new_address(mm->address);
	return &mm->source;
}
