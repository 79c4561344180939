/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "messages.h"
#include "setup.h"

#include "roampost/language.h"
#include "roampost/submit.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A mail to oneself: the whole way, from handing over to the server's word. */

static int
make_message(const char *address)
{
	const char *words = _("roampost works");
	/* RFC 2047; short enough for one word. */
	g_autofree char *base64 = g_base64_encode((const guchar *)words, strlen(words));
	g_autofree char *subject =
		g_str_is_ascii(words) ? g_strdup(words) : g_strdup_printf("=?UTF-8?B?%s?=", base64);
	g_autofree char *text = g_strdup_printf("From: <%s>\n"
						"To: <%s>\n"
						"Subject: %s\n"
						"MIME-Version: 1.0\n"
						"Content-Type: text/plain; charset=UTF-8\n"
						"Content-Transfer-Encoding: 8bit\n"
						"\n"
						"%s\n",
		address, address, subject,
		_("This mail went the way that all of yours will go now."));
	g_auto(RpFd) fd = memfd_create("roampost-test-mail", MFD_CLOEXEC);

	if (fd < 0 || !rp_write_all(fd, text, strlen(text)) || lseek(fd, 0, SEEK_SET) != 0)
		return -1;
	return rp_fd_steal(&fd);
}

static gboolean
hand_over(RpCli *cli, const char *address, char id[RP_MESSAGE_ID_SIZE])
{
	const char *const recipients[] = {address, NULL};
	const RpSubmitRequest request = {.sender = address, .recipients = recipients};
	g_auto(RpFd) fd = make_message(address);
	g_autoptr(GError) error = NULL;
	RpMessageId number = 0;

	if (fd < 0) {
		rp_cli_fail(cli, _("a test mail can't be made: %s"), rp_text_errno(errno));
		return FALSE;
	}
	if (!rp_submit_fd(&request, fd, &number, &error)) {
		rp_cli_fail_error(cli, error);
		return FALSE;
	}
	rp_message_id_format(number, id);
	return TRUE;
}

/* The login that was tried here has opened a server that goes by POP logins. The agent knows
 * nothing of it, and would learn that it takes mail without: it makes one itself. */
static void
have_logged_in(RpCli *cli, RpBusClient *client, RpCliWait *wait, char *set)
{
	char *sets[] = {set, NULL};

	if (set)
		rp_cli_check_sets(cli, client, wait, sets);
}

gboolean
rp_setup_test_mail(RpCli *cli, const char *address, char *pop_set)
{
	char id[RP_MESSAGE_ID_SIZE];
	char *ids[] = {id, NULL};
	guint n_left = 0;
	g_auto(RpCliWait) wait;

	rp_cli_wait_init(&wait);
	g_autoptr(RpBusClient) client = rp_bus_client_new(NULL);
	if (!client) { /* the mail goes as any other, but nobody tells how that went */
		if (!hand_over(cli, address, id))
			return FALSE;
		rp_cli_note(cli,
			_("the test mail is in the queue as %1$s; there is no session bus to hear "
			  "by what becomes of it: “roampost show %1$s” says it"),
			id);
		return TRUE;
	}
	rp_bus_client_subscribe(client);
	have_logged_in(cli, client, &wait, pop_set);
	if (!hand_over(cli, address, id) || !rp_cli_agent_flush_new(cli, client, ids) ||
		!rp_cli_wait(cli, client, &wait, rp_cli_all_done, ids) ||
		!rp_cli_print_left(cli, ids, &n_left))
		return FALSE;
	return n_left == 0 && wait.n_failed == 0;
}
