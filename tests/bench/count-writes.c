/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */

/* Counts what a program writes to files by pwrite(), as SQLite does, and how often it has the disk
 * sync, for writes.py: loaded before everything else (LD_PRELOAD) it keeps octets, writes and syncs
 * as three 64-bit numbers in the file that COUNT_WRITES names; they can be read at any time. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

typedef struct {
	_Atomic uint64_t octets, writes, syncs;
} Counts;

static Counts nowhere, *counts = &nowhere;

__attribute__((constructor)) static void
open_counts(void)
{
	const char *path = getenv("COUNT_WRITES");
	int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
	void *mapped = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, sizeof *counts) == 0)
		mapped = mmap(NULL, sizeof *counts, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mapped != MAP_FAILED)
		counts = mapped;
	if (fd >= 0)
		close(fd);
}

/* With 64-bit offsets, as everything here is built, its name in the library is pwrite64. */
ssize_t
pwrite(int fd, const void *data, size_t size, off_t offset)
{
	static ssize_t (*next)(int, const void *, size_t, off_t);
	ssize_t done;

	if (!next)
		*(void **)&next = dlsym(RTLD_NEXT, "pwrite64");
	done = next(fd, data, size, offset);
	if (done > 0)
		counts->octets += (uint64_t)done;
	counts->writes++;
	return done;
}

int
fdatasync(int fd)
{
	counts->syncs++;
	return (int)syscall(SYS_fdatasync, fd);
}

int
fsync(int fd)
{
	counts->syncs++;
	return (int)syscall(SYS_fsync, fd);
}
