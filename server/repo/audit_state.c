/* SPDX-License-Identifier: ISC */
/* A line of the log: the author, and the metadata that is live afterwards. */
#include "server/repo/audit_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/json_file.h"
#include "lib/base/text.h"
#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "lib/os/places.h"
#include "server/repo/audit.h"
#include "server/repo/repo.h"
#include "server/repo/share.h"

#define LOCK_WAIT_MS 10000

/* Seconds by which the clocks of computers that share a repository may differ. */
#define CLOCK_SLACK_S 300

/* Bytes of a name of a user or host. */
#define WHO_MAX 256

/* Adds {"sha256", "version"} of a role's file; in_name is the version in the file's name, or 0. */
static int
add_state(json_t *state, struct dir *metadata, const char *role, int64_t in_name, int64_t version,
    struct err *e)
{
	char file[LAYOUT_METADATA_SIZE], hex[SHA256_HEX_SIZE];
	uint8_t sha[SHA256_SIZE];
	uint64_t size;

	if (layout_metadata(in_name, role, file, e) == -1 ||
	    file_sha256(metadata, file, sha, &size, e) == -1)
		return -1;
	hex_encode(sha, SHA256_SIZE, hex);
	return json_object_set_new(state, role,
		   json_pack("{s:s,s:I}", "sha256", hex, "version", (json_int_t)version)) == -1
	    ? err_nomem(e)
	    : 0;
}

/*
 * The versions that timestamp.json states.  They aren't verified: the log records the files as they
 * are.
 */
static int
read_versions(struct dir *metadata, int64_t *timestamp, int64_t *snapshot, struct err *e)
{
	json_t *j = json_file_read(metadata, "timestamp.json", REPO_METADATA_MAX, e), *body;

	if (j == NULL)
		return -1;
	body = json_object_get(j, "signed");
	*timestamp = json_integer_value(json_object_get(body, "version"));
	*snapshot = json_integer_value(json_object_get(
	    json_object_get(json_object_get(body, "meta"), "snapshot.json"), "version"));
	json_decref(j);
	return 0;
}

static int
fill_state(json_t *state, struct dir *metadata, struct err *e)
{
	int64_t timestamp = 0, snapshot = 0, root;

	if (repo_root_version(metadata, &root, e) == -1 ||
	    read_versions(metadata, &timestamp, &snapshot, e) == -1)
		return -1;
	return add_state(state, metadata, "root", root, root, e) == -1 ||
		add_state(state, metadata, "snapshot", snapshot, snapshot, e) == -1
	    ? -1
	    : add_state(state, metadata, "timestamp", 0, timestamp, e);
}

json_t *
audit_state(struct dir *top, struct err *e)
{
	struct dir *metadata = dir_below(top, "served/metadata", false, e);
	json_t *state = NULL;

	if (metadata == NULL)
		return NULL;
	if ((state = json_object()) == NULL) {
		err_nomem(e);
	} else if (fill_state(state, metadata, e) == -1) {
		json_decref(state);
		state = NULL;
	}
	dir_close(metadata);
	return state;
}

/* Sets the member name to a text, made safe; leaves a longer text out. */
static int
set_safe_text(json_t *j, const char *name, const char *text, struct err *e)
{
	char safe[WHO_MAX * 4 + 1];

	if (text == NULL || *text == '\0' || strlen(text) > WHO_MAX)
		return 0;
	text_safe(safe, sizeof safe, text, strlen(text), false);
	return json_object_set_new(j, name, json_string(safe)) == -1 ? err_nomem(e) : 0;
}

/*
 * Returns the account, the computer, and the account that called sudo, by the environment.
 */
static json_t *
who(struct err *e)
{
	struct buf user = BUF_INIT(WHO_MAX), host = BUF_INIT(WHO_MAX);
	json_t *j = json_object();
	int rc = -1;

	if (j == NULL)
		err_nomem(e);
	else if (place_user_shown(&user, e) == 0 &&
	    place_known("ComputerName", strlen("ComputerName"), &host, e) != -1 &&
	    set_safe_text(j, "user", buf_text(&user), e) == 0 &&
	    set_safe_text(j, "host", buf_text(&host), e) == 0)
		rc = set_safe_text(j, "sudo", getenv("SUDO_USER"), e);
	buf_free(&user);
	buf_free(&host);
	if (rc == 0)
		return j;
	json_decref(j);
	return NULL;
}

int
audit_check_clock(const json_t *last, struct err *e)
{
	const char *time = json_string_value(json_object_get(last, "time"));
	char now[DATE_TEXT_SIZE];
	int64_t then;

	if (time == NULL || date_parse(time, strlen(time), &then) == -1 ||
	    clock_wall() + CLOCK_SLACK_S >= then)
		return 0;
	date_format(clock_wall(), now);
	return err_setx(e, ERR_CONFLICT,
	    "want a clock that doesn't stand before the last line of " AUDIT_FILE
	    " (%s), got %s: set the clock; if that line was written at a wrong time, "
	    "'slipway-repo log --accept'",
	    time, now);
}

/*
 * Whether the repository was changed since it was made; one that is being made wasn't.  1, 0 or -1.
 */
static int
has_history(struct dir *top, struct err *e)
{
	struct file_info info;
	json_t *state, *one;
	const char *role;
	int rc = file_stat(top, "served/metadata/timestamp.json", &info, e);

	if (rc != 1)
		return rc;
	state = audit_state(top, e);
	rc = state == NULL ? -1 : 0;
	json_object_foreach (state, role, one)
		rc |= json_integer_value(json_object_get(one, "version")) > 1;
	json_decref(state);
	return rc;
}

/* Checks that this user may write the record: the lock opens the record for writing. */
static int
check_writable(struct dir *top, struct err *e)
{
	struct file_lock *lock = file_lock(top, AUDIT_FILE, LOCK_WAIT_MS, e);

	file_unlock(lock);
	return lock == NULL && e->code != ERR_BUSY
	    ? err_context(e, "want a record that this user can write (was it made by root?)")
	    : lock == NULL ? -1
			   : 0;
}

int
audit_ready(struct dir *top, struct err *e)
{
	json_t *last;
	int rc = audit_last(top, &last, e);

	if (rc == 0 && last != NULL)
		rc = audit_check_clock(last, e) == -1 ? -1 : check_writable(top, e);
	else if (rc == 0 && (rc = has_history(top, e)) == 1)
		rc = err_setx(e, ERR_CONFLICT,
		    "%s/" AUDIT_FILE ": want the record of what was done to this repository, got "
		    "none: bring it back from a backup; 'slipway-repo log --accept' begins another",
		    dir_path(top));
	json_decref(last);
	return rc;
}

static int64_t
version_of(const json_t *state, const char *role)
{
	return json_integer_value(json_object_get(json_object_get(state, role), "version"));
}

int
audit_check_newer(const json_t *now, const json_t *want, struct err *e)
{
	static const char *const roles[] = { "timestamp", "snapshot", "root" };

	for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
		int64_t live = version_of(now, roles[i]), told = version_of(want, roles[i]);
		bool other =
		    !json_equal(json_object_get(now, roles[i]), json_object_get(want, roles[i]));

		if (live > told || (live == told && !other))
			continue;
		return err_setx(e, ERR_CONFLICT,
		    "want %s version %" PRId64 " in served/metadata as " AUDIT_FILE
		    " has it, or a newer one, got %s %" PRId64
		    ": was an old copy restored? The next change would give numbers again that "
		    "stations have seen. Copy served/ back from the update server; if nobody has "
		    "it any more, see 'Only served/ was restored' in docs/trust.md",
		    roles[i], told, live == told ? "another version" : "version", live);
	}
	return 0;
}

/*
 * Returns the state for a line without a state of its own: the live metadata or, while a change
 * goes live, the state of its line, because only some of its files may be in place.
 */
static json_t *
state_of(struct dir *top, bool ready, struct err *e)
{
	struct file_info info;
	json_t *last, *state = NULL;
	const json_t *told;
	int found = file_stat(top, REPO_BEGUN_FILE, &info, e);

	if (found == -1 || audit_last(top, &last, e) == -1)
		return NULL;
	told = json_object_get(last, "state");
	if (found == 1 && told != NULL) {
		state = json_incref((json_t *)(uintptr_t)told);
	} else if ((state = audit_state(top, e)) != NULL && ready && told != NULL &&
	    audit_check_newer(state, told, e) == -1) {
		json_decref(state);
		state = NULL;
	}
	json_decref(last);
	return state;
}

int
audit_ready_at(const char *repo, struct err *e)
{
	struct dir *top = repo_top(repo, true, e);
	json_t *state = NULL;
	int rc = -1;

	if (top != NULL && audit_ready(top, e) == 0 && (state = state_of(top, true, e)) != NULL)
		rc = 0;
	json_decref(state);
	dir_close(top);
	return rc;
}

/* Makes the members of a line that audit_add() doesn't add.  details and state are the caller's. */
static json_t *
new_entry(const char *action, json_t *details, json_t *state, struct err *e)
{
	char now[DATE_TEXT_SIZE];
	json_t *by = who(e), *entry = NULL;

	date_format(clock_wall(), now);
	if (by != NULL &&
	    (entry = json_pack("{s:s,s:O,s:O,s:s,s:O}", "action", action, "details", details,
		 "state", state, "time", now, "who", by)) == NULL)
		err_nomem(e);
	json_decref(by);
	return entry;
}

/* Appends a line; takes details and state (or NULL) over. */
static int
append_line(struct dir *top, const char *action, json_t *details, json_t *state, bool ready,
    struct err *e)
{
	struct file_lock *lock = NULL;
	json_t *entry = NULL;
	int rc = -1;

	if (details == NULL)
		err_nomem(e);
	else if ((!ready || audit_ready(top, e) == 0) &&
	    (lock = file_lock(top, AUDIT_FILE, LOCK_WAIT_MS, e)) != NULL &&
	    (state != NULL || (state = state_of(top, ready, e)) != NULL) &&
	    (entry = new_entry(action, details, state, e)) != NULL)
		rc = audit_add(top, entry, e);
	file_unlock(lock);
	json_decref(entry);
	json_decref(details);
	json_decref(state);
	return rc;
}

int
audit_append(struct dir *top, const char *action, json_t *details, struct err *e)
{
	return append_line(top, action, details, NULL, true, e) == -1
	    ? err_context(e, "%s: done, but not recorded", action)
	    : 0;
}

int
audit_before(struct dir *top, const char *action, json_t *details, json_t *state, struct err *e)
{
	return append_line(top, action, details, state, true, e) == -1
	    ? err_context(e, "%s: not done, because it can't be recorded", action)
	    : 0;
}

int
audit_accept(struct dir *top, struct err *e)
{
	return append_line(top, "accept", json_object(), NULL, false, e);
}

int
audit_before_at(const char *repo, const char *action, json_t *details, struct err *e)
{
	struct dir *top = repo_top(repo, true, e);
	int rc = -1;

	if (top != NULL)
		rc = audit_before(top, action, details, NULL, e);
	else
		json_decref(details);
	dir_close(top);
	return rc;
}
