/* SPDX-License-Identifier: ISC */
/*
 * A hostile SFTP server: the input is its answers.  The first byte chooses their form.
 *
 *   even   bytes as they are, in pieces of (first byte / 2 + 1)
 *   odd    records of sftp_answers.h
 *
 * No file gets more than its limit or bytes twice, and buffered data stays within the windows.
 */
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/sftp_answers.h"

#include "lib/sftp/sftp.h"

#define FILES	 4
#define FILE_MAX 5000u

struct session {
	struct sftp *s;
	struct sftp_file files[FILES];
	uint64_t got[FILES];
	struct requests requests;
};

static const struct sftp_limits limits = { 1000, 8000, 32, 3 };

static int
take(void *arg, const void *bytes, size_t len, struct err *e)
{
	static uint8_t copy[FILE_MAX]; /* reads every byte, so that AddressSanitizer sees them */
	uint64_t *got = arg;

	(void)e;
	must(len <= sizeof copy);
	memcpy(copy, bytes, len);
	*got += len;
	return 0;
}

/* Takes all requests, and notes their ids. */
static void
send_all(struct session *x)
{
	const uint8_t *bytes;
	struct err e = { 0 };
	size_t len;

	must(sftp_output(x->s, &bytes, &len, &e) == 0);
	requests_note(&x->requests, bytes, len);
	sftp_sent(x->s, len);
}

static int
answer(struct session *x, struct feed *f, struct err *e)
{
	struct buf b = BUF_INIT(1 << 17);
	int rc;

	requests_answer(&x->requests, f, &b);
	rc = sftp_input(x->s, b.data, b.len, e);
	buf_free(&b);
	return rc;
}

static void
check(const struct session *x)
{
	for (size_t i = 0; i < FILES; i++) {
		const struct sftp_file *f = &x->files[i];

		must(x->got[i] <= FILE_MAX);
		if (f->result != SFTP_FILE_FAILED)
			must(f->offset == x->got[i]);
		if (f->result == SFTP_FILE_FAILED)
			must(f->err.code != ERR_NONE);
		if (f->result == SFTP_FILE_ABSENT)
			must(x->got[i] == 0);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const paths[FILES] = { "1.root.json", "timestamp.json", "a/b",
		"targets/c.d" };
	struct session *x = calloc(1, sizeof *x);
	struct feed f = { data, size };
	uint8_t how = feed_u8(&f);
	struct err e = { 0 };
	int rc = 0;

	must(x != NULL && (x->s = sftp_new("/repo", &limits, &e)) != NULL);
	for (size_t i = 0; i < FILES; i++)
		x->files[i] = (struct sftp_file){ .path = paths[i],
			.max = FILE_MAX,
			.data = take,
			.arg = &x->got[i] };
	must(sftp_add(x->s, x->files, FILES, &e) == 0);
	while (rc == 0 && f.left > 0) {
		send_all(x);
		if (how % 2 == 1) {
			rc = answer(x, &f, &e);
		} else {
			size_t len = how / 2 + 1u;
			const uint8_t *bytes = feed_bytes(&f, &len);

			rc = sftp_input(x->s, bytes, len, &e);
		}
		check(x);
	}
	if (rc == -1)
		must(e.code == ERR_PROTOCOL || e.code == ERR_NETWORK);
	sftp_free(x->s);
	free(x);
	return 0;
}
