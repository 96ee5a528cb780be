/* SPDX-License-Identifier: ISC */
/*
 * A directory of its own for each test, on every platform.
 */
#include "tests/unit/common/test.h"
#include "tests/unit/common/temp.h"

#include <openssl/rand.h>

#include "lib/base/buf.h"
#include "lib/base/digest.h"
#include "lib/os/move.h"
#include "lib/os/places.h"

int
temp_make(void **state)
{
	/* Where tests are to fail, and so leave what they made (tests/mutate.py); as root, too. */
	const char *at = getenv("SLIPWAY_UNIT_TEMP");
	struct buf path = BUF_INIT(4096);
	char name[2 * 8 + 1];
	uint8_t raw[8];
	struct err e;

	if (RAND_bytes(raw, sizeof raw) != 1)
		return -1;
	hex_encode(raw, sizeof raw, name);
	*state = NULL;
	if ((at != NULL ? buf_adds(&path, at, &e) == 0 : place_known("Temp", 4, &path, &e) == 1) &&
	    buf_addf(&path, &e, "/slipway-unit-%s", name) == 0)
		*state = dir_make(buf_text(&path), 0700, &e);
	buf_free(&path);
	if (*state != NULL)
		return 0;
	print_error("%s\n", e.text);
	return -1;
}

static int
remove_one(void *arg, const char *name, struct err *e)
{
	struct dir *d = arg, *below;
	struct file_info info;
	int rc;

	if (file_stat(d, name, &info, e) != 1)
		return -1;
	if (info.type != FILE_DIRECTORY)
		return file_remove(d, name, e) == 1 ? 0 : -1;
	if ((below = dir_below(d, name, false, e)) == NULL)
		return -1;
	rc = dir_list(below, remove_one, below, e);
	dir_close(below);
	return rc == 0 && dir_remove(d, name, e) == 1 ? 0 : -1;
}

int
temp_empty(struct dir *d, struct err *e)
{
	return dir_list(d, remove_one, d, e);
}

int
temp_remove(void **state)
{
	struct dir *d = *state;
	char path[4096];
	struct err e;
	int rc;

	snprintf(path, sizeof path, "%s", dir_path(d));
	rc = temp_empty(d, &e);
	dir_close(d);
	if (rc == 0)
		rc = dir_unmake(path, 1, &e);
	if (rc == -1)
		print_error("%s\n", e.text);
	return rc;
}
