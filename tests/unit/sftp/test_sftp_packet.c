/* SPDX-License-Identifier: ISC */
/*
 * Packets of SFTP version 3: requests byte by byte, and replies that are whole or malformed.
 */
#include "tests/unit/common/test.h"

#include "lib/sftp/sftp_packet.h"

#define BYTES(text) text, sizeof(text) - 1

enum request { INIT, OPEN, OPEN_AT_ROOT, READ, FSTAT, CLOSE };

static int
put(enum request which, struct buf *out, struct err *e)
{
	static const uint8_t handle[] = { 'h', 0 };

	switch (which) {
	case INIT:
		return sftp_put_init(out, e);
	case OPEN:
		return sftp_put_open(out, 0x01020304, "/repo", "a/b", e);
	case OPEN_AT_ROOT:
		return sftp_put_open(out, 1, "/", "a", e);
	case READ:
		return sftp_put_read(out, 2, handle, sizeof handle, 0x0102030405060708, 0x8000, e);
	case FSTAT:
		return sftp_put_handle(out, SFTP_FSTAT, 3, handle, sizeof handle, e);
	default:
		return sftp_put_handle(out, SFTP_CLOSE, 4, handle, sizeof handle, e);
	}
}

static struct request_row {
	const char *name;
	enum request request;
	const char *want;
	size_t len;
} request_rows[] = {
	{ "request: INIT", INIT, BYTES("\0\0\0\5\1\0\0\0\3") },
	{ "request: OPEN", OPEN, BYTES("\0\0\0\x1a\3\1\2\3\4\0\0\0\x9/repo/a/b\0\0\0\1\0\0\0\0") },
	{ "request: OPEN below the root", OPEN_AT_ROOT,
	    BYTES("\0\0\0\x13\3\0\0\0\1\0\0\0\2/a\0\0\0\1\0\0\0\0") },
	{ "request: READ", READ,
	    BYTES("\0\0\0\x17\5\0\0\0\2\0\0\0\2h\0\1\2\3\4\5\6\7\x8\0\0\x80\0") },
	{ "request: FSTAT", FSTAT, BYTES("\0\0\0\xb\x8\0\0\0\3\0\0\0\2h\0") },
	{ "request: CLOSE", CLOSE, BYTES("\0\0\0\xb\4\0\0\0\4\0\0\0\2h\0") },
};

/* Appends to earlier bytes; a packet for which one byte of room is missing appends nothing. */
static void
request(void **state)
{
	const struct request_row *r = *state;
	struct buf out = BUF_INIT(2 + r->len), small = BUF_INIT(2 + r->len - 1);
	struct err e;

	assert_ok(buf_adds(&out, "xy", &e), &e);
	assert_ok(put(r->request, &out, &e), &e);
	assert_int_equal(out.len, 2 + r->len);
	assert_memory_equal(out.data, "xy", 2);
	assert_memory_equal(out.data + 2, r->want, r->len);
	assert_ok(buf_adds(&small, "xy", &e), &e);
	assert_err(put(r->request, &small, &e), ERR_TOO_LARGE, &e);
	assert_int_equal(small.len, 2);
	buf_free(&out);
	buf_free(&small);
}

static struct reply_row {
	const char *name, *packet;
	size_t len;
	struct sftp_reply want;
	const char *message, *handle; /* the bytes for the pointers of want */
} reply_rows[] = {
	{ "reply: VERSION", BYTES("\2\0\0\0\3"), { .type = SFTP_VERSION, .id = 3 }, NULL, NULL },
	{ "reply: VERSION with extensions", BYTES("\2\0\0\0\3\0\0\0\1a\0\0\0\0\0\0\0\1b\0\0\0\1c"),
	    { .type = SFTP_VERSION, .id = 3 }, NULL, NULL },
	{ "reply: STATUS", BYTES("\x65\0\0\0\7\0\0\0\2\0\0\0\3no \0\0\0\2en"),
	    { .type = SFTP_STATUS, .id = 7, .code = SFTP_NO_SUCH_FILE, .messagelen = 3 }, "no ",
	    NULL },
	{ "reply: STATUS without a language", BYTES("\x65\0\0\0\7\0\0\0\2\0\0\0\2no"),
	    { .type = SFTP_STATUS, .id = 7, .code = SFTP_NO_SUCH_FILE, .messagelen = 2 }, "no",
	    NULL },
	{ "reply: STATUS without a message", BYTES("\x65\0\0\0\7\xff\xff\xff\xff"),
	    { .type = SFTP_STATUS, .id = 7, .code = UINT32_MAX }, NULL, NULL },
	{ "reply: HANDLE", BYTES("\x66\0\0\1\0\0\0\0\2h\0"),
	    { .type = SFTP_HANDLE, .id = 256, .handlelen = 2 }, NULL, "h" },
	{ "reply: ATTRS without any", BYTES("\x69\0\0\0\1\0\0\0\0"),
	    { .type = SFTP_ATTRS, .id = 1 }, NULL, NULL },
	{ "reply: ATTRS with size and mode",
	    BYTES("\x69\0\0\0\1\0\0\0\5\1\0\0\0\0\0\0\2\0\0\x81\xa4"),
	    { .type = SFTP_ATTRS,
		.id = 1,
		.has_size = true,
		.size = 0x0100000000000002,
		.has_mode = true,
		.mode = 0100644 },
	    NULL, NULL },
	{ "reply: ATTRS with all there are",
	    BYTES("\x69\0\0\0\1\x80\0\0\xf\0\0\0\0\0\0\0\1uuuugggg\0\0\x41\xed"
		  "aaaammmm\0\0\0\1\0\0\0\1x\0\0\0\1y"),
	    { .type = SFTP_ATTRS,
		.id = 1,
		.has_size = true,
		.size = 1,
		.has_mode = true,
		.mode = 040755 },
	    NULL, NULL },
};

static void
reply(void **state)
{
	const struct reply_row *r = *state;
	const uint8_t *packet = (const uint8_t *)r->packet;
	struct sftp_reply got;
	struct err e;

	assert_ok(sftp_reply_parse(packet, r->len, &got, &e), &e);
	assert_int_equal(got.type, r->want.type);
	assert_int_equal(got.id, r->want.id);
	assert_int_equal(got.code, r->want.code);
	assert_int_equal(got.has_size, r->want.has_size);
	assert_true(got.size == r->want.size);
	assert_int_equal(got.has_mode, r->want.has_mode);
	assert_int_equal(got.mode, r->want.mode);
	assert_int_equal(got.messagelen, r->want.messagelen);
	assert_int_equal(got.handlelen, r->want.handlelen);
	if (r->message != NULL)
		assert_memory_equal(got.message, r->message, got.messagelen);
	if (r->handle != NULL)
		assert_memory_equal(got.handle, r->handle, got.handlelen);
}

static struct bad_row {
	const char *name, *packet;
	size_t len;
	const char *text; /* is in the error's text */
} bad_rows[] = {
	{ "bad: empty", BYTES(""), "0 bytes" },
	{ "bad: no id", BYTES("\x65\0\0\0"), "4 bytes" },
	{ "bad: VERSION with half an extension", BYTES("\2\0\0\0\3\0\0\0\1a"), "VERSION" },
	{ "bad: STATUS without a code", BYTES("\x65\0\0\0\1\0\0\0"), "STATUS" },
	{ "bad: STATUS with a message cut off", BYTES("\x65\0\0\0\1\0\0\0\4\0\0\0\2x"), "STATUS" },
	{ "bad: STATUS with a message of 4 GB", BYTES("\x65\0\0\0\1\0\0\0\4\xff\xff\xff\xffx"),
	    "STATUS" },
	{ "bad: STATUS with bytes left over", BYTES("\x65\0\0\0\1\0\0\0\4\0\0\0\0\0\0\0\0x"),
	    "left over" },
	{ "bad: HANDLE cut off", BYTES("\x66\0\0\0\1\0\0\0\2h"), "HANDLE" },
	{ "bad: HANDLE that is empty", BYTES("\x66\0\0\0\1\0\0\0\0"), "empty" },
	{ "bad: HANDLE with bytes left over", BYTES("\x66\0\0\0\1\0\0\0\1hx"), "left over" },
	{ "bad: ATTRS without flags", BYTES("\x69\0\0\0\1\0\0\0"), "ATTRS" },
	{ "bad: ATTRS with half a size", BYTES("\x69\0\0\0\1\0\0\0\1\0\0\0\0"), "ATTRS" },
	{ "bad: ATTRS with a flag of version 4", BYTES("\x69\0\0\0\1\0\0\0\x10"), "version 3" },
	{ "bad: ATTRS with bytes left over", BYTES("\x69\0\0\0\1\0\0\0\0x"), "left over" },
	{ "bad: DATA", BYTES("\x67\0\0\0\1\0\0\0\1x"), "type 103" },
	{ "bad: NAME", BYTES("\x68\0\0\0\1\0\0\0\0"), "type 104" },
	{ "bad: a request", BYTES("\4\0\0\0\1\0\0\0\1h"), "type 4" },
};

static void
bad(void **state)
{
	const struct bad_row *r = *state;
	struct sftp_reply out, before;
	struct err e;

	memset(&out, 0x55, sizeof out);
	memcpy(&before, &out, sizeof out);
	assert_err(sftp_reply_parse((const uint8_t *)r->packet, r->len, &out, &e), ERR_PROTOCOL,
	    &e);
	assert_non_null(strstr(e.text, r->text));
	assert_memory_equal(&out, &before, sizeof out);
}

int
main(void)
{
	static struct CMUnitTest tests[50];
	size_t n = 0;

	TEST_ROWS(tests, n, request_rows, request);
	TEST_ROWS(tests, n, reply_rows, reply);
	TEST_ROWS(tests, n, bad_rows, bad);
	return _cmocka_run_group_tests("sftp_packet", tests, n, NULL, NULL);
}
