/* SPDX-License-Identifier: ISC */
/* The releases of an application whose metadata is still here. */
#include "server/repo/history.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/list.h"
#include "server/repo/audit.h"

/* What is read before the releases. */
struct reading {
	const struct repo *r;
	const char *app;
	json_t *lines;	   /* owned: lines of the log by version, "7" */
	int64_t *versions; /* owned */
	size_t n;
	int64_t version, number; /* of the present release */
};

static int
take_line(void *arg, const json_t *entry, const char *hash, const char *line, struct err *e)
{
	struct reading *h = arg;
	const json_t *role =
	    json_object_get(json_object_get(json_object_get(entry, "details"), "roles"), h->app);
	char version[24];

	(void)hash;
	(void)line;
	if (role == NULL)
		return 0;
	snprintf(version, sizeof version, "%" PRId64,
	    (int64_t)json_integer_value(json_object_get(role, "version")));
	return json_object_set(h->lines, version, (json_t *)(uintptr_t)entry) == -1 ? err_nomem(e)
										    : 0;
}

/* Notes a file of the role that was live once: a crash may have left a newer one. */
static int
take_name(void *arg, const char *name, struct err *e)
{
	struct reading *h = arg;
	int64_t version = layout_version(name, h->app);

	if (version == 0 || version > h->version)
		return 0;
	if (list_grow(&h->versions, h->n, sizeof *h->versions, e) == -1)
		return -1;
	h->versions[h->n++] = version;
	return 0;
}

static int
by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

static int
begin(struct reading *h, struct err *e)
{
	struct audit_report report;
	struct tuf_targets *present;
	int rc = repo_read_app(h->r, h->app, &present, e);

	if (rc == 0)
		return err_setx(e, ERR_NOENT, "%s: no such application, or it has no release",
		    h->app);
	if (rc == -1)
		return -1;
	h->version = present->c.version;
	h->number = json_integer_value(json_object_get(present->c.json, "release"));
	targets_free(present);
	if ((h->lines = json_object()) == NULL)
		return err_nomem(e);
	rc = audit_walk(h->r->top, take_line, h, &report, e);
	audit_report_free(&report);
	if (rc == -1 && e->code == ERR_ACCESS) { /* of the maintainers alone */
		err_clear(e);
		rc = 0;
	}
	if (rc == 0 && (rc = dir_list(h->r->metadata, take_name, h, e)) == 0 && h->n > 0)
		qsort(h->versions, h->n, sizeof *h->versions, by_number);
	return rc;
}

static void
end(struct reading *h)
{
	json_decref(h->lines);
	free(h->versions);
}

static const json_t *
line_of(const struct reading *h, int64_t version)
{
	char name[24];

	snprintf(name, sizeof name, "%" PRId64, version);
	return json_object_get(h->lines, name);
}

/* Whether the metadata counts. */
static bool
counts(const struct reading *h, int64_t version, const struct buf *file, const struct envelope *v)
{
	const struct tuf_delegation *d = repo_delegation(h->r, h->app);
	const json_t *role = json_object_get(
	    json_object_get(json_object_get(line_of(h, version), "details"), "roles"), h->app);
	const char *want = json_string_value(json_object_get(role, "sha256"));
	char hex[SHA256_HEX_SIZE];
	struct err ignored;

	if (d != NULL && envelope_verify(v, &h->r->roles->ring, &d->role, h->app, &ignored) == 0)
		return true;
	return want != NULL && digest_hex(file->data, file->len, hex, &ignored) == 0 &&
	    strcmp(hex, want) == 0;
}

/* Reads one version.  out->body, a new reference, is NULL where it doesn't count. */
static int
read_version(const struct reading *h, int64_t version, struct history_release *out, struct err *e)
{
	struct buf file = BUF_INIT(REPO_METADATA_MAX);
	struct envelope v = { NULL, NULL, NULL, 0 };
	char name[LAYOUT_METADATA_SIZE];
	int rc = -1;

	*out = (struct history_release){ .version = version };
	if (layout_metadata(version, h->app, name, e) == 0 &&
	    file_read(h->r->metadata, name, &file, e) == 0 &&
	    envelope_parse(file.data, file.len, &v, e) == 0) {
		out->number = json_integer_value(json_object_get(v.body, "release"));
		out->line = line_of(h, version);
		if (counts(h, version, &file, &v) &&
		    json_integer_value(json_object_get(v.body, "version")) == version)
			out->body = json_incref((json_t *)(uintptr_t)v.body);
		rc = 0;
	} else if (e->code == ERR_SYNTAX) { /* damaged: it is no release */
		err_clear(e);
		rc = 0;
	}
	envelope_free(&v);
	buf_free(&file);
	return rc;
}

/* Whether two metadata files have one release: a role is also renewed without another one. */
static bool
same_release(const struct history_release *a, const struct history_release *b)
{
	return a->number == b->number && (a->body == NULL) == (b->body == NULL);
}

static int
walk(struct reading *h, int (*each)(void *arg, const struct history_release *h, struct err *e),
    void *arg, struct err *e)
{
	struct history_release last = { .number = 0 }, next;
	int rc = 0;

	for (size_t i = 0; i < h->n && rc == 0; i++) {
		if ((rc = read_version(h, h->versions[i], &next, e)) == -1)
			break;
		if (last.number > 0 && same_release(&last, &next))
			next.line = last.line; /* of its first version */
		else if (last.number > 0)
			rc = each(arg, &last, e);
		json_decref(last.body);
		next.present = next.version == h->version;
		last = next;
	}
	if (rc == 0 && last.number > 0)
		rc = each(arg, &last, e);
	json_decref(last.body);
	return rc;
}

int
history_each(const struct repo *r, const char *app,
    int (*each)(void *arg, const struct history_release *h, struct err *e), void *arg,
    struct err *e)
{
	struct reading h = { .r = r, .app = app };
	int rc = begin(&h, e);

	if (rc == 0)
		rc = walk(&h, each, arg, e);
	end(&h);
	return rc;
}

struct finding {
	int64_t want; /* 0: the one before the present one */
	struct history_release found;
};

/* The last one that fits is kept: its metadata is the newest. */
static int
keep(void *arg, const struct history_release *h, struct err *e)
{
	struct finding *f = arg;

	(void)e;
	if (f->want == 0 ? h->present || h->body == NULL : h->number != f->want)
		return 0;
	if (h->body == NULL && f->found.body != NULL)
		return 0;
	json_decref(f->found.body);
	f->found = *h;
	json_incref(f->found.body);
	return 0;
}

int
history_read(const struct repo *r, const char *app, int64_t *number, json_t **body, struct err *e)
{
	struct finding f = { .want = *number };

	*body = NULL;
	if (history_each(r, app, keep, &f, e) == -1) {
		json_decref(f.found.body);
		return -1;
	}
	if (f.found.number == 0 && f.want == 0)
		return err_setx(e, ERR_NOENT,
		    "%s: want a release before the present one, found none whose metadata is still here",
		    app);
	if (f.found.number == 0)
		return err_setx(e, ERR_NOENT,
		    "%s: want release %" PRId64
		    ", found no metadata of it: 'slipway-repo release list' has those that 'gc' left",
		    app, f.want);
	if (f.found.body == NULL)
		return err_setx(e, ERR_SIGNATURE,
		    "%s release %" PRId64
		    ": want metadata that the present keys signed or the log of the repository has, got another",
		    app, f.found.number);
	*number = f.found.number;
	*body = f.found.body;
	return 0;
}
