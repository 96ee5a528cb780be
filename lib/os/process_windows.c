/* SPDX-License-Identifier: ISC */
/*
 * The process on Windows: files are handles, which no standard stream can be mistaken for, and
 * there is no such signal.
 */
#include "lib/os/process.h"

#include <string.h>
#include <windows.h>

static const char *interrupt_text;

/* The next handler ends the process. */
static BOOL WINAPI
on_interrupt(DWORD what)
{
	DWORD n;

	if (what == CTRL_C_EVENT)
		WriteFile(GetStdHandle(STD_ERROR_HANDLE), interrupt_text,
		    (DWORD)strlen(interrupt_text), &n, NULL);
	return FALSE;
}

void
process_tell_interrupt(const char *text)
{
	interrupt_text = text;
	SetConsoleCtrlHandler(on_interrupt, TRUE);
}

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
