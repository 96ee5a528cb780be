/* SPDX-License-Identifier: ISC */
/* Directories on POSIX systems. */
#include "lib/os/open_posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define NOWHERE "is a symbolic link to nothing; is its disk mounted?"

struct dir *
dir_wrap(int fd, const char *path, struct err *e)
{
	struct dir *d = malloc(sizeof *d);

	if (d == NULL || (d->path = strdup(path)) == NULL) {
		free(d);
		close(fd);
		err_nomem(e);
		return NULL;
	}
	d->fd = fd;
	d->shared = false;
	d->gid = 0;
	return d;
}

/* Whether path is a symbolic link whose target isn't there. */
static bool
leads_nowhere(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && stat(path, &st) == -1 &&
	    errno == ENOENT;
}

struct dir *
dir_open(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd != -1)
		return dir_wrap(fd, path, e);
	if (errno == ENOENT && leads_nowhere(path))
		err_setx(e, ERR_NOENT, "%s: " NOWHERE, path);
	else
		err_set(e, ERR_IO, "%s", path);
	return NULL;
}

#define OPEN_DIRECTORY (O_RDONLY | O_DIRECTORY | O_CLOEXEC)

int
dir_make_in(int parent, const char *leaf, mode_t mode, bool sync)
{
	bool made = mkdirat(parent, leaf, mode) == 0;
	struct stat st;
	int fd;

	if (!made && errno != EEXIST)
		return -1;
	if ((fd = openat(parent, leaf, OPEN_DIRECTORY | O_NOFOLLOW)) == -1 &&
	    (errno == ENOTDIR || errno == ELOOP) &&
	    fstatat(parent, leaf, &st, AT_SYMLINK_NOFOLLOW) == 0)
		errno = S_ISLNK(st.st_mode) ? EXDEV : ENOTDIR;
	if (fd == -1 || !made)
		return fd;
	if (fstat(fd, &st) == 0 &&
	    (st.st_uid != geteuid() || (st.st_mode & 0777) == mode ||
		file_change_mode(fd, mode | (st.st_mode & S_ISGID)) == 0) &&
	    (!sync || file_sync_names(parent) == 0))
		return fd;
	file_drop(fd);
	return -1;
}

/*
 * mkdir -p, and the last directory as a descriptor.  Links of the path are followed where they lead
 * to something.  path is changed and restored on the way.  -1 with errno.
 */
static int
make_path(char *path, mode_t mode)
{
	int fd = open(path, OPEN_DIRECTORY), parent;
	char *slash = strrchr(path, '/');
	const char *leaf = slash == NULL ? path : slash + 1;

	if (fd != -1 || errno != ENOENT || *path == '\0')
		return fd;
	if (slash == NULL || slash == path) {
		parent = open(slash == NULL ? "." : "/", OPEN_DIRECTORY);
	} else {
		*slash = '\0';
		parent = make_path(path, mode);
		*slash = '/';
	}
	if (parent == -1 || *leaf == '\0')
		return parent;
	fd = dir_make_in(parent, leaf, mode, true);
	file_drop(parent);
	return fd;
}

/* Fill in e from errno; part: the path, for this function to cut. */
static void
make_fail(const char *path, char *part, struct err *e)
{
	int saved = errno;
	char *slash;

	while (!leads_nowhere(part) && (slash = strrchr(part, '/')) != NULL && slash != part)
		*slash = '\0';
	if (leads_nowhere(part)) {
		err_setx(e, ERR_UNSAFE, "make directory %s: %s " NOWHERE, path, part);
		return;
	}
	errno = saved;
	if (errno == EXDEV)
		err_setx(e, ERR_UNSAFE, "make directory %s: a symbolic link stands in the way",
		    path);
	else
		err_set(e, ERR_IO, "make directory %s", path);
}

struct dir *
dir_make(const char *path, unsigned mode, struct err *e)
{
	char copy[PATH_MAX];
	size_t len = strlen(path);
	int fd;

	if (len == 0 || len >= sizeof copy) {
		err_setx(e, ERR_TOO_LARGE, "directory name of %zu bytes", len);
		return NULL;
	}
	memcpy(copy, path, len + 1);
	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	if ((fd = make_path(copy, mode)) != -1)
		return dir_wrap(fd, path, e);
	make_fail(path, copy, e);
	return NULL;
}

/* A directory on the way, which may have been there; only its maker may give it away. */
static int
share_made(const struct dir *d, int fd)
{
	struct stat st;

	if (!d->shared)
		return 0;
	if (fstat(fd, &st) == -1)
		return -1;
	return st.st_uid != geteuid() ? 0 : file_share_new(d, fd, 02775);
}

/* Make a directory below d, and its missing parents.  -1 with errno. */
static int
make_below(struct dir *d, const char *name, bool sync)
{
	int here = fcntl(d->fd, F_DUPFD_CLOEXEC, 3), next;
	char part[NAME_MAX + 1];

	for (const char *p = name; here != -1; p++) {
		size_t len = strcspn(p, "/");

		if (len > NAME_MAX || len == 0 || (len == 2 && memcmp(p, "..", 2) == 0)) {
			errno = len > NAME_MAX ? ENAMETOOLONG : EXDEV;
			next = -1;
		} else {
			memcpy(part, p, len);
			part[len] = '\0';
			next = dir_make_in(here, part, file_share_mode(d, 0755), sync);
			if (next != -1 && share_made(d, next) == -1) {
				file_drop(next);
				next = -1;
			}
		}
		p += len;
		file_drop(here);
		here = next;
		if (*p == '\0')
			break;
	}
	return here;
}

/* What is below a shared directory is shared. */
static struct dir *
below_of(const struct dir *d, struct dir *below)
{
	if (d != NULL && below != NULL) {
		below->shared = d->shared;
		below->gid = d->gid;
	}
	return below;
}

struct dir *
dir_below(struct dir *d, const char *name, bool make, struct err *e)
{
	char path[FILE_SHOWN_MAX];
	int fd = file_open_at(d, name, O_RDONLY | O_DIRECTORY, 0);

	if (fd == -1 && errno == ENOENT && make && d != NULL)
		fd = make_below(d, name, true);
	if (fd == -1) {
		file_fail(d, name, e);
		return NULL;
	}
	return below_of(d, dir_wrap(fd, file_shown(d, name, path), e));
}

int
dir_make_below(struct dir *d, const char *name, struct err *e)
{
	int fd = file_open_at(d, name, O_RDONLY | O_DIRECTORY, 0);

	if (fd == -1 && errno == ENOENT)
		fd = make_below(d, name, false);
	if (fd == -1)
		return file_fail(d, name, e);
	close(fd);
	return 0;
}

void
dir_close(struct dir *d)
{
	if (d == NULL)
		return;
	close(d->fd);
	free(d->path);
	free(d);
}

const char *
dir_path(const struct dir *d)
{
	return d->path;
}

int
dir_sync(struct dir *d, struct err *e)
{
	if (file_sync_names(d->fd) == -1)
		return err_set(e, ERR_IO, "sync %s", d->path);
	return 0;
}

int
dir_names(struct dir *d, struct strings *names, struct err *e)
{
	int fd = openat(d->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc = 0;
	struct dirent *entry;
	DIR *dp;

	if (fd == -1 || (dp = fdopendir(fd)) == NULL) {
		err_set(e, ERR_IO, "%s", d->path);
		if (fd != -1)
			close(fd);
		return -1;
	}
	while (errno = 0, rc == 0 && (entry = readdir(dp)) != NULL)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			rc = strings_add(names, entry->d_name, e);
	if (rc == 0 && errno != 0)
		rc = err_set(e, ERR_IO, "%s", d->path);
	closedir(dp);
	return rc;
}

/*
 * Whether fd is a directory of this user that nobody else can enter.  On a file system whose owners
 * and modes are fixed, whoever can change this directory can change everything there.
 */
static bool
is_private(int fd)
{
	struct stat st;

	if (fstat(fd, &st) == -1)
		return false;
	return (st.st_uid == geteuid() && (st.st_mode & 077) == 0) || file_modes_fixed(fd);
}

static struct dir *
private_only(int fd, struct dir *d, const char *name, struct err *e)
{
	char path[FILE_SHOWN_MAX];

	if (fd == -1) {
		file_fail(d, name, e);
		return NULL;
	}
	file_shown(d, name, path);
	if (is_private(fd))
		return dir_wrap(fd, path, e);
	err_setx(e, ERR_UNSAFE, "%s: want a directory of our own that nobody else can enter", path);
	close(fd);
	return NULL;
}

struct dir *
dir_open_private(struct dir *d, const char *name, struct err *e)
{
	return private_only(file_open_at(d, name, O_RDONLY | O_DIRECTORY, 0), d, name, e);
}

struct dir *
dir_make_private(struct dir *d, const char *name, struct err *e)
{
	return private_only(dir_make_in(d->fd, name, 0700, true), d, name, e);
}

int64_t
dir_changed(struct dir *d)
{
	struct stat st;

	return fstat(d->fd, &st) == -1
	    ? 0
	    : (int64_t)st.st_mtim.tv_sec * 1000000000 + st.st_mtim.tv_nsec;
}

int
dir_sync_all(struct dir *d, struct err *e)
{
	return syncfs(d->fd) == 0 ? 1 : err_set(e, ERR_IO, "sync the file system of %s", d->path);
}

int
dir_room(struct dir *d, struct dir_room *room, struct err *e)
{
	struct statvfs v;

	if (fstatvfs(d->fd, &v) == -1)
		return err_set(e, ERR_IO, "%s", d->path);
	/* A file system that doesn't know its size states 0 for it. */
	room->bytes = v.f_blocks == 0 ? UINT64_MAX : (uint64_t)v.f_bavail * v.f_frsize;
	/* A file system without a fixed number of inodes states 0. */
	room->files = v.f_files == 0 ? UINT64_MAX : v.f_favail;
	return 0;
}

int
dir_check_private(struct dir *d, struct err *e)
{
	struct stat st;

	if (fstat(d->fd, &st) == -1)
		return err_set(e, ERR_IO, "%s", d->path);
	if ((st.st_mode & 077) != 0)
		return err_setx(e, ERR_ACCESS,
		    "%s: want a directory that only its owner can enter (chmod 700), got mode %04o",
		    d->path, (unsigned)st.st_mode & 07777);
	return 0;
}
