/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/message-view.h"
#include "roampost/tell.h"
#include "roampost/tray-item.h"

/*	tell.c          properties, and what happened
 *	active.c        what is being sent, and how far it is
 *	changes.c       changed messages, which may not go out at each change
 *	held.c          signals of messages that are new, and of those that have come to be held
 *	held-notice.c   the notice on the desktop for them: what it says
 *	alarms.c        notices of server sets that stopped as a whole
 *	screen.c        what is to be on the desktop, and when
 *	room.c          that mail found no room
 *	tray.c          the icon in the panel
 *	outcome.c       what became of a message in a session
 *	values.c        messages, sets and explanations as values
 *	place-values.c  place and links
 *	place-history.c where the machine was, for the history */

struct RpTell {
	const RpGround *ground;
	const RpPlanner *planner;
	RpBusService *bus;
	RpNotifier *notifier;
	const RpTellQueries *queries;
	gpointer user;

	RpMessageViews *views;
	GPtrArray *config_problems; /* of GVariant: why the newest configuration was not taken */
	GArray *fresh;              /* RpMessageId: classified, and said when the plan holds them */
	char *current_set;
	gboolean disk_fails;     /* as it was told last */
	gboolean disk_read_only; /* and that is why */
	guint64 refused;         /* octets of a mail that found no room; 0: there is some again */
	RpTime room_at;          /* when it is looked for; G_MAXINT64: it is not */
	char *place_noted;       /* place-history.c; NULL: it was not looked up yet */

	GHashTable *known;    /* id (gint64) -> GVariant: messages as the bus knows them; NULL: they
				 are too many, or nobody was told yet */
	gint64 queue_version; /* of what it knows */
	guint64 revision;
	guint changes_source; /* they are said when the loop has turned */
	RpTime changes_at;    /* when they may be said; G_MAXINT64: nothing may have changed */
	RpTime changes_last;  /* when they were */
	GVariant *active;     /* as the bus knows it */
	RpTime active_at;     /* likewise */
	RpTime active_last;
	gboolean watched; /* somebody wants to see how far it is */

	RpTrayItem *tray; /* NULL: the configuration wants none */
	RpTime tray_at;   /* when it is to be made anew; G_MAXINT64: it is not */
	RpTime tray_last;

	/* screen.c */
	RpNotice *held;         /* of held mail, as it is to be seen; NULL: not */
	RpNotice *held_next;    /* it takes that one's place if it lasts; NULL: none */
	RpTime held_due;        /* when */
	RpTime held_gone_at;    /* when there was none any more, last */
	guint n_flaps;          /* how often it came back soon */
	gboolean held_was_seen; /* and what it was about is not all sent yet */
	gboolean any_sent;      /* of that */
	GPtrArray *asides;      /* of RpAside: refused or rejected, oldest first */
};

/* changes.c */
void rp_tell_changes_init(RpTell *tell);
void rp_tell_changes_clear(RpTell *tell);
/* Messages, or what is being sent, may have changed. */
void rp_tell_note_changes(RpTell *tell);

/* active.c */
void rp_tell_active_init(RpTell *tell);
void rp_tell_active_clear(RpTell *tell);
/* Messages may have been begun, or have come to their end. */
void rp_tell_note_active(RpTell *tell);
void rp_tell_active_due(RpTell *tell, gboolean at_once);

/* When what was said at `last` may be said again. The clock may have been set back. */
static inline RpTime
rp_tell_next_time(RpTime now, RpTime last, RpSpan pause)
{
	return last > now ? now + pause : MAX(now, last + pause);
}

/* tray.c */
void rp_tell_tray_init(RpTell *tell);
/* By the configuration of now. */
void rp_tell_tray_configure(RpTell *tell);
void rp_tell_tray_clear(RpTell *tell);
/* What it shows may have changed. */
void rp_tell_note_tray(RpTell *tell);
void rp_tell_tray_due(RpTell *tell, RpTime now);

/* held.c */
/* The first reason for the first recipient that has one, as the plan has it; FALSE when none has.
 */
gboolean rp_tell_first_reason(
	const RpTell *tell, const RpQueueMessage *message, char **code, char **sentence);

/* networks.c: aa{sv}, of the Place property */
GVariant *rp_tell_networks_value(const RpTell *tell);

/* place-values.c */
/* A portal stands in the way, as somebody says or as it looks. */
gboolean rp_tell_is_at_portal(const RpTell *tell);
GVariant *rp_tell_place_value(const RpTell *tell);
GVariant *rp_tell_links_value(const RpTell *tell);

/* place-history.c */
/* Remembers where the machine is (a Place), where that is another place than the last. */
void rp_tell_note_place(RpTell *tell, GVariant *place);

/* A message of which recipients can't be reached, while it is still in the queue. */
typedef struct {
	RpMessageId id;
	RpNotice *notice;
} RpAside;
void rp_tell_aside_free(gpointer aside);

/* held-notice.c */
/* Which mail is held, and why; NULL: none, or what holds it has a notice of its own. */
RpNotice *rp_tell_make_held_notice(const RpTell *tell);

/* alarms.c */
/* Adds the notices (RpNotice) of server sets that stopped as a whole. */
void rp_tell_add_alarms(const RpTell *tell, GPtrArray *screen);
/* What holds mail so has a notice of its own. */
gboolean rp_tell_has_alarm(const RpTell *tell, const RpHoldReason *reason);

/* room.c */
void rp_tell_room_init(RpTell *tell);
/* What found no room may find some now. */
void rp_tell_look_for_room(RpTell *tell);

/* screen.c */
/* What is so now goes onto the desktop. */
void rp_tell_show(RpTell *tell);
/* Refused and rejected messages that are told of, at most. */
#define RP_TELL_MOST_ASIDES 50
/* Takes the notice, to be shown with the rest. */
void rp_tell_add_aside(RpTell *tell, RpMessageId id, RpNotice *notice);
/* A message has been sent. */
void rp_tell_count_sent(RpTell *tell);
