/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/config-edit.h"

/* Files before and after a change, and the difference that is shown of it. */

#define SET "server-set odn"

typedef struct {
	const char *what, *before;
	const char *key, *value; /* key NULL: the group is taken out */
	const char *after, *difference;
} Row;

static const Row rows[] = {
	{"into an empty file", "", "smtp", "smtps://a", "[server-set odn]\nsmtp=smtps://a\n",
		"+[server-set odn]\n+smtp=smtps://a\n"},
	{"a new group at the end", "[agent]\nnotify=no\n", "smtp", "x",
		"[agent]\nnotify=no\n\n[server-set odn]\nsmtp=x\n",
		"+\n+[server-set odn]\n+smtp=x\n"},
	{"behind a blank line there is none more", "[agent]\nnotify=no\n\n", "smtp", "x",
		"[agent]\nnotify=no\n\n[server-set odn]\nsmtp=x\n", "+[server-set odn]\n+smtp=x\n"},
	{"without a line end at the end", "[agent]\nnotify=no", "smtp", "x",
		"[agent]\nnotify=no\n\n[server-set odn]\nsmtp=x\n",
		"+\n+[server-set odn]\n+smtp=x\n"},
	{"in the place of the old one", "[server-set odn]\n# why\nsmtp = a\n\n# of b\n[b]\n",
		"smtp", "x", "[server-set odn]\n# why\nsmtp=x\n\n# of b\n[b]\n",
		" [server-set odn]\n-smtp = a\n+smtp=x\n"},
	{"the same is no change", "[server-set odn]\nsmtp =  x\n", "smtp", "x",
		"[server-set odn]\nsmtp =  x\n", ""},
	{"behind the last key, before what stands above the next group",
		"[server-set odn]\nsmtp=a\n\n# of b\n[b]\n", "pop", "x",
		"[server-set odn]\nsmtp=a\npop=x\n\n# of b\n[b]\n", " [server-set odn]\n+pop=x\n"},
	{"of a group that is there twice the last one counts",
		"[server-set odn]\nsmtp=a\n[b]\n[server-set  odn]\nsmtp=b\n", "smtp", "x",
		"[server-set odn]\nsmtp=a\n[b]\n[server-set  odn]\nsmtp=x\n",
		" [server-set odn]\n-smtp=b\n+smtp=x\n"},
	{"not a comment, nor another group's", "[server-set odn]\n#smtp=a\n[b]\nsmtp=b\n", "smtp",
		"x", "[server-set odn]\nsmtp=x\n#smtp=a\n[b]\nsmtp=b\n",
		" [server-set odn]\n+smtp=x\n"},
	{"taken out", "[server-set odn]\nsmtp=a\nsmtp=b\npop=c\n", "smtp", NULL,
		"[server-set odn]\npop=c\n", " [server-set odn]\n-smtp=a\n-smtp=b\n"},
	{"taken out where it is not", "[server-set odn]\npop=c\n", "smtp", NULL,
		"[server-set odn]\npop=c\n", ""},
	{"a password is not shown", "[server-set odn]\nsmtp-password=old\n", "smtp-password", "new",
		"[server-set odn]\nsmtp-password=new\n",
		" [server-set odn]\n+smtp-password=**** (another one than before)\n"},
	{"the command of one is", "[server-set odn]\n", "smtp-password-command", "pass odn",
		"[server-set odn]\nsmtp-password-command=pass odn\n",
		" [server-set odn]\n+smtp-password-command=pass odn\n"},
	{"the group, with the comment above it",
		"[a]\nx=1\n\n# of odn\n[server-set odn]\n# in it\nsmtp=a\n\n# of b\n[b]\n", NULL,
		NULL, "[a]\nx=1\n\n# of b\n[b]\n",
		"-# of odn\n-[server-set odn]\n-# in it\n-smtp=a\n-\n"},
	{"the group, at the end", "[a]\nx=1\n\n[server-set odn]\nsmtp=a\n# more\n", NULL, NULL,
		"[a]\nx=1\n\n", "-[server-set odn]\n-smtp=a\n-# more\n"},
	{"the group, and what belongs to the next one stays",
		"[server-set odn]\nsmtp=a\n# of b\n[b]\ny=1\n", NULL, NULL, "# of b\n[b]\ny=1\n",
		"-[server-set odn]\n-smtp=a\n"},
	{"a group that is there twice", "[server-set odn]\na=1\n[b]\ny=1\n[server-set odn]\nb=1\n",
		NULL, NULL, "[b]\ny=1\n", "-[server-set odn]\n-a=1\n-[server-set odn]\n-b=1\n"},
};

static void
check_row(const Row *row)
{
	g_autoptr(RpConfigEdit) edit = rp_config_edit_new(row->before);

	g_test_message("%s", row->what);
	if (row->key)
		rp_config_edit_set(edit, SET, row->key, row->value);
	else
		rp_config_edit_remove_group(edit, SET);
	g_autofree char *after = rp_config_edit_text(edit);
	g_autofree char *difference = rp_config_edit_difference(edit);
	g_assert_cmpstr(after, ==, row->after);
	g_assert_cmpstr(difference, ==, row->difference);
	g_assert_cmpint(rp_config_edit_is_changed(edit), ==, *row->difference != '\0');
	g_assert_cmpint(rp_config_edit_has_group(edit, SET), ==, row->key != NULL);
	if (row->key)
		g_assert_cmpstr(rp_config_edit_get(edit, SET, row->key), ==, row->value);
}

static void
test_rows(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		check_row(&rows[i]);
}

/* What was taken out and is put in again is no change, and no other password. */
static void
test_back_again(void)
{
	static const struct {
		const char *password, *difference;
	} typed[] = {
		{"x y", ""},
		{"z", " [server-set odn]\n+smtp-password=**** (another one than before)\n"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(typed); i++) {
		g_autoptr(RpConfigEdit) edit =
			rp_config_edit_new("[server-set odn]\nsmtp-password=x y\n");

		rp_config_edit_set(edit, "server-set odn", "smtp-password", NULL);
		rp_config_edit_set(edit, "server-set odn", "smtp-password-from", "secret-service");
		rp_config_edit_set(edit, "server-set odn", "smtp-password-from", NULL);
		rp_config_edit_set(edit, "server-set odn", "smtp-password", typed[i].password);
		g_autofree char *difference = rp_config_edit_difference(edit);
		g_assert_cmpstr(difference, ==, typed[i].difference);
	}
}

/* Several changes one after the other are one difference. */
static void
test_sequence(void)
{
	g_autoptr(RpConfigEdit) edit = rp_config_edit_new("[server-set odn]\nsmtp=a\n");

	rp_config_edit_set(edit, SET, "smtp", "b");
	rp_config_edit_set(edit, SET, "smtp", "c");
	rp_config_edit_set(edit, SET, "pop", "d");
	rp_config_edit_set(edit, SET, "pop", NULL);
	g_autofree char *difference = rp_config_edit_difference(edit);
	g_assert_cmpstr(difference, ==, " [server-set odn]\n-smtp=a\n+smtp=c\n");
}

/* As they are after the changes. */
static void
test_groups(void)
{
	g_autoptr(RpConfigEdit) edit = rp_config_edit_new(
		"[agent]\n[server-set b]\nx=1\n[server-set a]\n[server-set  b]\n");

	rp_config_edit_set(edit, "server-set c", "x", "1");
	rp_config_edit_remove_group(edit, "server-set a");
	g_auto(GStrv) groups = rp_config_edit_groups(edit, "server-set ");
	g_autofree char *all = g_strjoinv(",", groups);
	g_assert_cmpstr(all, ==, "server-set b,server-set c");
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/setup/config-edit/rows", test_rows);
	g_test_add_func("/setup/config-edit/sequence", test_sequence);
	g_test_add_func("/setup/config-edit/back-again", test_back_again);
	g_test_add_func("/setup/config-edit/groups", test_groups);
	return g_test_run();
}
