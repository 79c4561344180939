/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scram-private.h"

#include <gio/gio.h>
#include <string.h>

/* Salted passwords. Deriving one takes as long as the server likes, up to some tenths of a second
 * for 600,000 iterations: in a thread, and once for all sessions with the same salt. */

/* More than there are accounts: the oldest is forgotten. */
#define MAX_KEYS 32
#define MARK_SIZE 32
#define HEX_SIZE (2 * GSASL_HASH_MAX_SIZE + 1)

typedef struct {
	Gsasl_hash hash;
	GBytes *salt;
	guint iterations;
	guint8 mark[MARK_SIZE]; /* of the password */
	char hex[HEX_SIZE];
} Key;

struct RpScramKeys {
	gint refs;
	GQueue keys; /* of Key, the oldest first */
	guint8 secret[MARK_SIZE];
};

struct RpScramJob {
	RpScramKeys *keys;
	Key *key; /* to be; taken when it is made */
	char *password;
	gboolean made;
	RpScramDone done; /* NULL: nobody waits any more */
	gpointer user;
};

static void
key_free(gpointer data)
{
	Key *key = data;
	if (!key)
		return;
	g_bytes_unref(key->salt);
	rp_wipe(key, sizeof *key);
	g_free(key);
}

RpScramKeys *
rp_scram_keys_new(void)
{
	RpScramKeys *keys = g_new0(RpScramKeys, 1);
	keys->refs = 1;
	if (gsasl_random((char *)keys->secret, sizeof keys->secret) == GSASL_OK)
		return keys;
	rp_scram_keys_unref(keys);
	return NULL;
}

void
rp_scram_keys_unref(RpScramKeys *keys)
{
	if (!keys || --keys->refs > 0)
		return;
	g_queue_clear_full(&keys->keys, key_free);
	rp_wipe(keys, sizeof *keys);
	g_free(keys);
}

/* Which password a key is of is known without keeping the password. */
static void
make_mark(const RpScramKeys *keys, const char *password, guint8 *mark)
{
	gsize size = MARK_SIZE;
	g_autoptr(GHmac) hmac = g_hmac_new(G_CHECKSUM_SHA256, keys->secret, sizeof keys->secret);
	g_hmac_update(hmac, (const guchar *)password, (gssize)strlen(password));
	g_hmac_get_digest(hmac, mark, &size);
}

static gboolean
is_of(const Key *key, const RpScramSource *source, const guint8 *mark)
{
	gsize size = 0;
	const guint8 *salt = g_bytes_get_data(key->salt, &size);
	return key->hash == source->hash && key->iterations == source->iterations &&
	       size == source->salt_size && memcmp(salt, source->salt, size) == 0 &&
	       memcmp(key->mark, mark, MARK_SIZE) == 0;
}

const char *
rp_scram_keys_find(RpScramKeys *keys, const RpScramSource *source)
{
	guint8 mark[MARK_SIZE];
	make_mark(keys, source->password, mark);
	for (GList *item = keys->keys.head; item; item = item->next) {
		if (is_of(item->data, source, mark))
			return ((const Key *)item->data)->hex;
	}
	return NULL;
}

/* ---- deriving ---- */

static void
job_free(gpointer data)
{
	RpScramJob *job = data;
	key_free(job->key);
	rp_secret_free(job->password);
	rp_scram_keys_unref(job->keys);
	g_free(job);
}

static void
write_hex(const guint8 *octets, gsize size, char *hex)
{
	static const char digits[] = "0123456789abcdef";
	for (gsize i = 0; i < size; i++) {
		hex[2 * i] = digits[octets[i] >> 4];
		hex[2 * i + 1] = digits[octets[i] & 15];
	}
	hex[2 * size] = '\0';
}

static void
derive_in_thread(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	RpScramJob *job = data;
	struct {
		char salted[GSASL_HASH_MAX_SIZE], client[GSASL_HASH_MAX_SIZE];
		char server[GSASL_HASH_MAX_SIZE], stored[GSASL_HASH_MAX_SIZE];
	} made;
	gsize size = 0;
	const char *salt = g_bytes_get_data(job->key->salt, &size);
	job->made = gsasl_scram_secrets_from_password(job->key->hash, job->password,
			    job->key->iterations, salt, size, made.salted, made.client, made.server,
			    made.stored) == GSASL_OK;
	if (job->made)
		write_hex((const guint8 *)made.salted, gsasl_hash_length(job->key->hash),
			job->key->hex);
	rp_wipe(&made, sizeof made);
	g_task_return_boolean(task, job->made);
}

static void
on_derived(GObject *source, GAsyncResult *result, gpointer data)
{
	RpScramJob *job = data;
	RpScramKeys *keys = job->keys;
	if (job->made) {
		g_queue_push_tail(&keys->keys, g_steal_pointer(&job->key));
		if (g_queue_get_length(&keys->keys) > MAX_KEYS)
			key_free(g_queue_pop_head(&keys->keys));
	}
	if (job->done)
		job->done(job->user);
}

RpScramJob *
rp_scram_keys_derive(
	RpScramKeys *keys, const RpScramSource *source, RpScramDone done, gpointer user)
{
	RpScramJob *job = g_new0(RpScramJob, 1);
	job->keys = keys;
	keys->refs++;
	job->password = rp_secret_dup(source->password);
	job->done = done;
	job->user = user;
	job->key = g_new0(Key, 1);
	job->key->hash = source->hash;
	job->key->salt = g_bytes_new(source->salt, source->salt_size);
	job->key->iterations = source->iterations;
	make_mark(keys, source->password, job->key->mark);
	g_autoptr(GTask) task = g_task_new(NULL, NULL, on_derived, job);
	g_task_set_task_data(task, job, job_free);
	g_task_run_in_thread(task, derive_in_thread);
	return job;
}

void
rp_scram_job_forget(RpScramJob *job)
{
	if (job)
		job->done = NULL;
}
