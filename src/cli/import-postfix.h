/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "import.h"

/* ---- postfix-conf.c: main.cf ---- */

typedef struct {
	RpImport *import; /* borrowed, as what reads files is: takes the remarks */
	RpImportReadFile read_file;
	gpointer user_data;
	GHashTable *parameters; /* by name */
	gboolean is_undefined;  /* a value had a $ that nothing here defines */
} RpPostfixConf;

void rp_postfix_conf_init(RpPostfixConf *conf, RpImport *import, const char *main_cf,
	RpImportReadFile read_file, gpointer user_data);
void rp_postfix_conf_clear(RpPostfixConf *conf);
/* Where main.cf sets it; 0: it does not. */
guint rp_postfix_line_of(const RpPostfixConf *conf, const char *name);
/* As it is written there; NULL: it is not. */
const char *rp_postfix_text(const RpPostfixConf *conf, const char *name);
/* With its references resolved, or "" where it is not set; what can't be resolved is remarked on.
 * Free with g_free. */
char *rp_postfix_get(RpPostfixConf *conf, const char *name);
gboolean rp_postfix_is_yes(RpPostfixConf *conf, const char *name);

typedef void (*RpPostfixLineFunc)(gpointer user_data, char *line, guint number);
/* Calls it for each line of a file of Postfix's. One that begins with white space continues the one
 * before, also past comments and empty lines. */
void rp_postfix_each_line(const char *text, RpPostfixLineFunc func, gpointer user_data);
/* The end of what a bracket at `at` begins, behind its partner; NULL: it has none. */
const char *rp_postfix_partner(const char *at);

/* ---- postfix-table.c: lookup tables ---- */

typedef struct {
	char *key;
	char *value; /* may be a login */
	guint line;
} RpPostfixPair;

/* Of RpPostfixPair, of all tables that the parameter names; *complete: nothing is missing. */
GPtrArray *rp_postfix_read_tables(RpPostfixConf *conf, const char *parameter, gboolean *complete);
/* NULL: it is not there. */
const char *rp_postfix_lookup(const GPtrArray *pairs, const char *key);

/* ---- postfix-relay.c: relay hosts ---- */

typedef struct {
	char *host;
	guint port;
	gboolean by_mx; /* without brackets */
} RpPostfixRelay;

/* "[host]:port", "host:port", with or without "smtp:" in front. FALSE: not a relay host by SMTP. */
gboolean rp_postfix_read_relay(const char *text, RpPostfixRelay *relay);
void rp_postfix_relay_clear(RpPostfixRelay *relay);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpPostfixRelay, rp_postfix_relay_clear)

/* ---- postfix-remarks.c ---- */

/* On a TLS level that says more, or less, than smtp-tls can. */
void rp_postfix_remark_level(RpPostfixConf *conf);
/* On each parameter that changes how mail leaves and has no counterpart. */
void rp_postfix_remark_rest(const RpPostfixConf *conf);
