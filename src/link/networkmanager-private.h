/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/link.h"

#include <NetworkManager.h>

/* What NetworkManager's client library shows now, as a view. */
RpLinkView *rp_nm_view_new(NMClient *client);
/* The IP configurations of a device or of an active connection: at most two; *n says how many. */
void rp_nm_device_configs(NMDevice *device, NMIPConfig *configs[2], guint *n);
void rp_nm_active_configs(NMActiveConnection *active, NMIPConfig *configs[2], guint *n);
/* The same of a device's DHCP leases; and what they say, for the link. */
void rp_nm_device_leases(NMDevice *device, NMDhcpConfig *leases[2], guint *n);
void rp_nm_read_leases(NMDevice *device, RpLink *link);
