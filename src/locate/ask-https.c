/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "locate-private.h"

#include "roampost/address-echo.h"

/* A server of the user's choice that says what address it was asked from. */

static void
on_echo(const RpAddress *address, const char *why, gpointer user)
{
	rp_ask_answer(user, address, why);
}

static void
echo_free(gpointer kept)
{
	rp_address_echo_free(kept);
}

static gpointer
start(RpAsk *ask, const char *way)
{
	return rp_address_echo_new(way, ask->link->interface, on_echo, ask);
}

const RpAskWay rp_ask_https = {start, echo_free};
