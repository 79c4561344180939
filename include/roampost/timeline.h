/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/picture.h"

/* What became of mail, as a picture: the places as a band, above it time, below it each message,
 * with its waiting as a line and what happened as marks. Made of the values of org.roampost.Agent1,
 * so whoever can ask the agent can draw it. */

typedef struct {
	gint64 since, until; /* what is shown, microseconds since the epoch; until > since */
	double width;        /* of the picture; less than 280 is 280 */
	GTimeZone *zone;     /* of the times that are written; NULL: that of here */
} RpTimelineOptions;

/* `records`: aa{sv} as History gives them, in any order, with the events place (one from before
 * `since` tells where it begins). `waiting`: aa{sv} as List gives them, what is in the queue still;
 * NULL: that is not known, and what has come to no end counts as waiting. Messages that waited in
 * the same way at the same time are drawn once, with their number. Members that are not there count
 * as empty. */
RpPicture *rp_timeline_picture(
	GVariant *records, GVariant *waiting, const RpTimelineOptions *options);
