/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "doctor-private.h"

#include "roampost/module.h"

#include <string.h>
#include <unistd.h>

/* How a finding is made, and the commands in it. */

void
rp_finding_free(RpFinding *finding)
{
	g_free(finding->subject);
	g_free(finding->text);
	g_free(finding->remedy);
	g_free(finding);
}

static void
add(RpDoctor *doctor, RpHealth health, const char *subject, char *remedy, char *text)
{
	RpFinding *finding = g_new0(RpFinding, 1);

	finding->check = doctor->check;
	finding->subject = g_strdup(subject);
	finding->health = health;
	finding->text = text;
	finding->remedy = remedy;
	g_ptr_array_add(doctor->findings, finding);
}

void
rp_doctor_find(RpDoctor *doctor, RpHealth health, const char *subject, char *remedy,
	const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(doctor, health, subject, remedy, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

void
rp_doctor_good(RpDoctor *doctor, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(doctor, RP_HEALTH_GOOD, NULL, NULL, g_strdup_vprintf(format, arguments));
	va_end(arguments);
}

/* ---- what commands are made of ---- */

gboolean
rp_doctor_has_systemd(void)
{
	return access("/run/systemd/system", F_OK) == 0; /* sd_booted(3) */
}

char *
rp_doctor_quote(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "/._-+:,@=";

	return *word && strspn(word, plain) == strlen(word) ? g_strdup(word) : g_shell_quote(word);
}

char *
rp_doctor_as_root(const char *command)
{
	return geteuid() == 0 ? g_strdup(command) : g_strconcat("sudo ", command, NULL);
}

char *
rp_doctor_remount_command(const char *path)
{
	g_autofree char *there = g_strdup(path);

	while (access(there, F_OK) != 0 && strlen(there) > 1) {
		char *parent = g_path_get_dirname(there);

		g_free(there);
		there = parent;
	}
	g_autofree char *quoted = rp_doctor_quote(there);
	g_autofree char *command =
		g_strdup_printf("mount -o remount,rw \"$(findmnt -n -o TARGET -T %s)\"", quoted);

	return rp_doctor_as_root(command);
}

char *
rp_doctor_unlock_command(void)
{
	return g_strdup("gnome-keyring-daemon --unlock");
}

char *
rp_doctor_program(const char *name, const char *folder)
{
	char *found = rp_module_program(name, folder);

	return found ? found : g_build_filename(RP_BIN_DIR, name, NULL);
}
