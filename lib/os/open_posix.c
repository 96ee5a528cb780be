/* SPDX-License-Identifier: ISC */
/* Opening what a name below a directory stands for, on POSIX systems. */
#include "lib/os/open_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>
#include <linux/openat2.h>

/* Not in the headers of Linux that Debian 12 has. */
#ifndef EXFAT_SUPER_MAGIC
#define EXFAT_SUPER_MAGIC 0x2011bab0
#endif

static atomic_bool modes_lost, syncs_lost;

bool
file_modes_lost(void)
{
	return atomic_load(&modes_lost);
}

bool
dir_sync_lost(void)
{
	return atomic_load(&syncs_lost);
}

int
file_sync_names(int dirfd)
{
	if (fsync(dirfd) == 0)
		return 0;
	if (errno != EINVAL && errno != EOPNOTSUPP && errno != ENOSYS)
		return -1;
	atomic_store(&syncs_lost, true);
	return 0;
}

bool
file_modes_fixed(int fd)
{
	static const unsigned long types[] = { MSDOS_SUPER_MAGIC, EXFAT_SUPER_MAGIC };
	struct statfs fs;

	if (fstatfs(fd, &fs) == -1)
		return false;
	for (size_t i = 0; i < N(types); i++)
		if ((unsigned long)fs.f_type == types[i])
			return true;
	return false;
}

bool
file_modes_kept(struct dir *d)
{
	return !file_modes_fixed(d->fd);
}

int
file_change_mode(int fd, mode_t mode)
{
	struct stat st;

	if (fchmod(fd, mode) == 0)
		return 0;
	/* Neither an owner nor root is refused by a file system that keeps modes. */
	if ((errno != EPERM && errno != EOPNOTSUPP && errno != EINVAL && errno != ENOSYS) ||
	    fstat(fd, &st) == -1 ||
	    (st.st_uid != geteuid() && geteuid() != 0 && !file_modes_fixed(fd)))
		return -1;
	atomic_store(&modes_lost, true);
	return 0;
}

void
file_drop(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
}

int
file_fail(const struct dir *d, const char *name, struct err *e)
{
	char where[FILE_SHOWN_MAX];
	int saved = errno;

	file_shown(d, name, where);
	if (d != NULL && (saved == ELOOP || saved == EXDEV))
		return err_setx(e, ERR_UNSAFE, "%s: a symbolic link stands in the way", where);
	if (saved == ENOTDIR)
		return err_setx(e, ERR_UNSAFE, "%s: something in the way is not a directory",
		    where);
	errno = saved;
	return err_set(e, ERR_IO, "%s", where);
}

/* For kernels without openat2: component by component, none of them a link. */
int
file_open_walk(int dirfd, const char *name, int flags, mode_t mode)
{
	char part[NAME_MAX + 1];
	int fd = dirfd, next;

	for (;;) {
		const char *slash = strchr(name, '/');
		size_t len = slash == NULL ? strlen(name) : (size_t)(slash - name);

		if (len > NAME_MAX || len == 0 || (len == 2 && memcmp(name, "..", 2) == 0)) {
			errno = len > NAME_MAX ? ENAMETOOLONG : EXDEV;
			next = -1;
		} else {
			memcpy(part, name, len);
			part[len] = '\0';
			next = slash == NULL
			    ? openat(fd, part, flags | O_NOFOLLOW, mode)
			    : openat(fd, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		}
		if (fd != dirfd)
			file_drop(fd);
		if (next == -1 || slash == NULL)
			return next;
		fd = next;
		name = slash + 1;
	}
}

int
file_open_at(struct dir *d, const char *name, int flags, mode_t mode)
{
	struct open_how how = { .flags = (uint64_t)(flags | O_CLOEXEC),
		.mode = mode,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS };
	long fd;

	if (d == NULL)
		return open(name, flags | O_CLOEXEC, mode);
	/* EAGAIN: a rename elsewhere raced with the walk; the kernel asks to try again. */
	for (int tries = 0; tries < 100; tries++) {
		fd = syscall(SYS_openat2, d->fd, name, &how, sizeof how);
		if (fd != -1 || errno != EAGAIN)
			break;
	}
	if (fd == -1 && (errno == ENOSYS || errno == EPERM))
		return file_open_walk(d->fd, name, flags | O_CLOEXEC, mode);
	return (int)fd;
}

int
file_open_parent(struct dir *d, const char *name, const char **leaf)
{
	const char *slash = strrchr(name, '/');
	char parent[PATH_MAX];
	size_t len;

	*leaf = slash == NULL ? name : slash + 1;
	if (slash == NULL)
		return d == NULL ? open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
				 : fcntl(d->fd, F_DUPFD_CLOEXEC, 3);
	len = slash == name ? 1 : (size_t)(slash - name);
	if (len >= sizeof parent) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(parent, name, len);
	parent[len] = '\0';
	return file_open_at(d, parent, O_RDONLY | O_DIRECTORY, 0);
}

/* O_NONBLOCK, so that opening a FIFO doesn't wait for its other end. */
int
file_open_regular(struct dir *d, const char *name, int flags, struct stat *st, struct err *e)
{
	char where[FILE_SHOWN_MAX];
	int fd = file_open_at(d, name, flags | O_NONBLOCK, 0);

	if (fd == -1)
		return file_fail(d, name, e);
	if (fstat(fd, st) == -1) {
		file_fail(d, name, e);
		close(fd);
		return -1;
	}
	if (!S_ISREG(st->st_mode)) {
		close(fd);
		return err_setx(e, ERR_UNSAFE, "%s: want a regular file, got something else",
		    file_shown(d, name, where));
	}
	return fd;
}
