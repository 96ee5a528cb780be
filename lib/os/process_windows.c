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

static const char *held_text;
static volatile LONG held_came;

/* After FALSE the next handler ends the process. */
static BOOL WINAPI
on_held(DWORD what)
{
	DWORD n;

	if ((what != CTRL_C_EVENT && what != CTRL_BREAK_EVENT) ||
	    InterlockedExchange(&held_came, 1) != 0)
		return FALSE;
	WriteFile(GetStdHandle(STD_ERROR_HANDLE), held_text, (DWORD)strlen(held_text), &n, NULL);
	return TRUE;
}

void
process_hold_interrupt(const char *text)
{
	held_text = text;
	InterlockedExchange(&held_came, 0);
	SetConsoleCtrlHandler(on_held, TRUE);
}

bool
process_interrupted(void)
{
	return InterlockedCompareExchange(&held_came, 0, 0) != 0;
}

bool
process_release_interrupt(void)
{
	SetConsoleCtrlHandler(on_held, FALSE);
	return InterlockedExchange(&held_came, 0) != 0;
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
