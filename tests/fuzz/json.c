/* SPDX-License-Identifier: ISC */
/*
 * JSON and its canonical form: a value that is decoded, encoded and decoded again stays the same,
 * and so does its canonical form.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/base/json.h"
#include "lib/tuf/canonical.h"

/* Canonical JSON has raw control characters in its texts, which JSON has not. */
static void
escape_controls(const struct buf *from, struct buf *to)
{
	struct err e;

	for (size_t i = 0; i < from->len; i++)
		if (from->data[i] < ' ')
			must(buf_addf(to, &e, "\\u%04x", from->data[i]) == 0);
		else
			must(buf_addc(to, (char)from->data[i], &e) == 0);
}

/* Bytes that jansson holds; each block is preceded by its size. */
static size_t held;

#define HEAD 16

static void *
take(size_t size)
{
	uint8_t *p = malloc(HEAD + size);

	must(p != NULL);
	memcpy(p, &size, sizeof size);
	held += size;
	return p + HEAD;
}

static void
give(void *block)
{
	size_t size;

	if (block == NULL)
		return;
	memcpy(&size, (uint8_t *)block - HEAD, sizeof size);
	held -= size;
	free((uint8_t *)block - HEAD);
}

/* The limits are checked before parsing: jansson uses no more memory than was counted. */
static json_t *
counted_parse(const uint8_t *data, size_t size, struct err *e)
{
	size_t before, memory = 0;
	struct err limits = { 0 };
	json_t *j;

	json_set_alloc_funcs(take, give);
	before = held;
	j = json_text_parse(data, size, e);
	must(json_limits_check(data, size, 1, &memory, &limits) == 0 || j == NULL);
	must(limits.code == ERR_NONE || limits.code == ERR_TOO_LARGE);
	must(held - before <= memory);
	must(j != NULL || held == before);
	return j;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf first = BUF_INIT(CANONICAL_MAX), second = BUF_INIT(CANONICAL_MAX),
		   text = BUF_INIT(CANONICAL_MAX);
	struct err e = { 0 };
	json_t *a = counted_parse(data, size, &e), *b = NULL;

	if (a == NULL) {
		must(e.code == ERR_SYNTAX || e.code == ERR_TOO_LARGE);
		return 0;
	}
	if (canonical_json(a, &first, &e) == 0) {
		must(first.len > 0 && first.data[0] == '{');
		escape_controls(&first, &text);
		b = json_text_parse(text.data, text.len, &e);
		must(b != NULL);
		must(json_equal(a, b));
		must(canonical_json(b, &second, &e) == 0);
		must(first.len == second.len && memcmp(first.data, second.data, first.len) == 0);
	} else {
		must(e.code == ERR_SYNTAX); /* a real number; sizes are far from their limit */
	}
	json_decref(a);
	json_decref(b);
	buf_free(&first);
	buf_free(&second);
	buf_free(&text);
	return 0;
}
