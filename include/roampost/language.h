/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <locale.h>

/* What people read, in their language (gettext, domain "roampost"; po/ has the translations).
 *
 * The language is the calling thread's: a program that serves its own user has the one that the
 * environment names, from rp_language_speak on. The agent serves several: it is at home in English,
 * which logs, and all that is stored, are in, and enters a language for as long as it says
 * something to somebody: that of who asks for a call, that of its session for notifications. So
 * what is stored, or sent where programs read it, is never taken from _(): it is marked with N_
 * where it is made, and translated where it is shown.
 *
 * All functions may be called in any thread, the two that begin before there are others. */

/* Marks a text, which is the key, and gives it in the thread's language. Whole sentences, with all
 * places that are filled in them (translators put them into another order: %2$s). */
#define _(text) rp_text(text)
/* The same where one English text has two meanings. */
#define C_(meaning, text) rp_text_meant(meaning, text)
/* Marks only: for tables, whose rows are given to rp_text when they are shown. */
#define N_(text) text
/* The two arguments of rp_text_meant, for tables. */
#define NC_(meaning, text) meaning, text

/* Nothing ("") is nothing in each language. */
const char *rp_text(const char *english) G_GNUC_FORMAT(1);
const char *rp_text_meant(const char *meaning, const char *english) G_GNUC_FORMAT(2);
/* By the number, which need not be shown in it: `one` for 1, `many` else, in English. */
const char *rp_text_n(const char *one, const char *many, guint64 n) G_GNUC_FORMAT(1)
	G_GNUC_FORMAT(2);
/* strerror, in the thread's language, as UTF-8. */
const char *rp_text_errno(int number);

/* For main. ROAMPOST_LOCALE_DIR is where translations are looked for, else where they were
 * installed. */

/* The program's language is what LANGUAGE, LC_ALL, LC_MESSAGES and LANG say, as everywhere, where
 * the system has that locale, and it is one with UTF-8. Sets the other categories too; what is
 * typed and printed is UTF-8 where no locale is named. */
void rp_language_speak(void);
/* English, until a language is entered; also after rp_language_speak, for a daemon's --help.
 * LANGUAGE is taken out of the environment: it would stand above what is asked for. */
void rp_language_serve(void);

/* A language other than English; NULL is English. Never freed. */
typedef struct RpLanguage RpLanguage;

/* The first of these names, as g_get_language_names() has them, in which something can be said: the
 * system has the locale and we a translation; NULL: English. What is no name is passed over. */
const RpLanguage *rp_language_find(const char *const *names);
/* That of the session of a program that called rp_language_serve. */
const RpLanguage *rp_language_own(void);
/* The names of the language that a program is in after rp_language_speak, for another program's
 * rp_language_find. NULL-terminated, borrowed. */
const char *const *rp_language_names(void);

/* That of the calling thread, of a program that called rp_language_serve. */
const RpLanguage *rp_language_current(void);
/* The calling thread is in the language until the scope ends:
 *
 *	g_auto(RpLanguageScope) scope = rp_language_enter(language);
 */
typedef locale_t RpLanguageScope;
RpLanguageScope rp_language_enter(const RpLanguage *language) G_GNUC_WARN_UNUSED_RESULT;
void rp_language_leave(RpLanguageScope before);
G_DEFINE_AUTO_CLEANUP_FREE_FUNC(RpLanguageScope, rp_language_leave, (locale_t)0)
