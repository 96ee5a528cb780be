/* SPDX-License-Identifier: ISC */
/* Settings of the TLS library that count for nothing. */
#include "updater/state/tls_strays.h"

#include <stdlib.h>

#include "lib/settings/application.h"
#include "lib/settings/expand.h"
#include "lib/settings/tls_setting.h"
#include "lib/x509/source.h"

#define SIDES  2
#define CLIENT 0

static bool
is_set(struct settings *s, const char *key, enum tls_setting which)
{
	struct value v = VALUE_INIT;
	struct err ignored;
	/* One that can't be read is no hint. */
	bool set = settings_get(s, key, tls_setting_name(which), &v, &ignored) != 0;

	value_free(&v);
	return set;
}

static bool
is_there(struct settings *s, const char *key)
{
	const struct settings_walk nothing = { NULL, NULL, NULL };
	struct err ignored;

	return settings_list(s, key, &nothing, &ignored) == 1;
}

/*
 * Whether the level of a side that has no settings stands elsewhere by mistake: beside a
 * TLS_KeyFile it is a Kernel's own.
 */
static bool
is_misplaced(struct settings *s, const char *key)
{
	char *there = tls_setting_elsewhere(s, key, TLS_LEVEL);
	bool misplaced = there != NULL && !is_set(s, there, TLS_KEY_FILE);

	free(there);
	return misplaced;
}

/* Append a line, which is freed. */
static int
tell(struct strings *out, char *line, struct err *e)
{
	int rc = line == NULL ? 0 : strings_add(out, line, e);

	free(line);
	return rc;
}

/* Append the key of a side: TLS_Client, TLS_Server. */
static int
side_key(const struct station *st, size_t i, struct buf *key, struct err *e)
{
	static const char *const sides[SIDES] = { "TLS_Client", "TLS_Server" };

	if (application_key(key, st->installation, st->application, e) == -1)
		return -1;
	return buf_addf(key, e, "\\%s", sides[i]);
}

int
tls_strays(struct settings *s, const struct station *st, struct strings *out, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < SIDES; i++) {
		struct buf key = BUF_INIT(SETTING_KEY_MAX);

		if (side_key(st, i, &key, e) == -1) {
			rc = -1;
		} else if (is_there(s, buf_text(&key)) ||
		    (i == CLIENT && is_misplaced(s, buf_text(&key)))) {
			rc = tell(out, tls_setting_tell_unknown(s, buf_text(&key)), e);
			if (rc == 0 && !is_set(s, buf_text(&key), TLS_LEVEL))
				rc = tell(out, tls_setting_tell_absent(s, buf_text(&key)), e);
		}
		buf_free(&key);
	}
	return rc;
}

/* Whether a side's level is None, or absent, which is the same. */
static bool
is_none(struct settings *s, const char *key)
{
	struct value v = VALUE_INIT;
	struct err ignored;
	int rc = settings_get(s, key, tls_setting_name(TLS_LEVEL), &v, &ignored);
	bool none = rc == 0 ||
	    (rc == 1 && (v.type == VALUE_STRING || v.type == VALUE_EXPAND) &&
		tls_level_find(value_get_text(&v)) == TLS_LEVEL_NONE);

	value_free(&v);
	return none;
}

/* Whether a setting's names of files are whole, or it has none; else the fault is in *why. */
static bool
is_whole(struct settings *s, const char *key, enum tls_setting which, struct err *why)
{
	struct source files = { .label = tls_setting_name(which) };
	struct buf text = BUF_INIT(EXPAND_MAX);
	struct value v = VALUE_INIT;
	bool whole = true;

	/* What can't be read or expanded is told by others. */
	if (settings_get(s, key, files.label, &v, why) == 1 &&
	    tls_setting_files(&v, &text, why) == 0 && text.len > 0) {
		files.text = buf_text(&text);
		files.len = text.len;
		whole = source_whole(&files, which == TLS_TRUSTED, why) == 0;
	}
	value_free(&v);
	buf_free(&text);
	return whole;
}

int
tls_relative(struct settings *s, const struct station *st, bool trusted, bool must,
    struct strings *out, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < SIDES; i++) {
		struct buf key = BUF_INIT(SETTING_KEY_MAX);
		bool none = false;

		if ((rc = side_key(st, i, &key, e)) == 0)
			none = is_none(s, buf_text(&key));
		for (int k = 0; rc == 0 && k < TLS_SETTING_COUNT && (!must || !none); k++) {
			enum tls_setting which = (enum tls_setting)k;
			struct err why;

			if (!tls_setting_is_file(which) ||
			    (which == TLS_TRUSTED && i == CLIENT && !trusted) ||
			    is_whole(s, buf_text(&key), which, &why))
				continue;
			err_context(&why, "%s", buf_text(&key));
			rc = strings_add(out, why.text, e);
		}
		buf_free(&key);
	}
	return rc;
}
