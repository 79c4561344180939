/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-transport.h"

#include <string.h>

typedef struct {
	RpDelivery parent;
	FakeTransport *fake;
	char *set;
	char *host;
	guint16 port;
	const RpDeliveryCallbacks *callbacks;
	gpointer user;
	guint source;
	RpAddress local;
	gboolean reached; /* it is connected */
	gboolean silent;
	gboolean ready;
	gboolean finished;
	RpSessionResult end; /* OK: none yet */
	GPtrArray *held;     /* FakeMessage: not answered yet */
	RpTime free_at;      /* when its server has looked at all that was answered */
} FakeDelivery;

typedef struct {
	gpointer user;
	char **recipients;
	guint n;
	RpTime came_at;
} FakeMessage;

typedef struct {
	RpPopLogin parent;
	FakeTransport *fake;
	char *set;
	RpAddress local;
	RpPopLoginDone done;
	gpointer user;
	guint source;
} FakePop;

static void
fake_message_free(gpointer data)
{
	FakeMessage *message = data;

	g_strfreev(message->recipients);
	g_free(message);
}

static RpSessionResult
take_result(GHashTable *results, const char *set)
{
	guint value = GPOINTER_TO_UINT(g_hash_table_lookup(results, set));

	return value ? (RpSessionResult)(value - 1) : RP_SESSION_OK;
}

static void
delivery_free(FakeDelivery *delivery)
{
	g_clear_handle_id(&delivery->source, g_source_remove);
	g_ptr_array_remove(delivery->fake->deliveries, delivery);
	g_ptr_array_unref(delivery->held);
	g_free(delivery->set);
	g_free(delivery->host);
	g_free(delivery);
}

static void
close_delivery(FakeDelivery *delivery, RpSessionResult result)
{
	RpSessionReport report = {.result = result,
		.local = delivery->local,
		.host = delivery->host,
		.port = delivery->port,
		.silent = delivery->silent,
		.detail = delivery->fake->detail ? delivery->fake->detail : "said the script"};

	delivery->callbacks->closed(&delivery->parent, &report, delivery->user);
	delivery_free(delivery);
}

static gboolean turn(gpointer data);

static void
again(FakeDelivery *delivery)
{
	if (!delivery->source)
		delivery->source = g_idle_add(turn, delivery);
}

static void
answer(FakeDelivery *delivery, const FakeMessage *message)
{
	g_autofree RpSmtpRecipientResult *results = g_new0(RpSmtpRecipientResult, message->n);
	g_autofree RpReply *replies = g_new0(RpReply, message->n);
	RpSmtpMessageResult result = {
		.user = message->user, .recipients = results, .n_recipients = message->n};

	for (guint i = 0; i < message->n; i++) {
		const char *reply =
			g_hash_table_lookup(delivery->fake->replies, message->recipients[i]);

		results[i].outcome = RP_SMTP_ACCEPTED;
		if (!reply) {
			g_ptr_array_add(delivery->fake->sent,
				g_strdup_printf("%s: %s", delivery->set, message->recipients[i]));
		} else if (g_str_has_prefix(reply, "lost") || g_str_equal(reply, "cut")) {
			delivery->end = RP_SESSION_LOST;
			results[i].outcome = *reply == 'l' ? RP_SMTP_IN_DOUBT : RP_SMTP_NOT_SENT;
		} else if (g_str_has_prefix(reply, "closing")) {
			delivery->end = RP_SESSION_TRY_LATER;
			results[i].outcome = RP_SMTP_NOT_SENT;
		} else {
			replies[i] = rp_reply_make(
				RP_STAGE_RCPT, (guint)g_ascii_strtoull(reply, NULL, 10), reply + 4);
			results[i].outcome = RP_SMTP_REFUSED;
			results[i].reply = &replies[i];
		}
		if (reply && g_str_has_suffix(reply, " once"))
			g_hash_table_remove(delivery->fake->replies, message->recipients[i]);
	}
	delivery->callbacks->outcome(&delivery->parent, &result, delivery->user);
}

static guint
count_ready(const FakeTransport *fake)
{
	guint n = 0;

	for (guint i = 0; i < fake->deliveries->len; i++)
		n += ((FakeDelivery *)fake->deliveries->pdata[i])->ready;
	return n;
}

/* As the real one: connected, which tells the round trip, and then greeted. */
static void
come_up(FakeDelivery *delivery)
{
	FakeTransport *fake = delivery->fake;
	RpSessionReport report = {.result = RP_SESSION_OK,
		.local = delivery->local,
		.host = delivery->host,
		.port = delivery->port,
		.banner_domain = fake->banner,
		.capabilities = {.can = fake->can, .max_domains = fake->max_domains}};

	if (!delivery->reached) {
		delivery->reached = TRUE;
		delivery->callbacks->reached(&delivery->parent, delivery->user);
		again(delivery);
	} else if (fake->broken) {
		close_delivery(delivery, RP_SESSION_LOST);
	} else if (fake->most && count_ready(fake) >= fake->most) {
		close_delivery(delivery, RP_SESSION_TRY_LATER);
	} else if (fake->n_silent && count_ready(fake) >= 2) {
		fake->n_silent--;
		delivery->silent = TRUE;
		close_delivery(delivery, RP_SESSION_LOST);
	} else {
		delivery->ready = TRUE;
		fake->n_at_once = MAX(fake->n_at_once, count_ready(fake));
		delivery->callbacks->ready(&delivery->parent, &report, delivery->user);
		delivery->callbacks->want(&delivery->parent, delivery->user);
	}
}

static void
answer_first(FakeDelivery *delivery)
{
	FakeMessage *message = g_ptr_array_steal_index(delivery->held, 0);

	if (delivery->fake->answering)
		delivery->fake->answering(delivery->fake);
	answer(delivery, message);
	if (delivery->end == RP_SESSION_OK)
		delivery->callbacks->want(&delivery->parent, delivery->user);
	again(delivery);
	fake_message_free(message);
}

static gboolean
turn(gpointer data)
{
	FakeDelivery *delivery = data;
	FakeTransport *fake = delivery->fake;
	RpSessionResult result = take_result(fake->session_results, delivery->set);

	delivery->source = 0;
	if (result != RP_SESSION_OK) {
		g_hash_table_remove(fake->session_results, delivery->set);
		close_delivery(delivery, result);
	} else if (delivery->end != RP_SESSION_OK) {
		close_delivery(delivery, delivery->end);
	} else if (delivery->held->len && fake->stall) {
		/* fake_go_on */
	} else if (delivery->held->len) {
		answer_first(delivery);
	} else if (delivery->finished) {
		close_delivery(delivery, RP_SESSION_OK);
	} else if (!delivery->ready) {
		come_up(delivery);
	}
	return G_SOURCE_REMOVE;
}

void
fake_go_on(FakeTransport *fake)
{
	fake->stall = FALSE;
	for (guint i = 0; i < fake->deliveries->len; i++)
		again(fake->deliveries->pdata[i]);
}

/* Every session has a server of its own, which looks at one message after the other. */
static RpTime
done_at(const FakeDelivery *delivery)
{
	const FakeMessage *message = delivery->held->pdata[0];

	return MAX(delivery->free_at, message->came_at) + delivery->fake->server_time;
}

gboolean
fake_answer_next(FakeTransport *fake)
{
	FakeDelivery *first = NULL;

	for (guint i = 0; i < fake->deliveries->len; i++) {
		FakeDelivery *delivery = fake->deliveries->pdata[i];

		if (delivery->held->len && (!first || done_at(delivery) < done_at(first)))
			first = delivery;
	}
	if (!first)
		return FALSE;
	first->free_at = done_at(first);
	*fake->clock = MAX(*fake->clock, first->free_at);
	answer_first(first);
	return TRUE;
}

/* Where a connection of the family comes from. */
static RpAddress
route_local(const FakeTransport *fake, const RpRoute *route)
{
	gboolean other =
		route->family == RP_FAMILY_IPV4 && fake->local_ipv4.family == RP_FAMILY_IPV4;

	return other ? fake->local_ipv4 : fake->local;
}

static void
log_family(FakeTransport *fake, const char *what, const RpRoute *route)
{
	static const char *const names[] = {
		[RP_FAMILY_ANY] = "any", [RP_FAMILY_IPV4] = "v4", [RP_FAMILY_IPV6] = "v6"};

	g_string_append_printf(fake->families, "%s %s; ", what, names[route->family]);
}

static RpDelivery *
fake_start(RpTransport *transport, const RpServerSet *set, const RpRoute *route,
	const RpDeliveryOptions *options, const RpDeliveryCallbacks *callbacks, gpointer user)
{
	FakeTransport *fake = (FakeTransport *)transport;
	FakeDelivery *delivery = g_new0(FakeDelivery, 1);

	delivery->parent.transport = transport;
	delivery->fake = fake;
	delivery->set = g_strdup(set->name);
	delivery->host = g_strdup(((RpEndpoint *)set->smtp->pdata[0])->host);
	delivery->port = ((RpEndpoint *)set->smtp->pdata[0])->port;
	delivery->callbacks = callbacks;
	delivery->user = user;
	delivery->held = g_ptr_array_new_with_free_func(fake_message_free);
	delivery->local = route_local(fake, route);
	g_ptr_array_add(fake->deliveries, delivery);
	log_family(fake, "smtp", route);
	fake->n_sessions++;
	g_string_append_printf(fake->log, "smtp %s via %s%s; ", set->name,
		route->interface ? route->interface : "any",
		options->without_login ? " without login" : "");
	again(delivery);
	return &delivery->parent;
}

static gboolean
fake_push(RpDelivery *base, const RpSmtpMessage *message)
{
	FakeDelivery *delivery = (FakeDelivery *)base;
	FakeMessage *copy = g_new0(FakeMessage, 1);

	copy->user = message->user;
	copy->n = message->n_recipients;
	copy->came_at = delivery->fake->server_time ? *delivery->fake->clock : 0;
	copy->recipients = g_new0(char *, copy->n + 1);
	for (guint i = 0; i < copy->n; i++)
		copy->recipients[i] = g_strdup(message->recipients[i]);
	g_ptr_array_add(delivery->held, copy);
	again(delivery);
	return TRUE;
}

static void
fake_finish(RpDelivery *base)
{
	FakeDelivery *delivery = (FakeDelivery *)base;

	delivery->finished = TRUE;
	again(delivery);
}

static void
fake_cancel(RpDelivery *base)
{
	FakeDelivery *delivery = (FakeDelivery *)base;

	for (guint i = 0; i < delivery->held->len; i++) {
		FakeMessage *message = delivery->held->pdata[i];
		g_autofree RpSmtpRecipientResult *results =
			g_new0(RpSmtpRecipientResult, message->n);
		RpSmtpMessageResult result = {
			.user = message->user, .recipients = results, .n_recipients = message->n};

		for (guint j = 0; j < message->n; j++)
			results[j].outcome = RP_SMTP_NOT_SENT;
		delivery->callbacks->outcome(&delivery->parent, &result, delivery->user);
	}
	delivery_free(delivery);
}

static void
pop_free(FakePop *pop)
{
	g_clear_handle_id(&pop->source, g_source_remove);
	g_free(pop->set);
	g_free(pop);
}

static gboolean
pop_turn(gpointer data)
{
	FakePop *pop = data;
	RpSessionReport report = {.result = take_result(pop->fake->pop_results, pop->set),
		.local = pop->local,
		.detail = pop->fake->detail ? pop->fake->detail : "said the script"};

	pop->source = 0;
	pop->done(&pop->parent, &report, pop->user);
	pop_free(pop);
	return G_SOURCE_REMOVE;
}

static RpPopLogin *
fake_pop_login(RpTransport *transport, const RpServerSet *set, const RpRoute *route,
	const RpPopLoginOptions *options, RpPopLoginDone done, gpointer user)
{
	FakePop *pop = g_new0(FakePop, 1);

	pop->parent.transport = transport;
	pop->fake = (FakeTransport *)transport;
	pop->set = g_strdup(set->name);
	pop->local = route_local(pop->fake, route);
	log_family(pop->fake, "pop", route);
	pop->done = done;
	pop->user = user;
	g_string_append_printf(pop->fake->log, "pop %s; ", set->name);
	pop->source = g_idle_add(pop_turn, pop);
	return &pop->parent;
}

static void
fake_pop_cancel(RpPopLogin *login)
{
	pop_free((FakePop *)login);
}

static void
fake_measure(const RpDelivery *delivery, RpLineMeasure *measure)
{
	*measure = ((const FakeDelivery *)delivery)->fake->measure;
}

static void
fake_each_progress(const RpDelivery *delivery, RpSmtpProgressFunc func, gpointer user)
{
	const FakeDelivery *fake = (const FakeDelivery *)delivery;

	for (guint i = 0; i < fake->held->len; i++) {
		const FakeMessage *message = fake->held->pdata[i];
		RpSmtpProgress progress = fake->fake->progress;

		if (g_strcmp0(fake->fake->is_there, message->recipients[0]) == 0)
			progress.at = RP_SMTP_AT_ANSWER;
		func(message->user, &progress, user);
	}
}

static void
fake_astray(RpDelivery *delivery, gboolean astray)
{
	((FakeDelivery *)delivery)->fake->n_astray += astray ? 1 : 0;
}

static void
fake_trust_chunking(RpDelivery *delivery)
{
}

static void
fake_prepare(RpTransport *transport, const RpSessionWish *wishes, guint n)
{
	FakeTransport *fake = (FakeTransport *)transport;

	g_string_truncate(fake->prepared, 0);
	for (guint i = 0; i < n; i++)
		g_string_append_printf(fake->prepared, "%s%u %s %s%s", i ? "; " : "", wishes[i].n,
			wishes[i].set->name,
			wishes[i].route.interface ? wishes[i].route.interface : "-",
			wishes[i].proven_only ? " proven" : "");
	fake->n_prepared += n;
}

static void
fake_place_changed(RpTransport *transport, const char *place)
{
}

static void
fake_free(RpTransport *transport)
{
	FakeTransport *fake = (FakeTransport *)transport;

	g_string_free(fake->log, TRUE);
	g_string_free(fake->families, TRUE);
	g_string_free(fake->prepared, TRUE);
	g_ptr_array_unref(fake->deliveries);
	g_hash_table_unref(fake->session_results);
	g_hash_table_unref(fake->pop_results);
	g_hash_table_unref(fake->replies);
	g_ptr_array_unref(fake->sent);
	g_free(fake);
}

FakeTransport *
fake_transport_new(void)
{
	static const RpTransportOps ops = {
		.delivery_start = fake_start,
		.delivery_push = fake_push,
		.delivery_finish = fake_finish,
		.delivery_cancel = fake_cancel,
		.delivery_measure = fake_measure,
		.delivery_each_progress = fake_each_progress,
		.delivery_astray = fake_astray,
		.delivery_trust_chunking = fake_trust_chunking,
		.prepare = fake_prepare,
		.pop_login = fake_pop_login,
		.pop_login_cancel = fake_pop_cancel,
		.place_changed = fake_place_changed,
		.free = fake_free,
	};
	FakeTransport *fake = g_new0(FakeTransport, 1);

	fake->parent.ops = &ops;
	fake->log = g_string_new(NULL);
	fake->prepared = g_string_new(NULL);
	fake->families = g_string_new(NULL);
	fake->deliveries = g_ptr_array_new();
	fake->session_results = g_hash_table_new(g_str_hash, g_str_equal);
	fake->pop_results = g_hash_table_new(g_str_hash, g_str_equal);
	fake->replies = g_hash_table_new(g_str_hash, g_str_equal);
	fake->sent = g_ptr_array_new_with_free_func(g_free);
	return fake;
}
