/* SPDX-License-Identifier: ISC */
/*
 * The hash-chained record of what was done to a repository.
 */
#include "server/repo/audit.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/os/clock.h"
#include "lib/base/json.h"
#include "lib/base/path.h"
#include "lib/os/places.h"
#include "server/repo/repo.h"
#include "server/sshd/sshd.h"
#include "lib/tuf/canonical.h"

#define LOCK_WAIT_MS 10000
#define READ_CHUNK   65536

/* Bytes of a name of a user or host. */
#define WHO_MAX 256

static const char no_hash[] = "0000000000000000000000000000000000000000000000000000000000000000";

static int
hash_text(const void *data, size_t len, char out[SHA256_HEX_SIZE], struct err *e)
{
	uint8_t sha[DIGEST_MAX];

	if (digest_of(DIGEST_SHA256, data, len, sha, e) == -1)
		return -1;
	hex_encode(sha, SHA256_SIZE, out);
	return 0;
}

/* Read one line (without its newline), and check its form and that it follows seq and prev. */
static json_t *
read_line(const void *data, size_t len, int64_t seq, const char *prev, struct err *e)
{
	struct buf again = BUF_INIT(AUDIT_LINE_MAX);
	json_t *entry = json_text_parse(data, len, e);
	const char *stated;

	if (entry == NULL)
		return NULL;
	stated = json_string_value(json_object_get(entry, "prev"));
	if (canonical_json(entry, &again, e) == -1)
		goto fail;
	if (again.len != len || memcmp(again.data, data, len) != 0 || stated == NULL ||
	    !json_is_string(json_object_get(entry, "action")) ||
	    !json_is_string(json_object_get(entry, "time"))) {
		err_setx(e, ERR_SYNTAX, "not as it was written");
		goto fail;
	}
	if (prev != NULL && strcmp(stated, prev) != 0) {
		err_setx(e, ERR_CONFLICT,
		    "want the line after the one with hash %s, got the one after %.64s: a line before "
		    "it was altered, removed or added",
		    prev, stated);
		goto fail;
	}
	if (seq != 0 && json_integer_value(json_object_get(entry, "seq")) != seq) {
		err_setx(e, ERR_CONFLICT, "want number %" PRId64 ", got %" PRId64, seq,
		    (int64_t)json_integer_value(json_object_get(entry, "seq")));
		goto fail;
	}
	buf_free(&again);
	return entry;
fail:
	buf_free(&again);
	json_decref(entry);
	return NULL;
}

/* The end of the log: where the next line goes, and what it follows. */
struct tail {
	uint64_t at; /* bytes of whole lines */
	int64_t seq; /* of the last one, or 0 */
	char head[SHA256_HEX_SIZE];
	size_t cut; /* bytes after them, and their hash */
	char cut_hash[SHA256_HEX_SIZE];
};

static int
read_end(struct dir *top, uint64_t size, struct buf *out, struct err *e)
{
	uint64_t from = size > out->max ? size - out->max : 0;
	struct file_in *f = file_in_open(top, AUDIT_FILE, from, e);
	size_t got = 0;
	int rc = -1;

	if (f == NULL)
		return -1;
	if (buf_reserve(out, (size_t)(size - from), e) == 0)
		do {
			rc = file_in_read(f, out->data + out->len, (size_t)(size - from) - out->len,
			    &got, e);
			out->len += got;
		} while (rc == 0 && got > 0 && out->len < size - from);
	file_in_close(f);
	return rc;
}

/* Split the end of the file into the last whole line and what a power failure left after it. */
static int
split_end(const struct buf *end, uint64_t size, struct tail *t, struct err *e)
{
	size_t whole = end->len, start;
	json_t *entry;

	while (whole > 0 && end->data[whole - 1] != '\n')
		whole--;
	t->cut = end->len - whole;
	t->at = size - t->cut;
	if (t->cut > AUDIT_LINE_MAX)
		return err_setx(e, ERR_TOO_LARGE, "over %u bytes without a line's end",
		    AUDIT_LINE_MAX);
	if (t->cut > 0 && hash_text(end->data + whole, t->cut, t->cut_hash, e) == -1)
		return -1;
	if (t->at == 0)
		return 0;
	for (start = whole - 1; start > 0 && end->data[start - 1] != '\n';)
		start--;
	if ((entry = read_line(end->data + start, whole - 1 - start, 0, NULL, e)) == NULL)
		return err_context(e, "last line");
	t->seq = json_integer_value(json_object_get(entry, "seq"));
	json_decref(entry);
	return hash_text(end->data + start, whole - 1 - start, t->head, e);
}

static int
read_tail(struct dir *top, struct tail *t, struct err *e)
{
	struct buf end = BUF_INIT(2 * (AUDIT_LINE_MAX + 1));
	struct file_info info;
	int found, rc = -1;

	memset(t, 0, sizeof *t);
	memcpy(t->head, no_hash, sizeof no_hash);
	if ((found = file_stat(top, AUDIT_FILE, &info, e)) != 1)
		return found;
	if (read_end(top, info.size, &end, e) == 0 && split_end(&end, info.size, t, e) == 0)
		rc = 0;
	else
		err_context(e,
		    "%s/" AUDIT_FILE " is damaged ('slipway-repo log --verify' says where; "
		    "keep it and move it away to begin another)",
		    dir_path(top));
	buf_free(&end);
	return rc;
}

int
audit_ready(struct dir *top, struct err *e)
{
	struct tail t;

	return read_tail(top, &t, e);
}

/* {"sha256", "version"} of a file of the metadata directory. */
static json_t *
state_of(struct dir *metadata, const char *file, int64_t version, struct err *e)
{
	uint8_t sha[SHA256_SIZE];
	char hex[SHA256_HEX_SIZE];
	uint64_t size;
	json_t *j;

	if (file_sha256(metadata, file, sha, &size, e) == -1)
		return NULL;
	hex_encode(sha, SHA256_SIZE, hex);
	if ((j = json_pack("{s:s,s:I}", "sha256", hex, "version", (json_int_t)version)) == NULL)
		err_nomem(e);
	return j;
}

static int
add_state(json_t *state, struct dir *metadata, const char *role, const char *file, int64_t version,
    struct err *e)
{
	json_t *one = state_of(metadata, file, version, e);

	if (one == NULL)
		return -1;
	return json_object_set_new(state, role, one) == -1 ? err_nomem(e) : 0;
}

/*
 * The versions that timestamp.json states, which nobody has verified here: the log says what is
 * there.
 */
static int
read_versions(struct dir *metadata, int64_t *timestamp, int64_t *snapshot, struct err *e)
{
	struct buf text = BUF_INIT(REPO_METADATA_MAX);
	json_t *j = NULL, *body;

	if (file_read(metadata, "timestamp.json", &text, e) == 0)
		j = json_text_parse(text.data, text.len, e);
	buf_free(&text);
	if (j == NULL)
		return err_context(e, "timestamp.json");
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
	char file[REPO_FILE_SIZE];
	int64_t timestamp = 0, snapshot = 0, root;

	if (repo_root_version(metadata, &root, e) == -1 ||
	    read_versions(metadata, &timestamp, &snapshot, e) == -1)
		return -1;
	snprintf(file, sizeof file, "%" PRId64 ".root.json", root);
	if (add_state(state, metadata, "root", file, root, e) == -1)
		return -1;
	snprintf(file, sizeof file, "%" PRId64 ".snapshot.json", snapshot);
	if (add_state(state, metadata, "snapshot", file, snapshot, e) == -1)
		return -1;
	return add_state(state, metadata, "timestamp", "timestamp.json", timestamp, e);
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
	else if (sshd_user(&user, e) == 0 &&
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

/* The next line, with its newline.  details is the caller's. */
static int
write_line(struct dir *top, const struct tail *t, const char *action, json_t *details,
    struct buf *out, struct err *e)
{
	char now[CLOCK_TEXT_SIZE];
	json_t *state = audit_state(top, e), *by = NULL, *entry = NULL;
	int rc = -1;

	if (state == NULL || (by = who(e)) == NULL)
		goto out;
	clock_format(clock_wall(), now);
	entry = json_pack("{s:s,s:O,s:s,s:I,s:O,s:s,s:O}", "action", action, "details", details,
	    "prev", t->head, "seq", (json_int_t)t->seq + 1, "state", state, "time", now, "who", by);
	if (entry == NULL ||
	    (t->cut > 0 &&
		json_object_set_new(entry, "cut",
		    json_pack("{s:I,s:s}", "bytes", (json_int_t)t->cut, "sha256", t->cut_hash)) ==
		    -1))
		err_nomem(e);
	else if (canonical_json(entry, out, e) == 0)
		rc = buf_addc(out, '\n', e);
out:
	json_decref(entry);
	json_decref(by);
	json_decref(state);
	return rc;
}

int
audit_append(struct dir *top, const char *action, json_t *details, struct err *e)
{
	struct buf line = BUF_INIT(AUDIT_LINE_MAX);
	struct file_lock *lock = NULL;
	struct tail t;
	int rc = -1;

	if (details == NULL)
		err_nomem(e);
	else if ((lock = file_lock(top, AUDIT_FILE, LOCK_WAIT_MS, e)) != NULL &&
	    read_tail(top, &t, e) == 0 && write_line(top, &t, action, details, &line, e) == 0 &&
	    file_append(top, AUDIT_FILE, t.at, line.data, line.len, e) == 0)
		rc = t.at == 0 ? dir_sync(top, e) : 0;
	file_unlock(lock);
	buf_free(&line);
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

struct walk {
	int (*each)(void *arg, const json_t *entry, const char *hash, const char *line,
	    struct err *e);
	void *arg;
	struct audit_report *out;
};

static int
take_line(struct walk *w, const struct buf *line, struct err *e)
{
	struct audit_report *r = w->out;
	json_t *entry = read_line(line->data, line->len, r->lines + 1, r->head, e);

	if (entry == NULL) {
		e->code = e->code == ERR_NOMEM ? ERR_NOMEM : ERR_CONFLICT;
		return err_context(e, AUDIT_FILE ": line %" PRId64, r->lines + 1);
	}
	json_decref(r->last);
	r->last = entry;
	if (hash_text(line->data, line->len, r->head, e) == -1)
		return -1;
	r->lines++;
	return w->each == NULL ? 0 : w->each(w->arg, entry, r->head, buf_text(line), e);
}

static int
take_chunk(struct walk *w, struct buf *line, const uint8_t *data, size_t len, struct err *e)
{
	while (len > 0) {
		const uint8_t *end = memchr(data, '\n', len);
		size_t part = end == NULL ? len : (size_t)(end - data);

		if (buf_add(line, data, part, e) == -1)
			return err_context(e, AUDIT_FILE ": line %" PRId64, w->out->lines + 1);
		if (end == NULL)
			return 0;
		if (take_line(w, line, e) == -1)
			return -1;
		buf_reset(line);
		data += part + 1;
		len -= part + 1;
	}
	return 0;
}

int
audit_walk(struct dir *top,
    int (*each)(void *arg, const json_t *entry, const char *hash, const char *line, struct err *e),
    void *arg, struct audit_report *out, struct err *e)
{
	struct walk w = { each, arg, out };
	struct buf line = BUF_INIT(AUDIT_LINE_MAX);
	uint8_t chunk[READ_CHUNK];
	struct file_info info;
	struct file_in *f;
	size_t got;
	int found, rc = -1;

	memset(out, 0, sizeof *out);
	memcpy(out->head, no_hash, sizeof no_hash);
	if ((found = file_stat(top, AUDIT_FILE, &info, e)) != 1)
		return found;
	if ((f = file_in_open(top, AUDIT_FILE, 0, e)) == NULL)
		return -1;
	do {
		if (file_in_read(f, chunk, sizeof chunk, &got, e) == -1 ||
		    take_chunk(&w, &line, chunk, got, e) == -1)
			goto out;
	} while (got > 0);
	out->cut = line.len;
	rc = 0;
out:
	file_in_close(f);
	buf_free(&line);
	return rc;
}

void
audit_report_free(struct audit_report *report)
{
	json_decref(report->last);
	report->last = NULL;
}
