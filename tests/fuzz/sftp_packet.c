/* SPDX-License-Identifier: ISC */
/*
 * One SFTP reply: its pointers point into the packet.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/sftp/sftp_packet.h"

static bool
within(const void *p, size_t len, const uint8_t *data, size_t size)
{
	const uint8_t *at = p;

	return len == 0 || (at >= data && len <= size && at <= data + size - len);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sftp_reply r = { 0 };
	struct err e = { 0 };

	if (sftp_reply_parse(data, size, &r, &e) == -1) {
		must(e.code == ERR_PROTOCOL);
		return 0;
	}
	must(size > 0 && r.type == data[0]);
	if (r.type == SFTP_HANDLE)
		must(r.handlelen >= 1 && r.handlelen <= SFTP_HANDLE_MAX &&
		    within(r.handle, r.handlelen, data, size));
	if (r.type == SFTP_STATUS)
		must(within(r.message, r.messagelen, data, size));
	return 0;
}
