/* SPDX-License-Identifier: ISC */
/*
 * Preloaded into a program, to break it at a call that changes the disk.  Nothing depends on time.
 *
 *   CUT_AT=N            kill it before its N-th such call, as kill -9 would; of a write() half of
 *                       the bytes are written
 *   STOP_WHEN=FILE      stop it (SIGSTOP) before the first such call that finds this file
 *   FAIL_AT=N           its N-th such call does nothing and fails once ...
 *   FAIL_ERRNO=NUMBER   ... with this error
 *   CUT_LOG=DIR         log new and durable files in DIR/log, with copies, for the simulation of a
 *                       power failure in station.py
 *   CUT_ROOT=DIR        the directory that a sync of the whole file system makes durable
 *   NO_LOCKS=1, NO_DIR_SYNC=1   a file system without locks (ENOLCK), and one that can't flush
 *                       directories (EINVAL)
 *   CUT_COUNT=FILE      append the number of such calls when the program ends
 */
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/openat2.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

static long calls;

static long
number(const char *name)
{
	const char *text = getenv(name);

	return text == NULL ? 0 : strtol(text, NULL, 10);
}

/* The C library's own function of this name. */
static void
real(const char *name, void *to)
{
	void *f = dlsym(RTLD_NEXT, name);

	if (f == NULL)
		abort();
	memcpy(to, &f, sizeof f); /* ISO C has no conversion from an object to a function */
}

__attribute__((destructor)) static void
count(void)
{
	const char *name = getenv("CUT_COUNT");
	FILE *f = name == NULL || calls == 0 ? NULL : fopen(name, "a");

	if (f != NULL) {
		fprintf(f, "%ld\n", calls);
		fclose(f);
	}
}

static void
stop(void)
{
	static int stopped;
	const char *when = getenv("STOP_WHEN");
	int saved = errno;

	if (when != NULL && !stopped && access(when, F_OK) == 0) {
		stopped = 1;
		raise(SIGSTOP);
	}
	errno = saved;
}

/*
 * Called before a call that changes the disk.  Returns whether the call must fail, with errno set.
 */
static int
point(void)
{
	calls++;
	stop();
	if (calls == number("CUT_AT"))
		raise(SIGKILL);
	if (calls != number("FAIL_AT"))
		return 0;
	errno = (int)number("FAIL_ERRNO");
	return 1;
}

/* The log of files that survive a power failure. */

static void
log_line(const char *kind, const struct stat *st, int copy)
{
	const char *dir = getenv("CUT_LOG");
	char path[4096];
	FILE *f;

	if (dir == NULL)
		return;
	snprintf(path, sizeof path, "%s/log", dir);
	if ((f = fopen(path, "a")) == NULL)
		abort();
	fprintf(f, "%s %llu %o %d\n", kind, (unsigned long long)st->st_ino, (unsigned)st->st_mode,
	    copy);
	fclose(f);
}

static void
log_new(int fd)
{
	int saved = errno;
	struct stat st;

	if (getenv("CUT_LOG") != NULL && fstat(fd, &st) == 0 && st.st_size == 0)
		log_line("new", &st, 0);
	errno = saved;
}

static FILE *
new_copy(int *number_of)
{
	static int next;
	char path[4096];
	FILE *f;

	*number_of = ++next;
	snprintf(path, sizeof path, "%s/%d", getenv("CUT_LOG"), next);
	if ((f = fopen(path, "w")) == NULL)
		abort();
	return f;
}

static void
log_file(int fd, const struct stat *st)
{
	char data[65536], path[64];
	int copy, in;
	FILE *out = new_copy(&copy);
	ssize_t n;

	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	if ((in = open(path, O_RDONLY | O_CLOEXEC)) == -1)
		abort();
	while ((n = read(in, data, sizeof data)) > 0)
		fwrite(data, 1, (size_t)n, out);
	close(in);
	fclose(out);
	log_line("file", st, copy);
}

static void
log_dir(int fd, const struct stat *st)
{
	int copy, again = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = again == -1 ? NULL : fdopendir(again);
	FILE *out = new_copy(&copy);
	struct dirent *entry;
	struct stat one;

	if (d == NULL)
		abort();
	while ((entry = readdir(d)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0 &&
		    fstatat(fd, entry->d_name, &one, AT_SYMLINK_NOFOLLOW) == 0)
			fprintf(out, "%llu %o %s\n", (unsigned long long)one.st_ino,
			    (unsigned)one.st_mode, entry->d_name);
	closedir(d);
	fclose(out);
	log_line("dir", st, copy);
}

static void
log_durable(int fd)
{
	struct stat st;

	if (getenv("CUT_LOG") == NULL || fstat(fd, &st) == -1)
		return;
	if (S_ISDIR(st.st_mode))
		log_dir(fd, &st);
	else if (S_ISREG(st.st_mode))
		log_file(fd, &st);
}

static int
log_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	int fd;

	(void)at;
	if ((type == FTW_F || type == FTW_D) && (S_ISREG(st->st_mode) || S_ISDIR(st->st_mode)) &&
	    (fd = open(path, O_RDONLY | O_CLOEXEC)) != -1) {
		log_durable(fd);
		close(fd);
	}
	return 0;
}

/* The calls. */

EXPORT ssize_t
write(int fd, const void *data, size_t len)
{
	ssize_t (*call)(int, const void *, size_t);
	struct stat st;

	real("write", &call);
	if (fd <= STDERR_FILENO || fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		return call(fd, data, len);
	if (calls + 1 == number("CUT_AT"))
		call(fd, data, len / 2);
	return point() ? -1 : call(fd, data, len);
}

EXPORT int
openat(int dir, const char *name, int flags, ...)
{
	int (*call)(int, const char *, int, ...), fd;
	mode_t mode = 0;
	va_list ap;

	real("openat", &call);
	if ((flags & O_CREAT) == 0)
		return call(dir, name, flags);
	va_start(ap, flags);
	mode = va_arg(ap, mode_t);
	va_end(ap);
	if (point())
		return -1;
	if ((fd = call(dir, name, flags, mode)) != -1)
		log_new(fd);
	return fd;
}

EXPORT long
syscall(long which, ...)
{
	long (*call)(long, ...), a[6], rc;
	va_list ap;

	real("syscall", &call);
	va_start(ap, which);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	if (which != SYS_openat2 ||
	    (((const struct open_how *)(uintptr_t)a[2])->flags & O_CREAT) == 0)
		return call(which, a[0], a[1], a[2], a[3], a[4], a[5]);
	if (point())
		return -1;
	if ((rc = call(which, a[0], a[1], a[2], a[3], a[4], a[5])) != -1)
		log_new((int)rc);
	return rc;
}

EXPORT int
fsync(int fd)
{
	int (*call)(int);
	struct stat st;

	real("fsync", &call);
	if (point())
		return -1;
	if (getenv("NO_DIR_SYNC") != NULL && fstat(fd, &st) == 0 && S_ISDIR(st.st_mode)) {
		errno = EINVAL;
		return -1;
	}
	log_durable(fd);
	return call(fd);
}

EXPORT int
flock(int fd, int how)
{
	int (*call)(int, int);

	real("flock", &call);
	if (getenv("NO_LOCKS") == NULL)
		return call(fd, how);
	errno = ENOLCK;
	return -1;
}

EXPORT int
syncfs(int fd)
{
	int (*call)(int);

	real("syncfs", &call);
	if (point())
		return -1;
	if (getenv("CUT_LOG") != NULL && getenv("CUT_ROOT") != NULL)
		nftw(getenv("CUT_ROOT"), log_one, 16, FTW_PHYS);
	return call(fd);
}

EXPORT int
renameat(int from, const char *name, int to, const char *newname)
{
	int (*call)(int, const char *, int, const char *);

	real("renameat", &call);
	return point() ? -1 : call(from, name, to, newname);
}

EXPORT int
renameat2(int from, const char *name, int to, const char *newname, unsigned flags)
{
	int (*call)(int, const char *, int, const char *, unsigned);

	real("renameat2", &call);
	return point() ? -1 : call(from, name, to, newname, flags);
}

EXPORT int
linkat(int from, const char *name, int to, const char *newname, int flags)
{
	int (*call)(int, const char *, int, const char *, int);

	real("linkat", &call);
	return point() ? -1 : call(from, name, to, newname, flags);
}

EXPORT int
unlinkat(int dir, const char *name, int flags)
{
	int (*call)(int, const char *, int);

	real("unlinkat", &call);
	return point() ? -1 : call(dir, name, flags);
}

static int
made_dir(int dir, const char *name, int rc)
{
	struct stat st;

	if (rc == 0 && fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		log_line("new", &st, 0);
	return rc;
}

EXPORT int
mkdirat(int dir, const char *name, mode_t mode)
{
	int (*call)(int, const char *, mode_t);

	real("mkdirat", &call);
	return point() ? -1 : made_dir(dir, name, call(dir, name, mode));
}

EXPORT int
mkdir(const char *name, mode_t mode)
{
	int (*call)(const char *, mode_t);

	real("mkdir", &call);
	return point() ? -1 : made_dir(AT_FDCWD, name, call(name, mode));
}

EXPORT int
fchmod(int fd, mode_t mode)
{
	int (*call)(int, mode_t);

	real("fchmod", &call);
	return point() ? -1 : call(fd, mode);
}

EXPORT int
fchmodat(int dir, const char *name, mode_t mode, int flags)
{
	int (*call)(int, const char *, mode_t, int);

	real("fchmodat", &call);
	return point() ? -1 : call(dir, name, mode, flags);
}

EXPORT int
fchown(int fd, uid_t user, gid_t group)
{
	int (*call)(int, uid_t, gid_t);

	real("fchown", &call);
	return point() ? -1 : call(fd, user, group);
}

EXPORT int
ftruncate(int fd, off_t len)
{
	int (*call)(int, off_t);

	real("ftruncate", &call);
	return point() ? -1 : call(fd, len);
}
