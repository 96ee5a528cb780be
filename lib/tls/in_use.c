/* SPDX-License-Identifier: ISC */
/* The level and the pair that are in use, and words for their changes. */
#include "lib/tls/in_use.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/x509/facts.h"

static void
note_level(const struct in_use *u, const struct tls_config *c, struct buf *b)
{
	struct err ignored;

	if (c->level == u->level)
		return;
	(void)buf_addf(b, &ignored, "TLS_RequiredLevel is %s now, it was %s",
	    tls_level_name(c->level), tls_level_name(u->level));
	if (c->where != NULL)
		(void)buf_addf(b, &ignored, " (%s)", c->where);
}

static void
note_pair(const struct in_use *u, const char *hex, const struct tls_config *c, const X509 *cert,
    struct buf *b)
{
	char text[CERT_DESCRIBE_SIZE];
	struct err ignored;

	if (strcmp(hex, u->hex) == 0)
		return;
	(void)buf_adds(b, b->len > 0 ? "; " : "", &ignored);
	if (cert == NULL) {
		(void)buf_addf(b, &ignored,
		    "TLS_KeyFile and TLS_CertFile are not set any more; the pair SHA-256 %s is not used now",
		    u->hex);
		return;
	}
	cert_describe(cert, text, sizeof text);
	(void)buf_addf(b, &ignored, "TLS_CertFile: %s: a new pair is in use: %s",
	    source_name(&c->source[TLS_CERT_FILE]), text);
}

void
in_use_take(struct in_use *u, const struct tls_config *c, const struct pair *pair, char *out,
    size_t size)
{
	const X509 *cert = pair->key == NULL ? NULL : sk_X509_value(pair->chain, 0);
	struct buf b = BUF_INIT(size - 1);
	char hex[SHA256_HEX_SIZE] = "";

	if (cert != NULL)
		cert_hex(cert, hex);
	if (u->known) {
		note_level(u, c, &b);
		note_pair(u, hex, c, cert, &b);
	}
	snprintf(out, size, "%s", b.len > 0 ? buf_text(&b) : "");
	buf_free(&b);
	u->known = true;
	u->level = c->level;
	memcpy(u->hex, hex, sizeof u->hex);
}
