/* SPDX-License-Identifier: ISC */
#ifndef LIB_TLS_REASON_H
#define LIB_TLS_REASON_H

/* OpenSSL's errors in words for people who know our settings. */
#include "lib/tls/setup.h"

/* Write what an error of OpenSSL means to text.  Returns its code. */
enum slipway_tls_code
reason_of(unsigned long code, const struct tls_setup *s, char *text, size_t size);

/* Whether an error of OpenSSL is an alert of the peer. */
bool reason_is_alert(unsigned long code);

#endif
