/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/link.h"

/* What is known of a link stays known while only the knowledge is gone: NetworkManager's for 30 s
 * after it (it is restarted), the gateway's link-layer address as long as connection and addresses
 * stay (it does not answer ARP). Never over a new association of Wi-Fi. Times are microseconds of
 * any one clock.
 */
typedef struct RpSteady RpSteady;

enum { RP_STEADY_KEPT = 30 * 1000 * 1000 };

RpSteady *rp_steady_new(void);
void rp_steady_free(RpSteady *steady);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpSteady, rp_steady_free)

/* Fills in what the network lacks; `absent`: a source that has the say is out of reach. */
void rp_steady_fill(RpSteady *steady, gint64 now, RpNetwork *network, gboolean absent);
/* When something that is filled in is to be forgotten: then look again; -1: never. */
gint64 rp_steady_deadline(const RpSteady *steady);
