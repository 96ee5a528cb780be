/* SPDX-License-Identifier: ISC */
/*
 * The system calls that take names, for --wrap: while caseless is set, they behave as on a file
 * system without regard to case.  A name finds an entry that differs only in case or in the form of
 * accents, and a new name keeps its spelling.
 */
#include "tests/unit/common/caseless_posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/openat2.h>

#include "lib/base/fold.h"

bool caseless;
long caseless_steps = -1;

int __real_openat(int fd, const char *path, int flags, ...);
int __real_fstatat(int fd, const char *path, struct stat *st, int flags);
int __real_renameat(int from, const char *name, int to, const char *newname);
int __real_linkat(int from, const char *name, int to, const char *newname, int flags);
int __real_mkdirat(int fd, const char *path, mode_t mode);
int __real_unlinkat(int fd, const char *path, int flags);
long __real_syscall(long number, ...);

int __wrap_openat(int fd, const char *path, int flags, ...);
int __wrap_fstatat(int fd, const char *path, struct stat *st, int flags);
int __wrap_renameat(int from, const char *name, int to, const char *newname);
int __wrap_linkat(int from, const char *name, int to, const char *newname, int flags);
int __wrap_mkdirat(int fd, const char *path, mode_t mode);
int __wrap_unlinkat(int fd, const char *path, int flags);
long __wrap_syscall(long number, ...);
int __wrap_fsync(int fd);
int __wrap_syncfs(int fd);

/* Counts a change of names; ends the process before the chosen change. */
static void
step(void)
{
	if (caseless_steps > 0 && --caseless_steps == 0)
		_exit(CASELESS_CUT);
}

/*
 * Finds the directory's entry for one part of a path, or returns the part itself.  Most parts have
 * the spelling of their entry.
 */
static void
find(int fd, const char *part, size_t len, char out[NAME_MAX + 1])
{
	struct buf wanted = BUF_INIT(FOLD_GROWTH * NAME_MAX),
		   key = BUF_INIT(FOLD_GROWTH * NAME_MAX);
	struct dirent *entry;
	struct stat st;
	struct err e;
	DIR *d;
	int copy;

	snprintf(out, NAME_MAX + 1, "%.*s", (int)len, part);
	if (__real_fstatat(fd, out, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return;
	copy = __real_openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	d = copy == -1 ? NULL : fdopendir(copy);
	fold(part, len, &wanted, &e);
	while (d != NULL && (entry = readdir(d)) != NULL) {
		buf_reset(&key);
		fold(entry->d_name, strlen(entry->d_name), &key, &e);
		if (key.len == wanted.len && memcmp(key.data, wanted.data, key.len) == 0)
			snprintf(out, NAME_MAX + 1, "%s", entry->d_name);
	}
	if (d != NULL)
		closedir(d);
	buf_free(&wanted);
	buf_free(&key);
}

/* Writes the path of existing entries to out; parts behind a missing entry stay. */
static const char *
meant(int fd, const char *path, char out[PATH_MAX])
{
	size_t used = 0;
	int here = fd, next;

	if (!caseless || path[0] == '/' || path[0] == '\0')
		return path;
	for (;;) {
		size_t len = strcspn(path, "/");
		char part[NAME_MAX + 1];

		find(here, path, len, part);
		used += (size_t)snprintf(out + used, PATH_MAX - used, "%s%s", used == 0 ? "" : "/",
		    part);
		path += len;
		if (*path == '\0')
			break;
		path++;
		next = __real_openat(here, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (here != fd)
			close(here);
		if ((here = next) == -1) {
			snprintf(out + used, PATH_MAX - used, "/%s", path);
			return out;
		}
	}
	if (here != fd)
		close(here);
	return out;
}

int
__wrap_openat(int fd, const char *path, int flags, ...)
{
	char real[PATH_MAX];
	mode_t mode = 0;
	va_list ap;

	if ((flags & O_CREAT) != 0) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
	}
	return __real_openat(fd, meant(fd, path, real), flags, mode);
}

int
__wrap_fstatat(int fd, const char *path, struct stat *st, int flags)
{
	char real[PATH_MAX];

	return __real_fstatat(fd, meant(fd, path, real), st, flags);
}

int
__wrap_renameat(int from, const char *name, int to, const char *newname)
{
	char a[PATH_MAX], b[PATH_MAX];

	step();
	return __real_renameat(from, meant(from, name, a), to, meant(to, newname, b));
}

int
__wrap_linkat(int from, const char *name, int to, const char *newname, int flags)
{
	char a[PATH_MAX], b[PATH_MAX];

	step();
	return __real_linkat(from, meant(from, name, a), to, meant(to, newname, b), flags);
}

int
__wrap_mkdirat(int fd, const char *path, mode_t mode)
{
	char real[PATH_MAX];

	step();
	return __real_mkdirat(fd, meant(fd, path, real), mode);
}

int
__wrap_unlinkat(int fd, const char *path, int flags)
{
	char real[PATH_MAX];

	step();
	return __real_unlinkat(fd, meant(fd, path, real), flags);
}

/* Callers pass the arguments of their call; this passes six on, as the C library does. */
__attribute__((no_sanitize("address"))) long
__wrap_syscall(long number, ...)
{
	char real[PATH_MAX];
	va_list ap;
	long a[6];

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (number == SYS_openat2)
		return __real_syscall(number, a[0], meant((int)a[0], (const char *)a[1], real),
		    a[2], a[3]);
	return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* The tests end processes and don't simulate a power failure: nothing has to reach a disk. */
int
__wrap_fsync(int fd)
{
	(void)fd;
	return 0;
}

int
__wrap_syncfs(int fd)
{
	(void)fd;
	return 0;
}
