/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "messages.h"

/* What is said of messages of which nothing but what the plan says of their class is to be said:
 * worked out once. */
typedef struct {
	char *text;
	char *reasons; /* JSON */
} RpCliClassSaid;

/* NULL: there is more to say of this one. Borrowed, until the next call. */
const RpCliClassSaid *rp_cli_class_said(const RpQueueMessage *message);
