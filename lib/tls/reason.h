/* SPDX-License-Identifier: ISC */
#ifndef LIB_TLS_REASON_H
#define LIB_TLS_REASON_H

/* OpenSSL's errors in words for people who know our settings. */
#include "lib/tls/setup.h"

/*
 * The commonest mistake: one side's level is None, the other side's asks for TLS.  Both levels, in
 * words, with the place where ours was looked for.  sure: the peer's bytes prove it.
 */
void reason_of_levels(const struct tls_setup *s, bool sure, char *text, size_t size);

/* Write what an error of OpenSSL means to text.  Returns its code. */
enum slipway_tls_code
reason_of(unsigned long code, const struct tls_setup *s, char *text, size_t size);

/* Whether an error of OpenSSL is an alert of the peer. */
bool reason_is_alert(unsigned long code);

#endif
