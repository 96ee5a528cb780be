/* SPDX-License-Identifier: ISC */
/*
 * A fetch child that was taken over: a child of this program takes the place of the real one.  The
 * host's name chooses the deed of the child.  Every deed makes this server fail in time, and no
 * answer of the child is believed.
 */
#include "tests/unit/common/test.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "tests/unit/common/bad_end.h"
#include "lib/os/clock.h"
#include "lib/base/wire.h"
#include "lib/sftp/sftp_session.h"
#include "lib/sftp/sftp_frames.h"

#define LIMIT_MS (BAD_END_SLOW ? 2000 : 400) /* to connect, and for silence */
#define MAX	 1000			     /* bytes of a file */

static const uint8_t many[SFTP_FRAME_MAX];

static void
say(struct frames *p, enum sftp_frame type, const void *data, size_t len)
{
	struct err e;

	if (frame_send(p, (uint8_t)type, data, len, FRAME_FOREVER, &e) == -1)
		_Exit(1);
}

static void
hello(struct frames *p)
{
	say(p, SFTP_FRAME_HELLO, "\0\0\0", 4);
}

/* Behaves like a good child until the parent asks for files. */
static void
begin(struct frames *p)
{
	struct frame f = { 0 };
	struct err e;

	hello(p);
	say(p, SFTP_FRAME_CONNECTED, NULL, 0);
	while (f.type != SFTP_FRAME_GO)
		if (frame_recv(p, &f, FRAME_FOREVER, &e) != 1)
			_Exit(1);
}

static void
bytes(struct frames *p, uint32_t file, size_t len)
{
	struct buf b = BUF_INIT(SFTP_FRAME_MAX);
	struct err e;

	if (wire_put_u32(&b, file, &e) == -1 || buf_add(&b, many, len, &e) == -1)
		_Exit(1);
	say(p, SFTP_FRAME_DATA, b.data, b.len);
	buf_free(&b);
}

static void
result(struct frames *p, uint32_t file, uint8_t what)
{
	uint8_t data[5] = { 0, 0, 0, (uint8_t)file, what };

	say(p, SFTP_FRAME_RESULT, data, sizeof data);
}

static void
do_good(struct frames *p)
{
	begin(p);
	bytes(p, 0, MAX);
	result(p, 0, SFTP_FILE_OK);
	result(p, 1, SFTP_FILE_ABSENT);
	say(p, SFTP_FRAME_END, "", 1);
}
static void
do_crash(struct frames *p)
{
	(void)p;
	crash();
}
static void
do_crash_later(struct frames *p)
{
	begin(p);
	bytes(p, 0, 10);
	crash();
}
static void
do_leave(struct frames *p)
{
	(void)p;
	_Exit(7);
}
static void
do_hang(struct frames *p)
{
	(void)p;
	hang();
}
static void
do_hang_later(struct frames *p)
{
	begin(p);
	bytes(p, 0, 10);
	hang();
}
static void
do_early(struct frames *p)
{
	say(p, SFTP_FRAME_CONNECTED, NULL, 0);
}
static void
do_hello_twice(struct frames *p)
{
	hello(p);
	hello(p);
}
static void
do_hello_short(struct frames *p)
{
	say(p, SFTP_FRAME_HELLO, "", 1);
}
static void
do_data_early(struct frames *p)
{
	hello(p);
	bytes(p, 0, 1);
}
static void
do_unknown(struct frames *p)
{
	begin(p);
	say(p, 'z', "x", 1);
}
static void
do_too_much(struct frames *p)
{
	begin(p);
	bytes(p, 0, MAX);
	bytes(p, 0, 1);
}
static void
do_far_too_much(struct frames *p)
{
	begin(p);
	bytes(p, 0, SFTP_FRAME_MAX - 4);
}
static void
do_nobodys(struct frames *p)
{
	begin(p);
	bytes(p, 2, 1);
}
static void
do_no_number(struct frames *p)
{
	begin(p);
	say(p, SFTP_FRAME_DATA, "\0\0", 2);
}
static void
do_after_result(struct frames *p)
{
	begin(p);
	result(p, 0, SFTP_FILE_OK);
	bytes(p, 0, 1);
}
static void
do_result_twice(struct frames *p)
{
	begin(p);
	result(p, 0, SFTP_FILE_OK);
	result(p, 0, SFTP_FILE_ABSENT);
}
static void
do_result_pending(struct frames *p)
{
	begin(p);
	result(p, 0, SFTP_FILE_PENDING);
}
static void
do_result_unknown(struct frames *p)
{
	begin(p);
	result(p, 0, 200);
}
static void
do_end_early(struct frames *p)
{
	begin(p);
	result(p, 0, SFTP_FILE_OK);
	say(p, SFTP_FRAME_END, "", 1);
}
static void
do_end_empty(struct frames *p)
{
	begin(p);
	say(p, SFTP_FRAME_END, NULL, 0);
}
static void
do_fault(struct frames *p)
{
	begin(p);
	say(p, SFTP_FRAME_END, "\0\x13\0\0\0\5evil", 11);
}
static void
do_fault_nonsense(struct frames *p)
{
	begin(p);
	say(p, SFTP_FRAME_END, "\0\xff\0\0\0\5evil", 11);
}
static void
do_fault_no_text(struct frames *p)
{
	begin(p);
	say(p, SFTP_FRAME_END, "\0\x13\0\0\1\0evil", 10);
}
static void
do_sign_else(struct frames *p)
{
	hello(p);
	say(p, SFTP_FRAME_SIGN, "\0\0\0\4sign", 8);
	hang();
}
static void
do_sign_later(struct frames *p)
{
	begin(p);
	say(p, SFTP_FRAME_SIGN, "\0\0\0\4sign", 8);
	hang();
}
static void
do_password(struct frames *p)
{
	hello(p);
	say(p, SFTP_FRAME_PASSWORD, NULL, 0);
	hang();
}
static void
do_password_twice(struct frames *p)
{
	hello(p);
	say(p, SFTP_FRAME_PASSWORD, NULL, 0);
	say(p, SFTP_FRAME_PASSWORD, NULL, 0);
	hang();
}
static void
do_password_more(struct frames *p)
{
	hello(p);
	say(p, SFTP_FRAME_PASSWORD, "x", 1);
	hang();
}
static void
do_password_later(struct frames *p)
{
	begin(p);
	say(p, SFTP_FRAME_PASSWORD, NULL, 0);
	hang();
}

/* Asks for the password, and goes on only with the right one. */
static void
do_password_good(struct frames *p)
{
	struct frame f = { 0 };
	struct err e;

	hello(p);
	say(p, SFTP_FRAME_PASSWORD, NULL, 0);
	while (f.type != SFTP_FRAME_SECRET)
		if (frame_recv(p, &f, FRAME_FOREVER, &e) != 1)
			_Exit(1);
	if (f.len != 4 + 6 || memcmp(f.data, "\0\0\0\6secret", f.len) != 0)
		_Exit(2);
	say(p, SFTP_FRAME_CONNECTED, NULL, 0);
	bytes(p, 0, MAX);
	result(p, 0, SFTP_FILE_OK);
	result(p, 1, SFTP_FILE_ABSENT);
	say(p, SFTP_FRAME_END, "", 1);
	hang();
}

static void
do_connected_more(struct frames *p)
{
	hello(p);
	say(p, SFTP_FRAME_CONNECTED, "\1\1", 2);
	hang();
}

static void
do_connected_odd(struct frames *p)
{
	hello(p);
	say(p, SFTP_FRAME_CONNECTED, "\3", 1);
	hang();
}

static void
do_frame_too_large(struct frames *p)
{
	size_t did;
	struct err e;

	if (pipe_write(frames_pipe(p),
		"\xff\xff\xff\xff"
		"D",
		5, &did, &e) == 1 &&
	    did == 5)
		hang();
}

static void
do_flood(struct frames *p)
{
	begin(p);
	for (;;)
		bytes(p, 1, 0);
}

static struct row {
	const char *name;
	void (*act)(struct frames *p);
	enum err_code want;
	const char *text;
	bool password; /* the login is one */
} rows[] = {
	{ "good", do_good, ERR_NONE, NULL, false },
	{ "crashes at once", do_crash, ERR_PROTOCOL, CRASHED, false },
	{ "crashes later", do_crash_later, ERR_PROTOCOL, CRASHED, false },
	{ "leaves", do_leave, ERR_PROTOCOL, "ended with status 7", false },
	{ "hangs at once", do_hang, ERR_TIMEOUT, "while connecting", false },
	{ "hangs later", do_hang_later, ERR_TIMEOUT, "while fetching files", false },
	{ "doesn't greet", do_early, ERR_PROTOCOL, "before saying how it is confined", false },
	{ "greets twice", do_hello_twice, ERR_PROTOCOL, "greeting", false },
	{ "short greeting", do_hello_short, ERR_PROTOCOL, "greeting", false },
	{ "data before it is connected", do_data_early, ERR_PROTOCOL, "doesn't belong there",
	    false },
	{ "connected, and more", do_connected_more, ERR_PROTOCOL, "malformed connection", false },
	{ "connected in no known way", do_connected_odd, ERR_PROTOCOL, "malformed connection",
	    false },
	{ "unknown frame", do_unknown, ERR_PROTOCOL, "doesn't belong there", false },
	{ "frame too large", do_frame_too_large, ERR_PROTOCOL, "", false },
	{ "one byte too much", do_too_much, ERR_PROTOCOL, "nobody asked for", false },
	{ "far too much", do_far_too_much, ERR_PROTOCOL, "nobody asked for", false },
	{ "a file that nobody wants", do_nobodys, ERR_PROTOCOL, "nobody asked for", false },
	{ "data without a number", do_no_number, ERR_PROTOCOL, "nobody asked for", false },
	{ "bytes after the result", do_after_result, ERR_PROTOCOL, "nobody asked for", false },
	{ "two results", do_result_twice, ERR_PROTOCOL, "two results", false },
	{ "no result", do_result_pending, ERR_PROTOCOL, "malformed result", false },
	{ "unknown result", do_result_unknown, ERR_PROTOCOL, "malformed result", false },
	{ "ends early", do_end_early, ERR_PROTOCOL, "before all files", false },
	{ "ends without a word", do_end_empty, ERR_PROTOCOL, "malformed end", false },
	{ "a fault", do_fault, ERR_LIMIT, "evil", false },
	{ "a fault that makes no sense", do_fault_nonsense, ERR_PROTOCOL, "evil", false },
	{ "a fault without text", do_fault_no_text, ERR_PROTOCOL, "malformed text", false },
	{ "wants another signature", do_sign_else, ERR_PROTOCOL, "no login of ours", false },
	{ "wants a password where there is a key", do_password, ERR_PROTOCOL,
	    "password that it isn't to have", false },
	{ "a password", do_password_good, ERR_NONE, NULL, true },
	{ "wants the password twice", do_password_twice, ERR_PROTOCOL,
	    "password that it isn't to have", true },
	{ "says more than that it wants the password", do_password_more, ERR_PROTOCOL,
	    "password that it isn't to have", true },
	{ "wants the password when it is logged in", do_password_later, ERR_PROTOCOL,
	    "doesn't belong there", true },
	{ "wants a signature where there is a password", do_sign_else, ERR_PROTOCOL,
	    "no login of ours", true },
	{ "wants a signature when it is logged in", do_sign_later, ERR_PROTOCOL,
	    "doesn't belong there", false },
	{ "floods", do_flood, ERR_TIMEOUT, "deadline", false },
};

/* The first frame names the host, and so the deed. */
static int
act(struct frames *parent)
{
	struct frame f;
	struct wire w;
	const char *host;
	struct err e;

	if (frame_recv(parent, &f, FRAME_FOREVER, &e) != 1 || f.type != SFTP_FRAME_SERVER)
		return 1;
	w = (struct wire)WIRE_INIT(f.data, f.len);
	if ((host = frame_name(&w, 255)) == NULL)
		return 1;
	rows[strtoul(host, NULL, 10)].act(parent);
	hang();
	return 0;
}

static const struct child_role acting = { "fetch", SFTP_FRAME_MAX, act, NULL };

static struct login *
make_password(void)
{
	struct login *l;
	struct err e;

	assert_non_null(l = login_parse_password("file", (const uint8_t *)"secret\nrest", 11, &e));
	return l;
}

static struct login *
make_key(void)
{
	EVP_PKEY *k = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	BIO *b = BIO_new(BIO_s_mem());
	struct login *l;
	struct err e;
	char *text;
	long len;

	assert_true(PEM_write_bio_PrivateKey(b, k, NULL, NULL, 0, NULL, NULL));
	len = BIO_get_mem_data(b, &text);
	assert_non_null(l = login_parse("key", (uint8_t *)text, (size_t)len, &e));
	BIO_free(b);
	EVP_PKEY_free(k);
	return l;
}

static int
count(void *arg, const void *data, size_t len, struct err *e)
{
	(void)data;
	(void)e;
	*(uint64_t *)arg += len;
	return 0;
}

static void
child(void **state)
{
	const struct row *r = *state;
	struct url url = { .user = "u", .port = 22, .path = "/" };
	int64_t start = clock_mono_ms();
	struct login *login = r->password ? make_password() : make_key();
	struct sftp_session_child from = { .role = &acting };
	struct sftp_session_config config = { .url = &url,
		.connect_ms = LIMIT_MS,
		.deadline = start + 3 * LIMIT_MS,
		.servers = 1,
		.child = &from };
	uint64_t got[2] = { 0, 0 };
	struct sftp_file files[2] = { { .path = "a", .max = MAX, .data = count, .arg = &got[0] },
		{ .path = "b", .max = MAX, .data = count, .arg = &got[1] } };
	struct sftp_session *c;
	bool moved;
	struct err e;

	snprintf(url.host, sizeof url.host, "%zu", (size_t)(r - rows));
	assert_non_null(c = sftp_session_start(&config, &e));
	assert_ok(sftp_session_login(c, login, &e), &e);
	if (r->want == ERR_NONE) {
		assert_ok(sftp_session_run(c, files, 2, &moved, &e), &e);
		assert_int_equal(files[0].result, SFTP_FILE_OK);
		assert_int_equal(files[1].result, SFTP_FILE_ABSENT);
		assert_int_equal(got[0], MAX);
		assert_true(moved);
	} else {
		assert_err(sftp_session_run(c, files, 2, &moved, &e), r->want, &e);
		if (strstr(e.text, r->text) == NULL)
			fail_msg("want '%s' in '%s'", r->text, e.text);
	}
	assert_true(got[0] <= MAX && got[1] <= MAX);
	sftp_session_end(c);
	/* The child was reaped in time; a busy machine gets some more. */
	assert_false(has_children());
	assert_true(clock_mono_ms() - start < 25 * LIMIT_MS);
	login_free(login);
}

int
main(int argc, char **argv)
{
	static const struct child_role *const roles[] = { &acting, NULL };
	static struct CMUnitTest tests[60];
	size_t n = 0;

	child_main(roles, argc, argv);
	TEST_ROWS(tests, n, rows, child);
	return _cmocka_run_group_tests("session", tests, n, NULL, NULL);
}
