/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

/* Memory for secrets: pages of their own, which are neither swapped out, nor dumped, nor a child's.
 * They are few and short, so that a page for each is cheap; and a program that keeps itself from
 * being looked into. */

static GMutex mutex;
static GHashTable *pages; /* address -> octets, of what is locked */

static gsize
whole_pages(gsize size)
{
	gsize page = (gsize)sysconf(_SC_PAGESIZE);

	return (size + page - 1) / page * page;
}

char *
rp_secret_alloc(gsize size)
{
	gsize octets = whole_pages(MAX(size, 1));
	void *memory =
		mmap(NULL, octets, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (memory == MAP_FAILED)
		return g_malloc0(size);
	/* Where the limit of what may be locked is reached it is a secret all the same. */
	(void)mlock2(memory, octets, 0); /* sanitizers make mlock nothing */
	(void)madvise(memory, octets, MADV_DONTDUMP);
	(void)madvise(memory, octets, MADV_WIPEONFORK);
	g_mutex_lock(&mutex);
	if (!pages)
		pages = g_hash_table_new(NULL, NULL);
	g_hash_table_insert(pages, memory, GSIZE_TO_POINTER(octets));
	g_mutex_unlock(&mutex);
	return memory;
}

char *
rp_secret_dup(const char *text)
{
	return text ? strcpy(rp_secret_alloc(strlen(text) + 1), text) : NULL;
}

char *
rp_secret_take(char *text)
{
	char *secret = rp_secret_dup(text);

	rp_secret_free(text);
	return secret;
}

/* 0: it is none of ours. */
static gsize
forget_pages(gpointer secret)
{
	gpointer octets;

	g_mutex_lock(&mutex);
	octets = pages ? g_hash_table_lookup(pages, secret) : NULL;
	if (octets)
		g_hash_table_remove(pages, secret);
	g_mutex_unlock(&mutex);
	return GPOINTER_TO_SIZE(octets);
}

void
rp_secret_free(char *secret)
{
	gsize octets = secret ? forget_pages(secret) : 0;

	if (!secret)
		return;
	rp_wipe(secret, octets ? octets : strlen(secret));
	if (octets)
		munmap(secret, octets);
	else
		g_free(secret);
}

void
rp_secret_guard_process(void)
{
	struct rlimit limit;

	(void)prctl(PR_SET_DUMPABLE, 0);
	/* The soft one: what is started for the user may raise its own again. */
	if (getrlimit(RLIMIT_CORE, &limit) != 0)
		return;
	limit.rlim_cur = 0;
	(void)setrlimit(RLIMIT_CORE, &limit);
}
