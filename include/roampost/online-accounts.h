/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"

/* The accounts that the user has in GNOME's settings, by goa-daemon(8) on the session bus: the
 * interfaces Account, Mail, OAuth2Based and PasswordBased of org.gnome.OnlineAccounts. What it does
 * not say, or says as another type, is NULL or FALSE here; none of the values has been looked at.
 */

typedef struct {
	char *path;         /* the object's */
	char *provider;     /* as people know it: "Google" */
	char *identity;     /* the login there */
	char *shown;        /* the login as it is shown (PresentationIdentity) */
	gboolean is_off;    /* not to be used for mail (the daemon takes its Mail away then) */
	gboolean is_lapsed; /* its user has to log in again */
	gboolean has_token;
	gboolean has_mail;
	char *address;
	gboolean has_smtp;
	char *smtp_host; /* may carry a port: "smtp.odn.example:587" */
	char *smtp_user;
	gboolean wants_login;
	gboolean takes_token; /* XOAUTH2 */
	gboolean is_tls;      /* from the start; goes before STARTTLS */
	gboolean is_starttls;
	gboolean accepts_any; /* certificates that are wrong */
	gboolean has_imap;
	char *imap_host;
} RpOnlineAccount;

/* Blocks, for half a minute at most. All of them, in the order of their objects' names; owned, may
 * be empty. NULL: they are not to be had, and the error, in the thread's language, says why and
 * what to do. */
GPtrArray *rp_online_accounts_list(GError **error);
