/*
 * Putting a planned release in place.
 */
#include "apply.h"

#include <string.h>

#include "base/path.h"
#include "store.h"

/* Open the directory that rest is in, below root, and point *leaf at its last part. */
static struct dir *
destination(const char *root, const char *rest, bool make, const char **leaf, struct err *e)
{
	const char *slash = strrchr(rest, '/');
	char below[PATH_REL_MAX + 1];
	struct dir *top, *d;

	*leaf = slash == NULL ? rest : slash + 1;
	if ((top = make ? dir_make(root, 0755, e) : dir_open(root, e)) == NULL || slash == NULL)
		return top;
	memcpy(below, rest, (size_t)(slash - rest));
	below[slash - rest] = '\0';
	d = dir_below(top, below, make, e);
	dir_close(top);
	return d;
}

static int
install(const struct station *st, struct dir *staging, const struct plan_file *f, struct err *e)
{
	const char *leaf;
	struct dir *d = destination(plan_root(st, f->place), f->rest, true, &leaf, e);
	int rc = d == NULL ? -1 : file_copy(staging, f->sha256, d, leaf, f->mode, e);

	dir_close(d);
	return rc;
}

/* Take away a file that an earlier release installed and this one lacks; its empty directories stay. */
static int
remove_old(const struct station *st, const char *target, struct err *e)
{
	const char *below = strchr(target, '/'), *rest, *root, *leaf;
	struct dir *d;
	int rc;

	if (below == NULL || path_check(target, strlen(target), e) == -1)
		return -1;
	if (strncmp(below, "/install/", 9) == 0) {
		root = st->install_dir;
		rest = below + 9;
	} else if (strncmp(below, "/app/", 5) == 0) {
		root = st->app_dir;
		rest = below + 5;
	} else {
		return 0;
	}
	if (root == NULL)
		return 0;
	if ((d = destination(root, rest, false, &leaf, e)) == NULL)
		return e->code == ERR_NOENT ? 0 : -1;
	rc = file_remove(d, leaf, e);
	if (rc == 1)
		rc = dir_sync(d, e);
	dir_close(d);
	return rc == -1 ? -1 : 0;
}

static json_t *
record(const struct plan *p, struct err *e)
{
	json_t *files = json_object(), *j = NULL;

	for (size_t i = 0; i < p->n && files != NULL; i++) {
		char mode[8];

		snprintf(mode, sizeof mode, "%04o", p->files[i].mode);
		if (json_object_set_new(files, p->files[i].target,
			json_pack("{s:s, s:s}", "sha256", p->files[i].sha256, "mode", mode)) == -1) {
			json_decref(files);
			files = NULL;
		}
	}
	if (files != NULL)
		j = json_pack("{s:I, s:I, s:o}", "release", (json_int_t)p->release, "version",
		    (json_int_t)p->version, "files", files);
	if (j == NULL)
		err_nomem(e);
	return j;
}

static int
unstage(void *arg, const char *name, struct err *e)
{
	return file_remove(arg, name, e) == -1 ? -1 : 0;
}

int
apply(const struct station *st, struct settings *s, struct dir *state, struct dir *staging,
    const struct plan *p, const json_t *applied, struct err *e)
{
	json_t *new = record(p, e), *entry;
	struct err ignored;
	const char *target;
	int rc = -1;

	if (new == NULL)
		return -1;
	for (size_t i = 0; i < p->n; i++)
		if (p->files[i].needed && p->files[i].place <= PLACE_APP &&
		    install(st, staging, &p->files[i], e) == -1)
			goto out;
	if (settings_apply(s, &p->settings, e) == -1)
		goto out;
	json_object_foreach(json_object_get(applied, "files"), target, entry)
		if (json_object_get(json_object_get(new, "files"), target) == NULL &&
		    remove_old(st, target, e) == -1)
			goto out;
	if ((rc = store_set_applied(state, new, e)) == 0)
		dir_list(staging, unstage, staging, &ignored);	/* only room is lost if this fails */
out:
	json_decref(new);
	return rc;
}
