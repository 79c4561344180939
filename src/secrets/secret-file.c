/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "secrets-private.h"

#include "roampost/netrc.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Secrets that are in files: whose they must be, and who may read them. */

#define LARGEST (256 * 1024)

/* Octets of an open file, followed by a NUL; NULL: errno says why. */
static char *
read_all(int fd, gsize size)
{
	g_autoptr(RpSecret) text = rp_secret_alloc(size + 1);
	gsize length = 0;

	while (length < size) {
		gssize got = read(fd, text + length, size - length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return NULL;
		if (got == 0)
			break;
		length += (gsize)got;
	}
	return g_steal_pointer(&text);
}

char *
rp_secret_file_read(const char *path, mode_t forbidden, GError **error)
{
	g_auto(RpFd) fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat is;
	char *text;

	if (fd < 0 || fstat(fd, &is) != 0) {
		rp_error_set_errno(error, errno, "%s", path);
		return NULL;
	}
	if (!S_ISREG(is.st_mode) || is.st_size > LARGEST) {
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			"%s is no file, or too large for what it should be", path);
		return NULL;
	}
	if (forbidden && ((is.st_mode & forbidden) || is.st_uid != geteuid())) {
		g_set_error(error, RP_ERROR, RP_ERROR_PERMISSION,
			"others may read %s, or it is another user's: chmod 600 %s", path, path);
		return NULL;
	}
	text = read_all(fd, (gsize)is.st_size);
	if (!text)
		rp_error_set_errno(error, errno, "%s", path);
	return text;
}

char *
rp_credential_read(const char *name, GError **error)
{
	const char *folder = g_getenv("CREDENTIALS_DIRECTORY");
	g_autofree char *path = folder ? g_build_filename(folder, name, NULL) : NULL;
	char *text;

	if (!path) {
		g_set_error_literal(error, RP_ERROR, RP_ERROR_UNAVAILABLE,
			"no systemd unit has given roampostd credentials (CREDENTIALS_DIRECTORY is "
			"not "
			"set): write LoadCredential= or LoadCredentialEncrypted= into "
			"roampost.service");
		return NULL;
	}
	text = rp_secret_file_read(path, 0, error);
	if (text)
		text[strcspn(text, "\r\n")] = '\0';
	if (text && *text)
		return text;
	if (text)
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID, "the credential %s is empty", name);
	rp_secret_free(text);
	return NULL;
}

RpNetrcResult
rp_netrc_look_up(
	const char *path, const char *host, const char *user, char **password, GError **error)
{
	g_autofree char *home = path ? NULL : rp_account_home();
	g_autofree char *usual = home ? g_build_filename(home, ".netrc", NULL) : NULL;
	const char *file = path ? path : usual ? usual : "/nonexistent/.netrc";
	g_autoptr(RpSecret) text = rp_secret_file_read(file, S_IRWXG | S_IRWXO, error);
	RpNetrcResult result;
	guint line = 0;

	*password = NULL;
	if (!text)
		return RP_NETRC_BROKEN;
	result = rp_netrc_find(text, host, user, password, &line);
	if (result == RP_NETRC_BROKEN)
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			"%s:%u is not what a netrc file has (a password with blanks stands in "
			"double quotes)",
			file, line);
	else if (result == RP_NETRC_ABSENT)
		g_set_error(error, RP_ERROR, RP_ERROR_NOT_FOUND,
			"%s has no password for machine %s login %s", file, host, user);
	return result;
}
