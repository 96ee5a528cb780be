/* SPDX-License-Identifier: ISC */
/* Paths: what all platforms share. */
#include "lib/os/path.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/fold.h"
#include "lib/os/file.h"
#include "lib/os/places.h"

int
path_join(struct buf *out, const char *dir, const char *name, struct err *e)
{
	size_t len = strlen(dir);

	if (len == 0 || path_absolute(name))
		return buf_adds(out, name, e);
	return buf_addf(out, e, "%s%s%s", dir, dir[len - 1] == '/' ? "" : "/", name);
}

/* Append the parts of a path that isn't there to the one that is. */
static int
add_parts(struct buf *out, const char *p, struct err *e)
{
	size_t root = path_root(buf_text(out));

	while (*(p += strspn(p, "/")) != '\0') {
		size_t len = strcspn(p, "/"),
		       base = (size_t)(path_base(buf_text(out)) - buf_text(out));

		if (len == 2 && memcmp(p, "..", 2) == 0)
			buf_cut(out, base > root ? base - 1 : root);
		else if (!(len == 1 && *p == '.') &&
		    buf_addf(out, e, "%s%.*s", base == out->len ? "" : "/", (int)len, p) == -1)
			return -1;
		p += len;
	}
	return 0;
}

int
path_resolve(struct buf *out, const char *path, struct err *e)
{
	struct buf real = BUF_INIT(out->max);
	char *there = strdup(path);
	struct err why;
	int rc = 0;

	if (there == NULL)
		return err_nomem(e);
	path_trim(there);
	while (rc == 0 && path_real(&real, there, &why) == -1)
		if (path_cut(there) == NULL) {
			there[path_root(there)] = '\0';
			rc = buf_adds(&real, there, e);
			break;
		}
	if (rc == 0 && real.len > 0)
		path_slashes((char *)real.data);
	if (rc == 0 && (rc = add_parts(&real, path + strlen(there), e)) == 0)
		rc = buf_adds(out, buf_text(&real), e);
	buf_free(&real);
	free(there);
	return rc;
}

static bool
begins_with(const char *path, const char *outer)
{
	size_t len = strlen(outer);

	return strncmp(path, outer, len) == 0 &&
	    (path[len] == '\0' || path[len] == '/' || (len > 0 && outer[len - 1] == '/'));
}

/* The same where case doesn't count, of what isn't there yet, too. */
static bool
begins_but_for_case(const char *path, const char *outer)
{
	struct buf inner = BUF_INIT(FOLD_GROWTH * strlen(path)),
		   around = BUF_INIT(FOLD_GROWTH * strlen(outer));
	struct err e;
	bool begins = fold(path, strlen(path), &inner, &e) == -1 ||
	    fold(outer, strlen(outer), &around, &e) == -1 ||
	    begins_with(buf_text(&inner), buf_text(&around));

	buf_free(&inner);
	buf_free(&around);
	return begins;
}

/* Whether path is outer, or lies in it. */
static bool
lies_in(const char *path, const char *outer)
{
	struct file_info want, info;
	char *copy;
	struct err e;
	bool in;

	if (begins_with(path, outer) ||
	    (strcmp(place_system(), "windows") == 0 && begins_but_for_case(path, outer)))
		return true;
	if (file_stat(NULL, outer, &want, &e) != 1 || (copy = strdup(path)) == NULL)
		return false;
	do
		in = file_stat(NULL, copy, &info, &e) == 1 && info.inode == want.inode &&
		    info.device == want.device;
	while (!in && path_cut(copy) != NULL);
	free(copy);
	return in;
}

bool
path_overlap(const char *a, const char *b)
{
	return lies_in(a, b) || lies_in(b, a);
}
