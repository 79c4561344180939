/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/submit.h"

/* The sendmail command's arguments. */

typedef enum {
	RP_MODE_DELIVER,
	RP_MODE_LIST,    /* -bp, mailq */
	RP_MODE_FLUSH,   /* -q, -qf, runq */
	RP_MODE_SMTP,    /* -bs */
	RP_MODE_VERSION, /* -bV */
	RP_MODE_NOTHING, /* -bi, newaliases */
	RP_MODE_HELP,
} RpSendmailMode;

typedef struct {
	RpSendmailMode mode;
	RpSubmitRequest request; /* its recipients and strings are argv's */
	const char **recipients;
	gboolean verbose;
	char *notify;
} RpSendmailOptions;

/* Reads argv, by the name the program was called by too. FALSE with RP_ERROR_NOT_FOUND (usage). */
gboolean rp_sendmail_options_parse(
	RpSendmailOptions *options, int argc, char **argv, GError **error);
void rp_sendmail_options_clear(RpSendmailOptions *options);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpSendmailOptions, rp_sendmail_options_clear)
