/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "doctor-private.h"

#include "roampost/language.h"

#include <unistd.h>

/* Whether pppd's lines are told of: its hooks where it looks, whatever the prefix is, and the bus's
 * rule that nobody else may tell. */

#define HOOK "roampost-ppp-hook"

/* What Debian's ip-up has for a PATH; pppd itself gives none. */
static gboolean
hook_is_found(void)
{
	static const char *const places[] = {"/usr/local/sbin/" HOOK, "/usr/sbin/" HOOK,
		"/sbin/" HOOK, "/usr/local/bin/" HOOK, "/usr/bin/" HOOK, "/bin/" HOOK};

	for (gsize i = 0; i < G_N_ELEMENTS(places); i++)
		if (access(places[i], X_OK) == 0)
			return TRUE;
	return FALSE;
}

/* A link is made to a program that is there, and never onto itself. */
static char *
find_hook_command(void)
{
	static const char program[] = RP_SBIN_DIR "/" HOOK;

	if (access(program, X_OK) == 0)
		return rp_doctor_as_root("ln -sf " RP_SBIN_DIR "/" HOOK " /usr/local/sbin/" HOOK);
	if (access(program, F_OK) == 0)
		return rp_doctor_as_root("chmod 755 " RP_SBIN_DIR "/" HOOK);
	return g_strdup("ls -l " RP_SBIN_DIR "/" HOOK);
}

static const char *
missing_hook(void)
{
	static const char *const hooks[] = {"ip-up.d", "ip-down.d", "ipv6-up.d", "ipv6-down.d"};

	for (gsize i = 0; i < G_N_ELEMENTS(hooks); i++) {
		g_autofree char *path = g_build_filename("/etc/ppp", hooks[i], "roampost", NULL);
		if (access(path, X_OK) != 0)
			return hooks[i];
	}
	return NULL;
}

static gboolean
bus_has_policy(void)
{
	return access("/usr/share/dbus-1/system.d/org.roampost.Ppp1.conf", R_OK) == 0 ||
	       access("/etc/dbus-1/system.d/org.roampost.Ppp1.conf", R_OK) == 0;
}

void
rp_doctor_look_at_ppp(RpDoctor *doctor)
{
	const char *missing = missing_hook();

	if (access("/usr/sbin/pppd", X_OK) != 0) {
		rp_doctor_good(doctor, _("not installed, so there are no lines of its to tell of"));
	} else if (!hook_is_found()) {
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, find_hook_command(),
			_("its hooks don't find the program %s: lines that it dials are noticed "
			  "without their names"),
			HOOK);
	} else if (missing) {
		g_autofree char *copy =
			g_strdup_printf("cp -a -t /etc/ppp %s/ppp/ip-up.d %s/ppp/ip-down.d "
					"%s/ppp/ipv6-up.d %s/ppp/ipv6-down.d",
				RP_SYSCONF_DIR, RP_SYSCONF_DIR, RP_SYSCONF_DIR, RP_SYSCONF_DIR);
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, rp_doctor_as_root(copy),
			_("/etc/ppp/%s has no hook of roampost's: lines that it dials are noticed "
			  "without their names"),
			missing);
	} else if (!bus_has_policy()) {
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL,
			rp_doctor_as_root("install -m 644 " RP_DATA_DIR
					  "/dbus-1/system.d/org.roampost.Ppp1.conf "
					  "/etc/dbus-1/system.d/"),
			_("the system bus has no rule who may tell of lines: anybody could"));
	} else {
		rp_doctor_good(doctor, _("its hooks tell the agent of lines"));
	}
}
