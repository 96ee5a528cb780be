/* SPDX-License-Identifier: ISC */
/* A transaction as a value, and its text on disk. */
#include "updater/apply/journal.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/digest.h"
#include "lib/base/json.h"
#include "lib/base/path.h"
#include "lib/os/path.h"
#include "updater/state/changes_json.h"

#define MAGIC	 "slipway-journal 1 "
#define HEAD_MAX (sizeof MAGIC + 20 + SHA256_HEX_SIZE)
#define MADE_MAX 64 /* parts of a root's path */

struct journal_file *
journal_add_file(struct journal *j, struct err *e)
{
	if (j->nfiles == JOURNAL_FILES_MAX) {
		err_setx(e, ERR_TOO_LARGE, "want at most %d changes of files", JOURNAL_FILES_MAX);
		return NULL;
	}
	if (list_grow(&j->files, j->nfiles, sizeof *j->files, e) == -1)
		return NULL;
	j->files[j->nfiles] = (struct journal_file){ .path = NULL };
	return &j->files[j->nfiles++];
}

struct journal_dir *
journal_add_dir(struct journal *j, struct err *e)
{
	if (j->ndirs == JOURNAL_FILES_MAX) {
		err_setx(e, ERR_TOO_LARGE, "want at most %d changes of directories",
		    JOURNAL_FILES_MAX);
		return NULL;
	}
	if (list_grow(&j->dirs, j->ndirs, sizeof *j->dirs, e) == -1)
		return NULL;
	j->dirs[j->ndirs] = (struct journal_dir){ .path = NULL };
	return &j->dirs[j->ndirs++];
}

void
journal_free(struct journal *j)
{
	for (size_t i = 0; i < j->nfiles; i++) {
		free(j->files[i].path);
		free(j->files[i].aside);
	}
	for (size_t i = 0; i < j->ndirs; i++)
		free(j->dirs[i].path);
	for (int r = 0; r < LAYOUT_ROOTS; r++)
		free(j->roots[r]);
	free(j->files);
	free(j->dirs);
	changeset_free(&j->set);
	record_free(&j->record);
	memset(j, 0, sizeof *j);
}

/* Writing.  jansson gives NULL and -1 only when there is no memory, and takes NULL for a value. */

static json_t *
state_json(const struct file_state *s)
{
	json_t *j;

	if (s->sha256[0] == '\0')
		return json_null();
	j = json_pack("{s:i}", "mode", (int)s->mode);
	if ((strcmp(s->sha256, FILE_UNREAD) != 0 &&
		json_object_set_new(j, "sha256", json_string(s->sha256)) == -1) ||
	    (s->length != FILE_LENGTH_UNKNOWN &&
		json_object_set_new(j, "length", json_integer((json_int_t)s->length)) == -1)) {
		json_decref(j);
		return NULL;
	}
	return j;
}

static json_t *
file_json(const struct journal_file *f)
{
	return json_pack("{s:s, s:s, s:o, s:o, s:s?, s:b}", "root", layout_place_names[f->root],
	    "path", f->path, "old", state_json(&f->old), "new", state_json(&f->new), "aside",
	    f->aside, "early", f->early);
}

static json_t *
files_json(const struct journal *j)
{
	json_t *list = json_array();

	for (size_t i = 0; i < j->nfiles && list != NULL; i++)
		if (json_array_append_new(list, file_json(&j->files[i])) == -1) {
			json_decref(list);
			list = NULL;
		}
	return list;
}

static json_t *
dirs_json(const struct journal *j)
{
	json_t *list = json_array();

	for (size_t i = 0; i < j->ndirs && list != NULL; i++) {
		const struct journal_dir *d = &j->dirs[i];

		if (json_array_append_new(list,
			json_pack("{s:s, s:s, s:b, s:b}", "root", layout_place_names[d->root],
			    "path", d->path, "made", d->made, "early", d->early)) == -1) {
			json_decref(list);
			list = NULL;
		}
	}
	return list;
}

static json_t *
roots_json(const struct journal *j)
{
	json_t *o = json_object();

	for (int r = 0; r < LAYOUT_ROOTS && o != NULL; r++)
		if (j->roots[r] != NULL &&
		    json_object_set_new(o, layout_place_names[r],
			json_pack("{s:s, s:i}", "path", j->roots[r], "made", (int)j->made[r])) ==
			-1) {
			json_decref(o);
			o = NULL;
		}
	return o;
}

int
journal_write(const struct journal *j, struct buf *out, struct err *e)
{
	char hex[SHA256_HEX_SIZE];
	char *text = NULL;
	json_t *body;
	int rc = -1;

	err_nomem(e); /* what else can fail says so itself */
	body = json_pack("{s:o, s:o, s:o, s:o, s:o}", "roots", roots_json(j), "files",
	    files_json(j), "dirs", dirs_json(j), "set", changes_json(&j->set, e), "record",
	    record_json(&j->record, e));
	if (j->number[0] != '\0' &&
	    json_object_set_new(body, "number", json_string(j->number)) == -1)
		goto out;
	if (body == NULL || (text = json_dumps(body, JSON_COMPACT)) == NULL)
		goto out;
	if (digest_hex(text, strlen(text), hex, e) == -1)
		goto out;
	if (buf_addf(out, e, MAGIC "%zu %s\n", strlen(text), hex) == -1 ||
	    buf_adds(out, text, e) == -1)
		goto out;
	rc = 0;
out:
	free(text);
	json_decref(body);
	return rc;
}

/* Reading. */

static int
malformed_journal(struct err *e, const char *what)
{
	return err_setx(e, ERR_SYNTAX, "journal: %s is missing or malformed", what);
}

static int
read_root_name(const json_t *j, enum layout_place *root, struct err *e)
{
	const char *name = json_string_value(json_object_get(j, "root"));

	for (int r = 0; name != NULL && r < LAYOUT_ROOTS; r++)
		if (strcmp(name, layout_place_names[r]) == 0) {
			*root = r;
			return 0;
		}
	return malformed_journal(e, "root");
}

static int
read_path(const json_t *j, char **path, struct err *e)
{
	const json_t *v = json_object_get(j, "path");

	if (!json_is_string(v) || strlen(json_string_value(v)) != json_string_length(v))
		return malformed_journal(e, "path");
	if (path_check(json_string_value(v), json_string_length(v), e) == -1)
		return err_context(e, "journal");
	return (*path = strdup(json_string_value(v))) == NULL ? err_nomem(e) : 0;
}

/* A state without a hash is one of FILE_UNREAD, and has a length; those of 0.1.0 have none. */
static int
read_state(const json_t *j, struct file_state *s, struct err *e)
{
	const json_t *sha256 = json_object_get(j, "sha256"), *length = json_object_get(j, "length");
	json_int_t mode = json_integer_value(json_object_get(j, "mode"));
	uint8_t sum[SHA256_SIZE];

	if (json_is_null(j))
		return 0;
	if ((sha256 == NULL && length == NULL) || mode < 0 || mode > 07777 ||
	    (length != NULL && (!json_is_integer(length) || json_integer_value(length) < 0)))
		return malformed_journal(e, "state of a file");
	if (sha256 == NULL)
		snprintf(s->sha256, sizeof s->sha256, FILE_UNREAD);
	else if (!json_is_string(sha256) ||
	    hex_decode(json_string_value(sha256), json_string_length(sha256), sum, sizeof sum) ==
		-1)
		return malformed_journal(e, "state of a file");
	else
		hex_encode(sum, sizeof sum, s->sha256);
	s->mode = (unsigned)mode;
	s->length = length == NULL ? FILE_LENGTH_UNKNOWN : (uint64_t)json_integer_value(length);
	return 0;
}

static int
read_journal_file(const json_t *j, struct journal *out, struct err *e)
{
	struct journal_file *f = journal_add_file(out, e);
	const json_t *aside = json_object_get(j, "aside");
	const char *name = json_string_value(aside);

	if (f == NULL || read_root_name(j, &f->root, e) == -1 || read_path(j, &f->path, e) == -1 ||
	    read_state(json_object_get(j, "old"), &f->old, e) == -1 ||
	    read_state(json_object_get(j, "new"), &f->new, e) == -1)
		return -1;
	f->early = json_is_true(json_object_get(j, "early"));
	/* What wasn't read is of no release: it is kept beside, and never comes. */
	if (strcmp(f->new.sha256, FILE_UNREAD) == 0 ||
	    (strcmp(f->old.sha256, FILE_UNREAD) == 0 && json_is_null(aside)))
		return malformed_journal(e, "state of a file");
	if (json_is_null(aside))
		return 0;
	if (name == NULL || strchr(name, '/') != NULL ||
	    strlen(name) != json_string_length(aside) || path_check(name, strlen(name), e) == -1)
		return malformed_journal(e, "aside");
	return (f->aside = strdup(name)) == NULL ? err_nomem(e) : 0;
}

static int
read_dir(const json_t *j, struct journal *out, struct err *e)
{
	struct journal_dir *d = journal_add_dir(out, e);

	if (d == NULL || read_root_name(j, &d->root, e) == -1 || read_path(j, &d->path, e) == -1)
		return -1;
	d->made = json_is_true(json_object_get(j, "made"));
	d->early = json_is_true(json_object_get(j, "early"));
	return 0;
}

static int
read_list(const json_t *body, const char *name, struct journal *out,
    int (*one)(const json_t *, struct journal *, struct err *), struct err *e)
{
	const json_t *list = json_object_get(body, name);

	if (!json_is_array(list))
		return malformed_journal(e, name);
	for (size_t i = 0; i < json_array_size(list); i++)
		if (one(json_array_get(list, i), out, e) == -1)
			return -1;
	return 0;
}

static int
read_roots(const json_t *body, struct journal *out, struct err *e)
{
	const json_t *roots = json_object_get(body, "roots");

	for (int r = 0; r < LAYOUT_ROOTS; r++) {
		const json_t *root = json_object_get(roots, layout_place_names[r]);
		const char *path = json_string_value(json_object_get(root, "path"));
		json_int_t made = json_integer_value(json_object_get(root, "made"));

		if (root == NULL)
			continue;
		if (path == NULL || !path_absolute(path) || made < 0 || made > MADE_MAX)
			return malformed_journal(e, "roots");
		if ((out->roots[r] = strdup(path)) == NULL)
			return err_nomem(e);
		out->made[r] = (unsigned)made;
	}
	return 0;
}

static int
read_journal_number(const json_t *body, char out[JOURNAL_NUMBER_SIZE], struct err *e)
{
	const json_t *number = json_object_get(body, "number");
	uint8_t bytes[(JOURNAL_NUMBER_SIZE - 1) / 2];

	if (number == NULL)
		return 0;
	if (!json_is_string(number) ||
	    hex_decode(json_string_value(number), json_string_length(number), bytes,
		sizeof bytes) == -1)
		return malformed_journal(e, "number");
	hex_encode(bytes, sizeof bytes, out);
	return 0;
}

static int
read_body(const json_t *body, struct journal *j, struct err *e)
{
	if (record_read(json_object_get(body, "record"), &j->record, e) == -1)
		return err_context(e, "journal");
	if (j->record.serial < 1 || !j->record.whole)
		return malformed_journal(e, "record");
	if (read_journal_number(body, j->number, e) == -1 || read_roots(body, j, e) == -1 ||
	    read_list(body, "files", j, read_journal_file, e) == -1 ||
	    read_list(body, "dirs", j, read_dir, e) == -1 ||
	    changes_json_read(json_object_get(body, "set"), &j->set, e) == -1)
		return err_context(e, "journal");
	for (size_t i = 0; i < j->nfiles; i++)
		if (j->roots[j->files[i].root] == NULL)
			return malformed_journal(e, "root of a file");
	for (size_t i = 0; i < j->ndirs; i++)
		if (j->roots[j->dirs[i].root] == NULL)
			return malformed_journal(e, "root of a directory");
	return 0;
}

/* Whether the first line states a version above ours. */
static bool
is_newer(const uint8_t *data, size_t len)
{
	size_t name = sizeof "slipway-journal " - 1;

	return len > name + 1 && memcmp(data, MAGIC, name) == 0 && data[name] >= '1' &&
	    data[name] <= '9' && (data[name] > '1' || data[name + 1] != ' ');
}

/* Check the first line; *body is what follows it. */
static int
read_head(const uint8_t *data, size_t len, const uint8_t **body, size_t *body_len, struct err *e)
{
	const uint8_t *newline =
	    len == 0 ? NULL : memchr(data, '\n', len < HEAD_MAX ? len : HEAD_MAX);
	char want[HEAD_MAX + 2], hex[SHA256_HEX_SIZE];
	int n;

	if (is_newer(data, len))
		return err_setx(e, ERR_VERSION,
		    "journal: want '" MAGIC
		    "...' at its start: a newer Slipway wrote it; install that one here");
	if (len < sizeof MAGIC || newline == NULL || memcmp(data, MAGIC, sizeof MAGIC - 1) != 0)
		return err_setx(e, ERR_SYNTAX, "journal: want '" MAGIC "...' at its start");
	*body = newline + 1;
	*body_len = len - (size_t)(newline + 1 - data);
	if (digest_hex(*body, *body_len, hex, e) == -1)
		return -1;
	n = snprintf(want, sizeof want, MAGIC "%zu %s\n", *body_len, hex);
	if ((size_t)n != len - *body_len || memcmp(want, data, (size_t)n) != 0)
		return err_setx(e, ERR_HASH, "journal: its length or checksum is wrong");
	return 0;
}

int
journal_read(const uint8_t *data, size_t len, struct journal *j, struct err *e)
{
	const uint8_t *text = NULL;
	size_t text_len = 0;
	json_t *body;
	int rc;

	memset(j, 0, sizeof *j);
	if (len > JOURNAL_MAX)
		return err_setx(e, ERR_TOO_LARGE, "journal: over %u bytes", JOURNAL_MAX);
	if (read_head(data, len, &text, &text_len, e) == -1 ||
	    (body = json_own_parse(text, text_len, e)) == NULL)
		return -1;
	if ((rc = read_body(body, j, e)) == -1)
		journal_free(j);
	json_decref(body);
	return rc;
}
