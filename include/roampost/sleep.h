/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Suspend and resume, as logind tells them on the system bus (org.freedesktop.login1.Manager,
 * PrepareForSleep). Without a system bus or without logind nothing is ever told. The callback runs
 * in the main context in which the watch was made. */
typedef struct RpSleepWatch RpSleepWatch;
typedef void (*RpSleepFunc)(gboolean going_to_sleep, gpointer user);

RpSleepWatch *rp_sleep_watch_new(RpSleepFunc func, gpointer user);
/* While `busy`, a suspend waits for us for as long as logind lets it (a delay inhibitor): the watch
 * tells of it, and the machine sleeps when we are not busy any more. */
void rp_sleep_watch_delay(RpSleepWatch *watch, gboolean busy);
void rp_sleep_watch_free(RpSleepWatch *watch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpSleepWatch, rp_sleep_watch_free)
