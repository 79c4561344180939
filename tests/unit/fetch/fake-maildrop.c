/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-maildrop.h"

#include <string.h>

#define N_IDS 6
#define CAN (RP_POP_CAN_PIPELINING | RP_POP_CAN_UIDL | RP_POP_CAN_TOP)

typedef struct {
	RpPopFetch base;
	FakeDrop *drop;
	RpPopClient *client;
	RpPopFetchCallbacks callbacks;
	gpointer user;
	guint source;
	GString *in;      /* of the client, not yet a line */
	GString *wire;    /* what the server says */
	gsize given;      /* of it */
	gsize cut;        /* of it the client gets so much; 0: all */
	gsize piece;      /* and so much at once */
	gboolean in_turn; /* each command waits for the answer before */
	gboolean forgets; /* to delete */
	gboolean silent;  /* at QUIT */
	guint keeps;      /* DELE of this number is refused; 0: none */
	GPtrArray *mails; /* of DropMail: the maildrop as this session sees it */
	GPtrArray *deleted;
	gboolean left; /* the server has closed the connection */
	gboolean gone; /* no callbacks any more */
	gboolean busy; /* in a turn: freed at its end */
} Fetch;

static gboolean
chance(FakeDrop *drop, guint percent)
{
	return !drop->honest && (guint)g_rand_int_range(drop->rand, 0, 100) < percent;
}

/* ---- mails ---- */

static void
mail_free(gpointer data)
{
	DropMail *mail = data;

	g_free(mail->uidl);
	g_free(mail);
}

char *
fake_drop_text(guint content)
{
	GString *text = g_string_new(NULL);

	g_string_append_printf(text, "Subject: %u\n\n", content);
	for (guint i = 0; i < content % 7; i++)
		g_string_append_printf(text, "%s%u\n", i % 2 ? ".." : ".x", content * i);
	return g_string_free(text, FALSE);
}

static void
add_mail(FakeDrop *drop, const char *uidl, guint content)
{
	DropMail *mail = g_new0(DropMail, 1);

	mail->uidl = g_strdup(uidl);
	mail->content = content;
	mail->lf = content % 5 == 0;
	g_ptr_array_add(drop->mails, mail);
	g_hash_table_add(drop->taken, g_strdup(uidl));
}

static DropMail *
find_uidl(FakeDrop *drop, const char *uidl)
{
	for (guint i = 0; i < drop->mails->len; i++)
		if (g_str_equal(((DropMail *)drop->mails->pdata[i])->uidl, uidl))
			return drop->mails->pdata[i];
	return NULL;
}

void
fake_drop_add(FakeDrop *drop)
{
	static guint last_content;
	guint n = (guint)g_rand_int_range(drop->rand, 0, 4);

	for (guint i = 0; i < n; i++) {
		g_autofree char *uidl =
			g_strdup_printf("id-%d", g_rand_int_range(drop->rand, 0, N_IDS));
		const DropMail *same = find_uidl(drop, uidl);

		if (same && chance(drop, 50))
			continue;
		if (same) {
			drop->n_twice++;
			add_mail(drop, uidl, chance(drop, 30) ? same->content : ++last_content);
		} else if (!g_hash_table_contains(drop->taken, uidl)) {
			drop->n_reused++;
			add_mail(drop, uidl, ++last_content);
		}
	}
}

void
fake_drop_remove(FakeDrop *drop, guint index)
{
	g_ptr_array_remove_index(drop->mails, index);
}

/* ---- the server ---- */

/* What is not in a list that is given whole is seen to be free. */
static void
note_listed(FakeDrop *drop)
{
	GHashTableIter iter;
	gpointer uidl;

	for (guint i = 0; i < drop->mails->len; i++)
		((DropMail *)drop->mails->pdata[i])->listed = TRUE;
	g_hash_table_iter_init(&iter, drop->taken);
	while (g_hash_table_iter_next(&iter, &uidl, NULL))
		if (!find_uidl(drop, uidl))
			g_hash_table_iter_remove(&iter);
}

static void
say_uidls(Fetch *fetch)
{
	static const char *const whites[] = {" ", "  ", "\t"};

	g_string_append(fetch->wire, "+OK\r\n");
	for (guint i = 0; i < fetch->mails->len; i++) {
		const DropMail *mail = fetch->mails->pdata[i];

		g_string_append_printf(fetch->wire, "%u%s%s\r\n", i + 1,
			whites[g_rand_int_range(fetch->drop->rand, 0, 3)], mail->uidl);
	}
	g_string_append(fetch->wire, ".\r\n");
}

static void
say_sizes(Fetch *fetch)
{
	g_string_append(fetch->wire, "+OK\r\n");
	for (guint i = 0; i < fetch->mails->len; i++) {
		guint size = chance(fetch->drop, 30)
				     ? (guint)g_rand_int_range(fetch->drop->rand, 0, 9000)
				     : 100;

		g_string_append_printf(fetch->wire, "%u %u\r\n", i + 1, size);
	}
	g_string_append(fetch->wire, ".\r\n");
}

static void
say_mail(Fetch *fetch, const DropMail *mail)
{
	g_autofree char *text = fake_drop_text(mail->content);
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	g_string_append(fetch->wire, "+OK\r\n");
	for (guint i = 0; lines[i + 1]; i++)
		g_string_append_printf(fetch->wire, "%s%s%s", *lines[i] == '.' ? "." : "", lines[i],
			mail->lf ? "\n" : "\r\n");
	g_string_append(fetch->wire, ".\r\n");
}

static void
delete_all(Fetch *fetch)
{
	FakeDrop *drop = fetch->drop;

	for (guint i = 0; i < fetch->deleted->len; i++) {
		DropMail *mail = fetch->deleted->pdata[i];

		drop->deleting(mail, drop->user);
		/* The client asked for it: the id may be another's at once. */
		g_hash_table_remove(drop->taken, mail->uidl);
		g_ptr_array_remove(drop->mails, mail);
	}
	for (guint i = 0; i < drop->mails->len; i++)
		g_hash_table_add(drop->taken, g_strdup(((DropMail *)drop->mails->pdata[i])->uidl));
}

static void
quit(Fetch *fetch)
{
	if (!fetch->forgets)
		delete_all(fetch);
	if (fetch->silent)
		fetch->drop->n_unanswered++;
	else
		g_string_append(fetch->wire, "+OK bye\r\n");
	fetch->left = TRUE;
}

static void
serve(Fetch *fetch, const char *command)
{
	const char *blank = strchr(command, ' ');
	guint number = blank ? (guint)g_ascii_strtoull(blank + 1, NULL, 10) : 0;

	g_assert_cmpuint(number, <=, fetch->mails->len);
	if (g_str_equal(command, "CAPA")) {
		g_string_append(fetch->wire, "+OK\r\nuidl\r\nTOP\r\nPipelining\r\n.\r\n");
	} else if (g_str_equal(command, "UIDL")) {
		say_uidls(fetch);
	} else if (g_str_equal(command, "LIST")) {
		say_sizes(fetch);
	} else if (g_str_has_prefix(command, "RETR ")) {
		say_mail(fetch, fetch->mails->pdata[number - 1]);
	} else if (g_str_has_prefix(command, "DELE ") && number == fetch->keeps) {
		g_string_append(fetch->wire, "-ERR no\r\n");
	} else if (g_str_has_prefix(command, "DELE ")) {
		g_ptr_array_add(fetch->deleted, fetch->mails->pdata[number - 1]);
		g_string_append(fetch->wire, "+OK\r\n");
	} else {
		g_assert_cmpstr(command, ==, "QUIT");
		quit(fetch);
	}
}

/* ---- the connection ---- */

static void
fetch_free(Fetch *fetch)
{
	g_clear_handle_id(&fetch->source, g_source_remove);
	rp_pop_client_free(fetch->client);
	g_string_free(fetch->in, TRUE);
	g_string_free(fetch->wire, TRUE);
	g_ptr_array_unref(fetch->mails);
	g_ptr_array_unref(fetch->deleted);
	g_free(fetch);
}

static gboolean
to_server(Fetch *fetch)
{
	const guint8 *data = NULL;
	gsize size = fetch->left ? 0 : rp_pop_client_output(fetch->client, &data);

	if (size == 0)
		return FALSE;
	g_string_append_len(fetch->in, (const char *)data, (gssize)size);
	rp_pop_client_sent(fetch->client, size);
	for (char *end; (end = strstr(fetch->in->str, "\r\n"));) {
		*end = '\0';
		serve(fetch, fetch->in->str);
		g_string_erase(fetch->in, 0, end - fetch->in->str + 2);
	}
	return TRUE;
}

static gboolean
to_client(Fetch *fetch)
{
	gsize end = fetch->cut ? MIN(fetch->cut, fetch->wire->len) : fetch->wire->len;
	gsize size = MIN(end - fetch->given, fetch->piece);

	if (size == 0) {
		if (fetch->left || (fetch->cut && fetch->given == fetch->cut))
			rp_pop_client_lost(fetch->client);
		return FALSE;
	}
	fetch->given += size;
	rp_pop_client_input(
		fetch->client, (const guint8 *)fetch->wire->str + fetch->given - size, size);
	return TRUE;
}

static void
on_event(Fetch *fetch, const RpPopEvent *event)
{
	static const RpSessionResult results[] = {
		[RP_POP_END_QUIT] = RP_SESSION_OK,
		[RP_POP_END_UNANSWERED] = RP_SESSION_OK,
		[RP_POP_END_REFUSED] = RP_SESSION_TRY_LATER,
		[RP_POP_END_LOST] = RP_SESSION_LOST,
		[RP_POP_END_PROTOCOL] = RP_SESSION_PROTOCOL_ERROR,
	};

	if (event->kind == RP_POP_EVENT_CLOSED) {
		RpSessionReport report = {.result = results[event->end], .verified = TRUE};

		g_assert_cmpint(event->end, !=, RP_POP_END_PROTOCOL);
		fetch->drop->n_cuts += event->end == RP_POP_END_LOST;
		fetch->gone = TRUE;
		fetch->callbacks.closed(&fetch->base, &report, fetch->user);
		return;
	}
	if (event->kind == RP_POP_EVENT_LISTED)
		note_listed(fetch->drop);
	fetch->callbacks.event(&fetch->base, event, fetch->user);
}

static gboolean
turn(gpointer data)
{
	Fetch *fetch = data;
	const RpPopEvent *event;
	gboolean more;

	fetch->busy = TRUE;
	if (!fetch->client) {
		RpSessionReport report = {.result = RP_SESSION_OK, .verified = TRUE};
		RpPopClientOptions options = {.can = CAN, .pipelining = !fetch->in_turn};

		fetch->client = rp_pop_client_new(&options);
		fetch->callbacks.ready(&fetch->base, &report, fetch->user);
	}
	more = !fetch->gone && to_server(fetch);
	more |= !fetch->gone && to_client(fetch);
	while (!fetch->gone && (event = rp_pop_client_next_event(fetch->client))) {
		on_event(fetch, event);
		more = TRUE;
	}
	fetch->busy = FALSE;
	if (more && !fetch->gone)
		return G_SOURCE_CONTINUE;
	fetch->source = 0;
	if (fetch->gone)
		fetch_free(fetch);
	return G_SOURCE_REMOVE;
}

/* ---- the transport ---- */

static void
kick(Fetch *fetch)
{
	if (!fetch->source)
		fetch->source = g_idle_add(turn, fetch);
}

/* All that goes wrong after the listing is drawn before, so that a seed repeats it, but for what
 * threads and the disk have a part in. */
static void
draw(Fetch *fetch)
{
	FakeDrop *drop = fetch->drop;

	if (chance(drop, 40))
		fetch->cut = (gsize)g_rand_int_range(drop->rand, 1, 500);
	fetch->piece = (gsize)g_rand_int_range(drop->rand, 1, 4000);
	fetch->in_turn = chance(drop, 50);
	fetch->forgets = chance(drop, 10);
	fetch->silent = chance(drop, 20);
	if (chance(drop, 20))
		fetch->keeps = (guint)g_rand_int_range(drop->rand, 1, 5);
}

static RpPopFetch *
fetch_start(RpTransport *transport, const RpServerSet *set, const RpRoute *route,
	const RpPopFetchOptions *options, const RpPopFetchCallbacks *callbacks, gpointer user)
{
	FakeDrop *drop = (FakeDrop *)transport;
	Fetch *fetch = g_new0(Fetch, 1);

	fetch->base.transport = transport;
	fetch->drop = drop;
	fetch->callbacks = *callbacks;
	fetch->user = user;
	fetch->in = g_string_new(NULL);
	fetch->wire = g_string_new(NULL);
	fetch->mails = g_ptr_array_new();
	g_ptr_array_extend(fetch->mails, drop->mails, NULL, NULL);
	fetch->deleted = g_ptr_array_new();
	draw(fetch);
	drop->n_sessions++;
	kick(fetch);
	return &fetch->base;
}

static gboolean
fetch_get(RpPopFetch *base, guint number, gboolean header_only, gpointer user)
{
	Fetch *fetch = (Fetch *)base;

	kick(fetch);
	return rp_pop_client_fetch(fetch->client, number, header_only, user);
}

static gboolean
fetch_delete(RpPopFetch *base, guint number, gpointer user)
{
	Fetch *fetch = (Fetch *)base;

	kick(fetch);
	return rp_pop_client_delete(fetch->client, number, user);
}

static void
fetch_pause(RpPopFetch *base, gboolean pause)
{
}

static void
fetch_finish(RpPopFetch *base)
{
	rp_pop_client_finish(((Fetch *)base)->client);
	kick((Fetch *)base);
}

static void
fetch_cancel(RpPopFetch *base)
{
	Fetch *fetch = (Fetch *)base;

	if (fetch->busy)
		fetch->gone = TRUE;
	else
		fetch_free(fetch);
}

static void
drop_free(RpTransport *transport)
{
	FakeDrop *drop = (FakeDrop *)transport;

	g_ptr_array_unref(drop->mails);
	g_hash_table_unref(drop->taken);
	g_free(drop);
}

static const RpTransportOps ops = {
	.pop_fetch_start = fetch_start,
	.pop_fetch_get = fetch_get,
	.pop_fetch_delete = fetch_delete,
	.pop_fetch_pause = fetch_pause,
	.pop_fetch_finish = fetch_finish,
	.pop_fetch_cancel = fetch_cancel,
	.free = drop_free,
};

FakeDrop *
fake_drop_new(GRand *rand)
{
	FakeDrop *drop = g_new0(FakeDrop, 1);

	drop->parent.ops = &ops;
	drop->rand = rand;
	drop->mails = g_ptr_array_new_with_free_func(mail_free);
	drop->taken = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	return drop;
}
