/* SPDX-License-Identifier: ISC */
/* A connection to a Kernel as the program makes it. */
#include "updater/cmd/kernel.h"

#define CONNECT_MS 10000

int
kernel_try(const char *installation, const char *application, const char *kernel, struct buf *out,
    struct err *e)
{
	struct kernel_calls call;
	struct slipway_tls *t;
	struct slipway_tls_conn *c;
	int rc;

	if (kernel_library(&call, e) == -1)
		return -1;
	if ((t = call.make(SLIPWAY_TLS_CLIENT, installation, application)) == NULL)
		return err_nomem(e);
	c = call.connect(t, &kernel, 1, CONNECT_MS, NULL);
	rc = c == NULL ? buf_adds(out, call.error(t), e) : buf_addf(out, e, "[%s]", call.text(c));
	if (rc == 0)
		rc = c != NULL;
	call.conn_free(c);
	call.end(t);
	return rc;
}
