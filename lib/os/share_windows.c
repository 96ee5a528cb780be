/* SPDX-License-Identifier: ISC */
/* Nothing is shared with a group on Windows. */
#include "lib/os/share.h"

#include <stdio.h>

int
share_find(const char *group, uint32_t *gid, struct err *e)
{
	*gid = 0;
	return err_setx(e, ERR_CONFIG,
	    "'%.100s': on Windows a repository isn't shared with a group; keep it on Linux, or let "
	    "one account run slipway-repo",
	    group);
}

bool
share_is_member(uint32_t gid)
{
	(void)gid;
	return false;
}

void
share_name(uint32_t gid, char out[SHARE_NAME_SIZE])
{
	snprintf(out, SHARE_NAME_SIZE, "%u", (unsigned)gid);
}

void
share_account(uint32_t uid, char out[SHARE_NAME_SIZE])
{
	snprintf(out, SHARE_NAME_SIZE, "%u", (unsigned)uid);
}

uint32_t
share_me(void)
{
	return 0;
}

int
dir_share(struct dir *d, struct err *e)
{
	return err_setx(e, ERR_UNSAFE, "%s: is shared with a group, which Windows doesn't have",
	    dir_path(d));
}

void
dir_unshare(struct dir *d)
{
	(void)d;
}

bool
dir_is_shared(const struct dir *d, uint32_t *gid)
{
	(void)d;
	(void)gid;
	return false;
}

int
share_give(struct dir *d, const char *name, uint32_t gid, unsigned mode, struct err *e)
{
	uint32_t ignored;

	(void)d;
	(void)gid;
	(void)mode;
	return share_find(name, &ignored, e);
}
