/* SPDX-License-Identifier: ISC */
#ifndef SERVER_KEYS_TERMINAL_H
#define SERVER_KEYS_TERMINAL_H

/* Asking the person at the terminal. */
#include <stdbool.h>

#include "lib/base/buf.h"

/*
 * Writes prompt to the terminal and appends the typed line to out without the newline; without echo
 * for a secret.  Returns 1, 0 when there is no terminal, or -1 with ERR_IO, ERR_TOO_LARGE,
 * ERR_NOMEM, or ERR_USAGE at end of file.  Restores the terminal's settings, also when a signal
 * ends the program meanwhile.
 */
int terminal_ask(const char *prompt, bool echo, struct buf *out, struct err *e);

#endif
