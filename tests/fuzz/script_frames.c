/* SPDX-License-Identifier: ISC */
/*
 * Answers of a script child that was taken over.  The first byte chooses the kind of the answer;
 * accepted changes are well formed, within the limits and below the allowed key, and stay unchanged
 * over the pipe and back.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/script/script_frames.h"

#define PREFIX "HKLM\\SOFTWARE\\HI"

static const char *const prefixes[] = { PREFIX };
static const struct script_facts facts = { .prefixes = prefixes, .nprefixes = 1 };

static void
again(const struct changeset *c)
{
	struct buf b = BUF_INIT(64u * 1024 * 1024);
	struct changeset back = CHANGESET_INIT;
	struct err e = { 0 };
	size_t size = 0;
	struct wire w;

	for (size_t i = 0; i < c->n; i++)
		must(script_frames_put_change(&b, &c->changes[i], &e) == 0);
	if (b.len > 0) {
		w = (struct wire)WIRE_INIT(b.data, b.len);
		must(script_frames_changes(&w, &facts, &back, &size, &e) == 0);
	}
	must(back.n == c->n);
	for (size_t i = 0; i < c->n; i++) {
		must(strcmp(back.changes[i].key, c->changes[i].key) == 0);
		must(value_equal(&back.changes[i].value, &c->changes[i].value));
	}
	changeset_free(&back);
	buf_free(&b);
}

static void
changes(struct wire *w)
{
	struct changeset c = CHANGESET_INIT;
	struct err e = { 0 };
	size_t size = 0;

	if (script_frames_changes(w, &facts, &c, &size, &e) == 0) {
		must(size <= SCRIPT_CHANGES_MAX && w->p == w->end);
		again(&c);
	} else {
		must(e.code != ERR_NONE);
	}
	for (size_t i = 0; i < c.n; i++) {
		must(setting_key_within(c.changes[i].key, PREFIX));
		must(c.changes[i].name == NULL ||
		    setting_name_check(c.changes[i].name, strlen(c.changes[i].name), &e) == 0);
		must(value_check(&c.changes[i].value, &e) == 0);
	}
	changeset_free(&c);
}

static void
value(struct wire *w)
{
	struct value v = VALUE_INIT;
	struct err e = { 0 };

	if (script_frames_value(w, &v, &e) == 0)
		must(value_check(&v, &e) == 0);
	else
		must(v.data == NULL);
	value_free(&v);
}

static void
some_facts(struct wire *w)
{
	struct script_facts got;
	struct err e = { 0 };

	if (script_frames_facts(w, &got, &e) == 0) {
		must(got.station != NULL && got.names.n <= SCRIPT_FRAME_NAMES_MAX);
		for (size_t i = 0; i < got.nprefixes; i++)
			must(strlen(got.prefixes[i]) <= SETTING_KEY_MAX);
		script_frames_facts_free(&got);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { data, size };
	uint8_t what = feed_u8(&f);
	struct wire w = WIRE_INIT(f.p, f.left);
	struct err e = { 0 };

	switch (what) {
	case SCRIPT_FRAME_CHANGES:
		changes(&w);
		break;
	case SCRIPT_FRAME_VALUE:
		value(&w);
		break;
	case SCRIPT_FRAME_FACTS:
		some_facts(&w);
		break;
	case SCRIPT_FRAME_FAILED:
		must(frame_err(&w, &e) == -1 && e.code != ERR_NONE);
		break;
	}
	return 0;
}
