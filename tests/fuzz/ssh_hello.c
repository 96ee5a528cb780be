/* SPDX-License-Identifier: ISC */
/*
 * The bytes of an SSH server before encryption.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/base/text.h"
#include "lib/sftp/ssh_hello.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const ours[SSH_KINDS] = { "k1,k2", "h1", "c1,c2", "m1" };
	struct buf out = BUF_INIT(1 << 20);
	struct err e = { 0 };
	size_t at = SIZE_MAX;
	int rc = ssh_hello_find(data, size, &at, &e);

	must(rc == -1 ? e.code == ERR_PROTOCOL : rc == 0 || rc == 1);
	must((rc == 1) == (at != SIZE_MAX));
	if (rc == 1) {
		must(size - at > 4 && memcmp(data + at, "SSH-", 4) == 0);
		must(at == 0 || data[at - 1] == '\n');
		must(ssh_hello_compare(data + at, size - at, ours, &out, &e) == 0);
		must(text_is_safe(buf_text(&out), out.len));
		buf_reset(&out);
	}
	must(ssh_hello_said(data, size, &out, &e) == 0);
	must(text_is_safe(buf_text(&out), out.len));
	buf_free(&out);
	return 0;
}
