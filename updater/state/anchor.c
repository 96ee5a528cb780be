/* SPDX-License-Identifier: ISC */
/* A second copy of the trusted root metadata. */
#include "updater/state/anchor.h"

#include <string.h>

#include "lib/tuf/client.h"
#include "updater/station/station.h"

#define ROOT "metadata/root.json"

/* Whether it is a root; where it isn't, why says how it is damaged, or is ERR_NOENT. */
static bool
read_anchor(struct dir *state, const char *name, struct buf *out, struct err *why)
{
	int64_t version;

	return file_read(state, name, out, why) == 0 &&
	    tuf_root_check(out->data, out->len, &version, why) == 0;
}

static void
restore_root(struct dir *state, const struct buf *copy, const struct err *why,
    const struct damage_told *told)
{
	struct dir *metadata;
	struct err e;

	if ((metadata = dir_below(state, "metadata", true, &e)) != NULL &&
	    damage_set_aside(metadata, "root.json", NULL, why, told, &e) != -1 &&
	    file_replace(metadata, "root.json", copy->data, copy->len, 0644, &e) == 0 &&
	    told->log != NULL)
		told->log(told->arg, LOG_LEVEL_WARN, dir_path(metadata),
		    "root.json, the trusted root metadata, is put back from its copy");
	dir_close(metadata);
}

void
anchor_heal(struct dir *state, const struct damage_told *told)
{
	struct buf root = BUF_INIT(TUF_ROOT_SIZE_MAX), copy = BUF_INIT(TUF_ROOT_SIZE_MAX);
	struct err why, e;
	bool same;

	same = file_read(state, ROOT, &root, &why) == 0 &&
	    file_read(state, STATION_ROOT_COPY, &copy, &e) == 0 && root.len == copy.len &&
	    root.len > 0 && memcmp(root.data, copy.data, root.len) == 0;
	buf_reset(&root);
	buf_reset(&copy);
	if (same) /* whoever wrote the copy has checked it */
		goto out;
	if (read_anchor(state, ROOT, &root, &why)) {
		if (!read_anchor(state, STATION_ROOT_COPY, &copy, &e) && e.code != ERR_NOENT)
			(void)damage_set_aside(state, STATION_ROOT_COPY, NULL, &e, told, &why);
		(void)file_replace(state, STATION_ROOT_COPY, root.data, root.len, 0644, &e);
	} else if ((why.code == ERR_NOENT || damage_is(&why) || why.code == ERR_SIGNATURE) &&
	    read_anchor(state, STATION_ROOT_COPY, &copy, &e)) {
		restore_root(state, &copy, &why, told);
	}
out:
	buf_free(&root);
	buf_free(&copy);
}
