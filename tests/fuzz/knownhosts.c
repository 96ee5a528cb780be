/* SPDX-License-Identifier: ISC */
/*
 * known_hosts files: the first byte chooses the port.  Keys are whole and different; lines for
 * another host change nothing, and revoking all keys leaves none.
 */
#include "tests/fuzz/fuzz.h"

#include "lib/sftp/knownhosts.h"

#define KEY   "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIK70K/VMnUiUnWzyGl3P37w2KtTVi1ypM3eRvCYO9KC3"
#define PRINT "SHA256:KuUcp0dC7aq3kX0XCRHrZ7DkE0tf3bWgrgX6PtqQyjw"

/* libssh2 1.10 loses the HMAC of a hashed name that has the wrong length. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:CRYPTO_zalloc";
}

static struct knownhosts
keys(const uint8_t *data, size_t size, uint16_t port, const char *more)
{
	struct buf text = BUF_INIT(KNOWNHOSTS_FILE_MAX);
	struct knownhosts k;
	struct err e = { 0 };

	must(buf_add(&text, data, size, &e) == 0 && buf_adds(&text, more, &e) == 0);
	if (knownhosts_parse("file", &text, "h.example", port, &k, &e) == -1)
		must((e.code == ERR_HOSTKEY || e.code == ERR_SYNTAX) && k.n == 0); /* UTF-16 */
	else
		must(k.n > 0 && k.n <= KNOWNHOSTS_KEYS_MAX);
	for (size_t i = 0; i < k.n; i++) {
		must(fingerprint_valid(k.print[i]));
		for (size_t j = 0; j < i; j++)
			must(strcmp(k.print[i], k.print[j]) != 0);
	}
	buf_free(&text);
	return k;
}

static bool
has(const struct knownhosts *k, const char *print)
{
	for (size_t i = 0; i < k->n; i++)
		if (strcmp(k->print[i], print) == 0)
			return true;
	return false;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct feed f = { data, size };
	uint16_t port = feed_u8(&f) % 2 == 0 ? 22 : 2222;
	struct knownhosts k, same;

	k = keys(f.p, f.left, port, "");
	same = keys(f.p, f.left, port, "\nother.example " KEY "\n*.example " KEY "\n");
	must(k.n == same.n && memcmp(k.print, same.print, k.n * sizeof k.print[0]) == 0);
	same = keys(f.p, f.left, port, "\n@revoked * " KEY "\n");
	must(!has(&same, PRINT) && same.n + has(&k, PRINT) == k.n);
	return 0;
}
