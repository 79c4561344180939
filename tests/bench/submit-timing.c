/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <glib.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs commands in turn, so many times each, with the same file as standard input; prints the
 * median and the mean of their times from fork to exit. Commands are separated by "--" arguments;
 * the ratios are to the first. */

typedef struct {
	char **argv;
	GArray *times; /* of gint64, microseconds */
} Command;

static gint64
run(char **argv, const char *input)
{
	gint64 start = g_get_monotonic_time();
	int status = 1;
	pid_t pid = fork();

	if (pid == 0) {
		int fd = open(input, O_RDONLY);
		if (fd >= 0 && dup2(fd, 0) == 0)
			execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0) {
		fprintf(stderr, "%s failed\n", argv[0]);
		exit(1);
	}
	return g_get_monotonic_time() - start;
}

static gint
ascending(gconstpointer a, gconstpointer b)
{
	const gint64 *x = a, *y = b;
	return *x < *y ? -1 : *x > *y;
}

static double
median(GArray *times)
{
	g_array_sort(times, ascending);
	return (double)g_array_index(times, gint64, times->len / 2);
}

static double
mean(GArray *times)
{
	double sum = 0;
	for (guint i = 0; i < times->len; i++)
		sum += (double)g_array_index(times, gint64, i);
	return sum / times->len;
}

static GArray *
split_commands(char **argv)
{
	GArray *commands = g_array_new(FALSE, FALSE, sizeof(Command));

	while (*argv) {
		Command command = {argv, g_array_new(FALSE, FALSE, sizeof(gint64))};
		g_array_append_val(commands, command);
		while (*argv && strcmp(*argv, "--") != 0)
			argv++;
		if (*argv)
			*argv++ = NULL;
	}
	return commands;
}

int
main(int argc, char **argv)
{
	if (argc < 4) {
		fputs("usage: submit-timing ROUNDS INPUT COMMAND ARG... [-- COMMAND ARG...]\n",
			stderr);
		return 2;
	}
	int rounds = atoi(argv[1]);
	GArray *commands = split_commands(argv + 3);
	double first_median = 0, first_mean = 0;

	for (int i = 0; i < rounds + 3; i++) {
		for (guint n = 0; n < commands->len; n++) {
			Command *command = &g_array_index(commands, Command, n);
			gint64 took = run(command->argv, argv[2]);
			if (i >= 3) /* the first ones fill caches */
				g_array_append_val(command->times, took);
		}
	}
	for (guint n = 0; n < commands->len; n++) {
		Command *command = &g_array_index(commands, Command, n);
		double med = median(command->times), avg = mean(command->times);
		if (n == 0) {
			first_median = med;
			first_mean = avg;
		}
		printf("  median %7.2f ms (%.2f times)  mean %7.2f ms (%.2f times)  %s\n",
			med / 1000, med / first_median, avg / 1000, avg / first_mean,
			command->argv[0]);
	}
	return 0;
}
