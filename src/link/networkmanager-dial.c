/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-link"
#include "roampost/dial.h"

#include "networkmanager-dial-private.h"
#include "roampost/bussocket.h"

/* Who dials and hangs up, and who waits for whom; what each does is networkmanager-dial-begin.c. */

typedef struct {
	char **names; /* NULL: all that was dialled */
	gboolean hang_up;
	RpDialDone done;
	gpointer user;
	RpDialCall *call; /* NULL: it waits */
} Job;

struct RpDialler {
	char *address;
	RpDialled *dialled;
	RpDialledChanged changed;
	gpointer user;
	GPtrArray *running; /* of Job: either lines that are dialled, or one that hangs up */
	GQueue waiting;     /* of Job: those after these */
};

static void
job_free(gpointer data)
{
	Job *job = data;

	rp_dial_call_free(job->call);
	g_strfreev(job->names);
	g_free(job);
}

RpDialler *
rp_dialler_new(const char *system_bus, RpDialledChanged changed, gpointer user)
{
	RpDialler *dialler = g_new0(RpDialler, 1);

	dialler->address = system_bus ? g_strdup(system_bus) : rp_dbus_system_address();
	dialler->dialled = rp_dialled_new();
	dialler->changed = changed;
	dialler->user = user;
	dialler->running = g_ptr_array_new_with_free_func(job_free);
	g_queue_init(&dialler->waiting);
	return dialler;
}

void
rp_dialler_free(RpDialler *dialler)
{
	if (!dialler)
		return;
	g_ptr_array_unref(dialler->running);
	g_queue_clear_full(&dialler->waiting, job_free);
	rp_dialled_free(dialler->dialled);
	g_free(dialler->address);
	g_free(dialler);
}

void
rp_dialler_recall(RpDialler *dialler, const char *dialled)
{
	rp_dialled_parse(dialler->dialled, dialled);
}

gboolean
rp_dialler_has_dialled(const RpDialler *dialler, const char *const *connections)
{
	return rp_dialled_has_name(dialler->dialled, connections);
}

/* ---- one call and the others ---- */

static gboolean
is_free(const RpDialCall *call, const char *port, gpointer user)
{
	const RpDialler *dialler = user;

	for (guint i = 0; i < dialler->running->len; i++) {
		const Job *job = dialler->running->pdata[i];

		if (job->call != call && g_strcmp0(rp_dial_call_port(job->call), port) == 0)
			return FALSE;
	}
	return TRUE;
}

static void
on_changed(gpointer user)
{
	const RpDialler *dialler = user;
	g_autofree char *text = rp_dialled_format(dialler->dialled);

	if (dialler->changed)
		dialler->changed(text, dialler->user);
}

static void begin_what_may(RpDialler *dialler);

static void
let_go_on(const RpDialler *dialler)
{
	for (guint i = 0; i < dialler->running->len; i++)
		rp_dial_call_go_on(((const Job *)dialler->running->pdata[i])->call);
}

/* The next ones begin before this one's end is told: who hears of it may dial. */
static void
on_done(RpDialCall *call, GError *error, gpointer user)
{
	RpDialler *dialler = user;
	g_autoptr(GError) owned = error;
	RpDialDone done = NULL;
	gpointer its_user = NULL;

	for (guint i = 0; i < dialler->running->len; i++) {
		const Job *job = dialler->running->pdata[i];

		if (job->call != call)
			continue;
		done = job->done;
		its_user = job->user;
		g_ptr_array_remove_index(dialler->running, i);
		break;
	}
	let_go_on(dialler);
	begin_what_may(dialler);
	if (done)
		done(owned, its_user);
}

static const RpDialCallEvents events = {is_free, on_changed, on_done};

static gboolean
may_begin(const RpDialler *dialler, const Job *job)
{
	const Job *first = dialler->running->len ? dialler->running->pdata[0] : NULL;

	return !first || (!first->hang_up && !job->hang_up);
}

static void
begin_what_may(RpDialler *dialler)
{
	while (!g_queue_is_empty(&dialler->waiting) &&
		may_begin(dialler, g_queue_peek_head(&dialler->waiting))) {
		Job *job = g_queue_pop_head(&dialler->waiting);

		g_ptr_array_add(dialler->running, job);
		job->call = rp_dial_call_new(dialler->address, dialler->dialled,
			(const char *const *)job->names, job->hang_up, &events, dialler);
	}
}

static void
take(RpDialler *dialler, const char *const *names, gboolean hang_up, RpDialDone done, gpointer user)
{
	Job *job = g_new(Job, 1);

	*job = (Job){g_strdupv((char **)names), hang_up, done, user, NULL};
	g_queue_push_tail(&dialler->waiting, job);
	begin_what_may(dialler);
}

/* ---- a call that can't even begin is answered like any other: later ---- */

typedef struct {
	RpDialDone done;
	gpointer user;
	const char *sentence;
} RpRefusedDial;

static gboolean
on_refused(gpointer data)
{
	RpRefusedDial *refused = data;
	g_autoptr(GError) error = g_error_new_literal(RP_ERROR, RP_ERROR_STATE, refused->sentence);

	refused->done(error, refused->user);
	return G_SOURCE_REMOVE;
}

static void
refuse(RpDialDone done, gpointer user, const char *sentence)
{
	RpRefusedDial *refused = g_new(RpRefusedDial, 1);

	*refused = (RpRefusedDial){done, user, sentence};
	g_idle_add_full(G_PRIORITY_DEFAULT, on_refused, refused, g_free);
}

void
rp_dialler_dial(RpDialler *dialler, const char *const *connections, RpDialDone done, gpointer user)
{
	take(dialler, connections, FALSE, done, user);
}

void
rp_dialler_hang_up(
	RpDialler *dialler, const char *const *connections, RpDialDone done, gpointer user)
{
	/* One that is being dialled now may be up by then. */
	if (dialler->running->len || rp_dialler_has_dialled(dialler, connections))
		take(dialler, connections, TRUE, done, user);
	else
		refuse(done, user, "nothing was dialled with “roampost dial”");
}
