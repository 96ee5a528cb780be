/* SPDX-License-Identifier: ISC */
/* Running the scripts of a release before it is published. */
#include <stdlib.h>
#include <string.h>

#include "server/repo/release.h"
#include "lib/base/digest.h"
#include "lib/base/text.h"
#include "lib/os/json_file.h"
#include "lib/script/dryrun.h"
#include "lib/script/userfile.h"
#include "lib/tuf/canonical.h"

/* Which scripts were checked, by application: {APP: {KEY: true}}. */
#define CHECKED_FILE "scripts-checked.json"

/* Bytes of it, and of the names in a release. */
#define CHECKED_MAX (128u * 1024 * 1024)

/* Most bytes of the printed changes of one script. */
#define OUTPUT_MAX (64u * 1024 * 1024)

/* A release whose scripts are run. */
struct checking {
	const struct release *r;
	const char *script; /* that is run */
	struct strings *notes;
};

/*
 * A linear search: scripts ask for few targets, and the files are unordered.
 */
static int
release_has(void *arg, const char *target, struct err *e)
{
	const struct release *r = ((const struct checking *)arg)->r;

	(void)e;
	for (size_t i = 0; i < r->n; i++)
		if (strcmp(r->files[i].path, target) == 0)
			return 1;
	return 0;
}

static const char *
file_of_app(void *arg, size_t i)
{
	const struct release *r = arg;

	if (i == r->n)
		return NULL;
	return strncmp(r->files[i].path, "app/", 4) == 0 ? r->files[i].path + 4 : "";
}

/* Notes what a change would mean for users; once, though scripts run for each system. */
static int
note_change(void *arg, const struct change *x, struct err *e)
{
	struct checking *k = arg;
	const struct userfile_release of = {
		.file = file_of_app,
		.arg = (void *)(uintptr_t)k->r,
		.where =
		    ", one folder for all users of a station, unless the station has one for each"
	};
	struct err why;

	if (!userfile_find(x, &of, &why))
		return 0;
	err_context(&why, "%s", k->script);
	for (size_t i = 0; i < k->notes->n; i++)
		if (strcmp(k->notes->v[i], why.text) == 0)
			return 0;
	return strings_add(k->notes, why.text, e);
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

/* The scripts that were checked before, and those of this release. */
struct checked {
	json_t *all;	  /* owned: the file */
	json_t *now;	  /* owned: {KEY: true} */
	struct buf facts; /* what a check depends on besides the script */
};

static int
facts_of(struct checked *k, const struct release *r, const char *app, struct err *e)
{
	k->facts = (struct buf)BUF_INIT(CHECKED_MAX);
	if (buf_addf(&k->facts, e, "%s\n%s\n", SLIPWAY_VERSION, app) == -1)
		return -1;
	for (size_t i = 0; i < r->n; i++)
		if (buf_addf(&k->facts, e, "%s\n", r->files[i].path) == -1)
			return -1;
	return 0;
}

/* Reads the file; one that is missing or damaged holds nothing. */
static int
checked_read(struct checked *k, struct dir *top, const struct release *r, const char *app,
    struct err *e)
{
	char hex[SHA256_HEX_SIZE];

	if (facts_of(k, r, app, e) == -1 || digest_hex(k->facts.data, k->facts.len, hex, e) == -1)
		return -1;
	buf_reset(&k->facts);
	if (buf_adds(&k->facts, hex, e) == -1)
		return -1;
	k->all = top == NULL ? NULL : json_file_read(top, CHECKED_FILE, CHECKED_MAX, e);
	if (!json_is_object(k->all)) {
		json_decref(k->all);
		k->all = json_object();
		err_clear(e);
	}
	k->now = json_object();
	return k->all == NULL || k->now == NULL ? err_nomem(e) : 0;
}

/* The key of a script: of its name, its bytes and the facts. */
static int
key_of(const struct checked *k, const struct release_file *f, char key[SHA256_HEX_SIZE],
    struct err *e)
{
	struct buf text = BUF_INIT(CHECKED_MAX);
	char hex[SHA256_HEX_SIZE];
	int rc;

	hex_encode(f->sha256, SHA256_SIZE, hex);
	rc = buf_addf(&text, e, "%s\n%s\n%s\n", buf_text(&k->facts), hex, f->path);
	if (rc == 0)
		rc = digest_hex(text.data, text.len, key, e);
	buf_free(&text);
	return rc;
}

/* Saves what was checked, for the next time; not saving costs only time. */
static void
checked_save(struct checked *k, struct dir *top, const char *app)
{
	struct buf text = BUF_INIT(CHECKED_MAX);
	struct err ignored;

	if (json_object_set(k->all, app, k->now) == 0 &&
	    canonical_json(k->all, &text, &ignored) == 0)
		(void)file_replace_fast(top, CHECKED_FILE, text.data, text.len,
		    0600 | FILE_FOR_GROUP, &ignored);
	buf_free(&text);
}

static int
check_all(struct checked *k, struct dryrun *c, struct checking *now, const char *app, struct err *e)
{
	const struct release *r = now->r;
	const json_t *before = json_object_get(k->all, app);
	char key[SHA256_HEX_SIZE];

	for (size_t i = 0; i < r->n; i++) {
		const struct release_file *f = &r->files[i];
		size_t notes = now->notes->n;

		if (strncmp(f->path, "scripts/", strlen("scripts/")) != 0)
			continue;
		now->script = f->path;
		if (key_of(k, f, key, e) == -1 ||
		    (json_object_get(before, key) == NULL && check_one(c, r, f, e) == -1))
			return -1;
		if (now->notes->n == notes && json_object_set_new(k->now, key, json_true()) == -1)
			return err_nomem(e);
	}
	return 0;
}

int
release_check_scripts(const struct release *r, const char *app, struct dir *top,
    struct strings *notes, struct err *e)
{
	struct checking now = { r, NULL, notes };
	struct dryrun_options o = { .application = app,
		.exists = release_has,
		.change = note_change,
		.arg = &now };
	struct dryrun *c = dryrun_new(&o, e);
	struct checked k = { .all = NULL };
	int rc = -1;

	if (c != NULL && checked_read(&k, top, r, app, e) == 0 &&
	    (rc = check_all(&k, c, &now, app, e)) == 0 && top != NULL)
		checked_save(&k, top, app);
	dryrun_free(c);
	json_decref(k.all);
	json_decref(k.now);
	buf_free(&k.facts);
	return rc;
}
