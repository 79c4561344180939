/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/mailbox.h"

#include <stdio.h>
#include <string.h>

/* Reads address lists from standard input, one a line in base64, and says what the core reads in
 * each:
 * "+" and the addresses in base64, or "-" and why it can't be read. */

static void
answer(const char *line)
{
	g_autoptr(GError) error = NULL;
	gsize length;
	g_autofree char *list = (char *)g_base64_decode(line, &length);
	/* Without a NUL behind it, so that reading past the end is seen. */
	g_autofree char *exact = g_memdup2(list, length);
	g_auto(GStrv) addresses = rp_mailbox_list_read(exact ? exact : "", (gssize)length, &error);

	printf("%s", addresses ? "+" : "- ");
	for (char **address = addresses; address && *address; address++) {
		g_autofree char *text = g_base64_encode((const guchar *)*address, strlen(*address));
		printf(" %s", text);
	}
	printf("%s\n", error ? error->message : "");
}

int
main(void)
{
	g_autofree char *line = NULL;
	size_t size = 0;

	for (ssize_t n; (n = getline(&line, &size, stdin)) >= 0;) {
		line[strcspn(line, "\n")] = '\0';
		answer(line);
		fflush(stdout);
	}
	return 0;
}
