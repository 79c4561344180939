/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"
#include "roampost/language.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Files that the user has named, and what is said where they are not to be had: what, where, and
 * what to do, which GLib's own sentences leave out. */

/* What a person names is a configuration, a page, a mail: never that much. */
#define FILE_LARGEST ((gsize)64 << 20)
enum { READ_AT_ONCE = 65536 };

typedef struct {
	gint code;
	const char *text;
} Row;

static const Row reading[] = {
	{G_FILE_ERROR_NOENT, N_("there is no such file: see how its name is written")},
	{G_FILE_ERROR_NOTDIR, N_("there is no such file: see how its name is written")},
	{G_FILE_ERROR_ISDIR, N_("it is a folder: name a file in it")},
	{G_FILE_ERROR_ACCES,
		N_("you may not read it: “ls -ld” shows whose it is, and its folders")},
	{G_FILE_ERROR_PERM, N_("you may not read it: “ls -ld” shows whose it is, and its folders")},
	{0, NULL},
};
static const Row writing[] = {
	{G_FILE_ERROR_NOENT, N_("there is no such folder: make it, or name another place")},
	{G_FILE_ERROR_NOTDIR, N_("there is no such folder: make it, or name another place")},
	{G_FILE_ERROR_ISDIR, N_("it is a folder: name a file in it")},
	{G_FILE_ERROR_ACCES, N_("you may not write there: name another place")},
	{G_FILE_ERROR_PERM, N_("you may not write there: name another place")},
	{G_FILE_ERROR_ROFS, N_("nothing can be written there: name another place")},
	{G_FILE_ERROR_NOSPC, N_("its disk is full: make room on it")},
	{0, NULL},
};

static const char *
find(const Row *rows, gint code)
{
	for (; rows->text; rows++)
		if (rows->code == code)
			return rp_text(rows->text);
	return NULL;
}

char *
rp_file_why_not_read(const GError *failure)
{
	const char *known = failure->domain == G_FILE_ERROR ? find(reading, failure->code) : NULL;

	if (failure->domain == RP_ERROR) /* a sentence already */
		return g_strdup(failure->message);
	return known ? g_strdup(known)
		     : g_strdup_printf(_("it can't be read (%s)"), failure->message);
}

/* What g_file_error_from_errno has no names for. */
static const Row limits[] = {
	{EFBIG, N_("a limit on the size of files is in the way: raise it (“ulimit -f” shows it; "
		   "for what systemd starts it is LimitFSIZE=)")},
	{EDQUOT, N_("your quota is used up: make room (“quota” shows it)")},
	{0, NULL},
};

char *
rp_file_why_not_written(int number)
{
	const char *limit = find(limits, number);

	if (limit)
		return g_strdup(limit);
	const char *known = find(writing, (gint)g_file_error_from_errno(number));

	return known ? g_strdup(known)
		     : g_strdup_printf(_("it can't be written (%s)"), rp_text_errno(number));
}

static gboolean
fail_too_large(gsize most, GError **error)
{
	g_autofree char *size = rp_size_format((gint64)most);

	g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
		_("it is larger than %s, and is not read any further: name the right file"), size);
	return FALSE;
}

/* A device or a pipe, which may have no end. What grows leaves no copy behind: it may be secret. */
static gboolean
read_stream(int fd, gsize most, char **contents, gsize *length, GError **error)
{
	gsize size = 0, room = 0;
	ssize_t n = 1;
	char *text = NULL;

	while (n > 0 && size <= most) {
		if (size + 1 >= room) {
			char *larger = g_malloc(room = MAX(2 * room, READ_AT_ONCE));

			memcpy(larger, text ? text : "", size);
			rp_wipe(text, size);
			g_free(text);
			text = larger;
		}
		do
			n = read(fd, text + size, room - size - 1);
		while (n < 0 && errno == EINTR);
		size += (gsize)MAX(n, 0);
	}
	text[size] = '\0';
	if (n == 0) {
		*contents = text;
		*length = size;
		return TRUE;
	}
	if (n < 0)
		g_set_error_literal(error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno),
			g_strerror(errno));
	g_free(text);
	return n < 0 ? FALSE : fail_too_large(most, error);
}

gboolean
rp_file_get(const char *path, gsize most, char **contents, gsize *length, GError **error)
{
	gsize size = 0;
	struct stat status;
	gboolean known = g_stat(path, &status) == 0;
	g_auto(RpFd) fd = -1;

	if (known && S_ISREG(status.st_mode) && (guint64)status.st_size > most)
		return fail_too_large(most, error);
	if (!known || S_ISREG(status.st_mode) || S_ISDIR(status.st_mode))
		return g_file_get_contents(path, contents, length, error);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0)
		return read_stream(fd, most, contents, length ? length : &size, error);
	g_set_error_literal(
		error, G_FILE_ERROR, (gint)g_file_error_from_errno(errno), g_strerror(errno));
	return FALSE;
}

gboolean
rp_file_read(const char *path, char **contents, gsize *length, GError **error)
{
	g_autoptr(GError) failure = NULL;
	g_autofree char *why = NULL;

	if (rp_file_get(path, FILE_LARGEST, contents, length, &failure))
		return TRUE;
	why = rp_file_why_not_read(failure);
	g_set_error(error, RP_ERROR,
		g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOENT) ? RP_ERROR_NOT_FOUND
									   : RP_ERROR_IO,
		"%s: %s", path, why);
	return FALSE;
}

/* What GLib says of it names a file of its own making; what it was is asked again. */
static int
write_errno(const char *path, const GError *failure)
{
	g_autofree char *folder = g_path_get_dirname(path);

	if (g_file_test(path, G_FILE_TEST_IS_DIR))
		return EISDIR;
	if (!g_file_test(folder, G_FILE_TEST_IS_DIR))
		return ENOENT;
	if (g_access(folder, W_OK) != 0)
		return errno;
	return g_error_matches(failure, G_FILE_ERROR, G_FILE_ERROR_NOSPC) ? ENOSPC : EIO;
}

gboolean
rp_file_write(const char *path, const char *text, GError **error)
{
	g_autoptr(GError) failure = NULL;
	g_autofree char *why = NULL;

	if (g_file_set_contents(path, text, -1, &failure))
		return TRUE;
	why = rp_file_why_not_written(write_errno(path, failure));
	g_set_error(error, RP_ERROR, RP_ERROR_IO, "%s: %s", path, why);
	return FALSE;
}
