/* SPDX-License-Identifier: ISC */
#ifndef LIB_X509_KEYSEARCH_H
#define LIB_X509_KEYSEARCH_H

/*
 * Looks for private keys in a file of any kind, by its content: PEM anywhere in it, also in UTF-16,
 * in quotes or with "\n" as JSON writes it, the form of RFC 4716, and that of PuTTY; and files that
 * begin with a key in DER, also behind certificates in DER, are PKCS#12, a keystore of Java (JKS,
 * JCEKS) with a key, or a key in a form of Windows (PVK, BLOB).  Encrypted keys count.
 *
 * A label without a key behind it, as in programs and manuals, is none.  Archives aren't unpacked.
 */
#include <stdbool.h>

#include "lib/base/buf.h"

/* Bytes of a file that is looked at as no text; text is looked for in files of any size. */
#define KEYSEARCH_DER_MAX (1024u * 1024)

struct keysearch;

/* NULL with ERR_NOMEM. */
struct keysearch *keysearch_new(struct err *e);
void keysearch_free(struct keysearch *s);

/* The next bytes of the file.  0, or -1 with ERR_NOMEM. */
int keysearch_feed(struct keysearch *s, const void *data, size_t len, struct err *e);

/*
 * After the last bytes: what was found first ("an encrypted private key in PEM form"), or NULL.
 * OpenSSL's error queue is empty afterwards.
 */
const char *keysearch_end(struct keysearch *s);

#endif
