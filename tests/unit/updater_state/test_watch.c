/* SPDX-License-Identifier: ISC */
/* updater/state: the lines that a start with nothing new looks at, in turns. */
#include "tests/unit/common/test.h"

#include "tests/unit/common/temp.h"
#include "updater/state/watch.h"

#define HEAD "format 1\nserial 1\n"
#define HASH "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static struct dir *state;

static int
setup(void **unused)
{
	void *d;
	int rc = temp_make(&d);

	(void)unused;
	state = d;
	return rc;
}

static int
teardown(void **unused)
{
	void *d = state;

	(void)unused;
	return temp_remove(&d);
}

static void
add(struct record *r, const char *target)
{
	struct record_file *f;
	struct err e;

	assert_ok(list_grow(&r->files, r->n, sizeof *r->files, &e), &e);
	f = &r->files[r->n++];
	*f = (struct record_file){ .target = strdup(target), .length = r->n };
	memcpy(f->state.sha256, HASH, sizeof HASH);
}

static void
make(struct record *r, size_t files, struct changeset *set)
{
	struct value v = VALUE_INIT;
	char target[40];
	struct err e;

	*r = (struct record){ .serial = 7, .whole = true };
	assert_non_null(r->roots[LAYOUT_APP] = strdup("/app"));
	for (size_t i = 0; i < files; i++) {
		snprintf(target, sizeof target, "A/app/%05zu", i);
		add(r, target);
	}
	add(r, "A/scripts/machine/1.lua");
	add(r, "A/scripts/user/1.lua");
	assert_ok(value_text(&v, VALUE_STRING, " two words ", 11, &e), &e);
	assert_ok(changeset_set(set, "HKLM\\SOFTWARE\\A", "a name", &v, &e), &e);
	value_free(&v);
}

/* All lines come once, whatever their number. */
static void
turns(void **unused)
{
	static const size_t counts[] = { 0, 1, WATCH_LINES - 2, WATCH_LINES - 1, 2500 };

	(void)unused;
	for (size_t k = 0; k < N(counts); k++) {
		struct changeset set = CHANGESET_INIT;
		size_t files = 0, settings = 0, parts = 0;
		struct record r, part;
		uint64_t turn = 0;
		struct err e;

		make(&r, counts[k], &set);
		r.serial += (int64_t)k; /* else the file would stay */
		watch_save(state, &r, &set);
		do {
			assert_ok(watch_load(state, r.serial, &turn, &part, &e), &e);
			assert_true(part.n + part.set.n <= WATCH_LINES);
			for (size_t i = 0; i < part.n && files < counts[k]; i++, files++) {
				assert_string_equal(part.files[i].target, r.files[files].target);
				assert_int_equal(part.files[i].length, files + 1);
			}
			settings += part.set.n;
			if (part.set.n == 1) {
				assert_string_equal(part.set.changes[0].name, "a name");
				assert_string_equal(value_get_text(&part.set.changes[0].value),
				    " two words ");
			}
			if (part.set.n == 1 && part.n > 0) {
				assert_string_equal(part.files[part.n - 1].target,
				    "A/scripts/user/1.lua");
				assert_string_equal(part.files[part.n - 1].state.sha256, HASH);
			}
			record_free(&part);
			parts++;
		} while (turn != 0);
		assert_int_equal(files, counts[k]);
		assert_int_equal(settings, 1);
		assert_int_equal(parts, (counts[k] + 2 + WATCH_LINES - 1) / WATCH_LINES);
		record_free(&r);
		changeset_free(&set);
	}
}

static const struct row {
	const char *name, *text;
	uint64_t turn;
	enum err_code want; /* ERR_NONE: one file */
} rows[] = {
	{ "a file", HEAD "f 12 A/app/x\n", 0, ERR_NONE },
	{ "a turn in a line", HEAD "f 12 A/app/x\n", 5, ERR_NONE },
	{ "a turn behind the end", HEAD "f 12 A/app/x\n", 1000, ERR_NONE },
	{ "a blank in a name", HEAD "f 12 A/app/x y\n", 0, ERR_NONE },
	{ "empty", "", 0, ERR_SYNTAX },
	{ "another record", "format 1\nserial 2\nf 12 A/app/x\n", 0, ERR_SYNTAX },
	{ "a serial that goes on", "format 1\nserial 11\nf 12 A/app/x\n", 0, ERR_SYNTAX },
	{ "a newer Slipway's", "format 2\nserial 1\n", 0, ERR_VERSION },
	{ "cut", HEAD "f 12 A/app/x", 0, ERR_SYNTAX },
	{ "another kind", HEAD "x 12 A/app/x\n", 0, ERR_SYNTAX },
	{ "no length", HEAD "f A/app/x\n", 0, ERR_SYNTAX },
	{ "a negative length", HEAD "f -1 A/app/x\n", 0, ERR_SYNTAX },
	{ "no target", HEAD "f 1 \n", 0, ERR_SYNTAX },
	{ "a short hash", HEAD "s 12 A/scripts/user/x.lua\n", 0, ERR_SYNTAX },
	{ "no value", HEAD "v HKLM\\A\tname\n", 0, ERR_SYNTAX },
	{ "no name", HEAD "v HKLM\\A\n", 0, ERR_SYNTAX },
	{ "an empty line", HEAD "\n", 0, ERR_SYNTAX },
};

static void
parse(void **row)
{
	const struct row *r = *row;
	struct record part;
	uint64_t turn = r->turn;
	struct err e;
	int rc = watch_parse(r->text, strlen(r->text), 1, &turn, &part, &e);

	assert_int_equal(rc, r->want == ERR_NONE ? 0 : -1);
	if (r->want != ERR_NONE) {
		assert_int_equal(e.code, r->want);
		assert_int_equal(turn, r->turn);
	} else {
		assert_int_equal(turn, 0);
	}
	assert_int_equal(part.n, r->want == ERR_NONE);
	record_free(&part);
}

static void
nul(void **unused)
{
	static const char text[] = HEAD "f 1 A/\0\n";
	struct record part;
	uint64_t turn = 0;
	struct err e;

	(void)unused;
	assert_err(watch_parse(text, sizeof text - 1, 1, &turn, &part, &e), ERR_SYNTAX, &e);
}

/* A newer Slipway's file stays. */
static void
newer(void **unused)
{
	static const char text[] = "format 2\n";
	struct changeset set = CHANGESET_INIT;
	struct buf now = BUF_INIT(100);
	struct record r;
	struct err e;

	(void)unused;
	make(&r, 1, &set);
	assert_ok(file_replace_fast(state, STATE_WATCH, text, sizeof text - 1, 0644, &e), &e);
	watch_save(state, &r, &set);
	assert_ok(file_read(state, STATE_WATCH, &now, &e), &e);
	assert_string_equal(buf_text(&now), text);
	buf_free(&now);
	record_free(&r);
	changeset_free(&set);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	static const struct CMUnitTest fixed[] = { TEST(turns), TEST(nul), TEST(newer) };
	struct CMUnitTest tests[N(fixed) + N(rows)];
	size_t n = N(fixed);

	memcpy(tests, fixed, sizeof fixed);
	TEST_ROWS(tests, n, rows, parse);
	return cmocka_run_group_tests_name("watch", tests, NULL, NULL);
}
