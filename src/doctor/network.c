/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "doctor-private.h"

#include "roampost/language.h"
#include "roampost/link.h"
#include "roampost/queue-records.h"

#include <string.h>

/* Where we are, as the agent would work it out, and who tells it. */

/* A network counts 1 s after the start at the latest, 5 s where NetworkManager checks. */
#define LOOK_SECONDS 7

typedef struct {
	GMainLoop *loop;
	RpNetwork *network;
} Look;

static void
on_network(const RpNetwork *network, gpointer user)
{
	Look *look = user;

	g_clear_pointer(&look->network, rp_network_free);
	look->network = rp_network_copy(network);
	g_main_loop_quit(look->loop);
}

static gboolean
on_late(gpointer user)
{
	g_main_loop_quit(((Look *)user)->loop);
	return G_SOURCE_REMOVE;
}

static RpNetwork *
look_around(void)
{
	Look look = {g_main_loop_new(NULL, FALSE), NULL};
	g_autoptr(RpLinkMonitor) monitor = rp_link_monitor_new_default(on_network, &look);
	guint late = g_timeout_add_seconds(LOOK_SECONDS, on_late, &look);

	rp_link_monitor_start(monitor);
	g_main_loop_run(look.loop);
	if (look.network)
		g_source_remove(late);
	g_main_loop_unref(look.loop);
	return look.network;
}

/* ---- NetworkManager ---- */

#define MANAGER "org.freedesktop.NetworkManager"
#define MANAGER_PATH "/org/freedesktop/NetworkManager"

static gboolean
is_true(RpDoctor *doctor, const char *property)
{
	g_autofree char *value =
		rp_doctor_property(doctor->system, MANAGER, MANAGER_PATH, MANAGER, property);

	return g_strcmp0(value, "true") == 0;
}

/* Evidence that only NetworkManager has. */
static const char *
needs_manager(const RpConfig *config)
{
	const RpCatalogue *catalogue = config ? rp_config_catalogue(config) : NULL;

	for (guint i = 0; catalogue && i < rp_catalogue_n_providers(catalogue); i++) {
		const RpProvider *provider = rp_catalogue_provider(catalogue, i);
		if (provider->nm_connections[0] || provider->ssids[0])
			return provider->title;
	}
	return NULL;
}

void
rp_doctor_look_at_manager(RpDoctor *doctor)
{
	const char *provider = needs_manager(doctor->config);
	const char *enable = "busctl set-property " MANAGER " " MANAGER_PATH " " MANAGER
			     " ConnectivityCheckEnabled b true";

	if (!rp_doctor_has_name(doctor->system, MANAGER) && provider)
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL,
			rp_doctor_as_root(rp_doctor_has_systemd()
						  ? "systemctl enable --now NetworkManager"
						  : "NetworkManager"),
			_("it does not run: that one is inside %s by its connections can't be "
			  "seen"),
			provider);
	else if (!rp_doctor_has_name(doctor->system, MANAGER))
		rp_doctor_good(doctor, _("it does not run; the kernel tells of the links"));
	else if (!is_true(doctor, "ConnectivityCheckAvailable"))
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL,
			rp_doctor_as_root(
				"apt-get install network-manager-config-connectivity-debian"),
			_("it has no page to check connectivity by: the portals of hotels are "
			  "noticed late"));
	else if (!is_true(doctor, "ConnectivityCheckEnabled"))
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, rp_doctor_as_root(enable),
			_("its connectivity check is off: the portals of hotels are noticed late"));
	else
		rp_doctor_good(doctor, _("it runs, and checks connectivity"));
}

/* ---- the place ---- */

static gboolean
is_private(const RpNetwork *network)
{
	for (guint i = 0; i < network->links->len; i++) {
		const RpLink *link = network->links->pdata[i];
		for (guint n = 0; n < link->addresses->len; n++)
			if (rp_address_is_global(&g_array_index(link->addresses, RpAddress, n)))
				return FALSE;
	}
	return network->links->len > 0;
}

/* A set whose server wants us inside a provider that is known by addresses alone. */
static const RpServerSet *
set_that_needs_address(const RpConfig *config)
{
	const RpCatalogue *catalogue = rp_config_catalogue(config);

	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++) {
		gint provider = rp_catalogue_set_provider(catalogue, i);
		if (provider >= 0 &&
			rp_catalogue_provider(catalogue, (guint)provider)->prefixes->len > 0)
			return rp_catalogue_set(catalogue, i);
	}
	return NULL;
}

static const char *
portal_link(const RpNetwork *network)
{
	for (guint i = 0; i < network->links->len; i++) {
		const RpLink *link = network->links->pdata[i];
		if (link->connectivity == RP_CONNECTIVITY_PORTAL)
			return link->interface;
	}
	return NULL;
}

static char *
inside_words(const RpDoctor *doctor)
{
	const RpCatalogue *catalogue = rp_config_catalogue(doctor->config);
	g_autoptr(GString) words = g_string_new(NULL);

	for (guint i = 0; i < doctor->inside->len; i++) {
		guint provider = g_array_index(doctor->inside, guint, i);

		g_string_append_printf(words, "%s%s", i > 0 ? C_("list", ", ") : "",
			rp_catalogue_provider(catalogue, provider)->title);
	}
	return words->len > 0 ? g_strdup_printf(_("inside %s"), words->str)
			      : g_strdup(_("inside no provider that is configured"));
}

static const char *
provider_title(const RpDoctor *doctor, const RpServerSet *set)
{
	const RpCatalogue *catalogue = rp_config_catalogue(doctor->config);
	gint index = rp_catalogue_find_provider(catalogue, set->provider);

	return rp_catalogue_provider(catalogue, (guint)index)->title;
}

static void
tell_place(RpDoctor *doctor)
{
	g_autofree char *inside = inside_words(doctor);
	const RpServerSet *set = set_that_needs_address(doctor->config);
	gboolean asks = rp_config_agent(doctor->config)->public_address[0] != NULL;

	if (doctor->inside->len == 0 && set && is_private(doctor->network) && !asks)
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, g_strdup("roampost where"),
			_("there are private addresses only, and public-address= is off: whether "
			  "one "
			  "is inside %s, which server set %s wants, can't be known"),
			provider_title(doctor, set), set->name);
	else
		rp_doctor_good(doctor, "%s", inside);
}

/* Any page without TLS does where it is not known. */
static const char *
page_of_portal(const RpNetwork *network)
{
	return network->portal_page ? network->portal_page : "http://neverssl.com/";
}

static char *
open_portal(const RpNetwork *network)
{
	g_autofree char *page = rp_doctor_quote(page_of_portal(network));

	return g_strconcat("xdg-open ", page, NULL);
}

char *
rp_module_find_portal(void)
{
	g_autoptr(RpNetwork) network = look_around();

	return network && portal_link(network) ? g_strdup(page_of_portal(network)) : NULL;
}

/* What `roampost learn` was told counts here too. */
static GPtrArray *
load_learned(const RpDoctor *doctor)
{
	g_autoptr(RpQueue) queue =
		doctor->state_dir ? rp_queue_open(doctor->state_dir, RP_QUEUE_READER, NULL) : NULL;

	return queue ? rp_queue_load_learned(queue, NULL) : NULL;
}

gboolean
rp_doctor_is_inside(const RpDoctor *doctor, guint provider)
{
	for (guint i = 0; doctor->inside && i < doctor->inside->len; i++)
		if (g_array_index(doctor->inside, guint, i) == provider)
			return TRUE;
	return FALSE;
}

/* The agent knows more: the public address behind a NAT, whose addresses are in which AS. */
static void
add_what_agent_knows(RpDoctor *doctor)
{
	g_auto(GStrv) ids = rp_doctor_agent_inside();

	for (char **id = ids; id && *id; id++) {
		gint found = rp_catalogue_find_provider(rp_config_catalogue(doctor->config), *id);
		guint provider = (guint)found;

		if (found >= 0 && !rp_doctor_is_inside(doctor, provider))
			g_array_append_val(doctor->inside, provider);
	}
}

static void
find_place(RpDoctor *doctor)
{
	g_autoptr(GPtrArray) learned = load_learned(doctor);

	doctor->place = rp_place_new_learned(
		doctor->network, rp_config_catalogue(doctor->config), learned, NULL);
	doctor->inside = g_array_copy(doctor->place->shown);
	add_what_agent_knows(doctor);
}

/* What the agent has found out beside what the links tell counts: it may have been let through. */
void
rp_doctor_look_at_place(RpDoctor *doctor)
{
	doctor->network = look_around();
	const char *portal = doctor->network ? portal_link(doctor->network) : NULL;
	g_autofree char *state = rp_doctor_agent_place(doctor->session);

	doctor->shut = !doctor->network || doctor->network->links->len == 0 ||
		       (portal && g_strcmp0(state, "online") != 0);
	if (!doctor->network || doctor->network->links->len == 0) {
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, g_strdup("ip -brief address"),
			_("there is no network: mail waits for one"));
	} else if (portal && g_strcmp0(state, "online") != 0) {
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, open_portal(doctor->network),
			_("%s leads to a portal that wants a log-in: mail waits for it"), portal);
	} else if (g_strcmp0(state, "portal") == 0) {
		rp_doctor_find(doctor, RP_HEALTH_WARNING, NULL, open_portal(doctor->network),
			_("something else answers here for every mail server, as behind a portal "
			  "that wants a log-in: mail waits for it"));
	} else if (doctor->config) {
		find_place(doctor);
		tell_place(doctor);
	} else {
		rp_doctor_good(doctor, _("there is a network"));
	}
}
