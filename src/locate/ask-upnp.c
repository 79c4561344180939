/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "locate-private.h"

#include <gio/gio.h>
#include <miniupnpc/miniupnpc.h>
#include <miniupnpc/upnpcommands.h>
#include <string.h>

/* The own gateway by UPnP (InternetGatewayDevice). miniupnpc blocks, so it works in a thread, which
 * is left alone when its time is over. Anybody on the link may answer a search, with any URL: only
 * those of the gateway itself are followed. */

enum { MOST_MS = 2000, SEARCH_MS = 1000, HOPS = 2 };

typedef struct {
	RpAsk *ask;
	GCancellable *cancellable;
	guint timeout;
} Upnp;

/* What the thread knows. */
typedef struct {
	char *source;  /* our address on the link */
	char *gateway; /* "http://ADDRESS" */
} Search;

static void
search_free(gpointer data)
{
	Search *search = data;

	g_free(search->source);
	g_free(search->gateway);
	g_free(search);
}

static gboolean
is_of_gateway(const Search *search, const char *url)
{
	gsize length = strlen(search->gateway);

	return url && strncmp(url, search->gateway, length) == 0 &&
	       (url[length] == ':' || url[length] == '/');
}

/* One that has no line says nothing, or 0.0.0.0, or whatever lay in its memory. */
static gboolean
is_told(const char *text)
{
	static const RpAddress unspecified = {.family = RP_FAMILY_IPV4};
	RpAddress address;

	return rp_address_parse(text, &address) && !rp_address_equal(&address, &unspecified);
}

/* NULL: the service does not tell. */
static char *
ask_service(const Search *search, const struct UPNPUrls *urls, const struct IGDdatas *data)
{
	char address[64] = "";

	if (!is_of_gateway(search, urls->controlURL) ||
		UPNP_GetExternalIPAddress(urls->controlURL, data->first.servicetype, address) !=
			UPNPCOMMAND_SUCCESS)
		return NULL;
	return is_told(address) ? g_strdup(address) : NULL;
}

/* NULL: it is no gateway, or does not tell. Many have a service for IP and one for PPP, of which
 * one has the line: miniupnpc has read both, and takes the first. */
static char *
ask_device(const Search *search, const char *description)
{
	struct UPNPUrls urls = {0};
	struct IGDdatas data = {0};
	char local[64] = "";
	char *told;

	if (!is_of_gateway(search, description) ||
		UPNP_GetIGDFromUrl(description, &urls, &data, local, sizeof local) != 1)
		return NULL;
	told = ask_service(search, &urls, &data);
	if (!told && *data.second.servicetype) {
		data.first = data.second;
		FreeUPNPUrls(&urls);
		GetUPNPUrls(&urls, &data, description, 0);
		told = ask_service(search, &urls, &data);
	}
	FreeUPNPUrls(&urls);
	return told;
}

static void
in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	const Search *search = data;
	int error = 0;
	char *address = NULL;
	struct UPNPDev *devices =
		upnpDiscover(SEARCH_MS, search->source, NULL, UPNP_LOCAL_PORT_ANY, 0, HOPS, &error);

	for (struct UPNPDev *device = devices; device && !address; device = device->pNext)
		address = ask_device(search, device->descURL);
	freeUPNPDevlist(devices);
	g_task_return_pointer(task, address, g_free);
}

static void
on_found(GObject *object, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = g_task_propagate_pointer(G_TASK(result), &error);
	RpAddress address = {.family = RP_FAMILY_ANY};

	if (error) /* nobody waits any more */
		return;
	if (text && !rp_address_parse(text, &address))
		address.family = RP_FAMILY_ANY;
	rp_ask_answer(((Upnp *)user)->ask, &address,
		address.family == RP_FAMILY_ANY ? "the gateway does not tell by UPnP" : NULL);
}

static gboolean
on_timeout(gpointer user)
{
	Upnp *upnp = user;

	upnp->timeout = 0;
	rp_ask_answer(upnp->ask, NULL, "the gateway does not tell by UPnP");
	return G_SOURCE_REMOVE;
}

static void
upnp_free(gpointer kept)
{
	Upnp *upnp = kept;

	g_cancellable_cancel(upnp->cancellable);
	g_object_unref(upnp->cancellable);
	g_clear_handle_id(&upnp->timeout, g_source_remove);
	g_free(upnp);
}

static gpointer
start(RpAsk *ask, const char *way)
{
	RpAddress source = rp_link_source(ask->link, RP_FAMILY_IPV4, NULL);
	g_autoptr(GTask) task = NULL;
	g_autofree char *gateway = NULL;
	Search *search;
	Upnp *upnp;

	if (ask->link->gateway.family != RP_FAMILY_IPV4 || source.family != RP_FAMILY_IPV4)
		return NULL;
	gateway = rp_address_format(&ask->link->gateway);
	search = g_new0(Search, 1);
	search->source = rp_address_format(&source);
	search->gateway = g_strconcat("http://", gateway, NULL);
	upnp = g_new0(Upnp, 1);
	upnp->ask = ask;
	upnp->cancellable = g_cancellable_new();
	upnp->timeout = g_timeout_add(MOST_MS, on_timeout, upnp);
	task = g_task_new(NULL, upnp->cancellable, on_found, upnp);
	g_task_set_task_data(task, search, search_free);
	g_task_set_return_on_cancel(task, TRUE);
	g_task_run_in_thread(task, in_thread);
	return upnp;
}

const RpAskWay rp_ask_upnp = {start, upnp_free};
