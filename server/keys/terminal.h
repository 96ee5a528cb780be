/* SPDX-License-Identifier: ISC */
#ifndef SERVER_KEYS_TERMINAL_H
#define SERVER_KEYS_TERMINAL_H

/* Asking the person at the terminal. */
#include "lib/base/buf.h"

/*
 * Write prompt to the terminal and append the line that is typed, without echo and without its
 * newline, to out. 1, 0 when there is no terminal, or -1 with ERR_IO, ERR_TOO_LARGE or ERR_NOMEM
 * (or ERR_USAGE at end of file). The terminal's settings are restored, also when a signal ends the
 * program meanwhile.
 */
int terminal_secret(const char *prompt, struct buf *out, struct err *e);

/* The same with echo, for an answer that is no secret. */
int terminal_ask(const char *prompt, struct buf *out, struct err *e);

#endif
