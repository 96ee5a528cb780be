/* SPDX-License-Identifier: ISC */
/* A line of the log: who did it, and which metadata is live afterwards. */
#include "server/repo/audit_state.h"

#include <stdlib.h>
#include <string.h>

#include "lib/os/json_file.h"
#include "lib/base/text.h"
#include "lib/base/date.h"
#include "lib/os/clock.h"
#include "lib/os/places.h"
#include "server/repo/audit.h"
#include "server/repo/repo.h"

#define LOCK_WAIT_MS 10000

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
 * The versions that timestamp.json states, which nobody has verified here: the log says what is
 * there.
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

/* Put a text under name; what isn't UTF-8 or too long is left out. */
static int
set_text(json_t *j, const char *name, const char *text, struct err *e)
{
	if (text == NULL || *text == '\0' || strlen(text) > WHO_MAX ||
	    !valid_utf8(text, strlen(text)))
		return 0;
	return json_object_set_new(j, name, json_string(text)) == -1 ? err_nomem(e) : 0;
}

/*
 * The account, the computer, and who became that account through sudo (as the environment says it).
 */
static json_t *
who(struct err *e)
{
	struct buf user = BUF_INIT(WHO_MAX), host = BUF_INIT(WHO_MAX);
	json_t *j = json_object();
	int rc = -1;

	if (j == NULL)
		err_nomem(e);
	else if (place_user(&user, e) == 0 &&
	    place_known("ComputerName", strlen("ComputerName"), &host, e) != -1 &&
	    set_text(j, "user", buf_text(&user), e) == 0 &&
	    set_text(j, "host", buf_text(&host), e) == 0)
		rc = set_text(j, "sudo", getenv("SUDO_USER"), e);
	buf_free(&user);
	buf_free(&host);
	if (rc == 0)
		return j;
	json_decref(j);
	return NULL;
}

/* What audit_add() doesn't know of a line.  details is the caller's. */
static json_t *
new_entry(struct dir *top, const char *action, json_t *details, struct err *e)
{
	char now[DATE_TEXT_SIZE];
	json_t *state = audit_state(top, e), *by = state == NULL ? NULL : who(e), *entry = NULL;

	date_format(clock_wall(), now);
	if (by != NULL &&
	    (entry = json_pack("{s:s,s:O,s:O,s:s,s:O}", "action", action, "details", details,
		 "state", state, "time", now, "who", by)) == NULL)
		err_nomem(e);
	json_decref(by);
	json_decref(state);
	return entry;
}

int
audit_append(struct dir *top, const char *action, json_t *details, struct err *e)
{
	struct file_lock *lock = NULL;
	json_t *entry = NULL;
	int rc = -1;

	if (details == NULL)
		err_nomem(e);
	else if ((lock = file_lock(top, AUDIT_FILE, LOCK_WAIT_MS, e)) != NULL &&
	    (entry = new_entry(top, action, details, e)) != NULL)
		rc = audit_add(top, entry, e);
	file_unlock(lock);
	json_decref(entry);
	json_decref(details);
	if (rc == -1)
		err_context(e, "%s: done, but not recorded", action);
	return rc;
}

int
audit_append_at(const char *repo, const char *action, json_t *details, struct err *e)
{
	struct dir *top = dir_open(repo, e);
	int rc;

	if (top == NULL) {
		json_decref(details);
		return err_context(e, "%s: done, but not recorded", action);
	}
	rc = audit_append(top, action, details, e);
	dir_close(top);
	return rc;
}
