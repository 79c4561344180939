/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include "roampost/tray.h"

/* What a panel shows: icon, text and menu, of what is so. */

#define CONFIG                                                                                     \
	"provider odn title=ODN net=203.0.113.0/24 nm=dial-up\n"                                   \
	"provider sonet title=So-net net=198.51.100.0/24\n"                                        \
	"set odn provider=odn ids=taro@odn.example relay=inside\n"                                 \
	"set sonet provider=sonet ids=taro@sonet.example relay=inside;pop-login pop=pop3://pop"

/* An item a line, deeper ones indented: "KEY|LABEL", "*" before what is chosen, "-" a line, "#"
 * what does nothing. */
static void
print_menu(GString *out, const RpMenuItem *menu, const char *indent)
{
	for (guint i = 0; i < menu->items->len; i++) {
		const RpMenuItem *item = menu->items->pdata[i];
		g_autofree char *deeper = g_strconcat(indent, " ", NULL);

		if (item->kind == RP_MENU_SEPARATOR) {
			g_string_append_printf(out, "%s-\n", indent);
			continue;
		}
		g_string_append_printf(out, "%s%s%s%s\n", indent, item->chosen ? "*" : "",
			item->kind == RP_MENU_TEXT ? "#" : "", item->label);
		g_assert_cmpint(item->action != NULL, ==,
			item->kind == RP_MENU_COMMAND || item->kind == RP_MENU_RADIO);
		print_menu(out, item, deeper);
	}
}

static void
assert_menu(const RpTrayState *state, const char *want)
{
	g_autoptr(RpTrayView) view = rp_tray_view_new(state);
	g_autoptr(RpTrayView) same = rp_tray_view_new(state);
	g_autoptr(GString) got = g_string_new(NULL);

	print_menu(got, view->menu, "");
	g_assert_cmpstr(got->str, ==, want);
	g_assert_true(rp_menu_equal(view->menu, same->menu));
}

static void
test_menu(void)
{
	static const char *const inside[] = {"sonet", NULL};
	static const char *const dialled[] = {"odn", NULL};
	static const RpTrayHeld held[] = {
		{"aa", "Lunch", "b@x.example", "It is outside.", FALSE},
		{"bb", NULL, "c@x.example", "On hold.", TRUE},
	};
	g_autoptr(RpCatalogue) catalogue = fx_catalogue(CONFIG);
	RpTrayState state = {.place = "Inside So-net",
		.catalogue = catalogue,
		.current_set = "sonet",
		.inside = inside};

	assert_menu(&state,
		"#Inside So-net\n-\n*Automatic (sonet)\nodn\nsonet\n-\nSend now\nPause sending\n"
		"Check mail with all accounts\nConnect to ODN\n");
	state.override = "odn";
	state.dialled = dialled;
	state.has_outbox = TRUE;
	state.held = held;
	state.n_listed = 2;
	state.n_held = 5;
	assert_menu(&state,
		"#Inside So-net\n-\nAutomatic (sonet)\n*odn\nsonet\n-\n"
		"Waiting mail (5)\n"
		" b@x.example: Lunch\n  #It is outside.\n  Try again\n  Send through\n   odn\n   "
		"sonet\n  Delete\n"
		" c@x.example\n  #On hold.\n  Release\n  Send through\n   odn\n   sonet\n  Delete\n"
		" #and 3 more\n"
		"Send now\nPause sending\nCheck mail with all accounts\nHang up\nShow outbox\n");
	state.trouble = "The disk is full.";
	state.is_paused = TRUE;
	state.n_listed = 0;
	assert_menu(&state,
		"#Inside So-net\n#The disk is full.\n-\nAutomatic (sonet)\n*odn\n"
		"sonet\n-\nSend now\nResume sending\nCheck mail with all accounts\nHang up\n"
		"Show outbox\n");
}

/* What is clicked while the menu changes is what was seen: each item has its own key. */
static void
count_keys(GHashTable *keys, const RpMenuItem *item)
{
	g_assert_true(g_hash_table_add(keys, item->key));
	for (guint i = 0; i < item->items->len; i++)
		count_keys(keys, item->items->pdata[i]);
}

static void
test_keys(void)
{
	static const RpTrayHeld held[] = {
		{"aa", "x", "b@x.example", "why", FALSE}, {"bb", "x", "b@x.example", "why", TRUE}};
	g_autoptr(RpCatalogue) catalogue = fx_catalogue(CONFIG);
	g_autoptr(GHashTable) keys = g_hash_table_new(g_str_hash, g_str_equal);
	const RpTrayState state = {
		.place = "x", .catalogue = catalogue, .held = held, .n_listed = 2, .n_held = 2};
	g_autoptr(RpTrayView) view = rp_tray_view_new(&state);

	count_keys(keys, view->menu);
}

static void
test_icon(void)
{
	static const struct {
		RpTrayState state;
		const char *icon, *text;
	} rows[] = {
		{{.current_set = "odn"}, "roampost-symbolic", "Server set: odn\nNothing waits"},
		{{.is_offline = TRUE}, "roampost-offline-symbolic",
			"No server set can send from here\nNothing waits"},
		{{.current_set = "odn", .is_sending = TRUE, .n_waiting = 3, .n_held = 1},
			"roampost-sending-symbolic",
			"Server set: odn\nTo be sent: 3, of them held: 1"},
		{{.override = "odn", .n_waiting = 2}, "roampost-symbolic",
			"Server set: odn, by your choice\nTo be sent: 2"},
		{{.current_set = "odn", .n_waiting = 1, .n_held = 1, .is_offline = TRUE},
			"roampost-waiting-symbolic",
			"Server set: odn\nTo be sent: 1, of them held: 1"},
		{{.current_set = "odn", .is_sending = TRUE, .trouble = "Full."},
			"roampost-trouble-symbolic", "Full.\nServer set: odn\nNothing waits"},
	};
	g_autoptr(RpCatalogue) catalogue = fx_catalogue(CONFIG);

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		RpTrayState state = rows[i].state;

		state.place = "Somewhere";
		state.catalogue = catalogue;
		g_autoptr(RpTrayView) view = rp_tray_view_new(&state);
		g_assert_cmpstr(rp_tray_icon_name(view->icon), ==, rows[i].icon);
		g_assert_cmpstr(view->text, ==, rows[i].text);
		g_assert_cmpstr(view->title, ==, "Somewhere");
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/tray/menu", test_menu);
	g_test_add_func("/tray/keys", test_keys);
	g_test_add_func("/tray/icon", test_icon);
	return g_test_run();
}
