/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/message.h"
#include "roampost/submit.h"

/* Who we are: what the configuration says, read when first asked for; where it is broken or silent,
 * what the system knows. */
typedef struct RpIdentity RpIdentity;

RpIdentity *rp_identity_new(const char *full_name);
void rp_identity_free(RpIdentity *identity);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpIdentity, rp_identity_free)

/* At a terminal it is told that the configuration has errors, also where nothing was asked of it.
 */
void rp_identity_tell(RpIdentity *identity);
const char *rp_identity_address(RpIdentity *identity);
/* The address is the above, and a makeshift, or it may be one at this machine: the configuration is
 * broken, and what it says of that is to take its place. */
gboolean rp_identity_left_open(RpIdentity *identity, const char *address);
/* A From header's value, with the full name; a NULL address: the identity's. */
char *rp_identity_from(RpIdentity *identity, const char *address);
const char *rp_identity_qualify_domain(RpIdentity *identity); /* NULL: none */
/* An address of this machine, as root@localhost: it is the same as the name before the @ alone.
 * Never where a server set has the domain. */
gboolean rp_identity_is_here(RpIdentity *identity, const char *address);
char *rp_identity_maildir(RpIdentity *identity, GError **error);
const char *rp_identity_mda(RpIdentity *identity); /* NULL: none */
/* The one of these that counts; NULL: neither. */
char *rp_identity_local_place(RpIdentity *identity);

/* Whether mail for a name without a domain is this user's: his own name, and root's, those of
 * system accounts and of tasks (postmaster), where they are not said to be another's. FALSE with
 * RP_ERROR_NO_USER: a sentence with what to write. */
gboolean rp_local_name_is_ours(
	const char *local_part, const char *system_mail_user, GError **error);
/* The same by the configuration; where that is broken, and nobody knows whether it has a
 * qualify-domain, each name is taken. */
gboolean rp_identity_takes(RpIdentity *identity, const char *local_part, GError **error);

/* Where a message goes: addresses for the queue, and whether to the local maildir too. */
typedef struct {
	GPtrArray *addresses; /* of char *, each once */
	GHashTable *seen;     /* the same, to be found */
	gboolean local;
	gboolean utf8;       /* an address has octets above 127 */
	GPtrArray *notify;   /* by address, of char * or NULL: what is to be told of it */
	GPtrArray *original; /* likewise: whom it is to be told of (RFC 3461) */
	/* Of what is added next; borrowed. */
	const char *next_notify;
	const char *next_original;
} RpTargets;

void rp_targets_init(RpTargets *targets);
void rp_targets_clear(RpTargets *targets);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpTargets, rp_targets_clear)
/* Adds what a caller's one argument names, also as a list: all of it, or RP_ERROR_INVALID. */
gboolean rp_targets_add(
	RpTargets *targets, const char *recipient, RpIdentity *identity, GError **error);
/* The same for what is one address, as it stands in an SMTP command. */
gboolean rp_targets_add_exact(
	RpTargets *targets, const char *recipient, RpIdentity *identity, GError **error);
/* Adds all addresses of a header field; else the error names it and the piece. */
gboolean rp_targets_add_field(
	RpTargets *targets, const RpMessageField *field, RpIdentity *identity, GError **error);
/* An envelope sender, without angle brackets and comments. */
char *rp_submit_sender(const char *text, RpIdentity *identity, GError **error);
char *rp_submit_sender_exact(const char *address, RpIdentity *identity, GError **error);

/* A file in the making in a maildir (or for the mail delivery command). */
typedef struct RpIntake RpIntake;

RpIntake *rp_intake_new(RpIdentity *identity, const char *sender, GError **error);
/* Takes wire format; lines end in LF in the file. */
gboolean rp_intake_write(RpIntake *delivery, const void *data, gsize size, GError **error);
/* On the disk and visible after this. */
gboolean rp_intake_finish(RpIntake *delivery, GError **error);
void rp_intake_free(RpIntake *delivery); /* removes what was not finished */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpIntake, rp_intake_free)
