/* SPDX-License-Identifier: ISC */
/* The TLS library, loaded by the name that programs are linked with. */
#include "updater/cmd/kernel.h"

#include <dlfcn.h>
#include <string.h>

#define LIBRARY "libslipway-tls.so.0"

int
kernel_library(struct kernel_calls *out, struct err *e)
{
	static const char *const names[] = { "slipway_tls_new", "slipway_tls_free",
		"slipway_tls_error", "slipway_tls_connect", "slipway_tls_conn_text",
		"slipway_tls_conn_free" };
	void *functions[sizeof names / sizeof names[0]];
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		return err_setx(e, ERR_NOENT, "want the library of programs, " LIBRARY ": %.300s",
		    dlerror());
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if ((functions[i] = dlsym(library, names[i])) == NULL)
			return err_setx(e, ERR_NOENT, LIBRARY ": want %s, which this one lacks",
			    names[i]);
	/* POSIX lets a pointer to a function be kept so; ISO C has no cast for it. */
	memcpy(out, functions, sizeof *out);
	return 0;
}
