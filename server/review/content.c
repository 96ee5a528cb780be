/* SPDX-License-Identifier: ISC */
/* The files of a release. */
#include "server/review/content.h"

#include <stdio.h>
#include <string.h>

const char *
content_path(const struct content *c, const char *target)
{
	size_t len = strlen(c->app);

	return strncmp(target, c->app, len) == 0 && target[len] == '/' ? target + len + 1 : target;
}

void
content_target(const struct content *c, const char *path, char out[CONTENT_TARGET_SIZE])
{
	snprintf(out, CONTENT_TARGET_SIZE, "%s/%s", c->app, path);
}

bool
content_has(const struct content *c, const char *path)
{
	char target[CONTENT_TARGET_SIZE];

	content_target(c, path, target);
	return json_object_get(c->targets, target) != NULL;
}

uint64_t
content_length(const struct content *c, const char *target)
{
	return (uint64_t)json_integer_value(
	    json_object_get(json_object_get(c->targets, target), "length"));
}

static int
read_stored(const struct content *c, const char *target, struct buf *out, struct err *e)
{
	const struct tuf_targets t = { .targets = c->targets };
	struct tuf_target found;
	int rc = targets_get(&t, target, &found, e);

	if (rc == 0)
		return err_setx(e, ERR_NOENT, "%s: not in the release", target);
	return rc == -1 ? -1 : repo_read_target(c->r, target, &found, out, e);
}

int
content_read(const struct content *c, const char *target, struct buf *out, struct err *e)
{
	return c->dir != NULL ? file_read(c->dir, content_path(c, target), out, e)
			      : read_stored(c, target, out, e);
}

struct file_in *
content_open(const struct content *c, const char *target, struct err *e)
{
	char stored[LAYOUT_STORED_SIZE];
	const char *hash;

	if (c->dir != NULL)
		return file_in_open(c->dir, content_path(c, target), 0, e);
	hash = json_string_value(json_object_get(
	    json_object_get(json_object_get(c->targets, target), "hashes"), "sha256"));
	if (hash == NULL) {
		err_setx(e, ERR_SYNTAX, "%s: no SHA-256", target);
		return NULL;
	}
	return layout_stored(target, hash, stored, e) == -1
	    ? NULL
	    : file_in_open(c->r->targets, stored, 0, e);
}

int
content_read_block(const struct content *c, const char *target, const char *label, struct buf *out,
    struct err *e)
{
	char mark[64];

	snprintf(mark, sizeof mark, "-----BEGIN %s-----", label);
	buf_reset(out);
	if (content_length(c, target) > out->max || content_length(c, target) < strlen(mark))
		return 0;
	if (content_read(c, target, out, e) == -1)
		return -1;
	return bytes_find(out->data, out->len, mark) != NULL;
}
