/* SPDX-License-Identifier: ISC */
/* Threads of POSIX. */
#include "lib/os/parallel.h"

#include <pthread.h>
#include <stdbool.h>

struct task {
	void (*each)(void *arg, size_t i);
	void *arg;
	size_t i;
	pthread_t thread;
	bool started;
};

static void *
run(void *arg)
{
	const struct task *t = arg;

	t->each(t->arg, t->i);
	return NULL;
}

void
parallel_run(size_t n, void (*each)(void *arg, size_t i), void *arg)
{
	struct task tasks[PARALLEL_MAX];

	for (size_t i = 0; i < n; i++) {
		tasks[i] = (struct task){ .each = each, .arg = arg, .i = i };
		tasks[i].started = pthread_create(&tasks[i].thread, NULL, run, &tasks[i]) == 0;
	}
	for (size_t i = 0; i < n; i++)
		if (tasks[i].started)
			pthread_join(tasks[i].thread, NULL);
		else
			each(arg, i);
}
