/* SPDX-License-Identifier: ISC */
/* Files that hold one JSON object. */
#include "lib/os/json_file.h"

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
