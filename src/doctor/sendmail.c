/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "doctor-private.h"

#include "roampost/base.h"
#include "roampost/language.h"
#include "roampost/policy.h"

#include <pwd.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Where the mail of programs goes that call the machine's sendmail, cron first of all. */

#define SENDMAIL RP_MACHINE_SENDMAIL

typedef enum { SENDMAIL_NONE, SENDMAIL_OURS, SENDMAIL_ANOTHER } Whose;

/* *name: the program that it leads to, to be freed. */
static Whose
whose_sendmail(char **name)
{
	*name = rp_machine_sendmail();
	if (!*name)
		return SENDMAIL_NONE;
	return rp_machine_sendmail_is_ours() ? SENDMAIL_OURS : SENDMAIL_ANOTHER;
}

/* Another program's file is dpkg's, where there is dpkg: it goes aside and stays there. */
static char *
take_over_command(Whose whose)
{
	g_autofree char *program = rp_doctor_program("roampost-sendmail", "submit");
	g_autofree char *quoted = rp_doctor_quote(program);
	g_autofree char *link = g_strdup_printf("ln -s %s " SENDMAIL, quoted);
	g_autofree char *link_as_root = rp_doctor_as_root(link);
	g_autofree char *dpkg = g_find_program_in_path("dpkg-divert");
	g_autofree char *aside = rp_doctor_as_root(
		dpkg ? "dpkg-divert --local --rename --divert " SENDMAIL ".other --add " SENDMAIL
		     : "mv " SENDMAIL " " SENDMAIL ".other");

	if (whose == SENDMAIL_NONE)
		return g_steal_pointer(&link_as_root);
	return g_strconcat(aside, " && ", link_as_root, NULL);
}

void
rp_doctor_look_at_sendmail(RpDoctor *doctor)
{
	g_autofree char *name = NULL;
	Whose whose = whose_sendmail(&name);

	switch (whose) {
	case SENDMAIL_OURS:
		rp_doctor_good(doctor, _("%s is roampost's"), SENDMAIL);
		break;
	case SENDMAIL_NONE:
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, take_over_command(whose),
			_("there is no %s: programs that call it lose their mail"), SENDMAIL);
		break;
	case SENDMAIL_ANOTHER:
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, take_over_command(whose),
			_("%s is another program (%s): what calls it does not hand its mail to "
			  "roampost"),
			SENDMAIL, name);
		break;
	}
}

/* ---- cron ---- */

/* Into the group where the file has it, else with it at the end. */
static char *
system_user_command(const char *file, const char *user)
{
	g_autofree char *text = NULL;
	g_autofree char *quoted = rp_doctor_quote(file);
	g_autofree char *dir = g_path_get_dirname(file);
	g_autofree char *quoted_dir = rp_doctor_quote(dir);
	g_autofree char *command = NULL;

	g_file_get_contents(file, &text, NULL, NULL);
	if (text && (g_str_has_prefix(text, "[agent]") || strstr(text, "\n[agent]")))
		command = g_strdup_printf(
			"sed -i '/^\\[agent\\]/a system-mail-user=%s' %s", user, quoted);
	else
		command = g_strdup_printf("sh -c 'mkdir -p %s && printf \"[agent]\\n"
					  "system-mail-user=%s\\n\" >>%s'",
			quoted_dir, user, quoted);
	return rp_doctor_as_root(command);
}

static char *
named_user_command(const char *file, const char *user)
{
	g_autofree char *quoted = rp_doctor_quote(file);
	g_autofree char *command = g_strdup_printf(
		"sed -i 's/^\\(system-mail-user *= *\\).*/\\1%s/' %s", user, quoted);

	return rp_doctor_as_root(command);
}

/* Mail to a bare name, as cron sends it to who owns a crontab. */
static void
tell_of_users(RpDoctor *doctor, const char *user)
{
	const RpAgentOptions *agent = rp_config_agent(doctor->config);

	if (agent->qualify_domain)
		rp_doctor_good(doctor, _("what your crontab says goes to %s@%s"), user,
			agent->qualify_domain);
	else if (agent->mda)
		rp_doctor_good(
			doctor, _("what your crontab says goes to your delivery command (mda=)"));
	else
		rp_doctor_good(doctor, _("what your crontab says goes to %s"), agent->maildir);
}

/* Below the group's line in the user's own file, where it says neither yet; else the file is shown.
 */
static char *
carry_command(const RpServerSet *set, const char *file)
{
	g_autofree char *quoted = rp_doctor_quote(file);
	g_autofree char *group = g_strdup_printf("\n[server-set %s]\n", set->name);
	g_autofree char *text = NULL;
	g_autofree char *whole = NULL;

	g_file_get_contents(file, &text, NULL, NULL);
	whole = g_strconcat("\n", text, NULL);
	if (!strstr(whole, group) || set->carries != RP_CARRIES_OWN ||
		set->rewrite_sender != RP_REWRITE_NEVER)
		return g_strdup_printf("${EDITOR:-vi} %s", quoted);
	return g_strdup_printf(
		"sed -i '/^\\[server-set %s\\]/a carries=@%s\\nrewrite-sender=header' %s",
		set->name, g_get_host_name(), quoted);
}

/* What programs send that write root@ this machine as the sender themselves; a bare name becomes
 * the default identity. */
static void
tell_of_roots_sender(RpDoctor *doctor, const char *file)
{
	g_autofree char *sender = g_strconcat("root@", g_get_host_name(), NULL);
	const RpCatalogue *catalogue = rp_config_catalogue(doctor->config);
	guint n = rp_catalogue_n_sets(catalogue);

	for (guint i = 0; i < n; i++)
		if (rp_policy_may_carry(catalogue, i, sender))
			return;
	if (n == 0) /* which the configuration's line says */
		return;
	const RpServerSet *set = rp_catalogue_set(catalogue, 0);
	rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, carry_command(set, file),
		_("what a program sends as %1$s would wait: no server set carries it; "
		  "carries=@%2$s and rewrite-sender=header in [server-set %3$s] make it yours"),
		sender, g_get_host_name(), set->name);
}

/* The last of the files is the user's own. */
static const char *
own_file(const RpConfigSources *sources)
{
	const char *last = sources->files[0];

	for (guint i = 0; sources->files[i]; i++)
		last = sources->files[i];
	return last;
}

/* Cron writes to a bare name, which is no address for a server. */
static void
tell_of_roots_mail(RpDoctor *doctor, const char *user)
{
	const RpAgentOptions *agent = rp_config_agent(doctor->config);

	if (!g_str_equal(agent->system_mail_user, user))
		rp_doctor_good(doctor,
			_("root's mail is %s's: what its crontab says goes where bare names go "
			  "there, mail for addresses into that queue"),
			agent->system_mail_user);
	else if (agent->qualify_domain)
		rp_doctor_good(doctor,
			_("root's mail is yours: what its crontab says goes to root@%s, by your "
			  "queue"),
			agent->qualify_domain);
	else
		rp_doctor_good(doctor,
			_("root's mail is yours: what its crontab says goes to %s, mail for "
			  "addresses into your queue"),
			agent->mda ? agent->mda : agent->maildir);
}

/* TRUE, and said: who is named as the one whose mail it is is not there. */
static gboolean
names_nobody(RpDoctor *doctor, const char *owner, const char *user)
{
	g_autoptr(RpConfigSources) sources = rp_config_sources_new();

	if (getpwnam(owner))
		return FALSE;
	rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL,
		named_user_command(sources->files[0], geteuid() == 0 ? "NAME" : user),
		_("the mail of root and of system accounts is refused: there is no user “%s”, "
		  "whom system-mail-user names"),
		owner);
	return TRUE;
}

/* Also where that can't be seen. */
static gboolean
may_have_passwords(RpDoctor *doctor, const char *file)
{
	const GPtrArray *settings = rp_config_settings(doctor->config);

	for (guint i = 0; i < settings->len; i++) {
		const RpConfigSetting *setting = settings->pdata[i];
		if (g_strcmp0(setting->file, file) == 0 && g_str_equal(setting->value, "****"))
			return TRUE;
	}
	return access(file, R_OK) != 0;
}

static gboolean
is_hidden(const char *file)
{
	struct stat status;

	return stat(file, &status) == 0 && !(status.st_mode & S_IROTH);
}

static void
tell_of_hidden(RpDoctor *doctor, const char *file)
{
	g_autofree char *quoted = rp_doctor_quote(file);
	g_autofree char *open = g_strconcat("chmod a+r ", quoted, NULL);
	g_autofree char *edit = g_strconcat("${EDITOR:-vi} ", quoted, NULL);

	if (may_have_passwords(doctor, file))
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, rp_doctor_as_root(edit),
			_("what jobs of other system accounts (www-data, nobody) say is refused: "
			  "they can't read %s, where it stands whose it is; take its passwords out "
			  "of it, then make it readable (chmod a+r)"),
			file);
	else
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, rp_doctor_as_root(open),
			_("what jobs of other system accounts (www-data, nobody) say is refused: "
			  "they can't read %s, where it stands whose it is"),
			file);
}

/* TRUE, and said: the accounts that are to go by it can't read it, though root can. */
static gboolean
hides_it(RpDoctor *doctor, const RpConfigSources *sources)
{
	for (guint i = 0; i < sources->n_system_files && sources->files[i]; i++)
		if (is_hidden(sources->files[i])) {
			tell_of_hidden(doctor, sources->files[i]);
			return TRUE;
		}
	return FALSE;
}

static void
tell_of_system_accounts(RpDoctor *doctor, const char *user)
{
	g_autoptr(RpConfigSources) sources = rp_config_sources_new();
	const char *owner = rp_config_agent(doctor->config)->system_mail_user;

	if (!owner) {
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL,
			system_user_command(sources->files[0], geteuid() == 0 ? "NAME" : user),
			_("the mail of root and of system accounts is refused: whose it "
			  "is has to be said"));
		return;
	}
	if (names_nobody(doctor, owner, user))
		return;
	gboolean hidden = hides_it(doctor, sources);
	tell_of_roots_mail(doctor, user);
	if (!hidden)
		rp_doctor_good(doctor,
			_("what jobs of other system accounts (www-data, nobody) say goes the same "
			  "way while the agent of %s runs; else it stands in cron's log alone"),
			owner);
	if (g_str_equal(owner, user))
		tell_of_roots_sender(doctor, own_file(sources));
}

/* A user's own waits until the configuration is mended; that of others where it can be read whose
 * it is. */
static void
tell_without_configuration(RpDoctor *doctor, const char *user)
{
	gboolean has_errors;
	g_autofree char *owner = rp_config_read_system_mail_user(&has_errors);

	if (owner && names_nobody(doctor, owner, user))
		return;
	if (owner || geteuid() >= 1000)
		rp_doctor_good(doctor, _("its mail is taken, whatever the configuration says"));
	if (!owner)
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, g_strdup("roampost config check"),
			_("the mail of root and of system accounts is refused: whose it is can't "
			  "be read"));
}

void
rp_doctor_look_at_cron(RpDoctor *doctor)
{
	g_autofree char *user = rp_account_name();
	g_autofree char *name = NULL;
	Whose whose = whose_sendmail(&name);

	if (whose == SENDMAIL_ANOTHER) {
		rp_doctor_good(doctor,
			_("its mail is given to %s, and where that leaves it is not looked at "
			  "here"),
			name);
	} else if (whose == SENDMAIL_NONE) {
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, take_over_command(whose),
			_("its mail is lost: it calls %s"), SENDMAIL);
	} else if (doctor->config && user) {
		if (geteuid() >= 1000)
			tell_of_users(doctor, user);
		tell_of_system_accounts(doctor, user);
	} else {
		tell_without_configuration(doctor, user ? user : "NAME");
	}
}
