/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"

/* A password in a netrc file, as ftp(1) of GNU inetutils and libcurl read it: words between blanks
 * and line ends, or in double quotes with \", \\, \n, \r and \t; `machine HOST` or `default`, and
 * then `login`, `password`, `account` in any order; `macdef NAME` up to an empty line is passed
 * over; where no value is due, # begins a comment up to the end of the line. */

typedef enum {
	RP_NETRC_FOUND,
	RP_NETRC_ABSENT, /* no entry of the host, or none of this user */
	RP_NETRC_BROKEN, /* it can't be read as a netrc */
} RpNetrcResult;

/* The first entry of the host (in any case) whose login is the user's, or that has none and so is
 * anybody's; `default` stands for every host. *password is to be freed with rp_secret_free;
 * *line where it is broken. */
RpNetrcResult rp_netrc_find(
	const char *text, const char *host, const char *user, char **password, guint *line);
/* The same of a file, which must be the user's own and nobody else's to read (0600); blocks. With
 * RP_NETRC_BROKEN or ABSENT the error is one sentence, with what to do. NULL: ~/.netrc. */
RpNetrcResult rp_netrc_look_up(
	const char *path, const char *host, const char *user, char **password, GError **error);
