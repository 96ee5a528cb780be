/* SPDX-License-Identifier: ISC */
/* Threads of Windows. */
#include "lib/os/parallel.h"

#include <windows.h>

struct task {
	void (*each)(void *arg, size_t i);
	void *arg;
	size_t i;
	HANDLE thread; /* or NULL */
};

static DWORD WINAPI
run(void *arg)
{
	const struct task *t = arg;

	t->each(t->arg, t->i);
	return 0;
}

void
parallel_run(size_t n, void (*each)(void *arg, size_t i), void *arg)
{
	struct task tasks[PARALLEL_MAX];

	for (size_t i = 0; i < n; i++) {
		tasks[i] = (struct task){ .each = each, .arg = arg, .i = i };
		tasks[i].thread = CreateThread(NULL, 0, run, &tasks[i], 0, NULL);
	}
	for (size_t i = 0; i < n; i++)
		if (tasks[i].thread != NULL) {
			WaitForSingleObject(tasks[i].thread, INFINITE);
			CloseHandle(tasks[i].thread);
		} else {
			each(arg, i);
		}
}
