/* SPDX-License-Identifier: ISC */
/* The way back to an earlier release. */
#include "updater/apply/rollback.h"

#include <stdio.h>

#include <jansson.h>

struct search {
	int64_t applied, release;
	int64_t from; /* the release before the record that was passed last */
	struct changeset *back;
	/* releases that could be returned to, as names of an object, for the message */
	json_t *seen;
	struct record *found; /* serial 0 until then */
};

/* The history comes newest first: each record that is passed by is undone. */
static int
pass_record(void *arg, struct record *r, struct err *e)
{
	struct search *s = arg;
	char number[32];

	/* Without a record in between nobody knows the way. */
	if (r->release != s->from)
		return 1;
	s->from = r->from;
	if (r->passed)
		return changeset_append(s->back, &r->undo, e);
	if (!r->whole)
		return 1;
	if (s->release == 0 ? r->release < s->applied : r->release == s->release) {
		*s->found = *r;
		*r = (struct record)RECORD_INIT;
		return 1;
	}
	snprintf(number, sizeof number, "%lld", (long long)r->release);
	if (r->release != s->applied && json_object_set_new(s->seen, number, json_true()) == -1)
		return err_nomem(e);
	return changeset_append(s->back, &r->undo, e);
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

int
rollback_find(struct dir *state, const struct record *applied, int64_t release,
    struct record *found, struct changeset *back, struct err *e)
{
	struct search s = { .applied = applied->release,
		.from = applied->from,
		.release = release,
		.back = back,
		.found = found };

	*found = (struct record)RECORD_INIT;
	if (applied->serial == 0)
		return err_setx(e, ERR_NOENT, "no release was ever applied here");
	if (release == applied->release)
		return err_setx(e, ERR_NOENT, "release %lld is what is applied",
		    (long long)release);
	s.seen = json_object();
	if (changeset_append(back, &applied->undo, e) == 0 &&
	    record_history(state, applied, pass_record, &s, e) != -1 && found->serial == 0)
		not_found(&s, e);
	json_decref(s.seen);
	if (found->serial != 0)
		return 0;
	changeset_free(back);
	return -1;
}
