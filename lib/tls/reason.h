/* SPDX-License-Identifier: ISC */
#ifndef LIB_TLS_REASON_H
#define LIB_TLS_REASON_H

/*
 * What an error of OpenSSL's means to people who know our settings.
 */
#include "lib/tls/setup.h"

enum slipway_tls_code
reason_of(unsigned long code, const struct tls_setup *s, char *text, size_t size);

#endif
