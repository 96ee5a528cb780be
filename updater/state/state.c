/* SPDX-License-Identifier: ISC */
/* The directory in which a station keeps its state. */
#include "updater/state/state.h"

#include <stdlib.h>
#include <string.h>

bool
state_pending(struct dir *state)
{
	struct file_info info;
	struct err e;

	return file_stat(state, STATE_JOURNAL_COMMITTED, &info, &e) == 1 ||
	    file_stat(state, STATE_JOURNAL_UNDOING, &info, &e) == 1;
}

int
state_write_json(struct dir *d, const char *name, const json_t *j, struct err *e)
{
	char *text = json_dumps(j, JSON_INDENT(1) | JSON_SORT_KEYS);
	int rc = text == NULL ? err_nomem(e) : file_replace(d, name, text, strlen(text), 0644, e);

	free(text);
	return rc;
}
