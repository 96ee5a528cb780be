/* SPDX-License-Identifier: ISC */
/* The files of keys, certificates and requests. */
#include "server/cert/pair_files.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/path.h"
#include "lib/os/move.h"

#define KEY_MODE  0600
#define CERT_MODE 0644

/* Most replaced files of one name that are kept. */
#define KEPT_MAX 10000

int
pair_files_check_name(const char *name, struct err *e)
{
	if (path_check(name, strlen(name), e) == -1 || strchr(name, '/') != NULL ||
	    name[0] == '.' || strlen(name) > PATH_COMPONENT_MAX - 8)
		return err_setx(e, ERR_USAGE, "'%s' can't be the name of a file", name);
	return 0;
}

static int
check_free(struct dir *d, const char *name, struct err *e)
{
	struct file_info info;
	int found = file_stat(d, name, &info, e);

	if (found == 1)
		return err_setx(e, ERR_EXISTS, "%s/%s: is there already; --force replaces it",
		    dir_path(d), name);
	return found;
}

int
pair_files_check_free(struct dir *d, const char *name, const char *suffix, struct err *e)
{
	char keyfile[PATH_COMPONENT_MAX + 1], crtfile[PATH_COMPONENT_MAX + 1];

	snprintf(keyfile, sizeof keyfile, "%s.pem", name);
	snprintf(crtfile, sizeof crtfile, "%s.%s", name, suffix);
	return check_free(d, keyfile, e) == -1 || check_free(d, crtfile, e) == -1 ? -1 : 0;
}

int
pair_files_keep(struct dir *d, const char *name, const char *suffix, struct err *e)
{
	char file[PATH_COMPONENT_MAX + 1], kept[PATH_COMPONENT_MAX + 1];
	struct file_info info, there;
	int found;

	snprintf(file, sizeof file, "%s.%s", name, suffix);
	if ((found = file_stat(d, file, &info, e)) != 1)
		return found;
	for (int i = 1; i <= KEPT_MAX; i++) {
		if ((size_t)snprintf(kept, sizeof kept, "%s.old-%d.%s", name, i, suffix) >=
		    sizeof kept)
			return err_setx(e, ERR_TOO_LARGE, "%s: no name is left to keep it by",
			    file);
		if ((found = file_stat(d, kept, &there, e)) == -1)
			return -1;
		if (found == 0)
			return file_copy(d, file, d, kept, info.mode & 0777, e);
	}
	return err_setx(e, ERR_TOO_LARGE, "%s/%s: over %d older ones are kept; move them away",
	    dir_path(d), file, KEPT_MAX);
}

/* Replaces a pair and keeps the old files beside the new ones. */
static int
replace_both(struct dir *d, const char *name, const char *suffix, const struct buf *key,
    const struct buf *crt, struct err *e)
{
	char file[PATH_COMPONENT_MAX + 1];

	if (pair_files_keep(d, name, "pem", e) == -1 || pair_files_keep(d, name, suffix, e) == -1)
		return -1;
	snprintf(file, sizeof file, "%s.pem", name);
	if (file_replace(d, file, key->data, key->len, KEY_MODE, e) == -1)
		return -1;
	snprintf(file, sizeof file, "%s.%s", name, suffix);
	return file_replace(d, file, crt->data, crt->len, CERT_MODE, e);
}

int
pair_files_write(struct dir *d, const char *name, const char *suffix, const struct buf *key,
    const struct buf *crt, bool force, struct err *e)
{
	char keyfile[PATH_COMPONENT_MAX + 1], crtfile[PATH_COMPONENT_MAX + 1];
	struct err ignored; /* the first error is reported */

	snprintf(keyfile, sizeof keyfile, "%s.pem", name);
	snprintf(crtfile, sizeof crtfile, "%s.%s", name, suffix);
	if (force)
		return replace_both(d, name, suffix, key, crt, e);
	if (file_create(d, keyfile, key->data, key->len, KEY_MODE, e) == -1)
		return -1;
	if (file_create(d, crtfile, crt->data, crt->len, CERT_MODE, e) == 0)
		return 0;
	file_remove(d, keyfile, &ignored);
	return -1;
}
