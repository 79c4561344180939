/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import.h"

#include "roampost/language.h"

/* The logins of sets whose source does not have all that they take. */

void
rp_import_no_login(RpImport *import, RpImportSet *set, guint line)
{
	rp_import_set(set, "relay", "auto");
	rp_import_remark(import, line,
		_("no login, and nothing says from where this server takes mail: [server-set %s] "
		  "has relay=auto, which learns it from the server's answers (roampost sets)"),
		set->name);
}

void
rp_import_login_missing(RpImport *import, RpImportSet *set, guint line, const char *why)
{
	rp_import_set(set, "relay", "auth");
	rp_import_remark(import, line,
		_("%1$s: [server-set %2$s] has relay=auth; write smtp-user and "
		  "smtp-password-from=secret-service, then “roampost password %2$s” asks for the "
		  "password"),
		why, set->name);
}

void
rp_import_password_missing(RpImport *import, RpImportSet *set, guint line, const char *why)
{
	if (rp_import_get(set, "smtp-user"))
		rp_import_set(set, "smtp-password-from", "secret-service");
	if (rp_import_get(set, "pop-user"))
		rp_import_set(set, "pop-password-from", "secret-service");
	rp_import_remark(import, line,
		_("%1$s: once [server-set %2$s] is written, “roampost password %2$s” asks for it "
		  "and keeps it in the keyring"),
		why, set->name);
}

void
rp_import_token_missing(RpImport *import, RpImportSet *set, guint line, const char *protocol)
{
	g_autofree char *key = g_strconcat(protocol, "-auth", NULL);

	rp_import_set(set, key, "xoauth2");
	rp_import_remark(import, line,
		_("the login is by OAuth2: write [oauth NAME] as roampost.conf(5) has it for who "
		  "gives the tokens, and %2$s-password-from=oauth:NAME into [server-set %1$s]; "
		  "then “roampost login %1$s” logs in"),
		set->name, protocol);
}
