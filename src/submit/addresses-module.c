/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gmime/gmime.h>

/* Address lists by GMime, in a module of its own since loading GMime takes longer than handing over
 * a message. */

G_MODULE_EXPORT char **rp_module_parse_list(const char *list);

static void
collect(InternetAddressList *list, GPtrArray *into)
{
	for (int i = 0; i < internet_address_list_length(list); i++) {
		InternetAddress *one = internet_address_list_get_address(list, i);
		const char *address = NULL;

		if (INTERNET_ADDRESS_IS_GROUP(one))
			collect(internet_address_group_get_members(INTERNET_ADDRESS_GROUP(one)),
				into);
		else if (INTERNET_ADDRESS_IS_MAILBOX(one))
			/* The other getter turns A-labels into text. */
			address = internet_address_mailbox_get_idn_addr(
				INTERNET_ADDRESS_MAILBOX(one));
		if (address)
			g_ptr_array_add(into, g_strdup(address));
	}
}

char **
rp_module_parse_list(const char *list)
{
	GPtrArray *addresses = g_ptr_array_new();

	g_mime_init();
	InternetAddressList *parsed = internet_address_list_parse(NULL, list);
	if (parsed) {
		collect(parsed, addresses);
		g_object_unref(parsed);
	}
	g_ptr_array_add(addresses, NULL);
	return (char **)g_ptr_array_free(addresses, FALSE);
}
