/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/ground.h"
#include "roampost/transport.h"

/* Checks of mail that fetch: POP login, list, and message by message into the maildir's tmp, into
 * what is remembered of unique ids, and only then visible, and only then deleted from the server
 * (RFC 1939 section 8 leaves it to the client). Whatever breaks in between, no mail is lost and
 * none comes twice; a delivery command alone can be given the message that it was just given.
 *
 * A mail is its unique id for as long as it exists, and in doubt its content: an id may be another
 * mail's after a deletion (RFC 1939 section 7), and is where it is listed twice.
 *
 * A check is known by its server set's name; one of each set may be under way. All of it runs in
 * the main context that it was made in. */

typedef struct RpChecks RpChecks;

/* What a check is made for. The catalogue is referenced, the route copied. */
typedef struct {
	RpCatalogue *catalogue;
	const RpServerSet *set; /* of that catalogue; it has a POP server, and fetches */
	RpRoute route;
} RpCheckOrder;

#define RP_CHECK_HEAD (32 * 1024)

/* Strings are lent for the call. */
typedef struct {
	/* The login is made (RP_SESSION_OK), or will not be. Once a check, but not of one that is
	 * cut before. What the login opens is open while the fetch goes on. */
	void (*login)(const char *set, const RpSessionReport *report, gpointer user);
	/* It is over and all that came is put away; another check of the set may begin. `error` is
	 * the first thing that went wrong, in an English sentence, or NULL. Once a check, from the
	 * loop. */
	void (*done)(const char *set, guint n_fetched, const char *error, gpointer user);
	/* Whether headers matter, and if so, the first octets of a mail that came whole: at most
	 * RP_CHECK_HEAD of them, nothing of its text but by chance. Both from within a session. */
	gboolean (*wants_headers)(gpointer user);
	void (*header)(const char *octets, gsize length, gpointer user);
} RpCheckEvents;

/* The ground, the transport and the events are borrowed. */
RpChecks *rp_checks_new(
	const RpGround *ground, RpTransport *transport, const RpCheckEvents *events, gpointer user);
/* After rp_checks_close. NULL is fine. */
void rp_checks_free(RpChecks *checks);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpChecks, rp_checks_free)

/* Shows what an earlier agent fetched and did not come to show. */
void rp_checks_start(RpChecks *checks);
/* None of the set may be under way. Events come later, not inside this call. */
void rp_checks_begin(RpChecks *checks, const RpCheckOrder *order);
gboolean rp_checks_is_under_way(const RpChecks *checks, const char *set);
gboolean rp_checks_are_idle(const RpChecks *checks);

/* Ends the sessions of those whose link or address is gone, or of all; what has come whole is still
 * put away, and `done` follows. */
void rp_checks_cut(RpChecks *checks, gboolean all);
/* The same for those whose server set is not what it was, or gone. */
void rp_checks_reconfigured(RpChecks *checks);
/* The same for all; delivery commands are ended. Runs the default main context until none is under
 * way. */
void rp_checks_close(RpChecks *checks);
