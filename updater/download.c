/*
 * Targets, verified as they arrive.
 */
#include "download.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"

/* How many files are open at once. */
#define BATCH	64

#define READ_BYTES	65536

/* Both kinds of hash that metadata may state; NULL where it doesn't. */
struct sums {
	struct digest *sha256, *sha512;
};

struct running {
	const struct download *d;
	struct file_out *out;
	struct sums sums;
	struct progress *progress;
	uint64_t got;
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
compare(struct digest *d, const uint8_t *want, size_t size, const char *kind, uint64_t got,
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
	return err_setx(e, ERR_HASH, "want %" PRIu64 " bytes with %s %s, got %" PRIu64 " bytes with %s %s",
	    t->length, kind, want_text, got, kind, got_text);
}

static int
sums_check(struct sums *s, const struct tuf_target *t, uint64_t got, struct err *e)
{
	if (compare(s->sha256, t->hashes.sha256, SHA256_SIZE, "SHA-256", got, t, e) == -1)
		return -1;
	return compare(s->sha512, t->hashes.sha512, SHA512_SIZE, "SHA-512", got, t, e);
}

bool
download_is_there(struct dir *dir, const char *name, const struct tuf_target *want)
{
	uint8_t data[READ_BYTES];
	struct file_in *in;
	struct sums sums;
	uint64_t total = 0;
	size_t got = 1;
	struct err e;
	bool same = false;

	if ((in = file_in_open(dir, name, 0, &e)) == NULL)
		return false;
	if (sums_begin(&sums, &want->hashes, &e) == 0) {
		while (got > 0 && total <= want->length) {
			if (file_in_read(in, data, sizeof data, &got, &e) == -1 ||
			    sums_add(&sums, data, got, &e) == -1)
				break;
			total += got;
		}
		same = got == 0 && sums_check(&sums, want, total, &e) == 0;
		sums_free(&sums);
	}
	file_in_close(in);
	return same;
}

static int
take(void *arg, const void *bytes, size_t len, struct err *e)
{
	struct running *r = arg;

	if (sums_add(&r->sums, bytes, len, e) == -1 || file_out_write(r->out, bytes, len, e) == -1)
		return -1;
	r->got += len;
	progress_bytes(r->progress, len);
	if (r->got == r->d->want->length)
		progress_file(r->progress);
	return 0;
}

static int
begin(struct running *r, const struct download *d, struct dir *dir, struct fetch_file *ff,
    struct err *e)
{
	r->d = d;
	if ((size_t)snprintf(r->part, sizeof r->part, "%s.part", d->name) >= sizeof r->part)
		return err_setx(e, ERR_TOO_LARGE, "target %s: its name is too long", d->target);
	*ff = (struct fetch_file){ .path = d->remote, .max = d->want->length, .data = take, .arg = r };
	if (sums_begin(&r->sums, &d->want->hashes, e) == -1)
		return -1;
	r->out = file_out_open(dir, r->part, 0600, e);
	return r->out == NULL ? -1 : 0;
}

/* Not durable: what is looked for again is checked again. */
static int
move(struct dir *dir, const char *part, const char *name, struct err *e)
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

/* Only what is right gets its name; anything else goes. */
static int
end(struct running *r, const struct fetch_file *ff, struct dir *dir, struct err *e)
{
	struct err ignored;
	int rc = -1;

	if (r->out == NULL)
		goto out;
	if (file_out_close(r->out, false, e) == -1)
		goto remove;
	if (ff->result == FETCH_ABSENT)
		err_setx(e, ERR_NOENT, "target %s: the server has no such file", r->d->target);
	else if (ff->result != FETCH_OK) {
		*e = ff->err;
		err_context(e, "target %s", r->d->target);
	} else if (sums_check(&r->sums, r->d->want, r->got, e) == -1)
		err_context(e, "target %s", r->d->target);
	else
		rc = move(dir, r->part, r->d->name, e);
remove:
	if (rc == -1)
		file_remove(dir, r->part, &ignored);
out:
	sums_free(&r->sums);
	return rc;
}

static int
batch(struct fetch *f, struct dir *dir, const struct download *files, size_t n, struct progress *progress,
    struct err *e)
{
	struct running *r = calloc(n, sizeof *r);
	struct fetch_file *ff = calloc(n, sizeof *ff);
	struct err first = { 0 }, one;
	size_t begun = 0;

	if (r == NULL || ff == NULL) {
		err_nomem(&first);
		goto out;
	}
	while (begun < n && first.code == ERR_NONE) {
		r[begun].progress = progress;
		begin(&r[begun], &files[begun], dir, &ff[begun], &first);
		begun++;
	}
	if (first.code == ERR_NONE)
		fetch_files(f, ff, n, &one);	/* each file's result says more */
	for (size_t i = 0; i < begun; i++)
		if (end(&r[i], &ff[i], dir, &one) == -1 && first.code == ERR_NONE)
			first = one;
out:
	free(r);
	free(ff);
	if (first.code == ERR_NONE)
		return 0;
	*e = first;
	return -1;
}

int
download_files(struct fetch *f, struct dir *dir, const struct download *files, size_t n, struct progress *progress,
    struct err *e)
{
	for (size_t i = 0; i < n; i += BATCH)
		if (batch(f, dir, files + i, n - i < BATCH ? n - i : BATCH, progress, e) == -1)
			return -1;
	return 0;
}
