/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "local-private.h"

#include <sys/eventfd.h>
#include <unistd.h>

/* Local delivery as its owner sees it: every call is handed to
 * the thread, and none waits but the last. */

struct RpLocalDelivery {
	char *maildir;
	char *mda;
	RpLocalExchange *exchange;
	gint hurry; /* atomic */
	RpFd stop;
	RpLocalWriting writing;
	GThread *thread;
};

static gpointer
work(gpointer data)
{
	rp_local_write(data);
	return NULL;
}

RpLocalDelivery *
rp_local_delivery_new(const char *maildir, const char *mda, RpLocalEventFunc func, gpointer user)
{
	RpLocalDelivery *delivery = g_new0(RpLocalDelivery, 1);

	delivery->maildir = g_strdup(maildir);
	delivery->mda = g_strdup(mda);
	delivery->exchange = rp_local_exchange_new(func, user);
	delivery->stop = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	delivery->writing = (RpLocalWriting){
		.exchange = delivery->exchange,
		.maildir = delivery->maildir,
		.mda = delivery->mda,
		.hurry = &delivery->hurry,
		.stop = delivery->stop,
	};
	delivery->thread = g_thread_new("mail", work, &delivery->writing);
	return delivery;
}

void
rp_local_delivery_free(RpLocalDelivery *delivery)
{
	if (!delivery)
		return;
	rp_local_exchange_ask(delivery->exchange, RP_LOCAL_OP_STOP, NULL, NULL, NULL);
	g_thread_join(delivery->thread);
	rp_local_exchange_free(delivery->exchange);
	rp_fd_clear(&delivery->stop);
	g_free(delivery->maildir);
	g_free(delivery->mda);
	g_free(delivery);
}

void
rp_local_delivery_begin(RpLocalDelivery *delivery, gpointer message)
{
	rp_local_exchange_ask(delivery->exchange, RP_LOCAL_OP_BEGIN, message, NULL, NULL);
}

void
rp_local_delivery_data(RpLocalDelivery *delivery, const void *data, gsize size)
{
	rp_local_exchange_ask(
		delivery->exchange, RP_LOCAL_OP_DATA, NULL, g_bytes_new(data, size), NULL);
}

void
rp_local_delivery_end(RpLocalDelivery *delivery)
{
	rp_local_exchange_ask(delivery->exchange, RP_LOCAL_OP_END, NULL, NULL, NULL);
}

void
rp_local_delivery_drop(RpLocalDelivery *delivery)
{
	rp_local_exchange_ask(delivery->exchange, RP_LOCAL_OP_DROP, NULL, NULL, NULL);
}

void
rp_local_delivery_show(RpLocalDelivery *delivery, gpointer message, const char *path)
{
	rp_local_exchange_ask(delivery->exchange, RP_LOCAL_OP_SHOW, message, NULL, path);
}

gboolean
rp_local_delivery_is_full(RpLocalDelivery *delivery)
{
	return rp_local_exchange_is_full(delivery->exchange);
}

void
rp_local_delivery_hurry(RpLocalDelivery *delivery)
{
	guint64 one = 1;

	g_atomic_int_set(&delivery->hurry, 1);
	if (write(delivery->stop, &one, sizeof one) != sizeof one)
		g_debug("the delivery command can't be told to end");
}
