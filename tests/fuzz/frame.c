/* SPDX-License-Identifier: ISC */
/*
 * Frames from a child that was taken over: the child writes the input, in pieces of the length in
 * the first byte, and ends.  The parent receives the written frames; left over bytes are an error.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/os/frame.h"

#define MAX 1000u /* bytes of a frame here */

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { data, size };
	size_t piece = feed_u8(&f) + 1u;
	struct err e = { 0 };
	struct frames *frames;
	struct frame got;
	pipe_end ends[2];
	const uint8_t *seen = f.p;
	int rc;

	must(pipe_pair(ends, &e) == 0);
	must((frames = frames_open(ends[0], MAX, &e)) != NULL);
	while (f.left > 0) {
		size_t len = piece, did;
		const uint8_t *bytes = feed_bytes(&f, &len);

		/* Bytes that don't fit into the pipe aren't sent. */
		if (pipe_write(ends[1], bytes, len, &did, &e) != 1 || did < len)
			break;
	}
	pipe_close(ends[1]);
	while ((rc = frame_recv(frames, &got, FRAME_FOREVER, &e)) == 1) {
		must(got.len <= MAX && got.type == seen[4]);
		must((size_t)(data + size - seen) >= FRAME_HEADER_SIZE + got.len);
		must(memcmp(seen + FRAME_HEADER_SIZE, got.data, got.len) == 0);
		seen += FRAME_HEADER_SIZE + got.len;
	}
	must(rc == 0 || e.code == ERR_PROTOCOL);
	frames_close(frames);
	return 0;
}
