/* SPDX-License-Identifier: ISC */
/*
 * The directory in which a station keeps its state.
 */
#include "updater/state/state.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"

bool
state_pending(struct dir *state)
{
	struct file_info info;
	struct err e;

	return file_stat(state, STATE_JOURNAL_COMMITTED, &info, &e) == 1 ||
	    file_stat(state, STATE_JOURNAL_UNDOING, &info, &e) == 1;
}

json_t *
state_read_json(struct dir *d, const char *name, size_t max, struct err *e)
{
	struct buf b = BUF_INIT(max);
	json_t *j = NULL;

	if (file_read(d, name, &b, e) == 0 && (j = json_text_parse(b.data, b.len, e)) == NULL)
		err_context(e, "%s/%s", dir_path(d), name);
	buf_free(&b);
	return j;
}

int
state_write_json(struct dir *d, const char *name, const json_t *j, struct err *e)
{
	char *text = json_dumps(j, JSON_INDENT(1) | JSON_SORT_KEYS);
	int rc = text == NULL ? err_nomem(e) : file_replace(d, name, text, strlen(text), 0644, e);

	free(text);
	return rc;
}
