/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "options.h"

#include "roampost/language.h"

#include <string.h>

/* The sendmail command's options, as other programs have used
 * them for forty years: a table, and what of it is refused. */

typedef enum {
	ARGUMENT_NONE,   /* -t; more letters may follow in the same word */
	ARGUMENT_JOINED, /* -qf: the rest of the word, maybe nothing */
	ARGUMENT_NEEDED, /* -f x, -fx; -oi, -o i */
} Argument;

typedef struct {
	char letter;
	Argument argument;
	/* NULL: understood and ignored. FALSE: a value that is none. */
	gboolean (*act)(RpSendmailOptions *options, const char *value);
	const char *wants; /* what it takes, where not all does */
} Option;

static gboolean
take_recipients(RpSendmailOptions *options, const char *value)
{
	options->request.recipients_from_header = TRUE;
	return TRUE;
}

static gboolean
ignore_dots(RpSendmailOptions *options, const char *value)
{
	options->request.dot_ends = FALSE;
	return TRUE;
}

static gboolean
set_sender(RpSendmailOptions *options, const char *value)
{
	options->request.sender = value;
	return TRUE;
}

static gboolean
set_name(RpSendmailOptions *options, const char *value)
{
	options->request.full_name = value;
	return TRUE;
}

static gboolean
be_verbose(RpSendmailOptions *options, const char *value)
{
	options->verbose = TRUE;
	return TRUE;
}

/* -N: of what the sender wants to hear (RFC 3461 section 4.1). */
static gboolean
set_notify(RpSendmailOptions *options, const char *value)
{
	g_free(options->notify);
	options->notify = g_ascii_strup(value, -1);
	options->request.dsn_notify = options->notify;
	if (strcmp(options->notify, "NEVER") == 0)
		return TRUE;
	g_auto(GStrv) words = g_strsplit(options->notify, ",", -1);
	for (char **word = words; *word; word++)
		if (strcmp(*word, "SUCCESS") != 0 && strcmp(*word, "FAILURE") != 0 &&
			strcmp(*word, "DELAY") != 0)
			return FALSE;
	return words[0] != NULL;
}

/* -R: how much of the message comes back with a report. */
static gboolean
set_return(RpSendmailOptions *options, const char *value)
{
	gboolean full = g_ascii_strcasecmp(value, "full") == 0;

	options->request.dsn_ret = full ? "FULL" : "HDRS";
	return full || g_ascii_strcasecmp(value, "hdrs") == 0;
}

/* -V: the sender's own name for this message; as xtext no longer than 100 (RFC 3461 section 4.4).
 */
static gboolean
set_envelope_id(RpSendmailOptions *options, const char *value)
{
	gsize length = 0;

	for (const char *c = value; *c; c++) {
		if (!g_ascii_isprint(*c))
			return FALSE;
		length += strchr(" +=", *c) ? 3 : 1;
	}
	options->request.dsn_envid = value;
	return length > 0 && length <= 100;
}

/* -oi is -i; all other -o are settings of another program. */
static gboolean
set_o(RpSendmailOptions *options, const char *value)
{
	return strcmp(value, "i") != 0 || ignore_dots(options, value);
}

/* Exim's -oMr and its like say how the mail came here, in a word of their own. */
static gboolean
takes_word(char letter, const char *value)
{
	static const char *const words[] = {
		"Ma", "Maa", "Mai", "Mas", "Mi", "Mm", "Mr", "Ms", "Mt", NULL};

	return letter == 'o' && g_strv_contains(words, value);
}

static gboolean
set_mode(RpSendmailOptions *options, const char *value)
{
	static const struct {
		const char *value;
		RpSendmailMode mode;
	} modes[] = {
		{"m", RP_MODE_DELIVER},
		{"p", RP_MODE_LIST},
		{"s", RP_MODE_SMTP},
		{"V", RP_MODE_VERSION},
		{"i", RP_MODE_NOTHING},
	};

	for (guint i = 0; i < G_N_ELEMENTS(modes); i++) {
		if (strcmp(value, modes[i].value) == 0) {
			options->mode = modes[i].mode;
			return TRUE;
		}
	}
	return FALSE;
}

/* As newaliases. */
static gboolean
do_nothing(RpSendmailOptions *options, const char *value)
{
	options->mode = RP_MODE_NOTHING;
	return TRUE;
}

/* -q and -qf; -q30m would make a daemon of it. */
static gboolean
set_flush(RpSendmailOptions *options, const char *value)
{
	options->mode = RP_MODE_FLUSH;
	return *value == '\0' || strcmp(value, "f") == 0;
}

static const Option table[] = {
	{'t', ARGUMENT_NONE, take_recipients},
	{'i', ARGUMENT_NONE, ignore_dots},
	{'f', ARGUMENT_NEEDED, set_sender},
	{'r', ARGUMENT_NEEDED, set_sender},
	{'F', ARGUMENT_NEEDED, set_name},
	{'o', ARGUMENT_NEEDED, set_o},
	{'b', ARGUMENT_NEEDED, set_mode, N_("m, p, s, V or i")},
	{'q', ARGUMENT_JOINED, set_flush, N_("nothing or f: the agent does the rest")},
	{'v', ARGUMENT_NONE, be_verbose},
	{'A', ARGUMENT_NEEDED, NULL},
	{'B', ARGUMENT_NEEDED, NULL},
	{'c', ARGUMENT_NONE, NULL},
	{'C', ARGUMENT_NEEDED, NULL},
	{'d', ARGUMENT_JOINED, NULL},
	{'e', ARGUMENT_NEEDED, NULL},
	{'G', ARGUMENT_NONE, NULL},
	{'h', ARGUMENT_NEEDED, NULL},
	{'I', ARGUMENT_NONE, do_nothing},
	{'L', ARGUMENT_NEEDED, NULL},
	{'m', ARGUMENT_NONE, NULL},
	{'n', ARGUMENT_NONE, NULL},
	{'N', ARGUMENT_NEEDED, set_notify, N_("never, or success, failure and delay")},
	{'O', ARGUMENT_NEEDED, NULL},
	{'p', ARGUMENT_NEEDED, NULL},
	{'R', ARGUMENT_NEEDED, set_return, N_("hdrs or full")},
	{'U', ARGUMENT_NONE, NULL},
	{'V', ARGUMENT_NEEDED, set_envelope_id, N_("1 to 100 printable characters")},
	{'x', ARGUMENT_NONE, NULL},
	{'X', ARGUMENT_NEEDED, NULL},
};

static const Option *
find(char letter)
{
	for (guint i = 0; i < G_N_ELEMENTS(table); i++)
		if (table[i].letter == letter)
			return &table[i];
	return NULL;
}

static gboolean
usage(GError **error, const char *word, const char *what)
{
	g_set_error(error, RP_ERROR, RP_ERROR_NOT_FOUND, _("%s: %s (--help shows the options)"),
		word, what);
	return FALSE;
}

static gboolean
refuse(GError **error, const Option *option, const char *value)
{
	g_autofree char *word = g_strdup_printf("-%c", option->letter);
	g_autofree char *what =
		option->wants ? g_strdup_printf(_("“%1$s” is not understood; valid: %2$s"), value,
					rp_text(option->wants))
			      : g_strdup_printf(_("“%s” is not understood"), value);

	return usage(error, word, what);
}

/* One word of options; `*next` is the argument after it, taken where the last of them needs it. */
static gboolean
parse_word(RpSendmailOptions *options, const char *word, char ***next, GError **error)
{
	for (const char *at = word + 1; *at; at++) {
		const Option *option = find(*at);
		const char *value = at + 1;

		if (!option)
			return usage(error, word, _("unknown option"));
		if (option->argument == ARGUMENT_NEEDED && !*value) {
			if (!**next)
				return usage(error, word, _("an argument is missing"));
			value = *(*next)++;
		}
		if (option->act && !option->act(options, value))
			return refuse(error, option, value);
		if (takes_word(*at, value) && **next && ***next != '-')
			(*next)++;
		if (option->argument != ARGUMENT_NONE)
			return TRUE;
	}
	return TRUE;
}

static RpSendmailMode
mode_of_name(const char *path)
{
	static const struct {
		const char *name;
		RpSendmailMode mode;
	} names[] = {
		{"mailq", RP_MODE_LIST},
		{"runq", RP_MODE_FLUSH},
		{"newaliases", RP_MODE_NOTHING},
	};
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;

	for (guint i = 0; i < G_N_ELEMENTS(names); i++)
		if (strcmp(name, names[i].name) == 0)
			return names[i].mode;
	return RP_MODE_DELIVER;
}

gboolean
rp_sendmail_options_parse(RpSendmailOptions *options, int argc, char **argv, GError **error)
{
	gboolean no_more = FALSE;
	guint n = 0;

	*options = (RpSendmailOptions){.mode = mode_of_name(argv[0])};
	options->request.dot_ends = TRUE;
	options->recipients = g_new0(const char *, argc + 1);
	options->request.recipients = options->recipients;
	for (char **next = argv + 1; *next;) {
		const char *word = *next++;
		if (no_more || word[0] != '-' || word[1] == '\0')
			options->recipients[n++] = word;
		else if (strcmp(word, "--") == 0)
			no_more = TRUE;
		else if (strcmp(word, "--help") == 0)
			options->mode = RP_MODE_HELP;
		else if (strcmp(word, "--version") == 0)
			options->mode = RP_MODE_VERSION;
		else if (!parse_word(options, word, &next, error))
			return FALSE;
	}
	return TRUE;
}

void
rp_sendmail_options_clear(RpSendmailOptions *options)
{
	g_clear_pointer(&options->recipients, g_free);
	g_clear_pointer(&options->notify, g_free);
}
