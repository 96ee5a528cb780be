/* SPDX-License-Identifier: ISC */
/* The enrolled applications of this computer. */
#include "updater/station/enrolled.h"

#include <string.h>

#include "lib/base/path.h"
#include "lib/base/text.h"
#include "updater/station/station.h"

/* While they are listed. */
struct listing {
	struct settings *s;
	struct application_pairs *all;
	const char *installation; /* that is being walked */
};

static int
add_application(void *arg, const char *name, struct err *e)
{
	struct listing *l = arg;

	if (l->all->applications.n == ENROLLED_MAX)
		return err_setx(e, ERR_TOO_LARGE, "over %d enrolled applications", ENROLLED_MAX);
	return application_pairs_add(l->all, l->installation, name, e);
}

static int
add_installation(void *arg, const char *name, struct err *e)
{
	struct settings_walk walk = { NULL, add_application, arg };
	struct listing *l = arg;
	struct buf key = BUF_INIT(SETTING_KEY_MAX);
	int rc = buf_addf(&key, e, "%s\\%s", STATION_KEY, name);

	l->installation = name;
	if (rc == 0)
		rc = settings_list(l->s, buf_text(&key), &walk, e);
	buf_free(&key);
	return rc == -1 ? -1 : 0;
}

int
enrolled_load(struct settings *s, struct application_pairs *all, struct err *e)
{
	struct listing l = { .s = s, .all = all };
	struct settings_walk walk = { NULL, add_installation, &l };

	*all = (struct application_pairs)APPLICATION_PAIRS_INIT;
	if (settings_list(s, STATION_KEY, &walk, e) != -1)
		return 0;
	application_pairs_free(all);
	return -1;
}

static int
not_one(const struct application_pairs *all, const char *installation, const char *application,
    size_t n, struct err *e)
{
	struct buf list = BUF_INIT(512);
	struct err ignored;

	for (size_t i = 0; i < all->installations.n; i++)
		if (buf_addf(&list, &ignored, "%s%s/%s", i == 0 ? "" : ", ",
			all->installations.v[i], all->applications.v[i]) == -1)
			break;
	if (all->installations.n == 0)
		err_setx(e, ERR_NOENT, "this station is not enrolled; run 'slipway enroll' first");
	else
		err_setx(e, ERR_NOENT,
		    "want %s application %s of installation %s, got %zu; enrolled here: %s; name one "
		    "with --installation and --app",
		    n == 0 ? "an enrolled" : "one", application == NULL ? "(any)" : application,
		    installation == NULL ? "(any)" : installation, n, buf_text(&list));
	buf_free(&list);
	return -1;
}

/*
 * Append the DefaultApplication of the first of these installations whose default is enrolled, or
 * nothing.
 */
static int
default_application(struct settings *s, const struct application_pairs *all,
    const char *installation, struct buf *out, struct err *e)
{
	for (size_t i = 0, unused; i < all->installations.n && out->len == 0; i++) {
		const char *one = all->installations.v[i];

		if (installation != NULL && !ascii_same(installation, one))
			continue;
		if (application_default(s, one, out, e) == -1)
			return -1;
		if (application_pairs_count(all, one, buf_text(out), &unused) == 0)
			buf_reset(out);
	}
	return 0;
}

/*
 * The name in the first /c<name> or -C<name> that is enrolled, or NULL.  With any other name such
 * an argument is the program's own.
 */
static const char *
other_spelling(const struct application_pairs *all, const char *installation, int argc, char **argv,
    size_t *which)
{
	for (int i = 0; i < argc; i++)
		if ((strncmp(argv[i], "/c", 2) == 0 || strncmp(argv[i], "-C", 2) == 0) &&
		    valid_application_name(argv[i] + 2) &&
		    application_pairs_count(all, installation, argv[i] + 2, which) > 0)
			return argv[i] + 2;
	return NULL;
}

int
enrolled_choose(struct settings *s, const struct application_pairs *all, const char *installation,
    const char *application, int argc, char **argv, size_t *which, struct err *e)
{
	const char *argument = application == NULL ? application_argument(argc, argv) : NULL;
	struct buf def = BUF_INIT(SETTING_PART_MAX);
	size_t n;
	int rc = -1;

	/* "cmd /C x" is no application of ours: /C counts only with an enrolled name. */
	if (argument != NULL && application_pairs_count(all, installation, argument, which) > 0)
		application = argument;
	else if (application == NULL && argument == NULL)
		application = other_spelling(all, installation, argc, argv, which);
	if (application == NULL && application_pairs_count(all, installation, NULL, which) > 1) {
		if (default_application(s, all, installation, &def, e) == -1)
			goto out;
		application = def.len > 0 ? buf_text(&def) : NULL;
	}
	if ((n = application_pairs_count(all, installation, application, which)) != 1)
		not_one(all, installation, application, n, e);
	else
		rc = 0;
out:
	buf_free(&def);
	return rc;
}

/* The first word behind "/C" alone that may name an application. */
static const char *
split_application(int argc, char **argv)
{
	for (int i = 0; i + 1 < argc; i++)
		if ((argv[i][0] == '/' || argv[i][0] == '-') && ascii_same(argv[i] + 1, "c") &&
		    valid_application_name(argv[i + 1]))
			return argv[i + 1];
	return NULL;
}

const char *
enrolled_split(struct settings *s, int argc, char **argv)
{
	const char *name = split_application(argc, argv),
		   *argument = application_argument(argc, argv);
	struct application_pairs all;
	struct err ignored;
	size_t unused;
	bool split;

	if (name == NULL || enrolled_load(s, &all, &ignored) == -1)
		return NULL;
	split = application_pairs_count(&all, NULL, name, &unused) > 0 &&
	    (argument == NULL || application_pairs_count(&all, NULL, argument, &unused) == 0) &&
	    other_spelling(&all, NULL, argc, argv, &unused) == NULL;
	application_pairs_free(&all);
	return split ? name : NULL;
}

const char *
enrolled_nowhere(struct settings *s, int argc, char **argv)
{
	const char *name = application_argument(argc, argv);
	struct application_pairs all;
	struct err ignored;
	size_t unused;

	if (name == NULL || enrolled_load(s, &all, &ignored) == -1)
		return NULL;
	if (all.installations.n == 0 || application_pairs_count(&all, NULL, name, &unused) > 0)
		name = NULL;
	application_pairs_free(&all);
	return name;
}
