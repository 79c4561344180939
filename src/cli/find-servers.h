/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli.h"

#include "roampost/discovery.h"

/* Looking up which servers an address has, and saying how that went. */

#define RP_FIND_TELL_TEXT N_("tell who is asked the address, not its domain alone")
#define RP_FIND_CA_TEXT N_("who vouches for certificates, instead of the system's authorities")

/* "taro@odn.example" or "@odn.example" with the domain in ASCII and lower case; NULL: it is
 * neither, or names no domain that could be looked up. Free with g_free. */
char *rp_find_address(const char *text);
/* Why no server at all can be reached, with what to do: no network, a portal. NULL: nothing that is
 * known. For after a failure: it takes 7 s at most. Static, until it is asked the next time. */
const char *rp_find_obstacle(void);
/* The file of --tls-ca-file, or NULL, can be read; FALSE after saying why not. */
gboolean rp_find_may_read_ca(RpCli *cli, const char *file);
/* Asks as the configuration says. Where nothing is found that is said, with all that was tried and
 * what helps. NULL: the configuration has errors, which are said. */
RpDiscovery *rp_find_servers(
	RpCli *cli, const char *address, gboolean tell_address, const char *ca_file);
