/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "doctor-private.h"

#include "roampost/language.h"
#include "roampost/queue.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/timex.h>
#include <unistd.h>

/* The clock, the disk, and what is stored on it. */

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

/* No clock is right that is before the day when this was built. */
static gboolean
is_before_build(void)
{
	g_autofree char *program = rp_doctor_program("roampost");
	struct stat info;

	return stat(program, &info) == 0 &&
	       info.st_mtime > g_get_real_time() / G_USEC_PER_SEC + 86400;
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

	if (is_before_build())
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

/* Of the folder, or of the nearest that is there. */
static gboolean
ask_room(const char *dir, struct statvfs *room)
{
	g_autofree char *path = g_strdup(dir);

	while (statvfs(path, room) != 0) {
		if (errno != ENOENT || g_str_equal(path, "/"))
			return FALSE;
		char *parent = g_path_get_dirname(path);
		g_free(path);
		path = parent;
	}
	return TRUE;
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
	g_autofree char *quoted = rp_doctor_quote(doctor->state_dir);
	if (room.f_flag & ST_RDONLY)
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL,
			g_strdup_printf("findmnt -T %s", quoted),
			_("where the queue is nothing can be written: mail is not taken"));
	else if (free < TIGHT)
		rp_doctor_find(doctor, free < FULL ? RP_HEALTH_BAD : RP_HEALTH_WARNING, NULL,
			g_strdup("du -xh --max-depth=2 \"$HOME\" | sort -h | tail"),
			_("%s are free where the queue is"), free_text);
	else
		rp_doctor_good(doctor, _("%s are free where the queue is"), free_text);
}

/* ---- the queue ---- */

/* What can be read goes into a new file; the damaged one stays beside it. Not by .recover, which
 * some versions of sqlite3(1) can't do with a database that is vacuumed in steps. */
static char *
recover_command(const char *dir)
{
	g_autofree char *quoted = rp_doctor_quote(dir);

	return g_strdup_printf(
		"(cd %s && (sqlite3 queue.db .dump | sed 's/^ROLLBACK.*/COMMIT;/' && "
		"echo \"PRAGMA user_version=$(sqlite3 queue.db 'PRAGMA "
		"user_version');\") >saved.sql && mkdir damaged && mv queue.db* damaged/ "
		"&& (umask 077 && sqlite3 queue.db <saved.sql) && rm saved.sql)",
		quoted);
}

static void
tell_counts(RpDoctor *doctor, RpQueue *queue)
{
	RpQueueCounts counts = {{0}};
	gint64 waiting = 0;

	rp_queue_counts(queue, &counts, NULL);
	for (guint state = 0; state < RP_N_MESSAGE_STATES; state++)
		waiting += counts.by_state[state];
	rp_doctor_good(doctor,
		rp_text_n("sound; %.0f message in it", "sound; %.0f messages in it",
			(guint64)waiting),
		(double)waiting);
}

static void
tell_failure(RpDoctor *doctor, const GError *error)
{
	g_autofree char *dir = rp_doctor_quote(doctor->state_dir);

	if (g_error_matches(error, RP_ERROR, RP_ERROR_NOT_FOUND))
		rp_doctor_good(doctor, _("there is none yet"));
	else if (g_error_matches(error, RP_ERROR, RP_ERROR_PERMISSION))
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, g_strdup_printf("chmod 700 %s", dir),
			"%s", error->message);
	else if (g_error_matches(error, RP_ERROR, RP_ERROR_BUSY))
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, g_strdup("roampost --version"), "%s",
			error->message);
	else
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, recover_command(doctor->state_dir),
			"%s", error->message);
}

void
rp_doctor_look_at_queue(RpDoctor *doctor)
{
	g_autoptr(GError) error = NULL;

	if (!doctor->state_dir) {
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, g_strdup("roampost queue"),
			_("it can't be found"));
		return;
	}
	g_autoptr(RpQueue) queue = rp_queue_open(doctor->state_dir, RP_QUEUE_READER, &error);
	if (!queue || !rp_queue_is_sound(queue, &error))
		tell_failure(doctor, error);
	else
		tell_counts(doctor, queue);
}
