/* SPDX-License-Identifier: ISC */
/* The contents of files: what all platforms share. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/digest.h"
#include "lib/os/clock.h"
#include "lib/os/file_system.h"
#include "lib/os/path.h"
#include "lib/os/places.h"
#include "lib/os/share.h"

#define LOCK_POLL_MS 20
#define CHUNK	     65536
#define HOLDER_MAX   400 /* bytes of the note in a lock */

struct opened {
	intptr_t f;
	char *name; /* for messages */
};

struct file_in {
	struct opened o;
};

struct file_out {
	struct opened o;
};

struct file_lock {
	intptr_t f;
};

const char *
file_shown(const struct dir *d, const char *name, char out[FILE_SHOWN_MAX])
{
	if (d == NULL || path_absolute(name))
		snprintf(out, FILE_SHOWN_MAX, "%s", name);
	else
		snprintf(out, FILE_SHOWN_MAX, "%s/%s", dir_path(d), name);
	return out;
}

bool
file_stamp_same(const struct file_stamp *a, const struct file_stamp *b)
{
	return a->settled && b->settled && a->there == b->there && a->device == b->device &&
	    a->inode == b->inode && a->size == b->size && a->mode == b->mode &&
	    a->mtime_ns == b->mtime_ns && a->ctime_ns == b->ctime_ns;
}

static int
read_all(intptr_t f, const struct file_info *info, const char *where, struct buf *out,
    struct err *e)
{
	size_t start = out->len, n;

	if (info->size > out->max - start)
		return err_setx(e, ERR_TOO_LARGE, "%s: want at most %zu bytes, got %" PRIu64, where,
		    out->max - start, info->size);
	if (info->size > 0 && buf_reserve(out, (size_t)info->size, e) == -1)
		return err_context(e, "%s", where);
	do {
		uint8_t chunk[CHUNK];

		if (file_read_some(f, chunk, sizeof chunk, &n) == -1) {
			buf_cut(out, start);
			return file_fault(e, "read", where);
		}
		if (buf_add(out, chunk, n, e) == -1) {
			buf_cut(out, start);
			return err_context(e, "%s", where);
		}
	} while (n > 0);
	return 0;
}

static int
read_file(struct dir *d, const char *name, bool secret, struct buf *out, struct err *e)
{
	char where[FILE_SHOWN_MAX];
	struct file_info info;
	intptr_t f = file_open(d, name, false, &info, e);
	int rc = -1;

	if (f == -1)
		return -1;
	file_shown(d, name, where);
	if (!secret || file_check_secret(f, &info, where, e) == 0)
		rc = read_all(f, &info, where, out, e);
	file_close(f);
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

struct bytes {
	const void *data;
	size_t len;
};

static int
fill_bytes(intptr_t f, void *arg)
{
	const struct bytes *b = arg;

	return file_write_all(f, b->data, b->len);
}

int
file_replace(struct dir *d, const char *name, const void *data, size_t len, unsigned mode,
    struct err *e)
{
	return file_put(d, name, mode, FILE_PUT_DURABLY, fill_bytes, &(struct bytes){ data, len },
	    e);
}

int
file_replace_fast(struct dir *d, const char *name, const void *data, size_t len, unsigned mode,
    struct err *e)
{
	return file_put(d, name, mode, FILE_PUT_FAST, fill_bytes, &(struct bytes){ data, len }, e);
}

int
file_replace_keep(struct dir *d, const char *name, const void *data, size_t len, unsigned mode,
    struct err *e)
{
	return file_put(d, name, mode, FILE_PUT_KEEP, fill_bytes, &(struct bytes){ data, len }, e);
}

int
file_create(struct dir *d, const char *name, const void *data, size_t len, unsigned mode,
    struct err *e)
{
	return file_put(d, name, mode, FILE_PUT_NEW, fill_bytes, &(struct bytes){ data, len }, e);
}

struct copying {
	intptr_t from;
	int64_t deadline;
	bool late;
};

static int
fill_copy(intptr_t f, void *arg)
{
	struct copying *c = arg;
	uint8_t chunk[CHUNK];
	struct err ignored;
	size_t n;

	do {
		if (clock_check(c->deadline, "", &ignored) == -1) {
			c->late = true;
			return -1;
		}
		if (file_read_some(c->from, chunk, sizeof chunk, &n) == -1 ||
		    file_write_all(f, chunk, n) == -1)
			return -1;
	} while (n > 0);
	return 0;
}

static int
copy(struct dir *from, const char *name, struct dir *to, const char *newname, unsigned mode,
    enum file_put how, int64_t deadline, struct err *e)
{
	struct file_info info;
	struct copying c = { .from = file_open(from, name, false, &info, e), .deadline = deadline };
	char where[FILE_SHOWN_MAX];
	int rc;

	if (c.from == -1)
		return -1;
	if (info.elsewhere && deadline != CLOCK_NEVER) {
		file_close(c.from);
		return err_setx(e, ERR_UNSAFE,
		    "%s: want a file whose content is on this computer, got one whose content is "
		    "fetched when it is read; set it to be kept on this device, or move it away",
		    file_shown(from, name, where));
	}
	rc = file_put(to, newname, mode, how, fill_copy, &c, e);
	file_close(c.from);
	if (c.late && clock_check(deadline, "a file was copied", e) == -1)
		err_context(e, "%s", file_shown(from, name, where));
	return rc;
}

int
file_copy(struct dir *from, const char *name, struct dir *to, const char *newname, unsigned mode,
    struct err *e)
{
	return copy(from, name, to, newname, mode, FILE_PUT_DURABLY, CLOCK_NEVER, e);
}

int
file_copy_until(struct dir *from, const char *name, struct dir *to, const char *newname,
    unsigned mode, int64_t deadline, struct err *e)
{
	return copy(from, name, to, newname, mode, FILE_PUT_FAST, deadline, e);
}

/* Open a regular file, and cut it after its first at bytes. */
static intptr_t
open_cut(struct dir *d, const char *name, uint64_t at, char where[FILE_SHOWN_MAX], struct err *e)
{
	struct file_info info;
	intptr_t f = file_open(d, name, true, &info, e);

	if (f == -1)
		return -1;
	file_shown(d, name, where);
	if (at > info.size)
		err_setx(e, ERR_UNSAFE, "%s: want a regular file of at least %" PRIu64 " bytes",
		    where, at);
	else if (file_cut(f, at) == -1)
		file_fault(e, "cut", where);
	else
		return f;
	file_close(f);
	return -1;
}

int
file_append(struct dir *d, const char *name, uint64_t at, const void *data, size_t len,
    struct err *e)
{
	char where[FILE_SHOWN_MAX];
	intptr_t f = open_cut(d, name, at, where, e);
	int rc = 0;

	if (f == -1)
		return -1;
	if (file_write_all(f, data, len) == -1 || file_flush(f) == -1) {
		rc = file_fault(e, "write", where);
		if (file_cut(f, at) == -1)
			err_context(e, "cannot take back a part that was written");
	}
	file_close(f);
	return rc;
}

/* f is taken over in any case. */
static int
opened_set(struct opened *o, intptr_t f, struct dir *d, const char *name, struct err *e)
{
	char where[FILE_SHOWN_MAX];

	if (o != NULL && (o->name = strdup(file_shown(d, name, where))) != NULL) {
		o->f = f;
		return 0;
	}
	file_close(f);
	return err_nomem(e);
}

struct file_in *
file_in_open(struct dir *d, const char *name, uint64_t offset, struct err *e)
{
	struct file_info info;
	intptr_t f = file_open(d, name, false, &info, e);
	struct file_in *in;

	if (f == -1)
		return NULL;
	in = malloc(sizeof *in);
	if (opened_set(in == NULL ? NULL : &in->o, f, d, name, e) == -1) {
		free(in);
		return NULL;
	}
	if (file_seek(f, offset) == 0)
		return in;
	file_fault(e, "read", in->o.name);
	file_in_close(in);
	return NULL;
}

int
file_in_read(struct file_in *in, void *data, size_t len, size_t *got, struct err *e)
{
	return file_read_some(in->o.f, data, len, got) == 0 ? 0 : file_fault(e, "read", in->o.name);
}

void
file_in_close(struct file_in *in)
{
	if (in == NULL)
		return;
	file_close(in->o.f);
	free(in->o.name);
	free(in);
}

static struct file_out *
out_of(intptr_t f, struct dir *d, const char *name, struct err *e)
{
	struct file_out *out;

	if (f == -1)
		return NULL;
	out = malloc(sizeof *out);
	if (opened_set(out == NULL ? NULL : &out->o, f, d, name, e) == 0)
		return out;
	free(out);
	return NULL;
}

struct file_out *
file_out_open(struct dir *d, const char *name, unsigned mode, struct err *e)
{
	return out_of(file_open_new(d, name, mode, e), d, name, e);
}

struct file_out *
file_out_continue(struct dir *d, const char *name, uint64_t at, struct err *e)
{
	char where[FILE_SHOWN_MAX];

	return out_of(open_cut(d, name, at, where, e), d, name, e);
}

int
file_out_write(struct file_out *out, const void *data, size_t len, struct err *e)
{
	return file_write_all(out->o.f, data, len) == 0 ? 0 : file_fault(e, "write", out->o.name);
}

int
file_out_close(struct file_out *out, bool sync, struct err *e)
{
	int rc = 0;

	if (out == NULL)
		return 0;
	if (sync && file_flush(out->o.f) == -1)
		rc = file_fault(e, "sync", out->o.name);
	if (file_close(out->o.f) == -1 && rc == 0)
		rc = file_fault(e, "close", out->o.name);
	free(out->o.name);
	free(out);
	return rc;
}

int
file_sha256(struct dir *d, const char *name, uint8_t out[32], uint64_t *size, struct err *e)
{
	return file_sha256_until(d, name, UINT64_MAX, CLOCK_NEVER, out, size, e);
}

int
file_sha256_until(struct dir *d, const char *name, uint64_t most, int64_t deadline, uint8_t out[32],
    uint64_t *size, struct err *e)
{
	char where[FILE_SHOWN_MAX];
	uint8_t chunk[CHUNK], full[DIGEST_MAX];
	struct file_in *in = file_in_open(d, name, 0, e);
	struct digest *md = NULL;
	size_t n = 0;
	int rc = -1;

	if (in == NULL || (md = digest_new(DIGEST_SHA256, e)) == NULL)
		goto out;
	*size = 0;
	do {
		if (clock_check(deadline, "a file was read", e) == -1) {
			err_context(e, "%s", file_shown(d, name, where));
			goto out;
		}
		if (file_in_read(in, chunk, sizeof chunk, &n, e) == -1 ||
		    digest_add(md, chunk, n, e) == -1)
			goto out;
		*size += n;
		if (*size > most) {
			err_setx(e, ERR_TOO_LARGE, "%s: want at most %" PRIu64 " bytes, got more",
			    file_shown(d, name, where), most);
			goto out;
		}
	} while (n > 0);
	if (digest_end(md, full, e) == -1)
		goto out;
	memcpy(out, full, SHA256_SIZE);
	rc = 0;
out:
	digest_free(md);
	file_in_close(in);
	return rc;
}

struct file_lock *
file_lock(struct dir *d, const char *name, int64_t wait_ms, struct err *e)
{
	int64_t end = clock_mono_ms() + wait_ms;
	struct file_lock *l = malloc(sizeof *l);
	char where[FILE_SHOWN_MAX];
	int rc;

	if (l == NULL) {
		err_nomem(e);
		return NULL;
	}
	if ((l->f = file_open_lock(d, name, e)) == -1) {
		free(l);
		return NULL;
	}
	while ((rc = file_try_lock(l->f)) == 0 && clock_mono_ms() < end)
		clock_sleep_ms(LOCK_POLL_MS);
	if (rc == 1)
		return l;
	file_shown(d, name, where);
	if (rc == -1)
		file_fault(e, "lock", where);
	else
		err_setx(e, ERR_BUSY, "%s: locked by another process", where);
	file_unlock(l);
	return NULL;
}

/* The note is for people; without it the lock holds as well. */
static void
write_holder(struct file_lock *l)
{
	struct buf text = BUF_INIT(HOLDER_MAX);
	struct err ignored;

	if (place_user_shown(&text, &ignored) == 0 &&
	    buf_addf(&text, &ignored, ", process %ld on ", (long)getpid()) == 0 &&
	    place_known("ComputerName", 12, &text, &ignored) != -1 &&
	    buf_addc(&text, '\n', &ignored) == 0 && file_cut(l->f, 0) == 0)
		(void)file_write_all(l->f, text.data, text.len);
	buf_free(&text);
}

/* Anybody of the group can write a note: it is believed by nobody but the reader. */
static void
tell_holder(struct dir *d, const char *name, struct err *e)
{
	struct buf text = BUF_INIT(HOLDER_MAX);
	struct err ignored;
	char where[FILE_SHOWN_MAX], *p;

	if (file_read(d, name, &text, &ignored) == 0 && text.len > 0) {
		p = (char *)text.data;
		for (size_t i = 0; i < text.len; i++)
			if ((p[i] < ' ' || p[i] > '~') && p[i] != '\n')
				p[i] = '?';
		err_setx(e, ERR_BUSY, "%s: locked by %.*s; repeat the command when that has ended",
		    file_shown(d, name, where), (int)strcspn(buf_text(&text), "\n"),
		    buf_text(&text));
	}
	buf_free(&text);
}

struct file_lock *
file_lock_named(struct dir *d, const char *name, int64_t wait_ms, struct err *e)
{
	struct file_lock *l = file_lock(d, name, wait_ms, e);

	if (!dir_is_shared(d, NULL))
		return l;
	if (l != NULL)
		write_holder(l);
	else if (e->code == ERR_BUSY)
		tell_holder(d, name, e);
	return l;
}

void
file_unlock(struct file_lock *l)
{
	if (l == NULL)
		return;
	file_close(l->f);
	free(l);
}
