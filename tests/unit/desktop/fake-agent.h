/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/dbusloop.h"

/* Agent and window on the session bus: they note what they are asked for. */
typedef struct {
	RpDBus *bus;
	RpDBusObject *agent, *window;
	RpDBusName *agent_name, *window_name;
	GString *log;        /* "Dial odn;", "Check odn;", "UseSet auto;", "Activate TOKEN;" */
	const char *refusal; /* the sentence by which everything is refused; NULL: nothing is */
	guint n_owned;
} FakeAgent;

FakeAgent *fake_agent_new(void);
void fake_agent_free(FakeAgent *agent);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(FakeAgent, fake_agent_free)
