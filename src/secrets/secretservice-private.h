/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/secretservice.h"

/* The functions of the module, as those of secretservice.h. */
typedef RpSecretResult (*RpSecretStore)(
	const RpSecretKey *key, const char *label, const char *secret, GError **error);
typedef RpSecretResult (*RpSecretLookUp)(const RpSecretKey *key, char **secret, GError **error);
typedef RpSecretResult (*RpSecretClear)(const RpSecretKey *key, GError **error);
typedef RpSecretResult (*RpSecretProbe)(GError **error);
