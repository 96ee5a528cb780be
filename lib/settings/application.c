/* SPDX-License-Identifier: ISC */
/* Which installation and application a program's settings are under. */
#include "lib/settings/application.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/path.h"
#include "lib/base/text.h"

const char *
application_argument(int argc, char *const *argv)
{
	for (int i = 0; i < argc; i++)
		if (strncmp(argv[i], "/C", 2) == 0 && valid_application_name(argv[i] + 2))
			return argv[i] + 2;
	return NULL;
}

int
application_key(struct buf *out, const char *installation, const char *application, struct err *e)
{
	return buf_addf(out, e, SETTINGS_VENDOR_KEY "\\%s\\cfg_%s", installation, application);
}

int
application_default(struct settings *s, const char *installation, struct buf *out, struct err *e)
{
	struct buf key = BUF_INIT(SETTING_KEY_MAX);
	struct value v = VALUE_INIT;
	int rc = -1;

	if (buf_addf(&key, e, SETTINGS_VENDOR_KEY "\\%s", installation) == 0)
		rc = settings_get(s, buf_text(&key), SETTINGS_DEFAULT_APPLICATION, &v, e);
	if (rc == 1 && valid_application_name(value_get_text(&v)))
		rc = buf_adds(out, value_get_text(&v), e);
	value_free(&v);
	buf_free(&key);
	return rc == -1 ? -1 : 0;
}

int
application_pairs_add(struct application_pairs *p, const char *installation,
    const char *application, struct err *e)
{
	if (strings_add(&p->installations, installation, e) == -1)
		return -1;
	if (strings_add(&p->applications, application, e) == 0)
		return 0;
	free(p->installations.v[--p->installations.n]);
	return -1;
}

static bool
fits(const char *want, const char *got)
{
	return want == NULL || ascii_same(want, got);
}

size_t
application_pairs_count(const struct application_pairs *p, const char *installation,
    const char *application, size_t *which)
{
	size_t n = 0;

	for (size_t i = 0; i < p->installations.n; i++)
		if (fits(installation, p->installations.v[i]) &&
		    fits(application, p->applications.v[i])) {
			*which = i;
			n++;
		}
	return n;
}

void
application_pairs_free(struct application_pairs *p)
{
	strings_free(&p->installations);
	strings_free(&p->applications);
}

#define NAMES_MAX 400 /* bytes of names in a message */

/* The search: pairs that fit, and the names of installations, for the message. */
struct search {
	struct settings *s;
	const char *installation, *application;
	struct application_pairs found;
	struct buf all;
};

static int
try_application(struct search *q, const char *installation, const char *application, struct err *e)
{
	struct settings_walk nothing = { NULL, NULL, NULL };
	struct buf key = BUF_INIT(SETTING_KEY_MAX);
	int rc = application_key(&key, installation, application, e);

	if (rc == 0)
		rc = settings_list(q->s, buf_text(&key), &nothing, e);
	if (rc == 1)
		rc = application_pairs_add(&q->found, installation, application, e);
	buf_free(&key);
	return rc == -1 ? -1 : 0;
}

/* Looks into one installation.  Returns 0 or -1. */
static int
try_installation(struct search *q, const char *name, struct err *e)
{
	struct buf application = BUF_INIT(SETTING_PART_MAX);
	int rc;

	if (q->application != NULL)
		return try_application(q, name, q->application, e);
	rc = application_default(q->s, name, &application, e);
	if (rc == 0 && application.len > 0)
		rc = try_application(q, name, buf_text(&application), e);
	buf_free(&application);
	return rc;
}

/* Adds a name to those of the message, as far as there is room. */
static int
note_installation(struct buf *all, const char *name, struct err *e)
{
	if (all->len > NAMES_MAX)
		return 0;
	if (all->len + strlen(name) > NAMES_MAX)
		return buf_adds(all, ", ...", e);
	return buf_addf(all, e, "%s%s", all->len > 0 ? ", " : "", name);
}

/* Adds the application that an installation has by itself, where that decides. */
static int
note_default(struct search *q, const char *name, struct err *e)
{
	struct buf app = BUF_INIT(SETTING_PART_MAX);
	struct err ignored;
	int rc;

	(void)application_default(q->s, name, &app, &ignored);
	rc = app.len == 0 ? buf_adds(&q->all, " (no DefaultApplication)", e)
			  : buf_addf(&q->all, e, " (DefaultApplication %s)", buf_text(&app));
	buf_free(&app);
	return rc;
}

/* Looks into each installation that may be meant.  A foreign key that can't be read is none. */
static int
try_each(void *arg, const char *name, struct err *e)
{
	struct search *q = arg;
	const bool room = q->all.len + strlen(name) <= NAMES_MAX;
	int rc = note_installation(&q->all, name, e);

	if (rc == 0 && room && q->application == NULL)
		rc = note_default(q, name, e);
	if (rc == 0 && fits(q->installation, name))
		rc = try_installation(q, name, e);
	return rc == -1 && q->installation == NULL && e->code != ERR_NOMEM ? 0 : rc;
}

int
application_find(struct settings *s, const char *installation, const char *application,
    struct buf *installation_out, struct buf *application_out, struct err *e)
{
	struct search q = { s, installation, application, APPLICATION_PAIRS_INIT,
		BUF_INIT(2 * NAMES_MAX) };
	const struct settings_walk walk = { NULL, try_each, &q };
	int rc = settings_list(s, SETTINGS_VENDOR_KEY, &walk, e) == -1 ? -1 : 0;

	/* The names of all can't be listed, but the one that is named may be read. */
	if (rc == -1 && installation != NULL && e->code == ERR_ACCESS)
		rc = try_installation(&q, installation, e);
	if (rc == 0 && q.found.installations.n != 1)
		rc = err_setx(e, ERR_NOENT,
		    "want one installation with application %s%s%s%s, got %zu; installations in %s: %s",
		    application == NULL ? "(DefaultApplication)" : application,
		    application == NULL ? "" : " (a key cfg_",
		    application == NULL ? "" : application, application == NULL ? "" : " below it)",
		    q.found.installations.n, settings_place(s, SETTINGS_VENDOR_KEY),
		    q.all.len > 0 ? buf_text(&q.all) : "none");
	if (rc == 0)
		rc = buf_adds(installation_out, q.found.installations.v[0], e) == -1 ||
			buf_adds(application_out, q.found.applications.v[0], e) == -1
		    ? -1
		    : 0;
	application_pairs_free(&q.found);
	buf_free(&q.all);
	return rc;
}
