/* SPDX-License-Identifier: ISC */
/*
 * The contents of files on POSIX systems.
 *
 * A file is replaced through a temporary file beside it, ".NAME.new".  The name is fixed, so that a
 * crash leaves at most one and the next replacement removes it; writers of one name hold a lock.
 */
#include "lib/os/open_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sysmacros.h>
#include <time.h>
#include <unistd.h>

int
file_fault(struct err *e, const char *verb, const char *where)
{
	return err_set(e, ERR_IO, "%s %s", verb, where);
}

static int64_t
nanoseconds(const struct timespec *t)
{
	return (int64_t)t->tv_sec * 1000000000 + t->tv_nsec;
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
	info->mtime_ns = nanoseconds(&st->st_mtim);
	info->inode = st->st_ino;
	info->device = st->st_dev;
	info->uid = st->st_uid;
	info->gid = st->st_gid;
	info->elsewhere = false;
}

int
file_stat(struct dir *d, const char *name, struct file_info *info, struct err *e)
{
	const char *leaf;
	struct stat st;
	/* Directly in d there is no way to be opened first. */
	bool direct = d != NULL && *name != '\0' && strchr(name, '/') == NULL;
	int fd, rc, saved;

	if ((fd = direct ? d->fd : file_open_parent(d, name, &leaf)) == -1)
		return errno == ENOENT || errno == ENOTDIR ? 0 : file_fail(d, name, e);
	if (direct)
		leaf = name;
	rc = fstatat(fd, *leaf == '\0' ? "." : leaf, &st, AT_SYMLINK_NOFOLLOW);
	saved = errno;
	if (!direct)
		close(fd);
	errno = saved;
	if (rc == -1)
		return errno == ENOENT ? 0 : file_fail(d, name, e);
	info_of(&st, info);
	return 1;
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

/* In a shared directory somebody may have put a file of another person.  Returns -1. */
static int
not_shared(const struct dir *d, const char *name, struct err *e)
{
	char where[FILE_SHOWN_MAX];

	return err_setx(e, ERR_UNSAFE,
	    "%s: want a file of the group that the directory is shared with, with one name, got "
	    "another one; see who made it, and run 'slipway-repo init --shared' again",
	    file_shown(d, name, where));
}

intptr_t
file_open(struct dir *d, const char *name, bool write, struct file_info *info, struct err *e)
{
	struct stat st;
	int fd = file_open_regular(d, name, write ? O_WRONLY : O_RDONLY, &st, e);

	if (fd == -1)
		return -1;
	if (write && file_share_odd(d, &st)) {
		close(fd);
		return not_shared(d, name, e);
	}
	info_of(&st, info);
	return fd;
}

intptr_t
file_open_new(struct dir *d, const char *name, unsigned mode, struct err *e)
{
	const char *leaf;
	int parent = file_open_parent(d, name, &leaf), fd = -1;

	if (parent == -1 || (unlinkat(parent, leaf, 0) == -1 && errno != ENOENT) ||
	    (fd = openat(parent, leaf, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		 mode & 07777)) == -1)
		file_fail(d, name, e);
	else if (file_share_new(d, fd, file_share_mode(d, mode)) == -1) {
		file_fail(d, name, e);
		close(fd);
		fd = -1;
	} else if (file_share_mode(d, mode) == (mode & 07777)) {
		/* Whatever the umask.  A file system without modes refuses it. */
		(void)fchmod(fd, mode & 07777);
	}
	if (parent != -1)
		close(parent);
	return fd;
}

/*
 * Whether its maker has still to give it to the group.  What holds something isn't given away: in a
 * shared directory somebody may have moved another file here, such as a key, or linked one.
 */
static bool
is_new_lock(const struct stat *st)
{
	return st->st_uid == geteuid() && st->st_size == 0 && st->st_nlink == 1;
}

intptr_t
file_open_lock(struct dir *d, const char *name, struct err *e)
{
	char where[FILE_SHOWN_MAX];
	struct stat st;
	int fd = file_open_at(d, name, O_RDWR | O_CREAT | O_NONBLOCK, 0600);

	if (fd == -1)
		return file_fail(d, name, e);
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode)) {
		if (is_new_lock(&st) &&
		    file_share_new(d, fd, file_share_mode(d, 0600 | FILE_FOR_GROUP)) == -1) {
			file_fail(d, name, e);
			close(fd);
			return -1;
		}
		if (fstat(fd, &st) == 0 && !file_share_odd(d, &st))
			return fd;
		close(fd);
		return not_shared(d, name, e);
	}
	close(fd);
	return err_setx(e, ERR_UNSAFE, "%s: want a regular file to lock, got something else",
	    file_shown(d, name, where));
}

int
file_try_lock(intptr_t f)
{
	int rc;

	do
		rc = flock((int)f, LOCK_EX | LOCK_NB);
	while (rc == -1 && errno == EINTR);
	return rc == 0 ? 1 : errno == EWOULDBLOCK ? 0 : -1;
}

int
file_check_secret(intptr_t f, const struct file_info *info, const char *where, struct err *e)
{
	(void)f;
	if ((info->mode & 077) != 0)
		return err_setx(e, ERR_ACCESS,
		    "%s: want a file that only its owner can read (chmod 600), got mode %04o",
		    where, info->mode);
	if (info->uid != geteuid() && info->uid != 0)
		return err_setx(e, ERR_ACCESS,
		    "%s: want a file of user %u or root, got one of user %u", where,
		    (unsigned)geteuid(), (unsigned)info->uid);
	return 0;
}

int
file_read_some(intptr_t f, void *data, size_t len, size_t *got)
{
	ssize_t n;

	do
		n = read((int)f, data, len);
	while (n == -1 && errno == EINTR);
	*got = n == -1 ? 0 : (size_t)n;
	return n == -1 ? -1 : 0;
}

int
file_write_all(intptr_t f, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len > 0) {
		ssize_t n = write((int)f, p, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
file_seek(intptr_t f, uint64_t at)
{
	if (at > INT64_MAX) {
		errno = EOVERFLOW;
		return -1;
	}
	return lseek((int)f, (off_t)at, SEEK_SET) == -1 ? -1 : 0;
}

int
file_cut(intptr_t f, uint64_t at)
{
	return ftruncate((int)f, (off_t)at) == -1 ? -1 : file_seek(f, at);
}

int
file_flush(intptr_t f)
{
	return fsync((int)f);
}

int
file_close(intptr_t f)
{
	return close((int)f);
}

/* Owner, group and permissions as those of like, as far as this process may give them. */
static int
take_after(int fd, const struct stat *like)
{
	mode_t mode = like->st_mode & 07777;

	if (fchown(fd, like->st_uid, like->st_gid) == 0 || fchown(fd, (uid_t)-1, like->st_gid) == 0)
		return file_change_mode(fd, mode);
	if (errno != EPERM)
		return -1;
	return file_change_mode(fd, (mode & ~(mode_t)070) | ((mode & 07) << 3 & mode));
}

struct content {
	int (*fill)(intptr_t f, void *arg);
	void *arg;
	const struct dir *d; /* or NULL */
};

/* Whether a new file of secrets is as private as it was made. */
static bool
is_kept_private(int fd, unsigned mode)
{
	struct stat st;

	return (mode & 077) != 0 || (fstat(fd, &st) == 0 && (st.st_mode & 077) == 0);
}

/* *open_to_all: the file system doesn't keep a new file private. */
static int
write_temporary(int parent, const char *temp, const struct content *content, unsigned mode,
    const struct stat *like, enum file_put how, bool *open_to_all)
{
	int fd, rc = -1, saved;

	if (unlinkat(parent, temp, 0) == -1 && errno != ENOENT)
		return -1;
	fd = openat(parent, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	*open_to_all = how == FILE_PUT_NEW && !is_kept_private(fd, mode);
	if (!*open_to_all && content->fill(fd, content->arg) == 0 &&
	    (like != NULL ? take_after(fd, like) : file_change_mode(fd, mode)) == 0 &&
	    (like != NULL || file_share_new(content->d, fd, mode) == 0) &&
	    (how == FILE_PUT_FAST || fsync(fd) == 0))
		rc = 0;
	saved = errno;
	if (close(fd) == -1 && rc == 0) {
		saved = errno;
		rc = -1;
	}
	errno = saved;
	return rc;
}

/*
 * Give temp the name leaf, which nothing has.  File systems without RENAME_NOREPLACE (NFS, CephFS,
 * ZFS before 2.2) have links; those without links (FAT) get an empty file first, which
 * nobody else can make at the same time.
 */
static int
put_new(int parent, const char *temp, const char *leaf)
{
	int fd, saved;

	if (renameat2(parent, temp, parent, leaf, RENAME_NOREPLACE) == 0)
		return 0;
	if (errno != EINVAL && errno != ENOSYS && errno != EOPNOTSUPP)
		return -1;
	if (linkat(parent, temp, parent, leaf, 0) == 0)
		return unlinkat(parent, temp, 0);
	if (errno != EPERM && errno != EOPNOTSUPP && errno != ENOSYS && errno != EMLINK)
		return -1;
	fd = openat(parent, leaf, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	close(fd);
	if (renameat(parent, temp, parent, leaf) == 0)
		return 0;
	saved = errno;
	unlinkat(parent, leaf, 0);
	errno = saved;
	return -1;
}

int
file_put(struct dir *d, const char *name, unsigned mode, enum file_put how,
    int (*fill)(intptr_t f, void *arg), void *arg, struct err *e)
{
	char temp[NAME_MAX + 1], where[FILE_SHOWN_MAX];
	const char *leaf;
	int parent, rc = -1;
	bool sync = how != FILE_PUT_FAST, keep = false, open_to_all = false;
	struct stat like;

	mode = file_share_mode(d, mode);
	if ((parent = file_open_parent(d, name, &leaf)) == -1)
		return file_fail(d, name, e);
	if ((size_t)snprintf(temp, sizeof temp, ".%s.new", leaf) >= sizeof temp) {
		errno = ENAMETOOLONG;
		goto out;
	}
	if (how == FILE_PUT_KEEP) {
		keep = fstatat(parent, leaf, &like, AT_SYMLINK_NOFOLLOW) == 0;
		if (!keep && errno != ENOENT)
			goto out;
		keep = keep && S_ISREG(like.st_mode);
	}
	if (write_temporary(parent, temp, &(struct content){ fill, arg, d }, mode,
		keep ? &like : NULL, how, &open_to_all) == 0 &&
	    (how == FILE_PUT_NEW ? put_new(parent, temp, leaf)
				 : renameat(parent, temp, parent, leaf)) == 0)
		rc = !sync || file_sync_names(parent) == 0 ? 0 : -1;
out:
	if (rc == -1) {
		if (open_to_all)
			err_setx(e, ERR_UNSAFE,
			    "%s: want a file system that keeps a file for its owner alone, got one whose "
			    "files all have the same permissions; choose another directory",
			    file_shown(d, name, where));
		else
			file_fail(d, name, e);
		unlinkat(parent, temp, 0);
	}
	close(parent);
	return rc;
}

/* /proc/locks: "1: FLOCK  ADVISORY  WRITE 4711 08:01:1234 0 EOF", the device in hexadecimal. */
static long
holder_of(const struct stat *st)
{
	FILE *f = fopen("/proc/locks", "re");
	char line[256];
	long found = 0;

	while (f != NULL && found == 0 && fgets(line, sizeof line, f) != NULL) {
		unsigned long disk, part;
		unsigned long long inode;
		long pid;

		if (sscanf(line, "%*[0-9]: FLOCK ADVISORY WRITE %ld %lx:%lx:%llu", &pid, &disk,
			&part, &inode) == 4 &&
		    inode == st->st_ino && disk == major(st->st_dev) && part == minor(st->st_dev) &&
		    pid > 0 && (kill((pid_t)pid, 0) == 0 || errno == EPERM))
			found = pid;
	}
	if (f != NULL)
		fclose(f);
	return found;
}

long
file_lock_holder(struct dir *d, const char *name)
{
	int fd = file_open_at(d, name, O_RDONLY | O_NONBLOCK, 0);
	struct stat st;
	long found = fd != -1 && fstat(fd, &st) == 0 ? holder_of(&st) : 0;

	if (fd != -1)
		close(fd);
	return found;
}
