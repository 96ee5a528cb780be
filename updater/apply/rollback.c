/* SPDX-License-Identifier: ISC */
/*
 * The way back to an earlier release.
 */
#include "updater/apply/rollback.h"

#include <stdio.h>

#include "updater/state/changes_json.h"
#include "updater/state/record.h"

struct search {
	int64_t applied, release;
	struct changeset *back;
	/* releases that could be returned to, as names of an object, for the message */
	json_t *seen;
	json_t *found;
};

/* The history comes newest first: each record that is passed by is undone. */
static int
look(void *arg, json_t *record, struct err *e)
{
	struct search *s = arg;
	int64_t release = store_release(record);
	char number[32];

	if (!store_is_whole(record))
		return 1;
	if (s->release == 0 ? release < s->applied : release == s->release) {
		s->found = json_incref(record);
		return 1;
	}
	snprintf(number, sizeof number, "%lld", (long long)release);
	if (release != s->applied && json_object_set_new(s->seen, number, json_true()) == -1)
		return err_nomem(e);
	return changes_json_read(json_object_get(record, "undo"), s->back, e);
}

static void
not_found(const struct search *s, struct err *e)
{
	struct buf list = BUF_INIT(1024);
	const char *number;
	json_t *unused;
	struct err ignored;

	json_object_foreach (s->seen, number, unused) {
		buf_addf(&list, &ignored, "%s%s", list.len == 0 ? "" : ", ", number);
	}
	if (s->release == 0)
		err_setx(e, ERR_NOENT, "no release before release %lld is kept here",
		    (long long)s->applied);
	else
		err_setx(e, ERR_NOENT, "want release %lld, which isn't kept here; %s%s",
		    (long long)s->release, list.len == 0 ? "no other is" : "there are: ",
		    list.len == 0 ? "" : buf_text(&list));
	buf_free(&list);
}

json_t *
rollback_find(struct dir *state, const json_t *applied, int64_t release, struct changeset *back,
    struct err *e)
{
	struct search s = { .applied = store_release(applied), .release = release, .back = back };

	if (store_serial(applied) == 0) {
		err_setx(e, ERR_NOENT, "no release was ever applied here");
		return NULL;
	}
	if (release == s.applied) {
		err_setx(e, ERR_NOENT, "release %lld is what is applied", (long long)release);
		return NULL;
	}
	s.seen = json_object();
	if (changes_json_read(json_object_get(applied, "undo"), back, e) == 0 &&
	    store_history(state, look, &s, e) != -1 && s.found == NULL)
		not_found(&s, e);
	if (s.found == NULL)
		changeset_free(back);
	json_decref(s.seen);
	return s.found;
}
