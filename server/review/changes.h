/* SPDX-License-Identifier: ISC */
#ifndef SERVER_REVIEW_CHANGES_H
#define SERVER_REVIEW_CHANGES_H

/* The difference between two releases of an application, for people and as JSON. */
#include "server/review/outcome.h"

/* Lines of each list for somebody who is asked; 0: all. */
#define CHANGES_LINES 40

/*
 * Return the changed files, a new reference or NULL with ERR_NOMEM:
 *
 *	{"same": 12, "files": [{"change": "+", "path": "app/x", "length": 7, "mode": "0644"},
 *	 {"change": "~", …, "length_before": 6, "mode_before": "0644"}, {"change": "-", …}]}
 */
json_t *changes_of_files(const struct content *before, const struct content *after, struct err *e);

/*
 * Return the settings that the scripts leave in another state, a new reference or NULL with
 * ERR_NOMEM:
 *
 *	{"linux": [{"change": "~", "key", "name", "value", "value_before"}], "windows": […]}
 *
 * As in an outcome a deleted setting has the value null, and a deleted key no name.  "-" is a
 * setting that no script sets or deletes any more.
 */
json_t *
changes_of_settings(const struct outcome *before, const struct outcome *after, struct err *e);

/*
 * Append both in words, at most so many lines of each list (0: all).  Return 0, or -1 with
 * ERR_TOO_LARGE or ERR_NOMEM.
 */
int changes_say_files(const json_t *files, size_t lines, struct buf *out, struct err *e);
int changes_say_settings(const json_t *settings, size_t lines, struct buf *out, struct err *e);

/*
 * Append what changes in the servers that stations learn of, by the bodies of two releases (before
 * may be NULL); nothing where both are the same.  Returns 0, or -1 also with ERR_SYNTAX.
 */
int changes_say_servers(const json_t *before, const json_t *after, struct buf *out, struct err *e);

#endif
