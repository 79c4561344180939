/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-desktop"

#include "menu-private.h"

/* Which number stands for which item. An item has its number for as long as the menu is there, by
 * its key: a menu that is open while it changes does what it says. */

gint32
rp_menu_number_of(RpMenuObject *menu, const RpMenuItem *item)
{
	gpointer number;

	if (item == *menu->menu)
		return RP_MENU_ROOT;
	number = g_hash_table_lookup(menu->numbers, item->key);
	if (number == NULL) {
		number = GINT_TO_POINTER((gint)g_hash_table_size(menu->numbers) + 1);
		g_hash_table_insert(menu->numbers, g_strdup(item->key), number);
	}
	return GPOINTER_TO_INT(number);
}

static const RpMenuItem *
find_below(RpMenuObject *menu, const RpMenuItem *item, gint32 number)
{
	if (item == NULL || rp_menu_number_of(menu, item) == number)
		return item;
	for (guint i = 0; i < item->items->len; i++) {
		const RpMenuItem *found = find_below(menu, item->items->pdata[i], number);

		if (found != NULL)
			return found;
	}
	return NULL;
}

const RpMenuItem *
rp_menu_find(RpMenuObject *menu, gint32 number)
{
	return find_below(menu, *menu->menu, number);
}
