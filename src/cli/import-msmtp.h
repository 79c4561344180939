/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "import.h"

/* ---- msmtp-conf.c: msmtp's configuration file ---- */

typedef struct {
	const char *command; /* the key that it is under */
	char *argument;
	guint line;
} RpMsmtpSetting;

typedef struct {
	char *name;
	guint line;
	GHashTable *settings; /* command -> RpMsmtpSetting, with what it inherits */
	char *alias_of;       /* of "account default : NAME" with nothing after it; else NULL */
	GArray *evals;        /* lines (guint) with commands that say more */
} RpMsmtpAccount;

typedef struct {
	RpImport *import; /* borrowed: takes the remarks */
	GHashTable *defaults;
	GArray *evals;       /* of the defaults */
	GPtrArray *accounts; /* of RpMsmtpAccount */
	/* While it is read, borrowed; NULL: the defaults, or nothing yet. */
	RpMsmtpAccount *current;
	gboolean has_begun; /* an `account` or `defaults` line was there */
} RpMsmtpConf;

void rp_msmtp_conf_init(RpMsmtpConf *conf, RpImport *import, const char *text);
void rp_msmtp_conf_clear(RpMsmtpConf *conf);
/* Borrowed, or NULL. */
const RpMsmtpAccount *rp_msmtp_conf_find(const RpMsmtpConf *conf, const char *name);
/* The argument; NULL: it is not there, or empty. */
const char *rp_msmtp_get(const RpMsmtpAccount *account, const char *command);
/* Where it stands, else where the account begins. */
guint rp_msmtp_line_of(const RpMsmtpAccount *account, const char *command);
/* A switch, with what it is where it is not there. */
gboolean rp_msmtp_is_on(const RpMsmtpAccount *account, const char *command, gboolean fallback);

/* ---- msmtp-remarks.c ---- */

/* Says what of the account has no counterpart here, in the order of the file. */
void rp_msmtp_remark_rest(RpImport *import, const RpMsmtpAccount *account);
