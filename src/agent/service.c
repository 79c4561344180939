/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "agent-private.h"

#include "roampost/base.h"
#include "roampost/submit.h"

#include <string.h>

#define PAGE_SIZE 1000

/* ---- asking the queue ---- */

static RpQueueMessage *
find(RpAgent *agent, RpBusCall *call, const char *id)
{
	GError *error = NULL;
	RpQueueMessage *message;
	RpMessageId number;

	if (!rp_service_resolve(agent, call, id, &number))
		return NULL;
	message = rp_queue_get(agent->ground.queue, number, &error);
	if (!message)
		rp_bus_call_fail(call, error);
	return message;
}

/* ---- changes that are answered when they are on the disk ---- */

static void
answer_when_planned(gpointer user)
{
	rp_bus_call_return(user, NULL);
}

typedef struct {
	RpAgent *agent;
	RpBusCall *call;
	void (*also)(
		RpAgent *agent); /* once it is on the disk, and not when it is refused; or NULL */
} RpPending;

static void
plan_when_written(const GError *error, gpointer user)
{
	g_autofree RpPending *pending = user;

	if (error) {
		rp_bus_call_fail(pending->call, g_error_copy(error));
		return;
	}
	if (pending->also)
		pending->also(pending->agent);
	rp_planner_wait(pending->agent->planner, answer_when_planned, pending->call);
}

static void
apply_also_and_plan(
	RpAgent *agent, RpBusCall *call, RpQueueChange *change, void (*also)(RpAgent *agent))
{
	RpPending *pending = g_new(RpPending, 1);

	*pending = (RpPending){agent, call, also};
	rp_agent_write(agent, change, plan_when_written, pending);
}

static void
apply_and_plan(RpAgent *agent, RpBusCall *call, RpQueueChange *change)
{
	apply_also_and_plan(agent, call, change, NULL);
}

typedef void (*RpIdFunc)(RpQueueChange *change, RpMessageId id);

static void
change_all(RpAgent *agent, RpBusCall *call, const char *const *ids, RpIdFunc func,
	void (*also)(RpAgent *agent))
{
	RpQueueChange *change = rp_queue_change_new(rp_agent_now(agent));
	RpMessageId id;

	if (!ids[0]) {
		rp_queue_change_free(change);
		rp_bus_call_refuse(call, RP_ERROR_INVALID, "No message is named.");
		return;
	}
	for (; *ids; ids++) {
		if (!rp_service_resolve(agent, call, *ids, &id)) {
			rp_queue_change_free(change);
			return;
		}
		func(change, id);
	}
	apply_also_and_plan(agent, call, change, also);
}

static void
handle_hold(RpBusCall *call, const char *const *ids, gpointer data)
{
	change_all(data, call, ids, rp_change_hold, NULL);
}

static void
forget_rejections(RpAgent *agent)
{
	rp_records_forget(agent->ground.records, NULL, RP_FAILURE_REJECTED);
	rp_lanes_try_now(agent->lanes, NULL);
}

static void
handle_release(RpBusCall *call, const char *const *ids, gpointer data)
{
	change_all(data, call, ids, rp_change_release, forget_rejections);
}

static void
forget_failures(RpAgent *agent)
{
	rp_records_forget(agent->ground.records, NULL, -1);
	rp_lanes_try_now(agent->lanes, NULL);
}

static void
handle_retry(RpBusCall *call, const char *const *ids, gpointer data)
{
	change_all(data, call, ids, rp_change_retry, forget_failures);
}

static void
handle_remove(RpBusCall *call, const char *const *ids, gpointer data)
{
	change_all(data, call, ids, rp_change_delete, NULL);
}

static void
handle_pin(RpBusCall *call, const char *id, const char *set, gpointer data)
{
	RpAgent *agent = data;
	RpQueueChange *change;
	RpMessageId number;

	if (!rp_service_resolve(agent, call, id, &number) ||
		(*set && !rp_service_has_set(agent, call, set)))
		return;
	change = rp_queue_change_new(rp_agent_now(agent));
	rp_change_pin(change, number, *set ? set : NULL);
	apply_and_plan(agent, call, change);
}

/* What stands in an envelope is sent to servers as it is, and a sender in the header too. */
static gboolean
read_address(RpBusCall *call, const char *text, char **address)
{
	GError *error = NULL;

	*address = rp_submit_address(text, &error);
	if (!*address)
		rp_bus_call_fail(call, error);
	return *address != NULL;
}

static gboolean
read_sender(RpBusCall *call, const char *text, char **sender)
{
	if (!*text)
		return TRUE;
	if (!g_str_equal(text, "<>"))
		return read_address(call, text, sender);
	*sender = g_strdup("");
	return TRUE;
}

/* NULL for an empty list. FALSE: the call is answered. */
static gboolean
read_addresses(RpBusCall *call, const char *const *texts, char ***addresses)
{
	g_autoptr(GPtrArray) read = g_ptr_array_new_with_free_func(g_free);
	char *address;

	for (; *texts; texts++) {
		if (!read_address(call, *texts, &address))
			return FALSE;
		g_ptr_array_add(read, address);
	}
	if (!read->len)
		return TRUE;
	g_ptr_array_add(read, NULL);
	*addresses = (char **)g_ptr_array_free(g_steal_pointer(&read), FALSE);
	return TRUE;
}

static void
handle_edit(RpBusCall *call, const char *id, const char *from, const char *const *to, gpointer data)
{
	RpAgent *agent = data;
	g_autofree char *sender = NULL;
	g_auto(GStrv) recipients = NULL;
	RpQueueChange *change;
	RpMessageId number;

	if (!rp_service_resolve(agent, call, id, &number) || !read_sender(call, from, &sender) ||
		!read_addresses(call, to, &recipients))
		return;
	change = rp_queue_change_new(rp_agent_now(agent));
	rp_submit_edit(change, number, sender, (const char *const *)recipients);
	apply_and_plan(agent, call, change);
}

/* When everything that was handed over until now is on the disk, and planned. */
static void
answer_after_all(RpAgent *agent, RpBusCall *call)
{
	apply_and_plan(agent, call, rp_queue_change_new(rp_agent_now(agent)));
}

static void
handle_flush(RpBusCall *call, const char *const *ids, gpointer data)
{
	g_autoptr(GArray) messages = g_array_new(FALSE, FALSE, sizeof(RpMessageId));
	RpAgent *agent = data;
	RpMessageId id;

	for (const char *const *name = ids; *name; name++) {
		if (!rp_service_resolve(agent, call, *name, &id))
			return;
		g_array_append_val(messages, id);
	}
	if (messages->len)
		rp_agent_try_messages(agent, messages);
	else
		rp_agent_try_now(agent);
	answer_after_all(agent, call);
}

/* ---- reading ---- */

static gboolean
parse_states(RpBusCall *call, const char *const *states, guint *mask)
{
	for (*mask = 0; *states; states++) {
		RpMessageState state;

		if (!rp_message_state_from_name(*states, &state)) {
			rp_bus_call_refuse(call, RP_ERROR_INVALID,
				"\"%s\" is no state; there are queued, held, sending, deferred "
				"and failed.",
				*states);
			return FALSE;
		}
		*mask |= 1u << state;
	}
	return TRUE;
}

static void
handle_list(
	RpBusCall *call, const char *const *states, const char *after, guint limit, gpointer data)
{
	RpAgent *agent = data;
	g_autoptr(GPtrArray) messages = NULL;
	GVariantBuilder builder;
	RpMessageId id = 0;
	GError *error = NULL;
	guint mask;

	if (!parse_states(call, states, &mask) ||
		(*after && !rp_service_resolve(agent, call, after, &id)))
		return;
	limit = limit && limit < PAGE_SIZE ? limit : PAGE_SIZE;
	messages = rp_queue_list(agent->ground.queue, mask, id, limit, &error);
	if (!messages) {
		rp_bus_call_fail(call, error);
		return;
	}
	g_variant_builder_init(&builder, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < messages->len; i++)
		g_variant_builder_add_value(
			&builder, rp_tell_message(agent->tell, messages->pdata[i]));
	rp_bus_call_return(call, g_variant_new("(aa{sv})", &builder));
}

static void
handle_get(RpBusCall *call, const char *id, gpointer data)
{
	g_autoptr(RpQueueMessage) message = find(data, call, id);

	if (message)
		rp_bus_call_return(
			call, g_variant_new("(@a{sv})",
				      rp_tell_message(((RpAgent *)data)->tell, message)));
}

static void
return_text(RpBusCall *call, char *text)
{
	rp_bus_call_return(call, g_variant_new("(s)", text));
	g_free(text);
}

static void
handle_explain(RpBusCall *call, const char *id, gpointer data)
{
	g_autoptr(RpQueueMessage) message = find(data, call, id);

	if (message)
		return_text(call, rp_tell_explanation(((RpAgent *)data)->tell, message));
}

static void
handle_status(RpBusCall *call, gpointer data)
{
	return_text(call, rp_tell_status(((RpAgent *)data)->tell));
}

static void
handle_where(RpBusCall *call, gpointer data)
{
	return_text(call, rp_tell_where(((RpAgent *)data)->tell));
}

static void
handle_sets(RpBusCall *call, gpointer data)
{
	return_text(call, rp_tell_sets(((RpAgent *)data)->tell));
}

static void
handle_lookup(RpBusCall *call, const char *address, gpointer data)
{
	RpAgent *agent = data;
	g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(RpPrefixEntry));
	g_autoptr(GPtrArray) names = g_ptr_array_new();
	RpAddress parsed;

	if (!rp_address_parse(address, &parsed)) {
		rp_bus_call_refuse(call, RP_ERROR_INVALID, "\"%s\" is no IP address.", address);
		return;
	}
	rp_catalogue_lookup(rp_agent_catalogue(agent), &parsed, found);
	for (guint i = 0; i < found->len; i++) {
		char *name = rp_catalogue_provider(
			rp_agent_catalogue(agent), g_array_index(found, RpPrefixEntry, i).value)
				     ->name;

		if (!g_ptr_array_find(names, name, NULL))
			g_ptr_array_add(names, name);
	}
	g_ptr_array_add(names, NULL);
	rp_bus_call_return(call, g_variant_new("(^as)", names->pdata));
}

/* ---- doing ---- */

static void
handle_check(RpBusCall *call, const char *const *sets, gpointer data)
{
	RpAgent *agent = data;
	const RpCatalogue *catalogue = rp_agent_catalogue(agent);

	for (const char *const *name = sets; *name; name++) {
		if (!rp_service_has_set(agent, call, *name))
			return;
		if (!rp_agent_find_set(agent, *name)->pop) {
			rp_bus_call_refuse(call, RP_ERROR_STATE,
				"The server set \"%s\" has no POP server to check.", *name);
			return;
		}
	}
	if (!rp_whereabouts_is_known(agent->ground.whereabouts)) {
		rp_bus_call_refuse(call, RP_ERROR_STARTING,
			"It is not known yet where this machine is: try again in a moment.");
		return;
	}
	/* Not to a portal either: it would get the password. */
	if (!rp_whereabouts_is_online(agent->ground.whereabouts)) {
		rp_bus_call_refuse(call, RP_ERROR_STATE, "No usable link is up.");
		return;
	}
	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++) {
		const RpServerSet *set = rp_catalogue_set(catalogue, i);

		if (set->pop && (!sets[0] || g_strv_contains(sets, set->name)) &&
			!rp_lanes_check(agent->lanes, set))
			rp_bus_service_check_done(agent->bus, set->name, 0, "no usable link is up");
	}
	rp_bus_call_return(call, NULL);
}

static void
use(RpAgent *agent, RpBusCall *call, const char *set, gboolean keep)
{
	gboolean automatic = g_str_equal(set, "auto") || !*set;

	if (!automatic && !rp_service_has_set(agent, call, set))
		return;
	rp_agent_use(agent, automatic ? NULL : set, keep && !automatic);
	rp_planner_wait(agent->planner, answer_when_planned, call);
}

static void
handle_use_set(RpBusCall *call, const char *set, gpointer data)
{
	use(data, call, set, FALSE);
}

static void
handle_keep_set(RpBusCall *call, const char *set, gpointer data)
{
	use(data, call, set, TRUE);
}

static void
handle_reload(RpBusCall *call, gpointer data)
{
	RpAgent *agent = data;
	GError *error = NULL;

	if (agent->parts.reload(agent->parts.user, &error))
		answer_after_all(agent, call);
	else
		rp_bus_call_fail(call, error);
}

static gboolean
has_provider(RpAgent *agent, RpBusCall *call, const char *provider)
{
	if (rp_catalogue_find_provider(rp_agent_catalogue(agent), provider) >= 0)
		return TRUE;
	rp_bus_call_refuse(call, RP_ERROR_NOT_FOUND, "There is no provider \"%s\".", provider);
	return FALSE;
}

static void
place_taught_when_written(const GError *error, gpointer user)
{
	g_autofree RpPending *pending = user;

	if (error) {
		rp_bus_call_fail(pending->call, g_error_copy(error));
		return;
	}
	rp_records_load(pending->agent->ground.records);
	rp_agent_place_taught(pending->agent);
	rp_planner_wait(pending->agent->planner, answer_when_planned, pending->call);
}

static void
apply_lesson(RpAgent *agent, RpBusCall *call, RpQueueChange *change)
{
	RpPending *pending = g_new(RpPending, 1);

	*pending = (RpPending){agent, call, NULL};
	rp_agent_write(agent, change, place_taught_when_written, pending);
}

static void
handle_learn(RpBusCall *call, const char *provider, gpointer data)
{
	RpAgent *agent = data;
	g_autoptr(RpLearned) learned = NULL;
	RpQueueChange *change;

	if (!has_provider(agent, call, provider))
		return;
	learned = rp_place_learn(rp_whereabouts_place(agent->ground.whereabouts), provider);
	if (!learned) {
		rp_bus_call_refuse(call, RP_ERROR_STATE,
			"Nothing tells this place from others: no connection's name, no gateway, "
			"no "
			"public address.");
		return;
	}
	change = rp_queue_change_new(rp_agent_now(agent));
	rp_change_learn(change, learned);
	apply_lesson(agent, call, change);
}

static void
handle_forget(RpBusCall *call, const char *what, gpointer data)
{
	RpAgent *agent = data;
	RpQueueChange *change;

	if (g_str_equal(what, "failures")) {
		rp_records_forget(agent->ground.records, NULL, -1);
		rp_agent_try_now(agent);
		answer_after_all(agent, call);
		return;
	}
	if (!has_provider(agent, call, what))
		return;
	change = rp_queue_change_new(rp_agent_now(agent));
	rp_change_unlearn(change, what);
	apply_lesson(agent, call, change);
}

static void
answer_dial(const GError *error, gpointer user)
{
	if (error)
		rp_bus_call_fail(user, g_error_copy(error));
	else
		rp_bus_call_return(user, NULL);
}

static void
handle_dial(RpBusCall *call, const char *provider, gpointer data)
{
	RpAgent *agent = data;
	gint index = rp_catalogue_find_provider(rp_agent_catalogue(agent), provider);
	const RpProvider *found;

	if (!has_provider(agent, call, provider))
		return;
	found = rp_catalogue_provider(rp_agent_catalogue(agent), (guint)index);
	if (found->nm_connections[0])
		rp_dialler_dial(agent->dialler, (const char *const *)found->nm_connections,
			answer_dial, call);
	else
		rp_bus_call_refuse(call, RP_ERROR_NOT_FOUND,
			"The provider \"%s\" has no nm-connections to dial.", provider);
}

static void
handle_hang_up(RpBusCall *call, gpointer data)
{
	rp_dialler_hang_up(((RpAgent *)data)->dialler, answer_dial, call);
}

const RpBusHandlers rp_service_handlers = {
	.submit = rp_service_submit,
	.list = handle_list,
	.pin = handle_pin,
	.edit = handle_edit,
	.flush = handle_flush,
	.check = handle_check,
	.hold = handle_hold,
	.release = handle_release,
	.retry = handle_retry,
	.remove = handle_remove,
	.get = handle_get,
	.open = rp_service_open,
	.explain = handle_explain,
	.use_set = handle_use_set,
	.keep_set = handle_keep_set,
	.learn = handle_learn,
	.forget = handle_forget,
	.lookup = handle_lookup,
	.dial = handle_dial,
	.hang_up = handle_hang_up,
	.reload = handle_reload,
	.status = handle_status,
	.where = handle_where,
	.sets = handle_sets,
};
