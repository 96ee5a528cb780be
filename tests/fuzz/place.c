/* SPDX-License-Identifier: ISC */
/* A directory for harnesses that need files. */
#include "tests/fuzz/place.h"

#include <unistd.h>

#include "lib/os/move.h"
#include "tests/fuzz/fuzz.h"

static char top[64];

static int
remove_one(void *arg, const char *name, struct err *e)
{
	struct dir *d = arg, *sub;

	if (file_remove(d, name, e) != -1)
		return 0;
	if ((sub = dir_below(d, name, false, e)) == NULL)
		return -1;
	must(dir_list(sub, remove_one, sub, e) == 0);
	dir_close(sub);
	return dir_remove(d, name, e) == 1 ? 0 : -1;
}

void
place_empty(void)
{
	struct err e;
	struct dir *d = dir_open(top, &e);

	if (d != NULL) {
		must(dir_list(d, remove_one, d, &e) == 0);
		dir_close(d);
	}
}

static void
remove_top(void)
{
	place_empty();
	rmdir(top);
}

static void
make_top(void)
{
	if (top[0] != '\0')
		return;
	snprintf(top, sizeof top, "%s/slipway-fuzz-XXXXXX",
	    access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	must(mkdtemp(top) != NULL);
	atexit(remove_top);
}

const char *
place_below(const char *name, char path[PLACE_PATH])
{
	make_top();
	must((size_t)snprintf(path, PLACE_PATH, "%s/%s", top, name) < PLACE_PATH);
	return path;
}

struct dir *
place_make(const char *name)
{
	char path[PLACE_PATH];
	struct err e;
	struct dir *d = dir_make(place_below(name, path), 0700, &e);

	must(d != NULL);
	return d;
}

void
place_put(const char *name, const void *data, size_t len)
{
	char path[PLACE_PATH];
	struct err e;

	must(file_replace_fast(NULL, place_below(name, path), data, len, 0644, &e) == 0);
}
