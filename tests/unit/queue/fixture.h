/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/queue-records.h"

/* A state directory of its own, with the agent's handle and a submitting program's. */
typedef struct {
	char *dir;
	RpQueue *agent;
	RpQueue *writer;
} Fixture;

#define NOW (G_GINT64_CONSTANT(1790000000) * G_USEC_PER_SEC)

void fixture_set_up(Fixture *f, gconstpointer data);
void fixture_tear_down(Fixture *f, gconstpointer data);

RpMessageId fixture_submit(Fixture *f, const char *sender, const char *recipients, gsize size);
/* Applies by the agent and asserts that it went well. */
void fixture_apply(Fixture *f, RpQueueChange *change);
/* Applies by the other handle and asserts that it was refused so. */
void fixture_refused(Fixture *f, RpQueueChange *change, RpErrorCode code);
RpQueueChange *fixture_change(void);
RpMessageState fixture_state(Fixture *f, RpMessageId id);
/* Every counter equals what counting gives. */
void fixture_check_counters(Fixture *f);
void fixture_verdict(RpQueueChange *change, gint64 class_id, RpClassVerdict verdict);
/* Puts all new messages into one class of this key with this verdict; its number. */
gint64 fixture_plan(Fixture *f, const char *key, RpClassVerdict verdict);
