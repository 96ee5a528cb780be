/* SPDX-License-Identifier: ISC */
/*
 * lib/script/runner: script children that were taken over.  This program is its own children; the
 * station's name in the facts chooses the deed of the child.
 */
#include "tests/unit/common/test.h"

#include "tests/unit/common/bad_end.h"
#include "lib/os/clock.h"
#include "lib/script/script_frames.h"
#include "lib/script/runner.h"

#define KEY "HKLM\\SOFTWARE\\Ipesoft\\I"

static struct frames *parent;
static struct buf out = BUF_INIT(SCRIPT_FRAME_MAX);
static struct err e0;

static void
tell(enum script_frame type)
{
	frame_send(parent, (uint8_t)type, out.data, out.len, FRAME_FOREVER, &e0);
	buf_reset(&out);
}

static void
text(const char *t)
{
	frame_put_name(&out, t, &e0);
}

/* A change as it goes over the pipe, well formed or not. */
static void
change(uint8_t op, const char *key, const char *name, uint8_t type, uint64_t number,
    const char *data, size_t len)
{
	wire_put_u8(&out, op, &e0);
	text(key);
	if (name != NULL)
		text(name);
	if (op != CHANGE_SET)
		return;
	wire_put_u8(&out, type, &e0);
	wire_put_u64(&out, number, &e0);
	wire_put_string(&out, data, len, &e0);
}

static void
set(const char *key, const char *name)
{
	change(CHANGE_SET, key, name, VALUE_STRING, 0, "x", 1);
}

static void
do_nothing_wrong(void)
{
	set(KEY, "a");
	tell(SCRIPT_FRAME_CHANGES);
}

static void
do_exit(void)
{
	_Exit(5);
}

static void
do_crash(void)
{
	crash();
}

static void
do_die_after_changes(void)
{
	do_nothing_wrong();
	_Exit(0);
}

static void
do_half_a_frame(void)
{
	size_t did;

	pipe_write(frames_pipe(parent), "\0\0\1\0Cxx", 7, &did, &e0);
	_Exit(0);
}

static void
do_too_long_a_frame(void)
{
	size_t did;

	pipe_write(frames_pipe(parent),
	    "\x7f\xff\xff\xff"
	    "C",
	    5, &did, &e0);
	hang();
}

static void
do_unknown_frame(void)
{
	tell((enum script_frame)'?');
}

static void
do_two_greetings(void)
{
	wire_put_u32(&out, 0, &e0);
	tell(SCRIPT_FRAME_HELLO);
}

static void
do_other_key(void)
{
	set("HKLM\\SOFTWARE\\Microsoft", "a");
	tell(SCRIPT_FRAME_CHANGES);
}

static void
do_neighbour(void)
{
	set(KEY "2", "a");
	tell(SCRIPT_FRAME_CHANGES);
}

static void
do_own_key(void)
{
	set("HKLM\\SOFTWARE\\Slipway\\I\\A", "Server");
	tell(SCRIPT_FRAME_CHANGES);
}

static void
do_key_not_normal(void)
{
	set("HKLM/SOFTWARE/Ipesoft/I", "a");
	tell(SCRIPT_FRAME_CHANGES);
}

static void
do_key_not_utf8(void)
{
	set(KEY "\\\xff", "a");
	tell(SCRIPT_FRAME_CHANGES);
}

static void
do_tree_above(void)
{
	change(CHANGE_DELETE_TREE, "HKLM\\SOFTWARE", NULL, 0, 0, NULL, 0);
	tell(SCRIPT_FRAME_CHANGES);
}

static void
do_bad_op(void)
{
	change(9, KEY, "a", 0, 0, NULL, 0);
	tell(SCRIPT_FRAME_CHANGES);
}

static void
do_bad_type(void)
{
	change(CHANGE_SET, KEY, "a", 99, 0, "x", 1);
	tell(SCRIPT_FRAME_CHANGES);
}

static void
do_bad_text(void)
{
	change(CHANGE_SET, KEY, "a", VALUE_STRING, 0, "\x1b[2J", 4);
	tell(SCRIPT_FRAME_CHANGES);
}

static void
do_bad_number(void)
{
	change(CHANGE_SET, KEY, "a", VALUE_DWORD, UINT64_C(1) << 32, NULL, 0);
	tell(SCRIPT_FRAME_CHANGES);
}

static void
do_number_with_data(void)
{
	change(CHANGE_SET, KEY, "a", VALUE_DWORD, 1, "x", 1);
	tell(SCRIPT_FRAME_CHANGES);
}

static void
do_open_multi(void)
{
	change(CHANGE_SET, KEY, "a", VALUE_MULTI, 0, "x", 1);
	tell(SCRIPT_FRAME_CHANGES);
}

static void
do_bad_name(void)
{
	set(KEY, "a\nb");
	tell(SCRIPT_FRAME_CHANGES);
}

static void
do_text_without_end(void)
{
	wire_put_u8(&out, CHANGE_DELETE_TREE, &e0);
	wire_put_string(&out, KEY, strlen(KEY), &e0);
	tell(SCRIPT_FRAME_CHANGES);
}

static void
do_cut_change(void)
{
	set(KEY, "a");
	out.len -= 3;
	tell(SCRIPT_FRAME_CHANGES);
}

static void
do_long_length(void)
{
	wire_put_u8(&out, CHANGE_DELETE_TREE, &e0);
	wire_put_u32(&out, 0xffffffff, &e0);
	tell(SCRIPT_FRAME_CHANGES);
}

static void
do_too_much(void)
{
	static char data[60000];

	memset(data, 'x', sizeof data);
	for (int i = 0; i < 80; i++) {
		change(CHANGE_SET, KEY, "a", VALUE_STRING, 0, data, sizeof data);
		tell(SCRIPT_FRAME_CHANGES);
	}
}

static void
do_too_many(void)
{
	for (int i = 0; i < 21000; i++) {
		change(CHANGE_DELETE, KEY, "a", 0, 0, NULL, 0);
		tell(SCRIPT_FRAME_CHANGES);
	}
}

static void
do_read_other_key(void)
{
	struct frame f;

	text("HKLM\\SOFTWARE\\Slipway\\I\\A");
	text("Server");
	tell(SCRIPT_FRAME_GET);
	/* An answer with a setting of the station would be worse than any error. */
	if (frame_recv(parent, &f, FRAME_FOREVER, &e0) == 1 && f.type == SCRIPT_FRAME_REFUSED)
		_Exit(77);
}

static void
read_key(const char *key)
{
	struct frame f;

	text(key);
	text("a");
	tell(SCRIPT_FRAME_GET);
	if (frame_recv(parent, &f, FRAME_FOREVER, &e0) == 1)
		_Exit(77);
}

static void
do_read_not_normal(void)
{
	read_key("HKLM/SOFTWARE/Ipesoft/I");
}

static void
do_read_mixed(void)
{
	read_key(KEY "\\x/y");
}

static void
do_read_empty_part(void)
{
	read_key(KEY "\\\\x");
}

static void
do_read_not_utf8(void)
{
	read_key(KEY "\\\xff");
}

static void
do_default_of_another(void)
{
	change(CHANGE_SET, "HKLM\\SOFTWARE\\Ipesoft\\INST", "DefaultApplication", VALUE_STRING, 0,
	    "OTHER", 5);
	tell(SCRIPT_FRAME_CHANGES);
}

static void
do_default_deleted(void)
{
	change(CHANGE_DELETE, "HKLM\\SOFTWARE\\Ipesoft\\INST", "DefaultApplication", 0, 0, NULL, 0);
	tell(SCRIPT_FRAME_CHANGES);
}

static void
do_bad_question(void)
{
	text(KEY);
	tell(SCRIPT_FRAME_GET);
}

static void
do_ask_for_ever(void)
{
	struct frame f;

	do {
		text("app/x");
		tell(SCRIPT_FRAME_EXISTS);
	} while (frame_recv(parent, &f, FRAME_FOREVER, &e0) == 1);
}

static void
do_ask_and_not_listen(void)
{
	static const char question[] = "\0\0\0\x0aX\0\0\0\x06"
				       "app/x";
	size_t did;

	/* Bypasses the frames, which read while they write. */
	while (pipe_wait(frames_pipe(parent), false, true, FRAME_FOREVER, &e0) == 0)
		for (size_t i = 0; i < sizeof question; i += did)
			if (pipe_write(frames_pipe(parent), question + i, sizeof question - i, &did,
				&e0) == -1)
				_Exit(1);
}

static void
do_log_escapes(void)
{
	text("\x1b[2J");
	tell(SCRIPT_FRAME_LOG);
}

static void
do_log_for_ever(void)
{
	for (;;) {
		text("x");
		tell(SCRIPT_FRAME_LOG);
	}
}

static void
do_bad_failure(void)
{
	wire_put_u8(&out, ERR_SCRIPT, &e0);
	tell(SCRIPT_FRAME_FAILED);
}

static void
do_end_with_content(void)
{
	text("x");
	tell(SCRIPT_FRAME_DONE);
}

static void
do_hang(void)
{
	hang();
}

static struct row {
	const char *name;
	void (*deed)(void);
	enum err_code want;
	const char *text;
} rows[] = {
	{ "taken over: nothing wrong", do_nothing_wrong, ERR_NONE, "" },
	{ "taken over: exits", do_exit, ERR_PROTOCOL, "the script child ended with status 5" },
	{ "taken over: crashes", do_crash, ERR_PROTOCOL, CRASHED },
	{ "taken over: dies after its changes", do_die_after_changes, ERR_PROTOCOL,
	    "ended with status 0" },
	{ "taken over: half a frame", do_half_a_frame, ERR_PROTOCOL, "in the middle" },
	{ "taken over: too long a frame", do_too_long_a_frame, ERR_PROTOCOL, "want at most" },
	{ "taken over: unknown frame", do_unknown_frame, ERR_PROTOCOL, "unknown frame 0x3f" },
	{ "taken over: two greetings", do_two_greetings, ERR_PROTOCOL, "malformed greeting" },
	{ "taken over: another key", do_other_key, ERR_PROTOCOL, "Microsoft is not allowed" },
	{ "taken over: a neighbour's key", do_neighbour, ERR_PROTOCOL, "I2 is not allowed" },
	{ "taken over: our own key", do_own_key, ERR_PROTOCOL, "is not allowed" },
	{ "taken over: a key that isn't normalised", do_key_not_normal, ERR_PROTOCOL,
	    "malformed key" },
	{ "taken over: a key that isn't UTF-8", do_key_not_utf8, ERR_PROTOCOL, "malformed key" },
	{ "taken over: the tree above", do_tree_above, ERR_PROTOCOL, "is not allowed" },
	{ "taken over: unknown change", do_bad_op, ERR_PROTOCOL, "malformed change" },
	{ "taken over: unknown type", do_bad_type, ERR_PROTOCOL, "malformed value" },
	{ "taken over: control characters", do_bad_text, ERR_PROTOCOL, "malformed value" },
	{ "taken over: dword over 32 bits", do_bad_number, ERR_PROTOCOL, "malformed value" },
	{ "taken over: number with data", do_number_with_data, ERR_PROTOCOL, "malformed value" },
	{ "taken over: multi without end", do_open_multi, ERR_PROTOCOL, "malformed value" },
	{ "taken over: bad name", do_bad_name, ERR_SYNTAX, "control characters" },
	{ "taken over: text without end", do_text_without_end, ERR_PROTOCOL, "malformed change" },
	{ "taken over: a change that is cut", do_cut_change, ERR_PROTOCOL, "malformed value" },
	{ "taken over: a length of four gigabytes", do_long_length, ERR_PROTOCOL,
	    "malformed change" },
	{ "taken over: too much", do_too_much, ERR_PROTOCOL, "over 4194304 bytes" },
	{ "taken over: too many", do_too_many, ERR_TOO_LARGE, "20000" },
	{ "taken over: reads another key", do_read_other_key, ERR_PROTOCOL,
	    "ended with status 77" },
	{ "taken over: reads a key with slashes", do_read_not_normal, ERR_PROTOCOL, "key" },
	{ "taken over: reads a key with both", do_read_mixed, ERR_PROTOCOL, "key" },
	{ "taken over: reads an empty part", do_read_empty_part, ERR_PROTOCOL, "key" },
	{ "taken over: reads a key that isn't UTF-8", do_read_not_utf8, ERR_PROTOCOL, "key" },
	{ "taken over: another's default", do_default_of_another, ERR_PROTOCOL, "not allowed" },
	{ "taken over: no default", do_default_deleted, ERR_PROTOCOL, "not allowed" },
	{ "taken over: bad question", do_bad_question, ERR_PROTOCOL, "malformed question" },
	{ "taken over: asks for ever", do_ask_for_ever, ERR_PROTOCOL, "over 10000 times" },
	{ "taken over: asks and doesn't listen", do_ask_and_not_listen, ERR_TIMEOUT, "deadline" },
	{ "taken over: escapes in the log", do_log_escapes, ERR_PROTOCOL, "malformed line" },
	{ "taken over: logs for ever", do_log_for_ever, ERR_PROTOCOL,
	    "malformed line, or too many" },
	{ "taken over: failure without a text", do_bad_failure, ERR_PROTOCOL, "malformed text" },
	{ "taken over: end with content", do_end_with_content, ERR_PROTOCOL, "malformed end" },
	{ "taken over: hangs and ignores SIGTERM", do_hang, ERR_TIMEOUT, "deadline" },
};

static int
taken_over(struct frames *f)
{
	struct buf copy = BUF_INIT(SCRIPT_FRAME_MAX);
	struct script_facts facts;
	struct frame got;
	struct wire w;

	parent = f;
	wire_put_u32(&out, 0, &e0);
	tell(SCRIPT_FRAME_HELLO);
	if (frame_recv(f, &got, FRAME_FOREVER, &e0) != 1)
		return 1;
	if (buf_add(&copy, got.data, got.len, &e0) == -1)
		return 1;
	w = (struct wire)WIRE_INIT(copy.data, copy.len);
	if (script_frames_facts(&w, &facts, &e0) == -1)
		return 1;
	if (frame_recv(f, &got, FRAME_FOREVER, &e0) != 1) /* the script */
		return 1;
	for (size_t i = 0; i < N(rows); i++)
		if (strcmp(rows[i].name, facts.station) == 0)
			rows[i].deed();
	tell(SCRIPT_FRAME_DONE);
	hang();
	return 0;
}

static int
get(void *arg, const char *key, const char *name, struct value *v, struct err *e)
{
	(void)arg;
	(void)key;
	(void)name;
	return value_text(v, VALUE_STRING, "a secret", 8, e) == -1 ? -1 : 1;
}

static void
hostile(void **state)
{
	static const char *const prefixes[] = { KEY };
	struct row *r = *state;
	const struct script_facts facts = { .station = r->name,
		.application = "APP",
		.installation = "INST",
		.is_default = true,
		.prefixes = prefixes,
		.nprefixes = 1,
		.get = get };
	struct changeset c = CHANGESET_INIT;
	int64_t begun = clock_mono_ms();
	struct runner *runner;
	struct err e;

	runner = runner_start(&facts, SCRIPT_TIME_MAX_MS,
	    begun + (r->want == ERR_TIMEOUT ? 1000 : 60000), &e);
	assert_non_null(runner);
	if (r->want == ERR_NONE) {
		assert_ok(runner_run(runner, "x.lua", (const uint8_t *)"", 0, &c, &e), &e);
		assert_int_equal(c.n, 1);
	} else {
		assert_int_equal(runner_run(runner, "x.lua", (const uint8_t *)"", 0, &c, &e), -1);
		if (BAD_END_SLOW && e.code == ERR_LIMIT &&
		    (r->deed == do_too_many || r->deed == do_ask_for_ever)) {
			runner_end(runner);
			print_message("%s: stopped by the clock first: too many frames for wine\n",
			    r->name);
			skip();
		}
		if (e.code != r->want)
			fail_msg("want %s, got %s (%s)", err_name(r->want), err_name(e.code),
			    e.text);
		if (strncmp(e.text, "x.lua: ", 7) != 0 || strstr(e.text, r->text) == NULL)
			fail_msg("want 'x.lua: ' and '%s' in '%s'", r->text, e.text);
		assert_int_equal(c.n, 0);
		assert_err(runner_run(runner, "y.lua", (const uint8_t *)"", 0, &c, &e),
		    ERR_CONFLICT, &e);
	}
	runner_end(runner);
	changeset_free(&c);
	assert_true(clock_mono_ms() - begun < 20000);
}

int
main(int argc, char **argv)
{
	static const struct child_role mine = { "script", SCRIPT_FRAME_MAX, taken_over, NULL };
	static const struct child_role *const roles[] = { &mine, NULL };
	static struct CMUnitTest tests[60];
	size_t n = 0;

	child_main(roles, argc, argv);
	TEST_ROWS(tests, n, rows, hostile);
	return _cmocka_run_group_tests("runner", tests, n, NULL, NULL);
}
