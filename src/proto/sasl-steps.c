/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sasl-private.h"

/* What the mechanisms of a name and a password have in common: how far they have come. */

gpointer
rp_sasl_steps_new(const RpSaslAccount *account)
{
	RpSaslSteps *steps = g_new0(RpSaslSteps, 1);

	steps->account = account;
	return steps;
}

gboolean
rp_sasl_steps_one_made(gconstpointer steps)
{
	return ((const RpSaslSteps *)steps)->n == 1;
}

gboolean
rp_sasl_steps_two_made(gconstpointer steps)
{
	return ((const RpSaslSteps *)steps)->n == 2;
}

const char *
rp_sasl_steps_complaint(gconstpointer steps)
{
	return ((const RpSaslSteps *)steps)->complaint;
}
