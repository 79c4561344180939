/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-config"
#include "config-private.h"

#include "roampost/language.h"

#include <errno.h>
#include <glib-unix.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* Inotify by hand, because GFileMonitor looks every four seconds for what does not exist yet, and
 * the agent is to sleep. What is missing, or can't be read, is waited for in the nearest directory
 * above that can be watched.
 */

enum {
	QUIET_MS = 150, /* editors write in several steps */
	LONGEST_WAIT_US =
		2 * G_USEC_PER_SEC, /* but something that never rests must not hide a change */

	/* What is there and may not be looked into becomes readable by its mode. */
	WAIT_MASK = IN_CREATE | IN_MOVED_TO | IN_DELETE_SELF | IN_MOVE_SELF | IN_ATTRIB,
	DIRECTORY_MASK = WAIT_MASK | IN_DELETE | IN_MOVED_FROM | IN_CLOSE_WRITE,
	FILE_MASK = IN_CLOSE_WRITE | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF,
};

struct RpConfigWatch {
	RpConfigSources *sources;
	RpConfigChanged changed;
	gpointer data;
	GMainContext *context;
	RpFd inotify;
	GHashTable *names; /* watch descriptor -> GPtrArray of the names that matter */
	GHashTable *there; /* files that the configuration in force was read from */
	GSource *readable;
	GSource *timer;
	gint64 first_event; /* of those not yet answered; 0: none */
	gboolean whole;     /* a file was closed or put in its place, and none begun since */
	gboolean busy;      /* in the callback */
	gboolean freed;     /* there */
};

static const char any_conf[] = "*.conf";

/* ---- what to watch ---- */

static gboolean
add_watch(RpConfigWatch *watch, const char *path, guint32 mask, const char *name)
{
	int wd = inotify_add_watch(watch->inotify, path, mask | IN_MASK_ADD);
	GPtrArray *names;

	if (wd < 0)
		return FALSE;
	names = g_hash_table_lookup(watch->names, GINT_TO_POINTER(wd));
	if (!names) {
		names = g_ptr_array_new_with_free_func(g_free);
		g_hash_table_insert(watch->names, GINT_TO_POINTER(wd), names);
	}
	if (name)
		g_ptr_array_add(names, g_strdup(name));
	return TRUE;
}

/* Watches for `name` in the directory, or for the directory's own coming. */
static void
watch_name(RpConfigWatch *watch, const char *directory, const char *name, guint32 mask)
{
	g_autofree char *path = g_strdup(directory);
	g_autofree char *wanted = g_strdup(name);

	while (!add_watch(watch, path, mask | IN_ONLYDIR, wanted)) {
		char *parent = g_path_get_dirname(path);
		gboolean at_top = strcmp(parent, path) == 0;

		g_free(wanted);
		wanted = g_path_get_basename(path);
		g_free(path);
		path = parent;
		mask = WAIT_MASK;
		if (at_top)
			return;
	}
}

static void
watch_file(RpConfigWatch *watch, const char *path)
{
	g_autofree char *directory = g_path_get_dirname(path);
	g_autofree char *name = g_path_get_basename(path);

	watch_name(watch, directory, name, DIRECTORY_MASK);
	add_watch(watch, path, FILE_MASK, NULL); /* behind a symbolic link it is elsewhere */
}

static void
watch_provider_directory(RpConfigWatch *watch, const char *path)
{
	g_autoptr(GDir) directory = g_dir_open(path, 0, NULL);
	const char *name;

	watch_name(watch, path, any_conf, DIRECTORY_MASK);
	while (directory && (name = g_dir_read_name(directory))) {
		g_autofree char *file = g_build_filename(path, name, NULL);

		if (g_str_has_suffix(name, ".conf") && g_file_test(file, G_FILE_TEST_IS_SYMLINK))
			add_watch(watch, file, FILE_MASK, NULL);
	}
}

static gboolean on_readable(gint fd, GIOCondition condition, gpointer data);

/* Begins anew: what was watched may have been replaced. */
static void
arm(RpConfigWatch *watch)
{
	rp_source_clear(&watch->readable);
	rp_fd_clear(&watch->inotify);
	g_hash_table_remove_all(watch->names);
	watch->inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (watch->inotify < 0) {
		g_warning("changes of the configuration go unnoticed until a reload: %s",
			rp_text_errno(errno));
		return;
	}
	for (char **file = watch->sources->files; *file; file++)
		watch_file(watch, *file);
	for (char **path = watch->sources->provider_dirs; *path; path++)
		if (**path != '\0')
			watch_provider_directory(watch, *path);
	watch->readable = g_unix_fd_source_new(watch->inotify, G_IO_IN);
	g_source_set_callback(watch->readable, G_SOURCE_FUNC(on_readable), watch, NULL);
	g_source_attach(watch->readable, watch->context);
}

/* ---- what happened ---- */

static gboolean
is_watched(const RpConfigWatch *watch, const struct inotify_event *event)
{
	const GPtrArray *names = g_hash_table_lookup(watch->names, GINT_TO_POINTER(event->wd));

	if (event->mask & IN_IGNORED)
		return FALSE;
	if (event->len == 0 || !names) /* the watched thing itself, or an overflow */
		return TRUE;
	for (guint i = 0; i < names->len; i++) {
		const char *name = names->pdata[i];

		if (strcmp(name, event->name) == 0 ||
			(strcmp(name, any_conf) == 0 && g_str_has_suffix(event->name, ".conf")))
			return TRUE;
	}
	return FALSE;
}

static void
finish(RpConfigWatch *watch)
{
	rp_config_sources_free(watch->sources);
	g_hash_table_unref(watch->names);
	g_hash_table_unref(watch->there);
	g_main_context_unref(watch->context);
	g_free(watch);
}

void
rp_config_watch_taken(RpConfigWatch *watch)
{
	g_hash_table_remove_all(watch->there);
	for (char **file = watch->sources->files; *file; file++)
		if (g_file_test(*file, G_FILE_TEST_EXISTS))
			g_hash_table_add(watch->there, g_strdup(*file));
}

/* A file that is gone is nearly always a slip or a half-finished change, and all mail would wait
 * for it: that is not taken for the wish to have no server sets any more. */
static gboolean
is_one_gone(const RpConfigWatch *watch, GPtrArray *problems)
{
	gboolean any = FALSE;

	for (char **file = watch->sources->files; *file; file++) {
		RpConfigProblem *problem;

		if (!g_hash_table_contains(watch->there, *file) ||
			g_file_test(*file, G_FILE_TEST_EXISTS))
			continue;
		problem = g_new0(RpConfigProblem, 1);
		problem->severity = RP_CONFIG_ERROR;
		problem->file = g_strdup(*file);
		problem->message = g_strdup("this file is gone: what it said stays in force until "
					    "it is back, or the agent is started anew");
		g_ptr_array_add(problems, problem);
		any = TRUE;
	}
	return any;
}

static void
load(RpConfigWatch *watch, gboolean on_demand)
{
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(RpConfig) config = NULL;

	g_return_if_fail(!watch->busy);
	rp_source_clear(&watch->timer);
	watch->first_event = 0;
	watch->whole = FALSE;
	arm(watch); /* before reading, so that nothing is missed in between */
	config = rp_config_load(watch->sources, &problems);
	if (!on_demand && is_one_gone(watch, problems))
		g_clear_pointer(&config, rp_config_unref);
	if (config)
		rp_config_watch_taken(watch);
	watch->busy = TRUE;
	watch->changed(config, problems, watch->data);
	watch->busy = FALSE;
	if (watch->freed)
		finish(watch);
}

void
rp_config_watch_reload(RpConfigWatch *watch)
{
	load(watch, TRUE);
}

void
rp_config_watch_hurry(RpConfigWatch *watch)
{
	if (watch->busy || !watch->readable)
		return;
	on_readable(watch->inotify, G_IO_IN, watch);
	if (watch->timer && watch->whole)
		load(watch, FALSE);
}

static gboolean
on_quiet(gpointer data)
{
	load(data, FALSE);
	return G_SOURCE_REMOVE;
}

static void
note_event(RpConfigWatch *watch)
{
	gint64 now = g_get_monotonic_time();

	if (watch->first_event == 0)
		watch->first_event = now;
	else if (now - watch->first_event > LONGEST_WAIT_US)
		return; /* let the timer run out */
	rp_source_clear(&watch->timer);
	watch->timer = g_timeout_source_new(QUIET_MS);
	g_source_set_callback(watch->timer, on_quiet, watch, NULL);
	g_source_attach(watch->timer, watch->context);
}

static void
note_whole(RpConfigWatch *watch, guint32 mask)
{
	if (mask & (IN_CLOSE_WRITE | IN_MOVED_TO))
		watch->whole = TRUE;
	else if (mask & (IN_CREATE | IN_MOVED_FROM | IN_DELETE))
		watch->whole = FALSE;
}

static gboolean
on_readable(gint fd, GIOCondition condition, gpointer data)
{
	RpConfigWatch *watch = data;

	_Alignas(struct inotify_event) char buffer[4096];
	gboolean something = FALSE;
	gssize n;

	while ((n = read(fd, buffer, sizeof buffer)) > 0) {
		for (gssize offset = 0; offset < n;) {
			const struct inotify_event *event =
				(const struct inotify_event *)(const void *)(buffer + offset);

			if (is_watched(watch, event)) {
				something = TRUE;
				note_whole(watch, event->mask);
			}
			offset += (gssize)(sizeof *event + event->len);
		}
	}
	if (something)
		note_event(watch);
	return G_SOURCE_CONTINUE;
}

RpConfigWatch *
rp_config_watch_new(const RpConfigSources *sources, RpConfigChanged changed, gpointer data)
{
	RpConfigWatch *watch = g_new0(RpConfigWatch, 1);

	watch->sources = rp_config_sources_copy(sources);
	watch->changed = changed;
	watch->data = data;
	watch->context = g_main_context_ref_thread_default();
	watch->inotify = -1;
	watch->names = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)g_ptr_array_unref);
	watch->there = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	rp_config_watch_taken(watch);
	arm(watch);
	return watch;
}

void
rp_config_watch_free(RpConfigWatch *watch)
{
	if (!watch)
		return;
	rp_source_clear(&watch->timer);
	rp_source_clear(&watch->readable);
	rp_fd_clear(&watch->inotify);
	if (watch->busy)
		watch->freed = TRUE; /* the callback is on the stack above us */
	else
		finish(watch);
}
