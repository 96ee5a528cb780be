/* SPDX-License-Identifier: ISC */
/*
 * Frames of a fetch child that was taken over.  The input is frames, each with its type and two
 * bytes of length.  No file gets more bytes than requested or bytes after its result, and only a
 * login is signed.
 */
#include "tests/fuzz/fuzz.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "lib/sftp/sftp_session_state.h"

#define FILES 3

struct sink {
	struct sftp_file *f;
	uint64_t got;
	bool refuses;
};

static int
take(void *arg, const void *bytes, size_t len, struct err *e)
{
	struct sink *s = arg;

	must(s->f->result == SFTP_FILE_PENDING && bytes != NULL && len > 0);
	s->got += len;
	must(s->got <= s->f->max);
	return s->refuses ? err_setx(e, ERR_NOSPC, "disk full") : 0;
}

/* A fixed key: seeds hold a login with this key. */
static struct login *
key(void)
{
	static struct login *l;
	static const uint8_t raw[32] = { 1 };
	EVP_PKEY *k;
	struct err e;
	BIO *b;
	char *text;
	long len;

	if (l != NULL)
		return l;
	k = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, raw, sizeof raw);
	must((b = BIO_new(BIO_s_mem())) != NULL &&
	    PEM_write_bio_PrivateKey(b, k, NULL, NULL, 0, NULL, NULL));
	len = BIO_get_mem_data(b, &text);
	must((l = login_parse("key", (uint8_t *)text, (size_t)len, &e)) != NULL);
	BIO_free(b);
	EVP_PKEY_free(k);
	return l;
}

static struct login *
password(void)
{
	static struct login *l;
	struct err e;

	if (l == NULL)
		must(
		    (l = login_parse_password("file", (const uint8_t *)"secret\n", 7, &e)) != NULL);
	return l;
}

/* A child gets its frames once, and nothing else. */
static void
judge(const struct sftp_session *c, const struct frame *f, unsigned given)
{
	if (login_password(c->login) != NULL) {
		must(f->type == SFTP_FRAME_PASSWORD && given == 1);
		return;
	}
	must(f->type == SFTP_FRAME_SIGN && given <= SIGNATURES_MAX);
	must(memmem(f->data, f->len, "ssh-connection", 14) != NULL);
}

static void
run(const uint8_t *data, size_t size, const struct login *login)
{
	static const struct url url = { .user = "u", .host = "h", .port = 22, .path = "/" };
	struct sftp_session c = { .config = { .url = &url }, .login = login };
	struct sftp_file files[FILES] = { { .path = "a", .max = 100 },
		{ .path = "b", .max = 5000, .offset = 10 }, { .path = "c", .max = 100 } };
	struct sink sinks[FILES] = { { &files[0], 0, false }, { &files[1], 10, false },
		{ &files[2], 0, true } };
	struct sftp_session_work r = { .c = &c, .files = files, .n = FILES };
	struct buf answer = BUF_INIT(1024);
	struct feed f = { data, size };
	struct err e = { 0 };
	unsigned given = 0;
	int rc = 0;

	for (size_t i = 0; i < FILES; i++) {
		files[i].data = take;
		files[i].arg = &sinks[i];
	}
	while (f.left > 0 && rc != -1) {
		struct frame frame = { .type = feed_u8(&f) };
		size_t len = feed_u8(&f);
		bool was_connected = c.connected;

		len = len << 8 | feed_u8(&f);
		frame.data = feed_bytes(&f, &len);
		frame.len = len;
		rc = sftp_session_take(&r, &frame, &answer, &e);
		must(rc != -1 || e.code != ERR_NONE);
		if (answer.len > 0) {
			must(rc == 0 && !was_connected);
			judge(&c, &frame, ++given);
		}
		buf_reset(&answer);
		must(c.hello || rc == -1);
	}
	for (size_t i = 0; i < FILES; i++)
		must(files[i].offset <= files[i].max && files[i].result <= SFTP_FILE_FAILED);
	buf_free(&answer);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	run(data, size, key());
	run(data, size, password());
	return 0;
}
