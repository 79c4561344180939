/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "watch.h"

#include <errno.h>
#include <glib-unix.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

/* A terminal that is drawn on: its other screen, so that what was there is there again afterwards;
 * keys one by one; its size as it changes. The sequences are those that xterm, the Linux console,
 * screen and tmux share. */

#define BEGIN "\033[?1049h\033[?25l\033[?7l" /* the other screen, no cursor, no wrapping */
#define END "\033[?7h\033[?25h\033[?1049l"

struct RpWatchTerminal {
	RpWatchTerminalEvents events;
	gpointer user;
	GPtrArray *shown;   /* of char *; NULL: not known, or the size is another */
	GPtrArray *sources; /* of GUINT_TO_POINTER(id) */
};

/* The handler of SIGTSTP has no other way to know. */
static struct {
	struct termios before, drawn;
} modes;

static void
write_out(const char *text, gsize length)
{
	rp_write_all(STDOUT_FILENO, text, length);
}

static void
begin(void)
{
	tcsetattr(STDIN_FILENO, TCSADRAIN, &modes.drawn);
	write_out(BEGIN, strlen(BEGIN));
}

static void
end(void)
{
	write_out(END, strlen(END));
	tcsetattr(STDIN_FILENO, TCSADRAIN, &modes.before);
}

/* Ctrl-Z: the shell gets its terminal as it was; afterwards all is drawn anew, as for another size.
 * Nothing here that signal-safety(7) does not allow. */
static void
on_stop(int number)
{
	int saved = errno;
	struct sigaction drawn, plain = {.sa_handler = SIG_DFL};
	sigset_t stop;

	end();
	sigemptyset(&stop);
	sigaddset(&stop, SIGTSTP);
	sigaction(SIGTSTP, &plain, &drawn);
	raise(SIGTSTP);
	sigprocmask(SIG_UNBLOCK, &stop, NULL); /* here it stops */
	sigaction(SIGTSTP, &drawn, NULL);
	begin();
	raise(SIGWINCH);
	errno = saved;
}

gboolean
rp_watch_terminal_is_there(void)
{
	const char *name = g_getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && name && *name &&
	       strcmp(name, "dumb") != 0;
}

void
rp_watch_terminal_size(const RpWatchTerminal *terminal, guint *width, guint *height)
{
	struct winsize size = {0};

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	*width = size.ws_col ? CLAMP(size.ws_col, 10, 1000) : 80;
	*height = size.ws_row ? CLAMP(size.ws_row, 3, 1000) : 24;
}

/* ---- what comes from it ---- */

static gboolean
on_input(int fd, GIOCondition condition, gpointer user)
{
	RpWatchTerminal *terminal = user;
	char keys[64];
	gssize n = read(fd, keys, sizeof keys);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return G_SOURCE_CONTINUE;
	if (n <= 0)
		terminal->events.ended(0, terminal->user);
	for (gssize i = 0; i < n; i++)
		terminal->events.key(keys[i], terminal->user);
	return n > 0;
}

static gboolean
on_resized(gpointer user)
{
	RpWatchTerminal *terminal = user;

	g_clear_pointer(&terminal->shown, g_ptr_array_unref);
	terminal->events.resized(terminal->user);
	return G_SOURCE_CONTINUE;
}

#define ON(name, number)                                                                           \
	static gboolean name(gpointer user)                                                        \
	{                                                                                          \
		RpWatchTerminal *terminal = user;                                                  \
		terminal->events.ended(number, terminal->user);                                    \
		return G_SOURCE_CONTINUE;                                                          \
	}
ON(on_interrupt, SIGINT)
ON(on_terminate, SIGTERM)
ON(on_hang_up, SIGHUP)

static void
add_source(RpWatchTerminal *terminal, guint id)
{
	g_ptr_array_add(terminal->sources, GUINT_TO_POINTER(id));
}

/* ---- life ---- */

RpWatchTerminal *
rp_watch_terminal_new(const RpWatchTerminalEvents *events, gpointer user)
{
	RpWatchTerminal *terminal = g_new0(RpWatchTerminal, 1);
	struct sigaction stop = {.sa_handler = on_stop, .sa_flags = SA_RESTART};

	terminal->events = *events;
	terminal->user = user;
	terminal->sources = g_ptr_array_new();
	tcgetattr(STDIN_FILENO, &modes.before);
	modes.drawn = modes.before;
	modes.drawn.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	modes.drawn.c_cc[VMIN] = 1;
	modes.drawn.c_cc[VTIME] = 0;
	begin();
	sigaction(SIGTSTP, &stop, NULL);
	add_source(terminal, g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP, on_input, terminal));
	add_source(terminal, g_unix_signal_add(SIGWINCH, on_resized, terminal));
	add_source(terminal, g_unix_signal_add(SIGINT, on_interrupt, terminal));
	add_source(terminal, g_unix_signal_add(SIGTERM, on_terminate, terminal));
	add_source(terminal, g_unix_signal_add(SIGHUP, on_hang_up, terminal));
	return terminal;
}

void
rp_watch_terminal_free(RpWatchTerminal *terminal)
{
	if (!terminal)
		return;
	signal(SIGTSTP, SIG_DFL);
	end();
	for (guint i = 0; i < terminal->sources->len; i++) {
		GSource *source = g_main_context_find_source_by_id(
			NULL, GPOINTER_TO_UINT(terminal->sources->pdata[i]));

		if (source) /* that of a terminal that is gone has ended itself */
			g_source_destroy(source);
	}
	g_ptr_array_unref(terminal->sources);
	g_clear_pointer(&terminal->shown, g_ptr_array_unref);
	g_free(terminal);
}

/* ---- drawing ---- */

static gboolean
is_shown(const RpWatchTerminal *terminal, guint row, const char *line)
{
	return terminal->shown && row < terminal->shown->len &&
	       strcmp(terminal->shown->pdata[row], line) == 0;
}

void
rp_watch_terminal_redraw(RpWatchTerminal *terminal)
{
	g_clear_pointer(&terminal->shown, g_ptr_array_unref);
}

void
rp_watch_terminal_show(RpWatchTerminal *terminal, const GPtrArray *lines)
{
	g_autoptr(GString) out = g_string_new(terminal->shown ? NULL : "\033[2J");
	GPtrArray *shown = g_ptr_array_new_with_free_func(g_free);

	for (guint row = 0; row < lines->len; row++) {
		/* Erased first: behind the last column it would take the last character. */
		if (!is_shown(terminal, row, lines->pdata[row]))
			g_string_append_printf(out, "\033[%u;1H\033[K%s", row + 1,
				(const char *)lines->pdata[row]);
		g_ptr_array_add(shown, g_strdup(lines->pdata[row]));
	}
	if (terminal->shown && terminal->shown->len > lines->len)
		g_string_append_printf(out, "\033[%u;1H\033[J", lines->len + 1);
	write_out(out->str, out->len);
	g_clear_pointer(&terminal->shown, g_ptr_array_unref);
	terminal->shown = shown;
}
