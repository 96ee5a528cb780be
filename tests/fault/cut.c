/*
 * Preloaded into a program: kill it at the CUT_AT-th call that changes the disk, as a power cut or kill -9
 * would, before the call; of a write() half of the bytes still get through.  Nothing depends on time.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define EXPORT	__attribute__((visibility("default")))

/* Calls left until the end; 0: none was asked for. */
static long
left(void)
{
	static long n = -1;
	const char *text;

	if (n == -1)
		n = (text = getenv("CUT_AT")) == NULL ? 0 : strtol(text, NULL, 10);
	return n == 0 ? 0 : n--;
}

static void
cut(void)
{
	if (left() == 1)
		raise(SIGKILL);
}

/* The C library's own function of this name. */
static void
real(const char *name, void *to)
{
	void *f = dlsym(RTLD_NEXT, name);

	if (f == NULL)
		abort();
	memcpy(to, &f, sizeof f);	/* ISO C has no conversion from an object to a function */
}

EXPORT ssize_t
write(int fd, const void *data, size_t len)
{
	ssize_t (*call)(int, const void *, size_t);
	struct stat st;

	real("write", &call);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && left() == 1) {
		call(fd, data, len / 2);
		raise(SIGKILL);
	}
	return call(fd, data, len);
}

EXPORT int
openat(int dir, const char *name, int flags, ...)
{
	int (*call)(int, const char *, int, ...);
	mode_t mode = 0;
	va_list ap;

	real("openat", &call);
	if ((flags & O_CREAT) != 0) {
		va_start(ap, flags);
		mode = va_arg(ap, mode_t);
		va_end(ap);
		cut();
	}
	return call(dir, name, flags, mode);
}

EXPORT int
fsync(int fd)
{
	int (*call)(int);

	real("fsync", &call);
	cut();
	return call(fd);
}

EXPORT int
renameat(int from, const char *name, int to, const char *newname)
{
	int (*call)(int, const char *, int, const char *);

	real("renameat", &call);
	cut();
	return call(from, name, to, newname);
}

EXPORT int
renameat2(int from, const char *name, int to, const char *newname, unsigned flags)
{
	int (*call)(int, const char *, int, const char *, unsigned);

	real("renameat2", &call);
	cut();
	return call(from, name, to, newname, flags);
}

EXPORT int
unlinkat(int dir, const char *name, int flags)
{
	int (*call)(int, const char *, int);

	real("unlinkat", &call);
	cut();
	return call(dir, name, flags);
}

EXPORT int
mkdirat(int dir, const char *name, mode_t mode)
{
	int (*call)(int, const char *, mode_t);

	real("mkdirat", &call);
	cut();
	return call(dir, name, mode);
}
