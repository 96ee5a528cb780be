/* SPDX-License-Identifier: ISC */
/*
 * Directories and names of files on POSIX systems.
 */
#include "lib/os/file_posix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <linux/openat2.h>

const char *
file_shown(const struct dir *d, const char *name, char out[PATH_MAX])
{
	if (d == NULL || name[0] == '/')
		snprintf(out, PATH_MAX, "%s", name);
	else
		snprintf(out, PATH_MAX, "%s/%s", d->path, name);
	return out;
}

int
file_fail(const struct dir *d, const char *name, struct err *e)
{
	char where[PATH_MAX];
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
		if (fd != dirfd) {
			int saved = errno;

			close(fd);
			errno = saved;
		}
		if (next == -1 || slash == NULL)
			return next;
		fd = next;
		name = slash + 1;
	}
}

/* Open name below d as file.h promises, or as a plain path where d is NULL. */
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

/* The directory that holds name (which must be closed unless it is d's own), and its last part. */
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

/* mkdir -p, each new entry made durable.  path is changed and restored on the way. */
static int
make_path(char *path, mode_t mode)
{
	char *slash;
	int fd;

	if (mkdir(path, mode) == 0) {
		slash = strrchr(path, '/');
		if (slash == NULL)
			fd = open(".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		else {
			*slash = '\0';
			fd = open(slash == path ? "/" : path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
			*slash = '/';
		}
		if (fd == -1 || fsync(fd) == -1) {
			if (fd != -1)
				close(fd);
			return -1;
		}
		close(fd);
		return 0;
	}
	if (errno == EEXIST)
		return 0;
	if (errno != ENOENT || (slash = strrchr(path, '/')) == NULL || slash == path)
		return -1;
	*slash = '\0';
	if (make_path(path, mode) == -1) {
		*slash = '/';
		return -1;
	}
	*slash = '/';
	return make_path(path, mode);
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
	if (make_path(copy, mode) == -1) {
		err_set(e, ERR_IO, "make directory %s", path);
		return NULL;
	}
	return dir_open(path, e);
}

struct dir *
dir_below(struct dir *d, const char *name, bool make, struct err *e)
{
	char path[PATH_MAX], part[PATH_MAX];
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
			/* Whatever the umask: a program of another user reads what is installed. */
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

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
names_free(char **names, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

static int
names_read(struct dir *d, char ***names, size_t *n, struct err *e)
{
	size_t room = 0;
	struct dirent *entry;
	DIR *dp;
	int fd = openat(d->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1 || (dp = fdopendir(fd)) == NULL) {
		err_set(e, ERR_IO, "%s", d->path);
		if (fd != -1)
			close(fd);
		return -1;
	}
	while (errno = 0, (entry = readdir(dp)) != NULL) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (*n == room) {
			char **more = realloc(*names, (room * 2 + 16) * sizeof **names);

			if (more == NULL)
				break;
			*names = more;
			room = room * 2 + 16;
		}
		if (((*names)[*n] = strdup(entry->d_name)) == NULL)
			break;
		++*n;
	}
	if (entry != NULL || errno != 0) {
		err_set(e, entry != NULL ? ERR_NOMEM : ERR_IO, "%s", d->path);
		closedir(dp);
		return -1;
	}
	closedir(dp);
	return 0;
}

int
dir_list(struct dir *d, int (*each)(void *arg, const char *name, struct err *e), void *arg,
    struct err *e)
{
	char **names = NULL;
	size_t n = 0;
	int rc = names_read(d, &names, &n, e);

	if (rc == 0 && n > 0)
		qsort(names, n, sizeof *names, by_bytes);
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = each(arg, names[i], e) == -1 ? -1 : 0;
	names_free(names, n);
	return rc;
}

static void
info_of(const struct stat *st, struct file_info *info)
{
	info->type = S_ISREG(st->st_mode) ? FILE_REGULAR
	    : S_ISDIR(st->st_mode)	  ? FILE_DIRECTORY
	    : S_ISLNK(st->st_mode)	  ? FILE_LINK
					  : FILE_OTHER;
	info->size = (uint64_t)st->st_size;
	info->mode = st->st_mode & 07777;
	info->mtime_ns = (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;
	info->inode = st->st_ino;
	info->device = st->st_dev;
	info->uid = st->st_uid;
}

int
file_stat(struct dir *d, const char *name, struct file_info *info, struct err *e)
{
	const char *leaf;
	struct stat st;
	int fd, rc, saved;

	if ((fd = file_open_parent(d, name, &leaf)) == -1)
		return errno == ENOENT || errno == ENOTDIR ? 0 : file_fail(d, name, e);
	rc = fstatat(fd, *leaf == '\0' ? "." : leaf, &st, AT_SYMLINK_NOFOLLOW);
	saved = errno;
	close(fd);
	errno = saved;
	if (rc == -1)
		return errno == ENOENT ? 0 : file_fail(d, name, e);
	info_of(&st, info);
	return 1;
}

static int64_t
nanoseconds(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
}

void
file_stamp(const char *path, struct file_stamp *out)
{
	struct timespec now;
	struct stat st;

	*out = (struct file_stamp){ .settled = true };
	if (stat(path, &st) == -1)
		return;
	clock_gettime(CLOCK_REALTIME_COARSE, &now); /* as the kernel does for a file's times */
	out->there = true;
	out->device = st.st_dev;
	out->inode = st.st_ino;
	out->size = (uint64_t)st.st_size;
	out->mode = st.st_mode;
	out->mtime_ns = nanoseconds(&st.st_mtim);
	out->ctime_ns = nanoseconds(&st.st_ctim);
	out->settled = out->ctime_ns + 1000000000 < nanoseconds(&now);
}

bool
file_stamp_same(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->settled && b->settled && a->there == b->there && a->device == b->device &&
	    a->inode == b->inode && a->size == b->size && a->mode == b->mode &&
	    a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}
