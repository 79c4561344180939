/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-config"
#include "config-private.h"

#include "roampost/language.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* From files to entries: which files count, who may have written them, and which groups and keys
 * there are. Later entries take the place of earlier ones. */

/* One file while it is being read. */
typedef struct {
	Reading *reading;
	const char *name;
	guint mode;
	gboolean is_system;
	gboolean providers_only;
	GKeyFile *keys;
	const Scan *scan;
} File;

/* ---- groups ---- */

static gboolean
kind_from_name(const char *name, GroupKind *kind)
{
	for (int i = 0; i < N_GROUP_KINDS; i++) {
		if (strcmp(group_kind_name((GroupKind)i), name) != 0)
			continue;
		*kind = (GroupKind)i;
		return TRUE;
	}
	return FALSE;
}

static void
complain_unknown_group(
	File *file, const Origin *origin, const char *title, const char *word, const char *name)
{
	const char *kinds[N_GROUP_KINDS + 1] = {NULL};
	const char *nearest;
	GroupKind kind;

	for (int i = 0; i < N_GROUP_KINDS; i++)
		kinds[i] = group_kind_name((GroupKind)i);
	nearest = rp_nearest(word, kinds);
	gboolean named = nearest && kind_from_name(nearest, &kind) && group_kind_is_named(kind);

	if (!nearest)
		problem_add(file->reading, RP_CONFIG_ERROR, origin, title, NULL,
			_("unknown group; valid: [agent], [provider NAME], [server-set NAME], "
			  "[setup], [oauth NAME]"));
	else if (named)
		problem_add(file->reading, RP_CONFIG_ERROR, origin, title, NULL,
			_("unknown group: did you mean [%s %s]?"), nearest,
			*name != '\0' ? name : "NAME");
	else
		problem_add(file->reading, RP_CONFIG_ERROR, origin, title, NULL,
			_("unknown group: did you mean [%s]?"), nearest);
}

/* What is wrong with the name, or NULL. Names go into command lines (SET=AGE) and lists. */
static const char *
name_fault(GroupKind kind, const char *name)
{
	if (!group_kind_is_named(kind))
		return *name == '\0'         ? NULL
		       : kind == GROUP_AGENT ? _("the group [agent] takes no name")
					     : _("the group [setup] takes no name");
	if (*name == '\0')
		return kind == GROUP_PROVIDER ? _("a provider needs a name: [provider NAME]")
		       : kind == GROUP_OAUTH  ? _("who gives tokens needs a name: [oauth NAME]")
					      : _("a server set needs a name: [server-set NAME]");
	if (strpbrk(name, ";=/"))
		return _("a name must not contain ; or = or /");
	if (strpbrk(name, " \t"))
		return kind == GROUP_PROVIDER
			       ? _("a name has no blanks in it; a proper name goes into name=")
			       : _("a name has no blanks in it: join its words, as in my-isp");
	if (kind == GROUP_SET && strcmp(name, "auto") == 0)
		return _("“auto” can't be a set's name: “roampost use auto” means the automatic "
			 "choice");
	return NULL;
}

const char *
rp_config_set_name_fault(const char *name)
{
	if (strpbrk(name, "[]\r\n"))
		return _("a name must not contain [ or ]");
	return name_fault(GROUP_SET, name);
}

/* The merged group for a title in the file, made when it is new; NULL after a complaint. */
static Group *
find_group(File *file, const char *title)
{
	Origin origin = {file->name, scan_line(file->scan, title, NULL)};
	g_autofree char *word = g_strstrip(g_strdup(title));
	char *blank = strpbrk(word, " \t");
	const char *name = blank ? g_strchug(blank + 1) : "";
	GroupKind kind;

	if (blank)
		*blank = '\0';
	if (!kind_from_name(word, &kind)) {
		complain_unknown_group(file, &origin, title, word, name);
		return NULL;
	}
	const char *fault = name_fault(kind, name);
	if (!fault && file->providers_only && kind != GROUP_PROVIDER)
		fault = _("only [provider NAME] belongs in a file of providers.d; write this in "
			  "roampost.conf");
	if (fault) {
		problem_add(file->reading, RP_CONFIG_ERROR, &origin, title, NULL, "%s", fault);
		return NULL;
	}
	g_autofree char *clean = g_strconcat(word, blank ? " " : NULL, name, NULL);
	Group *group = g_hash_table_lookup(file->reading->groups, clean);
	if (!group) {
		group = group_new(kind, name, g_steal_pointer(&clean));
		group->nth = g_hash_table_size(file->reading->groups);
		g_hash_table_insert(file->reading->groups, group->title, group);
	}
	group->origin = origin;
	return group;
}

/* ---- keys ---- */

/* A key of another kind of group: all of these are personal. TRUE: it was. */
static gboolean
complain_of_other_group(File *file, const Group *group, const char *key, const Origin *origin)
{
	for (guint kind = 0; kind < N_GROUP_KINDS; kind++) {
		if (kind == (guint)group->kind || !option_find((GroupKind)kind, key))
			continue;
		g_autofree char *theirs = g_strconcat(group_kind_name((GroupKind)kind),
			group_kind_is_named((GroupKind)kind) ? " NAME" : "", NULL);
		problem_add(file->reading, RP_CONFIG_ERROR, origin, group->title, key,
			file->providers_only
				? _("a key of [%s], not of [%s], and personal: write it in "
				    "roampost.conf, since files of providers.d are there to be "
				    "shared")
				: _("a key of [%s], not of [%s]"),
			theirs, group_kind_name(group->kind));
		return TRUE;
	}
	return FALSE;
}

static const Option *
find_option(File *file, const Group *group, const char *key, const Origin *origin)
{
	const Option *option = option_find(group->kind, key);

	if (option || complain_of_other_group(file, group, key, origin))
		return option;
	const char *nearest = option_nearest(group->kind, key);
	if (nearest)
		problem_add(file->reading, RP_CONFIG_ERROR, origin, group->title, key,
			_("unknown key: did you mean “%s”?"), nearest);
	else
		problem_add(file->reading, RP_CONFIG_ERROR, origin, group->title, key,
			_("unknown key; roampost.conf(5) lists those of [%s]"),
			group_kind_name(group->kind));
	return NULL;
}

/* The elements of a list, with the blanks around them gone; "\\;" is a ; within one. */
static char **
get_list(GKeyFile *keys, const char *group, const char *key, GError **error)
{
	g_auto(GStrv) parts = g_key_file_get_string_list(keys, group, key, NULL, error);
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	for (char **part = parts; part && *part; part++)
		if (*g_strstrip(*part) != '\0')
			g_strv_builder_add(builder, *part);
	return g_strv_builder_end(builder);
}

static Entry *
get_entry(File *file, const Option *option, const char *title, const char *key, GError **error)
{
	g_autoptr(GError) local = NULL; /* with it GLib may give a text all the same */
	Entry *entry = g_new0(Entry, 1);

	if (option->flags & OPTION_LIST) {
		entry->list = get_list(file->keys, title, key, &local);
		entry->text = g_strjoinv(";", entry->list);
	} else {
		entry->text = g_key_file_get_string(file->keys, title, key, &local);
	}
	if (!local)
		return entry;
	entry_free(entry);
	g_propagate_error(error, g_steal_pointer(&local));
	return NULL;
}

/* It is shown as less than it is. */
static gboolean
has_key_in_url(const Entry *entry)
{
	for (char **url = entry->list; url && *url; url++) {
		g_autofree char *shown = rp_url_shown(*url);

		if (strcmp(shown, *url) != 0)
			return TRUE;
	}
	return FALSE;
}

/* The entry is kept in any case: with the error nothing comes of the configuration, and without the
 * entry there would be more complaints. */
static void
check_place(File *file, const Group *group, const Option *option, const Entry *entry)
{
	if ((option->flags & OPTION_SECRET) && *entry->text != '\0' && (file->mode & 077) != 0)
		problem_add(file->reading, RP_CONFIG_ERROR, &entry->origin, group->title,
			option->key,
			_("refused: others may read this file (mode %04o), so it must hold no "
			  "secret; “chmod 600 %s”, or use %s-command"),
			file->mode, file->name, option->key);
	if ((option->flags & OPTION_URLS) && (file->mode & 077) != 0 && has_key_in_url(entry))
		problem_add(file->reading, RP_CONFIG_ERROR, &entry->origin, group->title,
			option->key,
			_("refused: others may read this file (mode %04o), and a URL with a "
			  "query or a login holds a key; “chmod 600 %s”"),
			file->mode, file->name);
	if ((option->flags & OPTION_PERSONAL) && file->providers_only && *entry->text != '\0')
		problem_add(file->reading, RP_CONFIG_WARNING, &entry->origin, group->title,
			option->key,
			_("personal: it belongs into roampost.conf, under the same [%s], since "
			  "files of providers.d are there to be shared"),
			group->title);
	if ((option->flags & OPTION_SYSTEM_ONLY) && !file->is_system && *entry->text != '\0')
		problem_add(file->reading, RP_CONFIG_ERROR, &entry->origin, group->title,
			option->key, _("only the system's file (%s/roampost.conf) may say this"),
			RP_SYSCONFDIR);
}

static void
read_key(File *file, Group *group, const char *title, const char *key)
{
	Origin origin = {file->name, scan_line(file->scan, title, key)};
	const Option *option = find_option(file, group, key, &origin);
	g_autoptr(GError) error = NULL;
	Entry *entry;

	if (!option)
		return;
	entry = get_entry(file, option, title, key, &error);
	if (!entry) {
		problem_add(file->reading, RP_CONFIG_ERROR, &origin, group->title, key,
			_("a backslash here means an escape (\\s \\n \\t \\r \\\\): write \\\\ "
			  "for one that is meant"));
		return;
	}
	entry->origin = origin;
	check_place(file, group, option, entry);
	g_hash_table_insert(group->entries, (gpointer)option, entry);
}

static void
read_groups(File *file)
{
	g_auto(GStrv) titles = g_key_file_get_groups(file->keys, NULL);

	for (char **title = titles; *title; title++) {
		Group *group = find_group(file, *title);
		g_auto(GStrv) keys = NULL;

		if (!group)
			continue;
		keys = g_key_file_get_keys(file->keys, *title, NULL, NULL);
		for (char **key = keys; key && *key; key++)
			read_key(file, group, *title, *key);
	}
}

static void
read_text(File *file, const char *text, gsize length)
{
	g_autoptr(GKeyFile) keys = g_key_file_new();
	g_autoptr(Scan) scan = scan_text(file->reading, file->name, text, length);
	g_autoptr(GError) error = NULL;
	Origin origin = {file->name, 0};

	if (!g_key_file_load_from_data(keys, scan->clean->str, scan->clean->len,
		    G_KEY_FILE_KEEP_TRANSLATIONS, &error)) {
		problem_add(
			file->reading, RP_CONFIG_ERROR, &origin, NULL, NULL, "%s", error->message);
		return;
	}
	file->keys = keys;
	file->scan = scan;
	read_groups(file);
}

/* ---- files ---- */

/* A device has no end. */
#define LARGEST ((gsize)4 << 20)

static char *
read_all(const char *name, gsize *length, struct stat *status, int *saved_errno)
{
	g_auto(RpFd) fd = open(name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	g_autoptr(GString) text = g_string_new(NULL);
	char block[16384];
	gssize n = -1;

	if (fd >= 0 && fstat(fd, status) == 0) {
		while ((n = read(fd, block, sizeof block)) > 0 && text->len < LARGEST)
			g_string_append_len(text, block, n);
	}
	*saved_errno = n > 0 ? EFBIG : errno;
	rp_wipe(block, sizeof block);
	if (n != 0)
		return NULL;
	*length = text->len;
	return g_string_free(g_steal_pointer(&text), FALSE);
}

/* Who can write it names the commands that are run here, and the server that gets the mail. A group
 * that has the user's own number is the user's alone, as systems make one for each. */
static gboolean
is_trusted(Reading *reading, const char *name, const struct stat *status)
{
	Origin origin = {name, 0};
	gboolean foreign = status->st_uid != geteuid() && status->st_uid != 0;

	gboolean open =
		status->st_mode & S_IWOTH ||
		(status->st_mode & S_IWGRP && status->st_gid != geteuid() && status->st_gid != 0);

	if (!S_ISREG(status->st_mode) || (!foreign && !open))
		return TRUE;
	if (foreign)
		problem_add(reading, RP_CONFIG_ERROR, &origin, NULL, NULL,
			_("it belongs to user %u: it must be your own or root's, since it names "
			  "commands that are run"),
			(guint)status->st_uid);
	else
		problem_add(reading, RP_CONFIG_ERROR, &origin, NULL, NULL,
			_("others may write it, and it names commands that are run; “chmod go-w "
			  "%s”"),
			name);
	return FALSE;
}

static void
read_file(Reading *reading, const char *name, gboolean is_system, gboolean providers_only,
	gboolean must_exist)
{
	File file = {.reading = reading, .is_system = is_system, .providers_only = providers_only};
	struct stat status = {0};
	int saved_errno = 0;
	gsize length = 0;

	file.name = g_strdup(name);
	g_ptr_array_add(reading->files, (char *)file.name);
	Origin origin = {file.name, 0};
	char *text = read_all(name, &length, &status, &saved_errno);
	if (text) {
		file.mode = status.st_mode & 07777;
		if (is_trusted(reading, file.name, &status))
			read_text(&file, text, length);
		rp_wipe(text, length);
		g_free(text);
	} else if (must_exist || (saved_errno != ENOENT && saved_errno != ENOTDIR)) {
		problem_add(reading, RP_CONFIG_ERROR, &origin, NULL, NULL, _("can't be read: %s"),
			rp_text_errno(saved_errno));
	}
}

/* Adds the *.conf of a directory; a file replaces an earlier one of its name. */
static void
collect_providers(Reading *reading, const char *path, GTree *files)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GDir) directory = g_dir_open(path, 0, &error);
	Origin origin = {path, 0};
	const char *name;

	if (!directory && !g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT) &&
		!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOTDIR))
		problem_add(reading, RP_CONFIG_WARNING, &origin, NULL, NULL, "%s", error->message);
	while (directory && (name = g_dir_read_name(directory)))
		if (g_str_has_suffix(name, ".conf") && name[0] != '.')
			g_tree_replace(files, g_strdup(name), g_build_filename(path, name, NULL));
}

static int
compare_names(gconstpointer a, gconstpointer b, gpointer data)
{
	return strcmp(a, b);
}

static gboolean
read_provider_file(gpointer name, gpointer path, gpointer reading)
{
	read_file(reading, path, TRUE, TRUE, TRUE);
	return FALSE;
}

void
reading_load(Reading *reading, const RpConfigSources *sources)
{
	GTree *providers = g_tree_new_full(compare_names, NULL, g_free, g_free);

	for (char **path = sources->provider_dirs; *path; path++)
		if (**path != '\0')
			collect_providers(reading, *path, providers);
	g_tree_foreach(providers, read_provider_file, reading);
	g_tree_unref(providers);
	for (guint i = 0; sources->files[i]; i++)
		read_file(reading, sources->files[i], i < sources->n_system_files, FALSE,
			sources->must_exist);
}
