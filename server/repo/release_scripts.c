/* SPDX-License-Identifier: ISC */
/* Running the scripts of a release before it is published. */
#include <stdlib.h>
#include <string.h>

#include "server/repo/release.h"
#include "lib/script/dryrun.h"

/* Most bytes of the printed changes of one script. */
#define OUTPUT_MAX (64u * 1024 * 1024)

/*
 * A linear search: scripts ask for few targets, and the files are unordered.
 */
static int
target_exists(void *arg, const char *target, struct err *e)
{
	const struct release *r = arg;

	(void)e;
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->files[i].path, target) == 0)
			return 1;
	return 0;
}

static int
check_one(struct dryrun *c, const struct release *r, const struct release_file *f, struct err *e)
{
	struct buf source = BUF_INIT(SCRIPT_SIZE_MAX), out = BUF_INIT(OUTPUT_MAX);
	int rc = -1;

	if (f->size > SCRIPT_SIZE_MAX)
		err_setx(e, ERR_TOO_LARGE, "%s: over %u bytes", f->path, SCRIPT_SIZE_MAX);
	else if (file_read(r->dir, f->path, &source, e) == 0)
		rc = dryrun_run(c, f->path, source.data, source.len, &out, e);
	buf_free(&source);
	buf_free(&out);
	return rc;
}

int
release_check_scripts(const struct release *r, const char *app, struct err *e)
{
	struct dryrun_options o = { .application = app,
		.exists = target_exists,
		.arg = (void *)(uintptr_t)r };
	struct dryrun *c = dryrun_new(&o, e);
	int rc = c == NULL ? -1 : 0;

	for (size_t i = 0; i < r->n && rc == 0; i++)
		if (strncmp(r->files[i].path, "scripts/", strlen("scripts/")) == 0)
			rc = check_one(c, r, &r->files[i], e);
	dryrun_free(c);
	return rc;
}
