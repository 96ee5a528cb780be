/* SPDX-License-Identifier: ISC */
/* The part of a plan that downloads its content. */
#include "updater/plan/plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/clock.h"
#include "updater/fetch/download.h"

static int
by_hash(const void *a, const void *b)
{
	return strcmp(((const struct download *)a)->name, ((const struct download *)b)->name);
}

/* Where the server has a target.  Owned by the caller. */
static char *
remote_path(const struct plan_file *f, struct refresh *r, struct err *e)
{
	struct buf remote = BUF_INIT(2 * PATH_REL_MAX);

	if (buf_adds(&remote, "targets/", e) == 0 &&
	    tuf_client_target_path(refresh_client(r), f->target, &f->want, &remote, e) == 0)
		return (char *)buf_steal(&remote);
	buf_free(&remote);
	return NULL;
}

static unsigned
which_of(const struct plan_file *f)
{
	return f->place < LAYOUT_ROOTS		 ? PLAN_FILES
	    : f->place == LAYOUT_SCRIPTS_MACHINE ? PLAN_MACHINE_SCRIPTS
						 : PLAN_USER_SCRIPTS;
}

/* The bytes of these files that are in dir, of unfinished ones too. */
static uint64_t
bytes_here(struct dir *dir, const struct download *d, size_t n)
{
	uint64_t sum = 0;

	for (size_t i = 0; i < n; i++) {
		char part[SHA256_HEX_SIZE + 8];
		struct file_info info;
		struct err ignored;

		snprintf(part, sizeof part, "%s.part", d[i].name);
		if (file_stat(dir, d[i].name, &info, &ignored) == 1 ||
		    file_stat(dir, part, &info, &ignored) == 1)
			sum += info.size;
	}
	return sum;
}

int
plan_fetch(struct plan *p, struct refresh *r, struct fetch *f, struct dir *dir, unsigned which,
    struct progress *progress, struct err *e)
{
	struct download *d = calloc(p->n + 1, sizeof *d);
	char **remote = calloc(p->n + 1, sizeof *remote);
	size_t n = 0, unique = 0, files = 0;
	uint64_t bytes = 0;
	int rc = -1;

	if (d == NULL || remote == NULL) {
		err_nomem(e);
		goto out;
	}
	for (size_t i = 0; i < p->n; i++) {
		const struct plan_file *file = &p->files[i];

		if (clock_check(p->deadline, "downloads were prepared", e) == -1)
			goto out;
		if ((which & which_of(file)) == 0 ||
		    (file->place < LAYOUT_ROOTS && !plan_needs(file)) ||
		    download_is_there(dir, file->sha256, &file->want, p->deadline))
			continue;
		if ((remote[n] = remote_path(file, r, e)) == NULL)
			goto out;
		d[n] = (struct download){ file->target, remote[n], file->sha256, &file->want };
		n++;
	}
	/* The same content under several names is fetched once. */
	qsort(d, n, sizeof *d, by_hash);
	for (size_t i = 0; i < n; i++)
		if (unique == 0 || by_hash(&d[unique - 1], &d[i]) != 0)
			d[unique++] = d[i];
	for (size_t i = 0; i < unique; i++) {
		bytes += d[i].want->length;
		files += d[i].want->length > 0; /* nothing is heard of an empty one */
	}
	if (unique > 0)
		progress_begin(progress, p->application, files, bytes);
	if ((rc = download_files(f, dir, d, unique, true, progress, e)) == 0)
		p->fetched = unique;
	p->of_bytes = bytes;
	p->got_bytes = rc == -1 ? bytes_here(dir, d, unique) : bytes;
	if (unique > 0)
		progress_end(progress);
out:
	for (size_t i = 0; i < n; i++)
		free(remote[i]);
	free(remote);
	free(d);
	return rc;
}
