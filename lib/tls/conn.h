/* SPDX-License-Identifier: ISC */
#ifndef LIB_TLS_CONN_H
#define LIB_TLS_CONN_H

#include <stdint.h>

#include "slipway/tls.h"

/*
 * Let the connection close its descriptor at its end, and end its handshake at deadline
 * (clock_mono_ms()) or before.
 */
void conn_own_fd(struct slipway_tls_conn *c, int64_t deadline);

#endif
