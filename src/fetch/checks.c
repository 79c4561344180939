/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "fetch-private.h"
#include "roampost/base.h"
#include "roampost/checks.h"
#include "roampost/local-delivery.h"
#include "roampost/mail-file.h"

#include <string.h>

/* A check of mail that fetches: login, list, and message by message: into the maildir's tmp, into
 * the memory of UIDLs, and only then visible, and only then deleted from the server. Whatever
 * breaks in between, no mail is lost and none comes twice; a delivery command alone can be given
 * the message that it was just given. */

/* Mails that can't be put away in a row: the disk is full, the command is broken. */
#define FAILURES 3
/* A header is not longer than this. */
#define MAX_HEADER (256 * 1024)

typedef struct RpCheck RpCheck;

struct RpChecks {
	const RpGround *ground;
	RpTransport *transport;
	const RpCheckEvents *events;
	gpointer user;
	GHashTable *running; /* set name -> RpCheck */
};

struct RpCheck {
	RpChecks *room;
	RpCatalogue *catalogue; /* keeps the set */
	const RpServerSet *set;
	char *server;
	RpMaildrop drop;
	char *interface;
	RpAddress source;
	RpPopFetch *fetch; /* NULL: the session is over */
	RpLocalDelivery *local;
	gboolean logged_in;
	gboolean verified;
	RpFetchPlan plan;
	GPtrArray *known; /* of RpFetched */
	RpMail *coming;   /* the message that is coming in */
	GString *header;  /* of it, where the header alone is fetched */
	guint n_asked;    /* messages that the server still owes */
	guint n_putting;  /* messages on their way to the disk and into the memory */
	guint n_writes;   /* changes of the memory on their way */
	guint n_fetched;
	guint n_in_a_row; /* failures to put away */
	guint n_failed;
	char *error; /* the first thing that went wrong */
	guint end_source;
};

static void fail(RpCheck *check, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
fail(RpCheck *check, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	g_autofree char *text = g_strdup_vprintf(format, arguments);
	va_end(arguments);
	g_message("%s: check: %s", check->set->name, text);
	if (!check->error)
		check->error = g_steal_pointer(&text);
}

/* ---- its end ---- */

static void
check_free(gpointer data)
{
	RpCheck *check = data;

	g_clear_handle_id(&check->end_source, g_source_remove);
	rp_pop_fetch_cancel(check->fetch);
	rp_local_delivery_free(check->local);
	rp_fetch_plan_clear(&check->plan);
	g_clear_pointer(&check->known, g_ptr_array_unref);
	if (check->header)
		g_string_free(check->header, TRUE);
	rp_catalogue_unref(check->catalogue);
	g_free(check->server);
	g_free(check->interface);
	g_free(check->error);
	g_free(check);
}

static gboolean
on_end(gpointer user)
{
	RpCheck *check = user;
	const RpChecks *room = check->room;

	check->end_source = 0;
	if (check->n_failed > 1)
		g_message("%s: check: %u messages could not be put away", check->set->name,
			check->n_failed);
	g_message("%s: checked: %u fetched", check->set->name, check->n_fetched);
	g_hash_table_steal(room->running, check->set->name);
	room->events->done(check->set->name, check->n_fetched, check->error, room->user);
	check_free(check);
	return G_SOURCE_REMOVE;
}

/* What is on its way to the disk is waited for, whatever became of the session. */
static void
go_on(RpCheck *check)
{
	gboolean quiet = !check->n_asked && !check->n_putting && !check->n_writes;

	/* The maildrop is locked to others as long as the session lasts. */
	if (check->fetch && check->plan.fetch &&
		(quiet || (!check->n_asked && check->set->fetch != RP_FETCH_DELETE)))
		rp_pop_fetch_finish(check->fetch);
	if (!check->fetch && quiet && !check->end_source)
		check->end_source = g_idle_add_full(G_PRIORITY_DEFAULT, on_end, check, NULL);
}

/* No more of it. */
static void
cut(RpCheck *check)
{
	RpPopFetch *fetch = g_steal_pointer(&check->fetch);

	check->n_asked = 0;
	if (check->coming && !check->header && check->local)
		rp_local_delivery_drop(check->local);
	if (check->coming && !check->header)
		check->n_putting--;
	check->coming = NULL;
	rp_pop_fetch_cancel(fetch);
	go_on(check);
}

/* ---- the memory ---- */

typedef struct {
	RpCheck *check;
	RpMail *mail;
	gboolean shown; /* nothing is left to be done for it */
} RpRecording;

static void
done_with(RpCheck *check, RpMail *mail)
{
	check->n_putting--;
	check->n_fetched++;
	check->n_in_a_row = 0;
	if (check->fetch && check->set->fetch == RP_FETCH_DELETE && !check->set->keep_days &&
		!mail->header_only)
		rp_pop_fetch_delete(check->fetch, mail->number, NULL);
}

static void
not_put_away(RpCheck *check, RpMail *mail, const char *why)
{
	check->n_putting--;
	check->n_failed++;
	fail(check, "a message could not be put away, and stays on the server: %s", why);
	if (++check->n_in_a_row >= FAILURES && check->fetch)
		cut(check);
}

static void
on_recorded(const GError *error, gpointer user)
{
	g_autofree RpRecording *recording = user;
	RpCheck *check = recording->check;
	RpMail *mail = recording->mail;

	check->n_writes--;
	if (error)
		not_put_away(check, mail, error->message);
	else if (recording->shown)
		done_with(check, mail);
	else
		rp_local_delivery_show(check->local, mail, mail->path);
	go_on(check);
}

static void
record(RpCheck *check, RpMail *mail, gboolean shown)
{
	RpQueueChange *change = rp_queue_change_new(rp_ground_now(check->room->ground));
	RpRecording *recording = g_new0(RpRecording, 1);

	recording->check = check;
	recording->mail = mail;
	recording->shown = shown;
	check->n_writes++;
	rp_change_save_fetched(change, &check->drop, mail->uidl, mail->header_only, mail->path);
	rp_writes_apply(check->room->ground->writes, change, on_recorded, recording);
}

static void
record_shown(RpCheck *check, const RpMail *mail)
{
	RpQueueChange *change = rp_queue_change_new(rp_ground_now(check->room->ground));

	rp_change_fetched_shown(change, mail->path);
	rp_writes_apply(check->room->ground->writes, change, NULL, NULL);
}

static void
on_stored(const RpLocalEvent *event, gpointer user)
{
	RpCheck *check = user;
	RpMail *mail = event->message;

	switch (event->kind) {
	case RP_LOCAL_PARKED:
		mail->path = g_strdup(event->path);
		record(check, mail, FALSE);
		break;
	case RP_LOCAL_DELIVERED:
		record(check, mail, TRUE);
		break;
	case RP_LOCAL_SHOWN:
		record_shown(check, mail);
		done_with(check, mail);
		break;
	case RP_LOCAL_FAILED:
		not_put_away(check, mail, event->error);
		break;
	case RP_LOCAL_ROOM:
		if (check->fetch)
			rp_pop_fetch_pause(check->fetch, FALSE);
		break;
	}
	go_on(check);
}

static void
remember_list(RpCheck *check)
{
	const RpFetchPlan *plan = &check->plan;
	RpQueueChange *change = rp_queue_change_new(rp_ground_now(check->room->ground));

	rp_change_adopt_fetched(change, &check->drop);
	for (guint i = 0; i < plan->forget->len; i++)
		rp_change_forget_fetched(change, &check->drop, plan->forget->pdata[i]);
	for (guint i = 0; i < plan->missing->len; i++)
		rp_change_miss_fetched(change, &check->drop, plan->missing->pdata[i], TRUE);
	for (guint i = 0; i < plan->back->len; i++)
		rp_change_miss_fetched(change, &check->drop, plan->back->pdata[i], FALSE);
	rp_writes_apply(check->room->ground->writes, change, NULL, NULL);
}

/* ---- the listing ---- */

static void
ask(RpCheck *check)
{
	const RpFetchPlan *plan = &check->plan;
	const RpAgentOptions *options = rp_ground_options(check->room->ground);

	for (guint i = 0; i < plan->delete->len; i++)
		rp_pop_fetch_delete(check->fetch, g_array_index(plan->delete, guint, i), NULL);
	if (plan->fetch->len)
		check->local =
			rp_local_delivery_new(options->maildir, options->mda, on_stored, check);
	for (guint i = 0; i < plan->fetch->len; i++) {
		RpMail *mail = plan->fetch->pdata[i];

		if (rp_pop_fetch_get(check->fetch, mail->number, mail->header_only, mail))
			check->n_asked++;
	}
}

/* FALSE: nothing can be fetched by this list. */
static gboolean
is_usable(RpCheck *check, const RpPopListing *listing)
{
	const char *refusal = listing->refusal ? listing->refusal : "";

	if (!listing->has_uidl)
		fail(check,
			"its POP server gives no unique ids (UIDL), without which nothing tells "
			"new "
			"mail from old: nothing is fetched: %s",
			refusal);
	else if (listing->refusal)
		fail(check, "its POP server does not list its mail: %s", refusal);
	return listing->has_uidl && !listing->refusal;
}

/* Another set's check may be at the same mailbox: what is new is new for one of them. */
static gboolean
is_fetched_by_other(const RpCheck *check)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, check->room->running);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const RpCheck *other = value;

		if (other != check && other->known &&
			g_str_equal(other->drop.server, check->drop.server) &&
			g_str_equal(other->drop.user, check->drop.user)) {
			g_message("%s: its mail is being fetched by %s", check->set->name,
				other->set->name);
			return TRUE;
		}
	}
	return FALSE;
}

static void
on_listed(RpCheck *check, const RpPopListing *listing)
{
	g_autoptr(GError) error = NULL;

	if (is_usable(check, listing) && !is_fetched_by_other(check)) {
		check->known =
			rp_queue_load_fetched(check->room->ground->queue, &check->drop, &error);
		if (!check->known)
			fail(check, "what was fetched before can't be read: %s", error->message);
	}
	if (!check->known) {
		rp_pop_fetch_finish(check->fetch);
		return;
	}
	rp_fetch_plan_make(&check->plan, check->set, listing, check->known, check->verified,
		rp_ground_now(check->room->ground));
	g_message("%s: %u message(s) on its POP server%s, %u to fetch, %u to delete",
		check->set->name, listing->n_items, listing->odd ? " in an odd list" : "",
		check->plan.fetch->len, check->plan.delete->len);
	if (check->plan.n_without_uidl)
		fail(check, "%u message(s) have no unique id and are not fetched",
			check->plan.n_without_uidl);
	remember_list(check);
	ask(check);
	go_on(check);
}

/* ---- messages ---- */

static void
begin(RpCheck *check, RpMail *mail)
{
	check->coming = mail;
	if (mail->header_only) {
		check->header = g_string_new(NULL);
	} else {
		check->n_putting++;
		rp_local_delivery_begin(check->local, mail);
	}
}

static void
on_data(RpCheck *check, const RpPopEvent *event)
{
	if (!check->coming)
		begin(check, event->user);
	if (!check->header)
		rp_local_delivery_data(check->local, event->data, event->size);
	else if (check->header->len < MAX_HEADER)
		g_string_append_len(check->header, (const char *)event->data, (gssize)event->size);
	if (rp_local_delivery_is_full(check->local))
		rp_pop_fetch_pause(check->fetch, TRUE);
}

static void
put_header(RpCheck *check, RpMail *mail)
{
	GString *header = g_steal_pointer(&check->header);
	GString *note = rp_fetch_note(header->str, header->len, mail->size, check->set);

	check->n_putting++;
	rp_local_delivery_begin(check->local, mail);
	rp_local_delivery_data(check->local, note->str, note->len);
	rp_local_delivery_end(check->local);
	g_string_free(note, TRUE);
	g_string_free(header, TRUE);
}

static void
drop(RpCheck *check)
{
	if (check->header) {
		g_string_free(g_steal_pointer(&check->header), TRUE);
	} else {
		rp_local_delivery_drop(check->local);
		check->n_putting--;
	}
}

static void
on_message(RpCheck *check, const RpPopEvent *event)
{
	RpMail *mail = event->user;

	check->n_asked--;
	if (event->outcome == RP_POP_WHOLE && !check->coming)
		begin(check, mail); /* it is empty */
	if (event->outcome == RP_POP_REFUSED)
		fail(check, "its POP server does not give %s of message %u: %s",
			mail->header_only ? "the header" : "the text", mail->number, event->text);
	else if (event->outcome == RP_POP_WHOLE && check->header)
		put_header(check, mail);
	else if (event->outcome == RP_POP_WHOLE)
		rp_local_delivery_end(check->local);
	else if (check->coming)
		drop(check);
	check->coming = NULL;
	go_on(check);
}

static void
on_event(RpPopFetch *fetch, const RpPopEvent *event, gpointer user)
{
	RpCheck *check = user;

	switch (event->kind) {
	case RP_POP_EVENT_LISTED:
		on_listed(check, event->listing);
		break;
	case RP_POP_EVENT_DATA:
		on_data(check, event);
		break;
	case RP_POP_EVENT_MESSAGE:
		on_message(check, event);
		break;
	case RP_POP_EVENT_DELETED:
		if (event->outcome == RP_POP_REFUSED)
			fail(check, "its POP server does not delete message %u: %s", event->number,
				event->text);
		break;
	case RP_POP_EVENT_CLOSED: /* comes as on_closed */
		break;
	}
}

/* ---- the session ---- */

static void
tell_login(const RpCheck *check, const RpSessionReport *report)
{
	check->room->events->login(check->set->name, report, check->room->user);
}

static void
on_ready(RpPopFetch *fetch, const RpSessionReport *report, gpointer user)
{
	RpCheck *check = user;

	check->logged_in = TRUE;
	check->verified = report->verified;
	/* What the login opens is open from now on: sending does not wait for the mail. */
	tell_login(check, report);
}

static void
on_closed(RpPopFetch *fetch, const RpSessionReport *report, gpointer user)
{
	RpCheck *check = user;

	check->fetch = NULL;
	if (report->pipelining_suspect)
		rp_records_save_fact(
			check->room->ground->records, check->set->name, "pop-pipelining", "broken");
	if (report->result != RP_SESSION_OK)
		fail(check, "%s",
			report->detail ? report->detail : rp_session_result_name(report->result));
	if (!check->logged_in)
		tell_login(check, report);
	go_on(check);
}

static void
start(RpCheck *check, const RpRoute *route)
{
	static const RpPopFetchCallbacks callbacks = {on_ready, on_event, on_closed};
	const RpRecords *records = check->room->ground->records;
	const char *name = check->set->name;
	RpPopFetchOptions options = {
		.expected_banner_domain = rp_records_fact(records, name, "pop-banner-domain"),
		.pipelining_off =
			g_strcmp0(rp_records_fact(records, name, "pop-pipelining"), "broken") == 0,
	};

	check->fetch = rp_pop_fetch_start(
		check->room->transport, check->set, route, &options, &callbacks, check);
}

/* ---- all checks ---- */

RpChecks *
rp_checks_new(
	const RpGround *ground, RpTransport *transport, const RpCheckEvents *events, gpointer user)
{
	RpChecks *checks = g_new0(RpChecks, 1);

	checks->ground = ground;
	checks->transport = transport;
	checks->events = events;
	checks->user = user;
	checks->running = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, check_free);
	return checks;
}

void
rp_checks_free(RpChecks *checks)
{
	if (!checks)
		return;
	g_hash_table_unref(checks->running);
	g_free(checks);
}

void
rp_checks_start(RpChecks *checks)
{
	const RpGround *ground = checks->ground;
	g_autoptr(GError) error = NULL;
	g_autoptr(GPtrArray) parked = rp_queue_load_parked(ground->queue, &error);
	RpQueueChange *change = rp_queue_change_new(rp_ground_now(ground));

	if (parked && parked->len) {
		g_ptr_array_add(parked, NULL);
		if (rp_mail_file_show((const char *const *)parked->pdata, &error))
			for (guint i = 0; i + 1 < parked->len; i++)
				rp_change_fetched_shown(change, parked->pdata[i]);
	}
	if (error)
		g_warning("mail that was fetched can't be shown: %s", error->message);
	rp_writes_apply(ground->writes, change, NULL, NULL);
}

void
rp_checks_begin(RpChecks *checks, const RpCheckOrder *order)
{
	RpCheck *check = g_new0(RpCheck, 1);

	check->room = checks;
	check->catalogue = rp_catalogue_ref(order->catalogue);
	check->set = order->set;
	check->server = rp_fetch_server(check->set->pop);
	check->drop = (RpMaildrop){check->server, check->set->pop_login.user, check->set->name};
	check->interface = g_strdup(order->route.interface);
	check->source = order->route.source;
	g_hash_table_insert(checks->running, check->set->name, check);
	start(check, &order->route);
}

gboolean
rp_checks_is_under_way(const RpChecks *checks, const char *set)
{
	return g_hash_table_contains(checks->running, set);
}

gboolean
rp_checks_are_idle(const RpChecks *checks)
{
	return g_hash_table_size(checks->running) == 0;
}

/* ---- cut ---- */

static gboolean
set_stands(const RpCheck *check)
{
	return rp_whereabouts_set_stands(check->room->ground->whereabouts, check->set);
}

void
rp_checks_reconfigured(RpChecks *checks)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, checks->running);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		RpCheck *check = value;

		if (!check->fetch || set_stands(check))
			continue;
		fail(check, "its server set was changed meanwhile");
		cut(check);
	}
}

static gboolean
route_stands(const RpCheck *check)
{
	return rp_whereabouts_route_stands(
		check->room->ground->whereabouts, check->interface, &check->source);
}

void
rp_checks_cut(RpChecks *checks, gboolean all)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, checks->running);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		RpCheck *check = value;

		if (!check->fetch || (!all && route_stands(check)))
			continue;
		fail(check, "the network has changed meanwhile");
		cut(check);
	}
}

void
rp_checks_close(RpChecks *checks)
{
	GHashTableIter iter;
	gpointer value;

	rp_checks_cut(checks, TRUE);
	g_hash_table_iter_init(&iter, checks->running);
	while (g_hash_table_iter_next(&iter, NULL, &value))
		if (((RpCheck *)value)->local)
			rp_local_delivery_hurry(((RpCheck *)value)->local);
	while (g_hash_table_size(checks->running))
		g_main_context_iteration(NULL, TRUE);
}
