/* SPDX-License-Identifier: ISC */
/*
 * The process on Windows: files are handles, which no standard stream can be mistaken for, and
 * there is no such signal.
 */
#include "lib/os/process.h"

int
process_main(int (*run)(int argc, char **argv), int argc, char **argv)
{
	return run(argc, argv);
}

void
process_restore(void)
{
}

/* Windows Error Reporting writes a dump of a process only where an administrator asks for it. */
void
process_keep_secrets(void)
{
}
