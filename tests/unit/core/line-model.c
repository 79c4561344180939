/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "line-model.h"

#include <math.h>

/* Packets of a session go through one queue, are lost or arrive, and are acknowledged each for
 * itself; a session's window grows and shrinks as TCP's does. The server answers in order. */

#define MSS 1448
#define HEADER 52
#define SYN 60
#define WINDOW_FIRST 10
/* Octets of the answer to EHLO. */
#define GREETED 200
#define ENVELOPE(mail) (70 + 35 * (mail)->n_recipients)

typedef enum {
	EV_CONNECTED,
	EV_ACCEPT,
	EV_READY,
	EV_REFUSED,
	EV_ARRIVES,
	EV_ACKED,
	EV_TIMER,
	EV_FINISHED,
	EV_GO_ON, /* 354 */
	EV_ANSWER,
	EV_HEARD, /* our TCP has said that it has the server's last answer */
	EV_CLOSED,
	EV_LOOK,
} EventKind;

typedef struct Session Session;

typedef struct {
	gint64 at;
	guint64 number;
	EventKind kind;
	Session *session;
	guint index;
} Event;

typedef struct {
	guint64 end;
	gint64 sent_at;
	gboolean acked, lost, arrived;
	guint tries;
	guint64 delivered; /* before it was sent, octets */
	gint64 delivered_at;
} Packet;

typedef enum { ITEM_ENVELOPE, ITEM_CONTENT } ItemKind;

typedef struct {
	ItemKind kind;
	guint64 end;
	guint mail;
} Item;

typedef struct Model Model;

struct Session {
	RpPaceSession *pace;
	gboolean up, closed, accepted, server_closed, could_take;
	gint64 begun_at;
	gint64 handshake, least; /* round trips */
	/* TCP */
	GArray *packets;
	guint64 written, packed;
	guint una, arrived, recover, highest;
	double window, threshold;
	guint flying, n_lost;
	gint64 srtt, timer_at;
	gboolean timer_set;
	guint fired;
	guint64 resent, delivered;
	gint64 delivered_at;
	double rate;
	/* the server */
	GArray *items;
	guint item;
	gboolean busy;
	guint taken;
	gboolean unheard; /* an answer is under way that was not acknowledged */
	GArray *held;     /* guint: mails whose answers wait for that */
	/* we */
	GArray *mails; /* guint; all that were given */
	guint answered, enveloped, contents;
	gboolean blocked; /* the message before is not all in the kernel yet */
	guint64 before;   /* octets, without the last message */
	guint64 *ends;    /* by number of mails */
};

struct Model {
	const ModelCase *c;
	const ModelPolicy *policy;
	RpPace *pace;
	GRand *random;
	gint64 now, began;
	gint64 rtt;
	double line_free;
	gint64 there, back, handshake_back; /* when what came last arrives, each way */
	GArray *heap;
	guint64 numbers;
	GPtrArray *all; /* of Session, ever */
	GPtrArray *sessions;
	GArray *waiting; /* guint: mails, the next one last */
	gint64 octets_waiting;
	guint n_done, n_connected, n_working;
	GQueue workless; /* of Session */
	guint opened, replaced, at_once;
	gboolean any_up; /* once */
	gint64 look_at;
	gint64 last;
};

/* ---- events ---- */

static gboolean
before(const Event *a, const Event *b)
{
	return a->at < b->at || (a->at == b->at && a->number < b->number);
}

static void
post(Model *m, gint64 at, EventKind kind, Session *session, guint index)
{
	Event event = {at, m->numbers++, kind, session, index};
	guint i = m->heap->len;

	g_array_append_val(m->heap, event);
	while (i > 0) {
		guint up = (i - 1) / 2;
		Event *parent = &g_array_index(m->heap, Event, up);

		if (!before(&event, parent))
			break;
		g_array_index(m->heap, Event, i) = *parent;
		i = up;
	}
	g_array_index(m->heap, Event, i) = event;
}

static Event
take(Model *m)
{
	Event *heap = &g_array_index(m->heap, Event, 0);
	Event first = heap[0], last = heap[m->heap->len - 1];
	guint n = m->heap->len - 1, i = 0;

	g_array_set_size(m->heap, n);
	if (!n)
		return first;
	for (;;) {
		guint child = 2 * i + 1;

		if (child >= n)
			break;
		if (child + 1 < n && before(&heap[child + 1], &heap[child]))
			child++;
		if (!before(&heap[child], &last))
			break;
		heap[i] = heap[child];
		i = child;
	}
	heap[i] = last;
	return first;
}

/* ---- the line's two ways ---- */

/* Half a round trip, and the weather; nothing overtakes. */
static gint64
arrival(const Model *m, gint64 from, gint64 *last)
{
	gint64 at = from + m->rtt / 2;

	if (m->c->jitter <= 0)
		return at;
	at += (gint64)(g_rand_double(m->random) * m->c->jitter * 1e6);
	*last = MAX(*last, at);
	return *last;
}

/* What leaves us at `from`, behind what waits for the line. */
static gint64
there(Model *m, gint64 from)
{
	return arrival(m, from, &m->there);
}

/* What leaves the server now. */
static gint64
back(Model *m, gint64 from)
{
	return arrival(m, from, &m->back);
}

/* On the average. */
static gint64
round_trip(const Model *m)
{
	return m->rtt + (gint64)(m->c->jitter * 1e6);
}

/* ---- TCP ---- */

static Packet *
packet_at(const Session *s, guint index)
{
	return &g_array_index(s->packets, Packet, index);
}

static void
set_timer(Model *m, Session *s)
{
	gint64 wait = s->srtt ? s->srtt + MAX(200000, s->srtt) : 1000000;

	/* First a probe for a tail that was lost. What only waits for the line is not taken for
	 * lost: TCP finds that out soon (RFC 5682). */
	if (s->srtt && !s->fired)
		wait = 2 * s->srtt + 10000;
	s->timer_at =
		MAX(m->now + (wait << MIN(s->fired, 6)), (gint64)m->line_free + m->rtt + 10000);
	if (s->timer_set)
		return;
	s->timer_set = TRUE;
	post(m, s->timer_at, EV_TIMER, s, 0);
}

static void
send_packet(Model *m, Session *s, guint index)
{
	Packet *p = packet_at(s, index);
	guint64 begin = index ? packet_at(s, index - 1)->end : 0;
	double size = (double)(p->end - begin) + HEADER;
	double wait = MAX(m->line_free - (double)m->now, 0);

	if (!s->flying)
		s->delivered_at = m->now;
	p->delivered = s->delivered;
	p->delivered_at = s->delivered_at;
	p->lost = FALSE;
	p->sent_at = m->now;
	p->tries++;
	s->flying++;
	if (p->tries > 1)
		s->resent += p->end - begin;
	set_timer(m, s);
	if (wait * m->c->rate / 1e6 + size > m->c->queue)
		return;
	m->line_free = (double)m->now + wait + size / m->c->rate * 1e6;
	if (g_rand_double(m->random) < m->c->loss)
		return;
	post(m, there(m, (gint64)m->line_free), EV_ARRIVES, s, index);
}

/* About twice what the line holds, as the wire bounds it. */
static guint
room(const Model *m, const Session *s)
{
	double held = m->c->rate * (m->c->rtt + 0.05) / m->sessions->len;

	if (s->una * MSS < 32768)
		return (guint)MIN(s->window, 23);
	return (guint)MIN(s->window, MAX(2 * held / MSS, 4));
}

static void
try_send(Model *m, Session *s)
{
	if (s->closed)
		return;
	while (s->flying < room(m, s)) {
		if (s->n_lost) {
			guint i = s->una;

			while (!packet_at(s, i)->lost)
				i++;
			s->n_lost--;
			send_packet(m, s, i);
		} else if (s->packed < s->written) {
			Packet p = {.end = MIN(s->packed + MSS, s->written)};

			s->packed = p.end;
			g_array_append_val(s->packets, p);
			send_packet(m, s, s->packets->len - 1);
		} else {
			return;
		}
	}
}

static void
lose(Session *s, guint index)
{
	Packet *p = packet_at(s, index);

	if (p->lost || p->acked)
		return;
	p->lost = TRUE;
	s->n_lost++;
	s->flying--;
	if (index < s->recover)
		return;
	s->window = s->threshold = MAX(s->window * 0.7, 2);
	s->recover = s->packets->len;
}

static void
on_acked(Model *m, Session *s, guint index)
{
	Packet *p = packet_at(s, index);

	if (p->acked || s->closed)
		return;
	if (p->tries == 1) {
		gint64 took = m->now - p->sent_at;

		s->srtt = s->srtt ? (7 * s->srtt + took) / 8 : took;
		s->least = MIN(s->least, took);
	}
	if (p->lost) {
		p->lost = FALSE;
		s->n_lost--;
	} else {
		s->flying--;
	}
	p->acked = TRUE;
	s->delivered += p->end - (index ? packet_at(s, index - 1)->end : 0);
	s->delivered_at = m->now;
	if (p->tries == 1 && m->now - p->delivered_at >= m->rtt)
		s->rate = (double)(s->delivered - p->delivered) * 1e6 /
			  (double)(m->now - p->delivered_at);
	s->fired = 0;
	s->highest = MAX(s->highest, index);
	if (s->flying * 2 + 2 >= (guint)s->window)
		s->window += s->window < s->threshold ? 1 : 1 / s->window;
	while (s->una < s->packets->len && packet_at(s, s->una)->acked)
		s->una++;
	for (guint i = s->una; i < s->packets->len; i++) {
		gint64 after = p->sent_at - packet_at(s, i)->sent_at;

		if (after > m->rtt / 4 || (i + 3 <= s->highest && after > 0))
			lose(s, i);
	}
	if (s->una < s->packets->len)
		set_timer(m, s);
	try_send(m, s);
}

static void
on_timer(Model *m, Session *s)
{
	s->timer_set = FALSE;
	if (s->closed || s->una == s->packets->len)
		return;
	if (m->now < s->timer_at) {
		s->timer_set = TRUE;
		post(m, s->timer_at, EV_TIMER, s, 0);
		return;
	}
	if (s->fired++ == 0) {
		lose(s, s->una);
		s->window = MAX(s->window, s->flying + 1);
	} else {
		for (guint i = s->una; i < s->packets->len; i++)
			lose(s, i);
		s->window = 2;
	}
	set_timer(m, s);
	try_send(m, s);
}

/* ---- the server ---- */

static void serve(Model *m, Session *s);

static void
begin_work(Model *m, Session *s, const Item *item)
{
	const ModelMail *mail = &m->c->mails[item->mail];
	double takes = (m->c->message + m->c->recipient * mail->n_recipients) * mail->slower;

	m->n_working++;
	post(m, m->now + (gint64)(takes * 1e6), EV_FINISHED, s, item->mail);
}

static void
send_held(Model *m, Session *s)
{
	for (guint i = 0; i < s->held->len; i++)
		post(m, back(m, m->now), EV_ANSWER, s, g_array_index(s->held, guint, i));
	g_array_set_size(s->held, 0);
}

/* What is held back goes with the end. */
static void
close_by_server(Model *m, Session *s)
{
	s->server_closed = TRUE;
	m->n_connected--;
	send_held(m, s);
	post(m, back(m, m->now), EV_CLOSED, s, 0);
}

static void
serve(Model *m, Session *s)
{
	guint64 here = s->arrived ? packet_at(s, s->arrived - 1)->end : 0;

	while (!s->busy && !s->server_closed && s->item < s->items->len) {
		const Item *item = &g_array_index(s->items, Item, s->item);
		const ModelMail *mail = &m->c->mails[item->mail];

		if (item->end > here)
			return;
		if (m->c->each && s->taken >= m->c->each) {
			close_by_server(m, s);
			return;
		}
		s->item++;
		if (item->kind == ITEM_ENVELOPE) {
			gint64 turns = m->c->pipelining ? 0 : 1 + mail->n_recipients;

			post(m, back(m, m->now) + turns * round_trip(m), EV_GO_ON, s, item->mail);
			continue;
		}
		s->busy = TRUE;
		if (m->c->workers && m->n_working >= m->c->workers)
			g_queue_push_tail(&m->workless, s);
		else
			begin_work(m, s, item);
	}
}

/* The acknowledgement goes with what waits for the line. */
static void
await_heard(Model *m, Session *s)
{
	gint64 way = round_trip(m) / 2;

	s->unheard = TRUE;
	post(m, MAX(m->now + way, (gint64)m->line_free) + way, EV_HEARD, s, 0);
}

/* A small answer is held back while the one before is not acknowledged (RFC 896). */
static void
reply(Model *m, Session *s, guint mail)
{
	if (m->c->holds && s->unheard) {
		g_array_append_val(s->held, mail);
		return;
	}
	post(m, back(m, m->now), EV_ANSWER, s, mail);
	if (m->c->holds)
		await_heard(m, s);
}

static void
on_heard(Model *m, Session *s)
{
	s->unheard = FALSE;
	if (!s->held->len)
		return;
	send_held(m, s);
	await_heard(m, s);
}

static void
on_finished(Model *m, Session *s, guint mail)
{
	Session *next;

	m->n_working--;
	s->busy = FALSE;
	s->taken++;
	reply(m, s, mail);
	next = g_queue_pop_head(&m->workless);
	if (next)
		begin_work(m, next, &g_array_index(next->items, Item, next->item - 1));
	serve(m, s);
}

static void
on_arrives(Model *m, Session *s, guint index)
{
	packet_at(s, index)->arrived = TRUE;
	post(m, back(m, m->now), EV_ACKED, s, index);
	while (s->arrived < s->packets->len && packet_at(s, s->arrived)->arrived)
		s->arrived++;
	/* MAIL is answered at once. */
	if (m->c->holds && m->c->streams && s->arrived == 1 && index == 0)
		await_heard(m, s);
	if (!s->server_closed)
		serve(m, s);
}

/* ---- we ---- */

static guint
mail_at(const Session *s, guint i)
{
	return g_array_index(s->mails, guint, i);
}

static void
add_item(Session *s, ItemKind kind, guint mail)
{
	Item item = {kind, s->written, mail};

	g_array_append_val(s->items, item);
}

static void
send_envelope(Model *m, Session *s)
{
	guint mail;

	if (s->enveloped == s->mails->len || s->enveloped > s->contents ||
		(!m->c->pipelining && s->enveloped > s->answered))
		return;
	mail = mail_at(s, s->enveloped++);
	s->written += ENVELOPE(&m->c->mails[mail]);
	add_item(s, ITEM_ENVELOPE, mail);
	try_send(m, s);
}

static void
on_go_on(Model *m, Session *s, guint mail)
{
	if (s->closed)
		return;
	s->written += m->c->mails[mail].size;
	add_item(s, ITEM_CONTENT, mail);
	s->contents++;
	try_send(m, s);
	send_envelope(m, s);
}

static guint64
acked_of(const Session *s)
{
	return s->una ? packet_at(s, s->una - 1)->end : 0;
}

/* One message waits here at most, besides what the kernel has. */
static void
look_for_room(const Model *m, Session *s)
{
	s->blocked = m->c->streams && s->before > acked_of(s) + room(m, s) * MSS;
	if (!s->blocked && s->pace)
		rp_pace_could_take(s->pace, TRUE);
}

static void
give(Model *m, Session *s)
{
	guint mail = g_array_index(m->waiting, guint, m->waiting->len - 1);
	const ModelMail *what = &m->c->mails[mail];

	g_array_set_size(m->waiting, m->waiting->len - 1);
	m->octets_waiting -= what->size;
	g_array_append_val(s->mails, mail);
	if (s->pace)
		rp_pace_given(s->pace, m->now, what->size);
	if (!m->c->streams) {
		send_envelope(m, s);
		look_for_room(m, s);
		return;
	}
	s->before = s->written;
	s->written += ENVELOPE(what) + what->size;
	add_item(s, ITEM_CONTENT, mail);
	s->ends[mail] = s->written;
	try_send(m, s);
	look_for_room(m, s);
}

/* The first packet of a connection goes through the line too: those that are begun together come
 * one by one. */
static gint64
wait_for_line(Model *m)
{
	double wait = MAX(m->line_free - (double)m->now, 0);

	m->line_free = (double)m->now + wait + SYN / m->c->rate * 1e6;
	return (gint64)wait;
}

/* How long that takes: the line's wait, and the weather there and back. */
static gint64
shake_hands(Model *m)
{
	gint64 reached = there(m, m->now + wait_for_line(m));

	return arrival(m, reached, &m->handshake_back) - m->now;
}

static void
session_begin(Model *m)
{
	Session *s = g_new0(Session, 1);

	s->begun_at = m->now;
	s->packets = g_array_new(FALSE, TRUE, sizeof(Packet));
	s->items = g_array_new(FALSE, FALSE, sizeof(Item));
	s->held = g_array_new(FALSE, FALSE, sizeof(guint));
	s->mails = g_array_new(FALSE, FALSE, sizeof(guint));
	s->ends = g_new0(guint64, m->c->n);
	s->window = WINDOW_FIRST;
	s->threshold = 1e9;
	g_ptr_array_add(m->all, s);
	g_ptr_array_add(m->sessions, s);
	if (m->pace)
		s->pace = rp_pace_begun(m->pace, m->now, s);
	m->opened++;
	s->handshake = s->least = shake_hands(m);
	post(m, m->now + s->handshake, EV_CONNECTED, s, 0);
	post(m, m->now + s->handshake + m->rtt / 2, EV_ACCEPT, s, 0);
	m->at_once = MAX(m->at_once, m->sessions->len);
}

/* The session is over for us; what it had goes back. */
static void
session_end(Model *m, Session *s, RpPaceEnd end)
{
	s->closed = TRUE;
	g_ptr_array_remove_fast(m->sessions, s);
	for (guint i = s->mails->len; i > s->answered; i--) {
		guint mail = mail_at(s, i - 1);

		g_array_append_val(m->waiting, mail);
		m->octets_waiting += m->c->mails[mail].size;
	}
	if (s->pace)
		rp_pace_closed(s->pace, end);
	s->pace = NULL;
}

static void
session_quit(Model *m, Session *s)
{
	if (s->accepted && !s->server_closed)
		m->n_connected--;
	s->server_closed = TRUE;
	session_end(m, s, RP_PACE_DONE);
}

static guint
ahead(const ModelCase *c, guint n_done)
{
	double takes = c->message + c->recipient;

	if (!c->streams)
		return 2;
	if (!n_done)
		return 4;
	return 2 + (guint)MIN(ceil(1.5 * c->rtt / takes), 1000);
}

static Session *
choose_known(Model *m, guint n)
{
	guint left = m->c->n - m->n_done;
	guint share = (left + n - 1) / n;
	Session *best = NULL;

	for (guint i = 0; i < m->sessions->len; i++) {
		Session *s = m->sessions->pdata[i];
		guint has = s->mails->len - s->answered;

		if (!s->up || s->blocked || has >= MIN(ahead(m->c, m->n_done), share) ||
			(m->c->each && s->mails->len >= m->c->each))
			continue;
		if (!best || has < best->mails->len - best->answered)
			best = s;
	}
	return best;
}

static void
measure(Model *m)
{
	for (guint i = 0; i < m->sessions->len; i++) {
		const Session *s = m->sessions->pdata[i];
		RpPaceLine line = {
			.rtt = s->least,
			.rtt_now = s->srtt,
			.arrived = s->delivered,
			.unarrived = s->written - acked_of(s),
			.window = (guint64)room(m, s) * MSS,
			.rate = (guint64)s->rate,
			.retransmitted = s->resent,
		};

		if (s->up && s->pace)
			rp_pace_line(s->pace, &line);
	}
}

/* Those that have had their number go in order. */
static void
end_spent(Model *m)
{
	for (guint i = m->sessions->len; i > 0; i--) {
		Session *s = m->sessions->pdata[i - 1];

		if (s->up && s->mails->len && s->answered == s->mails->len &&
			(s->pace ? rp_pace_is_spent(s->pace)
				 : m->c->each && s->mails->len >= m->c->each)) {
			session_quit(m, s);
			m->replaced++;
		}
	}
}

static void
look_later(Model *m)
{
	gint64 at = m->pace ? rp_pace_look_at(m->pace) : 0;

	if (!at || m->look_at)
		return;
	m->look_at = at;
	post(m, MAX(at, m->now + 1), EV_LOOK, NULL, 0);
}

static void
step(Model *m)
{
	RpPaceWork work = {m->waiting->len, m->octets_waiting, 0, FALSE};
	guint n = m->n_done ? m->policy->then : m->policy->first;
	RpPaceSession *chosen;
	Session *s;

	end_spent(m);
	if (m->pace)
		n = rp_pace_wanted(m->pace, &work);
	else
		n = MIN(n, m->sessions->len + m->waiting->len);
	while (m->sessions->len < n)
		session_begin(m);
	while (m->pace && m->waiting->len && (chosen = rp_pace_choose(m->pace, &work))) {
		give(m, rp_pace_owner(chosen));
		work.n = m->waiting->len;
		work.octets = m->octets_waiting;
	}
	while (!m->pace && m->waiting->len && (s = choose_known(m, MAX(n, 1))))
		give(m, s);
	for (guint i = m->sessions->len; m->pace && i > 0 && m->sessions->len > n; i--) {
		s = m->sessions->pdata[i - 1];
		if (rp_pace_is_idle(s->pace))
			session_quit(m, s);
	}
	look_later(m);
}

static void
on_accept(Model *m, Session *s)
{
	if (s->closed)
		return;
	if (m->c->connections && m->n_connected >= m->c->connections) {
		post(m, back(m, m->now), EV_REFUSED, s, 0);
		return;
	}
	s->accepted = TRUE;
	m->n_connected++;
	post(m, s->begun_at + s->handshake + (gint64)((m->c->set_up - 1) * (double)round_trip(m)),
		EV_READY, s, 0);
}

static void
on_answer(Model *m, Session *s, guint mail)
{
	guint64 acked = acked_of(s);

	if (s->closed)
		return;
	s->answered++;
	m->n_done++;
	m->last = m->now;
	measure(m);
	if (s->pace)
		rp_pace_answered(s->pace, m->now, s->ends[mail], acked, TRUE);
	if (!m->c->streams)
		send_envelope(m, s);
}

static guint
trips_of(const ModelCase *c)
{
	if (c->streams)
		return 0;
	return c->pipelining ? 1 : 4;
}

static gint64
ehlo_takes(const Model *m)
{
	double seconds = (GREETED + 40) / m->c->rate;

	if (m->c->jitter > 0)
		seconds += m->c->jitter * (g_rand_double(m->random) + g_rand_double(m->random));
	return m->rtt + (gint64)(seconds * 1e6);
}

static void
happen(Model *m, const Event *event)
{
	Session *s = event->session;

	switch (event->kind) {
	case EV_LOOK:
		m->look_at = 0;
		measure(m);
		rp_pace_waited(m->pace, m->now);
		break;
	case EV_CONNECTED:
		if (s->pace)
			rp_pace_reached(s->pace, s->handshake);
		break;
	case EV_ACCEPT:
		on_accept(m, s);
		break;
	case EV_READY:
		s->up = !s->closed;
		s->srtt = round_trip(m);
		if (s->pace) {
			if (!m->any_up)
				rp_pace_greeted(s->pace, ehlo_takes(m), GREETED);
			m->any_up = TRUE;
			rp_pace_ready(s->pace, m->now, trips_of(m->c));
			rp_pace_could_take(s->pace, TRUE);
		}
		break;
	case EV_REFUSED:
		if (!s->closed)
			session_end(m, s, RP_PACE_REFUSED);
		break;
	case EV_ARRIVES:
		on_arrives(m, s, event->index);
		return;
	case EV_ACKED:
		on_acked(m, s, event->index);
		if (!s->blocked || s->closed)
			return;
		look_for_room(m, s);
		if (s->blocked)
			return;
		break;
	case EV_TIMER:
		on_timer(m, s);
		return;
	case EV_FINISHED:
		on_finished(m, s, event->index);
		return;
	case EV_GO_ON:
		on_go_on(m, s, event->index);
		return;
	case EV_ANSWER:
		on_answer(m, s, event->index);
		break;
	case EV_HEARD:
		on_heard(m, s);
		return;
	case EV_CLOSED:
		if (!s->closed) {
			session_end(m, s, RP_PACE_LIMIT);
			m->replaced++;
		}
		break;
	}
	step(m);
}

static void
session_free(gpointer data)
{
	Session *s = data;

	g_array_unref(s->packets);
	g_array_unref(s->items);
	g_array_unref(s->held);
	g_array_unref(s->mails);
	g_free(s->ends);
	g_free(s);
}

static void
clear(Model *m)
{
	while (m->sessions->len)
		session_quit(m, m->sessions->pdata[0]);
	g_rand_free(m->random);
	g_array_unref(m->heap);
	g_array_unref(m->waiting);
	g_ptr_array_unref(m->sessions);
	g_ptr_array_unref(m->all);
	g_queue_clear(&m->workless);
}

ModelResult
model_run(const ModelCase *c, const ModelPolicy *policy)
{
	g_autoptr(RpPace) fresh = policy->first || policy->pace ? NULL : rp_pace_new();
	Model m = {.c = c,
		.policy = policy,
		.pace = fresh ? fresh : policy->pace,
		.random = g_rand_new_with_seed(c->seed),
		.rtt = (gint64)(c->rtt * 1e6),
		.now = policy->begin + 1,
		.began = policy->begin + 1,
		.heap = g_array_new(FALSE, FALSE, sizeof(Event)),
		.all = g_ptr_array_new_with_free_func(session_free),
		.sessions = g_ptr_array_new(),
		.waiting = g_array_new(FALSE, FALSE, sizeof(guint))};
	ModelResult result;

	g_queue_init(&m.workless);
	for (guint i = c->n; i > 0; i--) {
		guint mail = i - 1;

		g_array_append_val(m.waiting, mail);
		m.octets_waiting += c->mails[mail].size;
	}
	step(&m);
	while (m.n_done < c->n) {
		Event event;

		g_assert_cmpuint(m.heap->len, >, 0);
		event = take(&m);
		m.now = event.at;
		happen(&m, &event);
	}
	result = (ModelResult){(double)(m.last - m.began) / 1e6, m.opened - m.replaced, m.at_once};
	clear(&m);
	return result;
}

/* ---- cases ---- */

static double
between(GRand *random, double least, double most)
{
	return least * pow(most / least, g_rand_double(random));
}

static guint
one_of(GRand *random, const guint *values, guint n)
{
	return values[g_rand_int_range(random, 0, (gint32)n)];
}

static void
add_mails(ModelCase *c, GRand *random)
{
	double size = between(random, 1000, 60000), octets = 0;
	guint recipients = (guint)g_rand_int_range(random, 1, 6);
	gboolean same = g_rand_boolean(random), mixed = g_rand_int_range(random, 0, 5) == 0;

	c->n = (guint)between(random, 3, 300);
	c->mails = g_new0(ModelMail, c->n);
	for (guint i = 0; i < c->n; i++) {
		double own = same ? size : size * between(random, 0.5, 2);

		/* The small ones go first. */
		if (mixed && i >= c->n - c->n / 10)
			own *= 15;
		own = MIN(own, 3e6 / c->n + 1000);
		octets += own;
		c->mails[i] = (ModelMail){(guint)own,
			same ? recipients : (guint)g_rand_int_range(random, 1, 4),
			g_rand_double_range(random, 0.7, 1.3)};
	}
}

ModelCase *
model_case_new(guint seed)
{
	static const guint few[] = {1, 2, 3, 5, 10}, each[] = {5, 10, 25, 50, 100},
			   workers[] = {1, 2, 4, 8};
	GRand *random = g_rand_new_with_seed(seed);
	ModelCase *c = g_new0(ModelCase, 1);

	c->seed = seed;
	c->rate = between(random, 4000, 6e6);
	c->rtt = between(random, 0.001, 0.7);
	c->queue = MAX(c->rate * c->rtt * g_rand_double_range(random, 1, 4), 50 * 1500);
	if (g_rand_int_range(random, 0, 10) < 4)
		c->loss = g_rand_double_range(random, 0, 0.02);
	c->streams = g_rand_int_range(random, 0, 10) < 6;
	c->pipelining = c->streams || g_rand_int_range(random, 0, 10) < 9;
	c->set_up = g_rand_double_range(random, 3, 7);
	c->message = g_rand_int_range(random, 0, 10) < 3 ? 0.002 : between(random, 0.005, 1.5);
	if (g_rand_int_range(random, 0, 10) < 3)
		c->recipient = between(random, 0.001, 0.03);
	if (g_rand_int_range(random, 0, 10) < 1)
		c->workers = one_of(random, workers, G_N_ELEMENTS(workers));
	if (g_rand_int_range(random, 0, 10) < 3)
		c->connections = one_of(random, few, G_N_ELEMENTS(few));
	if (g_rand_int_range(random, 0, 10) < 2)
		c->each = one_of(random, each, G_N_ELEMENTS(each));
	c->holds = g_rand_boolean(random);
	add_mails(c, random);
	if (g_rand_int_range(random, 0, 10) < 3)
		c->jitter = g_rand_double_range(random, 0, MIN(c->rtt, 0.25) / 2);
	g_rand_free(random);
	return c;
}

void
model_case_free(ModelCase *c)
{
	g_free(c->mails);
	g_free(c);
}

char *
model_case_text(const ModelCase *c)
{
	double octets = 0;

	for (guint i = 0; i < c->n; i++)
		octets += c->mails[i].size;
	return g_strdup_printf(
		"%u: %.0f kbit/s %.0f ms jitter %.0f loss %.1f %%, %s, set-up %.1f, server %.0f "
		"ms + %.0f%s, workers %u, connections %u, each %u; %u mails %.0f KB",
		c->seed, c->rate * 8 / 1000, c->rtt * 1000, c->jitter * 1000, c->loss * 100,
		c->streams      ? "chunking"
		: c->pipelining ? "pipelining"
				: "in turn",
		c->set_up, c->message * 1000, c->recipient * 1000, c->holds ? " holds" : "",
		c->workers, c->connections, c->each, c->n, octets / 1000);
}
