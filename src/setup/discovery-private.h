/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/discovery.h"

/* What the SRV records of the domain name, put into `found`; what is not there into `tried`. */
void rp_discovery_ask_services(
	RpDiscovery *discovery, const char *domain, const RpDiscoveryOps *ops, gpointer user);
