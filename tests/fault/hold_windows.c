/* SPDX-License-Identifier: ISC */
/*
 * A program that runs until it is ended: what an update finds in use.
 */
#include <windows.h>

int
main(void)
{
	Sleep(60000);
	return 0;
}
