/* SPDX-License-Identifier: ISC */
/*
 * The contents of files on POSIX systems: reading, replacing durably, locks.
 *
 * A file is replaced through a temporary file beside it, ".NAME.new".  The name is fixed, so that a
 * crash leaves at most one and the next replacement takes it away; writers of one name hold a lock.
 */
#include "lib/os/file_posix.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/os/clock.h"
#include "lib/base/digest.h"

#define LOCK_POLL_MS 20
#define READ_CHUNK   65536

struct file_in {
	int fd;
	char *name; /* for messages */
};

struct file_out {
	int fd;
	char *name; /* for messages */
};

struct file_lock {
	int fd;
};

/* O_NONBLOCK, so that a FIFO in the place of a file can't make us wait. */
static int
open_regular(struct dir *d, const char *name, struct stat *st, struct err *e)
{
	char where[PATH_MAX];
	int fd = file_open_at(d, name, O_RDONLY | O_NONBLOCK, 0);

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

static int
read_all(int fd, const struct stat *st, struct buf *out, struct err *e)
{
	size_t start = out->len;
	ssize_t n;

	if (st->st_size > 0 && (uint64_t)st->st_size <= out->max - out->len &&
	    buf_reserve(out, (size_t)st->st_size, e) == -1)
		return -1;
	for (;;) {
		uint8_t chunk[READ_CHUNK];

		if ((n = read(fd, chunk, sizeof chunk)) == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		if (buf_add(out, chunk, (size_t)n, e) == -1) {
			out->len = start;
			return -1;
		}
	}
	if (n == -1) {
		out->len = start;
		return err_set(e, ERR_IO, "read");
	}
	return 0;
}

static int
read_file(struct dir *d, const char *name, bool secret, struct buf *out, struct err *e)
{
	char where[PATH_MAX];
	struct stat st;
	int fd, rc;

	if ((fd = open_regular(d, name, &st, e)) == -1)
		return -1;
	file_shown(d, name, where);
	if (secret && (st.st_mode & 077) != 0)
		rc = err_setx(e, ERR_ACCESS,
		    "%s: want a file that only its owner can read (chmod 600), got mode %04o",
		    where, (unsigned)st.st_mode & 07777);
	else if (secret && st.st_uid != geteuid() && st.st_uid != 0)
		rc = err_setx(e, ERR_ACCESS,
		    "%s: want a file of user %u or root, got one of user %u", where,
		    (unsigned)geteuid(), (unsigned)st.st_uid);
	else if ((rc = read_all(fd, &st, out, e)) == -1)
		err_context(e, "%s", where);
	close(fd);
	return rc;
}

int
file_read(struct dir *d, const char *name, struct buf *out, struct err *e)
{
	return read_file(d, name, false, out, e);
}

int
file_read_secret(struct dir *d, const char *name, struct buf *out, struct err *e)
{
	return read_file(d, name, true, out, e);
}

static int
write_all(int fd, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

/* Owner, group and permissions as those of like, as far as this process may give them. */
static int
take_after(int fd, const struct stat *like)
{
	mode_t mode = like->st_mode & 07777;

	if (fchown(fd, like->st_uid, like->st_gid) == 0 || fchown(fd, (uid_t)-1, like->st_gid) == 0)
		return fchmod(fd, mode);
	if (errno != EPERM)
		return -1;
	return fchmod(fd, (mode & ~(mode_t)070) | ((mode & 07) << 3 & mode));
}

static int
write_temporary(int parent, const char *temp, const void *data, size_t len, unsigned mode,
    const struct stat *like, bool sync)
{
	int fd, rc = -1, saved;

	if (unlinkat(parent, temp, 0) == -1 && errno != ENOENT)
		return -1;
	fd = openat(parent, temp, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	if (write_all(fd, data, len) == 0 &&
	    (like != NULL ? take_after(fd, like) : fchmod(fd, mode)) == 0 &&
	    (!sync || fsync(fd) == 0))
		rc = 0;
	saved = errno;
	if (close(fd) == -1 && rc == 0) {
		saved = errno;
		rc = -1;
	}
	errno = saved;
	return rc;
}

enum replace_how { REPLACE_DURABLY, REPLACE_FAST, REPLACE_KEEP, REPLACE_NEVER };

static int
replace(struct dir *d, const char *name, const void *data, size_t len, unsigned mode,
    enum replace_how how, struct err *e)
{
	char temp[NAME_MAX + 1];
	const char *leaf;
	int parent, rc = -1;
	bool sync = how != REPLACE_FAST, keep = false;
	struct stat like;

	if ((parent = file_open_parent(d, name, &leaf)) == -1)
		return file_fail(d, name, e);
	if ((size_t)snprintf(temp, sizeof temp, ".%s.new", leaf) >= sizeof temp) {
		errno = ENAMETOOLONG;
		goto out;
	}
	if (how == REPLACE_KEEP) {
		keep = fstatat(parent, leaf, &like, AT_SYMLINK_NOFOLLOW) == 0;
		if (!keep && errno != ENOENT)
			goto out;
		keep = keep && S_ISREG(like.st_mode);
	}
	if (write_temporary(parent, temp, data, len, mode, keep ? &like : NULL, sync) == 0 &&
	    renameat2(parent, temp, parent, leaf, how == REPLACE_NEVER ? RENAME_NOREPLACE : 0) == 0)
		rc = !sync || fsync(parent) == 0 ? 0 : -1;
out:
	if (rc == -1) {
		file_fail(d, name, e);
		unlinkat(parent, temp, 0);
	}
	close(parent);
	return rc;
}

int
file_replace(struct dir *d, const char *name, const void *data, size_t len, unsigned mode,
    struct err *e)
{
	return replace(d, name, data, len, mode, REPLACE_DURABLY, e);
}

int
file_replace_fast(struct dir *d, const char *name, const void *data, size_t len, unsigned mode,
    struct err *e)
{
	return replace(d, name, data, len, mode, REPLACE_FAST, e);
}

int
file_replace_keep(struct dir *d, const char *name, const void *data, size_t len, unsigned mode,
    struct err *e)
{
	return replace(d, name, data, len, mode, REPLACE_KEEP, e);
}

int
file_create(struct dir *d, const char *name, const void *data, size_t len, unsigned mode,
    struct err *e)
{
	return replace(d, name, data, len, mode, REPLACE_NEVER, e);
}

/* Cut an open file after its first at bytes, and stand there. */
static int
cut_at(int fd, struct dir *d, const char *name, uint64_t at, struct err *e)
{
	char where[PATH_MAX];
	struct stat st;

	if (fstat(fd, &st) == -1)
		return file_fail(d, name, e);
	if (!S_ISREG(st.st_mode) || at > (uint64_t)st.st_size)
		return err_setx(e, ERR_UNSAFE,
		    "%s: want a regular file of at least %" PRIu64 " bytes",
		    file_shown(d, name, where), at);
	if (ftruncate(fd, (off_t)at) == -1 || lseek(fd, (off_t)at, SEEK_SET) == -1)
		return file_fail(d, name, e);
	return 0;
}

int
file_append(struct dir *d, const char *name, uint64_t at, const void *data, size_t len,
    struct err *e)
{
	int fd = file_open_at(d, name, O_WRONLY | O_NONBLOCK, 0), rc = -1;

	if (fd == -1)
		return file_fail(d, name, e);
	if (cut_at(fd, d, name, at, e) == -1) {
		close(fd);
		return -1;
	}
	if (write_all(fd, data, len) == -1 || fsync(fd) == -1) {
		file_fail(d, name, e);
		if (ftruncate(fd, (off_t)at) == -1)
			err_context(e, "cannot take back a part that was written");
	} else {
		rc = 0;
	}
	close(fd);
	return rc;
}

int
file_rename(struct dir *from, const char *name, struct dir *to, const char *newname, struct err *e)
{
	const char *leaf, *newleaf;
	int source = -1, target = -1, rc = -1;

	if ((source = file_open_parent(from, name, &leaf)) == -1) {
		file_fail(from, name, e);
		goto out;
	}
	if ((target = file_open_parent(to, newname, &newleaf)) == -1 ||
	    renameat(source, leaf, target, newleaf) == -1 || fsync(target) == -1 ||
	    fsync(source) == -1) {
		file_fail(to, newname, e);
		goto out;
	}
	rc = 0;
out:
	if (source != -1)
		close(source);
	if (target != -1)
		close(target);
	return rc;
}

/* The bytes of fd into the new file parent/temp, flushed to the disk. */
static int
copy_temporary(int fd, int parent, const char *temp, unsigned mode)
{
	uint8_t chunk[READ_CHUNK];
	int out, rc = -1, saved;
	ssize_t n = 0;

	if (write_temporary(parent, temp, "", 0, mode, NULL, false) == -1 ||
	    (out = openat(parent, temp, O_WRONLY | O_NOFOLLOW | O_CLOEXEC)) == -1)
		return -1;
	while ((n = read(fd, chunk, sizeof chunk)) > 0 || (n == -1 && errno == EINTR))
		if (n > 0 && write_all(out, chunk, (size_t)n) == -1)
			goto out;
	if (n == 0 && fsync(out) == 0)
		rc = 0;
out:
	saved = errno;
	close(out);
	errno = saved;
	return rc;
}

int
file_copy(struct dir *from, const char *name, struct dir *to, const char *newname, unsigned mode,
    struct err *e)
{
	char temp[NAME_MAX + 1] = "";
	const char *leaf;
	struct stat st;
	int fd, parent = -1, rc = -1;

	if ((fd = open_regular(from, name, &st, e)) == -1)
		return -1;
	if ((parent = file_open_parent(to, newname, &leaf)) == -1) {
		file_fail(to, newname, e);
		goto out;
	}
	if ((size_t)snprintf(temp, sizeof temp, ".%s.new", leaf) >= sizeof temp)
		errno = ENAMETOOLONG;
	else if (copy_temporary(fd, parent, temp, mode) == 0 &&
	    renameat(parent, temp, parent, leaf) == 0 && fsync(parent) == 0)
		rc = 0;
	if (rc == -1) {
		file_fail(to, newname, e);
		unlinkat(parent, temp, 0);
	}
out:
	close(fd);
	if (parent != -1)
		close(parent);
	return rc;
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

struct file_in *
file_in_open(struct dir *d, const char *name, uint64_t offset, struct err *e)
{
	struct file_in *f = NULL;
	char where[PATH_MAX];
	struct stat st;
	int fd = open_regular(d, name, &st, e);

	if (fd == -1)
		return NULL;
	if (offset > INT64_MAX || lseek(fd, (off_t)offset, SEEK_SET) == -1) {
		file_fail(d, name, e);
		goto out;
	}
	if ((f = malloc(sizeof *f)) == NULL ||
	    (f->name = strdup(file_shown(d, name, where))) == NULL) {
		free(f);
		f = NULL;
		err_nomem(e);
		goto out;
	}
	f->fd = fd;
	fd = -1;
out:
	if (fd != -1)
		close(fd);
	return f;
}

int
file_in_read(struct file_in *f, void *data, size_t len, size_t *got, struct err *e)
{
	ssize_t n;

	do
		n = read(f->fd, data, len);
	while (n == -1 && errno == EINTR);
	if (n == -1)
		return err_set(e, ERR_IO, "read %s", f->name);
	*got = (size_t)n;
	return 0;
}

void
file_in_close(struct file_in *f)
{
	if (f == NULL)
		return;
	close(f->fd);
	free(f->name);
	free(f);
}

/* fd is taken over in any case. */
static struct file_out *
out_of(int fd, struct dir *d, const char *name, struct err *e)
{
	struct file_out *f = malloc(sizeof *f);
	char where[PATH_MAX];

	if (f == NULL || (f->name = strdup(file_shown(d, name, where))) == NULL) {
		free(f);
		close(fd);
		err_nomem(e);
		return NULL;
	}
	f->fd = fd;
	return f;
}

struct file_out *
file_out_open(struct dir *d, const char *name, unsigned mode, struct err *e)
{
	struct file_out *f = NULL;
	const char *leaf;
	int parent, fd;

	if ((parent = file_open_parent(d, name, &leaf)) == -1 ||
	    (unlinkat(parent, leaf, 0) == -1 && errno != ENOENT) ||
	    (fd = openat(parent, leaf, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		 mode)) == -1)
		file_fail(d, name, e);
	else
		f = out_of(fd, d, name, e);
	if (parent != -1)
		close(parent);
	return f;
}

struct file_out *
file_out_continue(struct dir *d, const char *name, uint64_t at, struct err *e)
{
	int fd = file_open_at(d, name, O_WRONLY | O_NONBLOCK, 0);

	if (fd == -1) {
		file_fail(d, name, e);
		return NULL;
	}
	if (cut_at(fd, d, name, at, e) == 0)
		return out_of(fd, d, name, e);
	close(fd);
	return NULL;
}

int
file_out_write(struct file_out *f, const void *data, size_t len, struct err *e)
{
	if (write_all(f->fd, data, len) == -1)
		return err_set(e, ERR_IO, "write %s", f->name);
	return 0;
}

int
file_out_close(struct file_out *f, bool sync, struct err *e)
{
	int rc = 0;

	if (f == NULL)
		return 0;
	if (sync && fsync(f->fd) == -1)
		rc = err_set(e, ERR_IO, "sync %s", f->name);
	if (close(f->fd) == -1 && rc == 0)
		rc = err_set(e, ERR_IO, "close %s", f->name);
	free(f->name);
	free(f);
	return rc;
}

int
file_sha256(struct dir *d, const char *name, uint8_t out[32], uint64_t *size, struct err *e)
{
	uint8_t chunk[READ_CHUNK], full[DIGEST_MAX];
	struct digest *md = NULL;
	struct stat st;
	ssize_t n = 0;
	int fd, rc = -1;

	if ((fd = open_regular(d, name, &st, e)) == -1)
		return -1;
	if ((md = digest_new(DIGEST_SHA256, e)) == NULL)
		goto out;
	*size = 0;
	while ((n = read(fd, chunk, sizeof chunk)) > 0 || (n == -1 && errno == EINTR)) {
		if (n == -1)
			continue;
		if (digest_add(md, chunk, (size_t)n, e) == -1)
			goto out;
		*size += (uint64_t)n;
	}
	if (n == -1) {
		file_fail(d, name, e);
		goto out;
	}
	if (digest_end(md, full, e) == -1)
		goto out;
	memcpy(out, full, SHA256_SIZE);
	rc = 0;
out:
	digest_free(md);
	close(fd);
	return rc;
}

struct file_lock *
file_lock(struct dir *d, const char *name, int64_t wait_ms, struct err *e)
{
	int64_t end = clock_mono_ms() + wait_ms;
	struct file_lock *l;
	char where[PATH_MAX];
	int fd = file_open_at(d, name, O_RDWR | O_CREAT, 0600);

	if (fd == -1) {
		file_fail(d, name, e);
		return NULL;
	}
	while (flock(fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno == EINTR)
			continue;
		if (errno != EWOULDBLOCK) {
			file_fail(d, name, e);
			goto fail;
		}
		if (clock_mono_ms() >= end) {
			err_setx(e, ERR_BUSY, "%s: locked by another process",
			    file_shown(d, name, where));
			goto fail;
		}
		clock_sleep_ms(LOCK_POLL_MS);
	}
	if ((l = malloc(sizeof *l)) == NULL) {
		err_nomem(e);
		goto fail;
	}
	l->fd = fd;
	return l;
fail:
	close(fd);
	return NULL;
}

void
file_unlock(struct file_lock *l)
{
	if (l == NULL)
		return;
	close(l->fd);
	free(l);
}
