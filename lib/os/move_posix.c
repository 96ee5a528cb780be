/* SPDX-License-Identifier: ISC */
/* The names of files on POSIX systems. */
#include "lib/os/move.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "lib/os/open_posix.h"

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

int
file_rename(struct dir *from, const char *name, struct dir *to, const char *newname, struct err *e)
{
	struct ends n;
	int rc = 0;

	if (ends_open(&n, from, name, to, newname, e) == -1)
		return -1;
	if (renameat(n.from, n.name, n.to, n.newname) == -1 || file_sync_names(n.to) == -1 ||
	    file_sync_names(n.from) == -1)
		rc = file_fail(to, newname, e);
	ends_close(&n);
	return rc;
}

int
file_sync(struct dir *d, const char *name, struct err *e)
{
	struct stat st;
	int fd = file_open_regular(d, name, O_RDONLY | O_NOFOLLOW, &st, e), rc;

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
	struct stat st;
	int fd = file_open_regular(d, name, O_RDONLY | O_NOFOLLOW, &st, e), rc;

	if (fd == -1)
		return -1;
	if ((rc = file_change_mode(fd, mode)) == -1)
		file_fail(d, name, e);
	close(fd);
	return rc;
}

int
file_set_list(struct dir *d, const char *name, struct dir *root, const char *path, bool keep,
    struct err *e)
{
	(void)d;
	(void)name;
	(void)root;
	(void)path;
	(void)keep;
	(void)e;
	return 0;
}

static int
unlink_at(struct dir *d, const char *name, int flags, struct err *e)
{
	const char *leaf;
	int parent, rc;

	if ((parent = file_open_parent(d, name, &leaf)) == -1)
		return errno == ENOENT || errno == ENOTDIR ? 0 : file_fail(d, name, e);
	rc = unlinkat(parent, leaf, flags) == 0 ? 1 : -1;
	if (rc == -1 &&
	    (errno == ENOENT ||
		(flags != 0 && (errno == ENOTDIR || errno == ENOTEMPTY || errno == EEXIST))))
		rc = 0;
	if (rc == -1)
		file_fail(d, name, e);
	close(parent);
	return rc;
}

int
file_remove(struct dir *d, const char *name, struct err *e)
{
	return unlink_at(d, name, 0, e);
}

int
dir_remove(struct dir *d, const char *name, struct err *e)
{
	return unlink_at(d, name, AT_REMOVEDIR, e);
}
