/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* A dbus-daemon of the test's own, on a socket in a temporary directory. It dies with the test. */
typedef struct PrivateBus PrivateBus;

/* Not running yet. `policy`: busconfig elements to add, or NULL. */
PrivateBus *private_bus_new(const char *policy);
void private_bus_free(PrivateBus *bus);
void private_bus_start(PrivateBus *bus); /* returns when it answers */
void private_bus_stop(PrivateBus *bus);
const char *private_bus_address(const PrivateBus *bus);
const char *private_bus_directory(const PrivateBus *bus);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(PrivateBus, private_bus_free)

/* A bus that is stopped: from the opening on it takes connections and never says a word, until the
 * descriptor is closed. Before, nobody listens at the address. One a process. */
char *silent_bus_address(void);
int silent_bus_open(void);

/* Turns the main loop until it is so, at most a minute (the machine may have other things to do);
 * aborts the test then. */
#define run_until(condition)                                                                       \
	G_STMT_START                                                                               \
	{                                                                                          \
		gboolean run_late_ = FALSE;                                                        \
		guint run_guard_ = private_bus_guard(&run_late_);                                  \
		while (!(condition) && !run_late_)                                                 \
			g_main_context_iteration(NULL, TRUE);                                      \
		if (run_late_)                                                                     \
			g_error("%s:%d: never came true: %s", __FILE__, __LINE__, #condition);     \
		g_source_remove(run_guard_);                                                       \
	}                                                                                          \
	G_STMT_END
guint private_bus_guard(gboolean *late);
/* Turns the main loop until all that is under way between us and others of this process by the
 * running bus has come, and what it brought about too, however long that takes. */
void private_bus_settle(PrivateBus *bus);
/* The same for what the bus itself has to do: the main loop is not turned. */
void private_bus_catch_up(PrivateBus *bus);
/* Turns the main loop for so long. For what must not happen where no bus is that could settle. */
void run_for(guint milliseconds);
/* Nothing is due and no timer is set: the loop would sleep until something arrives from outside. */
gboolean loop_is_asleep(void);
