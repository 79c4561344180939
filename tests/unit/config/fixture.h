/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/base.h"
#include "roampost/config.h"

#include <glib/gstdio.h>

/* A private directory for configuration files; goes away with the fixture. */
typedef struct {
	char *root;
} Fixture;

void fixture_set_up(Fixture *fixture, gconstpointer data);
void fixture_tear_down(Fixture *fixture, gconstpointer data);
/* Writes ROOT/NAME, making directories; returns its path, which is the caller's. */
char *fixture_write(Fixture *fixture, const char *name, const char *text, int mode);
/* Sources that stand for /etc, the user's directory and three providers.d below the root. */
RpConfigSources *fixture_sources(Fixture *fixture);

#define FIXTURE_TEST(path, function)                                                               \
	g_test_add(path, Fixture, NULL, fixture_set_up, function, fixture_tear_down)
