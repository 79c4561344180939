/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "doctor-private.h"

#include "roampost/base.h"
#include "roampost/language.h"

#include <string.h>
#include <unistd.h>

/* What is configured, and whether the keyring has what the configuration wants of it. */

static const RpConfigProblem *
first_problem(const GPtrArray *problems, RpConfigSeverity severity)
{
	for (guint i = 0; i < problems->len; i++) {
		const RpConfigProblem *problem = problems->pdata[i];
		if (problem->severity == severity)
			return problem;
	}
	return NULL;
}

static void
tell_problem(RpDoctor *doctor, const GPtrArray *problems, RpConfigSeverity severity)
{
	const RpConfigProblem *first = first_problem(problems, severity);
	/* Which of both it is stands before the finding. */
	RpConfigProblem bare = first ? *first : (RpConfigProblem){0};
	bare.severity = RP_CONFIG_ERROR;
	g_autofree char *text = first ? rp_config_problem_format(&bare) : NULL;
	guint n = rp_config_count_problems(problems, severity);

	g_autofree char *all =
		n > 1 ? g_strdup_printf(rp_text_n("%s (and %u more)", "%s (and %u more)", n - 1),
				text, n - 1)
		      : g_strdup(text);
	if (first)
		rp_doctor_find(doctor,
			severity == RP_CONFIG_ERROR ? RP_HEALTH_BAD : RP_HEALTH_WARNING, NULL,
			g_strdup("roampost config check"), "%s", all);
}

/* As roampost-sendmail does (submit/system-user.c). */
static const char *
find_owner(const RpDoctor *doctor)
{
	const char *owner = rp_config_agent(doctor->config)->system_mail_user;
	const char *state = g_getenv("ROAMPOST_STATE");
	g_autofree char *name = rp_account_name();

	return (!state || !*state) && rp_account_is_system(geteuid()) && g_strcmp0(owner, name) != 0
		       ? owner
		       : NULL;
}

void
rp_doctor_look_at_configuration(RpDoctor *doctor)
{
	g_autoptr(RpConfigSources) sources = rp_config_sources_new();
	g_autoptr(GPtrArray) problems = NULL;

	doctor->config = rp_config_load(sources, &problems);
	if (doctor->config)
		rp_config_look_at_files(doctor->config, problems);
	tell_problem(doctor, problems, RP_CONFIG_ERROR);
	tell_problem(doctor, problems, RP_CONFIG_WARNING);
	if (!doctor->config)
		return;
	guint n_sets = rp_catalogue_n_sets(rp_config_catalogue(doctor->config));
	doctor->owner = n_sets == 0 ? find_owner(doctor) : NULL;
	if (doctor->owner)
		rp_doctor_good(doctor,
			_("the mail of this account goes into the queue of %1$s, which needs what "
			  "%1$s has configured (as root: “runuser -u %1$s -- roampost doctor”)"),
			doctor->owner);
	else if (n_sets == 0)
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, g_strdup("roampost setup"),
			_("no server set is configured, so no mail can go"));
	else
		rp_doctor_good(doctor,
			rp_text_n("%u server set, no errors", "%u server sets, no errors", n_sets),
			n_sets);
}

/* ---- the keyring ---- */

#define SECRETS "org.freedesktop.secrets"
#define COLLECTION "/org/freedesktop/secrets/aliases/default"

static gboolean
wants_keyring(const RpConfig *config)
{
	const GPtrArray *settings = config ? rp_config_settings(config) : NULL;

	for (guint i = 0; settings && i < settings->len; i++) {
		const RpConfigSetting *setting = settings->pdata[i];
		if (g_str_has_suffix(setting->key, "password-from") &&
			strstr(setting->value, "secret-service"))
			return TRUE;
	}
	return FALSE;
}

/* A keyring that nobody has made a collection in yet, as where one logs in without a password, is
 * there and can keep nothing. */
static void
tell_no_collection(RpDoctor *doctor)
{
	if (rp_doctor_has_name(doctor->session, SECRETS))
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, rp_doctor_unlock_command(),
			_("it is there, and has nothing yet that passwords could be kept in: this "
			  "makes it, with the password that is typed then, and Ctrl-D"));
	else
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL,
			g_strdup("gnome-keyring-daemon --start --components=secrets"),
			_("nobody on this session's bus has a keyring, and passwords are to come "
			  "from it"));
}

void
rp_doctor_look_at_keyring(RpDoctor *doctor)
{
	if (!doctor->config) {
		rp_doctor_good(doctor,
			_("not looked at: the configuration, which may need one, has errors"));
		return;
	}
	if (!wants_keyring(doctor->config)) {
		rp_doctor_good(doctor, _("not needed: no password is in one"));
		return;
	}
	g_autofree char *locked = rp_doctor_property(doctor->session, SECRETS, COLLECTION,
		"org.freedesktop.Secret.Collection", "Locked");
	if (!locked)
		tell_no_collection(doctor);
	else if (g_str_equal(locked, "true"))
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, rp_doctor_unlock_command(),
			_("it is locked: mail waits for the passwords in it"));
	else
		rp_doctor_good(doctor, _("there, and open"));
}
