/* SPDX-License-Identifier: ISC */
/* Questions to the user database, each in a thread that can be given up. */
#include "lib/os/account_posix.h"

#include <grp.h>
#include <pthread.h>
#include <pwd.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/os/clock.h"

#define STRINGS_MAX (64u * 1024) /* bytes of a user's or a group's entry */

/* Shared with the thread that asks; the last of both frees it. */
struct question {
	void (*ask)(struct question *q);
	id_t id;
	bool found;
	char text[PATH_MAX]; /* the answer, or a name that is asked for */
	char strings[STRINGS_MAX];

	pthread_mutex_t lock; /* for the following */
	pthread_cond_t ended;
	bool done, given_up;
};

static atomic_llong left_ms = ACCOUNT_WAIT_MS;

/* getpwent() has one state for the process: a thread in it may have been given up. */
static atomic_flag listing = ATOMIC_FLAG_INIT;

static void
question_free(struct question *q)
{
	pthread_cond_destroy(&q->ended);
	pthread_mutex_destroy(&q->lock);
	free(q);
}

static void *
answer(void *arg)
{
	struct question *q = arg;
	bool given_up;

	q->ask(q);
	pthread_mutex_lock(&q->lock);
	q->done = true;
	given_up = q->given_up;
	pthread_cond_signal(&q->ended);
	pthread_mutex_unlock(&q->lock);
	if (given_up)
		question_free(q);
	return NULL;
}

static struct question *
question_new(void (*ask)(struct question *), id_t id)
{
	struct question *q = calloc(1, sizeof *q);
	pthread_condattr_t attr;

	if (q == NULL)
		return NULL;
	q->ask = ask;
	q->id = id;
	pthread_mutex_init(&q->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->ended, &attr);
	pthread_condattr_destroy(&attr);
	return q;
}

static bool
start_thread(struct question *q)
{
	sigset_t all, before;
	pthread_t thread;
	bool started;

	/* The program's signals are for the program's own threads. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	started = pthread_create(&thread, NULL, answer, q) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (started)
		pthread_detach(thread);
	return started;
}

/* Wait as long as is left.  Returns whether the thread has answered; else it frees q. */
static bool
wait_for(struct question *q)
{
	int64_t begun = clock_mono_ms(), until = begun + atomic_load(&left_ms);
	struct timespec end = { .tv_sec = until / 1000, .tv_nsec = until % 1000 * 1000000 };
	bool done;

	pthread_mutex_lock(&q->lock);
	while (!q->done && pthread_cond_timedwait(&q->ended, &q->lock, &end) == 0)
		;
	done = q->done;
	q->given_up = !done;
	pthread_mutex_unlock(&q->lock);
	atomic_fetch_sub(&left_ms, clock_mono_ms() - begun);
	return done;
}

/* The answer, which the caller frees, or NULL.  name: NULL, or what is asked about. */
static struct question *
ask_about(void (*how)(struct question *), id_t id, const char *name)
{
	struct question *q = atomic_load(&left_ms) > 0 ? question_new(how, id) : NULL;

	if (q == NULL)
		return NULL;
	if (name != NULL)
		snprintf(q->text, sizeof q->text, "%s", name);
	if (!start_thread(q)) {
		question_free(q);
		return NULL;
	}
	return wait_for(q) ? q : NULL;
}

static struct question *
ask(void (*how)(struct question *), id_t id)
{
	return ask_about(how, id, NULL);
}

static int
ask_text(void (*how)(struct question *), id_t id, struct buf *out, struct err *e)
{
	struct question *q = ask(how, id);
	int rc = 0;

	if (q == NULL)
		return 0;
	if (q->found)
		rc = buf_adds(out, q->text, e) == -1 ? -1 : 1;
	question_free(q);
	return rc;
}

static void
take_text(struct question *q, const char *text)
{
	q->found = (size_t)snprintf(q->text, sizeof q->text, "%s", text) < sizeof q->text;
}

static void
ask_name(struct question *q)
{
	struct passwd pw, *found;

	if (getpwuid_r(q->id, &pw, q->strings, sizeof q->strings, &found) == 0 && found != NULL)
		take_text(q, pw.pw_name);
}

static void
ask_home(struct question *q)
{
	struct passwd pw, *found;

	if (getpwuid_r(q->id, &pw, q->strings, sizeof q->strings, &found) == 0 && found != NULL)
		take_text(q, pw.pw_dir);
}

static void
ask_group(struct question *q)
{
	struct group gr, *found;

	if (getgrgid_r(q->id, &gr, q->strings, sizeof q->strings, &found) == 0 && found != NULL)
		take_text(q, gr.gr_name);
}

static void
ask_group_number(struct question *q)
{
	struct group gr, *found;

	q->found =
	    getgrnam_r(q->text, &gr, q->strings, sizeof q->strings, &found) == 0 && found != NULL;
	if (q->found)
		q->id = gr.gr_gid;
}

static void
ask_roots(struct question *q)
{
	bool root = false, others = false;
	struct group gr, *found;
	struct passwd *pw;

	if (getgrgid_r(q->id, &gr, q->strings, sizeof q->strings, &found) != 0)
		return;
	for (char **m = found == NULL ? NULL : gr.gr_mem; m != NULL && *m != NULL; m++)
		*(strcmp(*m, "root") == 0 ? &root : &others) = true;
	if (atomic_flag_test_and_set(&listing))
		return;
	setpwent();
	while (!others && (pw = getpwent()) != NULL)
		if (pw->pw_gid == q->id)
			*(pw->pw_uid == 0 ? &root : &others) = true;
	endpwent();
	atomic_flag_clear(&listing);
	q->found = root && !others;
}

int
account_name(uid_t uid, struct buf *out, struct err *e)
{
	return ask_text(ask_name, uid, out, e);
}

int
account_home(uid_t uid, struct buf *out, struct err *e)
{
	return ask_text(ask_home, uid, out, e);
}

int
account_group(gid_t gid, struct buf *out, struct err *e)
{
	return ask_text(ask_group, gid, out, e);
}

bool
account_is_roots_group(gid_t gid)
{
	struct question *q = ask(ask_roots, gid);
	bool is = q != NULL && q->found;

	if (q != NULL)
		question_free(q);
	return is;
}

bool
account_group_number(const char *name, gid_t *out)
{
	struct question *q = strlen(name) < PATH_MAX ? ask_about(ask_group_number, 0, name) : NULL;
	bool is = q != NULL && q->found;

	if (is)
		*out = q->id;
	if (q != NULL)
		question_free(q);
	return is;
}
