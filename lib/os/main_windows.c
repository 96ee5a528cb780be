/* SPDX-License-Identifier: ISC */
/*
 * Where a program begins on Windows: UTF-16 becomes UTF-8 here, and main() is the same as on other
 * platforms.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/os/log_system.h"
#include "lib/os/log_system_windows.h"
#include "lib/os/start_windows.h"
#include "lib/os/wide_windows.h"

/* The exit code for a command line that makes no sense, CLI_MISUSE. */
#define MISUSE 2

int main(int argc, char **argv);
int wmain(void);

/*
 * Shells on Windows don't expand "*.txt", and neither shall the C runtime: arguments stay as they
 * were written.
 */
extern int _dowildcard;
int _dowildcard = 0;

/* Without a console the user of a shortcut would only see that nothing starts. */
static void
show_failure(int rc, int argc, char **argv)
{
	if (rc == 0 || start_is_heard())
		return;
	/* Usage and help went to a standard error that isn't there. */
	if (*log_system_last() == '\0' && rc == MISUSE)
		log_system(LOG_LEVEL_ERROR,
		    "want a command, got none; a shortcut starts a program by 'slipwayw run "
		    "-- PROGRAM', and 'slipway help' in a console lists the commands");
	/* Options that were read are gone from argv. */
	if (rc == MISUSE || (argc > 1 && argv[1] != NULL && strcmp(argv[1], "run") == 0))
		start_show("Slipway", log_system_last());
}

/*
 * start_arguments() takes the command line apart, because the runtime's own rules differ from those
 * of CommandLineToArgvW().
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
	show_failure(rc, argc, argv);
	free(argv);
	return rc;
}
