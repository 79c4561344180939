/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <fcntl.h>
#include <glib.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "roampost/queue.h"

/* Messages a second from several writers at once, each a process of its own, for writers.py:
 *
 *   submit-writers WRITERS EACH INPUT run COMMAND ARG...   starts the command for every message
 *   submit-writers WRITERS EACH INPUT queue STATE          the queue alone, opened once a writer
 *   submit-writers WRITERS EACH INPUT files DIR            a file a message: fsync, rename, fsync
 * of the folder
 *
 * All begin at the same moment; the time is up to the end of the last. */

extern char **environ;

typedef struct {
	int each;
	const char *input;
	char *data;
	gsize size;
	char **argv; /* what comes after the way's name */
	int number;  /* of this writer */
} Job;

static gboolean
run_command(const Job *job)
{
	posix_spawn_file_actions_t actions;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, job->input, O_RDONLY, 0);
	for (int i = 0; i < job->each; i++)
		if (posix_spawn(&pid, job->argv[0], &actions, NULL, job->argv, environ) != 0 ||
			waitpid(pid, &status, 0) != pid || status != 0)
			return FALSE;
	return TRUE;
}

static gboolean
fill_queue(const Job *job)
{
	const char *const recipients[] = {"hanako@other.example"};
	const RpEnvelope envelope = {.sender = "taro@odn.example",
		.header_from = "taro@odn.example",
		.recipients = recipients,
		.n_recipients = 1};
	g_autoptr(RpQueue) queue = rp_queue_open(job->argv[0], RP_QUEUE_WRITER, NULL);

	for (int i = 0; queue && i < job->each; i++) {
		g_autoptr(RpSubmission) submission = rp_submission_new(queue);
		if (!rp_submission_write(submission, job->data, job->size, NULL) ||
			!rp_submission_commit(submission, &envelope, NULL, NULL))
			return FALSE;
	}
	return queue != NULL;
}

static gboolean
write_file(const Job *job, const char *from, const char *to, int dir)
{
	int fd = open(from, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	return fd >= 0 && write(fd, job->data, job->size) == (gssize)job->size && fsync(fd) == 0 &&
	       close(fd) == 0 && rename(from, to) == 0 && fsync(dir) == 0;
}

static gboolean
write_files(const Job *job)
{
	int dir = open(job->argv[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	for (int i = 0; i < job->each; i++) {
		g_autofree char *from = g_strdup_printf(
			"%s/tmp.%d.%d.%d", job->argv[0], (int)getpid(), job->number, i);
		g_autofree char *to = g_strdup_printf(
			"%s/new.%d.%d.%d", job->argv[0], (int)getpid(), job->number, i);
		if (!write_file(job, from, to, dir))
			return FALSE;
	}
	return dir >= 0;
}

static gboolean
work(const Job *job, const char *way)
{
	static const struct {
		const char *name;
		gboolean (*work)(const Job *job);
	} ways[] = {{"run", run_command}, {"queue", fill_queue}, {"files", write_files}};

	for (guint i = 0; i < G_N_ELEMENTS(ways); i++)
		if (g_str_equal(way, ways[i].name))
			return ways[i].work(job);
	return FALSE;
}

/* They wait until the other end of the pipe is closed. */
static void
start_writers(Job *job, int n_writers, const char *way)
{
	int gate[2];
	char octet;

	if (pipe2(gate, O_CLOEXEC) != 0)
		g_error("no pipe");
	for (job->number = 0; job->number < n_writers; job->number++) {
		pid_t pid = fork();
		if (pid < 0)
			g_error("no process");
		if (pid == 0) {
			close(gate[1]);
			if (read(gate[0], &octet, 1) != 0)
				_exit(1);
			_exit(work(job, way) ? 0 : 1);
		}
	}
	close(gate[0]);
	close(gate[1]);
}

int
main(int argc, char **argv)
{
	gboolean good = TRUE;
	Job job = {0};
	int status;

	if (argc < 6) {
		fputs("usage: submit-writers WRITERS EACH INPUT run|queue|files ARG...\n", stderr);
		return 2;
	}
	int n_writers = atoi(argv[1]);
	job.each = atoi(argv[2]);
	job.input = argv[3];
	job.argv = argv + 5;
	if (!g_file_get_contents(job.input, &job.data, &job.size, NULL))
		g_error("no input");
	gint64 start = g_get_monotonic_time();
	start_writers(&job, n_writers, argv[4]);
	while (wait(&status) > 0)
		good &= status == 0;
	double seconds = (double)(g_get_monotonic_time() - start) / G_USEC_PER_SEC;
	printf("%.1f\n", n_writers * job.each / seconds);
	return good ? 0 : 1;
}
