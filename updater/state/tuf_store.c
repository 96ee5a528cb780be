/* SPDX-License-Identifier: ISC */
/* The trusted metadata of a TUF client, in a directory. */
#include "updater/state/tuf_store.h"

#include "lib/tuf/layout.h"
#include "lib/os/clock.h"
#include "lib/os/move.h"

static int
load_role(void *arg, const char *role, struct buf *out, struct err *e)
{
	char name[LAYOUT_METADATA_SIZE];

	if (layout_metadata(0, role, name, e) == 0 && file_read(arg, name, out, e) == 0)
		return 1;
	return e->code == ERR_NOENT ? 0 : -1;
}

int
tuf_store_sum(struct dir *metadata, const char *role, uint8_t out[SHA256_SIZE], struct err *e)
{
	char name[LAYOUT_METADATA_SIZE];
	uint64_t size;

	return layout_metadata(0, role, name, e) == -1
	    ? -1
	    : file_sha256_until(metadata, name, TUF_TARGETS_SIZE_MAX, CLOCK_NEVER, out, &size, e);
}

static int
save_role(void *arg, const char *role, const uint8_t *data, size_t len, struct err *e)
{
	char name[LAYOUT_METADATA_SIZE];

	return layout_metadata(0, role, name, e) == -1
	    ? -1
	    : file_replace(arg, name, data, len, 0644, e);
}

static int
forget_role(void *arg, const char *role, struct err *e)
{
	char name[LAYOUT_METADATA_SIZE];

	if (layout_metadata(0, role, name, e) == -1 || file_remove(arg, name, e) == -1)
		return -1;
	return dir_sync(arg, e);
}

/* No role's file is called so: theirs end in ".json". */
static const char refused[] = "refused";

static int
recall_refused(void *arg, struct buf *out, struct err *e)
{
	if (file_read(arg, refused, out, e) == 0)
		return 1;
	return e->code == ERR_NOENT ? 0 : -1;
}

static int
remember_refused(void *arg, const uint8_t *data, size_t len, struct err *e)
{
	return file_replace(arg, refused, data, len, 0644, e);
}

struct tuf_store
tuf_store_in(struct dir *metadata)
{
	return (struct tuf_store){ load_role, save_role, forget_role, metadata, recall_refused,
		remember_refused };
}
