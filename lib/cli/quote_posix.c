/* SPDX-License-Identifier: ISC */
/* Words for a POSIX shell. */
#include <string.h>

#include "lib/cli/command.h"

int
cli_quote(struct buf *out, const char *text, struct err *e)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				    "@%_-+=:,./";

	if (*text != '\0' && text[strspn(text, plain)] == '\0')
		return buf_adds(out, text, e);
	if (buf_addc(out, '\'', e) == -1)
		return -1;
	for (; *text != '\0'; text++)
		if ((*text == '\'' ? buf_adds(out, "'\\''", e) : buf_addc(out, *text, e)) == -1)
			return -1;
	return buf_addc(out, '\'', e);
}
