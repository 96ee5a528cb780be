/* SPDX-License-Identifier: ISC */
/* What a start with nothing new looks for. */
#include "updater/state/watch.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/number.h"
#include "updater/state/state.h"

#define FORMAT "format 1\n"

static int
malformed_line(struct err *e)
{
	return err_setx(e, ERR_SYNTAX, STATE_WATCH ": a line is malformed");
}

/* Cut the text up to a mark off *line.  NULL where the mark isn't in it. */
static char *
cut_part(char **line, char mark)
{
	char *begin = *line, *end = strchr(begin, mark);

	if (end == NULL)
		return NULL;
	*end = '\0';
	*line = end + 1;
	return begin;
}

static int
take_file(char *line, bool script, struct record *part, struct err *e)
{
	char *fact = cut_part(&line, ' ');
	struct record_file *f;
	uint8_t sum[SHA256_SIZE];
	uint64_t length = 0;

	if (fact == NULL || *line == '\0' ||
	    (script ? hex_decode(fact, strlen(fact), sum, sizeof sum)
		    : number_parse(fact, strlen(fact), 0, INT64_MAX, &length)) == -1)
		return malformed_line(e);
	if (list_grow(&part->files, part->n, sizeof *part->files, e) == -1)
		return -1;
	f = &part->files[part->n];
	*f = (struct record_file){ .target = strdup(line), .length = length };
	if (f->target == NULL)
		return err_nomem(e);
	if (script)
		hex_encode(sum, sizeof sum, f->state.sha256);
	part->n++;
	return 0;
}

static int
take_setting(char *line, struct record *part, struct err *e)
{
	char *key = cut_part(&line, '\t'), *name = key == NULL ? NULL : cut_part(&line, '\t');
	struct value v = VALUE_INIT;
	int rc;

	if (name == NULL)
		return malformed_line(e);
	rc = value_parse(line, strlen(line), &v, e) == -1
	    ? -1
	    : changeset_set(&part->set, key, name, &v, e);
	value_free(&v);
	return rc;
}

static int
take_line(char *line, struct record *part, struct err *e)
{
	if (strncmp(line, "f ", 2) == 0 || strncmp(line, "s ", 2) == 0)
		return take_file(line + 2, line[0] == 's', part, e);
	return strncmp(line, "v ", 2) == 0 ? take_setting(line + 2, part, e) : malformed_line(e);
}

/* The first two lines.  Returns their length, or -1. */
static int
check_head(const char *text, size_t len, int64_t serial, struct err *e)
{
	char head[64];
	int n = snprintf(head, sizeof head, FORMAT "serial %lld\n", (long long)serial);

	if (len >= (size_t)n && memcmp(text, head, (size_t)n) == 0)
		return n;
	if (len > 7 && memcmp(text, "format ", 7) == 0 &&
	    (len < sizeof FORMAT - 1 || memcmp(text, FORMAT, sizeof FORMAT - 1) != 0))
		return err_setx(e, ERR_VERSION, STATE_WATCH ": a newer Slipway wrote it");
	return err_setx(e, ERR_SYNTAX, STATE_WATCH ": want the lines of record %lld",
	    (long long)serial);
}

/* Copy the line at text, without its end, into *line, which grows. */
static int
copy_line(const char *text, size_t len, struct buf *line, struct err *e)
{
	buf_reset(line);
	if (memchr(text, '\0', len) != NULL)
		return malformed_line(e);
	return buf_add(line, text, len, e) == -1 || buf_addc(line, '\0', e) == -1 ? -1 : 0;
}

int
watch_parse(const char *text, size_t len, int64_t serial, uint64_t *turn, struct record *part,
    struct err *e)
{
	int head = check_head(text, len, serial, e), rc = head == -1 ? -1 : 0;
	struct buf line = BUF_INIT(WATCH_MAX);
	size_t at = 0;

	*part = (struct record){ .serial = serial, .whole = true };
	if (rc == 0) {
		text += head;
		len -= (size_t)head;
		/* Only a note that was changed leads into a line. */
		at = *turn < len && (*turn == 0 || text[*turn - 1] == '\n') ? (size_t)*turn : 0;
	}
	for (size_t n = 0; rc == 0 && at < len && n < WATCH_LINES; n++) {
		const char *end = memchr(text + at, '\n', len - at);

		if (end == NULL)
			rc = err_setx(e, ERR_SYNTAX, STATE_WATCH ": it is cut");
		else if ((rc = copy_line(text + at, (size_t)(end - text) - at, &line, e)) == 0)
			rc = take_line((char *)line.data, part, e);
		if (rc == 0)
			at = (size_t)(end - text) + 1;
	}
	buf_free(&line);
	if (rc == -1)
		record_free(part);
	else
		*turn = at < len ? at : 0;
	return rc;
}

int
watch_load(struct dir *state, int64_t serial, uint64_t *turn, struct record *part, struct err *e)
{
	struct buf text = BUF_INIT(WATCH_MAX);
	int rc = file_read(state, STATE_WATCH, &text, e);

	*part = (struct record)RECORD_INIT;
	if (rc == 0)
		rc = watch_parse(buf_text(&text), text.len, serial, turn, part, e);
	buf_free(&text);
	return rc;
}

static int
add_file(const struct record *r, const struct record_file *f, struct buf *text, struct err *e)
{
	/* Files of app/ are kept for users' parts where the machine has no place for them. */
	if (layout_is_in(f->target, LAYOUT_SCRIPTS_USER) ||
	    (layout_is_in(f->target, LAYOUT_APP) && r->roots[LAYOUT_APP] == NULL))
		return buf_addf(text, e, "s %s %s\n", f->state.sha256, f->target);
	if (layout_is_in(f->target, LAYOUT_SCRIPTS_MACHINE))
		return 0;
	return buf_addf(text, e, "f %llu %s\n", (unsigned long long)f->length, f->target);
}

/* A name that has no line here isn't looked for. */
static int
add_setting(const struct change *c, struct buf *text, struct err *e)
{
	struct buf value = BUF_INIT(2 * VALUE_SIZE_MAX);
	int rc = value_format(&c->value, &value, e);

	if (rc == 0 && strpbrk(c->name, "\t\r\n") == NULL && strchr(buf_text(&value), '\n') == NULL)
		rc = buf_addf(text, e, "v %s\t%s\t%s\n", c->key, c->name, buf_text(&value));
	buf_free(&value);
	return rc;
}

void
watch_save(struct dir *state, const struct record *r, const struct changeset *set)
{
	struct buf text = BUF_INIT(WATCH_MAX);
	struct record was;
	uint64_t turn = 0;
	struct err e;
	int rc;

	rc = watch_load(state, r->serial, &turn, &was, &e) == 0 || e.code == ERR_VERSION ? -1 : 0;
	record_free(&was);
	if (rc == 0)
		rc = buf_addf(&text, &e, FORMAT "serial %lld\n", (long long)r->serial);
	for (size_t i = 0; i < r->n && rc == 0; i++)
		rc = add_file(r, &r->files[i], &text, &e);
	for (size_t i = 0; i < set->n && rc == 0; i++)
		rc = add_setting(&set->changes[i], &text, &e);
	if (rc == 0)
		(void)file_replace_fast(state, STATE_WATCH, text.data, text.len, STATE_MODE, &e);
	buf_free(&text);
}
