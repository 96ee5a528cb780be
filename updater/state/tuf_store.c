/* SPDX-License-Identifier: ISC */
/*
 * The trusted metadata of a TUF client, in a directory.
 */
#include "updater/state/tuf_store.h"

static int
file_name(const char *role, struct buf *name, struct err *e)
{
	return tuf_role_filename(role, name, e) == -1 ? -1 : buf_adds(name, ".json", e);
}

static int
load(void *arg, const char *role, struct buf *out, struct err *e)
{
	struct buf name = BUF_INIT(1024);
	int rc = file_name(role, &name, e) == -1 || file_read(arg, buf_text(&name), out, e) == -1
	    ? -1
	    : 1;

	buf_free(&name);
	return rc == -1 && e->code == ERR_NOENT ? 0 : rc;
}

static int
save(void *arg, const char *role, const uint8_t *data, size_t len, struct err *e)
{
	struct buf name = BUF_INIT(1024);
	int rc = file_name(role, &name, e) == -1
	    ? -1
	    : file_replace(arg, buf_text(&name), data, len, 0644, e);

	buf_free(&name);
	return rc;
}

static int
forget(void *arg, const char *role, struct err *e)
{
	struct buf name = BUF_INIT(1024);
	int rc = file_name(role, &name, e) == -1 ? -1 : file_remove(arg, buf_text(&name), e);

	buf_free(&name);
	return rc == -1 ? -1 : dir_sync(arg, e);
}

void
tuf_store_io(struct dir *metadata, struct tuf_io *io)
{
	io->load = load;
	io->save = save;
	io->forget = forget;
	io->arg = metadata;
}
