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

static struct dir *
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
	return d;
}

struct dir *
dir_open(const char *path, struct err *e)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1) {
		err_set(e, ERR_IO, "%s", path);
		return NULL;
	}
	return dir_wrap(fd, path, e);
}

/* Make one directory, durably; one that is there is as good. */
static int
make_one(char *path, mode_t mode)
{
	char *slash = strrchr(path, '/');
	int fd, rc;

	if (mkdir(path, mode) == -1)
		return errno == EEXIST ? 0 : -1;
	if (slash == NULL)
		fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	else {
		*slash = '\0';
		fd = open(slash == path ? "/" : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		*slash = '/';
	}
	if (fd == -1)
		return -1;
	rc = fsync(fd);
	close(fd);
	return rc;
}

/*
 * mkdir -p: up to the nearest part that is there or can be made, and down again.  Each part is
 * tried once on the way down, because nothing can be made in a part that only seems to be there (a
 * link to nowhere) or that somebody removes meanwhile.  A failure leaves path cut behind the part
 * that can't be made.
 */
static int
make_path(char *path, mode_t mode)
{
	size_t len = strlen(path), at;
	char *slash;

	while (make_one(path, mode) == -1) {
		if (errno != ENOENT || (slash = strrchr(path, '/')) == NULL || slash == path)
			return -1;
		*slash = '\0';
	}
	while ((at = strlen(path)) < len) {
		path[at] = '/';
		if (make_one(path, mode) == -1)
			return -1;
	}
	return 0;
}

/* Whether path is a symbolic link whose target isn't there. */
static bool
leads_nowhere(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISLNK(st.st_mode) && stat(path, &st) == -1 &&
	    errno == ENOENT;
}

/* Fill in e; part: as make_path() left it. */
static void
make_fail(const char *path, char *part, struct err *e)
{
	int saved = errno;
	char *slash;

	while (!leads_nowhere(part) && (slash = strrchr(part, '/')) != NULL && slash != part)
		*slash = '\0';
	if (leads_nowhere(part)) {
		err_setx(e, ERR_UNSAFE,
		    "make directory %s: %s is a symbolic link to nothing; is its disk mounted?",
		    path, part);
		return;
	}
	errno = saved;
	err_set(e, ERR_IO, "make directory %s", path);
}

struct dir *
dir_make(const char *path, unsigned mode, struct err *e)
{
	char copy[PATH_MAX];
	size_t len = strlen(path);

	if (len == 0 || len >= sizeof copy) {
		err_setx(e, ERR_TOO_LARGE, "directory name of %zu bytes", len);
		return NULL;
	}
	memcpy(copy, path, len + 1);
	while (len > 1 && copy[len - 1] == '/')
		copy[--len] = '\0';
	if (make_path(copy, mode) == -1 || leads_nowhere(copy)) {
		make_fail(path, copy, e);
		return NULL;
	}
	return dir_open(path, e);
}

struct dir *
dir_below(struct dir *d, const char *name, bool make, struct err *e)
{
	char path[FILE_SHOWN_MAX], part[PATH_MAX];
	int fd;

	fd = file_open_at(d, name, O_RDONLY | O_DIRECTORY, 0);
	for (const char *p = name; fd == -1 && errno == ENOENT && make && *p != '\0';) {
		const char *leaf;
		int parent;

		p += strcspn(p, "/");
		snprintf(part, sizeof part, "%.*s", (int)(p - name), name);
		if ((parent = file_open_parent(d, part, &leaf)) == -1)
			break;
		if (mkdirat(parent, leaf, 0755) == 0) {
			/* Despite the umask: programs of other users read installed files. */
			if (fchmodat(parent, leaf, 0755, 0) == -1 || fsync(parent) == -1) {
				close(parent);
				break;
			}
		} else if (errno != EEXIST) {
			int saved = errno;

			close(parent);
			errno = saved;
			break;
		}
		close(parent);
		errno = ENOENT;
		if (*p == '\0')
			fd = file_open_at(d, name, O_RDONLY | O_DIRECTORY, 0);
		else
			p++;
	}
	if (fd == -1) {
		file_fail(d, name, e);
		return NULL;
	}
	return dir_wrap(fd, file_shown(d, name, path), e);
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
	if (fsync(d->fd) == -1)
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
	room->bytes = (uint64_t)v.f_bavail * v.f_frsize;
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
