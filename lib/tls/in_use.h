/* SPDX-License-Identifier: ISC */
#ifndef LIB_TLS_IN_USE_H
#define LIB_TLS_IN_USE_H

/*
 * What a handle's connections are made with: a log says when that changes, because settings and
 * files are read again while the program runs.
 */
#include "lib/base/digest.h"
#include "lib/tls/config.h"
#include "lib/x509/pair.h"

struct in_use {
	bool known; /* something was in use before */
	enum tls_level level;
	char hex[SHA256_HEX_SIZE]; /* of our certificate; "": none */
};

/*
 * From now on connections are made with this level and pair.  out, of size bytes, becomes a line
 * that says what changed; "": nothing, or nothing was in use before.
 */
void in_use_take(struct in_use *u, const struct tls_config *c, const struct pair *pair, char *out,
    size_t size);

#endif
