/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "fetch-private.h"

/* What comes of a check is put away: parked, remembered,
 * shown, and only then to be deleted from the server. */

/* Mails that can't be put away in a row: the disk is full, the command is broken. */
#define FAILURES 3
/* A header is not longer than this. */
#define MAX_HEADER (256 * 1024)

/* ---- what is remembered ---- */

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
	if (check->fetch && mail->due)
		rp_check_delete(check, mail);
}

static void
not_put_away(RpCheck *check, RpMail *mail, const char *why)
{
	check->n_putting--;
	check->n_failed++;
	rp_check_fail(check, "a message could not be put away, and stays on the server: %s", why);
	if (++check->n_in_a_row >= FAILURES && check->fetch)
		rp_check_cut(check);
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
	rp_check_go_on(check);
}

/* Commands that were sent ahead may have mixed up the answers: without them it comes whole. */
static void
doubt_cut(const RpCheck *check, const RpMail *mail, RpQueueChange *change)
{
	if (mail->cut && check->mixed_up)
		rp_change_doubt_fetched(change, &check->drop, mail->uidl);
	else if (mail->cut)
		rp_change_cut_fetched(change, &check->drop, mail->uidl);
}

void
rp_check_note_cut(RpCheck *check, RpMail *mail, gboolean mixed_up)
{
	RpQueueChange *change = rp_queue_change_new(rp_ground_now(check->room->ground));

	mail->cut = TRUE;
	mail->due = FALSE;
	check->mixed_up = mixed_up;
	/* If it is not on the disk yet, its record will say so. */
	doubt_cut(check, mail, change);
	rp_check_write(check, change);
}

static void
record(RpCheck *check, RpMail *mail, gboolean shown)
{
	RpQueueChange *change = rp_queue_change_new(rp_ground_now(check->room->ground));
	RpRecording *recording = g_new0(RpRecording, 1);
	RpFetched fetched = {
		.uidl = mail->uidl,
		.digest = mail->digest,
		.size = mail->size,
		.header_only = mail->header_only,
		.file = mail->path,
	};

	recording->check = check;
	recording->mail = mail;
	recording->shown = shown;
	check->n_writes++;
	rp_change_save_fetched(change, &check->drop, &fetched, mail->beside);
	doubt_cut(check, mail, change);
	rp_writes_apply(check->room->ground->writes, change, on_recorded, recording);
}

static void
record_shown(RpCheck *check, const RpMail *mail)
{
	RpQueueChange *change = rp_queue_change_new(rp_ground_now(check->room->ground));

	rp_change_fetched_shown(change, mail->path);
	rp_check_write(check, change);
}

static void
on_local_event(const RpLocalEvent *event, gpointer user)
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
	rp_check_go_on(check);
}

/* ---- messages that come ---- */

static void
begin(RpCheck *check, RpMail *mail)
{
	check->coming = mail;
	check->sum = g_checksum_new(G_CHECKSUM_SHA256);
	rp_check_head_begin(check);
	if (mail->header_only) {
		check->header = g_string_new(NULL);
	} else {
		check->n_putting++;
		rp_local_delivery_begin(check->local, mail);
	}
}

void
rp_check_on_data(RpCheck *check, const RpPopEvent *event)
{
	if (!check->coming)
		begin(check, event->user);
	g_checksum_update(check->sum, event->data, (gssize)event->size);
	rp_check_head_data(check, event->data, event->size);
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

/* It is here already, be it that it came just now: under its id and with this content. */
static gboolean
is_here(RpCheck *check, const RpMail *mail)
{
	char *content = g_strconcat(mail->uidl, " ", mail->digest, NULL);
	gboolean is_new = g_hash_table_add(check->contents, content);

	return mail->compare && !is_new;
}

static void
recognise(RpCheck *check, RpMail *mail)
{
	g_debug("%s: message %u is here already", check->set->name, mail->number);
	drop(check);
	rp_check_recognise(check, mail);
	if (mail->due)
		rp_check_delete(check, mail);
}

/* No mail is empty that is listed with a size. */
static void
nothing_came(RpCheck *check, const RpMail *mail)
{
	rp_check_fail(check,
		"its POP server gives nothing of message %u, which it says has %" G_GINT64_FORMAT
		" octets: it stays there",
		mail->number, mail->size);
}

static void
on_whole(RpCheck *check, RpMail *mail)
{
	if (!check->coming && mail->size > 0) {
		nothing_came(check, mail);
		return;
	}
	if (!check->coming)
		begin(check, mail); /* it is empty */
	rp_check_head_tell(check);
	mail->digest = g_strdup(g_checksum_get_string(check->sum));
	if (is_here(check, mail))
		recognise(check, mail);
	else if (check->header)
		put_header(check, mail);
	else
		rp_local_delivery_end(check->local);
}

static void
on_refused(RpCheck *check, const RpMail *mail, const char *words)
{
	if (mail->header_only)
		rp_check_fail(check,
			"message %u is larger than max-size allows, and its POP server does not "
			"give the header alone: %s",
			mail->number, words);
	else
		rp_check_fail(check, "its POP server does not give the text of message %u: %s",
			mail->number, words);
}

void
rp_check_on_message(RpCheck *check, const RpPopEvent *event)
{
	RpMail *mail = event->user;

	check->n_asked--;
	switch (event->outcome) {
	case RP_POP_WHOLE:
		on_whole(check, mail);
		break;
	case RP_POP_REFUSED:
		on_refused(check, mail, event->text);
		break;
	case RP_POP_BROKEN:
		if (check->coming)
			drop(check);
		break;
	}
	check->coming = NULL;
	rp_check_head_drop(check);
	g_clear_pointer(&check->sum, g_checksum_free);
	rp_check_go_on(check);
}

void
rp_check_open_local(RpCheck *check)
{
	const RpAgentOptions *options = rp_ground_options(check->room->ground);

	check->local = rp_local_delivery_new(options->maildir, options->mda, on_local_event, check);
}
