/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Whether a domain means this machine: localhost, localhost.localdomain, the node's name up to its
 * first dot, or a name that a file like hosts(5) gives a loopback address. NULL: no such file.
 * Pure. */
gboolean rp_own_host_is(const char *domain, const char *node, const char *hosts);
