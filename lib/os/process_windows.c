/* SPDX-License-Identifier: ISC */
/*
 * The process on Windows: files are handles, which no standard stream can be mistaken for, and there
 * is no such signal.
 */
#include "lib/os/process.h"

void
process_begin(void)
{
}

void
process_restore(void)
{
}
