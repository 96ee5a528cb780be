/* SPDX-License-Identifier: ISC */
/* The TLS library, which is inside of each program on Windows. */
#include "updater/cmd/kernel.h"

int
kernel_library(struct kernel_calls *out, struct err *e)
{
	(void)e;
	*out = (struct kernel_calls){ slipway_tls_new, slipway_tls_free, slipway_tls_error,
		slipway_tls_connect, slipway_tls_conn_text, slipway_tls_conn_free };
	return 0;
}
