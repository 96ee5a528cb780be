/* SPDX-License-Identifier: ISC */
/* The TLS library, loaded by the name that programs are linked with. */
#include "updater/cmd/kernel.h"

#include <dlfcn.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lib/os/places.h"

#define LIBRARY "libslipway-tls.so.0"

/* The library of an installation outside of the system's folders: beside this program's folder. */
static void *
open_beside(void)
{
	char program[PATH_MAX], path[PATH_MAX + sizeof "/../" SLIPWAY_LIBDIR "/" LIBRARY];
	ssize_t len = readlink("/proc/self/exe", program, sizeof program - 1);
	char *slash;

	if (len == -1 || place_privileged())
		return NULL;
	program[len] = '\0';
	if ((slash = strrchr(program, '/')) == NULL)
		return NULL;
	*slash = '\0';
	snprintf(path, sizeof path, "%s/../" SLIPWAY_LIBDIR "/" LIBRARY, program);
	return dlopen(path, RTLD_NOW | RTLD_LOCAL);
}

int
kernel_library(struct kernel_calls *out, struct err *e)
{
	static const char *const names[] = { "slipway_tls_new", "slipway_tls_free",
		"slipway_tls_error", "slipway_tls_connect", "slipway_tls_conn_text",
		"slipway_tls_conn_free" };
	void *functions[sizeof names / sizeof names[0]];
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL && (library = open_beside()) == NULL)
		return err_setx(e, ERR_NOENT,
		    "want " LIBRARY " in the system's folders, of the package libslipway-tls0: no "
		    "connection was tried");
	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
		if ((functions[i] = dlsym(library, names[i])) == NULL)
			return err_setx(e, ERR_NOENT, LIBRARY ": want %s, which this one lacks",
			    names[i]);
	/* POSIX lets a pointer to a function be kept so; ISO C has no cast for it. */
	memcpy(out, functions, sizeof *out);
	return 0;
}
