/* SPDX-License-Identifier: ISC */
/* The hash-chained record of the changes of a repository. */
#include "server/repo/audit.h"

#include <inttypes.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/text.h"
#include "lib/tuf/canonical.h"

#define READ_CHUNK 65536

static const char no_hash[] = "0000000000000000000000000000000000000000000000000000000000000000";

/*
 * Every entry begins with these bytes, and no text within an entry can hold them: quotes in texts
 * are escaped.  Slipway 0.1.0 wrote control characters in texts unescaped, including line ends.
 */
static const char entry_begins[] = "{\"action\":";

static bool
begins_entry(const uint8_t *data, size_t len)
{
	return len >= sizeof entry_begins - 1 &&
	    memcmp(data, entry_begins, sizeof entry_begins - 1) == 0;
}

/* Whether these bytes, which begin with an entry, end within a text. */
static bool
text_is_open(const uint8_t *data, size_t len)
{
	bool text = false;

	for (size_t i = 0; i < len; i++)
		if (data[i] == '"')
			text = !text;
		else if (data[i] == '\\' && text)
			i++;
	return text;
}

/* Parses a line that may have control characters in its texts. */
static json_t *
parse_line(const uint8_t *data, size_t len, struct err *e)
{
	struct buf escaped = BUF_INIT(6 * AUDIT_LINE_MAX);
	json_t *entry = NULL;
	int rc = 0;

	if (text_control((const char *)data, len, false) == len)
		return json_text_parse(data, len, e);
	for (size_t i = 0; i < len && rc == 0; i++)
		rc = data[i] < ' ' ? buf_addf(&escaped, e, "\\u%04x", data[i])
				   : buf_addc(&escaped, (char)data[i], e);
	if (rc == 0)
		entry = json_text_parse(escaped.data, escaped.len, e);
	buf_free(&escaped);
	return entry;
}

/* Reads one line (without its newline), and checks its form and that it follows seq and prev. */
static json_t *
read_entry(const void *data, size_t len, int64_t seq, const char *prev, struct err *e)
{
	struct buf again = BUF_INIT(AUDIT_LINE_MAX);
	json_t *entry = parse_line(data, len, e);
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

/* The end of the log: the place of the next line, and the line before. */
struct tail {
	uint64_t at; /* bytes of whole lines */
	int64_t seq; /* of the last line, or 0 */
	char head[SHA256_HEX_SIZE];
	size_t cut; /* bytes after the whole lines, and their hash */
	char cut_hash[SHA256_HEX_SIZE];
	json_t *last; /* owned: the last line, or NULL */
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

/* Finds the last whole line: from *start to *whole, which is behind its newline; both 0: none. */
static void
whole_lines(const struct buf *end, size_t *start, size_t *whole)
{
	const uint8_t *p = end->data;
	size_t at = end->len, first;

	do {
		while (at > 0 && p[at - 1] != '\n')
			at--;
		*whole = at;
		for (first = at > 0 ? at - 1 : 0; first > 0; first--)
			if (p[first - 1] == '\n' && begins_entry(p + first, at - first))
				break;
		*start = at = first;
		/*
		 * A newline within a text doesn't end a line: a power failure cut the line there.
		 */
	} while (*whole > 0 && *whole < end->len && begins_entry(p + first, *whole - first) &&
	    text_is_open(p + first, *whole - first));
}

/* Splits the end of the file into the last whole line and the bytes of a cut line after it. */
static int
split_end(const struct buf *end, uint64_t size, struct tail *t, struct err *e)
{
	size_t whole = end->len, start;
	json_t *entry;

	whole_lines(end, &start, &whole);
	t->cut = end->len - whole;
	t->at = size - t->cut;
	if (t->cut > AUDIT_LINE_MAX)
		return err_setx(e, ERR_TOO_LARGE, "over %u bytes without a line's end",
		    AUDIT_LINE_MAX);
	if (t->cut > 0 && digest_hex(end->data + whole, t->cut, t->cut_hash, e) == -1)
		return -1;
	if (t->at == 0)
		return 0;
	if ((entry = read_entry(end->data + start, whole - 1 - start, 0, NULL, e)) == NULL)
		return err_context(e, "last line");
	t->seq = json_integer_value(json_object_get(entry, "seq"));
	t->last = entry;
	return digest_hex(end->data + start, whole - 1 - start, t->head, e);
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
	if (read_end(top, info.size, &end, e) == -1)
		err_context(e,
		    "want a record that this user can read and write (was it made by root?)");
	else if (split_end(&end, info.size, t, e) == 0)
		rc = 0;
	else
		err_context(e,
		    "%s/" AUDIT_FILE " is damaged ('slipway-repo log --verify' says where; "
		    "keep it, move it away, and 'slipway-repo log --accept' begins another)",
		    dir_path(top));
	buf_free(&end);
	if (rc == -1)
		json_decref(t->last);
	return rc;
}

int
audit_last(struct dir *top, json_t **last, struct err *e)
{
	struct tail t;
	int rc = read_tail(top, &t, e);

	*last = rc == 0 ? t.last : NULL;
	return rc;
}

/* Returns a copy of a value for the record, with its texts made safe, or NULL without memory. */
static json_t *
safe_copy(const json_t *value)
{
	struct buf text = BUF_INIT(AUDIT_LINE_MAX);
	json_t *copy = NULL, *one;
	const char *name;
	struct err e;
	size_t i;

	if (json_is_string(value)) {
		if (text_add_safe(&text, json_string_value(value), json_string_length(value), &e) ==
		    0)
			copy = json_string(buf_text(&text));
	} else if (json_is_object(value)) {
		copy = json_object();
		json_object_foreach ((json_t *)(uintptr_t)value, name, one)
			if (copy != NULL && json_object_set_new(copy, name, safe_copy(one)) == -1) {
				json_decref(copy);
				copy = NULL;
			}
	} else if (json_is_array(value)) {
		copy = json_array();
		json_array_foreach (value, i, one)
			if (copy != NULL && json_array_append_new(copy, safe_copy(one)) == -1) {
				json_decref(copy);
				copy = NULL;
			}
	} else {
		copy = json_copy((json_t *)(uintptr_t)value);
	}
	buf_free(&text);
	return copy;
}

int
audit_add(struct dir *top, json_t *entry, struct err *e)
{
	struct buf line = BUF_INIT(AUDIT_LINE_MAX);
	json_t *safe = NULL;
	struct tail t;
	int rc = -1;

	if (read_tail(top, &t, e) == -1)
		return -1;
	if (json_object_set_new(entry, "prev", json_string(t.head)) == -1 ||
	    json_object_set_new(entry, "seq", json_integer(t.seq + 1)) == -1 ||
	    (t.cut > 0 &&
		json_object_set_new(entry, "cut",
		    json_pack("{s:I,s:s}", "bytes", (json_int_t)t.cut, "sha256", t.cut_hash)) ==
		    -1))
		err_nomem(e);
	else if ((safe = safe_copy(entry)) == NULL)
		err_nomem(e);
	else if (canonical_json(safe, &line, e) == 0 && buf_addc(&line, '\n', e) == 0 &&
	    file_append(top, AUDIT_FILE, t.at, line.data, line.len, e) == 0)
		rc = t.at == 0 ? dir_sync(top, e) : 0;
	json_decref(safe);
	buf_free(&line);
	json_decref(t.last);
	return rc;
}

struct walk {
	int (*each)(void *arg, const json_t *entry, const char *hash, const char *line,
	    struct err *e);
	void *arg;
	struct audit_report *out;
	size_t within; /* bytes of the line up to behind its newline within a text */
};

static int
take_line(struct walk *w, const struct buf *line, struct err *e)
{
	struct audit_report *r = w->out;
	json_t *entry = read_entry(line->data, line->len, r->lines + 1, r->head, e);

	if (entry == NULL) {
		e->code = e->code == ERR_NOMEM ? ERR_NOMEM : ERR_CONFLICT;
		return err_context(e, AUDIT_FILE ": line %" PRId64, r->lines + 1);
	}
	json_decref(r->last);
	r->last = entry;
	if (digest_hex(line->data, line->len, r->head, e) == -1)
		return -1;
	r->lines++;
	return w->each == NULL ? 0 : w->each(w->arg, entry, r->head, buf_text(line), e);
}

/*
 * Handles a newline or the end of the file.  A newline within a text doesn't end a line, unless an
 * entry begins behind the newline.
 */
static int
take_end(struct walk *w, struct buf *line, bool eof, struct err *e)
{
	bool entry = begins_entry(line->data, line->len);
	size_t within = w->within;

	w->within = 0;
	if (within > 0 &&
	    (begins_entry(line->data + within, line->len - within) || (eof && within == line->len)))
		buf_cut(line, within - 1); /* an incomplete line, which will be refused */
	else if (eof)
		return 0;
	else if (entry && text_is_open(line->data, line->len)) {
		w->within = line->len + 1;
		return buf_addc(line, '\n', e);
	}
	if (take_line(w, line, e) == -1)
		return -1;
	buf_reset(line);
	return 0;
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
		if (take_end(w, line, false, e) == -1)
			return -1;
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
	struct walk w = { .each = each, .arg = arg, .out = out };
	struct buf line = BUF_INIT(AUDIT_LINE_MAX + 1); /* with the newline */
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
	if (take_end(&w, &line, true, e) == -1)
		goto out;
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
