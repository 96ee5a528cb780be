/* SPDX-License-Identifier: ISC */
/*
 * A hostile SFTP server for jobs: the input is its answers, as records: type, number of the open
 * request that it answers (from the oldest), two bytes of length, contents; packet length and
 * request id are filled in, so that answers fit.
 *
 * No name leaves its directory, no file gets more bytes than its limit, and bytes are asked for in
 * order and once.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/base/wire.h"
#include "lib/sftp/sftp_packet.h"
#include "lib/sftp/sftp_writer.h"

#define JOBS	 6
#define FILE_MAX 70000u
#define REQUESTS 256u

struct writing {
	struct sftp_writer *w;
	struct sftp_job jobs[JOBS];
	uint64_t pulled[JOBS], got[JOBS];
	uint32_t ids[REQUESTS];
	size_t n;
};

static int
pull(void *arg, uint64_t offset, void *bytes, size_t len, struct err *e)
{
	uint64_t *at = arg;

	(void)e;
	must(offset == *at && len > 0 && len <= SFTP_WRITE_MAX);
	memset(bytes, 'x', len);
	*at += len;
	must(*at <= FILE_MAX);
	return 0;
}

static int
take(void *arg, const void *bytes, size_t len, struct err *e)
{
	uint64_t *got = arg;

	(void)e;
	must(bytes != NULL);
	*got += len;
	must(*got <= FILE_MAX);
	return 0;
}

static int
entry(void *arg, const struct sftp_listed *l, struct err *e)
{
	(void)arg;
	(void)e;
	must(l->name[0] != '\0' && strchr(l->name, '/') == NULL && strcmp(l->name, "..") != 0 &&
	    strcmp(l->name, ".") != 0);
	for (const char *p = l->name; *p != '\0'; p++)
		must((unsigned char)*p >= 0x20 && *p != 0x7f);
	return 0;
}

static void
send_all(struct writing *x)
{
	const uint8_t *bytes;
	struct err e = { 0 };
	size_t len;

	must(sftp_writer_output(x->w, &bytes, &len, &e) == 0);
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
	sftp_writer_sent(x->w, len);
}

static uint32_t
take_id(struct writing *x, uint8_t which)
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
answer(struct writing *x, struct feed *f, struct err *e)
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
	rc = sftp_writer_input(x->w, b.data, b.len, e);
	buf_free(&b);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct writing *x = calloc(1, sizeof *x);
	struct feed f = { data, size };
	struct err e = { 0 };
	int rc = 0;

	must(x != NULL && (x->w = sftp_writer_new("/repo", &e)) != NULL);
	x->jobs[0] = (struct sftp_job){ .kind = SFTP_JOB_LIST, .path = "" };
	x->jobs[1] = (struct sftp_job){ .kind = SFTP_JOB_GET, .path = "a/b", .size = FILE_MAX };
	x->jobs[2] = (struct sftp_job){ .kind = SFTP_JOB_PUT, .path = "n", .to = "t" };
	x->jobs[2].size = FILE_MAX;
	x->jobs[3] = (struct sftp_job){ .kind = SFTP_JOB_MKDIR, .path = "d" };
	x->jobs[4] = (struct sftp_job){ .kind = SFTP_JOB_RENAME, .path = "f", .to = "g" };
	x->jobs[5] = (struct sftp_job){ .kind = SFTP_JOB_REMOVE, .path = "r" };
	for (size_t i = 0; i < JOBS; i++) {
		x->jobs[i].pull = pull;
		x->jobs[i].data = take;
		x->jobs[i].entry = entry;
		x->jobs[i].arg = i == 2 ? &x->pulled[i] : &x->got[i];
		must(sftp_writer_add(x->w, &x->jobs[i], &e) == 0);
	}
	while (rc == 0 && f.left > 0) {
		send_all(x);
		rc = answer(x, &f, &e);
	}
	if (rc == -1)
		must(e.code == ERR_PROTOCOL || e.code == ERR_NETWORK);
	for (size_t i = 0; i < JOBS; i++)
		if (x->jobs[i].result == SFTP_JOB_FAILED)
			must(x->jobs[i].err.code != ERR_NONE);
	sftp_writer_free(x->w);
	free(x);
	return 0;
}
