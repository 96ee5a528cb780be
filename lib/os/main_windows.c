/* SPDX-License-Identifier: ISC */
/*
 * Where a program begins on Windows: UTF-16 becomes UTF-8 here, and main() is the same as on other
 * platforms.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/log_system_windows.h"
#include "lib/os/start_windows.h"
#include "lib/os/wide_windows.h"

int main(int argc, char **argv);
int wmain(void);

/*
 * Shells don't expand "*.txt" on Windows, and neither does the C runtime: arguments come as they
 * were written.
 */
extern int _dowildcard;
int _dowildcard = 0;

/*
 * The runtime's own reading of the command line isn't used: it differs from what Windows' programs
 * have agreed on.
 */
int
wmain(void)
{
	struct err e;
	char **argv;
	int argc, rc;

	start_harden();
	start_console();
	if ((argv = start_arguments(GetCommandLineW(), &argc, &e)) == NULL) {
		fprintf(stderr, "%s\n", e.text);
		return EXIT_FAILURE;
	}
	rc = main(argc, argv);
	/*
	 * A shortcut was clicked, and nothing starts: without a console, that would be all that its
	 * user ever sees.
	 */
	if (rc != 0 && !start_is_heard() && argc > 1 && strcmp(argv[1], "run") == 0)
		start_show("Slipway", log_system_last());
	free(argv);
	return rc;
}
