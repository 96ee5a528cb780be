/* SPDX-License-Identifier: ISC */
/* Publishing releases in which stations trust other certificates. */
#include "server/rollover/edit.h"

#include <string.h>

#include "lib/cli/command.h"
#include "lib/x509/facts.h"
#include "server/repo/publish.h"

/* Sets length and hash of a target to those of the new content, and stores the content. */
static int
set_target(struct repo *r, const char *path, json_t *target, const struct buf *content,
    struct err *e)
{
	uint8_t sha[DIGEST_MAX];
	char hex[SHA256_HEX_SIZE];

	if (digest_of(DIGEST_SHA256, content->data, content->len, sha, e) == -1)
		return -1;
	hex_encode(sha, SHA256_SIZE, hex);
	if (json_object_set_new(target, "length", json_integer((json_int_t)content->len)) == -1 ||
	    json_object_set_new(target, "hashes", json_pack("{s:s}", "sha256", hex)) == -1)
		return err_nomem(e);
	return publish_put(r, path, sha, content, e);
}

static int
say_copy(const struct repo *r, const char *app, const char *path, const json_t *target,
    struct buf *said, struct err *e)
{
	const char *hash =
	    json_string_value(json_object_get(json_object_get(target, "hashes"), "sha256"));
	struct buf from = BUF_INIT(8 * PATH_REL_MAX);
	char stored[LAYOUT_STORED_SIZE];
	int rc = -1;

	if (layout_stored(path, hash, stored, e) == 0 &&
	    buf_addf(&from, e, "%s/%s", dir_path(r->targets), stored) == 0 &&
	    buf_adds(said, "in your own release directory: cp ", e) == 0 &&
	    cli_quote(said, buf_text(&from), e) == 0 && buf_addc(said, ' ', e) == 0 &&
	    cli_quote(said, path + strlen(app) + 1, e) == 0)
		rc = buf_addc(said, '\n', e);
	buf_free(&from);
	return rc;
}

/* An edit of all releases. */
struct edit {
	const struct look *l;
	const bool *want;
	struct change *c;
	size_t edited; /* files */
	struct buf *said;
};

/*
 * Edits one file of a release of app, if the file has other certificates than wanted.  *body
 * becomes the next version of the role with the first edit.  Returns 0 or -1.
 */
static int
edit_target(struct edit *d, const char *app, const struct tuf_targets *now, const char *path,
    json_t **body, struct err *e)
{
	struct buf text = BUF_INIT(CERT_FILE_MAX), next = BUF_INIT(CERT_FILE_MAX);
	bool have[REPLACE_COUNT] = { false, false };
	int rc = replace_trust_read_target(d->c->r, now, path, &text, e);
	json_t *target;

	if (rc == 1)
		bundle_look(text.data, text.len, d->l->cert, REPLACE_COUNT, have);
	if (rc == -1 || (!have[REPLACE_OLD] && !have[REPLACE_NEW]) ||
	    memcmp(have, d->want, sizeof have) == 0)
		goto out;
	if ((*body == NULL && (*body = change_body(d->c, app, e)) == NULL) ||
	    bundle_set(text.data, text.len, d->l->cert, REPLACE_COUNT, d->want, &next, e) == -1) {
		rc = -1;
		goto out;
	}
	target = json_object_get(json_object_get(*body, "targets"), path);
	if ((rc = set_target(d->c->r, path, target, &next, e)) == 0)
		rc = say_copy(d->c->r, app, path, target, d->said, e);
	d->edited++;
out:
	buf_free(&text);
	buf_free(&next);
	return rc == -1 ? -1 : 0;
}

/* Makes the next version of one application's release, if the release has such files. */
static int
edit_app(struct edit *d, const char *app, struct err *e)
{
	struct tuf_targets *now;
	json_t *target, *body = NULL;
	const char *path;
	int rc = repo_read_app(d->c->r, app, &now, e);

	if (rc != 1)
		return rc;
	rc = 0;
	json_object_foreach (json_object_get(now->c.json, "targets"), path, target)
		if ((rc = edit_target(d, app, now, path, &body, e)) == -1)
			break;
	if (rc == 0 && body != NULL &&
	    json_object_set_new(body, "release",
		json_integer(json_integer_value(json_object_get(body, "release")) + 1)) == -1)
		rc = err_nomem(e);
	targets_free(now);
	return rc;
}

int
edit_publish(const struct replace *p, const struct look *l, struct session *s,
    const bool want[REPLACE_COUNT], struct buf *said, struct err *e)
{
	struct edit d = { .l = l, .want = want, .said = said };
	int rc = -1;

	for (int i = 0; i < REPLACE_COUNT; i++)
		if (want[i] && l->pem[i].len == 0)
			return err_setx(e, ERR_NOENT,
			    "want the %s certificate (SHA-256 %s) in %s, found none; bring it back there",
			    replace_names[i], p->m.hex[i], dir_path(p->certs));
	if (session_begin(s, p->repo, "cert replace", e) == -1)
		goto out;
	d.c = s->c;
	for (size_t i = 0; i < s->r->roles->n; i++)
		if (edit_app(&d, s->r->roles->delegations[i].name, e) == -1)
			goto out;
	if (d.edited == 0)
		err_setx(e, ERR_CONFLICT,
		    "no present release has a file with the certificate in use (SHA-256 %s): want one that stations "
		    "trust; publish a release with it first",
		    p->m.hex[REPLACE_OLD]);
	else if (change_seal(s->c, false, e) == 0 && session_sign(s, e) == 0 &&
	    session_write(s, e) == 0)
		rc = session_report(s, "published", said, e);
out:
	session_end(s);
	return rc;
}
