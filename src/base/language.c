/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/language.h"

#include <langinfo.h>
#include <libintl.h>
#include <string.h>

/* gettext by threads: which language a thread is in is glibc's thread locale, so that its own words
 * (errno's) follow. */

#define DOMAIN "roampost"
/* Of the domain that has errno's words. */
#define SYSTEM_DOMAIN "libc"
#define LONGEST_NAME 64
/* Nobody reads more languages. */
#define MOST_NAMES 32
/* Others name them, and they stay. */
#define MOST_LANGUAGES 64

static const RpLanguage *own; /* written before there are threads */

const char *
rp_text(const char *english)
{
	/* The translation of nothing is the catalogue's header. */
	return *english ? dgettext(DOMAIN, english) : english;
}

const char *
rp_text_meant(const char *meaning, const char *english)
{
	g_autofree char *key = g_strconcat(meaning, "\004", english, NULL);
	const char *text = dgettext(DOMAIN, key);

	return text == key ? english : text;
}

const char *
rp_text_n(const char *one, const char *many, guint64 n)
{
	/* Languages look at the last digits. */
	gulong number = (gulong)(n > G_MAXINT32 ? n % 1000000 + 1000000 : n);

	return dngettext(DOMAIN, one, many, number);
}

const char *
rp_text_errno(int number)
{
	const char *english = strerrordesc_np(number);

	return english ? dgettext(SYSTEM_DOMAIN, english) : g_strerror(number);
}

/* ---- the program ---- */

static void
bind_translations(void)
{
	const char *dir = g_getenv("ROAMPOST_LOCALE_DIR");

	bindtextdomain(DOMAIN, dir && *dir ? dir : RP_LOCALE_DIR);
	bind_textdomain_codeset(DOMAIN, "UTF-8");
	bind_textdomain_codeset(SYSTEM_DOMAIN, "UTF-8");
}

/* Whether there is anything in the thread's language. Not as easy to see from names: in the locale
 * C, and in later C libraries in C.UTF-8, LANGUAGE does not count. */
static gboolean
is_translated(void)
{
	return *dgettext(DOMAIN, "") != '\0';
}

void
rp_language_speak(void)
{
	const char *codeset;

	/* Not how numbers are written: JSON and SVG have points. */
	setlocale(LC_CTYPE, "");
	setlocale(LC_TIME, "");
	setlocale(LC_MESSAGES, "");
	codeset = nl_langinfo(CODESET);
	/* What is typed and printed is UTF-8; in the locale C GLib would refuse it, and on a
	 * terminal with another character set only English can be read. */
	if (g_str_equal(codeset, "ANSI_X3.4-1968"))
		setlocale(LC_CTYPE, "C.UTF-8");
	else if (!g_str_equal(codeset, "UTF-8"))
		setlocale(LC_MESSAGES, "C");
	bind_translations();
}

/* The language that translations come in now, and those that the environment names; English where
 * there are none. To be freed, the strings are borrowed. */
static const char **
names_now(void)
{
	GPtrArray *names = g_ptr_array_new();

	if (is_translated()) {
		/* TRANSLATORS: a usual locale of your language, such as de_DE.UTF-8: LANGUAGE may
		 * name the language alone, and of that no system has a locale. */
		g_ptr_array_add(names, (gpointer)C_("locale", "C"));
		for (const char *const *name = g_get_language_names(); *name; name++)
			g_ptr_array_add(names, (gpointer)*name);
	}
	g_ptr_array_add(names, (gpointer) "C");
	g_ptr_array_add(names, NULL);
	return (const char **)g_ptr_array_free(names, FALSE);
}

void
rp_language_serve(void)
{
	setlocale(LC_ALL, "C"); /* whatever it spoke to who started it */
	bind_translations();
	setlocale(LC_MESSAGES, "");
	g_autofree const char **names = names_now();
	setlocale(LC_MESSAGES, "C");
	g_unsetenv("LANGUAGE");
	own = rp_language_find(names);
}

const RpLanguage *
rp_language_own(void)
{
	return own;
}

const char *const *
rp_language_names(void)
{
	static const char **names;

	if (!names)
		names = names_now();
	return names;
}

/* ---- languages ---- */

static gboolean
is_name(const char *name)
{
	gsize length = strspn(name, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS "_-.@");

	return length > 0 && length <= LONGEST_NAME && name[length] == '\0';
}

static gboolean
is_english(const char *name)
{
	gsize length = strcspn(name, "_.@");

	return (length == 2 && strncmp(name, "en", length) == 0) || (length == 1 && *name == 'C') ||
	       strcmp(name, "POSIX") == 0;
}

static gboolean
has_translation(locale_t locale)
{
	g_auto(RpLanguageScope) scope = uselocale(locale);

	return is_translated();
}

/* (locale_t)0: there is none, or nothing is translated for it. */
static locale_t
make_locale(const char *name)
{
	locale_t locale = newlocale(LC_MESSAGES_MASK | LC_CTYPE_MASK, name, (locale_t)0);

	if (locale && !has_translation(locale)) {
		freelocale(locale);
		return (locale_t)0;
	}
	return locale;
}

static const RpLanguage *
find_one(const char *name)
{
	static GMutex lock;
	static GHashTable *known; /* name -> locale_t */
	const char *modifier = strchr(name, '@');
	g_autofree char *utf8 = g_strdup_printf(
		"%.*s.UTF-8%s", (int)strcspn(name, ".@"), name, modifier ? modifier : "");
	locale_t locale;

	g_mutex_lock(&lock);
	if (!known)
		known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	locale = g_hash_table_lookup(known, utf8);
	if (!locale && g_hash_table_size(known) < MOST_LANGUAGES) {
		locale = make_locale(utf8);
		if (locale)
			g_hash_table_insert(known, g_steal_pointer(&utf8), locale);
	}
	g_mutex_unlock(&lock);
	return (const RpLanguage *)locale;
}

const RpLanguage *
rp_language_find(const char *const *names)
{
	for (guint i = 0; *names && i < MOST_NAMES; names++, i++) {
		const RpLanguage *found;

		if (!is_name(*names))
			continue;
		if (is_english(*names))
			return NULL;
		found = find_one(*names);
		if (found)
			return found;
	}
	return NULL;
}

const RpLanguage *
rp_language_current(void)
{
	locale_t locale = uselocale((locale_t)0);

	return locale == LC_GLOBAL_LOCALE ? NULL : (const RpLanguage *)locale;
}

RpLanguageScope
rp_language_enter(const RpLanguage *language)
{
	return uselocale(language ? (locale_t)language : LC_GLOBAL_LOCALE);
}

void
rp_language_leave(RpLanguageScope before)
{
	uselocale(before);
}
