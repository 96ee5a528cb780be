/* SPDX-License-Identifier: ISC */
/* Files that hold one JSON object. */
#include "lib/os/json_file.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"

json_t *
json_file_read(struct dir *d, const char *name, size_t max, struct err *e)
{
	struct buf text = BUF_INIT(max);
	json_t *j = NULL;

	if (file_read(d, name, &text, e) == 0 &&
	    (j = json_own_parse(text.data, text.len, e)) == NULL)
		err_context(e, "%s%s%s", d == NULL ? "" : dir_path(d), d == NULL ? "" : "/", name);
	buf_free(&text);
	return j;
}

typedef int replace_fn(struct dir *d, const char *name, const void *data, size_t len, unsigned mode,
    struct err *e);

static int
write_by(replace_fn *replace, struct dir *d, const char *name, const json_t *j, size_t max,
    unsigned mode, struct err *e)
{
	char *text = json_dumps(j, JSON_INDENT(1) | JSON_SORT_KEYS);
	size_t len;
	int rc;

	if (text == NULL)
		return err_nomem(e);
	len = strlen(text);
	rc = len <= max
	    ? replace(d, name, text, len, mode, e)
	    : err_setx(e, ERR_TOO_LARGE, "%s: want at most %zu bytes, got %zu", name, max, len);
	free(text);
	return rc;
}

int
json_file_write(struct dir *d, const char *name, const json_t *j, size_t max, unsigned mode,
    struct err *e)
{
	return write_by(file_replace, d, name, j, max, mode, e);
}

int
json_file_write_fast(struct dir *d, const char *name, const json_t *j, size_t max, unsigned mode,
    struct err *e)
{
	return write_by(file_replace_fast, d, name, j, max, mode, e);
}
