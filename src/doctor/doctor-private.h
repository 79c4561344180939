/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/config.h"
#include "roampost/doctor.h"
#include "roampost/place.h"

typedef struct RpDBus RpDBus; /* roampost/dbusloop.h, which bus.c alone sees */

/* What is known so far, and what was found. A check takes what those before it have put here; each
 * may be NULL. */
typedef struct {
	GPtrArray *findings;
	const char *check; /* the one that looks now */
	RpConfig *config;
	const char *owner; /* the user whose queue takes this account's mail; NULL: its own */
	RpDBus *session;   /* connected, as the next */
	RpDBus *system;
	RpNetwork *network;
	RpPlace *place;
	gboolean shut;  /* no link, or a portal: no server elsewhere can be reached */
	GArray *inside; /* of guint: providers, by what is known here and by what the agent knows */
	char *state_dir;
} RpDoctor;

/* Takes the remedy. */
void rp_doctor_find(RpDoctor *doctor, RpHealth health, const char *subject, char *remedy,
	const char *format, ...) G_GNUC_PRINTF(5, 6);
void rp_doctor_good(RpDoctor *doctor, const char *format, ...) G_GNUC_PRINTF(2, 3);

/* ---- the checks, by file ---- */

void rp_doctor_look_at_configuration(RpDoctor *doctor); /* configuration.c */
void rp_doctor_look_at_keyring(RpDoctor *doctor);
void rp_doctor_look_at_bus(RpDoctor *doctor); /* session.c */
void rp_doctor_look_at_agent(RpDoctor *doctor);
void rp_doctor_look_at_start(RpDoctor *doctor);
void rp_doctor_look_at_linger(RpDoctor *doctor);
void rp_doctor_look_at_manager(RpDoctor *doctor); /* network.c */
void rp_doctor_look_at_place(RpDoctor *doctor);
void rp_doctor_look_at_ppp(RpDoctor *doctor);   /* ppp.c */
void rp_doctor_look_at_clock(RpDoctor *doctor); /* machine.c */
void rp_doctor_look_at_disk(RpDoctor *doctor);
void rp_doctor_look_at_queue(RpDoctor *doctor);    /* queue.c */
void rp_doctor_look_at_sendmail(RpDoctor *doctor); /* sendmail.c */
void rp_doctor_look_at_cron(RpDoctor *doctor);
void rp_doctor_look_at_servers(RpDoctor *doctor); /* servers.c */

/* ---- the buses: bus.c ---- */

/* A connected bus at the address (NULL: the usual one), or NULL. */
RpDBus *rp_doctor_connect(const char *address, gboolean system);
void rp_doctor_disconnect(RpDBus *bus); /* NULL is fine */
gboolean rp_doctor_has_name(RpDBus *bus, const char *name);
/* A property of a basic type as text: "true", "4", "x"; NULL: nobody answers. */
char *rp_doctor_property(RpDBus *bus, const char *name, const char *path, const char *interface,
	const char *property);
/* The state of the place as the agent on the bus has it: "portal", "online"; NULL: none is there.
 */
char *rp_doctor_agent_place(RpDBus *bus);

/* By what the check of the place has put there. */
gboolean rp_doctor_is_inside(const RpDoctor *doctor, guint provider);

/* The providers that the agent on the session bus is inside of, by id; NULL: none is there. */
char **rp_doctor_agent_inside(void);

/* Why the agent on the session bus has not taken what is configured; NULL: it has, or none is
 * there. */
char *rp_doctor_agent_config_problem(void);

/* ---- what commands are made of ---- */

/* systemd is the machine's init: it starts what a user's session has. */
gboolean rp_doctor_has_systemd(void);
/* Quoted for a shell, where that is needed; a file below the home begins with it in full. */
char *rp_doctor_quote(const char *word);
/* The same as root: with sudo, unless this is root. */
char *rp_doctor_as_root(const char *command);
/* Where the file system of the path (or of the folder above it that is there) is mounted read-only.
 */
char *rp_doctor_remount_command(const char *path);
/* Of the session's keyring. */
char *rp_doctor_unlock_command(void);
/* A program of ours, as rp_module_program finds it; else where it should be. */
char *rp_doctor_program(const char *name, const char *folder);
