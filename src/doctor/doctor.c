/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "doctor-private.h"

#include "roampost/language.h"
#include "roampost/queue.h"

/* The one table of checks. What each looks at stands in a file with its likes. */

static const struct {
	const char *name;
	void (*look)(RpDoctor *doctor);
} checks[] = {
	{N_("configuration"), rp_doctor_look_at_configuration},
	{N_("session bus"), rp_doctor_look_at_bus},
	{N_("agent"), rp_doctor_look_at_agent},
	{N_("start"), rp_doctor_look_at_start},
	{N_("log-out"), rp_doctor_look_at_linger},
	{N_("keyring"), rp_doctor_look_at_keyring},
	{N_("NetworkManager"), rp_doctor_look_at_manager},
	{N_("place"), rp_doctor_look_at_place},
	{N_("pppd"), rp_doctor_look_at_ppp},
	{N_("clock"), rp_doctor_look_at_clock},
	{N_("disk"), rp_doctor_look_at_disk},
	{N_("queue"), rp_doctor_look_at_queue},
	{N_("sendmail"), rp_doctor_look_at_sendmail},
	{N_("cron"), rp_doctor_look_at_cron},
	{N_("servers"), rp_doctor_look_at_servers},
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
	g_clear_pointer(&doctor.inside, g_array_unref);
	g_clear_pointer(&doctor.place, rp_place_free);
	g_clear_pointer(&doctor.network, rp_network_free);
	g_free(doctor.state_dir);
	return doctor.findings;
}
