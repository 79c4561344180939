/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/address.h"

/* An HTTPS URL whose answer is the IPv4 address that it was asked from, and nothing else. */
typedef struct RpAddressEcho RpAddressEcho;

/* Called once, from the main loop, never from within rp_address_echo_new(). Family any: no
 * address, because of `why` (else NULL). It may free the question. */
typedef void (*RpAddressEchoDone)(const RpAddress *address, const char *why, gpointer user);

/* Asks over this interface alone, with a verified certificate, without redirections or proxies, for
 * at most 5 s. NULL: libcurl can't (no memory). */
RpAddressEcho *rp_address_echo_new(
	const char *url, const char *interface, RpAddressEchoDone done, gpointer user);
void rp_address_echo_free(RpAddressEcho *echo);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpAddressEcho, rp_address_echo_free)
