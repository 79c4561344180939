/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "doctor-private.h"

#include "roampost/language.h"
#include "roampost/policy.h"
#include "roampost/queue-records.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Whether mail can be taken, and what was taken be read: first the folder and the files in it, as
 * who submits wants them, and only where those are as they should be, what is in the database. So
 * nobody is told that sound mail is damaged which he only may not read. Nothing is changed. */

/* ---- whose the files are, and what may be done with them ---- */

/* What a program that submits opens, and the agent. */
static const struct {
	const char *name;
	mode_t type;
} files[] = {
	{"queue.db", S_IFREG},
	{"queue.db-wal", S_IFREG},
	{"queue.db-shm", S_IFREG},
	{"turn", S_IFREG},
	{"incoming", S_IFREG},
	{"agent.lock", S_IFREG},
	{"reserve", S_IFREG},
	{"bell", S_IFIFO},
};

/* A remedy for all of the folder, as is what has to be mended. */
static char *
remedy_for_all(const char *dir, const char *command)
{
	char real[PATH_MAX];
	g_autofree char *quoted = rp_doctor_quote(realpath(dir, real) ? real : dir);

	return g_strdup_printf("%s %s", command, quoted);
}

static char *
give_back(const char *dir)
{
	g_autofree char *command = g_strdup_printf("chown -R %u:%u", geteuid(), getegid());
	g_autofree char *all = remedy_for_all(dir, command);

	return rp_doctor_as_root(all);
}

/* What root finds in the home of another is not root's to have. */
static void
tell_foreign(RpDoctor *doctor, const char *path, uid_t owner)
{
	rp_doctor_find(doctor, RP_HEALTH_BAD, NULL,
		geteuid() == 0 && owner != 0
			? g_strdup_printf(
				  "setpriv --reuid=%u --clear-groups roampost doctor", owner)
			: give_back(doctor->state_dir),
		_("%s belongs to user %u, not to %u"), path, owner, geteuid());
}

static void
tell_closed(RpDoctor *doctor, const char *path, int number)
{
	rp_doctor_find(doctor, RP_HEALTH_BAD, NULL,
		number == EROFS ? rp_doctor_remount_command(doctor->state_dir)
				: remedy_for_all(doctor->state_dir, "chmod -R u+rwX"),
		_("%s can't be read and written (%s): mail is not taken"), path,
		rp_text_errno(number));
}

static char *
put_aside(const char *path)
{
	g_autofree char *quoted = rp_doctor_quote(path);
	g_autofree char *aside = g_strconcat(path, ".aside", NULL);
	g_autofree char *quoted_aside = rp_doctor_quote(aside);

	return g_strdup_printf("mv --backup=numbered -T %s %s", quoted, quoted_aside);
}

/* As rp_queue_open wants it; FALSE: it is told. */
static gboolean
folder_is_fit(RpDoctor *doctor, const struct stat *info)
{
	const char *dir = doctor->state_dir;

	if (!S_ISDIR(info->st_mode))
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, put_aside(dir),
			_("%s is not a directory"), dir);
	else if (info->st_uid != geteuid())
		tell_foreign(doctor, dir, info->st_uid);
	else if (info->st_mode & 077)
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, remedy_for_all(dir, "chmod 700"),
			_("%s is open to others: chmod 700 it"), dir);
	else if (faccessat(AT_FDCWD, dir, R_OK | W_OK | X_OK, AT_EACCESS) != 0)
		tell_closed(doctor, dir, errno);
	else
		return TRUE;
	return FALSE;
}

static gboolean
file_is_fit(RpDoctor *doctor, const char *path, mode_t type)
{
	struct stat info;

	if (lstat(path, &info) != 0)
		return TRUE; /* it is made */
	if ((info.st_mode & S_IFMT) != type)
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, put_aside(path),
			type == S_IFIFO ? _("%s is not a FIFO: remove it")
					: _("%s is not a regular file"),
			path);
	else if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0)
		return TRUE;
	else if (errno == EACCES && info.st_uid != geteuid())
		tell_foreign(doctor, path, info.st_uid);
	else
		tell_closed(doctor, path, errno);
	return FALSE;
}

static void
tell_dangling(RpDoctor *doctor)
{
	g_autofree char *target = g_file_read_link(doctor->state_dir, NULL);
	g_autofree char *parent = g_path_get_dirname(doctor->state_dir);
	g_autofree char *full = target ? g_canonicalize_filename(target, parent) : NULL;
	g_autofree char *quoted = full ? rp_doctor_quote(full) : NULL;

	rp_doctor_find(doctor, RP_HEALTH_BAD, NULL,
		quoted ? g_strconcat("mkdir -p -m 700 ", quoted, NULL) : NULL,
		_("%s is a symbolic link to what is not there"), doctor->state_dir);
}

/* The nearest of the folders above that can be asked. */
static char *
find_ancestor(const char *dir, struct stat *info)
{
	char *path = g_path_get_dirname(dir);

	while (stat(path, info) != 0 && strlen(path) > 1) {
		char *parent = g_path_get_dirname(path);
		g_free(path);
		path = parent;
	}
	return path;
}

/* A home that is / (a daemon's) holds what is everybody's. */
static gboolean
is_in_home(const char *path)
{
	g_autofree char *named = rp_account_home();
	g_autofree char *home = named ? g_canonicalize_filename(named, NULL) : NULL;
	gsize length = home ? strlen(home) : 0;

	return length > 1 && g_str_has_prefix(path, home) &&
	       (path[length] == '/' || path[length] == '\0');
}

/* What is not below the home is not given to its user: only the queue's own folder in it is. */
static char *
open_ancestor(const RpDoctor *doctor, const char *path, const struct stat *info)
{
	g_autofree char *folder = rp_doctor_quote(doctor->state_dir);
	g_autofree char *make =
		g_strdup_printf("install -d -m 700 -o %u -g %u %s", geteuid(), getegid(), folder);
	g_autofree char *quoted = rp_doctor_quote(path);
	g_autofree char *chown = g_strdup_printf("chown %u:%u %s", geteuid(), getegid(), quoted);

	if (!S_ISDIR(info->st_mode))
		return put_aside(path);
	if (info->st_uid == geteuid())
		return g_strconcat("chmod u+rwx ", quoted, NULL);
	return rp_doctor_as_root(is_in_home(path) ? chown : make);
}

/* There is none, if the folders above are such that it can be made. */
static void
tell_missing(RpDoctor *doctor)
{
	struct stat info = {0};
	g_autofree char *path = find_ancestor(doctor->state_dir, &info);

	if (S_ISDIR(info.st_mode) && faccessat(AT_FDCWD, path, W_OK | X_OK, AT_EACCESS) == 0)
		rp_doctor_good(doctor, _("there is none yet"));
	else if (S_ISDIR(info.st_mode) && errno == EROFS)
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL,
			rp_doctor_remount_command(doctor->state_dir),
			_("there is none, and none can be made in %s: %s"), path,
			rp_text_errno(EROFS));
	else
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, open_ancestor(doctor, path, &info),
			_("it can't be in %s: %s is no folder that you may write to"),
			doctor->state_dir, path);
}

static gboolean
folder_takes(RpDoctor *doctor)
{
	int number = rp_queue_dir_try(doctor->state_dir, TRUE);

	if (number == ENOSPC || number == EDQUOT)
		return TRUE; /* the disk's finding */
	if (number == EIO)
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, rp_doctor_as_root("dmesg | tail"),
			_("%s can't be written (%s): mail is not taken"), doctor->state_dir,
			rp_text_errno(number));
	else if (number)
		tell_closed(doctor, doctor->state_dir, number);
	return !number;
}

/* FALSE: it is told, or there is none yet. */
static gboolean
files_are_fit(RpDoctor *doctor)
{
	struct stat info;

	if (stat(doctor->state_dir, &info) != 0) {
		if (lstat(doctor->state_dir, &info) == 0)
			tell_dangling(doctor);
		else
			tell_missing(doctor);
		return FALSE;
	}
	if (!folder_is_fit(doctor, &info))
		return FALSE;
	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path = g_build_filename(doctor->state_dir, files[i].name, NULL);
		if (!file_is_fit(doctor, path, files[i].type))
			return FALSE;
	}
	return folder_takes(doctor);
}

/* ---- the database ---- */

static RpFd
open_database(const RpDoctor *doctor)
{
	g_autofree char *path = g_build_filename(doctor->state_dir, "queue.db", NULL);

	return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
}

/* The process that keeps even those out who read, by SQLite's locks in the file
 * (https://www.sqlite.org/src/file?name=src/os.h); 0: none does. */
static pid_t
find_holder(const RpDoctor *doctor)
{
	struct flock lock = {
		.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 0x40000000, .l_len = 512};
	g_auto(RpFd) fd = open_database(doctor);

	return fd >= 0 && fcntl(fd, F_GETLK, &lock) == 0 && lock.l_type != F_UNLCK ? lock.l_pid : 0;
}

static gboolean
is_a_database(const RpDoctor *doctor)
{
	static const char magic[16] = "SQLite format 3"; /* and a NUL */
	g_auto(RpFd) fd = open_database(doctor);
	char head[sizeof magic] = "";

	return fd >= 0 && pread(fd, head, sizeof head, 0) == (ssize_t)sizeof head &&
	       memcmp(head, magic, sizeof magic) == 0;
}

/* What can be read goes into a new file, which has to have the messages' table before the damaged
 * one is moved: of what sqlite3(1) can't read at all it writes an empty dump, without an error. Not
 * by .recover, which some of its versions can't do with a database that is vacuumed in steps. */
static char *
recover_command(const char *dir)
{
	g_autofree char *quoted = rp_doctor_quote(dir);

	return g_strdup_printf(
		"(umask 077 && cd %s && v=$(sqlite3 queue.db 'PRAGMA user_version') && "
		"test \"$v\" -gt 0 && d=$(mktemp -d damaged.XXXXXX) && "
		"sqlite3 queue.db .dump | sed 's/^ROLLBACK.*/COMMIT;/' >$d/saved.sql && "
		"grep -q '^CREATE TABLE messages' $d/saved.sql && "
		"echo \"PRAGMA user_version=$v;\" >>$d/saved.sql && "
		"{ sqlite3 $d/new.db <$d/saved.sql; "
		"sqlite3 $d/new.db 'SELECT count(*) FROM messages' >/dev/null; } && "
		"mv queue.db* $d/ && mv $d/new.db queue.db && rm $d/saved.sql)",
		quoted);
}

/* Nothing is lost by it: sqlite3(1) reads nothing of it either, where it is. */
static char *
begin_anew_command(const char *dir)
{
	g_autofree char *quoted = rp_doctor_quote(dir);

	return g_strdup_printf(
		"(cd %s && d=$(mktemp -d damaged.XXXXXX) && mv queue.db* $d/)", quoted);
}

static void
tell_busy(RpDoctor *doctor, const GError *error)
{
	pid_t holder = find_holder(doctor);

	if (holder)
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL,
			g_strdup_printf("ps -f -p %d", (int)holder),
			_("process %d keeps all others from it: %s"), (int)holder, error->message);
	else
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, g_strdup("roampost --version"), "%s",
			error->message);
}

static void
tell_damage(RpDoctor *doctor, const GError *error)
{
	if (is_a_database(doctor))
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, recover_command(doctor->state_dir),
			"%s", error->message);
	else
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, begin_anew_command(doctor->state_dir),
			_("%s/queue.db is no database any more, and no mail can be read from it: "
			  "put a copy from a backup in its place, or set it aside and begin an "
			  "empty queue"),
			doctor->state_dir);
}

static void
tell_failure(RpDoctor *doctor, const GError *error)
{
	if (g_error_matches(error, RP_ERROR, RP_ERROR_NOT_FOUND))
		rp_doctor_good(doctor, _("there is none yet"));
	else if (g_error_matches(error, RP_ERROR, RP_ERROR_BUSY))
		tell_busy(doctor, error);
	else if (g_error_matches(error, RP_ERROR, RP_ERROR_UNAVAILABLE)) /* of an older version */
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, g_strdup("roampost queue"), "%s",
			error->message);
	else if (g_error_matches(error, RP_ERROR, RP_ERROR_IO))
		tell_damage(doctor, error);
	else
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL,
			remedy_for_all(doctor->state_dir, "ls -la"), "%s", error->message);
}

/* ---- what is in it ---- */

static void
tell_of_pause(RpDoctor *doctor, RpQueue *queue)
{
	g_autoptr(GPtrArray) facts = rp_queue_load_set_facts(queue, NULL);

	for (guint i = 0; facts && i < facts->len; i++) {
		const RpSetFact *fact = facts->pdata[i];

		if (!*fact->set && g_str_equal(fact->name, RP_FACT_PAUSED))
			rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, g_strdup("roampost resume"),
				_("sending is paused: nothing goes until that is ended"));
	}
}

static char *
goes_nowhere(guint n)
{
	return g_strdup_printf(rp_text_n("%u message in it goes from no place as it is",
				       "%u messages in it go from no place as they are", n),
		n);
}

/* A server that was wrong for a moment, or a password that is right by now: nobody tries. */
static char *
was_refused(guint n)
{
	return g_strdup_printf(
		rp_text_n("%u message in it waits since a server refused it, or its login: once "
			  "that is mended, or was for a moment, this has it tried again",
			"%u messages in it wait since a server refused them, or their login: once "
			"that is mended, or was for a moment, this has them tried again",
			n),
		n);
}

/* Mail that is held for one of these, which nobody would look for where all else is good. */
typedef struct {
	RpReason reasons[3];
	guint n_reasons;
	char *(*words)(guint n);
	const char *remedy;
} RpHeldFor;

static const RpHeldFor held_for[] = {
	{{RP_REASON_NO_SET_FOR_SENDER, RP_REASON_SERVER_REJECTED, RP_REASON_TOO_LARGE}, 3,
		goes_nowhere, "roampost queue held"},
	{{RP_REASON_AUTH_FAILED, RP_REASON_REFUSED_HERE}, 2, was_refused,
		"roampost forget failures"},
};

static gboolean
is_held_for(const RpQueueMessage *message, const RpHeldFor *row)
{
	for (guint i = 0; i < row->n_reasons; i++)
		if (rp_queue_message_is_held_for(message, row->reasons[i]))
			return TRUE;
	return FALSE;
}

/* So many of what is held are looked at. */
#define HELD_MOST 1000

static void
tell_of_held(RpDoctor *doctor, RpQueue *queue)
{
	g_autoptr(GPtrArray) held = rp_queue_list(queue, 1u << RP_MESSAGE_HELD, 0, HELD_MOST, NULL);

	for (gsize k = 0; held && k < G_N_ELEMENTS(held_for); k++) {
		guint n = 0;

		for (guint i = 0; i < held->len; i++)
			n += is_held_for(held->pdata[i], &held_for[k]) ? 1 : 0;
		g_autofree char *words = held_for[k].words(n);
		if (n > 0)
			rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL,
				g_strdup(held_for[k].remedy), "%s", words);
	}
}

static void
tell_of_failed(RpDoctor *doctor, gint64 n)
{
	if (n > 0)
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, g_strdup("roampost queue failed"),
			rp_text_n("%.0f message in it has failed, and is not tried again",
				"%.0f messages in it have failed, and are not tried again",
				(guint64)n),
			(double)n);
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
	tell_of_pause(doctor, queue);
	tell_of_failed(doctor, counts.by_state[RP_MESSAGE_FAILED]);
	tell_of_held(doctor, queue);
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
	if (!files_are_fit(doctor))
		return;
	g_autoptr(RpQueue) queue = rp_queue_open(doctor->state_dir, RP_QUEUE_READER, &error);
	if (!queue || !rp_queue_is_sound(queue, &error))
		tell_failure(doctor, error);
	else
		tell_counts(doctor, queue);
}
