/* SPDX-License-Identifier: ISC */
/* What a repository remembers of its deployments. */
#include "server/deploy/note.h"

#include <string.h>

#include "lib/os/json_file.h"

#define FORMAT	  1
#define FILE_MAX  (256u * 1024 * 1024)
#define FILE_MODE 0644

void
note_free(struct note *n)
{
	json_decref(n->gone);
	n->gone = NULL;
}

static void
take_note(const json_t *j, const char *place, struct note *out)
{
	const char *about = json_string_value(json_object_get(j, "place")),
		   *lock = json_string_value(json_object_get(j, "lock")), *path;
	json_t *since;

	if (json_integer_value(json_object_get(j, "format")) != FORMAT || about == NULL ||
	    strcmp(about, place) != 0)
		return;
	if (lock != NULL && strlen(lock) == NOTE_ID_SIZE - 1)
		memcpy(out->lock, lock, NOTE_ID_SIZE);
	out->now = json_is_true(json_object_get(j, "now"));
	out->carried = json_is_true(json_object_get(j, "carried"));
	json_object_foreach (json_object_get(j, "gone"), path, since)
		if (json_is_integer(since))
			json_object_set(out->gone, path, since);
}

int
note_read(struct dir *top, const char *place, struct note *out, struct err *e)
{
	json_t *j;

	*out = (struct note){ .gone = json_object() };
	if (out->gone == NULL)
		return err_nomem(e);
	if ((j = json_file_read(top, NOTE_FILE, FILE_MAX, e)) == NULL)
		return e->code == ERR_NOENT || e->code == ERR_SYNTAX ? 0 : -1;
	take_note(j, place, out);
	json_decref(j);
	return 0;
}

int
note_write(struct dir *top, const char *place, const struct note *n, struct err *e)
{
	json_t *j = json_pack("{s:i,s:s,s:s,s:b,s:b,s:O}", "format", FORMAT, "place", place, "lock",
	    n->lock, "now", n->now, "carried", n->carried, "gone", n->gone);
	int rc =
	    j == NULL ? err_nomem(e) : json_file_write(top, NOTE_FILE, j, FILE_MAX, FILE_MODE, e);

	json_decref(j);
	return rc;
}
