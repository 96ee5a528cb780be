/* SPDX-License-Identifier: ISC */
#ifndef LIB_BASE_TEXT_H
#define LIB_BASE_TEXT_H

/* Rules for texts: UTF-8, control characters, blanks, and letters without regard to case. */
#include <stdbool.h>

#include "lib/base/buf.h"

/*
 * Whether len bytes are well-formed UTF-8 (no overlong forms, no surrogates, nothing over
 * U+10FFFF).
 */
bool valid_utf8(const void *text, size_t len);

/*
 * Reads the character at *at, which is below len, and moves *at behind it.  A byte that begins no
 * well-formed UTF-8 is read alone, as TEXT_BYTE and itself.
 */
#define TEXT_BYTE 0x110000u
uint32_t text_char(const char *text, size_t len, size_t *at);

/*
 * Text from outside for terminals, logs and messages: control characters of both sets, line
 * separators, marks of direction, invisible characters and bytes that aren't UTF-8 become \\xNN or
 * \\u{NNNN}.  What comes out is UTF-8 on one line, and stays as it is when it is made safe again.
 *
 * text_safe_next(): the next character of a text that isn't empty, moving *text and *len on.
 * Returns its bytes without the NUL.
 */
#define TEXT_SAFE_NEXT 16
size_t text_safe_next(const char **text, size_t *len, char out[TEXT_SAFE_NEXT]);

/*
 * The whole text into size bytes (4 or more) with the NUL.  Text that has no room, or was cut
 * before, is cut between characters and ends in "...".  Returns the bytes without the NUL.
 */
size_t text_safe(char *out, size_t size, const char *text, size_t len, bool cut);

/* Appends it.  0, or -1 with ERR_NOMEM or ERR_TOO_LARGE. */
int text_add_safe(struct buf *out, const char *text, size_t len, struct err *e);

/*
 * Appends a text as a part of an address (RFC 3986): %XX for what isn't a letter, a digit, one of
 * "-._~" or a character of also.  0, or -1 with ERR_NOMEM or ERR_TOO_LARGE.
 */
int text_add_percent(struct buf *out, const char *text, const char *also, struct err *e);

/* Whether the text stays as it is. */
bool text_is_safe(const char *text, size_t len);

/* Returns how many of len bytes to keep for at most most, so that no character is cut. */
size_t text_cut(const char *text, size_t len, size_t most);

/*
 * The place of the first control character (below 0x20, or 0x7f; a tab only when tab is false), or
 * len when there is none.
 */
size_t text_control(const char *text, size_t len, bool tab);

/*
 * Whether len bytes are UTF-8 without control characters; a tab is allowed when tab is true.
 * Returns 0, or -1 with ERR_SYNTAX.
 */
int text_check(const char *text, size_t len, bool tab, struct err *e);

/*
 * Move *text and *len past the mark that some editors put before UTF-8 (a byte order mark).  What
 * follows isn't looked at.  Returns 0, or -1 with ERR_SYNTAX and neither moved for UTF-16, with its
 * mark or (two letters and two NULs by turns) without.
 */
int text_begin(const void **text, size_t *len, struct err *e);

/* Whether c is a space or a tab. */
bool text_blank(char c);

/* Move *text and *len past the spaces and tabs at both ends. */
void text_trim(const char **text, size_t *len);

/*
 * The length of the first line in len bytes, without its end, CR or LF; a NUL belongs to the line.
 */
size_t text_line(const void *text, size_t len);

/* Whether two texts are the same without regard to the case of ASCII letters. */
bool ascii_same(const char *a, const char *b);
bool ascii_same_n(const char *a, size_t alen, const char *b, size_t blen);

/* c, or the small letter when c is a capital of ASCII. */
char ascii_lower(char c);

/*
 * Appends text as one word for a POSIX shell, for commands that are shown to be pasted: bare where
 * it holds nothing special, else in single quotes.  Returns 0, or -1 as buf_add().
 */
int text_quote_shell(struct buf *out, const char *text, struct err *e);

/* The same word in out, for a message; returns out, which is "" where the word is too long. */
const char *text_shell_word(const char *text, char *out, size_t size);

#endif
