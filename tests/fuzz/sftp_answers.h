/* SPDX-License-Identifier: ISC */
#ifndef TESTS_FUZZ_SFTP_ANSWERS_H
#define TESTS_FUZZ_SFTP_ANSWERS_H

/*
 * Answers of a hostile SFTP server, as records of an input: type, number of the open request that
 * it answers (from the oldest), two bytes of length, contents; packet length and request id are
 * filled in, so that answers fit.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/base/wire.h"
#include "lib/sftp/sftp_packet.h"

#define REQUESTS 256u

struct requests {
	uint32_t ids[REQUESTS]; /* that were sent and not answered */
	size_t n;
};

/* Notes the ids of the requests in len bytes. */
static inline void
requests_note(struct requests *r, const uint8_t *bytes, size_t len)
{
	for (struct wire w = WIRE_INIT(bytes, len); w.p < w.end;) {
		size_t size = 0;
		const uint8_t *packet = wire_string(&w, &size);
		struct wire in = WIRE_INIT(packet, size);
		uint8_t type = wire_u8(&in);
		uint32_t id = wire_u32(&in);

		must(!w.bad && !in.bad);
		if (type != SFTP_INIT && r->n < REQUESTS)
			r->ids[r->n++] = id;
	}
}

static inline uint32_t
requests_take(struct requests *r, uint8_t which)
{
	uint32_t id;

	if (which >= r->n)
		return which;
	id = r->ids[which];
	memmove(r->ids + which, r->ids + which + 1, (r->n - which - 1) * sizeof r->ids[0]);
	r->n--;
	return id;
}

/* Appends the next answer. */
static inline void
requests_answer(struct requests *r, struct feed *f, struct buf *out)
{
	uint8_t type = feed_u8(f), which = feed_u8(f);
	size_t len = (size_t)feed_u8(f) << 8;
	const uint8_t *bytes;
	struct err e;

	len |= feed_u8(f);
	bytes = feed_bytes(f, &len);
	must(wire_put_u32(out, (uint32_t)(len + 5), &e) == 0 && wire_put_u8(out, type, &e) == 0);
	must(wire_put_u32(out, type == SFTP_VERSION ? 3 : requests_take(r, which), &e) == 0);
	must(buf_add(out, bytes, len, &e) == 0);
}

#endif
