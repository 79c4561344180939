/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib-unix.h>

/* What every module stands on: error codes, logging, sizes and times as text, the user's account,
 * scoped descriptors, wiping of secrets, and JSON output. */

/* For what should not happen; what a server or a network says is a result, not an error. */
typedef enum {
	RP_ERROR_INVALID,   /* the caller's input: says what, where and what to do */
	RP_ERROR_CONFIG,    /* the configuration */
	RP_ERROR_NOT_FOUND, /* no such message, set, provider */
	RP_ERROR_STATE,     /* not possible in the state it is in */
	RP_ERROR_BUSY,      /* somebody else has it: a second agent, a lock */
	RP_ERROR_PERMISSION,
	RP_ERROR_FULL, /* no room, or what is ours can't be written for now (a read-only file
			  system) */
	RP_ERROR_IO,
	RP_ERROR_UNAVAILABLE, /* a service that is not there: no agent, no bus */
	RP_ERROR_STARTING,    /* not yet: the agent does not know where it is */
	RP_ERROR_NO_USER,     /* of the caller's input: a name that is no user's here */
} RpErrorCode;

#define RP_ERROR (rp_error_quark())
GQuark rp_error_quark(void);

/* Turns errno into the fitting code and "WHAT: strerror". */
void rp_error_set_errno(GError **error, int saved_errno, const char *format, ...)
	G_GNUC_PRINTF(3, 4);

/* Log lines go to stderr, or to the journal with <N> prefixes when stderr is the journal's. Secrets
 * and bodies are never logged. Each module defines its own G_LOG_DOMAIN ("roampost-queue"). */
void rp_log_setup(const char *program, gboolean verbose);
/* Whether such a line would be written: where making it costs. `domain`: G_LOG_DOMAIN. */
gboolean rp_log_says(GLogLevelFlags level, const char *domain);
/* Why the program ends: a line of the log, of sd-daemon(3)'s priority 3. */
void rp_log_failure(const char *message);

/* ---- who supervises us (sd_notify(3)) ----
 * Where nobody does, nothing happens. */

/* Takes what the environment says, and takes it out, so that no child has it. */
void rp_supervisor_init(void);
/* Somebody does, and starts us anew when we end. */
gboolean rp_supervisor_is_there(void);
/* "READY=1", once; from then on the watchdog is told that the main loop turns. */
void rp_supervisor_ready(void);
void rp_supervisor_tell(const char *state);

/* For main: a file that grows over its limit, or a reader that has gone, is then an error of the
 * write and not the end of the program. Programs that it starts have these signals as ever. */
void rp_signals_as_errors(void);
/* The former alone: who prints for people ends with its reader. */
void rp_file_limit_as_error(void);

/* "90s", "2h", "1h30min", "2 weeks", "0"; a bare number is refused unless 0. Microseconds. */
gboolean rp_span_parse(const char *text, gint64 *span, GError **error);
char *rp_span_format(gint64 span);
/* A span as people say it: "3 min", "2 h 5 min", "4 days". */
char *rp_span_format_human(gint64 span);
/* "512K", "10M", "1G", "2048": powers of 1024. */
gboolean rp_size_parse(const char *text, gint64 *size, GError **error);
char *rp_size_format(gint64 size);
/* No clock is right that is before the day when this program was made (by its file). */
gboolean rp_clock_is_past(gint64 now);
/* RFC 3339 in UTC, whole seconds: "2026-11-24T02:06:00Z". */
char *rp_time_format(gint64 time);

/* The nearest of the candidates by edit distance, or NULL when none is near enough to be meant. */
const char *rp_nearest(const char *word, const char *const *candidates);

/* The text as one sentence that can be shown anywhere, to be freed: bad UTF-8 is repaired, what
 * does not print (control and format characters) is written as \x0a or \u202e, and the middle of
 * what is longer than a thousand characters is left out. */
char *rp_text_shown(const char *text);

/* An error's words as a sentence that stands alone, to be freed: with a capital and a full stop.
 * Names that begin small stay so ("not-before is ..."). */
char *rp_text_sentence(const char *words);

/* Puts a sentence behind those that are there, with what stands between two: a blank, and nothing
 * behind a full stop that has its own (。). Nothing ("") is nothing. */
void rp_text_add_sentence(GString *text, const char *sentence);

/* The (effective) user's name, and home, an absolute path, by the password database and not by the
 * environment. NULL: it has none. In any thread. */
char *rp_account_name(void);
char *rp_account_home(void);
/* $HOME, unless it is another user's, as su, sudo and cron may leave it: then the account's own.
 * What "~/" means. */
char *rp_account_home_in_use(void);
char *rp_account_name_of(guint uid);
/* Whether an account has the name, and its number. In any thread. */
gboolean rp_account_find(const char *name, guint *uid);
/* Whose mail is no person's: below 1000 (SYS_UID_MAX of login.defs), systemd's dynamic users, and
 * nobody. */
gboolean rp_account_is_system(guint uid);

/* Where programs hand their mail to this machine, and the name of the file that it leads to, to be
 * freed; NULL: there is none. */
#define RP_MACHINE_SENDMAIL "/usr/sbin/sendmail"
char *rp_machine_sendmail(void);
gboolean rp_machine_sendmail_is_ours(void);

/* g_file_get_contents and g_file_set_contents for what the user has named. The error is one
 * sentence for him, with the file, and what to do about it; RP_ERROR_NOT_FOUND: there is no such
 * file to be read. */
gboolean rp_file_read(const char *path, char **contents, gsize *length, GError **error);
gboolean rp_file_write(const char *path, const char *text, GError **error);
/* g_file_get_contents, which ends where there are more octets than that: with a sentence, as
 * RP_ERROR_INVALID. `length` may be NULL. */
gboolean rp_file_get(const char *path, gsize most, char **contents, gsize *length, GError **error);
/* The same sentences without the file's name, to be freed: for what rp_file_get said, and for an
 * errno. */
char *rp_file_why_not_read(const GError *failure);
char *rp_file_why_not_written(int number);

typedef int RpFd;
void rp_fd_clear(RpFd *fd); /* closes and sets to -1; keeps errno */
RpFd rp_fd_steal(RpFd *fd);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpFd, rp_fd_clear)

/* Writes all of it, over interruptions and short writes; blocks while the descriptor does, and
 * fails with EAGAIN where one that does not block is full. FALSE: errno says why, and how much was
 * written is not known. */
gboolean rp_write_all(int fd, const void *data, gsize size);

/* Destroys a source that is attached or was, drops the reference and sets it to NULL; NULL is fine.
 * Its function is not called any more, and may be what calls this. */
void rp_source_clear(GSource **source);

/* Events of the file system (inotify(7)), and looking in their place where the user's instances or
 * watches are used up. */
typedef struct {
	const char *what; /* is looked for, in English */
	guint seconds;    /* between two looks */
	/* Adds the watches to an instance. FALSE: errno says why they can't be. */
	gboolean (*watch)(int fd, gpointer user);
	/* Reads what `fd`, which does not block, has to tell; -1: nothing tells. */
	GUnixFDSourceFunc look;
} RpInotify;

/* A source of that, attached to the calling thread's context, and an instance of its own in `fd`,
 * which is the caller's to clear after the source; -1: it looks, and a warning says so. `kind` is
 * borrowed for as long. */
GSource *rp_inotify_attach(RpFd *fd, const RpInotify *kind, gpointer user);

/* A URL to show: without its query, its fragment and what stands before an @, where customers' keys
 * are; other text as it is. Free with g_free. */
char *rp_url_shown(const char *url);

/* Not a control, a bidirectional mark, or a separator of lines or paragraphs. */
gboolean rp_is_neutral(gunichar c);
/* The same text, as valid UTF-8, with blanks for tabs and ? for what is not neutral; -1: it ends in
 * a NUL. For what others send, before it goes to where people look. Free with g_free. */
char *rp_text_neutral(const char *text, gssize length);

/* What others named a thing, as one line to show: neutral, with one blank for all that are together
 * and for what is not neutral, of at most `most` characters, the last of them … where it is longer.
 * Free with g_free. */
char *rp_text_title(const char *text, guint most);

/* A member of a dictionary of type a{sv}; takes a floating value. */
void rp_dict_add(GVariantBuilder *dict, const char *name, GVariant *value);
/* A string, which may be anything (a server's words, an SSID): what is not UTF-8 comes out as
 * U+FFFD, NULL as "". */
void rp_dict_add_text(GVariantBuilder *dict, const char *name, const char *text);
void rp_dict_add_flag(GVariantBuilder *dict, const char *name, gboolean flag);

/* Overwrites in a way that the compiler keeps. */
void rp_wipe(void *memory, gsize size);
/* Zeroes, in memory that is not swapped out (as far as RLIMIT_MEMLOCK goes), not part of a core
 * dump and not of a child. Of `size` octets, to be freed by rp_secret_free. In any thread. */
char *rp_secret_alloc(gsize size);
/* A copy there; NULL gives NULL. */
char *rp_secret_dup(const char *text);
/* The same; wipes and frees the text, of g_malloc or of rp_secret_alloc. */
char *rp_secret_take(char *text);
/* Wipes what rp_secret_alloc gave, or a string of g_malloc, and frees it; NULL is fine. */
void rp_secret_free(char *secret);
/* For main, of a program that holds secrets: no other process of the user's reads its memory
 * (PR_SET_DUMPABLE, which a new program does not inherit), and it leaves no core dump. */
void rp_secret_guard_process(void);
typedef char RpSecret;
G_DEFINE_AUTOPTR_CLEANUP_FUNC(RpSecret, rp_secret_free)

/* JSON output, appended to a string: fast and without trees (reading is json-glib's). Commas are
 * set by the writer. A member's name is NULL inside arrays and at the top. Invalid UTF-8 comes out
 * as U+FFFD. */
typedef struct {
	GString *out;
	guint depth;
	gboolean comma;
} RpJson;

void rp_json_init(RpJson *json, GString *out);
void rp_json_begin_object(RpJson *json, const char *name);
void rp_json_end_object(RpJson *json);
void rp_json_begin_array(RpJson *json, const char *name);
void rp_json_end_array(RpJson *json);
void rp_json_string(RpJson *json, const char *name, const char *value); /* NULL value: null */
void rp_json_int(RpJson *json, const char *name, gint64 value);
void rp_json_bool(RpJson *json, const char *name, gboolean value);
void rp_json_null(RpJson *json, const char *name);
void rp_json_strv(RpJson *json, const char *name, const char *const *values);
/* Pastes a value that is JSON already. */
void rp_json_raw(RpJson *json, const char *name, const char *value);
