/* SPDX-License-Identifier: ISC */
/* Checking a signed change, its snapshot and timestamp, and putting it live. */
#include "server/repo/change_commit.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "lib/os/move.h"
#include "lib/base/json.h"

#define FILE_MODE 0644

/* Bytes of REPO_PENDING_FILE: the metadata files as JSON texts. */
#define PENDING_MAX (256u * 1024 * 1024)

/* The files to write, in order: those of the change, snapshot, timestamp. */
#define WRITES_MAX (CHANGE_FILES_MAX + 2)

struct writes {
	struct write {
		char name[LAYOUT_METADATA_SIZE];
		struct buf content;
	} list[WRITES_MAX];
	size_t n;
};

/* Checks that enough keys of one set have signed a file. */
static int
check_threshold(const struct envelope *v, const char *name, const struct change_signers *s,
    struct err *e)
{
	char what[LAYOUT_METADATA_SIZE + 40];

	snprintf(what, sizeof what, "%s, %s", name, s->who);
	return envelope_verify(v, s->ring, s->role, what, e);
}

/* Checks that the version of a file is the next one, and that the file hasn't expired. */
static int
check_successor(const struct change *c, const char *name, const json_t *body, struct err *e)
{
	const char *expires = json_string_value(json_object_get(body, "expires"));
	int64_t version = json_integer_value(json_object_get(body, "version")), now = 0, until;
	json_t *present;
	int found = repo_read_signed(c->r, name, &present, e);

	if (found == -1)
		return -1;
	if (found == 1) {
		now = json_integer_value(
		    json_object_get(json_object_get(present, "signed"), "version"));
		json_decref(present);
	}
	if (version != now + 1)
		return err_setx(e, ERR_CONFLICT,
		    "%s: want version %" PRId64 ", got %" PRId64
		    ": the repository has changed meanwhile; make the change again",
		    name, now + 1, version);
	if (expires == NULL || date_parse(expires, strlen(expires), &until) == -1 ||
	    until <= clock_wall())
		return err_setx(e, ERR_EXPIRED, "%s: want an expiry date to come, got %s", name,
		    expires == NULL ? "none" : expires);
	return 0;
}

/* Reads a file as clients do, and makes all checks. */
static int
check_role_file(struct change *c, const struct change_file *f, struct err *e)
{
	struct change_signers s[CHANGE_SIGNERS_MAX];
	size_t n = change_signers(c, f->name, s);
	struct buf text = BUF_INIT(REPO_METADATA_MAX);
	struct envelope v = { NULL, NULL, NULL, 0 };
	struct tuf_targets *t;
	struct err why;
	int rc = -1;

	if (n == 0)
		return err_setx(e, ERR_CONFLICT, "%s: no such role; make it with 'app add'",
		    f->name);
	if (sign_write(f->metadata, &text, e) == -1 ||
	    envelope_parse(text.data, text.len, &v, e) == -1 ||
	    check_successor(c, f->name, v.body, e) == -1)
		goto out;
	for (size_t i = 0; i < n; i++) {
		if (s[i].required && check_threshold(&v, f->name, &s[i], e) == -1)
			goto out;
		if (!s[i].required && check_threshold(&v, f->name, &s[i], &why) == -1)
			c->root_first = true;
	}
	if (strcmp(f->name, tuf_top_name(TUF_ROOT)) != 0) { /* root: change_seal() read it */
		if ((t = targets_parse(&v, e)) == NULL) {
			err_context(e, "%s", f->name);
			goto out;
		}
		targets_free(t);
	}
	rc = 0;
out:
	envelope_free(&v);
	buf_free(&text);
	return rc;
}

/* Signs an online role and appends its file to out. */
static int
sign_online(struct change *c, enum tuf_top which, json_t *body, struct keystore *ks,
    const struct passphrases *p, struct buf *out, struct err *e)
{
	const char *name = tuf_top_name(which);
	struct change_signers s[CHANGE_SIGNERS_MAX];
	size_t n = change_signers(c, name, s), count = 0;
	struct envelope v = { NULL, NULL, NULL, 0 };
	json_t *metadata = json_pack("{s:[],s:O}", "signatures", "signed", body);
	struct err why;
	int rc = -1;

	if (metadata == NULL)
		return err_nomem(e);
	if (change_sign_role(c, name, metadata, ks, p, &count, e) == -1 ||
	    sign_write(metadata, out, e) == -1 || envelope_parse(out->data, out->len, &v, e) == -1)
		goto out;
	if (check_threshold(&v, name, &s[n - 1], e) == -1) {
		err_context(e, "the private keys in keys/ do not suffice");
		goto out;
	}
	if (n == 2 && check_threshold(&v, name, &s[0], &why) == -1)
		c->root_first = true;
	rc = 0;
out:
	envelope_free(&v);
	json_decref(metadata);
	return rc;
}

static int
set_meta(json_t *meta, const char *role, int64_t version, const struct buf *file, struct err *e)
{
	char name[LAYOUT_METADATA_SIZE];
	json_t *m = layout_metadata(0, role, name, e) == -1 ? NULL : repo_meta(version, file, e);

	if (m == NULL)
		return -1;
	return json_object_set_new(meta, name, m) == -1 ? err_nomem(e) : 0;
}

/* Makes body the next version of an online role; only --days may bring its expiry forward. */
static int
renew_online(const struct change *c, const char *role, json_t *body, int64_t version, int days,
    struct err *e)
{
	enum repo_back back = c->online_days != 0 ? REPO_BACK_TAKE
	    : c->n > 0				  ? REPO_BACK_KEEP
						  : REPO_BACK_REFUSE;

	if (repo_renew_body(body, version, c->online_days != 0 ? (int)c->online_days : days, back,
		e) == -1)
		return err_context(e, "%s", role);
	return 0;
}

static int
make_snapshot(struct change *c, struct keystore *ks, const struct passphrases *p, struct err *e)
{
	json_t *body = json_deep_copy(c->r->snapshot->c.json);
	struct buf text = BUF_INIT(REPO_METADATA_MAX);
	int rc = -1;

	if (body == NULL)
		return err_nomem(e);
	c->snapshot_version = c->r->snapshot->c.version + 1;
	if (renew_online(c, "snapshot", body, c->snapshot_version, REPO_SNAPSHOT_DAYS, e) == -1)
		goto out;
	for (size_t i = 0; i < c->n; i++) {
		const json_t *signed_part = json_object_get(c->files[i].metadata, "signed");

		if (strcmp(c->files[i].name, tuf_top_name(TUF_ROOT)) == 0)
			continue;
		buf_reset(&text);
		if (sign_write(c->files[i].metadata, &text, e) == -1 ||
		    set_meta(json_object_get(body, "meta"), c->files[i].name,
			json_integer_value(json_object_get(signed_part, "version")), &text,
			e) == -1)
			goto out;
	}
	rc = sign_online(c, TUF_SNAPSHOT, body, ks, p, &c->snapshot, e);
out:
	buf_free(&text);
	json_decref(body);
	return rc;
}

static int
make_timestamp(struct change *c, struct keystore *ks, const struct passphrases *p, struct err *e)
{
	json_t *body = json_deep_copy(c->r->timestamp->c.json);
	int rc = -1;

	if (body == NULL)
		return err_nomem(e);
	if (renew_online(c, "timestamp", body, c->r->timestamp->c.version + 1, REPO_TIMESTAMP_DAYS,
		e) == 0 &&
	    (c->snapshot.len == 0 ||
		set_meta(json_object_get(body, "meta"), tuf_top_name(TUF_SNAPSHOT),
		    c->snapshot_version, &c->snapshot, e) == 0))
		rc = sign_online(c, TUF_TIMESTAMP, body, ks, p, &c->timestamp, e);
	json_decref(body);
	return rc;
}

int
change_ready(struct change *c, struct keystore *ks, const struct passphrases *p, struct err *e)
{
	bool others = c->n > (c->root == NULL ? 0 : 1);
	int good;

	for (size_t i = 0; i < c->n; i++)
		if (check_role_file(c, &c->files[i], e) == -1)
			return -1;
	if ((good = change_stays_good(c, tuf_top_name(TUF_SNAPSHOT), e)) == -1)
		return -1;
	if (others || good == 0) {
		if (make_snapshot(c, ks, p, e) == -1)
			return -1;
	}
	if ((good = change_stays_good(c, tuf_top_name(TUF_TIMESTAMP), e)) == -1)
		return -1;
	if (c->snapshot.len > 0 || good == 0)
		return make_timestamp(c, ks, p, e);
	return 0;
}

int
change_refresh(struct change *c, struct keystore *ks, const struct passphrases *p, bool snapshot,
    struct err *e)
{
	if (snapshot && make_snapshot(c, ks, p, e) == -1)
		return -1;
	return make_timestamp(c, ks, p, e);
}

/* Takes over the bytes of content, when there are any. */
static int
add_write(struct writes *w, const char *role, int64_t version, struct buf *content, struct err *e)
{
	struct write *one = &w->list[w->n];

	if (content->len == 0)
		return 0;
	if (layout_metadata(version, role, one->name, e) == -1)
		return -1;
	one->content = *content;
	*content = (struct buf)BUF_INIT(REPO_METADATA_MAX);
	w->n++;
	return 0;
}

/* Adds the files of the roles: root, or all others. */
static int
add_roles(const struct change *c, bool root, struct writes *w, struct err *e)
{
	for (size_t i = 0; i < c->n; i++) {
		const struct change_file *f = &c->files[i];
		struct buf text = BUF_INIT(REPO_METADATA_MAX);

		if ((strcmp(f->name, tuf_top_name(TUF_ROOT)) == 0) != root)
			continue;
		if (sign_write(f->metadata, &text, e) == -1 ||
		    add_write(w, f->name,
			json_integer_value(
			    json_object_get(json_object_get(f->metadata, "signed"), "version")),
			&text, e) == -1) {
			buf_free(&text);
			return -1;
		}
	}
	return 0;
}

/* Replaces files: a crash may have left files of these names, to which no metadata refers. */
static int
write_list(struct dir *metadata, const struct writes *w, struct err *e)
{
	for (size_t i = 0; i < w->n; i++)
		if (file_replace(metadata, w->list[i].name, w->list[i].content.data,
			w->list[i].content.len, FILE_MODE, e) == -1)
			return -1;
	return 0;
}

static int
remove_pending(struct dir *top, struct err *e)
{
	return file_remove(top, REPO_PENDING_FILE, e) == -1 ? -1 : dir_sync(top, e);
}

/* From here on a crash loses nothing: change_resume() completes the change. */
static int
write_pending(struct dir *top, const struct writes *w, struct err *e)
{
	struct buf text = BUF_INIT(PENDING_MAX);
	json_t *all = json_pack("{s:[]}", "files");
	int rc = -1;

	for (size_t i = 0; all != NULL && i < w->n; i++)
		if (json_array_append_new(json_object_get(all, "files"),
			json_pack("{s:s,s:s}", "name", w->list[i].name, "text",
			    buf_text(&w->list[i].content))) == -1) {
			json_decref(all);
			all = NULL;
		}
	if (all == NULL)
		return err_nomem(e);
	if (sign_write(all, &text, e) == 0)
		rc = file_replace(top, REPO_PENDING_FILE, text.data, text.len, FILE_MODE, e);
	json_decref(all);
	buf_free(&text);
	return rc;
}

static int
write_root_first(const struct change *c, const struct writes *w, struct err *e)
{
	if (write_pending(c->r->top, w, e) == -1)
		return -1;
	if (write_list(c->r->metadata, w, e) == -1 || remove_pending(c->r->top, e) == -1)
		return err_context(e,
		    "the change has begun; the next command that changes the repository ends it");
	return 0;
}

int
change_write(struct change *c, struct err *e)
{
	struct writes w = { .n = 0 };
	bool root_first = c->root_first && c->root != NULL;
	int rc = -1;

	if ((root_first && add_roles(c, true, &w, e) == -1) || add_roles(c, false, &w, e) == -1)
		goto out;
	if (add_write(&w, tuf_top_name(TUF_SNAPSHOT), c->snapshot_version, &c->snapshot, e) == -1 ||
	    add_write(&w, tuf_top_name(TUF_TIMESTAMP), 0, &c->timestamp, e) == -1 ||
	    (!root_first && add_roles(c, true, &w, e) == -1))
		goto out;
	if (root_first && w.n > 1)
		rc = write_root_first(c, &w, e);
	else
		rc = write_list(c->r->metadata, &w, e);
out:
	for (size_t i = 0; i < w.n; i++)
		buf_free(&w.list[i].content);
	return rc;
}

int
change_pending(struct dir *top)
{
	struct file_info info;
	struct err e;

	return file_stat(top, REPO_PENDING_FILE, &info, &e);
}

int
change_resume(struct dir *top, struct dir *metadata, struct err *e)
{
	struct buf text = BUF_INIT(PENDING_MAX);
	json_t *all = NULL;
	const json_t *files;
	struct file_info info;
	int rc = file_stat(top, REPO_PENDING_FILE, &info, e);

	if (rc != 1)
		return rc;
	rc = -1;
	if (file_read(top, REPO_PENDING_FILE, &text, e) == -1 ||
	    (all = json_text_parse(text.data, text.len, e)) == NULL)
		goto out;
	files = json_object_get(all, "files");
	for (size_t i = 0; i < json_array_size(files); i++) {
		const json_t *f = json_array_get(files, i), *content = json_object_get(f, "text");
		const char *name = json_string_value(json_object_get(f, "name"));

		if (name == NULL || strchr(name, '/') != NULL || !json_is_string(content)) {
			err_setx(e, ERR_SYNTAX, "a file that has no name or no content");
			goto out;
		}
		if (file_replace(metadata, name, json_string_value(content),
			json_string_length(content), FILE_MODE, e) == -1)
			goto out;
	}
	rc = remove_pending(top, e) == -1 ? -1 : 1;
out:
	if (rc == -1)
		err_context(e, REPO_PENDING_FILE);
	json_decref(all);
	buf_free(&text);
	return rc;
}
