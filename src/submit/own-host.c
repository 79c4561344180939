/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "own-host.h"

#include <string.h>
#include "roampost/address.h"

/* Which domains mean this machine, by its name and by its file of hosts. */

static gboolean
is_same(const char *a, const char *b)
{
	return g_ascii_strcasecmp(a, b) == 0;
}

static gboolean
is_loopback(const char *text)
{
	RpAddress address;

	return rp_address_parse(text, &address) && rp_address_is_loopback(&address);
}

/* A line of hosts(5): an address, names, maybe a comment. */
static gboolean
line_has(char *line, const char *domain)
{
	char *state = NULL;

	line[strcspn(line, "#\r")] = '\0';
	const char *word = strtok_r(line, " \t", &state);
	if (!word || !is_loopback(word))
		return FALSE;
	while ((word = strtok_r(NULL, " \t", &state)))
		if (is_same(word, domain))
			return TRUE;
	return FALSE;
}

static gboolean
is_in_hosts(const char *hosts, const char *domain)
{
	/* Most domains don't occur in it, and some systems' block whole lists of others. */
	if (!hosts || !strcasestr(hosts, domain))
		return FALSE;
	while (*hosts) {
		gsize size = strcspn(hosts, "\n");
		g_autofree char *line = g_strndup(hosts, size);

		if (line_has(line, domain))
			return TRUE;
		hosts += size + (hosts[size] == '\n');
	}
	return FALSE;
}

gboolean
rp_own_host_is(const char *domain, const char *node, const char *hosts)
{
	g_autofree char *name = g_strndup(node, strcspn(node, "."));

	return is_same(domain, "localhost") || is_same(domain, "localhost.localdomain") ||
	       (*name && is_same(domain, name)) || is_in_hosts(hosts, domain);
}
