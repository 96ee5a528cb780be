/* SPDX-License-Identifier: ISC */
/* Words for cmd.exe and PowerShell: double quotes, which no name of a file holds. */
#include <string.h>

#include "lib/cli/command.h"

int
cli_quote(struct buf *out, const char *text, struct err *e)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
				    "_-+:./\\";

	if (*text != '\0' && text[strspn(text, plain)] == '\0')
		return buf_adds(out, text, e);
	return buf_addf(out, e, "\"%s\"", text);
}
