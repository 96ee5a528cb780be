/* SPDX-License-Identifier: ISC */
/* The note of a metadata file that can't be taken. */
#include "lib/tuf/refused.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"

#define FORMAT 1

/* Reasons that lie in the file and nowhere else: not the clock, the memory or the disk. */
static const enum err_code reasons[] = { ERR_TOO_LARGE, ERR_SYNTAX, ERR_SIGNATURE, ERR_VERSION };

#define REASONS (sizeof reasons / sizeof reasons[0])

/* The version of the file that states role. */
static int64_t
parent_version(const struct tuf_client *c, const char *role)
{
	return strcmp(role, "snapshot") == 0 && c->snapshot == NULL ? c->timestamp->c.version
								    : c->snapshot->c.version;
}

/* The note without its reason; NULL where m states no hash or there is no memory. */
static json_t *
note_key(const struct tuf_client *c, const char *role, const struct tuf_meta *m)
{
	char hash[2 * DIGEST_MAX + 1];

	if (!m->has_hashes)
		return NULL;
	if (m->hashes.has_sha256)
		hex_encode(m->hashes.sha256, SHA256_SIZE, hash);
	else
		hex_encode(m->hashes.sha512, SHA512_SIZE, hash);
	return json_pack("{s:i, s:s, s:I, s:I, s:s, s:I, s:s}", "format", FORMAT, "slipway",
	    SLIPWAY_VERSION, "root", (json_int_t)c->root->c.version, "parent",
	    (json_int_t)parent_version(c, role), "role", role, "version", (json_int_t)m->version,
	    "hash", hash);
}

static bool
same_note(const json_t *key, const json_t *note)
{
	const char *name;
	json_t *value;

	json_object_foreach ((json_t *)(uintptr_t)key, name, value)
		if (!json_equal(value, json_object_get(note, name)))
			return false;
	return true;
}

bool
refused_before(struct tuf_client *c, const char *role, const struct tuf_meta *m, struct err *e)
{
	struct buf b = BUF_INIT(REFUSED_SIZE_MAX);
	json_t *key = NULL, *note = NULL;
	const char *code, *text;
	struct err ignored;
	bool found = false;

	if (c->store.recall == NULL || c->source.fetch == NULL ||
	    c->store.recall(c->store.arg, &b, &ignored) != 1 ||
	    (note = json_text_parse(b.data, b.len, &ignored)) == NULL ||
	    (key = note_key(c, role, m)) == NULL || !same_note(key, note))
		goto out;
	code = json_text_of(note, "code");
	text = json_text_of(note, "text");
	for (size_t i = 0; i < REASONS && code != NULL && text != NULL && !found; i++)
		if ((found = strcmp(code, err_name(reasons[i])) == 0))
			err_setx(e, reasons[i], "%s (refused before, and not fetched again)", text);
out:
	json_decref(key);
	json_decref(note);
	buf_free(&b);
	return found;
}

void
refused_note(struct tuf_client *c, const char *role, const struct tuf_meta *m,
    const struct err *why)
{
	json_t *note = NULL;
	char *text = NULL;
	struct err ignored;
	size_t i = 0;

	while (i < REASONS && reasons[i] != why->code)
		i++;
	if (i < REASONS && c->store.remember != NULL && (note = note_key(c, role, m)) != NULL &&
	    json_object_set_new(note, "code", json_string(err_name(why->code))) == 0 &&
	    json_object_set_new(note, "text", json_string(why->text)) == 0 &&
	    (text = json_dumps(note, JSON_COMPACT)) != NULL && strlen(text) <= REFUSED_SIZE_MAX)
		c->store.remember(c->store.arg, (const uint8_t *)text, strlen(text), &ignored);
	free(text);
	json_decref(note);
}
