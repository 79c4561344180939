/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

/* The transport behind the seam: its sessions over whatever wires it was given. */

static const RpTransportTimes default_times = {
	.connect_ms = 60 * 1000,
	.greeting_ms = 300 * 1000,
	.greeting_next_ms = 30 * 1000,
	.stage_ms = 300 * 1000,
	.handshake_ms = 30 * 1000,
	.stall_look_ms = 5 * 1000,
	.password_ms = 120 * 1000,
	.quit_ms = 3000,
	.reply_percent = 100,
	.probe_ms = 15 * 1000,
	.look_ms = 45 * 1000,
	.port_smtp = 25,
	.port_submission = 587,
	.port_submissions = 465,
};

static void
look_anew(RpTransport *transport)
{
	g_hash_table_remove_all(((RpWiredTransport *)transport)->doubts);
}

static void
place_changed(RpTransport *transport, const char *place)
{
	look_anew(transport);
	rp_shunned_clear(((RpWiredTransport *)transport)->shunned);
	rp_wires_place_changed(((RpWiredTransport *)transport)->wires, place);
}

static void
transport_free(RpTransport *transport)
{
	RpWiredTransport *wired = (RpWiredTransport *)transport;
	RpDelivery *delivery;
	RpPopLogin *login;
	RpPopFetch *fetch;
	g_ptr_array_unref(wired->prepared);
	g_hash_table_unref(wired->in_vain);
	while ((delivery = g_queue_peek_head(&wired->deliveries)))
		rp_wired_delivery_cancel(delivery);
	while ((login = g_queue_peek_head(&wired->logins)))
		rp_wired_pop_login_cancel(login);
	while ((fetch = g_queue_peek_head(&wired->fetches)))
		rp_wired_pop_fetch_cancel(fetch);
	g_hash_table_unref(wired->doubts);
	rp_wires_free(wired->wires);
	rp_shunned_free(wired->shunned);
	rp_scram_free(wired->scram);
	g_free(wired);
}

static const RpTransportOps wired_ops = {
	.delivery_start = rp_wired_delivery_start,
	.delivery_push = rp_wired_delivery_push,
	.delivery_finish = rp_wired_delivery_finish,
	.delivery_cancel = rp_wired_delivery_cancel,
	.delivery_take_back = rp_wired_delivery_take_back,
	.delivery_shun = rp_wired_delivery_shun,
	.delivery_measure = rp_wired_delivery_measure,
	.delivery_each_progress = rp_wired_delivery_each_progress,
	.delivery_astray = rp_wired_delivery_astray,
	.delivery_trust_chunking = rp_wired_delivery_trust_chunking,
	.prepare = rp_wired_prepare,
	.pop_login = rp_wired_pop_login,
	.pop_login_cancel = rp_wired_pop_login_cancel,
	.pop_fetch_start = rp_wired_pop_fetch_start,
	.pop_fetch_get = rp_wired_pop_fetch_get,
	.pop_fetch_delete = rp_wired_pop_fetch_delete,
	.pop_fetch_pause = rp_wired_pop_fetch_pause,
	.pop_fetch_finish = rp_wired_pop_fetch_finish,
	.pop_fetch_cancel = rp_wired_pop_fetch_cancel,
	.look_anew = look_anew,
	.place_changed = place_changed,
	.free = transport_free,
};

RpTransport *
rp_transport_new_over(RpWires *wires)
{
	RpWiredTransport *wired = g_new0(RpWiredTransport, 1);
	wired->base.ops = &wired_ops;
	wired->wires = wires;
	wired->scram = rp_scram_new();
	wired->prepared = rp_prepared_new();
	wired->in_vain = rp_prepared_in_vain_new();
	wired->doubts = rp_pop_doubts_new();
	wired->shunned = rp_shunned_new();
	wired->times = default_times;
	return &wired->base;
}

RpTransport *
rp_transport_new(GError **error)
{
	return rp_transport_new_by_link(NULL, error);
}

RpTransport *
rp_transport_new_by_link(RpNames *names, GError **error)
{
	RpWires *wires = rp_wires_new_curl(names, error);
	return wires ? rp_transport_new_over(wires) : NULL;
}

void
rp_transport_set_times(RpTransport *transport, const RpTransportTimes *times)
{
	((RpWiredTransport *)transport)->times = *times;
}

void
rp_transport_set_passwords(RpTransport *transport, const RpPasswords *passwords)
{
	((RpWiredTransport *)transport)->passwords = passwords;
}

void
rp_transport_limit_password_command(RpTransport *transport, guint ms)
{
	((RpWiredTransport *)transport)->times.password_ms = ms;
}

void
rp_transport_limit_pop_look(RpTransport *transport, guint ms)
{
	((RpWiredTransport *)transport)->times.look_ms = ms;
}

/* ---- the seam ---- */

void
rp_transport_free(RpTransport *transport)
{
	if (transport)
		transport->ops->free(transport);
}

RpDelivery *
rp_delivery_start(RpTransport *transport, const RpServerSet *set, const RpRoute *route,
	const RpDeliveryOptions *options, const RpDeliveryCallbacks *callbacks, gpointer user)
{
	return transport->ops->delivery_start(transport, set, route, options, callbacks, user);
}

gboolean
rp_delivery_push(RpDelivery *delivery, const RpSmtpMessage *message)
{
	return delivery->transport->ops->delivery_push(delivery, message);
}

void
rp_delivery_finish(RpDelivery *delivery)
{
	delivery->transport->ops->delivery_finish(delivery);
}

void
rp_delivery_cancel(RpDelivery *delivery)
{
	if (delivery)
		delivery->transport->ops->delivery_cancel(delivery);
}

void
rp_delivery_take_back(RpDelivery *delivery)
{
	if (delivery->transport->ops->delivery_take_back)
		delivery->transport->ops->delivery_take_back(delivery);
}

void
rp_delivery_shun(RpDelivery *delivery)
{
	if (delivery->transport->ops->delivery_shun)
		delivery->transport->ops->delivery_shun(delivery);
}

void
rp_delivery_measure(const RpDelivery *delivery, RpLineMeasure *measure)
{
	*measure = (RpLineMeasure){0};
	delivery->transport->ops->delivery_measure(delivery, measure);
}

void
rp_delivery_each_progress(const RpDelivery *delivery, RpSmtpProgressFunc func, gpointer user)
{
	delivery->transport->ops->delivery_each_progress(delivery, func, user);
}

void
rp_delivery_astray(RpDelivery *delivery, gboolean astray)
{
	delivery->transport->ops->delivery_astray(delivery, astray);
}

void
rp_delivery_trust_chunking(RpDelivery *delivery)
{
	delivery->transport->ops->delivery_trust_chunking(delivery);
}

void
rp_transport_prepare(RpTransport *transport, const RpSessionWish *wishes, guint n)
{
	transport->ops->prepare(transport, wishes, n);
}

RpPopLogin *
rp_transport_pop_login(RpTransport *transport, const RpServerSet *set, const RpRoute *route,
	const RpPopLoginOptions *options, RpPopLoginDone done, gpointer user)
{
	return transport->ops->pop_login(transport, set, route, options, done, user);
}

void
rp_pop_login_cancel(RpPopLogin *login)
{
	if (login)
		login->transport->ops->pop_login_cancel(login);
}

RpPopFetch *
rp_pop_fetch_start(RpTransport *transport, const RpServerSet *set, const RpRoute *route,
	const RpPopFetchOptions *options, const RpPopFetchCallbacks *callbacks, gpointer user)
{
	return transport->ops->pop_fetch_start(transport, set, route, options, callbacks, user);
}

gboolean
rp_pop_fetch_get(RpPopFetch *fetch, guint number, gboolean header_only, gpointer user)
{
	return fetch->transport->ops->pop_fetch_get(fetch, number, header_only, user);
}

gboolean
rp_pop_fetch_delete(RpPopFetch *fetch, guint number, gpointer user)
{
	return fetch->transport->ops->pop_fetch_delete(fetch, number, user);
}

void
rp_pop_fetch_pause(RpPopFetch *fetch, gboolean pause)
{
	fetch->transport->ops->pop_fetch_pause(fetch, pause);
}

void
rp_pop_fetch_finish(RpPopFetch *fetch)
{
	fetch->transport->ops->pop_fetch_finish(fetch);
}

void
rp_pop_fetch_cancel(RpPopFetch *fetch)
{
	if (fetch)
		fetch->transport->ops->pop_fetch_cancel(fetch);
}

void
rp_transport_place_changed(RpTransport *transport, const char *place)
{
	transport->ops->place_changed(transport, place);
}

void
rp_transport_look_anew(RpTransport *transport)
{
	if (transport->ops->look_anew)
		transport->ops->look_anew(transport);
}
