/* SPDX-License-Identifier: ISC */
/* Repositories of a group: opening their directories, and whose keys are where. */
#include "server/repo/share.h"

#include <stdio.h>
#include <string.h>

#include "lib/os/json_file.h"
#include "lib/os/path.h"
#include "server/repo/repo.h"

#define FORMAT	 1
#define FILE_MAX 4096u

#define PRIVATE_MODE 0700

int
share_group(struct dir *top, char group[SHARE_NAME_SIZE], struct err *e)
{
	struct file_info info;
	int found = file_stat(top, SHARE_FILE, &info, e);
	json_t *j = found == 1 ? json_file_read(top, SHARE_FILE, FILE_MAX, e) : NULL;
	const char *name = json_string_value(json_object_get(j, "group"));
	int rc = found == 1 && j == NULL ? -1 : found;

	if (j != NULL &&
	    (json_integer_value(json_object_get(j, "format")) != FORMAT || name == NULL ||
		(size_t)snprintf(group, SHARE_NAME_SIZE, "%s", name) >= SHARE_NAME_SIZE))
		rc = err_setx(e, ERR_CONFIG,
		    "%s/" SHARE_FILE ": want format %d and a group; 'slipway-repo init --shared "
		    "GROUP %s' writes it again",
		    dir_path(top), FORMAT, dir_path(top));
	json_decref(j);
	return rc;
}

static int
check_member(struct dir *top, const char *group, struct err *e)
{
	char me[SHARE_NAME_SIZE];
	uint32_t gid;

	if (!dir_is_shared(top, &gid) || share_is_member(gid))
		return 0;
	share_account(share_me(), me);
	return err_setx(e, ERR_ACCESS,
	    "%s: is shared with the group '%s', and '%s' isn't in it: an administrator adds "
	    "members (usermod -aG %s %s), who log in again",
	    dir_path(top), group, me, group, me);
}

struct dir *
repo_top(const char *path, bool change, struct err *e)
{
	struct dir *top = dir_open(path, e);
	char group[SHARE_NAME_SIZE];
	int rc = top == NULL ? -1 : share_group(top, group, e);

	if (rc == 1 && dir_share(top, e) == -1)
		rc = err_context(e, "'slipway-repo init --shared %s %s' mends it", group, path);
	if (rc == -1 || (change && check_member(top, group, e) == -1)) {
		dir_close(top);
		return NULL;
	}
	return top;
}

struct dir *
repo_place(const char *path, struct dir *top, const char *name, bool make, struct err *e)
{
	struct buf full = BUF_INIT(REPO_PATH_MAX);
	struct dir *d = NULL;

	if (dir_is_shared(top, NULL))
		return dir_below(top, name, make, e);
	if (path_join(&full, path, name, e) == 0)
		d = make ? dir_make(buf_text(&full), PRIVATE_MODE, e)
			 : dir_open(buf_text(&full), e);
	buf_free(&full);
	return d;
}

/* Opens the directory of a CA in a shared repository. */
static struct dir *
shared_ca(struct dir *top, const char *name, bool make, struct err *e)
{
	struct dir *ca = dir_below(top, "ca", make, e), *d;
	struct err ignored;
	uint32_t gid;

	if (ca == NULL)
		return NULL;
	/* With the sticky bit nobody else moves a CA away; who made ca/ sets it. */
	if (make && dir_is_shared(ca, &gid))
		(void)share_give(ca, ".", gid, 03775, &ignored);
	dir_unshare(ca);
	d = dir_below(ca, name, false, e);
	if (d == NULL && make && e->code == ERR_NOENT && dir_is_shared(top, &gid) &&
	    (d = dir_make_private(ca, name, e)) != NULL &&
	    share_give(d, ".", gid, SHARE_CA_MODE, e) == -1) {
		dir_close(d);
		d = NULL;
	}
	dir_close(ca);
	return d;
}

struct dir *
repo_ca_dir(const char *path, const char *name, bool make, struct err *e)
{
	char below[PATH_COMPONENT_MAX + 8];
	struct dir *top = repo_top(path, make, e), *d = NULL;

	snprintf(below, sizeof below, "ca/%s", name);
	if (top != NULL)
		d = dir_is_shared(top, NULL) ? shared_ca(top, name, make, e)
					     : repo_place(path, top, below, make, e);
	dir_close(top);
	return d;
}

/* The directory of an account's keys: its name, where that can be one. */
void
share_keys_name(uint32_t uid, char out[SHARE_NAME_SIZE])
{
	share_account(uid, out);
	if (out[0] == '.' || out[0] == '\0' || strchr(out, '/') != NULL)
		snprintf(out, SHARE_NAME_SIZE, "%u", (unsigned)uid);
}

struct keystore *
repo_keys(const char *path, bool make, struct err *e)
{
	struct buf full = BUF_INIT(REPO_PATH_MAX);
	struct dir *top = repo_top(path, false, e), *keys = NULL;
	char me[SHARE_NAME_SIZE];
	struct keystore *ks = NULL;

	if (top == NULL)
		return NULL;
	if (!dir_is_shared(top, NULL)) {
		if (path_join(&full, path, "keys", e) == 0)
			ks = keystore_open(buf_text(&full), false, e);
	} else if ((keys = dir_below(top, "keys", false, e)) != NULL) {
		dir_unshare(keys);
		share_keys_name(share_me(), me);
		ks = keystore_open_in(keys, me, make, e);
	}
	buf_free(&full);
	dir_close(keys);
	dir_close(top);
	return ks;
}
