/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-desktop"

#include "desktop-private.h"

#include "roampost/base.h"

/* What a click asks for is done. What is the agent's is asked of its D-Bus interface, as any other
 * program would: so it is checked, done and refused in one place, in the same words. */

#define AGENT "org.roampost.Agent1"
#define AGENT_PATH "/org/roampost/Agent1"
/* A line that is dialled is given up after 55 s, and its place after 10 more. */
#define CALL_MS 70000

struct RpDoer {
	RpDBus *bus;
	const RpDoerEvents *events;
	gpointer user;
	GPtrArray *calls; /* of RpDoing: under way */
	RpDBusStateWatch *watch;
	RpDBusCall *asking; /* what the bus can start */
	gboolean is_ready;
	gboolean has_outbox;
};

typedef struct {
	RpDoer *doer;
	RpDBusCall *call;
	RpDesktopAction *action;
} RpDoing;

static void
doing_free(gpointer data)
{
	RpDoing *doing = data;

	rp_dbus_call_free(doing->call);
	rp_desktop_action_free(doing->action);
	g_free(doing);
}

/* ---- what can be started ---- */

/* A bus that does not tell has no window to start. */
static void
on_startable(DBusMessage *reply, const GError *error, gpointer data)
{
	RpDoer *doer = data;

	g_clear_pointer(&doer->asking, rp_dbus_call_free);
	doer->is_ready = TRUE;
	doer->has_outbox = error == NULL && rp_names_hold(reply, RP_OUTBOX_NAME);
	doer->events->ready(doer->user);
}

/* At each connection: windows are installed, and taken away. */
static void
on_bus(gboolean connected, gpointer data)
{
	RpDoer *doer = data;

	g_clear_pointer(&doer->asking, rp_dbus_call_free);
	doer->is_ready = FALSE;
	if (!connected)
		return;
	DBusMessage *message = dbus_message_new_method_call(
		DBUS_SERVICE_DBUS, DBUS_PATH_DBUS, DBUS_INTERFACE_DBUS, "ListActivatableNames");
	doer->asking = rp_dbus_call(doer->bus, message, CALL_MS, on_startable, doer);
}

RpDoer *
rp_doer_new(RpDBus *bus, const RpDoerEvents *events, gpointer user)
{
	RpDoer *doer = g_new0(RpDoer, 1);

	doer->bus = bus;
	doer->events = events;
	doer->user = user;
	doer->calls = g_ptr_array_new_with_free_func(doing_free);
	doer->watch = rp_dbus_watch_state(bus, on_bus, doer);
	return doer;
}

void
rp_doer_free(RpDoer *doer)
{
	rp_dbus_state_watch_free(doer->watch);
	g_clear_pointer(&doer->asking, rp_dbus_call_free);
	g_ptr_array_unref(doer->calls);
	g_free(doer);
}

gboolean
rp_doer_is_ready(const RpDoer *doer)
{
	return doer->is_ready;
}

gboolean
rp_doer_has_outbox(const RpDoer *doer)
{
	return doer->has_outbox;
}

/* ---- the agent's methods ---- */

static void
append_nothing(DBusMessageIter *iter, const RpDesktopAction *action)
{
}

static void
append_subject(DBusMessageIter *iter, const RpDesktopAction *action)
{
	rp_dbus_append_string(iter, action->subject);
}

/* Only that one; none: all. */
static void
append_list(DBusMessageIter *iter, const RpDesktopAction *action)
{
	const char *const list[] = {*action->subject ? action->subject : NULL, NULL};

	rp_dbus_append_strv(iter, list);
}

static void
append_use(DBusMessageIter *iter, const RpDesktopAction *action)
{
	dbus_bool_t keep = FALSE;

	rp_dbus_append_string(iter, action->subject);
	dbus_message_iter_append_basic(iter, DBUS_TYPE_BOOLEAN, &keep);
}

static void
append_pause(DBusMessageIter *iter, const RpDesktopAction *action)
{
	dbus_bool_t pause = action->verb == RP_DO_PAUSE;

	dbus_message_iter_append_basic(iter, DBUS_TYPE_BOOLEAN, &pause);
}

/* The verb's name is Change's. A subject is an id; of a pin, the set is behind it. */
static void
append_change(DBusMessageIter *iter, const RpDesktopAction *action)
{
	g_auto(GStrv) words = g_strsplit(action->subject, " ", 2);
	const char *const ids[] = {words[0], NULL};
	DBusMessageIter options;

	rp_dbus_append_string(iter, rp_desktop_verb_name(action->verb));
	rp_dbus_append_strv(iter, ids);
	rp_dbus_dict_open(iter, &options);
	if (words[0] != NULL && words[1] != NULL)
		rp_dbus_dict_string(&options, "set", words[1]);
	rp_dbus_dict_close(iter, &options);
}

static const struct {
	const char *member;
	void (*append)(DBusMessageIter *iter, const RpDesktopAction *action);
} methods[] = {
	[RP_DO_DIAL] = {"Dial", append_subject},
	[RP_DO_HANG_UP] = {"HangUp", append_nothing},
	[RP_DO_CHECK_MAIL] = {"Check", append_list},
	[RP_DO_USE_SET] = {"UseSet", append_use},
	[RP_DO_FLUSH] = {"Change", append_change},
	[RP_DO_PAUSE] = {"Pause", append_pause},
	[RP_DO_RESUME] = {"Pause", append_pause},
	[RP_DO_RELEASE] = {"Change", append_change},
	[RP_DO_RETRY] = {"Change", append_change},
	[RP_DO_DELETE] = {"Change", append_change},
	[RP_DO_PIN] = {"Change", append_change},
};

static void
refuse(RpDoing *doing, const char *words)
{
	RpDoer *doer = doing->doer;
	g_autofree char *sentence = rp_text_sentence(words);

	g_message("%s: %s", doing->action->label, sentence);
	doer->events->refused(doing->action, sentence, doer->user);
}

/* Change answers with those that it refused: id, error, sentence. */
static void
look_for_refusals(RpDoing *doing, DBusMessage *reply)
{
	const char *sentence;
	DBusMessageIter iter, list, row;

	if (!dbus_message_has_signature(reply, "a(sss)"))
		return;
	dbus_message_iter_init(reply, &iter);
	dbus_message_iter_recurse(&iter, &list);
	if (dbus_message_iter_get_arg_type(&list) != DBUS_TYPE_STRUCT)
		return;
	dbus_message_iter_recurse(&list, &row);
	dbus_message_iter_next(&row);
	dbus_message_iter_next(&row);
	dbus_message_iter_get_basic(&row, &sentence);
	refuse(doing, sentence);
}

static void
on_done(DBusMessage *reply, const GError *error, gpointer data)
{
	RpDoing *doing = data;

	if (error != NULL)
		refuse(doing, error->message);
	else
		look_for_refusals(doing, reply);
	g_ptr_array_remove_fast(doing->doer->calls, doing);
}

static void
call_agent(RpDoer *doer, const RpDesktopAction *action)
{
	DBusMessage *message = dbus_message_new_method_call(
		AGENT, AGENT_PATH, AGENT, methods[action->verb].member);
	RpDoing *doing = g_new(RpDoing, 1);
	DBusMessageIter iter;

	dbus_message_iter_init_append(message, &iter);
	methods[action->verb].append(&iter, action);
	*doing = (RpDoing){doer, NULL, rp_desktop_action_copy(action)};
	g_ptr_array_add(doer->calls, doing);
	doing->call = rp_dbus_call(doer->bus, message, CALL_MS, on_done, doing);
}

void
rp_doer_do(RpDoer *doer, const RpDesktopAction *action, const char *token)
{
	switch (action->verb) {
	case RP_DO_OPEN_PAGE:
		rp_start_page(action->subject, token);
		return;
	case RP_DO_SHOW_OUTBOX:
		rp_start_outbox(doer->bus, token);
		return;
	case RP_DO_DIAL:
	case RP_DO_HANG_UP:
	case RP_DO_CHECK_MAIL:
	case RP_DO_USE_SET:
	case RP_DO_FLUSH:
	case RP_DO_PAUSE:
	case RP_DO_RESUME:
	case RP_DO_RELEASE:
	case RP_DO_RETRY:
	case RP_DO_DELETE:
	case RP_DO_PIN:
		call_agent(doer, action);
		return;
	}
	g_return_if_reached();
}
