/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service-private.h"

#include "roampost/language.h"

/* Change, Cancel and Amend: what users do to messages. */

/* ---- the verbs ---- */

typedef struct {
	const char *name;
	void (*apply)(RpQueueChange *change, RpMessageId id, const char *set);
	/* Once it is on the disk, for these (RpMessageId), which are not none; or NULL. */
	void (*also)(RpAgent *agent, const GArray *ids);
	void (*apply_all)(
		RpQueueChange *change); /* where none are named; NULL: then it is refused */
	void (*also_all)(RpAgent *agent);
	gboolean takes_set;
} RpVerb;

static void
apply_hold(RpQueueChange *change, RpMessageId id, const char *set)
{
	rp_change_hold(change, id);
}

static void
apply_release(RpQueueChange *change, RpMessageId id, const char *set)
{
	rp_change_release(change, id);
}

static void
apply_retry(RpQueueChange *change, RpMessageId id, const char *set)
{
	rp_change_retry(change, id);
}

static void
apply_delete(RpQueueChange *change, RpMessageId id, const char *set)
{
	rp_change_delete(change, id);
}

static void
apply_pin(RpQueueChange *change, RpMessageId id, const char *set)
{
	rp_change_pin(change, id, *set ? set : NULL);
}

static void
apply_flush(RpQueueChange *change, RpMessageId id, const char *set)
{
	rp_change_undefer(change, id);
}

static void
forget_rejections(RpAgent *agent, const GArray *ids)
{
	rp_records_forget(agent->ground.records, NULL, RP_FAILURE_REJECTED);
	rp_lanes_try_now(agent->lanes, NULL);
}

static void
forget_failures(RpAgent *agent, const GArray *ids)
{
	rp_transport_look_anew(agent->transport);
	rp_records_forget(agent->ground.records, NULL, -1);
	rp_records_try_observations(agent->ground.records);
	rp_lanes_try_now(agent->lanes, NULL);
}

static const RpVerb verbs[] = {
	{.name = "hold", .apply = apply_hold},
	{.name = "release", .apply = apply_release, .also = forget_rejections},
	{.name = "retry", .apply = apply_retry, .also = forget_failures},
	{.name = "delete", .apply = apply_delete},
	{.name = "pin", .apply = apply_pin, .takes_set = TRUE},
	{.name = "flush",
		.apply = apply_flush,
		.also = rp_agent_try_messages,
		.apply_all = rp_change_undefer_all,
		.also_all = rp_agent_try_now},
};

static const RpVerb *
find_verb(RpBusCall *call, const char *name)
{
	for (guint i = 0; i < G_N_ELEMENTS(verbs); i++)
		if (g_str_equal(verbs[i].name, name))
			return &verbs[i];
	rp_bus_call_refuse(call, RP_ERROR_INVALID,
		_("“%s” is no verb; there are hold, release, retry, delete, pin and flush"), name);
	return NULL;
}

/* ---- one call ---- */

typedef struct {
	RpAgent *agent;
	RpBusCall *call;
	const RpVerb *verb;
	GVariantBuilder refused;
	guint n_open; /* changes on their way to the disk, and one while there may be more */
	GArray *done; /* RpMessageId: those that are on it */
} RpChanging;

typedef struct {
	RpChanging *changing;
	RpMessageId id;
	char *name; /* as the caller named it */
} RpOne;

static void
answer(gpointer user)
{
	RpChanging *changing = user;

	rp_bus_call_return(changing->call, g_variant_new("(a(sss))", &changing->refused));
	g_array_unref(changing->done);
	g_free(changing);
}

static void
refuse_one(RpChanging *changing, const char *name, const GError *error)
{
	g_autofree char *text = rp_text_shown(error->message);

	g_variant_builder_add(&changing->refused, "(sss)", name, rp_bus_error_name(error), text);
}

static void
close_one(RpChanging *changing)
{
	if (--changing->n_open)
		return;
	if (!changing->done->len) {
		answer(changing);
		return;
	}
	if (changing->verb->also)
		changing->verb->also(changing->agent, changing->done);
	rp_planner_wait(changing->agent->planner, answer, changing);
}

static void
on_changed(const GError *error, gpointer user)
{
	g_autofree RpOne *one = user;
	g_autofree char *name = one->name;

	if (error)
		refuse_one(one->changing, name, error);
	else
		g_array_append_val(one->changing->done, one->id);
	close_one(one->changing);
}

/* Each is a change of its own, so that one that is refused stops no other; the queue's writer puts
 * them into one commit. */
static void
change_one(RpChanging *changing, const char *name, RpMessageId id, const char *set)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(changing->agent));
	RpOne *one = g_new(RpOne, 1);

	*one = (RpOne){changing, id, g_strdup(name)};
	changing->verb->apply(change, id, set);
	changing->n_open++;
	rp_agent_write(changing->agent, change, on_changed, one);
}

/* What there is of the messages named, each once. */
static void
change_named(RpChanging *changing, const char *const *names, const char *set)
{
	g_autoptr(GHashTable) seen =
		g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);

	for (; *names; names++) {
		g_autoptr(GError) error = NULL;
		RpMessageId id;

		if (!rp_queue_resolve(changing->agent->ground.queue, *names, &id, &error))
			refuse_one(changing, *names, error);
		else if (g_hash_table_add(seen, g_memdup2(&id, sizeof id)))
			change_one(changing, *names, id, set);
	}
}

static void
on_all_changed(const GError *error, gpointer user)
{
	RpChanging *changing = user;

	if (!error) {
		changing->verb->also_all(changing->agent);
		rp_planner_wait(changing->agent->planner, answer, changing);
		return;
	}
	g_variant_builder_clear(&changing->refused);
	rp_bus_call_fail(changing->call, g_error_copy(error));
	g_array_unref(changing->done);
	g_free(changing);
}

static void
change_all(RpChanging *changing)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(changing->agent));

	changing->verb->apply_all(change);
	rp_agent_write(changing->agent, change, on_all_changed, changing);
}

static RpChanging *
changing_new(RpAgent *agent, RpBusCall *call, const RpVerb *verb)
{
	RpChanging *changing = g_new0(RpChanging, 1);

	changing->agent = agent;
	changing->call = call;
	changing->verb = verb;
	changing->n_open = 1;
	changing->done = g_array_new(FALSE, FALSE, sizeof(RpMessageId));
	g_variant_builder_init(&changing->refused, G_VARIANT_TYPE("a(sss)"));
	return changing;
}

/* FALSE: the call is answered. */
static gboolean
check(RpAgent *agent, RpBusCall *call, const RpVerb *verb, const char *const *ids, const char *set)
{
	if (!ids[0] && !verb->apply_all)
		rp_bus_call_refuse(call, RP_ERROR_INVALID, _("no message is named"));
	else if (set && !verb->takes_set)
		rp_bus_call_refuse(call, RP_ERROR_INVALID, _("the option set does not go with %s"),
			verb->name);
	else if (!set && verb->takes_set)
		rp_bus_call_refuse(call, RP_ERROR_INVALID,
			_("%s needs the option set: the server set's name, or \"\" for none"),
			verb->name);
	else if (rp_args_named(call, ids, RP_ARGS_ID_LONGEST))
		return !set || !*set || rp_args_set(agent, call, set);
	return FALSE;
}

void
rp_service_change(RpBusCall *call, GVariant *arguments, gpointer data)
{
	g_autofree const char **ids = NULL;
	g_autoptr(GVariant) options = NULL;
	const char *name, *set = NULL;
	RpChanging *changing;
	const RpVerb *verb;

	g_variant_get(arguments, "(&s^a&s@a{sv})", &name, &ids, &options);
	g_variant_lookup(options, "set", "&s", &set);
	verb = find_verb(call, name);
	if (!verb || !check(data, call, verb, ids, set))
		return;
	changing = changing_new(data, call, verb);
	if (!ids[0]) {
		change_all(changing);
		return;
	}
	change_named(changing, ids, set);
	close_one(changing);
}

/* ---- Cancel ---- */

typedef struct {
	RpAgent *agent;
	RpBusCall *call;
} RpCancelling;

static void
answer_cancelled(gpointer user)
{
	rp_bus_call_return(user, NULL);
}

static void
on_cancelled(const GError *error, gpointer user)
{
	g_autofree RpCancelling *cancelling = user;

	if (error)
		rp_bus_call_fail(cancelling->call, g_error_copy(error));
	else
		rp_planner_wait(cancelling->agent->planner, answer_cancelled, cancelling->call);
}

static void
hold_cancelled(RpAgent *agent, RpBusCall *call, RpMessageId id)
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));
	RpCancelling *cancelling = g_new(RpCancelling, 1);

	*cancelling = (RpCancelling){agent, call};
	rp_change_hold(change, id);
	rp_agent_write(agent, change, on_cancelled, cancelling);
}

void
rp_service_cancel(RpBusCall *call, GVariant *arguments, gpointer data)
{
	RpAgent *agent = data;
	g_autoptr(RpQueueMessage) message = rp_args_message(agent, call, rp_args_text(arguments));

	if (!message)
		return;
	switch (rp_lanes_cancel(agent->lanes, message->id)) {
	case RP_LANES_CANCELLED:
		hold_cancelled(agent, call, message->id);
		return;
	case RP_LANES_NOT_SENDING:
		rp_bus_call_refuse(call, RP_ERROR_STATE,
			_("the message is not being sent; hold keeps it from being so"));
		return;
	case RP_LANES_TOO_LATE:
		rp_bus_call_refuse(call, RP_ERROR_STATE,
			_("the server has all of the message, and its answer is waited for: that "
			  "can't be undone"));
		return;
	case RP_LANES_SHARED:
		rp_bus_call_refuse(call, RP_ERROR_BUSY,
			_("the server has all of another message of the same session, and its "
			  "answer "
			  "is waited for: try again in a moment"));
		return;
	}
}

/* ---- Amend ---- */

typedef struct {
	RpAgent *agent;
	RpBusCall *call;
	RpMessageId id;
} RpAmending;

static void
answer_amended(gpointer user)
{
	g_autofree RpAmending *amending = user;
	g_autoptr(GError) error = NULL;
	g_autoptr(RpQueueMessage) message =
		rp_queue_get(amending->agent->ground.queue, amending->id, &error);

	if (message)
		rp_bus_call_return(amending->call,
			g_variant_new("(@a{sv})", rp_tell_message(amending->agent->tell, message)));
	else if (g_error_matches(error, RP_ERROR, RP_ERROR_NOT_FOUND)) /* it was sent meanwhile */
		rp_bus_call_return(amending->call, g_variant_new("(a{sv})", NULL));
	else
		rp_bus_call_fail(amending->call, g_steal_pointer(&error));
}

static void
on_amended(const GError *error, gpointer user)
{
	RpAmending *amending = user;

	if (!error) {
		rp_planner_wait(amending->agent->planner, answer_amended, amending);
		return;
	}
	rp_bus_call_fail(amending->call, g_error_copy(error));
	g_free(amending);
}

void
rp_service_amend(RpBusCall *call, GVariant *arguments, gpointer data)
{
	RpAgent *agent = data;
	g_autoptr(GVariant) options = NULL;
	g_autofree const char **to = NULL;
	g_autofree char *sender = NULL;
	g_auto(GStrv) recipients = NULL;
	const char *id, *from = NULL, *pin = NULL;
	RpTime not_before = -1;
	RpAmending amending = {agent, call, 0};
	RpQueueChange *change;

	g_variant_get(arguments, "(&s@a{sv})", &id, &options);
	g_variant_lookup(options, "sender", "&s", &from);
	g_variant_lookup(options, "recipients", "^a&s", &to);
	g_variant_lookup(options, "pin", "&s", &pin);
	gboolean puts_off = g_variant_lookup(options, "not-before", "x", &not_before);
	if (!from && !to && !pin && !puts_off) {
		rp_bus_call_refuse(call, RP_ERROR_INVALID,
			_("say what to change: sender, recipients, pin or not-before"));
		return;
	}
	if (!rp_args_id(agent, call, id, &amending.id) ||
		(from && !rp_args_sender(call, from, &sender)) ||
		(to && !rp_args_recipients(call, to, &recipients)) ||
		(pin && *pin && !rp_args_set(agent, call, pin)) ||
		(puts_off && !rp_args_not_before(agent, call, not_before)))
		return;
	change = rp_queue_change_new(rp_agent_now(agent));
	if (from || to)
		rp_change_edit(change, amending.id, sender, (const char *const *)recipients);
	if (pin)
		rp_change_pin(change, amending.id, *pin ? pin : NULL);
	if (puts_off)
		rp_change_not_before(change, amending.id, not_before);
	rp_agent_write(agent, change, on_amended, g_memdup2(&amending, sizeof amending));
}
