/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "doctor-private.h"

#include "config.h"
#include "roampost/bus.h"
#include "roampost/language.h"
#include "roampost/queue.h"
#include "roampost/succession.h"
#include "roampost/words.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The user's session: its bus, the agent on it, and what starts and ends the agent. */

/* ---- a bus that this shell does not know of ---- */

static char *
address_of_process(const char *pid)
{
	g_autofree char *path = g_build_filename("/proc", pid, "environ", NULL);
	static const char name[] = "DBUS_SESSION_BUS_ADDRESS=";
	g_autofree char *text = NULL;
	gsize size = 0;
	struct stat info;

	if (stat(path, &info) != 0 || info.st_uid != geteuid() ||
		!g_file_get_contents(path, &text, &size, NULL))
		return NULL;
	for (const char *at = text; at < text + size; at += strlen(at) + 1)
		if (g_str_has_prefix(at, name) && at[sizeof name - 1])
			return g_strdup(at + sizeof name - 1);
	return NULL;
}

/* Addresses worth a try: the one that logind's sessions have, then those of the user's other
 * programs. */
static char **
other_addresses(void)
{
	g_autoptr(GStrvBuilder) found = g_strv_builder_new();
	g_autoptr(GHashTable) seen = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	g_autofree char *usual = g_strdup_printf("unix:path=/run/user/%u/bus", geteuid());
	g_autoptr(GDir) processes = g_dir_open("/proc", 0, NULL);
	const char *pid;

	g_strv_builder_add(found, usual);
	g_hash_table_add(seen, g_strdup(usual));
	while (processes && (pid = g_dir_read_name(processes))) {
		g_autofree char *address = g_ascii_isdigit(*pid) ? address_of_process(pid) : NULL;
		if (address && g_hash_table_add(seen, g_strdup(address)))
			g_strv_builder_add(found, address);
	}
	return g_strv_builder_end(found);
}

/* The first on which the agent is, else the first that answers. */
static char *
find_bus(RpDoctor *doctor)
{
	g_auto(GStrv) addresses = other_addresses();
	char *best = NULL;

	for (char **address = addresses; *address; address++) {
		RpDBus *bus = rp_doctor_connect(*address, FALSE);
		gboolean has_agent = rp_doctor_has_name(bus, RP_BUS_NAME);
		if (!bus || (best && !has_agent)) {
			rp_doctor_disconnect(bus);
			continue;
		}
		g_free(best);
		best = g_strdup(*address);
		rp_doctor_disconnect(doctor->session);
		doctor->session = bus;
		if (has_agent)
			break;
	}
	return best;
}

/* An agent of this account would have nothing to send. */
static gboolean
needs_none(RpDoctor *doctor)
{
	if (doctor->owner)
		rp_doctor_good(
			doctor, _("none is needed: the agent of %s sends the mail"), doctor->owner);
	return doctor->owner != NULL;
}

void
rp_doctor_look_at_bus(RpDoctor *doctor)
{
	doctor->session = rp_doctor_connect(NULL, FALSE);
	if (doctor->session) {
		rp_doctor_good(doctor, _("there"));
		return;
	}
	if (needs_none(doctor))
		return;
	g_autofree char *address = find_bus(doctor);
	g_autofree char *quoted = address ? rp_doctor_quote(address) : NULL;
	if (address)
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL,
			g_strconcat("export DBUS_SESSION_BUS_ADDRESS=", quoted, NULL),
			_("it runs, but this shell does not know of it"));
	else
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL,
			g_strdup("dbus-run-session -- \"$SHELL\""),
			_("there is none: the agent can't be asked, and shows no notifications"));
}

/* ---- the agent ---- */

/* One that has this queue, whatever bus it is on; one with another sends nothing of what is here.
 */
static gboolean
agent_rings(RpDoctor *doctor)
{
	return doctor->state_dir && rp_queue_dir_has_agent(doctor->state_dir);
}

static gboolean
waits_for_room(const RpDoctor *doctor)
{
	return doctor->state_dir && rp_succession_waits_for_room(doctor->state_dir);
}

static gboolean
has_user_systemd(const RpDoctor *doctor)
{
	return rp_doctor_has_systemd() &&
	       rp_doctor_has_name(doctor->session, "org.freedesktop.systemd1");
}

static char *
start_command(const RpDoctor *doctor)
{
	g_autofree char *program = rp_doctor_program("roampostd", "agent");
	g_autofree char *quoted = rp_doctor_quote(program);

	return has_user_systemd(doctor)
		       ? g_strdup("systemctl --user enable --now roampost")
		       : g_strconcat("setsid -f ", quoted, " >/dev/null 2>&1", NULL);
}

/* Of two on one bus the second ends. */
static char *
start_apart_command(void)
{
	g_autofree char *program = rp_doctor_program("roampostd", "agent");
	g_autofree char *quoted = rp_doctor_quote(program);

	return g_strconcat("setsid -f dbus-run-session -- ", quoted, " >/dev/null 2>&1", NULL);
}

/* One that is started here takes the queue over from most (roampost/succession.h); of the others,
 * who were put on another bus on purpose or are of an older version, the lock names the process. */
static char *
take_over_command(const RpDoctor *doctor)
{
	g_autofree char *start = start_command(doctor);
	g_autofree char *lock = g_build_filename(doctor->state_dir, "agent.lock", NULL);
	g_autofree char *quoted = rp_doctor_quote(lock);
	g_autoptr(RpSuccession) succession = rp_succession_open(doctor->state_dir, FALSE);

	if (succession && rp_succession_would_yield(succession, has_user_systemd(doctor)))
		return g_steal_pointer(&start);
	return g_strdup_printf("kill $(cat %s) && flock %s true && %s", quoted, quoted, start);
}

static void
tell_of_agent_elsewhere(RpDoctor *doctor)
{
	if (doctor->session)
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, take_over_command(doctor),
			_("it runs and sends, but is not on this session's bus: nothing here can "
			  "ask it"));
	else
		rp_doctor_good(doctor,
			_("it runs and sends; without a session bus nothing more is known of it"));
}

/* What has just been written is taken within this. */
#define TAKING_MS 1000

/* A sound configuration that the agent does without. NULL: there is none. */
static char *
what_is_not_taken(const RpDoctor *doctor)
{
	char *why = doctor->config ? rp_doctor_agent_config_problem() : NULL;

	if (!why)
		return NULL;
	g_free(why);
	g_usleep(TAKING_MS * 1000);
	return rp_doctor_agent_config_problem();
}

static char *
reload_command(const RpDoctor *doctor)
{
	return g_strdup(has_user_systemd(doctor) ? "systemctl --user reload roampost"
						 : "busctl --user call " RP_BUS_NAME " " RP_BUS_PATH
						   " " RP_BUS_INTERFACE " Reload");
}

static void
tell_of_one_that_runs(RpDoctor *doctor)
{
	g_autofree char *why = what_is_not_taken(doctor);
	g_autofree char *shown = why ? rp_words_shown(why) : NULL;

	if (why)
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, reload_command(doctor),
			_("it runs, and has not taken the configuration as it stands: %s"), shown);
	else
		rp_doctor_good(doctor, _("it runs"));
}

void
rp_doctor_look_at_agent(RpDoctor *doctor)
{
	gboolean on_bus = rp_doctor_has_name(doctor->session, RP_BUS_NAME);
	g_autofree char *version = on_bus ? rp_doctor_property(doctor->session, RP_BUS_NAME,
						    RP_BUS_PATH, RP_BUS_INTERFACE, "Version")
					  : NULL;

	if (!on_bus && needs_none(doctor))
		return;
	if (!on_bus && !agent_rings(doctor) && waits_for_room(doctor))
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, NULL,
			_("it waits until the queue's disk has room, or can be written; then it "
			  "goes on by itself, within 15 s"));
	else if (!on_bus && !agent_rings(doctor))
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, start_command(doctor),
			_("none runs: nothing is sent"));
	else if (!agent_rings(doctor))
		rp_doctor_find(doctor, RP_HEALTH_BAD, NULL, start_apart_command(),
			_("the one on this session's bus has another queue than %s: mail that is "
			  "taken here waits"),
			doctor->state_dir ? doctor->state_dir : "?");
	else if (!on_bus)
		tell_of_agent_elsewhere(doctor);
	else if (version && strcmp(version, RP_VERSION) != 0)
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL,
			g_strdup("systemctl --user restart roampost"),
			_("the one that runs is of version %s, this is %s"), version, RP_VERSION);
	else
		tell_of_one_that_runs(doctor);
}

/* ---- what starts it, and what ends it ---- */

static gboolean
exists(const char *dir, const char *name)
{
	g_autofree char *path = g_build_filename(dir, name, NULL);

	return g_file_test(path, G_FILE_TEST_EXISTS) || g_file_test(path, G_FILE_TEST_IS_SYMLINK);
}

static gboolean
is_enabled(void)
{
	static const char *const wants[] = {"systemd/user/default.target.wants/roampost.service",
		"systemd/user/graphical-session.target.wants/roampost.service"};

	for (gsize i = 0; i < G_N_ELEMENTS(wants); i++)
		if (exists(g_get_user_config_dir(), wants[i]) || exists("/etc", wants[i]))
			return TRUE;
	return FALSE;
}

/* Where the file that is installed is not there, one is written that says what counts of it. */
static char *
autostart_command(const char *name)
{
	static const char installed[] = RP_SYSCONF_DIR "/xdg/autostart/roampost.desktop";
	g_autofree char *from = rp_doctor_quote(installed);
	g_autofree char *program = rp_doctor_program("roampostd", "agent");
	g_autofree char *file = g_strconcat("\"${XDG_CONFIG_HOME:-$HOME/.config}\"/", name, NULL);
	g_autofree char *lines = g_strdup_printf(
		"[Desktop Entry]\\nType=Application\\nName=roampost\\nExec=%s --autostart\\n",
		program);
	g_autofree char *quoted = g_shell_quote(lines);

	if (g_file_test(installed, G_FILE_TEST_EXISTS))
		return g_strdup_printf("install -D -m 644 %s %s", from, file);
	return g_strdup_printf("printf %s | install -D -m 644 /dev/stdin %s", quoted, file);
}

void
rp_doctor_look_at_start(RpDoctor *doctor)
{
	static const char autostart[] = "autostart/roampost.desktop";

	if (needs_none(doctor))
		return;
	if (rp_doctor_has_systemd() && is_enabled()) {
		rp_doctor_good(doctor, _("systemd starts the agent with the session"));
	} else if (rp_doctor_has_systemd()) {
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL,
			g_strdup("systemctl --user enable roampost"),
			_("nothing starts the agent after the next log-in"));
	} else if (exists(g_get_user_config_dir(), autostart) || exists("/etc/xdg", autostart)) {
		rp_doctor_good(doctor, _("the desktop starts the agent with the session"));
	} else {
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, autostart_command(autostart),
			_("nothing starts the agent after the next log-in"));
	}
}

void
rp_doctor_look_at_linger(RpDoctor *doctor)
{
	g_autofree char *name = rp_account_name();
	gboolean remote =
		!g_getenv("DISPLAY") && !g_getenv("WAYLAND_DISPLAY") && g_getenv("SSH_CONNECTION");

	if (needs_none(doctor))
		return;
	if (!rp_doctor_has_systemd())
		rp_doctor_good(doctor, _("there is no systemd that would end the agent"));
	else if (name && exists("/var/lib/systemd/linger", name))
		rp_doctor_good(doctor, _("the agent goes on after you log out"));
	else if (remote || geteuid() < 1000)
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, g_strdup("loginctl enable-linger"),
			_("the agent ends when you log out: what waits then, and what cron "
			  "sends, goes at the next log-in"));
	else
		rp_doctor_good(
			doctor, _("the agent ends when you log out; what waits then goes at the "
				  "next log-in (loginctl enable-linger: it goes on)"));
}
