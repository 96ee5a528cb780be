/* SPDX-License-Identifier: ISC */
/*
 * Which installation and application a program's settings are under.
 */
#include "lib/settings/application.h"

#include <string.h>
#include <strings.h>

#include "lib/base/path.h"

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

/* The search: installations that fit, the last of them, and all that there are for the message. */
struct search {
	struct settings *s;
	const char *installation, *application;
	struct buf found, found_application, all;
	size_t n;
};

static int
default_application(struct settings *s, const char *installation, struct buf *out, struct err *e)
{
	struct buf key = BUF_INIT(SETTING_KEY_MAX);
	struct value v = VALUE_INIT;
	int rc = -1;

	if (buf_addf(&key, e, SETTINGS_VENDOR_KEY "\\%s", installation) == 0)
		rc = settings_get(s, buf_text(&key), "DefaultApplication", &v, e);
	if (rc == 1 && valid_application_name(value_get_text(&v)))
		rc = buf_adds(out, value_get_text(&v), e);
	value_free(&v);
	buf_free(&key);
	return rc == -1 ? -1 : 0;
}

static int
try_installation(void *arg, const char *name, struct err *e)
{
	struct settings_walk nothing = { NULL, NULL, NULL };
	struct buf application = BUF_INIT(SETTING_PART_MAX), key = BUF_INIT(SETTING_KEY_MAX);
	struct search *q = arg;
	int rc = -1, exists = 0;

	if (buf_addf(&q->all, e, "%s%s", q->all.len > 0 ? ", " : "", name) == -1)
		goto out;
	if (q->installation != NULL && strcasecmp(q->installation, name) != 0) {
		rc = 0;
		goto out;
	}
	if (q->application != NULL ? buf_adds(&application, q->application, e) == -1
				   : default_application(q->s, name, &application, e) == -1)
		goto out;
	if (application.len > 0 &&
	    (application_key(&key, name, buf_text(&application), e) == -1 ||
		(exists = settings_list(q->s, buf_text(&key), &nothing, e)) == -1))
		goto out;
	if (exists) {
		q->n++;
		buf_reset(&q->found);
		buf_reset(&q->found_application);
		if (buf_adds(&q->found, name, e) == -1 ||
		    buf_adds(&q->found_application, buf_text(&application), e) == -1)
			goto out;
	}
	rc = 0;
out:
	buf_free(&application);
	buf_free(&key);
	return rc;
}

int
application_find(struct settings *s, const char *installation, const char *application,
    struct buf *installation_out, struct buf *application_out, struct err *e)
{
	struct search q = { s, installation, application, BUF_INIT(SETTING_PART_MAX),
		BUF_INIT(SETTING_PART_MAX), BUF_INIT(4096), 0 };
	struct settings_walk walk = { NULL, try_installation, &q };
	int rc = settings_list(s, SETTINGS_VENDOR_KEY, &walk, e) == -1 ? -1 : 0;

	if (rc == 0 && q.n != 1)
		rc = err_setx(e, ERR_NOENT,
		    "want one installation with application %s, got %zu; installations in %s: %s",
		    application == NULL ? "(DefaultApplication)" : application, q.n,
		    settings_place(s, SETTINGS_VENDOR_KEY),
		    q.all.len > 0 ? buf_text(&q.all) : "none");
	if (rc == 0)
		rc = buf_adds(installation_out, buf_text(&q.found), e) == -1 ||
			buf_adds(application_out, buf_text(&q.found_application), e) == -1
		    ? -1
		    : 0;
	buf_free(&q.found);
	buf_free(&q.found_application);
	buf_free(&q.all);
	return rc;
}
