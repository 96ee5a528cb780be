/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_CMD_KERNEL_H
#define UPDATER_CMD_KERNEL_H

/*
 * A connection to a Kernel as the program makes it: by the TLS library, with the settings of an
 * application.  The library is loaded for this alone, because each start of a program would pay for
 * it otherwise.
 */
#include <slipway/tls.h>

#include "lib/base/buf.h"

struct kernel_calls {
	struct slipway_tls *(
	    *make)(enum slipway_tls_side side, const char *installation, const char *application);
	void (*end)(struct slipway_tls *t);
	const char *(*error)(const struct slipway_tls *t);
	struct slipway_tls_conn *(*connect)(struct slipway_tls *t, const char *const *servers,
	    size_t n, unsigned ms, size_t *which);
	const char *(*text)(const struct slipway_tls_conn *c);
	void (*conn_free)(struct slipway_tls_conn *c);
};

/*
 * Find the library's functions: in the system's folders, else, for a process that isn't privileged,
 * where this program was installed.  Returns 0, or -1 with ERR_NOENT and what to install.
 */
int kernel_library(struct kernel_calls *out, struct err *e);

/*
 * Connect to "HOST:PORT" and append what became of it: "[TCP/IP][TLSv1.3 VERIFIED]", or why there
 * is no connection.  Returns 1 connected, 0 not, or -1 as kernel_library().
 */
int kernel_try(const char *installation, const char *application, const char *kernel,
    struct buf *out, struct err *e);

#endif
