/* SPDX-License-Identifier: ISC */
/* The files of keys, certificates and requests. */
#include "server/cert/pair_files.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/path.h"
#include "lib/x509/key.h"
#include "lib/os/move.h"

#define KEY_MODE  0600
#define CERT_MODE 0644

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
pair_files_write(struct dir *d, const char *name, const char *suffix, const struct buf *key,
    const struct buf *crt, bool force, struct err *e)
{
	char keyfile[PATH_COMPONENT_MAX + 1], crtfile[PATH_COMPONENT_MAX + 1];
	struct err ignored; /* the first error is reported */

	snprintf(keyfile, sizeof keyfile, "%s.pem", name);
	snprintf(crtfile, sizeof crtfile, "%s.%s", name, suffix);
	if (force)
		return file_replace(d, keyfile, key->data, key->len, KEY_MODE, e) == -1
		    ? -1
		    : file_replace(d, crtfile, crt->data, crt->len, CERT_MODE, e);
	if (file_create(d, keyfile, key->data, key->len, KEY_MODE, e) == -1)
		return -1;
	if (file_create(d, crtfile, crt->data, crt->len, CERT_MODE, e) == 0)
		return 0;
	file_remove(d, keyfile, &ignored);
	return -1;
}
