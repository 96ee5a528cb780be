/* SPDX-License-Identifier: ISC */
/* There are no letters of drives. */
#include "lib/os/letter.h"

int
letter_replace(const char *text, struct buf *out, struct err *e)
{
	(void)text;
	(void)out;
	(void)e;
	return 0;
}
