/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/queue-change.h"
#include "roampost/smtp-server.h"

/* Handing a message over: what roampost-sendmail and `roampost submit` have in common. Needs no
 * agent, no bus and no home directory; a broken configuration does not stop it. */

typedef struct {
	const char *sender;            /* envelope sender; "" for <>; NULL: see below */
	const char *full_name;         /* for an added From; NULL: none */
	const char *const *recipients; /* addresses, or bare local names; NULL-terminated or NULL */
	gboolean recipients_from_header; /* add those of To, Cc and Bcc */
	gboolean dot_ends;               /* a line with a lone dot ends the input */
	const char *pin;                 /* a set's name, or NULL */
	gboolean hold;                   /* until it is released */
	RpTime not_before;               /* 0: at once */
	const char *state_dir;           /* NULL: rp_queue_state_dir */
	RpQueue *queue; /* open already, as RP_QUEUE_WRITER, and borrowed; NULL: opened when needed
			 */
	guint patience; /* seconds in which nothing comes, after which no more is waited for; 0: no
			   end */
	gboolean exact; /* sender and recipients are one address each, as SMTP has them: no lists */
	/* What the sender wants to hear of the delivery, as in RpSmtpServerEnvelope; each may be
	 * NULL. */
	const char *dsn_ret;
	const char *dsn_envid;
	const char *dsn_notify;       /* of every recipient, those of the header too */
	char *const *dsn_notify_each; /* by recipient, before the one above */
	char *const *dsn_original;    /* by recipient */
	/* Set once it is stored, where mail was for local names: the maildir, or the delivery
	 * command; to be freed. NULL: nobody asks. */
	char **local_place;
} RpSubmitRequest;

/* What an SMTP client hands over, as a request that owns all it points to. */
RpSubmitRequest *rp_submit_request_new(const RpSmtpServerEnvelope *envelope);
void rp_submit_request_free(RpSubmitRequest *request); /* none but these */
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpSubmitRequest, rp_submit_request_free)

/* Reads the message from the descriptor up to its end and stores it. When this returns TRUE it is
 * on the disk: queued, or in the local maildir for bare names where no qualify-domain is
 * configured. `id` (may be NULL) is 0 when there was nothing but local recipients. Blocks while the
 * input does: an agent calls it in a thread.
 *
 * Without a `sender` the address of the From header is the envelope sender; the default identity
 * where there is none.
 *
 * Errors: RP_ERROR_NOT_FOUND no recipient; RP_ERROR_INVALID a bad address; RP_ERROR_NO_USER a bare
 * name that is not this user's (rp_local_name_is_ours); RP_ERROR_UNAVAILABLE the
 * queue can't be made; RP_ERROR_CONFIG, RP_ERROR_FULL, RP_ERROR_BUSY, RP_ERROR_IO,
 * RP_ERROR_PERMISSION. After an error nothing is stored. */
gboolean rp_submit_fd(const RpSubmitRequest *request, int fd, RpMessageId *id, GError **error);

/* Standard error is a terminal, and its user's own: whom an errand is done for (errand.h) is shown
 * nothing of what is configured. */
gboolean rp_submit_is_watched(void);
/* Who hands over mail at a terminal is told, once, that the configuration has errors: what is
 * handed over is taken all the same. Nothing is said to a program. */
void rp_submit_tell_config(void);

/* The same in pieces, for what comes from elsewhere than a descriptor. */
typedef struct RpSubmit RpSubmit;

/* Borrows the request, which must last. NULL: something in it is wrong. */
RpSubmit *rp_submit_new(const RpSubmitRequest *request, GError **error);
/* What comes after an error is not taken. */
gboolean rp_submit_write(RpSubmit *submit, const void *data, gsize size, GError **error);
/* TRUE: it is on the disk; `id` as above. */
gboolean rp_submit_finish(RpSubmit *submit, RpMessageId *id, GError **error);
typedef struct {
	gboolean stored; /* it is on the disk */
	RpMessageId id;  /* when it is; as above */
	GError *error;   /* when it is not: always set then */
} RpSubmitResult;
/* Several that share one open queue, and then one sync; all of `results` is filled in. */
void rp_submit_finish_all(RpSubmit *const *submits, guint n, RpSubmitResult *results);
void rp_submit_free(RpSubmit *submit);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpSubmit, rp_submit_free)

/* A header field's value in ASCII, on one line (RFC 2047, RFC 2231; domains as A-labels); in any
 * thread. Of lists of addresses only names, comments and domains are changed. All else is by GMime,
 * which is loaded for it. NULL: it can't be said in ASCII (as the local part of an address), the
 * list can't be read, or GMime can't be loaded. */
char *rp_submit_encode_field(const char *name, const char *value);

/* What is kept of a Subject: RP_SUBJECT_MOST characters that can be shown anywhere, by its value as
 * it was written; RFC 2047's words are read by GMime, which is loaded for them. NULL for NULL. */
char *rp_submit_subject(const char *value);

/* Adds the edit of a queued message to a change, as rp_change_edit; a new sender is put into the
 * From header too, which keeps its display name. */
void rp_submit_edit(
	RpQueueChange *change, RpMessageId id, const char *sender, const char *const *recipients);

/* What SMTP clients may send in one message: less than the queue's limit, since line ends and
 * header fields may be added. */
#define RP_SUBMIT_MAX_SIZE (G_GINT64_CONSTANT(256) * 1024 * 1024)
/* For RpSmtpServerOptions: why a recipient that names nobody's mail here is not taken, before its
 * mail comes. Asks the configuration and the system of names without a domain (or with one
 * without a full stop) alone. */
char *rp_submit_refuse_recipient(const char *recipient);
/* What an SMTP client hears of an error of the above. */
RpSmtpServerAnswer rp_submit_smtp_answer(const GError *error);
/* The exit status of <sysexits.h> for an error of the above. */
int rp_submit_exit_status(const GError *error);
