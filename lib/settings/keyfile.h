#ifndef SETTINGS_KEYFILE_H
#define SETTINGS_KEYFILE_H

/*
 * One key file in memory: "[HKLM\SOFTWARE\…]" sections with "name = value" lines, comments (# or ;) and blank lines.
 * Lines that no change touches keep their bytes and their order.  No I/O.
 */
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "settings/changeset.h"
#include "settings/settings.h"

#define KEYFILE_SIZE_MAX	(16u * 1024 * 1024)	/* bytes of a file */
#define KEYFILE_LINE_MAX	(VALUE_SIZE_MAX * 2 + 1024)	/* bytes of a line */

struct keyfile;

/* NULL with ERR_SYNTAX (the text has the line's number), ERR_TOO_LARGE or ERR_NOMEM. */
struct keyfile *keyfile_parse(const uint8_t *data, size_t len, struct err *e);
void keyfile_free(struct keyfile *k);

/* The value, or NULL; owned by k. */
const struct value *keyfile_get(const struct keyfile *k, const char *key, const char *name);

/* As settings_list(). */
int keyfile_list(const struct keyfile *k, const char *key, const struct settings_walk *walk,
    struct err *e);

/* Make one change.  1 something changed, 0 it was so already, -1 (k is then to be thrown away). */
int keyfile_change(struct keyfile *k, const struct change *c, struct err *e);

int keyfile_write(const struct keyfile *k, struct buf *out, struct err *e);

#endif
