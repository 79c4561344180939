/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "doctor-private.h"

#include "roampost/base.h"
#include "roampost/language.h"

#include <errno.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

/* What the machine itself must have right for mail: the time, by which certificates are judged, and
 * room on the disk. What is stored there: queue.c. */

/* ---- the clock ---- */

/* systemd-timedated knows; else the kernel, which whoever sets the clock tells. */
static gboolean
is_set(RpDoctor *doctor)
{
	g_autofree char *synchronized = rp_doctor_property(doctor->system,
		"org.freedesktop.timedate1", "/org/freedesktop/timedate1",
		"org.freedesktop.timedate1", "NTPSynchronized");
	struct timex kernel = {0};

	if (synchronized)
		return g_str_equal(synchronized, "true");
	return adjtimex(&kernel) != TIME_ERROR && !(kernel.status & STA_UNSYNC);
}

static char *
set_clock_command(void)
{
	return rp_doctor_as_root(
		rp_doctor_has_systemd() ? "timedatectl set-ntp true" : "apt-get install chrony");
}

void
rp_doctor_look_at_clock(RpDoctor *doctor)
{
	g_autoptr(GDateTime) time = g_date_time_new_now_local();
	g_autofree char *now = g_date_time_format(time, "%F %H:%M:%S %Z");

	if (rp_clock_is_past(g_get_real_time()))
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, set_clock_command(),
			_("it says %s, which is past: certificates will be refused"), now);
	else if (!is_set(doctor))
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, set_clock_command(),
			_("it says %s, and nobody sets it by the network: where it is wrong, "
			  "certificates are refused"),
			now);
	else
		rp_doctor_good(doctor, _("it is set by the network"));
}

/* ---- the disk ---- */

#define TIGHT (G_GINT64_CONSTANT(256) << 20)
#define FULL (G_GINT64_CONSTANT(8) << 20)

/* The folder, or the nearest above it that is there; NULL: that can't be seen. */
static char *
nearest_folder(const char *dir)
{
	char *path = g_strdup(dir);
	struct stat there;

	while (stat(path, &there) != 0) {
		char *parent = errno == ENOENT ? g_path_get_dirname(path) : NULL;

		g_free(path);
		path = parent;
		if (!path)
			break;
	}
	return path;
}

static gboolean
ask_room(const char *dir, struct statvfs *room)
{
	g_autofree char *path = nearest_folder(dir);

	return path && statvfs(path, room) == 0;
}

/* The folder below which everything is on the disk of the path, which is there. */
static char *
top_of_disk(const char *path, dev_t disk)
{
	char *top = g_strdup(path);
	struct stat above;

	for (;;) {
		g_autofree char *parent = g_path_get_dirname(top);

		if (g_str_equal(parent, top) || stat(parent, &above) != 0 || above.st_dev != disk)
			return top;
		g_free(top);
		top = g_steal_pointer(&parent);
	}
}

/* What takes the room: at home, where that is on the disk of the queue, and else on that one. */
static char *
show_large_command(const char *dir)
{
	g_autofree char *there = nearest_folder(dir);
	const char *home = g_getenv("HOME");
	struct stat queue, own;

	if (!there || stat(there, &queue) != 0 ||
		(home && stat(home, &own) == 0 && own.st_dev == queue.st_dev))
		return g_strdup("du -axh --max-depth=2 \"$HOME\" | sort -h | tail");
	g_autofree char *top = top_of_disk(there, queue.st_dev);
	g_autofree char *quoted = rp_doctor_quote(top);
	return g_strdup_printf("du -axh --max-depth=2 %s | sort -h | tail", quoted);
}

void
rp_doctor_look_at_disk(RpDoctor *doctor)
{
	struct statvfs room;

	if (!doctor->state_dir || !ask_room(doctor->state_dir, &room)) {
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, g_strdup("roampost queue"),
			_("it is not known where the queue is"));
		return;
	}
	gint64 free = (gint64)room.f_bavail * (gint64)room.f_frsize;
	g_autofree char *free_text = g_format_size((guint64)free);
	if (room.f_flag & ST_RDONLY)
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL,
			rp_doctor_remount_command(doctor->state_dir),
			_("the file system where the queue is to be is read-only: mail is not "
			  "taken"));
	else if (free < TIGHT)
		rp_doctor_find(doctor, free < FULL ? RP_HEALTH_BAD : RP_HEALTH_WARNING, NULL,
			show_large_command(doctor->state_dir), _("%s are free where the queue is"),
			free_text);
	else
		rp_doctor_good(doctor, _("%s are free where the queue is"), free_text);
}
