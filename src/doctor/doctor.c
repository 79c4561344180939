/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "doctor-private.h"

#include "roampost/queue.h"

/* The one table of checks. What each looks at stands in a file with its likes. */

static const struct {
	const char *name;
	void (*look)(RpDoctor *doctor);
} checks[] = {
	{"configuration", rp_doctor_look_at_configuration},
	{"session bus", rp_doctor_look_at_bus},
	{"agent", rp_doctor_look_at_agent},
	{"start", rp_doctor_look_at_start},
	{"log-out", rp_doctor_look_at_linger},
	{"keyring", rp_doctor_look_at_keyring},
	{"NetworkManager", rp_doctor_look_at_manager},
	{"place", rp_doctor_look_at_place},
	{"pppd", rp_doctor_look_at_ppp},
	{"clock", rp_doctor_look_at_clock},
	{"disk", rp_doctor_look_at_disk},
	{"queue", rp_doctor_look_at_queue},
	{"sendmail", rp_doctor_look_at_sendmail},
	{"cron", rp_doctor_look_at_cron},
	{"servers", rp_doctor_look_at_servers},
};

GPtrArray *
rp_module_examine(void)
{
	RpDoctor doctor = {.state_dir = rp_queue_state_dir(NULL)};

	doctor.findings = g_ptr_array_new_with_free_func((GDestroyNotify)rp_finding_free);
	doctor.system = rp_doctor_connect(NULL, TRUE);
	for (gsize i = 0; i < G_N_ELEMENTS(checks); i++) {
		doctor.check = checks[i].name;
		checks[i].look(&doctor);
	}
	g_clear_pointer(&doctor.config, rp_config_unref);
	rp_doctor_disconnect(doctor.session);
	rp_doctor_disconnect(doctor.system);
	g_clear_pointer(&doctor.place, rp_place_free);
	g_clear_pointer(&doctor.network, rp_network_free);
	g_free(doctor.state_dir);
	return doctor.findings;
}
