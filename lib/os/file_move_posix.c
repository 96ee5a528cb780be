/* SPDX-License-Identifier: ISC */
/*
 * Second names, moves without a sync each, and room, on POSIX systems: what a transaction over many
 * files needs.
 */
#include "lib/os/file_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* Both ends of a link or move.  0, or -1 with e filled in and nothing open. */
struct ends {
	int from, to;
	const char *name, *newname;
};

static int
ends_open(struct ends *n, struct dir *from, const char *name, struct dir *to, const char *newname,
    struct err *e)
{
	if ((n->from = file_open_parent(from, name, &n->name)) == -1)
		return file_fail(from, name, e);
	if ((n->to = file_open_parent(to, newname, &n->newname)) == -1) {
		file_fail(to, newname, e);
		close(n->from);
		return -1;
	}
	return 0;
}

static void
ends_close(struct ends *n)
{
	int saved = errno;

	close(n->from);
	close(n->to);
	errno = saved;
}

int
file_link(struct dir *from, const char *name, struct dir *to, const char *newname, struct err *e)
{
	struct ends n;
	int rc;

	if (ends_open(&n, from, name, to, newname, e) == -1)
		return -1;
	rc = linkat(n.from, n.name, n.to, n.newname, 0);
	ends_close(&n);
	if (rc == 0)
		return 1;
	/*
	 * Another file system, one without links, a full link count, or
	 * /proc/sys/fs/protected_hardlinks.
	 */
	if (errno == EXDEV || errno == EPERM || errno == EMLINK || errno == EOPNOTSUPP ||
	    errno == ENOSYS)
		return 0;
	return file_fail(to, newname, e);
}

int
file_move(struct dir *from, const char *name, struct dir *to, const char *newname, struct err *e)
{
	struct ends n;
	struct stat st;
	int rc;

	if (ends_open(&n, from, name, to, newname, e) == -1)
		return -1;
	rc = renameat(n.from, n.name, n.to, n.newname);
	if (rc == -1 && errno == ENOENT &&
	    fstatat(n.from, n.name, &st, AT_SYMLINK_NOFOLLOW) == -1 && errno == ENOENT) {
		ends_close(&n);
		return 0;
	}
	ends_close(&n);
	return rc == 0 ? 1 : file_fail(to, newname, e);
}

/*
 * Open an existing regular file, so that what is done to it can't be done to what a link points at.
 */
static int
open_file(struct dir *d, const char *name, struct err *e)
{
	int fd = file_open_at(d, name, O_RDONLY | O_NONBLOCK | O_NOFOLLOW, 0);
	struct stat st;

	if (fd == -1)
		return file_fail(d, name, e);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode))
		return fd;
	close(fd);
	return err_setx(e, ERR_UNSAFE, "%s/%s: want a regular file, got something else", d->path,
	    name);
}

int
file_sync(struct dir *d, const char *name, struct err *e)
{
	int fd = open_file(d, name, e), rc;

	if (fd == -1)
		return -1;
	if ((rc = fsync(fd)) == -1)
		file_fail(d, name, e);
	close(fd);
	return rc;
}

int
file_set_mode(struct dir *d, const char *name, unsigned mode, struct err *e)
{
	int fd = open_file(d, name, e), rc;

	if (fd == -1)
		return -1;
	if ((rc = fchmod(fd, mode)) == -1)
		file_fail(d, name, e);
	close(fd);
	return rc;
}

struct dir *
dir_open_private(struct dir *d, const char *name, struct err *e)
{
	struct dir *opened = dir_below(d, name, false, e);
	struct stat st;

	if (opened == NULL ||
	    (fstat(opened->fd, &st) == 0 && st.st_uid == geteuid() && (st.st_mode & 077) == 0))
		return opened;
	err_setx(e, ERR_UNSAFE, "%s: want a directory of our own that nobody else can enter",
	    opened->path);
	dir_close(opened);
	return NULL;
}

struct dir *
dir_make_private(struct dir *d, const char *name, struct err *e)
{
	if (mkdirat(d->fd, name, 0700) == -1 && errno != EEXIST) {
		file_fail(d, name, e);
		return NULL;
	}
	return dir_open_private(d, name, e);
}

int
dir_unmake(const char *path, unsigned n, struct err *e)
{
	char copy[PATH_MAX], *slash;

	if ((size_t)snprintf(copy, sizeof copy, "%s", path) >= sizeof copy)
		return err_setx(e, ERR_TOO_LARGE, "%.200s...: name too long", path);
	for (; n > 0 && (slash = strrchr(copy, '/')) != NULL && slash != copy; n--) {
		struct dir *parent;
		int rc;

		*slash = '\0';
		if ((parent = dir_open(copy, e)) == NULL) {
			if (e->code == ERR_NOENT)
				continue;
			return -1;
		}
		if ((rc = dir_remove(parent, slash + 1, e)) == 1 && dir_sync(parent, e) == -1)
			rc = -1;
		dir_close(parent);
		if (rc == -1)
			return -1;
	}
	return 0;
}

int
dir_sync_all(struct dir *d, struct err *e)
{
	return syncfs(d->fd) == 0 ? 1 : err_set(e, ERR_IO, "sync the file system of %s", d->path);
}

int
dir_info(struct dir *d, struct file_info *info, struct err *e)
{
	return file_stat(d, "", info, e) == 1 ? 0 : -1;
}

int
dir_room(struct dir *d, struct dir_room *room, struct err *e)
{
	struct statvfs v;

	if (fstatvfs(d->fd, &v) == -1)
		return err_set(e, ERR_IO, "%s", d->path);
	room->bytes = (uint64_t)v.f_bavail * v.f_frsize;
	/* A file system that makes inodes as it needs them states none. */
	room->files = v.f_files == 0 ? UINT64_MAX : v.f_favail;
	return 0;
}

int
dir_check_private(struct dir *d, struct err *e)
{
	struct file_info info;

	if (dir_info(d, &info, e) == -1)
		return -1;
	if ((info.mode & 077) != 0)
		return err_setx(e, ERR_ACCESS,
		    "%s: want a directory that only its owner can enter (chmod 700), got mode %04o",
		    dir_path(d), info.mode);
	return 0;
}
