/* SPDX-License-Identifier: ISC */
#ifndef LIB_TLS_HANDLE_H
#define LIB_TLS_HANDLE_H

/* What connections ask the handle. */
#include "lib/tls/setup.h"

#define TLS_TEXT_SIZE 4096 /* bytes of a handle's texts, with the final NUL */

/*
 * Returns the handle's set-up as it is now, for a new connection, which releases it; or NULL with
 * the handle's error.
 */
struct tls_setup *handle_setup(struct slipway_tls *t);
unsigned handle_handshake_ms(const struct slipway_tls *t);

/* The descriptor that cancels slipway_tls_connect(); -1: none. */
int handle_cancel(const struct slipway_tls *t);

/* The refused certificate of slipway_tls_connect(), "" none. */
void handle_refused(struct slipway_tls *t, const char *hex);

/* Warning and notice of a handle; to say them again, unless newer ones are there. */
struct said {
	char warning[TLS_TEXT_SIZE], notice[TLS_TEXT_SIZE];
};
void handle_said(const struct slipway_tls *t, struct said *out);
void handle_say(struct slipway_tls *t, const struct said *before);

/* Set the handle's error.  Returns SLIPWAY_TLS_ERROR. */
int handle_fail(struct slipway_tls *t, enum slipway_tls_code code, const char *text);

#endif
