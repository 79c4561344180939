/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-asn"

#include "roampost/asn-file.h"

#include "roampost/base.h"
#include "roampost/language.h"

#include <errno.h>
#include <fcntl.h>
#include <glib-unix.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

/* The table's file: mapping it, noticing another one, replacing it. */

struct RpAsnFile {
	char *path;
	struct stat was; /* of what is mapped, or was refused; st_ino 0: there was none */
	GMappedFile *map;
	RpAsnTable *table;
	gboolean damage_said;
	RpAsnFileChanged changed;
	gpointer user;
	RpFd inotify;
	GSource *readable;
};

/* ---- mapping ---- */

static gboolean
is_same(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mtim.tv_sec == b->st_mtim.tv_sec && a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	       a->st_ctim.tv_sec == b->st_ctim.tv_sec && a->st_ctim.tv_nsec == b->st_ctim.tv_nsec;
}

static void
drop(RpAsnFile *file)
{
	g_clear_pointer(&file->table, rp_asn_table_free);
	g_clear_pointer(&file->map, g_mapped_file_unref);
}

static const char *
fault_of(const struct stat *status)
{
	if (!S_ISREG(status->st_mode))
		return _("it is no file");
	if (status->st_uid != geteuid() && status->st_uid != 0)
		return _("it is another user's: it must be your own or root's, since it decides "
			 "where mail goes");
	if (status->st_mode & S_IWOTH ||
		(status->st_mode & S_IWGRP && status->st_gid != geteuid() && status->st_gid != 0))
		return _("others may write it, and it decides where mail goes: “chmod go-w” it");
	return NULL;
}

static void
refuse(const RpAsnFile *file, const char *why)
{
	g_warning("the table of AS numbers %s is not used: %s", file->path, why);
}

static void
map(RpAsnFile *file)
{
	g_auto(RpFd) fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	g_autoptr(GError) error = NULL;
	const char *fault;

	if (fd < 0 || fstat(fd, &file->was) != 0) {
		refuse(file, rp_text_errno(errno));
		return;
	}
	fault = fault_of(&file->was);
	if (fault) {
		refuse(file, fault);
		return;
	}
	file->map = g_mapped_file_new_from_fd(fd, FALSE, &error);
	if (file->map && g_mapped_file_get_length(file->map) > 0)
		file->table =
			rp_asn_table_new((const guint8 *)g_mapped_file_get_contents(file->map),
				g_mapped_file_get_length(file->map), &error);
	if (!file->table) {
		refuse(file, error ? error->message : _("it is empty"));
		drop(file);
	}
}

static void
tell_of_damage(RpAsnFile *file)
{
	if (file->damage_said || !file->table || !rp_asn_table_is_damaged(file->table))
		return;
	file->damage_said = TRUE;
	g_warning("the table of AS numbers %s is damaged in part, and answers nothing there: make "
		  "it anew with “roampost providers update”",
		file->path);
}

RpAsnTable *
rp_asn_file_table(RpAsnFile *file)
{
	struct stat now;

	if (stat(file->path, &now) != 0)
		memset(&now, 0, sizeof now);
	if (is_same(&now, &file->was)) {
		tell_of_damage(file);
		return file->table;
	}
	drop(file);
	file->damage_said = FALSE;
	file->was = now;
	if (now.st_ino)
		map(file);
	return file->table;
}

/* ---- watching ---- */

static gboolean
on_readable(gint fd, GIOCondition condition, gpointer user)
{
	_Alignas(struct inotify_event) char buffer[4096];
	RpAsnFile *file = user;
	g_autofree char *name = g_path_get_basename(file->path);
	gboolean ours = FALSE;
	gssize n;

	while ((n = read(fd, buffer, sizeof buffer)) > 0) {
		for (gssize at = 0; at < n;) {
			const struct inotify_event *event =
				(const struct inotify_event *)(const void *)(buffer + at);

			ours |= event->len && strcmp(event->name, name) == 0;
			at += (gssize)(sizeof *event + event->len);
		}
	}
	if (ours)
		file->changed(file->user);
	return G_SOURCE_CONTINUE;
}

static void
watch(RpAsnFile *file)
{
	g_autofree char *folder = g_path_get_dirname(file->path);

	file->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (file->inotify < 0 ||
		inotify_add_watch(file->inotify, folder,
			IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_DELETE | IN_ATTRIB) < 0)
		return; /* it is looked at all the same, when the network changes */
	file->readable = g_unix_fd_source_new(file->inotify, G_IO_IN);
	g_source_set_callback(file->readable, G_SOURCE_FUNC(on_readable), file, NULL);
	g_source_attach(file->readable, g_main_context_get_thread_default());
}

RpAsnFile *
rp_asn_file_new(const char *path, RpAsnFileChanged changed, gpointer user)
{
	RpAsnFile *file = g_new0(RpAsnFile, 1);

	file->path = g_strdup(path);
	file->changed = changed;
	file->user = user;
	file->inotify = -1;
	if (changed)
		watch(file);
	return file;
}

void
rp_asn_file_free(RpAsnFile *file)
{
	if (!file)
		return;
	rp_source_clear(&file->readable);
	rp_fd_clear(&file->inotify);
	drop(file);
	g_free(file->path);
	g_free(file);
}

const char *
rp_asn_file_path(const RpAsnFile *file)
{
	return file->path;
}

char *
rp_asn_file_choose(const char *configured, const char *state_dir)
{
	if (configured)
		return g_strdup(configured);
	return state_dir ? g_build_filename(state_dir, "asn.table", NULL) : NULL;
}

/* ---- replacing ---- */

static gboolean
write_beside(const char *path, const GByteArray *table, GError **error)
{
	g_auto(RpFd) fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);

	if (fd >= 0 && rp_write_all(fd, table->data, table->len) && fsync(fd) == 0)
		return TRUE;
	rp_error_set_errno(error, errno, _("%s can't be written"), path);
	return FALSE;
}

gboolean
rp_asn_file_replace(const char *path, const GByteArray *table, GError **error)
{
	g_autofree char *beside = g_strdup_printf("%s.%d", path, (int)getpid());
	g_autofree char *folder = g_path_get_dirname(path);

	if (g_mkdir_with_parents(folder, 0700) != 0) {
		rp_error_set_errno(error, errno, _("the folder %s can't be made"), folder);
		return FALSE;
	}
	if (!write_beside(beside, table, error)) {
		g_unlink(beside);
		return FALSE;
	}
	if (rename(beside, path) == 0)
		return TRUE;
	rp_error_set_errno(error, errno, _("%s can't be replaced"), path);
	g_unlink(beside);
	return FALSE;
}
