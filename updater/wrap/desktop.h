/* SPDX-License-Identifier: ISC */
#ifndef UPDATER_WRAP_DESKTOP_H
#define UPDATER_WRAP_DESKTOP_H

/*
 * Files that desktops make icons of (Desktop Entry Specification 1.5).  Pure text: no files are
 * read or written.
 */
#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/list.h"

#define DESKTOP_MAX	  (256u * 1024) /* bytes of a file */
#define DESKTOP_WORDS_MAX 256		/* of a line Exec */

/* The key of ours that says which wrap made a file. */
#define DESKTOP_MARK "X-Slipway-Wrap"

/*
 * Append one word of a line Exec, quoted where it needs to be, as the file has it: quotes first,
 * the escapes of all values over them.  A '%' is doubled.  Returns 0, or -1 with ERR_SYNTAX (not
 * UTF-8, or a control character, for which there is no spelling), or as buf_add(); out is then as
 * before.
 */
int desktop_add_word(struct buf *out, const char *word, struct err *e);

/* Append a text as the value of a key such as Name.  Returns as above. */
int desktop_add_text(struct buf *out, const char *text, struct err *e);

/*
 * Append the value of a key in the group [Desktop Entry], without its escapes.  1 found, 0 not
 * there, -1 with ERR_SYNTAX (NUL, not UTF-8) or as buf_add().
 */
int desktop_get(const void *text, size_t len, const char *key, struct buf *out, struct err *e);

/* A rewriting: Exec is to start prefix, and then what it started. */
struct desktop_change {
	/* whether a word of Exec is the program */
	bool (*is_program)(void *arg, const char *word);
	void *arg;
	const char *prefix;  /* words as desktop_add_word() makes them */
	const char *program; /* the program's path, which stands for its word from then on */
	const char *mark;    /* the value of DESKTOP_MARK, or NULL: only look */
};

/*
 * Append the file to out, with each line Exec that starts the program rewritten ("env NAME=VALUE"
 * before it counts), without the start by message bus that would pass it by.  1 there are such
 * lines, 0 there are none and nothing is appended, -1 with ERR_SYNTAX or as buf_add().  A line
 * whose quotes don't end starts nothing.
 */
int desktop_rewrite(const void *text, size_t len, const struct desktop_change *c, struct buf *out,
    struct err *e);

#endif
