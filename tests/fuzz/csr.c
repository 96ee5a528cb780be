/* SPDX-License-Identifier: ISC */
/*
 * Signing requests from anywhere: granted names fit their types, and each is shown as one line of
 * printable ASCII.  An input that begins like DER is put into a block, so that its bytes can be
 * varied.
 */
#include "tests/fuzz/fuzz.h"

#include <openssl/pem.h>

#include "lib/x509/certs.h"
#include "lib/x509/key.h"
#include "server/cert/names.h"

static void
use_name(const GENERAL_NAME *name)
{
	struct buf text = BUF_INIT(4096);
	struct err e;

	must(name->type == GEN_DNS || name->type == GEN_IPADD);
	must(names_show(name, &text, &e) == 0);
	must(strchr(buf_text(&text), ',') == NULL && strchr(buf_text(&text), ' ') == NULL);
	for (size_t i = 0; i < text.len; i++)
		must(text.data[i] > ' ' && text.data[i] < 0x7f);
	if (name->type == GEN_DNS)
		must(text.len ==
		    4 + (size_t)ASN1_STRING_length(name->d.dNSName)); /* no NUL ends it early */
	buf_free(&text);
}

static void
use(const char *pem, size_t len)
{
	struct err e = { 0 };
	X509_REQ *rq = request_parse(pem, len, &e);
	GENERAL_NAMES *names = NULL;
	size_t others = 0;

	if (rq == NULL)
		return;
	if (names_asked(rq, &names, &others, &e) == 0) {
		must(names == NULL || sk_GENERAL_NAME_num(names) > 0);
		for (int i = 0; i < sk_GENERAL_NAME_num(names); i++)
			use_name(sk_GENERAL_NAME_value(names, i));
	} else {
		must(names == NULL && e.code != ERR_NONE);
	}
	GENERAL_NAMES_free(names);
	(void)names_check_subject(X509_REQ_get_subject_name(rq), &e);
	if (X509_REQ_get0_pubkey(rq) != NULL)
		(void)cert_key_check(X509_REQ_get0_pubkey(rq), &e);
	X509_REQ_free(rq);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *text = feed_text(data, size), *pem;
	long len;

	if (size > 0 && data[0] == 0x30) {
		must(PEM_write_bio(bio, "CERTIFICATE REQUEST", "", data, (long)size) > 0);
		len = BIO_get_mem_data(bio, &pem);
		use(pem, (size_t)len);
	} else {
		use(text, size);
	}
	BIO_free(bio);
	free(text);
	return 0;
}
