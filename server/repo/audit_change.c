/* SPDX-License-Identifier: ISC */
/* The line of a change, before and after the change goes live. */
#include "server/repo/audit_change.h"

#include "lib/os/json_file.h"
#include "lib/os/move.h"
#include "lib/tuf/canonical.h"
#include "server/repo/audit.h"
#include "server/repo/audit_state.h"
#include "server/repo/repo.h"

#define FILE_MODE (0600 | FILE_FOR_GROUP)

/* Bytes of REPO_BEGUN_FILE. */
#define BEGUN_MAX 4096u

static int
remove_begun(struct dir *top, struct err *e)
{
	int rc = file_remove(top, REPO_BEGUN_FILE, e);

	return rc == 1 ? dir_sync(top, e) : rc;
}

/* The number of a line, 0 for none. */
static json_int_t
seq_of(const json_t *line)
{
	return json_integer_value(json_object_get(line, "seq"));
}

static int
write_begun(struct dir *top, struct err *e)
{
	json_t *now = audit_state(top, e), *begun = NULL, *last = NULL;
	struct buf text = BUF_INIT(BEGUN_MAX);
	int rc = -1;

	if (now == NULL || audit_last(top, &last, e) == -1)
		goto out;
	if ((begun = json_pack("{s:O,s:I,s:i}", "before", now, "seq", seq_of(last) + 1,
		 "slipway_begun", 1)) == NULL)
		err_nomem(e);
	else if (canonical_json(begun, &text, e) == 0)
		rc = file_replace(top, REPO_BEGUN_FILE, text.data, text.len, FILE_MODE, e);
out:
	json_decref(begun);
	json_decref(last);
	json_decref(now);
	buf_free(&text);
	return rc;
}

int
audit_change_begin(struct dir *top, const char *action, json_t *details, json_t *state,
    struct err *e)
{
	struct err ignored; /* the first error is reported */

	if (state == NULL || details == NULL || write_begun(top, e) == -1) {
		if (state == NULL || details == NULL)
			err_nomem(e);
		json_decref(state);
		json_decref(details);
		return err_context(e, "%s: not done, because it can't be recorded", action);
	}
	if (audit_before(top, action, details, state, e) == 0)
		return 0;
	remove_begun(top, &ignored);
	return -1;
}

int
audit_change_check(struct dir *top, struct err *e)
{
	json_t *last, *now = NULL;
	int rc = audit_last(top, &last, e);

	if (rc == 0 && json_is_object(json_object_get(last, "state")))
		rc = (now = audit_state(top, e)) == NULL
		    ? -1
		    : audit_check_newer(now, json_object_get(last, "state"), e);
	json_decref(now);
	json_decref(last);
	return rc;
}

int
audit_change_look(struct dir *top, struct err *e)
{
	struct file_info info;
	json_t *last;
	int rc;

	if (audit_last(top, &last, e) == -1) {
		err_clear(e);
		return 0;
	}
	rc = audit_check_clock(last, e);
	json_decref(last);
	/* While a change goes live, its line isn't true yet. */
	if (rc == 0 && file_stat(top, REPO_BEGUN_FILE, &info, e) == 0)
		rc = audit_change_check(top, e);
	return rc;
}

/* Adds a line when the change of the last line didn't go live. */
static int
settle(struct dir *top, const json_t *begun, struct err *e)
{
	json_t *last, *now = NULL;
	const json_t *before = json_object_get(begun, "before"), *want;
	int rc = audit_last(top, &last, e);

	if (rc == 0 && (now = audit_state(top, e)) == NULL)
		rc = -1;
	want = json_object_get(last, "state");
	if (rc == 0 && seq_of(last) >= seq_of(begun) && !json_equal(want, now) &&
	    (rc = audit_check_newer(now, before, e)) == 0)
		rc = audit_before(top, "end a change that was cut",
		    json_pack("{s:b,s:s*}", "done", 0, "action",
			json_string_value(json_object_get(last, "action"))),
		    json_incref(now), e);
	json_decref(now);
	json_decref(last);
	return rc;
}

int
audit_change_end(struct dir *top, struct err *e)
{
	struct file_info info;
	json_t *begun = NULL;
	int rc = file_stat(top, REPO_BEGUN_FILE, &info, e);

	if (rc != 1)
		return rc;
	begun = json_file_read(top, REPO_BEGUN_FILE, BEGUN_MAX, e);
	/* Ignores a damaged file: the line and the live metadata say enough. */
	if (begun == NULL && e->code != ERR_SYNTAX && e->code != ERR_TOO_LARGE)
		rc = -1;
	else
		rc = settle(top, begun, e) == -1 ? -1 : remove_begun(top, e);
	json_decref(begun);
	return rc;
}
