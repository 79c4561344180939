/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-listen"
#include "listen-private.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>
#include "roampost/errand.h"
#include "roampost/module.h"

/* The agent's side of errands (errand.h): a roampost-sendmail for each, with what a system account
 * handed over. It reads whatever that account likes, for as long as it likes: so in a process of
 * its own, and only so many at a time of each account. */

#define BACKLOG 64
#define MAX_ERRANDS 64
#define MAX_OF_ONE 16

struct RpErrands {
	RpFd fd;
	guint source;
	char *program;
	GPtrArray *running; /* of Errand */
};

typedef struct {
	RpErrands *errands;
	RpFd fd;
	guint source;
	guint uid;
	GCancellable *cancellable;
	GSubprocess *program; /* NULL: what it is about has not come yet */
} Errand;

/* What has not come to its end is broken off: it may be killed at any moment, as any program that
 * hands over may. */
static void
errand_free(Errand *errand)
{
	g_clear_handle_id(&errand->source, g_source_remove);
	if (errand->program)
		g_subprocess_force_exit(errand->program);
	g_cancellable_cancel(errand->cancellable);
	g_object_unref(errand->cancellable);
	g_clear_object(&errand->program);
	rp_fd_clear(&errand->fd);
	g_free(errand);
}

static void
end(Errand *errand)
{
	g_ptr_array_remove_fast(errand->errands->running, errand);
}

/* ---- one errand ---- */

static void
on_ended(GObject *source, GAsyncResult *result, gpointer user)
{
	Errand *errand = user;
	GSubprocess *program = G_SUBPROCESS(source);

	if (!g_subprocess_wait_finish(program, result, NULL))
		return; /* cancelled: the errand is no more */
	if (g_subprocess_get_if_exited(program)) {
		guint8 status = (guint8)g_subprocess_get_exit_status(program);
		if (send(errand->fd, &status, sizeof status, MSG_NOSIGNAL) < 0)
			g_debug("an errand's end is not told: %s", g_strerror(errno));
	}
	end(errand);
}

typedef struct {
	char text[RP_ERRAND_MOST];
	gsize size;
	int fds[RP_ERRAND_FDS + 1]; /* alignment makes room for one more in what the kernel fills */
	guint n_fds;
} Packet;

static void
packet_free(Packet *packet)
{
	for (guint i = 0; i < packet->n_fds; i++)
		rp_fd_clear(&packet->fds[i]);
	g_free(packet);
}
G_DEFINE_AUTOPTR_CLEANUP_FUNC(Packet, packet_free)

static void
take_descriptors(Packet *packet, struct msghdr *message)
{
	for (struct cmsghdr *header = CMSG_FIRSTHDR(message); header;
		header = CMSG_NXTHDR(message, header)) {
		if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS)
			continue;
		packet->n_fds = (guint)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(packet->fds, CMSG_DATA(header), packet->n_fds * sizeof(int));
	}
}

/* NULL: nothing, or not what we asked for. What there is no room for the kernel keeps. */
static Packet *
receive(int fd)
{
	g_autoptr(Packet) packet = g_new0(Packet, 1);
	union {
		struct cmsghdr align;
		char octets[CMSG_SPACE(sizeof packet->fds)];
	} control = {0};
	struct iovec data = {.iov_base = packet->text, .iov_len = sizeof packet->text};
	struct msghdr message = {.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = control.octets,
		.msg_controllen = sizeof control.octets};
	ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);

	if (n < 0)
		return NULL;
	take_descriptors(packet, &message);
	packet->size = (gsize)n;
	if (n == 0 || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) ||
		packet->n_fds != RP_ERRAND_FDS || packet->text[n - 1] != '\0')
		return NULL;
	return g_steal_pointer(&packet);
}

/* The words are the packet's. */
static const char **
make_arguments(const RpErrands *errands, const Packet *packet)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();

	for (const char *word = packet->text; word < packet->text + packet->size;
		word += strlen(word) + 1)
		g_ptr_array_add(words, (char *)word);
	words->pdata[0] = errands->program;
	g_ptr_array_add(words, NULL);
	return (const char **)g_ptr_array_free(g_steal_pointer(&words), FALSE);
}

/* An agent that is killed says nothing of what is stored after it. */
static void
die_with_agent(gpointer user)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
}

static gboolean
begin(Errand *errand, Packet *packet)
{
	g_autoptr(GSubprocessLauncher) launcher =
		g_subprocess_launcher_new(G_SUBPROCESS_FLAGS_NONE);
	g_autofree const char **arguments = make_arguments(errand->errands, packet);
	g_autoptr(GError) error = NULL;

	g_subprocess_launcher_set_child_setup(launcher, die_with_agent, NULL, NULL);
	g_subprocess_launcher_setenv(launcher, RP_ERRAND_ENV, "1", TRUE);
	g_subprocess_launcher_take_stdin_fd(launcher, rp_fd_steal(&packet->fds[0]));
	g_subprocess_launcher_take_stdout_fd(launcher, rp_fd_steal(&packet->fds[1]));
	g_subprocess_launcher_take_stderr_fd(launcher, rp_fd_steal(&packet->fds[2]));
	errand->program = g_subprocess_launcher_spawnv(launcher, arguments, &error);
	if (!errand->program) {
		g_warning("mail of a system account is not taken: %s", error->message);
		return FALSE;
	}
	g_subprocess_wait_async(errand->program, errand->cancellable, on_ended, errand);
	return TRUE;
}

/* The one packet; after it nothing but the end can come. */
static gboolean
on_word(gint fd, GIOCondition condition, gpointer user)
{
	Errand *errand = user;
	g_autoptr(Packet) packet = errand->program ? NULL : receive(fd);

	if (packet && begin(errand, packet))
		return G_SOURCE_CONTINUE;
	errand->source = 0;
	end(errand);
	return G_SOURCE_REMOVE;
}

/* ---- who comes ---- */

static guint
count_of(const RpErrands *errands, guint uid)
{
	guint n = 0;

	for (guint i = 0; i < errands->running->len; i++)
		n += ((const Errand *)errands->running->pdata[i])->uid == uid;
	return n;
}

static gboolean
may_come(const RpErrands *errands, int fd, guint *uid)
{
	g_autoptr(GError) error = NULL;
	RpPeer peer = {0};

	if (!rp_peer_look(fd, &peer, &error) || !rp_account_is_system(peer.uid))
		return FALSE;
	*uid = peer.uid;
	return errands->running->len < MAX_ERRANDS && count_of(errands, peer.uid) < MAX_OF_ONE;
}

static gboolean
on_errand(gint fd, GIOCondition condition, gpointer user)
{
	RpErrands *errands = user;
	g_auto(RpFd) client = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	guint uid = 0;

	if (client < 0 || !may_come(errands, client, &uid))
		return G_SOURCE_CONTINUE;
	Errand *errand = g_new0(Errand, 1);
	*errand = (Errand){.errands = errands,
		.fd = rp_fd_steal(&client),
		.uid = uid,
		.cancellable = g_cancellable_new()};
	errand->source = g_unix_fd_add(errand->fd, G_IO_IN | G_IO_HUP, on_word, errand);
	g_ptr_array_add(errands->running, errand);
	return G_SOURCE_CONTINUE;
}

/* ---- life ---- */

static RpFd
listen_there(void)
{
	struct sockaddr_un address;
	socklen_t size = rp_errand_address(geteuid(), &address);
	g_auto(RpFd) fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd >= 0 && bind(fd, (struct sockaddr *)&address, size) == 0 && listen(fd, BACKLOG) == 0)
		return rp_fd_steal(&fd);
	g_warning("system accounts can't hand mail over to this agent: %s",
		errno == EADDRINUSE ? "another program has taken its place" : g_strerror(errno));
	return -1;
}

RpErrands *
rp_errands_new(void)
{
	g_autofree char *program = rp_module_program("roampost-sendmail", "submit");
	g_auto(RpFd) fd = program ? listen_there() : -1;

	if (fd < 0)
		return NULL;
	RpErrands *errands = g_new0(RpErrands, 1);
	errands->fd = rp_fd_steal(&fd);
	errands->program = g_steal_pointer(&program);
	errands->running = g_ptr_array_new_with_free_func((GDestroyNotify)errand_free);
	errands->source = g_unix_fd_add(errands->fd, G_IO_IN, on_errand, errands);
	return errands;
}

void
rp_errands_free(RpErrands *errands)
{
	if (!errands)
		return;
	g_source_remove(errands->source);
	rp_fd_clear(&errands->fd);
	g_ptr_array_unref(errands->running);
	g_free(errands->program);
	g_free(errands);
}
