/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tell-private.h"

/* That a program's mail was refused for want of room: said on the desktop, since many programs say
 * so to nobody, and for as long as such a mail would be refused again. */

/* Nobody says when a disk has room again. */
#define LOOK_AGAIN G_TIME_SPAN_MINUTE

void
rp_tell_room_init(RpTell *tell)
{
	tell->room_at = G_MAXINT64;
}

void
rp_tell_look_for_room(RpTell *tell)
{
	gint64 room;

	if (!tell->refused)
		return;
	room = rp_queue_room_for_mail(tell->ground->queue);
	if (room >= 0 && (guint64)room > tell->refused) {
		tell->refused = 0;
		rp_tell_show(tell);
	}
	tell->room_at = tell->refused ? rp_ground_now(tell->ground) + LOOK_AGAIN : G_MAXINT64;
	rp_timer_changed(tell->ground->timer);
}

void
rp_tell_refused(RpTell *tell, guint64 octets)
{
	if (!octets)
		return;
	/* Of one that was refused half-way the rest is not known. */
	tell->refused = MAX(tell->refused, MAX(octets, RP_QUEUE_LARGE_MAIL));
	rp_tell_show(tell);
	rp_tell_look_for_room(tell);
}
