/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Which part of a host's name somebody has registered, by the Public Suffix List: who is asked
 * about "mx1.mail.odn.co.example" is odn.co.example, and never the one who has taken
 * "autoconfig.co.example". A module of its own (roampost/module.h): libpsl has the whole list. */
#define RP_REGISTRABLE_MODULE "roampost-registrable.so"
#define RP_REGISTRABLE_FUNCTION "rp_module_registrable"

/* "odn.co.example", lower case; NULL: it is a suffix itself, or an address. Free with g_free. */
char *rp_module_registrable(const char *host);
typedef char *(*RpRegistrable)(const char *host);
