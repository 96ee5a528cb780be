/* SPDX-License-Identifier: ISC */
/*
 * A hostile SFTP server: the input is its answers.  The first byte chooses their form.
 *
 *   even   bytes as they are, in pieces of (first byte / 2 + 1)
 *   odd    records: type, number of the open request that it answers (from the oldest), two bytes
 *          of length, contents; packet length and request id are filled in, so that answers fit
 *
 * No file gets more than its limit or bytes twice, and buffered data stays within the windows.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/sftp/sftp.h"
#include "lib/sftp/sftp_packet.h"
#include "lib/base/wire.h"

#define FILES	 4
#define FILE_MAX 5000u
#define REQUESTS 256u

struct session {
	struct sftp *s;
	struct sftp_file files[FILES];
	uint64_t got[FILES];
	uint32_t ids[REQUESTS]; /* requests that were sent and not answered */
	size_t n;
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
	for (struct wire w = WIRE_INIT(bytes, len); w.p < w.end;) {
		size_t size = 0;
		const uint8_t *packet = wire_string(&w, &size);
		struct wire in = WIRE_INIT(packet, size);
		uint8_t type = wire_u8(&in);
		uint32_t id = wire_u32(&in);

		must(!w.bad && !in.bad);
		if (type != SFTP_INIT && x->n < REQUESTS)
			x->ids[x->n++] = id;
	}
	sftp_sent(x->s, len);
}

static uint32_t
take_id(struct session *x, uint8_t which)
{
	uint32_t id;

	if (which >= x->n)
		return which;
	id = x->ids[which];
	memmove(x->ids + which, x->ids + which + 1, (x->n - which - 1) * sizeof x->ids[0]);
	x->n--;
	return id;
}

static int
answer(struct session *x, struct feed *f, struct err *e)
{
	struct buf b = BUF_INIT(1 << 17);
	uint8_t type = feed_u8(f), which = feed_u8(f);
	size_t len = (size_t)feed_u8(f) << 8;
	const uint8_t *bytes;
	int rc;

	len |= feed_u8(f);
	bytes = feed_bytes(f, &len);
	must(wire_put_u32(&b, (uint32_t)(len + 5), e) == 0 && wire_put_u8(&b, type, e) == 0);
	must(wire_put_u32(&b, type == SFTP_VERSION ? 3 : take_id(x, which), e) == 0);
	must(buf_add(&b, bytes, len, e) == 0);
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
