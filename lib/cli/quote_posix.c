/* SPDX-License-Identifier: ISC */
/* Words for a POSIX shell. */
#include "lib/base/text.h"
#include "lib/cli/command.h"

int
cli_quote(struct buf *out, const char *text, struct err *e)
{
	return text_quote_shell(out, text, e);
}
