/* SPDX-License-Identifier: ISC */
/* Targets, verified as they arrive. */
#include "updater/fetch/download.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/path.h"
#include "lib/os/clock.h"
#include "lib/os/move.h"

/* Files of one flight: so many that its round trips cost nothing, so few that memory stays flat. */
#define FLIGHT 4096

#define READ_BYTES 65536

/* Files of so many bytes and more are resumed. */
#define RESUME_MIN 65536u

/* Both kinds of hash that metadata may state; NULL where it doesn't. */
struct sums {
	struct digest *sha256, *sha512;
};

/* A file that is on its way: open from its first byte to its last, so that few are open at once. */
struct running {
	const struct fetch *f;
	const struct download *d;
	struct dir *dir;
	struct file_out *out;
	struct sums sums;
	struct progress *progress;
	int64_t deadline;
	uint64_t got;
	bool keep;    /* its bytes may stay for the next call */
	bool resumed; /* an earlier call's bytes come first */
	char part[PATH_COMPONENT_MAX];
};

static void
sums_free(struct sums *s)
{
	digest_free(s->sha256);
	digest_free(s->sha512);
	*s = (struct sums){ 0 };
}

static int
sums_begin(struct sums *s, const struct tuf_hashes *h, struct err *e)
{
	*s = (struct sums){ 0 };
	if (!h->has_sha256 && !h->has_sha512)
		return err_setx(e, ERR_HASH, "want a hash to check against");
	if ((!h->has_sha256 || (s->sha256 = digest_new(DIGEST_SHA256, e)) != NULL) &&
	    (!h->has_sha512 || (s->sha512 = digest_new(DIGEST_SHA512, e)) != NULL))
		return 0;
	sums_free(s);
	return -1;
}

static int
sums_add(struct sums *s, const void *bytes, size_t len, struct err *e)
{
	if ((s->sha256 != NULL && digest_add(s->sha256, bytes, len, e) == -1) ||
	    (s->sha512 != NULL && digest_add(s->sha512, bytes, len, e) == -1))
		return -1;
	return 0;
}

/* One kind: 0 as wanted, or -1 with both in the message. */
static int
compare_digest(struct digest *d, const uint8_t *want, size_t size, const char *kind, uint64_t got,
    const struct tuf_target *t, struct err *e)
{
	char want_text[2 * DIGEST_MAX + 1], got_text[2 * DIGEST_MAX + 1];
	uint8_t sum[DIGEST_MAX];

	if (d == NULL)
		return 0;
	if (digest_end(d, sum, e) == -1)
		return -1;
	if (got == t->length && memcmp(sum, want, size) == 0)
		return 0;
	hex_encode(want, size, want_text);
	hex_encode(sum, size, got_text);
	return err_setx(e, ERR_HASH,
	    "want %" PRIu64 " bytes with %s %s, got %" PRIu64 " bytes with %s %s", t->length, kind,
	    want_text, got, kind, got_text);
}

static int
sums_check(struct sums *s, const struct tuf_target *t, uint64_t got, struct err *e)
{
	if (compare_digest(s->sha256, t->hashes.sha256, SHA256_SIZE, "SHA-256", got, t, e) == -1)
		return -1;
	return compare_digest(s->sha512, t->hashes.sha512, SHA512_SIZE, "SHA-512", got, t, e);
}

/* Adds the content of a file, at most limit bytes and a piece.  0 with *total, or -1. */
static int
sums_add_file(struct sums *s, struct dir *dir, const char *name, uint64_t limit, int64_t deadline,
    uint64_t *total, struct err *e)
{
	struct file_in *in = file_in_open(dir, name, 0, e);
	uint8_t data[READ_BYTES];
	size_t got = 1;
	int rc = 0;

	*total = 0;
	if (in == NULL)
		return -1;
	while (rc == 0 && got > 0 && *total <= limit) {
		if ((rc = clock_check(deadline, "downloaded files were checked", e)) == 0 &&
		    (rc = file_in_read(in, data, sizeof data, &got, e)) == 0 &&
		    (rc = sums_add(s, data, got, e)) == 0)
			*total += got;
	}
	file_in_close(in);
	return rc;
}

bool
download_is_there(struct dir *dir, const char *name, const struct tuf_target *want,
    int64_t deadline)
{
	struct file_info info;
	struct sums sums;
	uint64_t total;
	struct err e;
	bool same;

	if (file_stat(dir, name, &info, &e) != 1 || info.size != want->length ||
	    sums_begin(&sums, &want->hashes, &e) == -1)
		return false;
	same = sums_add_file(&sums, dir, name, want->length, deadline, &total, &e) == 0 &&
	    sums_check(&sums, want, total, &e) == 0;
	sums_free(&sums);
	return same;
}

/* Goes on after the bytes that an earlier call left of the file, if there are any that fit. */
static void
take_up(struct running *r)
{
	uint64_t length = r->d->want->length, total;
	struct file_info info;
	struct err e;

	if (file_stat(r->dir, r->part, &info, &e) != 1 || info.size >= length)
		return;
	if (sums_begin(&r->sums, &r->d->want->hashes, &e) == -1)
		return;
	if (sums_add_file(&r->sums, r->dir, r->part, length, r->deadline, &total, &e) == -1 ||
	    total == 0 || total >= length) {
		sums_free(&r->sums);
		return;
	}
	r->got = total;
	r->resumed = true;
	progress_bytes(r->progress, (size_t)total);
}

static int
begin_file(struct running *r, struct err *e)
{
	if (r->resumed)
		r->out = file_out_continue(r->dir, r->part, r->got, e);
	else if (sums_begin(&r->sums, &r->d->want->hashes, e) == 0)
		r->out = file_out_open(r->dir, r->part, 0600, e);
	return r->out == NULL ? -1 : 0;
}

static int
close_out(struct running *r, struct err *e)
{
	int rc = file_out_close(r->out, false, e);

	r->out = NULL;
	return rc;
}

static int
take_bytes(void *arg, const void *bytes, size_t len, struct err *e)
{
	struct running *r = arg;

	if ((r->out == NULL && begin_file(r, e) == -1) || sums_add(&r->sums, bytes, len, e) == -1 ||
	    file_out_write(r->out, bytes, len, e) == -1)
		return -1;
	r->got += len;
	progress_bytes(r->progress, len);
	if (r->got < r->d->want->length)
		return 0;
	progress_file(r->progress);
	return close_out(r, e);
}

/* Not durable: the next call checks the file again. */
static int
move_part(struct dir *dir, const char *part, const char *name, struct err *e)
{
	switch (file_move(dir, part, dir, name, e)) {
	case 1:
		return 0;
	case 0:
		return err_setx(e, ERR_NOENT, "%s/%s: somebody took it away", dir_path(dir), part);
	default:
		return -1;
	}
}

/* Returns whether the network failed, so that the bytes that came may be right. */
static bool
worth_keeping(const struct running *r, const struct err *e)
{
	return r->keep && r->got > 0 &&
	    (e->code == ERR_NETWORK || e->code == ERR_TIMEOUT || e->code == ERR_PROTOCOL);
}

/* Which file of which server is missing or wrong.  Returns -1. */
static int
say_target(const struct running *r, struct err *e)
{
	const char *url = fetch_server(r->f);
	struct err why = *e;

	if (url == NULL)
		return err_context(e, "target %s", r->d->target);
	return err_setx(e, why.code, "target %.200s: %.350s; asked %.200s for %.200s", r->d->target,
	    why.text, url, r->d->remote);
}

/* A right file gets its name; of any other at most the beginning stays. */
static int
end_file(struct running *r, const struct sftp_file *ff, struct err *e)
{
	struct err ignored;
	int rc = 0;

	if (ff->result == SFTP_FILE_ABSENT) {
		err_setx(e, ERR_NOENT, "the server has no such file");
		rc = say_target(r, e);
	} else if (ff->result != SFTP_FILE_OK) {
		*e = ff->err;
		rc = err_context(e, "target %s", r->d->target);
	} else if (r->got == 0)
		rc = begin_file(r, e); /* an empty file has no first byte */
	if (r->out != NULL && close_out(r, rc == 0 ? e : &ignored) == -1)
		rc = -1;
	if (rc == 0 && sums_check(&r->sums, r->d->want, r->got, e) == -1)
		rc = say_target(r, e);
	if (rc == 0)
		rc = move_part(r->dir, r->part, r->d->name, e);
	if (rc == -1 && !worth_keeping(r, e))
		file_remove(r->dir, r->part, &ignored);
	sums_free(&r->sums);
	return rc;
}

/* Fills in the request for one file. */
static int
prepare_request(struct running *r, struct sftp_file *ff, bool resume, struct err *e)
{
	const struct download *d = r->d;

	if ((size_t)snprintf(r->part, sizeof r->part, "%s.part", d->name) >= sizeof r->part)
		return err_setx(e, ERR_TOO_LARGE, "target %s: its name is too long", d->target);
	if ((r->keep = resume && d->want->length >= RESUME_MIN))
		take_up(r);
	if (clock_check(r->deadline, "downloaded files were checked", e) == -1)
		return -1; /* while the bytes that are there stay */
	*ff = (struct sftp_file){ .path = d->remote,
		.max = d->want->length,
		.exact = true,
		.offset = r->got,
		.data = take_bytes,
		.arg = r };
	return 0;
}

static int
flight(struct fetch *f, struct dir *dir, const struct download *files, size_t n, bool resume,
    struct progress *progress, struct err *e)
{
	struct running *r = calloc(n, sizeof *r);
	struct sftp_file *ff = calloc(n, sizeof *ff);
	struct err one;
	int rc = 0;

	if (r == NULL || ff == NULL) {
		rc = err_nomem(e);
		goto out;
	}
	for (size_t i = 0; i < n; i++) {
		r[i] = (struct running){ .f = f,
			.d = &files[i],
			.dir = dir,
			.progress = progress,
			.deadline = fetch_deadline(f) };
		if ((rc = prepare_request(&r[i], &ff[i], resume, e)) == -1)
			goto out;
	}
	fetch_files(f, ff, n, &one); /* each file's result says more */
	for (size_t i = 0; i < n; i++) {
		if (end_file(&r[i], &ff[i], &one) == 0)
			continue;
		/* The bytes of an earlier call may have been wrong: fetches the file anew once. */
		if (r[i].resumed && (one.code == ERR_HASH || one.code == ERR_CONFLICT) &&
		    flight(f, dir, &files[i], 1, false, progress, &one) == 0)
			continue;
		if (rc == 0) {
			*e = one;
			rc = -1;
		}
	}
out:
	for (size_t i = 0; r != NULL && i < n; i++)
		sums_free(&r[i].sums);
	free(r);
	free(ff);
	return rc;
}

static int
flights(struct fetch *f, struct dir *dir, const struct download *files, size_t n, bool resume,
    struct progress *progress, struct err *e)
{
	for (size_t i = 0; i < n; i += FLIGHT)
		if (flight(f, dir, files + i, n - i < FLIGHT ? n - i : FLIGHT, resume, progress,
			e) == -1)
			return -1;
	return 0;
}

/* Moves the files that aren't there to the front, and returns how many they are. */
static size_t
missing(struct dir *dir, struct download *files, size_t n, int64_t deadline)
{
	size_t left = 0;

	for (size_t i = 0; i < n; i++)
		if (!download_is_there(dir, files[i].name, files[i].want, deadline))
			files[left++] = files[i];
	return left;
}

int
download_files(struct fetch *f, struct dir *dir, const struct download *files, size_t n,
    bool resume, struct progress *progress, struct err *e)
{
	struct download *left;
	int rc = flights(f, dir, files, n, resume, progress, e);

	if (rc == 0 || !fetch_next(f, e))
		return rc;
	/* Another server may have the files that this one lacks or has wrong. */
	if ((left = malloc(n * sizeof *left)) == NULL)
		return err_nomem(e);
	memcpy(left, files, n * sizeof *left);
	do {
		n = missing(dir, left, n, fetch_deadline(f));
		rc = flights(f, dir, left, n, resume, progress, e);
	} while (rc == -1 && fetch_next(f, e));
	free(left);
	return rc;
}
