/* SPDX-License-Identifier: ISC */
/*
 * The parent of a fetch child that does jobs: frames that a child may send, and those of one that
 * was taken over.
 */
#include "tests/unit/common/test.h"

#include "lib/sftp/sftp_session_state.h"

#define JOBS 4

#define WANT(at, len) "W\x10\0\0\0\2\0\0\0\0" at len
#define AT0	      "\0\0\0\0"
#define AT100	      "\0\0\0\x64"
#define ENTRY(n, len) "N" len "\0\0\0\0\0\0\0\0\0\0\0\0\5" n "\0"
#define DONE(n, how)  "J\5\0\0\0" n how

/* Frames: type, length, content.  Jobs: 0 LIST, 1 GET (100), 2 PUT (70000), 3 REMOVE. */
static const struct row {
	const char *name, *frames;
	size_t len;
	int want; /* of the last frame */
} rows[] = {
#define ROW(name, bytes, want) \
	{ \
		name, bytes, sizeof(bytes) - 1, want \
	}
	ROW("bytes in order", WANT(AT0, AT100) WANT(AT100, "\0\0\x80\0"), 0),
	ROW("bytes twice", WANT(AT0, AT100) WANT(AT0, AT100), -1),
	ROW("bytes with a gap", WANT(AT100, AT100), -1),
	ROW("no bytes", WANT(AT0, AT0), -1),
	ROW("more bytes than at once", WANT(AT0, "\0\0\x80\1"), -1),
	ROW("bytes behind the end",
	    WANT(AT0, "\0\0\x80\0") WANT("\0\0\x80\0", "\0\0\x80\0")
		WANT("\0\1\0\0", "\0\0\x11\x71"),
	    -1),
	ROW("bytes of another job", "W\x10\0\0\0\1\0\0\0\0" AT0 AT100, -1),
	ROW("bytes of no job", "W\x10\0\0\0\x63\0\0\0\0" AT0 AT100, -1),
	ROW("entries", ENTRY("\0\0\0\2a", "\x13") "" ENTRY("\0\0\0\2b", "\x13"), 0),
	ROW("an entry above", "N\x14\0\0\0\0\0\0\0\0\0\0\0\0\5\0\0\0\3..\0", -1),
	ROW("an entry below", "N\x15\0\0\0\0\0\0\0\0\0\0\0\0\5\0\0\0\4a/b\0", -1),
	ROW("an entry with a control character", "N\x14\0\0\0\0\0\0\0\0\0\0\0\0\5\0\0\0\3a\n\0",
	    -1),
	ROW("an entry of another job", "N\x13\0\0\0\1\0\0\0\0\0\0\0\0\5\0\0\0\2a\0", -1),
	ROW("content", "D\7\0\0\0\1xyz", 0),
	ROW("content of another job", "D\7\0\0\0\2xyz", -1),
	ROW("more content than is wanted",
	    "D\x69\0\0\0\1"
	    "0123456789012345678901234567890123456789012345678901234567890123456789"
	    "0123456789012345678901234567890",
	    -1),
	ROW("results", DONE("\0", "\1") DONE("\1", "\2") DONE("\3", "\1"), 0),
	ROW("a result twice", DONE("\0", "\1") DONE("\0", "\1"), -1),
	ROW("no result", DONE("\0", "\0"), -1),
	ROW("an unknown result", DONE("\0", "\4"), -1),
	ROW("a result of no job", DONE("\4", "\1"), -1),
	ROW("a file that it never had", DONE("\2", "\1"), -1),
	ROW("bytes after the result", DONE("\2", "\2") WANT(AT0, AT100), -1),
	ROW("a file's result", "R\5\0\0\0\0\1", -1),
	ROW("something to sign", "Q\0", -1),
	ROW("the end", "E\1\0", 1),
};

static int
pull(void *arg, uint64_t offset, void *bytes, size_t len, struct err *e)
{
	(void)arg;
	(void)offset;
	(void)e;
	memset(bytes, 'x', len);
	return 0;
}

static int
take(void *arg, const void *bytes, size_t len, struct err *e)
{
	(void)arg;
	(void)bytes;
	(void)len;
	(void)e;
	return 0;
}

static int
entry(void *arg, const struct sftp_listed *l, struct err *e)
{
	(void)arg;
	(void)l;
	(void)e;
	return 0;
}

static void
frames(void **state)
{
	static const struct url url = { .user = "u", .host = "h", .port = 22, .path = "/" };
	const struct row *r = *state;
	struct sftp_session c = { .config = { .url = &url },
		.hello = true,
		.connected = true,
		.writing = true };
	struct sftp_job jobs[JOBS] = { { .kind = SFTP_JOB_LIST, .path = "", .entry = entry },
		{ .kind = SFTP_JOB_GET, .path = "g", .size = 100, .data = take },
		{ .kind = SFTP_JOB_PUT, .path = "p", .size = 70000, .pull = pull },
		{ .kind = SFTP_JOB_REMOVE, .path = "r" } };
	struct sftp_session_work work = { .c = &c, .jobs = jobs, .n = JOBS };
	struct buf answer = BUF_INIT(100000);
	struct err e = { 0 };
	int rc = 0;

	for (size_t at = 0; at < r->len; at += 2 + (uint8_t)r->frames[at + 1]) {
		const struct frame f = { .type = (uint8_t)r->frames[at],
			.data = (const uint8_t *)r->frames + at + 2,
			.len = (uint8_t)r->frames[at + 1] };

		assert_true(at + 2 + f.len <= r->len);
		assert_int_equal(rc, 0); /* only the last one may be refused */
		rc = sftp_session_take(&work, &f, &answer, &e);
		assert_int_equal(answer.len > 0, rc == 0 && f.type == SFTP_FRAME_WANT);
		buf_reset(&answer);
	}
	if (rc != r->want)
		fail_msg("want %d, got %d %s", r->want, rc, e.text);
	if (rc == -1)
		assert_int_equal(e.code, ERR_PROTOCOL);
	buf_free(&answer);
}

int
main(void)
{
	struct CMUnitTest tests[N(rows)];
	size_t n = 0;

	TEST_ROWS(tests, n, rows, frames);
	return _cmocka_run_group_tests("session_jobs", tests, n, NULL, NULL);
}
