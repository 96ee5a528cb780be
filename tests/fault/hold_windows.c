/* SPDX-License-Identifier: ISC */
/*
 * A program that runs until it is ended: a file in use for an update.
 */
#include <windows.h>

int
main(void)
{
	Sleep(60000);
	return 0;
}
