/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "values.h"

/* values.c: members of an a{sv} as members of the same name. What is absent is null, FALSE or an
 * empty array. */
void rp_cli_write_text(RpJson *json, GVariant *dict, const char *name);
void rp_cli_write_flag(RpJson *json, GVariant *dict, const char *name);
void rp_cli_write_texts(RpJson *json, GVariant *dict, const char *name);
/* All of an array, as one of that name (NULL: of none). */
void rp_cli_write_each(
	RpJson *json, const char *name, GVariant *array, void (*write)(RpJson *, GVariant *));

typedef struct {
	const char *name;
	void (*write)(RpJson *json, GVariant *dict, const char *name);
} RpCliField;

/* Up to the row without a name. */
void rp_cli_write_fields(RpJson *json, GVariant *dict, const RpCliField *fields);

/* Of Sets: it waits for something, in words. */
gboolean rp_cli_set_is_waiting(GVariant *set);
