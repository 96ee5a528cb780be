/* SPDX-License-Identifier: ISC */
/* Making this computer a station. */
#include "updater/station/enrol.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/path.h"
#include "lib/os/move.h"
#include "lib/os/places.h"
#include "updater/station/checks.h"
#include "updater/station/station.h"

static const char *
text_of(const struct enrolment *en, const struct station_setting *row)
{
	return *(const char *const *)((const char *)en + row->given);
}

static int
set_text(struct changeset *c, const char *key, const char *name, const char *text, struct err *e)
{
	struct value v = VALUE_INIT;
	int rc;

	if (text == NULL)
		return changeset_delete(c, key, name, e);
	rc = value_text(&v, VALUE_STRING, text, strlen(text), e) == -1
	    ? -1
	    : changeset_set(c, key, name, &v, e);
	value_free(&v);
	return rc;
}

static int
set_list(struct changeset *c, const char *key, const char *name, const char *const *list, size_t n,
    struct err *e)
{
	struct value v = VALUE_INIT;
	int rc = value_multi(&v, list, n, e) == -1 ? -1 : changeset_set(c, key, name, &v, e);

	value_free(&v);
	return rc;
}

static int
make_changes(const struct enrolment *en, const char *key, struct changeset *c, struct err *e)
{
	if (set_list(c, key, "Server", en->servers, en->nservers, e) == -1 ||
	    set_list(c, key, "TrustedHostKeysSHA256", en->host_keys, en->nhost_keys, e) == -1 ||
	    /* of Slipway 0.1.0, for a key that was encrypted */
	    set_text(c, key, "LoginPassphraseFile", NULL, e) == -1)
		return -1;
	for (const struct station_setting *row = station_settings; row->name != NULL; row++)
		if (set_text(c, key, row->name, text_of(en, row), e) == -1)
			return -1;
	return 0;
}

/* Read each setting as a later start does, but name it as the person did. */
static int
check_settings(const struct enrolment *en, struct err *e)
{
	struct station st = { .installation = NULL };
	int rc = 0;

	for (const struct station_setting *row = station_settings; row->name != NULL; row++) {
		char called[64];

		snprintf(called, sizeof called, "--%s", row->option);
		if (rc == 0 && text_of(en, row) != NULL)
			rc = station_setting_take(row->kind, called, text_of(en, row),
			    (char *)&st + row->member, e);
	}
	station_free(&st);
	return rc;
}

static int
get_new(void *changes, const char *key, const char *name, struct value *v, struct err *e)
{
	const struct changeset *c = changes;

	(void)key; /* all changes are of one key */
	for (size_t i = 0; i < c->n; i++)
		if (c->changes[i].op == CHANGE_SET && strcmp(c->changes[i].name, name) == 0)
			return value_copy(v, &c->changes[i].value, e) == -1 ? -1 : 1;
	return 0;
}

/* The whole enrolment as a later start reads it: what a start would refuse is refused now. */
static int
check_start(const struct enrolment *en, const struct changeset *c, struct err *e)
{
	const struct station_source from = { get_new, (void *)(uintptr_t)c };
	struct station st;
	int rc = station_read(&from, en->installation, en->application, &st, e);

	station_free(&st);
	return rc;
}

static int
check(struct settings *s, const struct enrolment *en, const char *key, struct err *e)
{
	struct value v = VALUE_INIT;
	int rc;

	if (check_settings(en, e) == -1 || (rc = settings_get(s, key, "Server", &v, e)) == -1)
		return -1;
	value_free(&v);
	if (rc == 1 && !en->force)
		return err_setx(e, ERR_EXISTS,
		    "%s/%s is enrolled already; --force replaces the enrolment and its trust anchor",
		    en->installation, en->application);
	return 0;
}

/* A privileged process enrols no station whose state, settings or login others can change. */
static int
check_owners(const struct enrolment *en, char *state, struct err *e)
{
	const struct station st = { .state_path = state,
		.login_key = (char *)(uintptr_t)en->login_key,
		.password_file = (char *)(uintptr_t)en->password_file };

	return station_check_update(&st, e);
}

int
station_enroll(struct settings *s, const struct enrolment *en, const uint8_t *root, size_t len,
    struct err *e)
{
	struct buf key = BUF_INIT(SETTING_KEY_MAX), path = BUF_INIT(STATION_PATH_MAX);
	struct changeset c = CHANGESET_INIT;
	struct dir *d = NULL;
	int rc = -1;

	if (application_check(en->installation, e) == -1 ||
	    application_check(en->application, e) == -1 ||
	    station_key(en->installation, en->application, &key, e) == -1 ||
	    check(s, en, buf_text(&key), e) == -1 ||
	    make_changes(en, buf_text(&key), &c, e) == -1 || check_start(en, &c, e) == -1 ||
	    station_state_path(en->installation, en->application, &path, e) == -1 ||
	    check_owners(en, (char *)(uintptr_t)buf_text(&path), e) == -1 ||
	    buf_adds(&path, "/metadata", e) == -1 ||
	    (d = dir_make(buf_text(&path), place_stationwide() ? 0755 : 0700, e)) == NULL)
		goto out;
	/* A new anchor starts over: nothing that the old one vouched for counts any more. */
	if (file_remove(d, "timestamp.json", e) == -1 || file_remove(d, "snapshot.json", e) == -1 ||
	    file_replace(d, "root.json", root, len, 0644, e) == -1)
		goto out;
	rc = settings_apply(s, &c, e);
out:
	dir_close(d);
	changeset_free(&c);
	buf_free(&path);
	buf_free(&key);
	return rc;
}
